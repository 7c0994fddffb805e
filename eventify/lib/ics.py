"""Calendars as text (RFC 5545): the parts that every calendar of ours is written with."""

from collections.abc import Iterable
from datetime import UTC, datetime

CONTENT_TYPE = "text/calendar; charset=utf-8"
_WIDTH = 75  # octets of a line
_EPOCH = datetime(2025, 1, 1, tzinfo=UTC)  # SEQUENCE counts seconds since then: it only grows
_ESCAPES = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n", "\r": None})


def calendar(events: Iterable[str], *, product: str, method: str = "PUBLISH", name: str = "") -> bytes:
    """The file: these lines of VEVENTs in one VCALENDAR. A named one is a feed that is asked again each hour."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", f"PRODID:-//Eventify//{product}//EN", "CALSCALE:GREGORIAN"]
    lines.append(f"METHOD:{method}")
    if name:
        lines += [f"X-WR-CALNAME:{text(name)}", "REFRESH-INTERVAL;VALUE=DURATION:PT1H", "X-PUBLISHED-TTL:PT1H"]
    return "".join(f"{fold(line)}\r\n" for line in [*lines, *events, "END:VCALENDAR"]).encode()


def moment(value: datetime) -> str:
    """`20260612T193000Z`: always in UTC, so that no time zone has to be described."""
    return f"{value.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def sequence(changed_at: datetime) -> int:
    """The revision of something that was changed last at this moment."""
    return max(0, int((changed_at - _EPOCH).total_seconds()))


def text(words: str) -> str:
    """A value of type TEXT: escaped, and without control characters, which the format cannot hold."""
    escaped = words.replace("\r\n", "\n").translate(_ESCAPES)
    return "".join(letter for letter in escaped if letter >= " " and letter != "\x7f")


def fold(line: str) -> str:
    """The line in pieces of at most 75 octets, none of which splits a character."""
    pieces, piece, width = [], "", 0
    for letter in line:
        octets = len(letter.encode())
        if width + octets > _WIDTH:
            pieces.append(piece)
            piece, width = "", 1  # the blank that the next piece begins with
        piece, width = piece + letter, width + octets
    return "\r\n ".join([*pieces, piece])
