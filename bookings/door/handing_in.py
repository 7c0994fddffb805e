"""The file that a scanner saves when it cannot send its scans any more (`save` in static/js/door/app.js)."""

import json
from typing import BinaryIO, NamedTuple

from django.utils.translation import gettext as _

from bookings.door import fields
from bookings.door.scanning import Said
from bookings.models import Device
from eventify.lib.errors import Invalid

MOST_BYTES = 5_000_000
MOST_SCANS = 5_000


class Read(NamedTuple):
    """The scans of the device, and how many of the file are another device's, or cannot be read."""

    said: list[Said]
    others: int
    unreadable: int


def read(file: BinaryIO, device: Device) -> Read:
    """What the file says of the device's scans. Invalid (field `file`) when there is nothing to take, and why."""
    rows = _rows(file.read(MOST_BYTES + 1))
    ours = [row for row in rows if row.get("device") == str(device.uid)]
    if not ours:
        raise _bad(_("The scans in this file are of another device. Choose that one on the page of the door."))
    if any(row.get("event") not in (None, str(device.event.uid)) for row in ours):
        raise _bad(_("The scans in this file are of another event."))
    said, wrong = [], []
    for row in ours:
        try:
            said.append(fields.said(row, is_offline=True))
        except Invalid as refusal:
            wrong.append(refusal)
    if not said:
        raise _bad(_("No scan in this file can be read: %(why)s") % {"why": wrong[0].message})
    return Read(said, len(rows) - len(ours), len(wrong))


def _rows(raw: bytes) -> list[dict]:
    if len(raw) > MOST_BYTES:
        raise _bad(_("The file is too large: a scanner saves at most 5 MB."))
    try:
        found = json.loads(raw.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        found = None
    rows = found.get("scans") if isinstance(found, dict) else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise _bad(_("This is not a file of a scanner. It is called door-scans.json."))
    if not rows:
        raise _bad(_("There are no scans in this file."))
    if len(rows) > MOST_SCANS:
        raise _bad(_("The file holds more than %(most)s scans.") % {"most": MOST_SCANS})
    return rows


def _bad(sentence: str) -> Invalid:
    return Invalid.field("file", sentence)
