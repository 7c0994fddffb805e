"""The door's staff: who may scan tickets because they have a shift at a gate."""

from datetime import timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.models import User
from crew.models import Assignment, Person, Section, Shift
from eventify.lib.prepared import Param, Prepared
from events.models import Event

MARGIN = timedelta(minutes=15)  # before the shift begins and after it ends
_GIVEN = (Assignment.Status.APPROVED, Assignment.Status.COMPLETED)


def on_shift(user: User) -> QuerySet[Assignment]:
    """The user's assignments at gates that count now: from 15 minutes before the shift to 15 minutes after it."""
    return _on_shift(user=user, **_now())


def _on_shift(user, earliest, latest) -> QuerySet[Assignment]:
    """Of shifts that have begun by `latest` and have not ended before `earliest`."""
    return Assignment.objects.filter(
        person__user=user,
        person__status=Person.Status.APPROVED,
        person__is_blacklisted=False,
        status__in=_GIVEN,
        shift__deleted_at=None,
        shift__section__is_gate=True,
        shift__time_slot__starts_at__lte=latest,
        shift__time_slot__ends_at__gte=earliest,
    ).exclude(shift__status__in=(Shift.Status.DRAFT, Shift.Status.CANCELLED))


def _now() -> dict:
    now = timezone.now()
    return {"earliest": now - MARGIN, "latest": now + MARGIN}


def is_on_shift(user: User) -> bool:
    """Whether the user may scan at any event now. One query."""
    return _may_act(user) and bool(_any_shift(user=user.pk, **_now()))


def may_scan(user: User, event: Event) -> bool:
    """Whether a shift lets the user scan tickets of this event now. One query."""
    return _may_act(user) and bool(_this_event(user=user.pk, event=event.pk, **_now()))


def served(user: User) -> QuerySet:
    """The ids (`pk`) of the events whose tickets a shift lets the user scan now.

    A gate serves the event of its section; a festival's cross_event gate serves its sub-events, too.
    """
    return _served(on_shift(user)).values("pk") if _may_act(user) else Event.objects.none().values("pk")


def _served(assignments: QuerySet[Assignment]) -> QuerySet[Event]:
    gates = Section.objects.filter(shifts__in=assignments.values("shift"))
    shared = gates.filter(type=Section.Type.CROSS_EVENT).values("event")
    return Event.objects.filter(Q(pk__in=gates.values("event")) | Q(parent__in=shared))


_ASKED = {name: Param(name) for name in ("user", "earliest", "latest")}
_any_shift = Prepared(lambda: _on_shift(**_ASKED).values_list("pk")[:1])
_this_event = Prepared(lambda: _served(_on_shift(**_ASKED)).filter(pk=Param("event")).values_list("pk"))


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
