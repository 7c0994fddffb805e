"""A scan of a device that reaches us: who holds a good ticket is let in at once, all else is judged at length."""

from django.db import IntegrityError

from bookings import checkin
from bookings.door import admission, merging, scanning
from bookings.door.scanning import Said, Taken
from bookings.models import Device, Scan

Verdict = Scan.Verdict


def take(device: Device, said: Said) -> Taken:
    """As `scanning.take`, in four statements for a code that is good and that nobody has used."""
    try:
        taken = _let_in(device, said)
    except (checkin.UnknownCode, IntegrityError):
        taken = None
    return taken or scanning.take(device, said)


def _let_in(device: Device, said: Said) -> Taken | None:
    """The scan that lets somebody in, decided by us alone; None when that is not all there is to it.

    A ticket that is valid has no scan that counts and no open conflict, so nothing is to be merged.
    """
    if said.verdict or said.undone_at:
        return None
    ticket, said = checkin.find(said.code), scanning.since(device, said)
    if scanning.verdict_of(ticket, device.event) != Verdict.ADMITTED:
        return None
    scan = scanning.scan_of(device, said, ticket, Verdict.ADMITTED)
    return Taken(scan, ticket, merging.State(scan, [])) if admission.use_by_device(ticket, scan) else None
