"""Shifts: work in a section during a time slot. A festival's shared section is planned under the festival's id."""

from django.db.models import QuerySet
from rest_framework import serializers

from accounts.models import User
from crew import access, plans, shifts
from crew.editing import LONGEST
from crew.models import Location, Section, Shift
from eventify.contracts.api_v1 import listing, ok
from eventify.contracts.crewli import planning_shapes as shapes
from eventify.contracts.crewli.conventions import (
    Clock,
    InEvent,
    Number,
    OptionalText,
    Same,
    Ulid,
    naming,
    one,
    referred,
    within,
)
from eventify.contracts.crewli.sections import section_of
from eventify.contracts.fields import Body, Choice
from events.models import Event

_WRITE = within("manage_crew")
_NAMES = {"section": "section_id", "time_slot": "time_slot_id", "location": "location_id"}


# --- Bodies -------------------------------------------------------------------------------------------


class _ShiftBody(Body):
    """What a new shift and a changed one have in common."""

    ignored = frozenset({"id", "created_at", "filled_slots", "fill_rate", "claimable_slots"})

    location_id = Ulid(required=False, allow_null=True)
    title = OptionalText(200)
    description = OptionalText(LONGEST)
    instructions = OptionalText(LONGEST)
    slots_total = Number(shifts.SLOTS_MOST, required=False)
    slots_open_for_claiming = Number(shifts.SLOTS_MOST, required=False)
    report_time = Clock(required=False, allow_null=True)
    status = Choice(Shift.Status.values, required=False)
    is_lead_role = serializers.BooleanField(required=False)
    allow_overlap = serializers.BooleanField(required=False)


class NewShift(_ShiftBody):
    """A shift in the section that the path names."""

    section_id = Same(of="section")
    time_slot_id = Ulid()


class ShiftChanges(_ShiftBody):
    """What to change in a shift; another section of the event is one of it."""

    section_id = Ulid(required=False)
    time_slot_id = Ulid(required=False)


# --- What may be seen ---------------------------------------------------------------------------------


def sees_drafts(user: User, event: Event) -> bool:
    """Whether the user sees the whole plan of the event, not only what people can work in."""
    return any(user.can(permission, on=event) for permission in access.PLANNING)


def shown_in(section: Section, user: User) -> QuerySet[Shift]:
    """The section's shifts that the user may see, by their start."""
    rows = shifts.listed(section.shifts.all())
    return rows if sees_drafts(user, section.event) else rows.exclude(status=Shift.Status.DRAFT)


class InSection(InEvent):
    """Below .../sections/<section>: `find` keeps `self.section`, after the permissions were asked."""

    section: Section

    def find(self, section: str, shift: str = "") -> Shift | None:
        """The shift of the section that the path names; None when it names no shift."""
        self.section = section_of(self.event, section)
        return one(shown_in(self.section, self.request.user), shift) if shift else None

    def fresh(self, shift: Shift) -> dict:
        """The shift as an answer has it."""
        return shapes.shift(one(shifts.listed(Shift.objects.all()), str(shift.uid)))


# --- Views --------------------------------------------------------------------------------------------


class Shifts(InSection):
    """GET the section's shifts by their start; POST makes one, a draft unless its status is open."""

    needs = {"GET": within(), "POST": _WRITE}

    def get(self, request, event, section):
        self.find(section)
        return listing(request, shown_in(self.section, request.user), shapes.shift)

    def post(self, request, event, section):
        self.find(section)
        asked = _in_our_words(self.event, self.read(NewShift))
        with naming(**_NAMES):
            made = shifts.create(self.section, by=request.user, **asked)
        return ok(self.fresh(made), status=201)


class ShiftDetail(InSection):
    """PUT some fields of a shift; DELETE it: who had it is told."""

    needs = {"PUT": _WRITE, "DELETE": _WRITE}

    def put(self, request, event, section, shift):
        row = self.find(section, shift)
        changes = _in_our_words(self.event, self.read(ShiftChanges))
        with naming(**_NAMES):
            changed = shifts.change(row, by=request.user, **changes)
        return ok(self.fresh(changed))

    def delete(self, request, event, section, shift):
        shifts.delete(self.find(section, shift), by=request.user)
        return ok()


def _in_our_words(event: Event, asked: dict) -> dict:
    """The body with the rows that its ids name; Invalid for ids of anything that shifts of the event cannot use."""
    usable = {
        "section_id": event.sections,
        "time_slot_id": plans.usable_slots(event),
        "location_id": Location.objects.filter(event__in=[event.pk, event.parent_id or event.pk]),
    }
    rows = {
        field.removesuffix("_id"): referred(queryset, asked.pop(field), field)
        for field, queryset in usable.items()
        if field in asked
    }
    return {**asked, **rows}
