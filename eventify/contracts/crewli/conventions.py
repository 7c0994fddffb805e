"""The conventions of contract 004 beside those of /api/v1: ULIDs, local days and times, and whose things a path names.

A view below an organisation or an event is an `InOrganisation` or `InEvent`. Before its method runs, and before the
body is read, it has found the organisation (Missing for outsiders) and the event (Missing for who may not see it),
and asked for the permissions that `needs` declares with `within` (Forbidden for insiders without one).
"""

import re
import uuid
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, time

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import serializers
from rest_framework.fields import SkipField

from accounts import two_factor
from accounts.models import User
from crew import access
from eventify.contracts import fields
from eventify.contracts.api_v1 import View
from eventify.contracts.fields import EARLIEST, LATEST, Body, Text
from eventify.contracts.needs import Need
from eventify.lib.errors import DomainError, Forbidden, Invalid, Missing
from eventify.lib.ids import from_ulid, to_ulid
from events.models import Event
from partners.models import Partner

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_CLOCK = re.compile(r"([0-9]{2}):([0-9]{2})(:00)?")
IDS_MOST = 100  # of a list of ids


# --- Ids ----------------------------------------------------------------------------------------------


def uid_of(text: str) -> uuid.UUID | None:
    """The id that a text spells, as a ULID in any case or as a UUID; None for what is neither."""
    if not text.isascii():
        return None
    try:
        return from_ulid(text)
    except ValueError:
        return fields.uid_of(text)


def ulid(row) -> str | None:
    """The ULID of a row that may be missing."""
    return row and to_ulid(row.uid)


def one(queryset, text: str):
    """The row that a piece of a path names; Missing for none, or for what is no id."""
    uid = uid_of(text)
    row = queryset.filter(uid=uid).first() if uid else None
    if row is None:
        raise Missing
    return row


def referred(queryset, uid: uuid.UUID | None, field: str):
    """The row that a field of the body names (None for null); Invalid, naming the field, for none of `queryset`."""
    row = queryset.filter(uid=uid).first() if uid else None
    if uid and row is None:
        raise Invalid.field(field, _("There is none with this id."))
    return row


def all_referred(queryset, uids: list[uuid.UUID], field: str) -> list:
    """The rows that a list of the body names, in its order, each once; Invalid for one that is not in `queryset`."""
    found = queryset.in_bulk(uids, field_name="uid")
    errors = {
        f"{field}.{number}": [_("There is none with this id.")] for number, uid in enumerate(uids) if uid not in found
    }
    if errors:
        raise Invalid(next(iter(errors.values()))[0], errors=errors)
    return [found[uid] for uid in dict.fromkeys(uids)]


# --- Fields of bodies ---------------------------------------------------------------------------------


class Ulid(Text):
    """The id of a row, as a ULID or a UUID; the value is the UUID."""

    default_error_messages = {"ulid": gettext_lazy("This is not an id.")}

    def to_internal_value(self, data):
        uid = uid_of(super().to_internal_value(data))
        if uid is None:
            self.fail("ulid")
        return uid


class Ulids(serializers.ListField):
    """A list of ids; the value is the UUIDs in their order."""

    def __init__(self, most: int = IDS_MOST, **options):
        super().__init__(child=Ulid(), max_length=most, **options)


class Same(Ulid):
    """The id of what the path names already (`of`: the view's attribute): it may come back, and is not changed."""

    default_error_messages = {"other": gettext_lazy("This is not the one that the address names.")}

    def __init__(self, of: str, **options):
        super().__init__(**{"required": False, **options})
        self.of = of

    def run_validation(self, data=serializers.empty):
        if super().run_validation(data) != getattr(self.context["view"], self.of).uid:
            self.fail("other")
        raise SkipField


class OptionalText(Text):
    """A text that may be left out, empty or null: "" for us, null on the wire."""

    def __init__(self, most: int, **options):
        super().__init__(max_length=most, **{"required": False, "allow_blank": True, **options})

    def run_validation(self, data=serializers.empty):
        return super().run_validation("" if data is None else data)


class Number(serializers.IntegerField):
    """A whole number from 0 (or `least`) to `most`."""

    def __init__(self, most: int, least: int = 0, **options):
        super().__init__(min_value=least, max_value=most, **options)

    def to_internal_value(self, data):
        if isinstance(data, bool | str):
            self.fail("invalid")
        return super().to_internal_value(data)


class Day(Text):
    """A calendar day from 1970 to 2199, YYYY-MM-DD."""

    default_error_messages = {"day": gettext_lazy("Use a day such as 2026-07-31, from 1970 to 2199.")}

    def to_internal_value(self, data) -> date:
        text = super().to_internal_value(data)
        try:
            day = date.fromisoformat(text) if _DAY.fullmatch(text) else None
        except ValueError:
            day = None
        if day is None or not EARLIEST.date() <= day < LATEST.date():
            self.fail("day")
        return day


class Clock(Text):
    """A time of the day, HH:MM (HH:MM:00 is taken, too)."""

    default_error_messages = {"clock": gettext_lazy("Use a time such as 18:30.")}

    def to_internal_value(self, data) -> time:
        found = _CLOCK.fullmatch(super().to_internal_value(data))
        hour, minute = (int(found[1]), int(found[2])) if found else (24, 0)
        if hour > 23 or minute > 59:
            self.fail("clock")
        return time(hour, minute)


# --- Values of answers --------------------------------------------------------------------------------


def text(value: str) -> str | None:
    """A text that may be empty: null on the wire."""
    return value or None


def day(value: date | None) -> str | None:
    """A calendar day as YYYY-MM-DD."""
    return value and value.isoformat()


def clock(value: time | None) -> str | None:
    """A time of the day as HH:MM."""
    return None if value is None else f"{value:%H:%M}"


# --- Refusals ------------------------------------------------------------------------------------------


@contextmanager
def naming(**wire: str):
    """Within it, a refusal names the fields as this wire does: `naming(crowd_type="crowd_type_id")`."""
    try:
        yield
    except Invalid as refusal:
        refusal.errors = {wire.get(name, name): said for name, said in refusal.errors.items()}
        raise


# --- Whose things a path names ------------------------------------------------------------------------


@dataclass(frozen=True)
class Within(Need):
    """A session; the permissions are asked on what the path names, for outsiders are told that there is none."""

    def met_by(self, user) -> bool:
        """Whether somebody is logged in."""
        return bool(user and user.is_authenticated)


def within(*permissions: str) -> Within:
    """One of these permissions on the organisation or event of the path; none: to see it is enough."""
    return Within(permissions)


def organisation_of(user: User, text: str) -> Partner:
    """The organisation that a path names; Missing for outsiders (crew/access.py)."""
    return _found(user, access.organisation_for, text)


def event_of(user: User, text: str, partner: Partner | None = None) -> Event:
    """The event that a path names, with its partner and parent, and of `partner` where the path names that, too.

    Missing for who may not see it: outsiders, and insiders who neither see the organisation's events nor have a part.
    """
    event = _found(user, access.event_for, text)
    if partner and event.partner_id != partner.pk:
        _refuse(user, Missing())
    return event


def require(user: User, permissions: tuple[str, ...], on) -> None:
    """Forbidden when the user holds none of the permissions on this; no permissions: everybody may."""
    if permissions and not any(user.can(permission, on=on) for permission in permissions):
        _refuse(user, Forbidden())


def _found(user: User, find: Callable[[User, uuid.UUID], Partner | Event | None], text: str):
    uid = uid_of(text)
    row = find(user, uid) if uid else None
    if row is None:
        _refuse(user, Missing())
    return row


def _refuse(user: User, refusal: DomainError) -> None:
    """Raise it, or TwoFactorRequired for staff whom nothing but their missing second factor keeps out."""
    two_factor.check_set_up(user)
    raise refusal


class _Placed(View):
    """What the two bases share."""

    def initial(self, request, *args, **kwargs):
        super().initial(request, *args, **kwargs)
        need = self.need()
        if isinstance(need, Within):
            require(request.user, need.permissions, on=self.place(request.user, **kwargs))

    def place(self, caller: User, /, **path):
        """Find what the path names, keep it, and return what the permissions are asked on."""
        raise NotImplementedError

    def read(self, body: type[Body], **options) -> dict:
        """The request's body, checked; a `Same` field of it knows this view."""
        return fields.read(self.request, body, context={"view": self}, **options)


class InOrganisation(_Placed):
    """Below /organisations/<org>: `self.organisation`, and `self.event` where the path has <event>, too."""

    organisation: Partner
    event: Event

    def place(self, caller, /, org, event=None, **path):
        """The organisation, or the event of it."""
        self.organisation = organisation_of(caller, org)
        if event is None:
            return self.organisation
        self.event = event_of(caller, event, self.organisation)
        return self.event


class InEvent(_Placed):
    """Below /events/<event>: `self.event`, with its partner and parent."""

    event: Event

    def place(self, caller, /, event, **path):
        """The event."""
        self.event = event_of(caller, event)
        return self.event
