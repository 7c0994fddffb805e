"""Who has which shift: planners assign and decide, people claim and cancel what is theirs."""

from uuid import UUID

import django_filters
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from rest_framework import serializers

from crew import assignments, persons
from crew.models import Assignment, Person, Shift
from eventify.contracts.api_v1 import listing, ok
from eventify.contracts.crewli import planning_shapes as shapes
from eventify.contracts.crewli.conventions import InEvent, OptionalText, Ulid, naming, one, referred, within
from eventify.contracts.crewli.filters import UlidFilter
from eventify.contracts.crewli.shifts import InSection
from eventify.contracts.fields import Body
from eventify.contracts.lists import filtered
from eventify.lib.errors import Forbidden, Invalid

_WRITE = within("manage_crew")


# --- Bodies and filters -------------------------------------------------------------------------------


class _Gift(Body):
    """What an organiser may wave aside: that all places are filled, or that it clashes with other shifts."""

    overbook = serializers.BooleanField(required=False)
    allow_clash = serializers.BooleanField(required=False)


class NewAssignment(_Gift):
    """Whom to give the shift."""

    person_id = Ulid()


class Approval(_Gift):
    """What to wave aside."""


class Claim(Body):
    """Whose claim it is; without a person it is the caller's."""

    person_id = Ulid(required=False, allow_null=True)


class Reason(Body):
    """Why it is rejected or cancelled; the person reads it."""

    reason = OptionalText(assignments.REASON_MAX)


class AssignmentFilters(django_filters.FilterSet):
    """The filters of the assignments."""

    status = django_filters.ChoiceFilter(choices=Assignment.Status.choices)
    person_id = UlidFilter(field_name="person__uid")
    shift_id = UlidFilter(field_name="shift__uid")
    section_id = UlidFilter(field_name="shift__section__uid")


# --- To get a shift -----------------------------------------------------------------------------------


class Assign(InSection):
    """POST: an organiser gives a person the shift."""

    needs = {"POST": _WRITE}

    def post(self, request, event, section, shift):
        row = self.find(section, shift)
        asked = self.read(NewAssignment)
        person = referred(_persons_near(self.event), asked.pop("person_id"), "person_id")
        with naming(person="person_id"):
            made = assignments.assign(row, person, by=request.user, **asked)
        return ok(_shown(made), status=201)


class Claims(InSection):
    """POST: a person takes a place of the shift that is open for claims; a planner may do so for another."""

    needs = {"POST": within()}

    def post(self, request, event, section, shift):
        row = self.find(section, shift)
        person = self.claimant(row)
        with naming(person="person_id"):
            made = assignments.claim(row, person, by=request.user)
        return ok(_shown(made), status=201)

    def claimant(self, shift: Shift) -> Person:
        """Whose claim it is. Forbidden for who has no part in the event, and for others' but to planners."""
        is_planner = self.request.user.can("manage_crew", on=self.event)
        own = persons.of_user(self.request.user, self.event)
        if not own and not is_planner:
            raise Forbidden
        uid = self.read(Claim).get("person_id")
        if uid and is_planner:
            return referred(_persons_near(self.event), uid, "person_id")
        if uid:
            return self.own_part(uid)
        if not own:
            raise Invalid.field("person_id", _("Say whose claim this is: you have no part in this event yourself."))
        return own

    def own_part(self, uid: UUID) -> Person:
        """The caller's person with this id; Forbidden for anybody else's, and for none."""
        own = _persons_near(self.event).filter(user=self.request.user, uid=uid).first()
        if own is None:
            raise Forbidden
        return own


def _persons_near(event) -> QuerySet[Person]:
    """The persons of the organisation: which of them may work in a shift, the rules say."""
    rows = Person.objects.filter(event__partner=event.partner_id)
    return rows.select_related("event__partner", "crowd_type", "user")


# --- What became of it --------------------------------------------------------------------------------


class _OfEvent(InEvent):
    """The event's assignments that the caller may see: all for planners, their own for everybody else."""

    def rows(self, shift: str | None = None, section: str | None = None) -> QuerySet[Assignment]:
        """Those of the event's own sections that are of the shift in the path, the oldest first."""
        found = _joined().filter(shift__section__event=self.event, shift__deleted_at=None)
        if not self.request.user.can("manage_crew", on=self.event):
            found = found.filter(person__user=self.request.user)
        if shift:
            found = found.filter(shift=one(Shift.objects.live().filter(section__event=self.event), shift))
        if section:
            found = found.filter(shift__section=one(self.event.sections, section))
        return found.order_by("id")


class ShiftAssignments(_OfEvent):
    """GET the assignments of the event's shifts, the oldest first."""

    needs = {"GET": within()}

    def get(self, request, event):
        return listing(request, filtered(AssignmentFilters, request, self.rows()), shapes.assignment)


class Approve(_OfEvent):
    """POST: approve a claim that waits."""

    needs = {"POST": _WRITE}

    def post(self, request, event, assignment, section=None, shift=None):
        row = one(self.rows(shift, section), assignment)
        with naming(person="person_id"):
            return ok(_shown(assignments.approve(row, by=request.user, **self.read(Approval))))


class Reject(_OfEvent):
    """POST: turn a claim down that waits."""

    needs = {"POST": _WRITE}

    def post(self, request, event, assignment, section=None, shift=None):
        row = one(self.rows(shift, section), assignment)
        return ok(_shown(assignments.reject(row, by=request.user, **self.read(Reason))))


class Cancel(_OfEvent):
    """POST: take the person out of the shift; people may do so themselves until the plan's `cancel_hours` before."""

    needs = {"POST": within()}

    def post(self, request, event, assignment, section=None, shift=None):
        row = one(self.rows(shift, section), assignment)
        return ok(_shown(assignments.cancel(row, by=request.user, **self.read(Reason))))


def _joined() -> QuerySet[Assignment]:
    return Assignment.objects.select_related(
        "shift__section__event__partner", "shift__time_slot", "person__event__partner", "assigned_by", "cancelled_by"
    )


def _shown(assignment: Assignment) -> dict:
    return shapes.assignment(one(_joined(), str(assignment.uid)))
