"""The door's staff: who may scan tickets because they have a shift at a gate."""

from datetime import timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.models import User
from crew.models import Assignment, Person, Section, Shift
from events.models import Event

MARGIN = timedelta(minutes=15)  # before the shift begins and after it ends
_GIVEN = (Assignment.Status.APPROVED, Assignment.Status.COMPLETED)


def on_shift(user: User) -> QuerySet[Assignment]:
    """The user's assignments at gates that count now: from 15 minutes before the shift to 15 minutes after it."""
    now = timezone.now()
    return Assignment.objects.filter(
        person__user=user,
        person__status=Person.Status.APPROVED,
        person__is_blacklisted=False,
        status__in=_GIVEN,
        shift__deleted_at=None,
        shift__section__is_gate=True,
        shift__time_slot__starts_at__lte=now + MARGIN,
        shift__time_slot__ends_at__gte=now - MARGIN,
    ).exclude(shift__status__in=(Shift.Status.DRAFT, Shift.Status.CANCELLED))


def is_on_shift(user: User) -> bool:
    """Whether the user may scan at any event now. One query."""
    return _may_act(user) and on_shift(user).exists()


def may_scan(user: User, event: Event) -> bool:
    """Whether a shift lets the user scan tickets of this event now. One query."""
    return served(user).filter(pk=event.pk).exists()


def served(user: User) -> QuerySet:
    """The ids (`pk`) of the events whose tickets a shift lets the user scan now.

    A gate serves the event of its section; a festival's cross_event gate serves its sub-events, too.
    """
    if not _may_act(user):
        return Event.objects.none().values("pk")
    gates = Section.objects.filter(shifts__in=on_shift(user).values("shift"))
    shared = gates.filter(type=Section.Type.CROSS_EVENT).values("event")
    return Event.objects.filter(Q(pk__in=gates.values("event")) | Q(parent__in=shared)).values("pk")


def names(events: list[Event]) -> dict[int, list[str]]:
    """What the gates of these events are called, by the event's id, in the order of the plan. One query."""
    shared = Q(event__in=[one.parent_id for one in events], type=Section.Type.CROSS_EVENT)
    gates = Section.objects.filter(Q(event__in=events) | shared, is_gate=True).order_by("sort_order", "pk")
    found = {one.pk: [] for one in events}
    for gate in gates:
        for event in events:
            is_shared = gate.event_id == event.parent_id and gate.type == Section.Type.CROSS_EVENT
            if gate.event_id == event.pk or is_shared:
                found[event.pk].append(gate.name)
    return found


def _may_act(user: User) -> bool:
    return user.is_authenticated and user.is_active and not user.is_banned
