"""Whose organisation somebody is part of, and what of its planning they may see.

An insider is staff, a member in any role, or a person of one of its events; everybody else is an outsider, for whom
the organisation does not exist (Missing). Insiders may see what these queries give; what they may do is a permission
(`user.can("manage_crew", on=...)`), or their own person's (crew/assignments.py).
"""

from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import User
from crew.models import Person
from eventify.lib.prepared import Param, Prepared
from events.models import Event
from partners import members
from partners.models import Member, Partner

_STAFF = ("view_partners", "view_events", "manage_crew")  # any of them, held everywhere, makes an insider everywhere
PLANNING = ("manage_crew", "view_events")  # any of them, on the organisation, shows the plan of all its events


def organisation_for(user: User, uid: UUID) -> Partner | None:
    """The organisation with this uid, if the user is an insider of it; None otherwise. Compiled once."""
    find = _any_organisation if _holds(user, _STAFF) else _own_organisation
    return find.first(uid=uid, user=user.pk)


def events_for(user: User) -> QuerySet[Event]:
    """The events whose sections, time slots and shifts the user may see: all those of organisations where they hold one
    of PLANNING; and of the others, drafts apart, those that they have a part in, those of its festival, and that.
    """
    return Event.objects.all() if _holds(user, PLANNING) else _events_of(user.pk)


def event_for(user: User, uid: UUID) -> Event | None:
    """The one of `events_for` with this uid, with its partner and parent, or None. Compiled once."""
    return (_any_event if _holds(user, PLANNING) else _own_event).first(uid=uid, user=user.pk)


def _holds(user: User, permissions: tuple[str, ...]) -> bool:
    return any(user.can(permission) for permission in permissions)


def _organisations_of(user: int | Param) -> QuerySet[Partner]:
    membership = Member.objects.filter(partner=OuterRef("pk"), user=user)
    part = Person.objects.filter(event__partner=OuterRef("pk"), user=user)
    return Partner.objects.filter(Exists(membership) | Exists(part))


def _events_of(user: int | Param) -> QuerySet[Event]:
    planned = Event.objects.filter(members.granted(user, *PLANNING, partner="partner"))
    mine = Person.objects.filter(user=user).values("event")
    part = Q(pk__in=mine) | Q(parent__in=mine) | Q(children__in=mine)
    worked_at = Event.objects.exclude(state=Event.State.DRAFT).filter(part)
    return Event.objects.filter(Q(pk__in=planned.values("pk")) | Q(pk__in=worked_at.values("pk")))


_UID = {"uid": Param("uid")}
_SHOWN = ("partner", "parent")
_any_organisation = Prepared(lambda: Partner.objects.filter(**_UID))
_own_organisation = Prepared(lambda: _organisations_of(Param("user")).filter(**_UID))
_any_event = Prepared(lambda: Event.objects.filter(**_UID).select_related(*_SHOWN))
_own_event = Prepared(lambda: _events_of(Param("user")).filter(**_UID).select_related(*_SHOWN))
