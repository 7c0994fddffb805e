"""What a set of scans adds up to. Pure: the same set gives the same answer in any order and with any repetition.

A scan is known by its device and the device's own `client_uid`. When two accounts of one scan meet (the server's late
answer and the decision that the device then took alone), "let in" wins, because somebody stands inside.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from bookings.models import Scan, Ticket

_LET_IN = Scan.Verdict.ADMITTED
FOLLOWING = ("status", "used_at", "used_gate", "used_by_id")  # what a ticket takes from the scan that counts


class State(NamedTuple):
    """Of one ticket: the scan that counts (None: nobody is inside on it) and the other ones that were let in."""

    winner: Scan | None
    doubles: list[Scan]


def state(scans: Iterable[Scan]) -> State:
    """The earliest scan that was let in and is not undone counts; ties go by device and client_uid."""
    let_in = sorted((one for one in scans if one.verdict == _LET_IN and one.undone_at is None), key=_rank)
    return State(let_in[0] if let_in else None, let_in[1:])


def _rank(scan: Scan) -> tuple:
    return scan.scanned_at, scan.device_id or 0, str(scan.client_uid or "")


def join(scan: Scan, *, verdict: str, at: datetime, undone_at: datetime | None, reason: str, is_offline: bool) -> None:
    """Take another account of the same scan into the row (not saved). Commutes, and twice is once."""
    ours, theirs = (scan.verdict == _LET_IN, scan.verdict, scan.scanned_at), (verdict == _LET_IN, verdict, at)
    # let in before refused; among equals the earlier moment, then the word
    best = min((not is_in, moment, word) for is_in, word, moment in (ours, theirs))
    scan.verdict, scan.scanned_at = best[2], best[1]
    scan.is_offline = scan.is_offline or is_offline
    undos = [pair for pair in ((scan.undone_at, scan.undo_reason), (undone_at, reason)) if pair[0]]
    if undos:
        scan.undone_at, scan.undo_reason = min(undos)


def follow(ticket: Ticket, winner: Scan | None) -> bool:
    """Bring the ticket (not saved) in line with the scan that counts. True when it changed.

    One that has ended stays cancelled whatever is taken back; who was let in before that is inside all the same.
    """
    before = _facts(ticket)
    used = (winner.scanned_at, winner.gate, winner.by_id) if winner else (None, "", None)
    ticket.used_at, ticket.used_gate, ticket.used_by_id = used
    if ticket.status != Ticket.Status.CANCELLED:
        ticket.status = Ticket.Status.USED if winner else Ticket.Status.VALID
    return _facts(ticket) != before


def _facts(ticket: Ticket) -> tuple:
    return tuple(getattr(ticket, name) for name in FOLLOWING)
