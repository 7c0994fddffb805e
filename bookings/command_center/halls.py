"""The whole hall of an event: written row by row, read from a file or copied, and looked at before it is saved.

And which kind of ticket is for which area, so that choosing a seat chooses the price.
"""

from django import forms
from django.db.models import Exists, OuterRef
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from bookings import areas, hall_text, halls, queries, seat_map, seats, ticket_types
from bookings.command_center.events import AboutEvent, address_of
from bookings.hall_text import Spot
from bookings.models import Hall, Seat, TicketType
from bookings.models.fields import AREA_MAX
from bookings.seating import Place
from eventify.lib.desk.export import safe
from eventify.lib.desk.pages import Action, Crumb, DetailPage, ObjectFormPage
from eventify.lib.errors import Invalid
from events.models import Event

PLAN_MAX = 200_000  # characters
FILE_MAX = 1_000_000  # bytes
NUMBERINGS = (
    (halls.Numbering.LEFT, gettext_lazy("From left to right")),
    (halls.Numbering.RIGHT, gettext_lazy("From right to left")),
    (halls.Numbering.ODD_EVEN, gettext_lazy("From the middle: odd to the left, even to the right")),
)


class HallForm(forms.Form):
    """The plan as text, and what helps to write it."""

    plan = forms.CharField(
        label=gettext_lazy("Rows"),
        max_length=PLAN_MAX,
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 18, "spellcheck": "false", "autocomplete": "off", "class": "hall-text"}),
    )
    stage = forms.ChoiceField(label=gettext_lazy("Stage"), choices=Hall.Stage.choices, required=False)
    fits_capacity = forms.BooleanField(
        label=gettext_lazy("The event has as many places as seats for sale"), required=False
    )
    area = forms.CharField(label=gettext_lazy("Area"), max_length=AREA_MAX, required=False)
    rows = forms.CharField(
        label=gettext_lazy("Rows from – to"),
        max_length=10,
        required=False,
        help_text=gettext_lazy("For example A-H, or 1-12."),
    )
    blocks = forms.CharField(
        label=gettext_lazy("Seats side by side"),
        max_length=60,
        required=False,
        help_text=gettext_lazy("For example 6, 8, 6: an aisle between each two."),
    )
    numbering = forms.ChoiceField(label=gettext_lazy("Seat numbers"), choices=NUMBERINGS, required=False)
    file = forms.FileField(
        label=gettext_lazy("CSV file"),
        required=False,
        help_text=gettext_lazy("A line for each seat: area, row, number, kind, x, y."),
    )

    def with_plan(self, text: str) -> "HallForm":
        """The same form with another text."""
        data = self.data.copy()
        data["plan"] = text
        return HallForm(data)

    def more_rows(self) -> str:
        """The text with the rows that are described added to it. Invalid (rows, blocks, area)."""
        values = self.cleaned_data
        sentence = hall_text.why_no_area(values["area"]) if values["area"] else ""
        if sentence:
            raise Invalid.field("area", sentence)
        sizes = [int(one) if one.isdecimal() and len(one) < 4 else 0 for one in _words(values["blocks"])]
        first, _dash, last = values["rows"].partition("-")
        made = halls.rows_text(first, last, sizes, values["numbering"] or halls.Numbering.LEFT)
        text = values["plan"].rstrip()
        said = [line.strip() for line in text.splitlines()]
        heads = [line[1:-1].strip() for line in said if line.startswith("[") and line.endswith("]")]
        head = "" if values["area"] == (heads[-1] if heads else "") else f"[{values['area']}]\n"
        return f"{text}\n{head}{made}".lstrip("\n")


def _words(text: str) -> list[str]:
    return text.replace(",", " ").replace("|", " ").split()


class HallPage(AboutEvent, ObjectFormPage):
    """`desk-event-hall`. Only the button that saves changes anything; the others show what would be saved."""

    permission, scoped, title = "manage_events", True, gettext_lazy("Hall")
    template_name = "command_center/bookings/hall.html"
    submit, fields = gettext_lazy("Save the hall"), {"seat_taken": "plan", "area_in_use": "plan"}
    lead = gettext_lazy("Write a line for each row and look at the map. What is sold or held stays.")

    def get_form(self, data=None, files=None):
        if data is not None:
            return HallForm(data, files)
        own = {"stage": halls.stage_of(self.object), "fits_capacity": True, "numbering": halls.Numbering.LEFT}
        return HallForm(initial={**own, "plan": hall_text.write(halls.spots(self._source()))})

    def _source(self) -> Event:
        """The event whose plan is shown: this one, or one of the same partner (`?from=`)."""
        wanted = self.request.GET.get("from", "")
        if not wanted:
            seats.make_ready(self.object)
            return self.object
        found = next((event for event in self.others() if str(event.uid) == wanted), None)
        if found is None:
            raise Http404
        return found

    def others(self) -> list[Event]:
        """Events of the same partner with a hall, the latest first."""
        if not hasattr(self, "_others"):
            mine = queries.events_of(self.request.user, "manage_events").filter(partner=self.object.partner_id)
            with_seats = mine.filter(Exists(Seat.objects.filter(event=OuterRef("pk")))).exclude(pk=self.object.pk)
            self._others = list(with_seats.order_by("-starts_at", "-pk")[:50])
        return self._others

    def post(self, request, *args, **kwargs):
        acts = {"preview": self._preview, "show": self.render, "rows": self._rows, "file": self._file}
        act = acts.get(request.POST.get("act", ""))
        if act is None:
            return super().post(request, *args, **kwargs)
        self.form = self.get_form(request.POST, request.FILES)
        if not self.form.is_valid():
            return self._preview() if act == self._preview else self.render(status=400)
        try:
            return act()
        except Invalid as refusal:
            self._put_into_form(refusal)
            return self.render(status=refusal.status)

    def _preview(self) -> HttpResponse:
        return render(self.request, "command_center/bookings/parts/hall_preview.html", self.preview())

    def _rows(self) -> HttpResponse:
        self.form = self.form.with_plan(self.form.more_rows())
        return self.render()

    def _file(self) -> HttpResponse:
        file = self.form.cleaned_data["file"]
        if not file:
            raise Invalid.field("file", _("Choose a file first."))
        if file.size > FILE_MAX:
            raise Invalid.field("file", _("The file is too large: a line for each seat, at most 1 MB."))
        try:
            spots = hall_text.read_csv(file.read())
        except Invalid as refusal:
            raise Invalid(refusal.message, {"file": refusal.errors["plan"]}) from None
        self.form = self.form.with_plan(hall_text.write(spots))
        return self.render()

    def act(self, form):
        values = form.cleaned_data
        plan, stage = hall_text.read(values["plan"]), values["stage"] or Hall.Stage.AHEAD
        by, fits = self.request.user, values["fits_capacity"]
        halls.save(self.object, plan, by=by, stage=stage, fits_capacity=fits)
        sentence = ngettext("The hall has %(count)s seat now.", "The hall has %(count)s seats now.", len(plan))
        return self.done(sentence % {"count": len(plan)}, reverse("desk-event-hall", args=[self.object.uid]))

    def preview(self) -> dict:
        """What the map shows of the text as it stands, or what is wrong with it."""
        text = self.form["plan"].value() or ""
        stage = self.form["stage"].value()
        try:
            spots = hall_text.read(text) if text.strip() else []
        except Invalid as refusal:
            return {"errors": refusal.errors["plan"], "stage": stage}
        taken = self.object.seats.exclude(reserved_booking=None).order_by("position")
        known = dict(taken.values_list("label", "pk"))
        places = [_place(position, spot, spot.label in known) for position, spot in enumerate(spots)]
        wanted = {spot.label for spot in spots}
        missing = [label for label in known if label not in wanted]
        return {
            "areas": seat_map.areas(places, is_preview=True),
            "stage": stage,
            "missing": ", ".join(missing[: halls.NAMED]),
            "facts": [
                (_("Seats"), len(spots)),
                (_("Wheelchair places"), sum(spot.kind == Seat.Kind.WHEELCHAIR for spot in spots)),
                (_("Kept by the house"), sum(spot.kind == Seat.Kind.BLOCKED for spot in spots)),
                (_("Sold or held"), len(known)),
            ],
        }

    def get_context_data(self, **context) -> dict:
        context = super().get_context_data(**context)
        return {**context, **self.preview(), "others": self.others(), "chosen": self.request.GET.get("from", "")}

    def shown_actions(self) -> list[Action]:
        return [
            Action(_("Seat plan"), reverse("desk-event-seats", args=[self.object.uid]), style="secondary"),
            Action(_("Prices of areas"), reverse("desk-event-areas", args=[self.object.uid]), style="secondary"),
            Action(_("Download as CSV"), reverse("desk-event-hall-csv", args=[self.object.uid]), style="secondary"),
        ]


def _place(position: int, spot: Spot, is_taken: bool) -> Place:
    return Place(
        spot.label,
        spot.row,
        spot.number,
        position,
        spot.area,
        spot.kind == Seat.Kind.STANDARD,
        spot.wheelchair,
        not is_taken,
        spot.kind == Seat.Kind.BLOCKED,
        spot.x,
        spot.y,
    )


class HallFile(AboutEvent, DetailPage):
    """`desk-event-hall-csv`: the plan as it is saved, a line for each seat."""

    permission, scoped = "manage_events", True

    def get(self, request, *args, **kwargs):
        spots = [one._replace(area=safe(one.area)) for one in halls.spots(self.object)]
        response = HttpResponse(hall_text.write_csv(spots), content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="hall-{self.object.slug}.csv"'
        return response


class AreasForm(forms.Form):
    """For each kind of ticket the area that it is for."""

    def __init__(self, event: Event, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.types = list(event.ticket_types.all())
        names = areas.names(event)
        for one in self.types:
            known = [*names, *([one.area] if one.area and one.area not in names else [])]
            choices = [("", _("All seats")), *((name, name) for name in known)]
            field = forms.ChoiceField(label=one.name, choices=choices, required=False, initial=one.area)
            self.fields[f"area_{one.pk}"] = field

    def changes(self) -> list[tuple[TicketType, str]]:
        """The types whose area is another one now."""
        asked = ((one, self.cleaned_data[f"area_{one.pk}"]) for one in self.types)
        return [(one, area) for one, area in asked if area != one.area]


class AreasPage(AboutEvent, ObjectFormPage):
    """`desk-event-areas`."""

    permission, scoped, title = "manage_events", True, gettext_lazy("Prices of areas")
    submit = gettext_lazy("Save the areas")

    @property
    def lead(self):
        if not areas.names(self.object):
            return _("This hall has no areas yet. Write [Balcony], for example, above the rows of one in the hall.")
        return _("Choosing a seat chooses the ticket of its area. What is sold keeps its price.")

    def get_form(self, data=None, files=None):
        return AreasForm(self.object, data)

    def get_crumbs(self):
        hall = Crumb(_("Hall"), reverse("desk-event-hall", args=[self.object.uid]))
        return (*super().get_crumbs(), hall)

    def act(self, form):
        ticket_types.set_areas(self.object, form.changes(), by=self.request.user)
        return self.done(_("The areas are saved."), address_of(self.object))
