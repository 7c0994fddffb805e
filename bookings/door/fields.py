"""What a device writes of a scan, read field by field: from its requests, and from the file that it saves."""

import re
from datetime import UTC, datetime
from uuid import UUID

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from bookings.door import scanning
from bookings.models import Scan
from eventify.lib.errors import Invalid

BAD_TEXT = re.compile("[\x00\ud800-\udfff]")
_MOST_SKEW = 10 * 365 * 86_400_000  # ms
_EARLIEST, _LATEST = 2000, 2200  # years


def said(body: dict, *, is_offline: bool) -> scanning.Said:
    """One scan; `is_offline`: the device decided, so its verdict is asked for. Invalid names the field."""
    verdict = text(body, "verdict", 15) if is_offline else ""
    if is_offline and verdict not in Scan.Verdict.values:
        raise Invalid.field("verdict", _("This is none of the verdicts."))
    skew, undone_at = whole(body, "skew_ms", _MOST_SKEW), None
    if body.get("undone_at") is not None:
        undone_at = scanning.corrected(moment_of(body, "undone_at"), skew)
        if not text(body, "undo_reason", 200, default="").strip():
            raise Invalid.field("undo_reason", _("Say why the scan is taken back."))
    return scanning.Said(
        client_uid=uid(body),
        code=text(body, "code", 400),
        at=scanning.corrected(moment_of(body, "scanned_at"), skew),
        verdict=verdict,
        gate=text(body, "gate", 100, default=""),
        undone_at=undone_at,
        undo_reason=text(body, "undo_reason", 200, default=""),
    )


def text(body: dict, name: str, most: int, default: str | None = None) -> str:
    """A text; without `default` it must be there and not be empty."""
    value = body.get(name, default)
    if not isinstance(value, str) or len(value) > most or BAD_TEXT.search(value) or (default is None and not value):
        raise Invalid.field(
            name, _("Send a text of at most %(most)s characters as %(name)s.") % {"most": most, "name": name}
        )
    return value


def whole(body: dict, name: str, most: int, least: int | None = None) -> int:
    """A whole number from `least` (else -most) to `most`; 0 when it is not there."""
    value = body.get(name, 0)
    if type(value) is not int or not (-most if least is None else least) <= value <= most:
        raise Invalid.field(name, _("Send a whole number as %(name)s.") % {"name": name})
    return value


def uid(body: dict) -> UUID:
    """The scan's client_uid."""
    try:
        return UUID(text(body, "client_uid", 36))
    except ValueError:
        raise Invalid.field("client_uid", _("Send a UUID as client_uid.")) from None


def moment_of(body: dict, name: str) -> datetime:
    """A moment with its zone."""
    try:
        found = parse_datetime(text(body, name, 40).replace(" ", "+"))
    except ValueError:
        found = None
    if found is None or found.tzinfo is None or not _EARLIEST <= found.year <= _LATEST:
        raise Invalid.field(name, _("Send a moment with its zone as %(name)s.") % {"name": name})
    return found.astimezone(UTC)  # PostgreSQL knows no offset of 16 hours or more
