"""Proving the audit log: each line's hash is computed anew, and each line must continue the one before it.

The expression is written out here a second time on purpose: the proof must not trust the database's own function.
"""

from collections.abc import Iterator
from typing import NamedTuple

from django.db import connection
from django.utils.translation import gettext as _

START = "0" * 64
_BATCH = 2000  # lines fetched at a time
_LINES = """
SELECT id, sequence, previous_hash, hash, encode(sha256(convert_to(jsonb_build_array(
           sequence, previous_hash, id, uid, actor_id, action, target_resource, target_uid, target_label, details,
           created_at AT TIME ZONE 'UTC')::text, 'UTF8')), 'hex') AS proper
FROM accounts_auditlog ORDER BY sequence NULLS LAST, id
"""


class Line(NamedTuple):
    id: int
    sequence: int | None
    previous_hash: str
    hash: str
    proper: str


class Broken(Exception):
    """The chain does not hold; the sentence names the first line where it does not."""


class Proof(NamedTuple):
    """How many lines there are, and the hash of the last one: write it down somewhere else to `expect` it later."""

    lines: int
    head: str


def verify(expect: str = "") -> Proof:
    """Walk the whole chain. Broken at the first line that was changed, added, moved, or whose predecessor is gone.

    `expect`: the head of an earlier proof, which must still be in the chain: only this shows that the newest lines
    were cut off.
    """
    number, last, met = 0, START, expect in ("", START)
    for line in _lines():
        number += 1
        _check(line, number, last)
        last = line.hash
        met = met or last == expect
    if not met:
        raise Broken(_("The line with the expected hash is not in the log any more: lines at its end are missing."))
    return Proof(number, last)


def _check(line: Line, number: int, last: str) -> None:
    where = {"id": line.id, "sequence": line.sequence, "number": number}
    if line.sequence is None:
        raise Broken(_("Line %(id)s was never chained.") % where)
    if line.sequence != number:
        raise Broken(_("Line %(number)s is missing: line %(sequence)s (id %(id)s) comes in its place.") % where)
    if line.previous_hash != last:
        raise Broken(_("Line %(sequence)s (id %(id)s) does not continue the line before it.") % where)
    if line.hash != line.proper:
        raise Broken(_("Line %(sequence)s (id %(id)s) was changed.") % where)


def _lines() -> Iterator[Line]:
    """All lines as one statement sees them, streamed."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(_LINES)
        while rows := cursor.fetchmany(_BATCH):
            yield from map(Line._make, rows)
