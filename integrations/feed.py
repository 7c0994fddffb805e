"""An organisation's facts in one order that never changes, though the transactions that write them commit out of order.

A fact gets its number after its commit. Whoever gives numbers holds the organisation's listener until their own commit,
so numbers become visible in their order and without gaps: below a number that somebody has read nothing appears any
more. A transaction that commits late is numbered late; nobody waits for it, and nobody misses it. Numbers, unlike
transaction ids, survive a restore into another database.
"""

from typing import NamedTuple

from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext as _

from eventify.lib.errors import Conflict, DomainError, Invalid
from integrations import kinds as catalogue
from integrations.models import Delivery, Endpoint, Fact, Listener
from partners.models import Partner

MOST = 500  # facts of one answer
LOOKED_AT = 2000  # facts that one answer looks through for those of the chosen kinds
NUMBERED_AT_ONCE = 5000
LATEST = "latest"  # a cursor that stands for the end of the feed
_CURSOR = "f"
_DIGITS = 15

# The order of numbers is that in which facts were written, as far as they are known together.
_NUMBER = """
WITH fresh AS (
  SELECT id, row_number() OVER (ORDER BY id) AS place FROM integrations_fact
  WHERE partner_id = %s AND position IS NULL ORDER BY id LIMIT %s
)
UPDATE integrations_fact SET position = %s + fresh.place, numbered_at = clock_timestamp()
FROM fresh WHERE integrations_fact.id = fresh.id
"""
# One row for each active or paused endpoint that wants the kind; `give_up` days from now.
_FAN_OUT = """
INSERT INTO integrations_delivery (uid, created_at, updated_at, endpoint_id, fact_id, kind, position, status,
  attempts_made, next_attempt_at, give_up_at)
SELECT gen_random_uuid(), now(), now(), e.id, f.id, f.kind, f.position, %s, 0, now(), now() + make_interval(days => %s)
FROM integrations_fact f JOIN integrations_endpoint e
  ON e.partner_id = f.partner_id AND e.state <> %s AND jsonb_exists(e.kinds, f.kind)
WHERE f.partner_id = %s AND f.position > %s AND f.position <= %s
ORDER BY e.id, f.position
"""


class Page(NamedTuple):
    """Facts in their order, the cursor from which to read on, and whether there is more already."""

    facts: list[Fact]
    next: str
    has_more: bool


class FeedOff(Conflict):
    """Nobody has asked for this organisation's facts to be recorded."""

    code = "feed_off"


class TooOld(DomainError):
    """What follows the cursor has been removed (410): there is a hole that only another look at everything fills."""

    status = 410
    code = "cursor_too_old"


def number(partner: int) -> int:
    """Number what an organisation's transactions have committed, and owe it to its endpoints; how many facts that were.

    Locks the listener. At most NUMBERED_AT_ONCE; safe to run twice and beside itself.
    """
    if not Fact.objects.filter(partner=partner, position=None).exists():
        return 0
    with transaction.atomic():
        listener = Listener.objects.select_for_update(no_key=True).filter(partner=partner).first()
        if listener is None:  # the organisation is gone
            return 0
        before = listener.last_position
        numbered = _execute(_NUMBER, partner, NUMBERED_AT_ONCE, before)
        listener.last_position = before + numbered
        listener.save(update_fields=["last_position"])
        _owe(partner, before, listener.last_position)
    return numbered


def _owe(partner: int, after: int, last: int) -> None:
    state, disabled = Delivery.Status.WAITING, Endpoint.State.DISABLED
    _execute(_FAN_OUT, state, settings.EVENTIFY_WEBHOOK_DAYS, disabled, partner, after, last)


def _execute(sql: str, *values) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.rowcount


def unnumbered() -> list[int]:
    """The organisations that have facts without a number."""
    return list(Fact.objects.filter(position=None).order_by("partner").values_list("partner", flat=True).distinct())


def read(partner: Partner, *, after: str = "", limit: int = 100, kinds: list[str] | None = None) -> Page:
    """What follows the cursor `after` ("": all that is kept, "latest": nothing yet), of these kinds or of all.

    Facts that are committed are numbered first, so they are there. Raises FeedOff, Invalid for a cursor that is none,
    TooOld. Looks through LOOKED_AT facts at most: an answer may be empty and still have more behind it.
    """
    number(partner.pk)
    listener = Listener.objects.filter(partner=partner).first()
    if listener is None:
        raise FeedOff(
            _("Nothing is recorded for this organisation yet. Make a key that reads the feed, or an endpoint.")
        )
    start = _start(listener, after)
    end = min(start + LOOKED_AT, listener.last_position)
    rows = Fact.objects.filter(partner=partner, position__gt=start, position__lte=end).order_by("position")
    facts = list((rows.filter(kind__in=kinds) if kinds else rows)[:limit])
    reached = facts[-1].position if len(facts) == limit else end
    return Page(facts, cursor(reached), reached < listener.last_position)


def _start(listener: Listener, after: str) -> int:
    """The number after which to read. TooOld when facts behind it are gone."""
    if after == LATEST:
        return listener.last_position
    kept = Fact.objects.filter(partner=listener.partner_id, position__isnull=False).order_by("position")
    first = kept.values_list("position", flat=True).first() or listener.last_position + 1
    if not after:
        return first - 1
    place = _place(after)
    if place > listener.last_position:
        raise Invalid.field("after", _("This is no cursor of this feed."))
    if place + 1 < first:
        raise TooOld(
            _("The facts behind this cursor are not kept any more. Read your data anew, then begin without a cursor."),
            first=cursor(first - 1),
        )
    return place


def cursor(position: int) -> str:
    """The number as callers see it; they send it back as it is."""
    return f"{_CURSOR}{position:x}"


def _place(text: str) -> int:
    digits = text.removeprefix(_CURSOR)
    is_one = text.startswith(_CURSOR) and digits.isascii() and digits.isalnum() and len(digits) <= _DIGITS
    try:
        return int(digits if is_one else "", 16)
    except ValueError:
        raise Invalid.field("after", _("This is no cursor of this feed.")) from None


def document(fact: Fact, organisation) -> dict:
    """A fact as the feed and the body of a webhook tell it."""
    return {
        "id": str(fact.uid),
        "kind": fact.kind,
        "version": fact.version,
        "occurred_at": fact.occurred_at,
        "organisation_id": str(organisation),
        "data": fact.data,
    }


def check_kinds(kinds: list[str]) -> list[str]:
    """These kinds, each once and in the catalogue's order. Invalid for one that is not known."""
    unknown = sorted(set(kinds) - set(catalogue.IDS))
    if unknown:
        raise Invalid.field("kinds", _("There is no kind of fact %(kind)s.") % {"kind": unknown[0][:60]})
    return [kind for kind in catalogue.IDS if kind in kinds]
