"""Scans of devices: decided here when the device reaches us, merged when it comes back with what it decided alone."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from bookings.door import codes, merging
from bookings.models import Device, RevokedCode, Scan, Ticket
from eventify.lib.errors import Missing
from events.models import Event

Verdict = Scan.Verdict


@dataclass(frozen=True)
class Said:
    """What a device says of one scan. `at` is its clock's moment less its skew; `verdict` empty: we decide."""

    client_uid: UUID
    code: str
    at: datetime
    verdict: str = ""
    gate: str = ""
    undone_at: datetime | None = None
    undo_reason: str = ""


@transaction.atomic
def take(device: Device, said: Said) -> Scan:
    """Keep one scan and bring its ticket in line. Locks the device, then the ticket. The same one again is one row."""
    Device.objects.select_for_update(no_key=True).get(pk=device.pk)
    ticket, refused = _find(said.code)
    if ticket is not None:
        read, ticket = ticket.ticket_code, lock(ticket)
        if ticket.ticket_code != read:  # passed on meanwhile: this code is dead
            ticket, refused = None, Verdict.CANCELLED
    known = Scan.objects.filter(device=device, client_uid=said.client_uid).first()
    scan = _joined(known, said) if known else _made(device, said, ticket, refused)
    if scan.ticket_id:
        merging.settle(ticket if ticket and ticket.pk == scan.ticket_id else lock(scan.ticket))
    return scan


@transaction.atomic
def undo(device: Device, client_uid: UUID, *, reason: str) -> Scan:
    """Take a scan of this event back: the ticket may be used again. Missing when the device has no such scan."""
    Device.objects.select_for_update(no_key=True).get(pk=device.pk)
    scan = Scan.objects.filter(device=device, client_uid=client_uid).first()
    if scan is None:
        raise Missing(_("This device has no such scan."))
    ticket = lock(scan.ticket) if scan.ticket_id else None
    if scan.undone_at is None:
        scan.undone_at, scan.undone_by, scan.undo_reason = timezone.now(), device.enrolled_by, reason[:200]
        scan.save(update_fields=["undone_at", "undone_by", "undo_reason", "updated_at"])
    if ticket is not None:
        merging.settle(ticket)
    return scan


def lock(ticket: Ticket) -> Ticket:
    """The ticket's row, locked, with a scan for an admission that was made before scans were kept."""
    ticket = Ticket.objects.select_for_update(no_key=True, of=("self",)).select_related("event").get(pk=ticket.pk)
    if ticket.status == Ticket.Status.USED and not ticket.scans.filter(verdict=Verdict.ADMITTED).exists():
        note(ticket, by=ticket.used_by, gate=ticket.used_gate, at=ticket.used_at)
    return ticket


def note(ticket: Ticket, *, by, gate: str, at: datetime) -> Scan:
    """The scan of an admission without a device (a contract, the command line)."""
    return Scan.objects.create(
        event_id=ticket.event_id,
        ticket=ticket,
        by=by,
        gate=gate,
        code_hash=codes.hashed(ticket.ticket_code),
        verdict=Verdict.ADMITTED,
        scanned_at=at,
    )


def verdict_of(ticket: Ticket, event: Event) -> str:
    """What the server says of a ticket held before a scanner of this event: a word of Scan.Verdict."""
    if ticket.event_id != event.pk:
        return Verdict.WRONG_EVENT
    if ticket.status != Ticket.Status.VALID:
        return ticket.status
    return Verdict.EVENT_CANCELLED if ticket.event.state == Event.State.CANCELLED else Verdict.ADMITTED


def corrected(at: datetime, skew_ms: int) -> datetime:
    """A moment of the device's clock in our time; never in the future."""
    return min(at - timedelta(milliseconds=skew_ms), timezone.now())


def _find(text: str) -> tuple[Ticket | None, str]:
    """The ticket with this code, and why the code itself is refused (empty when it is good)."""
    try:
        code = codes.read(text)
    except codes.Forged:
        return None, Verdict.FORGED
    except codes.UnknownCode:
        return None, Verdict.UNKNOWN
    ticket = Ticket.objects.filter(ticket_code=code).first()
    if ticket is not None:
        return ticket, ""
    # A dead code says nothing of the ticket, which may be somebody else's by now.
    is_dead = RevokedCode.objects.filter(code_hash=codes.hashed(code)).exists()
    return None, Verdict.CANCELLED if is_dead else Verdict.UNKNOWN


def _made(device: Device, said: Said, ticket: Ticket | None, refused: str) -> Scan:
    # A device cannot let in what has no ticket: its word counts only for a code that we know.
    ours = refused or verdict_of(ticket, device.event)
    counts = bool(said.verdict) and ticket is not None and ticket.event_id == device.event_id
    return Scan.objects.create(
        event=device.event,
        ticket=ticket,
        device=device,
        by=device.enrolled_by,
        client_uid=said.client_uid,
        gate=said.gate or device.gate,
        code_hash=codes.hashed(codes.tidy(said.code).partition(".")[0]),
        verdict=said.verdict if counts else ours,
        is_offline=bool(said.verdict),
        scanned_at=said.at,
        undone_at=said.undone_at,
        undone_by=device.enrolled_by if said.undone_at else None,
        undo_reason=said.undo_reason,
    )


def _joined(scan: Scan, said: Said) -> Scan:
    """The row, with this account of it. A scan sent again for another code stays what it was."""
    if scan.code_hash != codes.hashed(codes.tidy(said.code).partition(".")[0]):
        return scan
    verdict = said.verdict if said.verdict and scan.ticket_id else scan.verdict
    offline = {"undone_at": said.undone_at, "reason": said.undo_reason, "is_offline": bool(said.verdict)}
    merging.join(scan, verdict=verdict, at=said.at, **offline)
    if scan.undone_at and scan.undone_by_id is None:
        scan.undone_by_id = scan.by_id
    scan.save()
    return scan
