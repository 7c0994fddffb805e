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
    """Whether a shift lets the user scan tickets of this event now. One query.

    A gate serves the event of its section; a festival's cross_event gate serves its sub-events, too.
    """
    if not _may_act(user):
        return False
    return on_shift(user).filter(shift__section__in=_serving(event)).exists()


def names(event: Event) -> list[str]:
    """What the gates of the event are called, in the order of the plan. One query."""
    return list(_serving(event).filter(is_gate=True).order_by("sort_order", "pk").values_list("name", flat=True))


def _serving(event: Event) -> QuerySet[Section]:
    serves = Q(event=event.pk)
    if event.parent_id:
        serves |= Q(event=event.parent_id, type=Section.Type.CROSS_EVENT)
    return Section.objects.filter(serves)


def _may_act(user: User) -> bool:
    return user.is_authenticated and user.is_active and not user.is_banned
