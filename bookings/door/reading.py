"""Which tickets the codes mean that were held before a scanner: many at once, in at most three queries."""

from collections.abc import Iterable
from typing import NamedTuple
from uuid import UUID

from bookings.door import codes, keys
from bookings.models import DoorKey, RevokedCode, Scan, Ticket

Verdict = Scan.Verdict


class Meant(NamedTuple):
    """`letters` as the ticket has them; the id of the ticket, or None and why the code itself is refused."""

    letters: str
    ticket_id: int | None
    refused: str = ""


class _Said(NamedTuple):
    """What a text says: its letters, why it is no good (empty when it is), and the event that a signed one names."""

    letters: str
    refused: str = ""
    event_uid: UUID | None = None


def meant(texts: Iterable[str]) -> dict[str, Meant]:
    """Text -> what it means. Forged and unknown codes are no ticket's, and dead ones are nobody's any more.

    Forged is also what a key has signed for another event than the ticket's: each signs for its own event only.
    """
    read = _letters(set(texts))
    wanted = {said.letters for said in read.values() if not said.refused}
    rows = Ticket.objects.filter(ticket_code__in=wanted).values_list("ticket_code", "pk", "event__uid")
    tickets = {letters: (pk, event_uid) for letters, pk, event_uid in rows} if wanted else {}
    hashes = {codes.hashed(letters) for letters in wanted - tickets.keys()}
    dead = set(RevokedCode.objects.filter(code_hash__in=hashes).values_list("code_hash", flat=True)) if hashes else ()
    return {text: _meant(said, tickets, dead) for text, said in read.items()}


def _meant(said: _Said, tickets: dict[str, tuple[int, UUID]], dead: Iterable[str]) -> Meant:
    if said.refused:
        return Meant(said.letters, None, said.refused)
    if said.letters not in tickets:  # a dead code says nothing of the ticket, which may be somebody else's by now
        is_dead = codes.hashed(said.letters) in dead
        return Meant(said.letters, None, Verdict.CANCELLED if is_dead else Verdict.UNKNOWN)
    pk, event_uid = tickets[said.letters]
    if said.event_uid not in (None, event_uid):
        return Meant(said.letters, None, Verdict.FORGED)
    return Meant(said.letters, pk)


def code_hash(text: str) -> str:
    """What a scan keeps of what was read: the hash of the letters."""
    return codes.hashed(codes.tidy(text).partition(".")[0])


def _letters(texts: Iterable[str]) -> dict[str, _Said]:
    signed, read = {}, {}
    for text in texts:
        clean = codes.tidy(text)
        try:
            signed[text] = codes.parse(clean)
        except codes.UnknownCode:
            read[text] = _typed(clean)
    ring = _ring(signed.values()) if signed else {}
    for text, said in signed.items():
        key = ring.get((said.event_uid, said.key_number))
        is_ours = key is not None and keys.is_signed(key, said.signature, said.message)
        read[text] = _Said(said.code, "" if is_ours else Verdict.FORGED, said.event_uid)
    return read


def _typed(clean: str) -> _Said:
    try:
        return _Said(codes.read(clean))
    except codes.UnknownCode:
        return _Said(clean, Verdict.UNKNOWN)


def _ring(signed: Iterable[codes.Read]) -> dict[tuple, DoorKey]:
    rows = DoorKey.objects.filter(event__uid__in={one.event_uid for one in signed}).select_related("event")
    return {(key.event.uid, key.number): key for key in rows}
