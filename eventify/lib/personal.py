"""What is known about people, as data: each app declares for every table whose it is, what a copy of it says, and what
erasure leaves (its module `privacy`). A test fails while a table that may be about people is in no declaration.

Rows are a person's by their account, or by an e-mail address that the account has confirmed: nobody gets the data of
an address by merely signing up with it.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.apps import apps
from django.db import IntegrityError
from django.db.models import Model, Q, QuerySet

from eventify.lib.errors import Forbidden

DELETED = "deleted"  # what erasure does with the rows
NOBODY = "erased@erased.invalid"  # an address where one has to be: nobody's, for ever (RFC 2606)


@contextmanager
def refusing_the_erased() -> Iterator[None]:
    """Forbidden where something would become somebody's who was erased in this moment: their triggers have the last
    word (privacy/migrations/0002).
    """
    try:
        yield
    except IntegrityError as error:
        if "user_is_erased" not in str(error):
            raise
        raise Forbidden from None


class Who(NamedTuple):
    """Whose data: the account's id and uid, and its confirmed e-mail address in small letters ("": none)."""

    key: int
    uid: UUID
    address: str


@dataclass(frozen=True)
class Data:
    """What one table holds about people.

    `user` are ways to the account whose data a row is, `address` ways to an e-mail address that makes it theirs (where
    `owned_by_address` holds), `also` finds further rows. `fields` is what a copy says. `erased` is DELETED, or what
    columns become (a value, an expression, or a function of Who); `why` says why what is left may be left. `mentions`
    are ways to accounts that only did something to the row, `silent` personal columns that no copy says: secrets, and
    what is somebody else's.
    """

    model: str
    name: str  # of the file in a copy
    fields: tuple[str, ...] = ()
    user: tuple[str, ...] = ()
    address: tuple[str, ...] = ()
    owned_by_address: Q = field(default_factory=Q)
    also: Callable[[Who], Q] | None = None
    erased: str | Mapping = field(default_factory=dict)
    why: str = ""
    mentions: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()

    @property
    def table(self) -> type[Model]:
        return apps.get_model(self.model)

    def rows(self, who: Who) -> QuerySet:
        """The rows that are this person's. Each way is asked by itself, for an OR over tables reads them whole."""
        rows, ways = self.table._base_manager, [Q(**{way: who.key}) for way in self.user]
        for way in self.address if who.address else ():
            # The second condition is that of the indexes: most rows have no address.
            ways.append(Q(**{f"{way}__lower": who.address, f"{way}__gt": ""}) & self.owned_by_address)
        ways += [self.also(who)] if self.also else []
        found = [rows.filter(way).order_by().values("pk") for way in ways]
        return rows.filter(pk__in=found[0].union(*found[1:])).order_by("pk") if found else rows.none()

    def copy(self, who: Who) -> Iterator[dict]:
        """What a copy says of each row."""
        return self.rows(who).values(*self.fields).iterator() if self.fields else iter(())

    def acts(self, who: Who) -> Iterator[dict]:
        """The rows of others that the person had to do with: which, in what role, and since when the row is there."""
        columns = {one.name for one in self.table._meta.concrete_fields}
        told = [name for name in ("uid", "created_at") if name in columns]
        for way in self.mentions:
            for row in self.table._base_manager.filter(**{way: who.key}).order_by("pk").values("pk", *told).iterator():
                yield {"table": self.model, "as": way, **row}

    def erase(self, who: Who) -> int:
        """Do what erasure does with the person's rows, in the caller's transaction; how many they were."""
        if self.erased == DELETED:
            return self.rows(who).order_by().delete()[0]
        if not self.erased:
            return 0
        values = {name: value(who) if callable(value) else value for name, value in self.erased.items()}
        return self.rows(who).order_by().update(**values)

    def speaks_of(self) -> set[str]:
        """The columns that this declaration says something about."""
        named = {*self.fields, *self.user, *self.address, *self.mentions, *self.silent}
        return {way.split("__")[0] for way in named} | (set(self.erased) if isinstance(self.erased, Mapping) else set())


class NoData(NamedTuple):
    """A table that says nothing about people, though it may look so, and why."""

    model: str
    why: str


class File(NamedTuple):
    """A file that goes into a copy: its path there, and what makes its content (None: it is lost)."""

    path: str
    read: Callable[[], bytes | None]


@dataclass(frozen=True)
class Kind:
    """Rows that are kept for a time: the setting that says how many days, and what becomes of those that are older.

    `rows` finds those that are older than a moment and not changed yet; `by` is the column of the index that finds
    them. `becomes` is DELETED, or what columns become. `files`: the column of a file that goes with the row.
    """

    setting: str
    what: str
    rows: Callable[[datetime], QuerySet]
    by: str
    becomes: str | Mapping = DELETED
    files: str = ""
