"""What the QR code of a ticket says: `<26 letters>.<base 32 of head and signature>`, all in the alphanumeric QR set.

The head is 21 bytes: the number of the key, the id of the ticket type (modulo 2^32) and the uid of the event. Signed
are a fixed word, the head and the letters, so a device tells the event and the type of a ticket without any name.
163 characters together: a QR code of version 7 at level M.
"""

import base64
import hashlib
import re
import struct
from collections.abc import Iterable
from typing import NamedTuple
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from bookings.door import keys
from bookings.models import DoorKey, RevokedCode, Ticket
from eventify.lib.errors import Missing
from eventify.lib.prepared import Param, Prepared

CONTEXT = b"eventify-ticket-1"
_HEAD = struct.Struct(">BI16s")
_LETTERS = re.compile(r"[A-Z2-7]{26}")
_SIGNED = re.compile(r"([A-Z2-7]{26})\.([A-Z2-7]{136})")
_BLANKS = re.compile(r"[\s-]")
_LONGEST = 400  # characters that are looked at


class UnknownCode(Missing):
    """No ticket has this code."""

    code = "unknown_code"
    message = _("There is no ticket with this code.")


class Forged(UnknownCode):
    """The signature was not made by a key of the event."""

    message = _("This code was not issued here.")


class Read(NamedTuple):
    """What a signed code says."""

    code: str
    key_number: int
    type_number: int
    event_uid: UUID
    signature: bytes
    message: bytes


def payload(ticket: Ticket) -> str:
    """What the QR code of the ticket says: the signed code, or the bare letters while the event's key cannot sign.

    Reads the event's keys: a list prefetches `event__door_keys`. Writes nothing, for pages call it.
    """
    key = keys.newest(ticket.event)
    private = keys.private_or_none(key) if key else None
    if private is None:
        return ticket.ticket_code
    head = _HEAD.pack(key.number, ticket.ticket_type_id % 2**32, ticket.event.uid.bytes)
    signature = private.sign(CONTEXT + head + ticket.ticket_code.encode())
    return f"{ticket.ticket_code}.{base64.b32encode(head + signature).decode()}"


def read(text: str) -> str:
    """The 26 letters of a code as scanned (signed) or typed (case, blanks and dashes do not matter).

    UnknownCode when it is no code at all; Forged when it carries a signature that is not ours.
    """
    clean = tidy(text)
    if _LETTERS.fullmatch(clean):
        return clean
    found = parse(clean)
    if not is_ours(found):
        raise Forged
    return found.code


def event_of(text: str) -> UUID | None:
    """The event that the head of a signed code names; None for typed letters, which name none."""
    try:
        return parse(tidy(text)).event_uid
    except UnknownCode:
        return None


def parse(text: str) -> Read:
    """The parts of a signed code, not yet verified. UnknownCode when it is not one."""
    match = _SIGNED.fullmatch(text)
    if match is None:
        raise UnknownCode
    raw = base64.b32decode(match[2])
    head, signature = raw[: _HEAD.size], raw[_HEAD.size :]
    number, type_number, uid = _HEAD.unpack(head)
    return Read(match[1], number, type_number, UUID(bytes=uid), signature, CONTEXT + head + match[1].encode())


def is_ours(found: Read) -> bool:
    """Whether a key of the event that it names has signed it."""
    key = _key.first(event=found.event_uid, number=found.key_number)
    return key is not None and keys.is_signed(key, found.signature, found.message)


_key = Prepared(lambda: DoorKey.objects.filter(event__uid=Param("event"), number=Param("number")))


def tidy(text: str) -> str:
    """As it is compared: capitals without blanks and dashes; what is far too long is cut, and so is no code."""
    return _BLANKS.sub("", text[:_LONGEST]).upper()


def letters(text: str) -> str:
    """What stands for a ticket in a code as scanned or typed, not verified: to look for it, not to let it in."""
    return tidy(text).partition(".")[0]


def hashed(code: str) -> str:
    """SHA-256 of the letters: all that lists and devices hold of a code."""
    return hashlib.sha256(code.encode("utf-8", "replace")).hexdigest()


def kill(tickets: Iterable[Ticket]) -> None:
    """The codes that these tickets have now open no door any more. Call it before a code changes; again is harmless."""
    dead = [RevokedCode(event_id=one.event_id, ticket=one, code_hash=hashed(one.ticket_code)) for one in tickets]
    RevokedCode.objects.bulk_create(dead, ignore_conflicts=True)
