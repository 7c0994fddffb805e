"""Which tickets the codes mean that were held before a scanner: many at once, in at most three queries."""

from collections.abc import Iterable
from typing import NamedTuple

from bookings.door import codes, keys
from bookings.models import DoorKey, RevokedCode, Scan, Ticket

Verdict = Scan.Verdict


class Meant(NamedTuple):
    """`letters` as the ticket has them; the id of the ticket, or None and why the code itself is refused."""

    letters: str
    ticket_id: int | None
    refused: str = ""


def meant(texts: Iterable[str]) -> dict[str, Meant]:
    """Text -> what it means. Forged and unknown codes are no ticket's, and dead ones are nobody's any more."""
    read = _letters(set(texts))
    wanted = {letters for letters, refused in read.values() if not refused}
    tickets = dict(Ticket.objects.filter(ticket_code__in=wanted).values_list("ticket_code", "pk")) if wanted else {}
    hashes = {codes.hashed(letters) for letters in wanted - tickets.keys()}
    dead = set(RevokedCode.objects.filter(code_hash__in=hashes).values_list("code_hash", flat=True)) if hashes else ()
    found = {}
    for text, (letters, refused) in read.items():
        if not refused and letters not in tickets:
            # A dead code says nothing of the ticket, which may be somebody else's by now.
            refused = Verdict.CANCELLED if codes.hashed(letters) in dead else Verdict.UNKNOWN
        found[text] = Meant(letters, None if refused else tickets[letters], refused)
    return found


def code_hash(text: str) -> str:
    """What a scan keeps of what was read: the hash of the letters."""
    return codes.hashed(codes.tidy(text).partition(".")[0])


def _letters(texts: set[str]) -> dict[str, tuple[str, str]]:
    """Text -> its letters, and why it is no good (empty when it is)."""
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
        read[text] = (said.code, "" if is_ours else Verdict.FORGED)
    return read


def _typed(clean: str) -> tuple[str, str]:
    try:
        return codes.read(clean), ""
    except codes.UnknownCode:
        return clean, Verdict.UNKNOWN


def _ring(signed: Iterable[codes.Read]) -> dict[tuple, DoorKey]:
    rows = DoorKey.objects.filter(event__uid__in={one.event_uid for one in signed}).select_related("event")
    return {(key.event.uid, key.number): key for key in rows}
