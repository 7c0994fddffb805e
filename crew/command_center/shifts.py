"""The shifts of an event: found and narrowed, made in one slot or many, changed, copied, opened and deleted."""

from uuid import UUID

import django_filters
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import User
from crew import board, copying, plans, shifts
from crew.command_center import board_acts
from crew.command_center.base import OfEvent, OfRow, Unmoved, managed_events
from crew.command_center.board_forms import CopyShiftForm, NewShiftForm, ShiftForm
from crew.command_center.board_shift import SHIFT_WORDS, address_of, spoken_slot
from crew.command_center.persons_cells import Fill, Fullness, choices
from crew.models import Assignment, Section, Shift
from eventify.lib.desk import export, search
from eventify.lib.desk.columns import Column
from eventify.lib.desk.confirm import Explained, ObjectConfirmPage
from eventify.lib.desk.filters import DayFilter, Filters
from eventify.lib.desk.lists import Bulk, EmptyState, ListPage
from eventify.lib.desk.pages import Action, ActionPage, Crumb, FormPage, ObjectFormPage
from eventify.lib.errors import DomainError

NAMES = 10  # of people whom a deletion touches
GAPS = (
    ("gaps", gettext_lazy("Missing people")),
    ("waiting", gettext_lazy("Claims wait")),
    ("over", gettext_lazy("Too many")),
)
_RUNNING = ~Q(status__in=(Shift.Status.CANCELLED, Shift.Status.COMPLETED))


def _event_of(request):
    return managed_events(request.user).filter(uid=request.resolver_match.kwargs["event"])


def sections_of(request):
    """The sections of the address's event and its sub-events: a filter's choices."""
    mine = _event_of(request).values("pk")
    found = Section.objects.filter(Q(event__in=mine) | Q(event__parent__in=mine)).select_related("event")
    return found.order_by("event__starts_at", "event", "sort_order", "pk")


class SectionField(django_filters.fields.ModelChoiceField):
    """A choice of sections; those of a sub-event say so, for each day may have its main bar."""

    def label_from_instance(self, section):
        event = section.event
        if not event.parent_id:
            return section.name
        return _("%(section)s (%(event)s)") % {"section": section.name, "event": event.sub_event_label or event.name}


class SectionFilter(django_filters.ModelChoiceFilter):
    """One of the sections of the address's event and its sub-events."""

    field_class = SectionField

    def __init__(self, **options):
        about = {"label": gettext_lazy("Section"), "empty_label": gettext_lazy("All sections")}
        super().__init__(**{**about, "to_field_name": "uid", "queryset": sections_of, **options})


class ShiftFilters(Filters):
    """By section, days, status and what is wrong; searched by job, section and slot."""

    search = ("title", "section__name", "section__category", "time_slot__name", "location__name")

    section = SectionFilter()
    status = django_filters.MultipleChoiceFilter(label=gettext_lazy("Status"), choices=choices(SHIFT_WORDS))
    first_day = DayFilter(label=gettext_lazy("From"), field_name="time_slot__date", lookup_expr="gte")
    last_day = DayFilter(label=gettext_lazy("To"), field_name="time_slot__date", lookup_expr="lte")
    only = django_filters.ChoiceFilter(label=gettext_lazy("Only with"), choices=GAPS, method="with_what")

    def with_what(self, rows, _name, what):
        conditions = {
            "gaps": Q(slots_total__gt=F("filled_slots") + F("pending_slots")),
            "waiting": Q(pending_slots__gt=0),
            "over": Q(filled_slots__gt=F("slots_total")),
        }
        return rows.filter(_RUNNING, conditions[what])


def slot_times(row: Shift) -> str:
    """`18:00–22:00 Evening`."""
    slot = row.time_slot
    return f"{slot.start_time:%H:%M}–{slot.end_time:%H:%M} {slot.name}"


def fullness(row: Shift) -> Fullness:
    """How many of its places are filled."""
    return Fullness(row.filled_slots, row.slots_total)


class Shifts(OfEvent, ListPage):
    """`desk-crew-shifts`: those of the event and its sub-events."""

    title = gettext_lazy("Shifts")
    template_name = "command_center/crew/board_list.html"
    filters, search_hint = ShiftFilters, gettext_lazy("Job, section or time slot")
    default_sort = "time_slot__starts_at"
    bulk = (Bulk(gettext_lazy("Open the drafts"), "desk-crew-shifts-open"),)
    columns = (
        Column("title", gettext_lazy("Job"), value=lambda row: row.title or _("Shift"), sort="title", link=address_of),
        Column("section.name", gettext_lazy("Section"), sort="section__name", below=lambda row: row.section.category),
        Column("time_slot.date", gettext_lazy("Day"), kind="day", sort="time_slot__starts_at"),
        Column("slot", gettext_lazy("Time"), value=slot_times),
        Fill(
            "fill", gettext_lazy("Filled"), kind="link", fill_of=lambda row: Fullness(row.filled_slots, row.slots_total)
        ),
        Column("pending_slots", gettext_lazy("Waiting"), kind="number", sort="pending_slots"),
        Column("status", gettext_lazy("Status"), kind="pill", words=SHIFT_WORDS, sort="status"),
    )

    @property
    def empty(self) -> EmptyState:
        step = Action(_("New shift"), self.at("desk-crew-shift-new"))
        return EmptyState(_("No shifts yet"), _("A shift says how many people a section needs in a time slot."), step)

    def rows(self):
        mine = Shift.objects.live().filter(section__in=board.own_sections(self.event))
        return mine.select_related("section", "time_slot", "location")

    def get_columns(self):
        """A download has more columns than the table has room for."""
        if self.request.GET.get("format") not in export.FORMATS:
            return self.columns
        more = (
            Column("section.category", _("Category")),
            Column("slots_total", _("People needed"), kind="number"),
            Column("filled_slots", _("Filled"), kind="number"),
            Column("slots_open_for_claiming", _("Places that people may claim themselves"), kind="number"),
            Column("location.name", _("Where to report")),
            Column("is_lead_role", _("Leads the section"), kind="yesno"),
        )
        return (*self.columns, *more)

    def shown_actions(self) -> list[Action]:
        return [Action(_("New shift"), self.at("desk-crew-shift-new"))]

    def row_actions(self, row: Shift) -> list[Action]:
        at = [row.uid]
        return [
            Action(_("Edit"), reverse("desk-crew-shift-edit", args=at)),
            Action(_("Copy to other slots"), reverse("desk-crew-shift-copy", args=at)),
            Action(_("Delete"), reverse("desk-crew-shift-delete", args=at), style="danger"),
        ]


class OpenShifts(ActionPage):
    """`desk-crew-shifts-open`: the chosen drafts are open from now on: people see them in the portal."""

    permission, scoped, back = "manage_crew", True, "desk-crew"
    asks = "open_shift"

    def act(self):
        mine = Shift.objects.live().filter(section__event__in=managed_events(self.request.user).values("pk"))
        chosen = board_acts.chosen(mine.select_related("section__event__partner", "time_slot"), self.request)
        done, refusals = board_acts.each(chosen, self.open)
        sentence = ngettext("%(n)s shift is open now.", "%(n)s shifts are open now.", done)
        board_acts.say(self.request, sentence, done, refusals, self.asks)

    def refused(self, refusal: DomainError):
        return board_acts.back_with(self.request, refusal, self.back_url())

    def open(self, shift: Shift) -> None:
        """Only a draft is opened: a shift that was cancelled stays so."""
        if shift.status == Shift.Status.DRAFT:
            shifts.change(shift, status=Shift.Status.OPEN, by=self.request.user)


# --- One shift ----------------------------------------------------------------------------------------


class NewShift(OfEvent, FormPage):
    """`desk-crew-shift-new`, for `?section=` and `?slot=` where the board knows them; one shift in each chosen slot."""

    tab, title, form_class = "desk-crew-shifts", gettext_lazy("New shift"), NewShiftForm
    template_name = "command_center/crew/shift_form.html"
    submit = gettext_lazy("Make the shift")
    fields = {"time_slot": "slots"}

    def get_form(self, data=None, files=None):
        return NewShiftForm(data, files, initial=self.get_initial(), event=self.event)

    def get_initial(self) -> dict:
        asked = self.request.GET
        slot = _uid(asked.get("slot", ""))
        return {"section": _uid(asked.get("section", "")), "slots": [slot] if slot else []}

    def act(self, form):
        values = dict(form.cleaned_data)
        made = copying.create_in_slots(values.pop("section"), values.pop("slots"), by=self.request.user, **values)
        sentence = ngettext("The shift is there.", "%(n)s shifts are there.", len(made)) % {"n": len(made)}
        url = address_of(made[0]) if len(made) == 1 else self.at("desk-crew-shifts")
        return self.done(sentence, self.next_url(url))


def _uid(text: str) -> UUID | None:
    """The uid that a text of the address is, if it is one."""
    try:
        return UUID(text)
    except ValueError:
        return None


class OneShift(OfRow):
    """A page about a shift."""

    rows, path, tab = Shift.objects.live(), "section__event", "desk-crew-shifts"

    def visible(self):
        return super().visible().select_related("section", "time_slot__event", "location")

    def get_crumbs(self):
        return [*super().get_crumbs(), Crumb(self.object.title or _("Shift"), address_of(self.object))]


class EditShift(Unmoved, OneShift, ObjectFormPage):
    """`desk-crew-shift-edit`."""

    title, form_class = gettext_lazy("Edit the shift"), ShiftForm
    template_name = "command_center/crew/shift_form.html"

    def get_form(self, data=None, files=None):
        return ShiftForm(data, files, initial=self.get_initial(), event=self.event)

    def get_initial(self) -> dict:
        shift = self.object
        names = [name for name in ShiftForm.ORDER if hasattr(shift, name)]
        status = Shift.Status.OPEN if shift.status == Shift.Status.FULL else shift.status
        rows = {name: getattr(shift, name).uid for name in ("section", "time_slot", "location") if getattr(shift, name)}
        return {name: getattr(shift, name) for name in names} | {"location": None} | rows | {"status": status}

    def act(self, form):
        self.check_unmoved()
        changes = {name: form.cleaned_data[name] for name in form.changed_data}
        shifts.change(self.object, by=self.request.user, **changes)
        sentence = _("The shift is changed. Who has it is told if it moved.")
        return self.done(sentence if changes else _("Nothing was changed."), address_of(self.object))


class CopyShift(OneShift, ObjectFormPage):
    """`desk-crew-shift-copy`."""

    title, form_class = gettext_lazy("Copy the shift to other slots"), CopyShiftForm
    template_name = "command_center/crew/shift_form.html"
    lead = gettext_lazy("The copies are drafts without people. Open them when they are right.")
    submit = gettext_lazy("Make the copies")
    fields = {"time_slot": "slots"}

    def get_form(self, data=None, files=None):
        form = CopyShiftForm(data, files, event=self.event)
        others = plans.usable_slots(self.event).exclude(pk=self.object.time_slot_id)
        form.fields["slots"].queryset = others.order_by("starts_at", "pk")
        return form

    def act(self, form):
        made = copying.copy_shift(self.object, form.cleaned_data["slots"], by=self.request.user)
        sentence = ngettext("%(n)s copy is there, as a draft.", "%(n)s copies are there, as drafts.", len(made))
        return self.done(sentence % {"n": len(made)}, self.at("desk-crew-shifts"))


class DeleteShift(OneShift, ObjectConfirmPage):
    """`desk-crew-shift-delete`: says whom it touches."""

    title, asks = gettext_lazy("Delete the shift"), "delete_from_plan"

    def change(self, values: dict) -> dict:
        ending = (Assignment.Status.PENDING, Assignment.Status.APPROVED)
        touched = self.object.assignments.filter(status__in=ending).order_by("person__name", "pk")
        names = list(touched.values_list("person__name", flat=True))
        shifts.delete(self.object, by=self.request.user)
        return {"names": names}

    def explain(self, facts: dict) -> Explained:
        names = facts["names"]
        sentence = ngettext(
            "%(shift)s goes, and %(n)s person who has it or waits for it is told.",
            "%(shift)s goes, and %(n)s people who have it or wait for it are told.",
            len(names),
        )
        alone = _("%(shift)s goes. Nobody has it.")
        words = {"shift": spoken_slot(self.object), "n": len(names)}
        label = ngettext("Delete it and tell %(n)s person", "Delete it and tell %(n)s people", len(names))
        more = len(names) - NAMES
        shown = ", ".join(names[:NAMES]) + (_(" and %(n)s more") % {"n": more} if more > 0 else "")
        return Explained(
            (sentence if names else alone) % words,
            submit=label % words if names else _("Delete the shift"),
            facts=[(_("People"), shown)] if names else [],
        )

    def finished(self, facts: dict):
        return self.done(_("The shift is deleted."), self.next_url(self.at("desk-crew-shifts")))


@search.register("shifts", gettext_lazy("Shifts"), "manage_crew", scoped=True)
def find_shifts(user: User, text: str):
    """Shifts by job, or by their section's name, the latest first."""
    mine = Shift.objects.live().filter(section__event__in=managed_events(user).values("pk"))
    found = mine.filter(Q(title__icontains=text) | Q(section__name__icontains=text))
    joined = found.select_related("section__event", "time_slot").order_by("-time_slot__starts_at", "pk")
    for shift in joined[: search.PER_KIND]:
        subtitle = f"{shift.section.event.name}, {spoken_slot(shift)}"
        yield search.Hit(shift.title or _("Shift"), subtitle, address_of(shift))
