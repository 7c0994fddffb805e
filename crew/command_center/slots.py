"""The time slots of an event, day by day, and the locations where shifts begin."""

from itertools import groupby

from django.db.models import Count, OuterRef, Subquery, Sum
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from crew import copying, locations, plans, time_slots
from crew.command_center.base import OfEvent, OfRow, Unmoved
from crew.command_center.board_forms import CopyDayForm, LocationForm, SlotForm
from crew.command_center.persons_cells import SYSTEM_WORDS, Fullness
from crew.models import Location, Shift, TimeSlot
from eventify.lib.dates import date_format
from eventify.lib.desk.confirm import Explained, ObjectConfirmPage
from eventify.lib.desk.lists import EmptyState
from eventify.lib.desk.pages import Action, FormPage, ObjectFormPage, Page


def _counted(slots):
    """The slots with how many shifts of the event and its sub-events they have, and how full these are."""
    live = Shift.objects.live().filter(time_slot=OuterRef("pk")).exclude(status=Shift.Status.CANCELLED)
    by_slot = live.order_by().values("time_slot")

    def subquery(what):
        return Coalesce(Subquery(by_slot.annotate(n=what).values("n")), 0)

    return slots.annotate(
        shifts_count=subquery(Count("pk")), places=subquery(Sum("slots_total")), filled=subquery(Sum("filled_slots"))
    )


class Slots(OfEvent, Page):
    """`desk-crew-slots`: by day; on a sub-event's page the festival's stand among them, to be changed there."""

    title = gettext_lazy("Time slots")
    template_name = "command_center/crew/slots.html"

    @property
    def lead(self):
        return _("The stretches of each day, in the event's own time (%(zone)s).") % {"zone": self.event.timezone}

    def shown_actions(self) -> list[Action]:
        actions = [Action(_("New time slot"), self.at("desk-crew-slot-new"))]
        if self.event.time_slots.exists():
            actions.insert(0, Action(_("Copy a day"), self.at("desk-crew-slots-copy"), style="secondary"))
        return actions

    def get_context_data(self, **context) -> dict:
        slots = _counted(plans.usable_slots(self.event)).select_related("event").order_by("date", "starts_at", "pk")
        rows = [self._row(slot) for slot in slots]
        step = Action(_("New time slot"), self.at("desk-crew-slot-new"))
        return super().get_context_data(
            days=[(day, list(some)) for day, some in groupby(rows, key=lambda row: row["slot"].date)],
            locations=list(self.event.locations.all()),
            location_url=self.at("desk-crew-location-new"),
            empty=EmptyState(_("No time slots yet"), _("Begin with the time slots of the first day."), step),
            **context,
        )

    def _row(self, slot: TimeSlot) -> dict:
        return {
            "slot": slot,
            "is_own": slot.event_id == self.event.pk,
            "kind": SYSTEM_WORDS[slot.person_type],
            "is_over_midnight": slot.end_time <= slot.start_time,
            "fullness": Fullness(slot.filled, slot.places),
        }


class NewSlot(OfEvent, FormPage):
    """`desk-crew-slot-new`; the day and the end of the one before are there already (`?day=`, `?start=`)."""

    tab, title, form_class = "desk-crew-slots", gettext_lazy("New time slot"), SlotForm
    template_name = "command_center/crew/slot_form.html"
    submit = gettext_lazy("Make the time slot")

    def get_initial(self) -> dict:
        last = self.event.time_slots.order_by("-date", "-starts_at", "-pk").first()
        first_day = self.event.local(self.event.starts_at)[0]
        asked = self.request.GET.get("day", "")
        day = asked if len(asked) == 10 and asked.isprintable() else None
        if last is None:
            return {"date": day or first_day, "person_type": "VOLUNTEER"}
        return {"date": day or last.date, "start_time": last.end_time, "person_type": last.person_type}

    def act(self, form):
        slot = time_slots.create(self.event, by=self.request.user, **form.cleaned_data)
        return self.done(_("%(slot)s is there.") % {"slot": slot.name}, self.at("desk-crew-slots"))


class EditSlot(Unmoved, OfRow, ObjectFormPage):
    """`desk-crew-slot`."""

    rows, tab, form_class = TimeSlot.objects.all(), "desk-crew-slots", SlotForm
    template_name = "command_center/crew/slot_form.html"
    lead = gettext_lazy("Who has a shift in it is told when its day or times change.")

    def get_initial(self) -> dict:
        return {name: getattr(self.object, name) for name in SlotForm.base_fields}

    def shown_actions(self) -> list[Action]:
        return [Action(_("Delete"), reverse("desk-crew-slot-delete", args=[self.object.uid]), style="danger")]

    def act(self, form):
        self.check_unmoved()
        changes = {name: form.cleaned_data[name] for name in form.changed_data}
        slot = time_slots.change(self.object, by=self.request.user, **changes)
        return self.done(_("%(slot)s is changed.") % {"slot": slot.name}, self.at("desk-crew-slots"))


class DeleteSlot(OfRow, ObjectConfirmPage):
    """`desk-crew-slot-delete`."""

    rows, tab, title = TimeSlot.objects.all(), "desk-crew-slots", gettext_lazy("Delete the time slot")
    asks = "delete_from_plan"

    def change(self, values: dict) -> dict:
        time_slots.delete(self.object, by=self.request.user)
        return {}

    def explain(self, facts: dict) -> Explained:
        sentence = _("%(slot)s on %(day)s goes. No shift uses it.")
        words = {"slot": self.object.name, "day": date_format(self.object.date, "D j M Y")}
        return Explained(sentence % words, submit=_("Delete the time slot"))

    def finished(self, facts: dict):
        return self.done(_("The time slot is deleted."), self.at("desk-crew-slots"))


class CopyDay(OfEvent, FormPage):
    """`desk-crew-slots-copy`."""

    tab, title = "desk-crew-slots", gettext_lazy("Copy the time slots of a day")
    lead = gettext_lazy("What is there already on the other day stays, and is not made twice.")
    template_name = "command_center/crew/slot_form.html"
    submit = gettext_lazy("Copy them")

    def get_form(self, data=None, files=None):
        days = list(self.event.time_slots.order_by("date").values_list("date", flat=True).distinct())
        return CopyDayForm(data, files, days=days)

    def act(self, form):
        made = copying.copy_day(self.event, form.cleaned_data["day"], form.cleaned_data["to"], by=self.request.user)
        sentence = ngettext("%(n)s time slot is copied.", "%(n)s time slots are copied.", len(made))
        return self.done(sentence % {"n": len(made)}, self.at("desk-crew-slots"))


# --- Locations ----------------------------------------------------------------------------------------


class NewLocation(OfEvent, FormPage):
    """`desk-crew-location-new`."""

    tab, title, form_class = "desk-crew-slots", gettext_lazy("New location"), LocationForm
    template_name = "command_center/crew/slot_form.html"
    submit = gettext_lazy("Make the location")

    def act(self, form):
        location = locations.create(self.event, by=self.request.user, **form.cleaned_data)
        return self.done(_("%(location)s is there.") % {"location": location.name}, self.at("desk-crew-slots"))


class EditLocation(Unmoved, OfRow, ObjectFormPage):
    """`desk-crew-location`."""

    rows, tab, form_class = Location.objects.all(), "desk-crew-slots", LocationForm
    template_name = "command_center/crew/slot_form.html"

    def get_initial(self) -> dict:
        return {name: getattr(self.object, name) for name in LocationForm.base_fields}

    def shown_actions(self) -> list[Action]:
        return [Action(_("Delete"), reverse("desk-crew-location-delete", args=[self.object.uid]), style="danger")]

    def act(self, form):
        self.check_unmoved()
        changes = {name: form.cleaned_data[name] for name in form.changed_data}
        location = locations.change(self.object, by=self.request.user, **changes)
        return self.done(_("%(location)s is changed.") % {"location": location.name}, self.at("desk-crew-slots"))


class DeleteLocation(OfRow, ObjectConfirmPage):
    """`desk-crew-location-delete`."""

    asks = "delete_from_plan"
    rows, tab, title = Location.objects.all(), "desk-crew-slots", gettext_lazy("Delete the location")

    def change(self, values: dict) -> dict:
        used = self.object.shifts.live().count()
        locations.delete(self.object, by=self.request.user)
        return {"shifts": used}

    def explain(self, facts: dict) -> Explained:
        sentence = ngettext(
            "%(location)s goes. %(n)s shift begins there and has no place then.",
            "%(location)s goes. %(n)s shifts begin there and have no place then.",
            facts["shifts"],
        )
        words = {"location": self.object.name, "n": facts["shifts"]}
        return Explained(sentence % words, submit=_("Delete the location"))

    def finished(self, facts: dict):
        return self.done(_("The location is deleted."), self.at("desk-crew-slots"))
