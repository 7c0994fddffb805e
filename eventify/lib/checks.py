"""What must hold, as data: a check finds every row that breaks one rule, says so in a sentence, and how to repair it.

Each app lists its checks (`CHECKS` of its module `invariants`); `manage.py fsck` runs them all on the live database,
and the tests run those of an event after every race. A rule stands in one place, so both mean the same.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from django.db import connection

RESTORE = "The row was changed outside of the application. Restore it from a backup, then run this again."
Finder = Callable[[list[int] | None], Iterable[dict]]


class Breach(NamedTuple):
    """One thing that does not hold: what is wrong, the row that was found, and how to repair it."""

    check: str
    sentence: str
    row: dict
    hint: str


@dataclass(frozen=True)
class Check:
    """One thing that must hold. `finds` selects the rows that break it, `counts` how many were compared.

    SQL that says `among(column)` can be narrowed to some events. A rule that only the domain's own code can judge is a
    function: it gets the ids of the events (None: all) and yields a dict for each breach.
    """

    name: str
    counts: str
    finds: str | Finder
    sentence: str  # formatted with the row
    hint: str = RESTORE

    def compared(self, only: list[int] | None = None) -> int:
        """How many rows, lines or pairs the check looks at."""
        with connection.cursor() as cursor:
            _execute(cursor, self.counts, only)
            return int(cursor.fetchone()[0])

    def breaches(self, only: list[int] | None = None) -> Iterator[Breach]:
        """What breaks it now, of these events or of all; nothing when all is well."""
        rows = _select(self.finds, only) if isinstance(self.finds, str) else self.finds(only)
        for row in rows:
            yield Breach(self.name, self.sentence.format(**row), row, self.hint)


def among(column: str) -> str:
    """The SQL condition that the column is one of the events asked for; true for all when none are named."""
    return f"(%(only)s::bigint[] IS NULL OR {column} = ANY(%(only)s::bigint[]))"


def see_one_moment() -> None:
    """In a new transaction: compare rows of one moment, while sales go on, and change nothing.

    Inside another transaction (a test) that one decides, and its rows are settled.
    """
    if connection.savepoint_ids:
        settle()
        return
    with connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")


def settle() -> None:
    """Make the rows of this transaction what they would be after the commit: what waits for that is done now."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def _select(sql: str, only: list[int] | None) -> Iterator[dict]:
    with connection.cursor() as cursor:
        _execute(cursor, sql, only)
        names = [column.name for column in cursor.description]
        for values in cursor:
            yield dict(zip(names, values, strict=True))


def _execute(cursor, sql: str, only: list[int] | None) -> None:
    """A statement that cannot be narrowed takes no parameters: it may have % signs of its own."""
    cursor.execute(sql, {"only": only} if "%(only)s" in sql else None)
