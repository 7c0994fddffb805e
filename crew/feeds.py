"""Rosters as calendars (RFC 5545): one file for one shift, and a feed for all of somebody's shifts.

The feed's address carries a token that follows from a seed and the secret key; only its hash is kept and compared.
"""

import base64
import hmac
import secrets
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from hashlib import sha256

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from crew import roster
from crew.models import Assignment, RosterFeed
from eventify.lib import ics
from events.templatetags.say import clock

CONTENT_TYPE = ics.CONTENT_TYPE
KEPT = timedelta(days=60)  # a shift stays in the feed this long after its end
_S = Assignment.Status
_STATUS = {_S.PENDING: "TENTATIVE", _S.APPROVED: "CONFIRMED", _S.COMPLETED: "CONFIRMED"}


def address_for(user: User) -> str:
    """The whole address of the user's feed; the first call makes it."""
    feed, _is_new = RosterFeed.objects.get_or_create(user=user, defaults=_fresh(user))
    token = _token(user, feed.seed)
    if _hash(token) != feed.token_hash:  # the secret key has changed since
        return renew(user)
    return _address(token)


def renew(user: User) -> str:
    """A new address; the old one is no calendar any more. The calendars that use it show no changes from then on."""
    fresh = _fresh(user)
    RosterFeed.objects.update_or_create(user=user, defaults=fresh)
    return _address(_token(user, fresh["seed"]))


def user_of(token: str) -> User | None:
    """Whose feed it is; None for a token that is none (any more), and for a banned or closed account. One query."""
    feed = RosterFeed.objects.select_related("user").filter(token_hash=_hash(token)).first()
    return feed.user if feed and feed.user.is_active and not feed.user.is_banned else None


def _fresh(user: User) -> dict:
    seed = secrets.token_hex(16)
    return {"seed": seed, "token_hash": _hash(_token(user, seed))}


def _token(user: User, seed: str) -> str:
    words = f"roster feed {user.pk} {seed}".encode()
    digest = hmac.new(settings.SECRET_KEY.encode(), words, sha256).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def _hash(token: str) -> str:
    return sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _address(token: str) -> str:
    return settings.SITE_URL + reverse("crew-calendar", args=[token])


def calendar(user: User) -> bytes:
    """All shifts of the user as text/calendar, from two months back; cancelled ones say so. One query."""
    rows = roster.since(user, timezone.now() - KEPT)
    return _calendar(rows, name=_("My shifts"))


def single(assignment: Assignment) -> bytes:
    """One shift as text/calendar; the assignment has all joined (crew/roster.py)."""
    return _calendar([assignment])


def _calendar(rows: Iterable[Assignment], name: str = "") -> bytes:
    return ics.calendar((line for one in rows for line in _event(one)), product="Crew", name=name)


def _event(one: Assignment) -> Iterator[str]:
    """The lines of one VEVENT. Its UID is the assignment's for ever; its SEQUENCE grows with each change."""
    shift, slot, changed = one.shift, one.shift.time_slot, _changed_at(one)
    is_on = roster.counts(one)
    yield "BEGIN:VEVENT"
    yield f"UID:{one.uid}@crew.eventify"
    yield f"DTSTAMP:{ics.moment(changed)}"
    yield f"LAST-MODIFIED:{ics.moment(changed)}"
    yield f"SEQUENCE:{ics.sequence(changed)}"
    yield f"DTSTART:{ics.moment(slot.starts_at)}"
    yield f"DTEND:{ics.moment(slot.ends_at)}"
    yield f"SUMMARY:{ics.text(_summary(one))}"
    yield f"DESCRIPTION:{ics.text(_description(one))}"
    yield from _place(shift)
    yield f"URL:{settings.SITE_URL}{reverse('crew-shift', args=[shift.uid])}"
    yield f"STATUS:{_STATUS[one.status] if is_on else 'CANCELLED'}"
    yield f"TRANSP:{'OPAQUE' if is_on else 'TRANSPARENT'}"
    yield "END:VEVENT"


def _changed_at(one: Assignment) -> datetime:
    """When anything that the calendar shows of it was changed last."""
    shift = one.shift
    rows = (one, one.person, shift, shift.section, shift.section.event, shift.time_slot, shift.location)
    return max(row.updated_at for row in rows if row is not None)


def _summary(one: Assignment) -> str:
    shift = one.shift
    words = {"what": shift.title or shift.time_slot.name, "section": shift.section.name}
    return _("%(section)s: %(what)s") % words


def _description(one: Assignment) -> str:
    shift = one.shift
    said = [shift.section.event.name]
    if one.status == _S.PENDING:
        said.append(_("Waits for approval."))
    if (at := roster.report_at(shift)) is not None:
        said.append(_("Be there at %(time)s.") % {"time": clock(at, shift.time_slot.event)})
    said += [shift.description, shift.instructions, shift.location.instructions if shift.location else ""]
    return "\n\n".join(part for part in said if part)


def _place(shift) -> Iterator[str]:
    where = shift.location
    if where is None:
        if shift.section.event.where:
            yield f"LOCATION:{ics.text(shift.section.event.where)}"
        return
    yield f"LOCATION:{ics.text(', '.join(part for part in (where.name, where.address) if part))}"
    if where.latitude is not None and where.longitude is not None:
        yield f"GEO:{where.latitude};{where.longitude}"
