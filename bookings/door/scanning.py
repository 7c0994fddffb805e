"""Scans of devices: decided here when the device reaches us, merged when it comes back with what it decided alone."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import User
from bookings.door import codes, conflicts, devices, merging, reading
from bookings.models import Device, RevokedCode, Scan, Ticket
from eventify.lib import together
from eventify.lib.errors import Because, Conflict, Forbidden, Invalid, Missing
from eventify.lib.failpoints import failpoint
from events.models import Event

Verdict = Scan.Verdict
_JOINED = ("verdict", "scanned_at", "is_offline", "was_let_in", "undone_at", "undone_by_id", "undo_reason")


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


class Taken(NamedTuple):
    """A scan as we have it now, with its ticket and what all the ticket's scans add up to (None: no ticket)."""

    scan: Scan
    ticket: Ticket | None
    state: merging.State | None

    @property
    def is_double(self) -> bool:
        return self.state is not None and any(one.pk == self.scan.pk for one in self.state.doubles)

    @property
    def used_by(self) -> str:
        """The device or the member of staff that let the ticket in. Never who holds it."""
        winner = self.state.winner if self.state else None
        if winner is None:
            return ""
        return winner.device.name if winner.device_id else getattr(winner.by, "full_name", "")


@dataclass
class _Book:
    """Locked tickets with their scans that were let in, while scans are entered. Rows are written by `write`."""

    tickets: dict[int, Ticket]
    let_in: dict[int, dict[int | UUID, Scan]]
    new: dict[int, Scan] = field(default_factory=dict)  # by id()
    joined: dict[int, Scan] = field(default_factory=dict)
    moved: dict[int, Ticket] = field(default_factory=dict)

    def enter(self, scan: Scan) -> None:
        """The scan, new or changed, counts from here on."""
        if scan.pk:
            self.joined[scan.pk] = scan
        else:
            self.new[id(scan)] = scan
        if scan.ticket_id:
            self.let_in[scan.ticket_id][scan.pk or scan.client_uid or id(scan)] = scan
            ticket = self.tickets[scan.ticket_id]
            if merging.follow(ticket, self.state(ticket).winner):
                self.moved[ticket.pk] = ticket

    def state(self, ticket: Ticket) -> merging.State:
        return merging.state(self.let_in[ticket.pk].values())

    def write(self) -> None:
        """Scans, tickets and conflicts: at most six queries, however many there are."""
        now = timezone.now()
        Scan.objects.bulk_create(self.new.values())
        failpoint("door.after_scans")
        _update(self.joined.values(), _JOINED, now)
        _update(self.moved.values(), merging.FOLLOWING, now)
        failpoint("door.after_tickets")
        conflicts.report({ticket: self.state(ticket) for ticket in self.tickets.values()})
        failpoint("door.after_conflicts")


def take(device: Device, said: Said) -> Taken:
    """`take_all` of one scan."""
    return take_all(device, [said])[0]


@transaction.atomic
def take_all(device: Device, said: list[Said]) -> list[Taken]:
    """Keep these scans and bring their tickets in line: all or none. The same one again is one row.

    Locks the device, then the tickets by their ids. NotEnrolled when the device was revoked meanwhile. The number of
    queries does not depend on how many scans there are.
    """
    devices.hold(device)
    return _take(device, said)


@transaction.atomic
def hand_in(device: Device, said: list[Said], *, by: User) -> tuple[int, int]:
    """Keep scans that came as a file from a device that cannot send them, be it revoked: (new ones, known ones).

    Forbidden without check_in on its event; Conflict when it was never enrolled. Locks the device, then the tickets.
    Again is harmless: a scan is known by its client_uid.
    """
    if not by.can("check_in", device.event):
        raise Forbidden
    device.enrolled_at = Device.objects.select_for_update(no_key=True).get(pk=device.pk).enrolled_at
    if device.enrolled_at is None:
        raise Conflict(Because("never_enrolled", _("This device was never enrolled, so it has no scans.")))
    before = device.scans.count()
    _take(device, said)
    new = device.scans.count() - before
    audit.record("HANDED_IN_SCANS", device, by=by, scans=len(said), new=new)
    return new, len(said) - new


def _take(device: Device, said: list[Said]) -> list[Taken]:
    said = [since(device, one) for one in said]
    ours = device.scans.filter(client_uid__in={one.client_uid for one in said})
    theirs = list(ours.values_list("ticket_id", flat=True))
    meant = reading.meant(one.code for one in said)
    book = open_book({*theirs, *(one.ticket_id for one in meant.values())})
    # Read under the tickets' locks: somebody may have undone one of them meanwhile.
    rows = ours.select_for_update(no_key=True).order_by("pk") if theirs else ()
    known = {one.client_uid: one for one in rows}
    for one in said:
        known[one.client_uid] = _entered(book, device, known.get(one.client_uid), one, meant[one.code])
    book.write()
    return [_taken(book, known[one.client_uid]) for one in said]


@transaction.atomic
def undo(device: Device, client_uid: UUID, *, reason: str) -> Taken:
    """Take a scan of this device back: the ticket may be used again. Missing when the device has no such scan.

    Invalid without a reason. Locks the device, then the ticket. Again is harmless.
    """
    devices.hold(device)
    scan = Scan.objects.filter(device=device, client_uid=client_uid).first()
    if scan is None:
        raise Missing(_("This device has no such scan."))
    return _undone(scan, by=device.enrolled_by, reason=reason)


@transaction.atomic
def undo_as_staff(scan: Scan, *, by: User, reason: str) -> Taken:
    """Take any scan of the event back. Forbidden without check_in there; Invalid without a reason. Locks the ticket."""
    if not by.can("check_in", scan.event):
        raise Forbidden
    return _undone(scan, by=by, reason=reason, is_told=True)


def open_book(ticket_ids: Iterable[int | None]) -> _Book:
    """Lock the tickets, by their ids, and read their scans that were let in. Two queries."""
    ids = set(ticket_ids) - {None}
    if not ids:
        return _Book({}, {})
    rows = Ticket.objects.select_for_update(no_key=True, of=("self",)).select_related("event", "ticket_type")
    book = _Book({one.pk: one for one in rows.filter(pk__in=ids).order_by("pk")}, {pk: {} for pk in ids})
    scans = Scan.objects.filter(ticket__in=ids, verdict=Verdict.ADMITTED).select_related("device", "by")
    for scan in scans.order_by("pk"):
        book.let_in[scan.ticket_id][scan.pk] = scan
    for ticket in book.tickets.values():
        if ticket.used_at and not book.let_in[ticket.pk]:  # from before scans were kept
            scan = note(ticket, by=ticket.used_by, gate=ticket.used_gate, at=ticket.used_at)
            book.let_in[ticket.pk][scan.pk] = scan
    return book


def note(ticket: Ticket, *, by: User | None, gate: str, at: datetime) -> Scan:
    """The scan of an admission without a device (a contract, the command line)."""
    scan = Scan(
        event_id=ticket.event_id,
        ticket=ticket,
        by=by,
        gate=gate,
        code_hash=codes.hashed(ticket.ticket_code),
        verdict=Verdict.ADMITTED,
        scanned_at=at,
    )
    together.write([scan])
    return scan


def note_refusal(text: str, verdict: str, *, by: User | None, gate: str, event: Event | None, ticket=None) -> None:
    """The scan of a refusal without a device. A code that is nobody's, for no named event, is no event's: not kept."""
    hashed = reading.code_hash(text)
    if ticket is None and verdict == Verdict.UNKNOWN:
        dead = RevokedCode.objects.filter(code_hash=hashed).select_related("event").first()
        event, verdict = (event or dead.event, Verdict.CANCELLED) if dead else (event, verdict)
    event = event or (ticket and ticket.event)
    if event is not None:
        Scan.objects.create(event=event, ticket=ticket, by=by, gate=gate[:100], code_hash=hashed, verdict=verdict)


def verdict_of(ticket: Ticket, event: Event | None) -> str:
    """What the server says of a ticket held before a scanner (of this event): a word of Scan.Verdict."""
    if event is not None and ticket.event_id != event.pk:
        return Verdict.WRONG_EVENT
    if ticket.status != Ticket.Status.VALID:
        return ticket.status
    return Verdict.EVENT_CANCELLED if ticket.event.state == Event.State.CANCELLED else Verdict.ADMITTED


def corrected(at: datetime, skew_ms: int) -> datetime:
    """A moment of the device's clock in our time; never in the future."""
    return min(at - timedelta(milliseconds=skew_ms), timezone.now())


def since(device: Device, said: Said) -> Said:
    """As said, but nothing is earlier than the device is one: who has it cannot date a scan back before another's."""
    undone_at = said.undone_at and max(said.undone_at, device.enrolled_at)
    return replace(said, at=max(said.at, device.enrolled_at), undone_at=undone_at)


def scan_of(device: Device, said: Said, ticket: Ticket | None, verdict: str, **more) -> Scan:
    """The scan (not saved) that a device has told of, with this verdict."""
    return Scan(
        event=device.event,
        ticket=ticket,
        device=device,
        by=device.enrolled_by,
        client_uid=said.client_uid,
        gate=said.gate or device.gate,
        code_hash=reading.code_hash(said.code),
        verdict=verdict,
        scanned_at=said.at,
        **more,
    )


def _entered(book: _Book, device: Device, scan: Scan | None, said: Said, meant: reading.Meant) -> Scan:
    if scan is None:
        scan = _made(book, device, said, meant)
    elif scan.code_hash == reading.code_hash(said.code):  # sent again for another code it stays what it was
        before = _account(scan)
        _join(scan, said, book.tickets.get(scan.ticket_id))
        if _account(scan) == before:  # an answer that got lost: nothing is written, for that would take seconds
            return scan
    else:
        return scan
    book.enter(scan)
    return scan


def _account(scan: Scan) -> tuple:
    return tuple(getattr(scan, name) for name in _JOINED)


def _made(book: _Book, device: Device, said: Said, meant: reading.Meant) -> Scan:
    ticket, ours = book.tickets.get(meant.ticket_id), meant.refused
    if ticket is not None and ticket.ticket_code != meant.letters:  # passed on meanwhile: this code is dead
        ticket, ours = None, Verdict.CANCELLED
    ours = ours or verdict_of(ticket, device.event)
    counts = bool(said.verdict) and _is_good(ticket, device.event_id, reading.code_hash(said.code))
    return scan_of(
        device,
        said,
        ticket,
        said.verdict if counts else ours,
        is_offline=bool(said.verdict),
        was_let_in=said.verdict == Verdict.ADMITTED and not counts,
        undone_at=said.undone_at,
        undone_by=device.enrolled_by if said.undone_at else None,
        undo_reason=said.undo_reason,
    )


def _is_good(ticket: Ticket | None, event_id: int, code_hash: str) -> bool:
    """Whether a device's own word counts: for a ticket of its event that has not ended, and by the code it has now.

    A device that lets in on any other code has let in anyway (`was_let_in`), and nobody counts as inside.
    """
    has_right = ticket is not None and ticket.event_id == event_id and ticket.status != Ticket.Status.CANCELLED
    return has_right and codes.hashed(ticket.ticket_code) == code_hash


def _join(scan: Scan, said: Said, ticket: Ticket | None) -> None:
    """This account of the scan, taken into the row. Of a code that is not good here our verdict stays."""
    counts = bool(said.verdict) and _is_good(ticket, scan.event_id, scan.code_hash)
    offline = {"undone_at": said.undone_at, "reason": said.undo_reason, "is_offline": bool(said.verdict)}
    merging.join(scan, verdict=said.verdict if counts else scan.verdict, at=said.at, **offline)
    scan.was_let_in |= said.verdict == Verdict.ADMITTED and scan.verdict != Verdict.ADMITTED
    if scan.undone_at and scan.undone_by_id is None:
        scan.undone_by_id = scan.by_id


def _undone(scan: Scan, *, by: User, reason: str, is_told: bool = False) -> Taken:
    reason = reason.strip()[:200]
    if not reason:
        raise Invalid.field("reason", _("Say why the scan is taken back."))
    book = open_book({scan.ticket_id})
    scan = Scan.objects.select_for_update(no_key=True, of=("self",)).select_related("device", "by").get(pk=scan.pk)
    if scan.undone_at is None:
        scan.undone_at, scan.undone_by, scan.undo_reason = timezone.now(), by, reason
        book.enter(scan)
        book.write()
        if is_told:
            audit.record("UNDID_SCAN", scan, by=by, reason=reason, verdict=scan.verdict, gate=scan.gate)
    return _taken(book, scan)


def _taken(book: _Book, scan: Scan) -> Taken:
    ticket = book.tickets.get(scan.ticket_id)
    return Taken(scan, ticket, book.state(ticket) if ticket else None)


def _update(rows, names: tuple[str, ...], now: datetime) -> None:
    rows = list(rows)
    for row in rows:
        row.updated_at = now
    fields = [name.removesuffix("_id") for name in names]
    if rows:
        type(rows[0]).objects.bulk_update(rows, [*fields, "updated_at"])
