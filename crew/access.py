"""Whose organisation somebody is part of, and what of its planning they may see.

An insider is staff, a member in any role, or a person of one of its events; everybody else is an outsider, for whom
the organisation does not exist (Missing). Insiders may see what these queries give; what they may do is a permission
(`user.can("manage_crew", on=...)`), or their own person's (crew/assignments.py).
"""

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import User
from crew.models import Person
from events.models import Event
from partners import members
from partners.models import Member, Partner

_STAFF = ("view_partners", "view_events", "manage_crew")  # any of them, held everywhere, makes an insider everywhere
PLANNING = ("manage_crew", "view_events")  # any of them, on the organisation, shows the plan of all its events


def organisations_for(user: User) -> QuerySet[Partner]:
    """The organisations that the user is an insider of."""
    if any(user.can(permission) for permission in _STAFF):
        return Partner.objects.all()
    membership = Member.objects.filter(partner=OuterRef("pk"), user=user)
    part = Person.objects.filter(event__partner=OuterRef("pk"), user=user)
    return Partner.objects.filter(Exists(membership) | Exists(part))


def planned_by(user: User) -> QuerySet[Event]:
    """The events whose whole plan the user may see: those of organisations where they hold one of PLANNING."""
    if any(user.can(permission) for permission in PLANNING):
        return Event.objects.all()
    held = Q(pk__in=())
    for permission in PLANNING:
        held |= Q(partner__in=members.partners_where(user, permission).values("pk"))
    return Event.objects.filter(held)


def worked_at(user: User) -> QuerySet[Event]:
    """The events, no drafts, that the user has a part in: their own, those of its festival, and the festival itself."""
    mine = Person.objects.filter(user=user)
    own = Q(pk__in=mine.values("event")) | Q(parent__in=mine.values("event")) | Q(children__in=mine.values("event"))
    return Event.objects.exclude(state=Event.State.DRAFT).filter(own).distinct()


def events_for(user: User) -> QuerySet[Event]:
    """The events whose sections, time slots and shifts the user may see."""
    planned = planned_by(user)
    return Event.objects.filter(Q(pk__in=planned.values("pk")) | Q(pk__in=worked_at(user).values("pk")))
