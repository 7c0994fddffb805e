"""The plan of a hall: areas, wheelchair places and companion seats."""

from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from bookings import halls, seat_map, seat_plan, seats
from bookings.command_center.events import AboutEvent
from bookings.models import Seat
from eventify.lib.desk.pages import Action, ObjectFormPage


class PlanForm(forms.Form):
    """What is done to the seats that are chosen on the map, and to those of whole rows."""

    rows = forms.CharField(
        label=gettext_lazy("Whole rows"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("For example A, C-F; beside what you choose on the map."),
    )
    act = forms.ChoiceField(
        label=gettext_lazy("What they become"),
        choices=seat_plan.Act.choices,
        help_text=gettext_lazy("A companion seat is beside its wheelchair place; the two are booked together."),
    )
    area = forms.CharField(
        label=gettext_lazy("Area"),
        max_length=seat_plan.AREA_MAX,
        required=False,
        help_text=gettext_lazy("For example Balcony. A party is seated in one area where it has room. Empty: no area."),
    )

    @property
    def chosen(self) -> list[str]:
        """The labels that were chosen on the map."""
        return list(dict.fromkeys(self.data.getlist("seats"))) if self.is_bound else []


class SeatPlan(AboutEvent, ObjectFormPage):
    """`desk-event-seats`."""

    permission, scoped, title = "manage_events", True, gettext_lazy("Seat plan")
    template_name = "command_center/bookings/seats.html"
    form_class = PlanForm
    submit = gettext_lazy("Change these seats")
    lead = gettext_lazy("Choose seats, then say what they become. What is sold stays sold.")

    def shown_actions(self) -> list[Action]:
        return [Action(_("Hall"), reverse("desk-event-hall", args=[self.object.uid]), style="secondary")]

    def get_context_data(self, **context) -> dict:
        seats.make_ready(self.object)
        hall = seats.places(self.object)
        context = super().get_context_data(**context)
        kinds = list(self.object.seats.exclude(kind=Seat.Kind.STANDARD).values_list("kind", flat=True))
        return context | {
            "stage": halls.stage_of(self.object),
            "areas": seat_map.areas(hall, self.form.chosen, is_plan=True),
            "total": len(hall),
            "taken": sum(not place.is_free for place in hall),
            "wheelchairs": kinds.count(Seat.Kind.WHEELCHAIR),
        }

    def act(self, form):
        values = form.cleaned_data
        labels = {*form.chosen, *seat_plan.rows_named(self.object, values["rows"])}
        changed = seat_plan.arrange(self.object, labels, values["act"], area=values["area"], by=self.request.user)
        sentence = ngettext("%(count)s seat is changed.", "%(count)s seats are changed.", changed)
        return self.done(sentence % {"count": changed}, reverse("desk-event-seats", args=[self.object.uid]))
