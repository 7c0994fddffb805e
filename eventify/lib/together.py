"""Rows of several tables written in one statement: one round trip, and the shortest time under a lock.

The columns and their values come from the models, as with `save` and `bulk_create`; like the latter this sends no
signals. A constraint that says no raises IntegrityError, and nothing is written.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cache, lru_cache
from typing import NamedTuple
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, IntegrityError, connection, connections, models, transaction
from django.db.models import Field, Model
from psycopg.errors import NotNullViolation

from eventify.lib.postgres.base import places as dollars

_REMEMBERED = 500  # shapes whose SQL is kept
# Values that these fields send as they are.
_PLAIN = {
    models.CharField: str,
    models.TextField: str,
    models.IntegerField: int,
    models.ForeignKey: int,
    models.BooleanField: bool,
    models.UUIDField: UUID,
    models.DateTimeField: datetime,
}


class Stale(Exception):
    """A row that was read without a lock is not any more as it was read; nothing is written."""


class Counted(NamedTuple):
    """A row whose counters grow: `Counted(event, {"booked_count": 2})`. The instance itself is not changed.

    `within` are limits of counters (columns of the row; null is none), `as_read` columns that must still be as the
    instance says, or the statement is Stale. Then the rows must be given in the order in which they are locked, and
    each is one that an inserted row refers to.
    """

    row: Model
    by: dict[str, int]
    within: tuple[tuple[str, str], ...] = ()
    as_read: tuple[str, ...] = ()

    @property
    def is_guarded(self) -> bool:
        """Whether something is asked of the row."""
        return bool(self.within or self.as_read)


class Changed(NamedTuple):
    """A saved row whose columns of these names become what the instance says."""

    row: Model
    names: tuple[str, ...]


class _Update(NamedTuple):
    """How a saved row is written; `refers` as in _Insert. `grows`: the values are added to what is there.

    `within` and `as_read` as in Counted; `after`: the guarded row before it, which must have been as it was read.
    """

    model: type[Model]
    names: tuple[str, ...]
    refers: tuple[tuple[str, str], ...] = ()
    grows: bool = False
    within: tuple[tuple[str, str], ...] = ()
    as_read: tuple[str, ...] = ()
    after: str = ""


class _Insert(NamedTuple):
    """How some rows of one model are written; `refers`: of each, its foreign keys to rows of this statement."""

    model: type[Model]
    refers: tuple[tuple[tuple[str, str], ...], ...]


def write(rows: Iterable[Model], counted: Iterable[Counted] = (), changed: Iterable[Changed] = ()) -> None:
    """Insert these unsaved rows in this order, let counters grow, change rows; the new ones get their primary keys.

    A row may refer to an earlier one by a foreign key, a changed row to any. Name a row that is there already once.
    Raises Stale when a counted row is not as its guards say.
    """
    rows, counted, changed = list(rows), list(counted), list(changed)
    if not (rows or counted or changed):
        return
    place = {id(one.row): f"c{number}" for number, one in enumerate(counted) if one.is_guarded}
    refers = {id(row): _refers(row, place) for row in [*rows, *(one.row for one in changed)]}
    batches = _batches(rows, {id(other) for others in refers.values() for other in others.values()})
    place |= {id(row): f"r{number}" for number, batch in enumerate(batches) for row in batch}
    named = {key: tuple((name, place[id(one)]) for name, one in found.items()) for key, found in refers.items()}
    updates = tuple(_Update(type(row), tuple(names), named[id(row)]) for row, names in changed)
    inserts = tuple(_Insert(type(batch[0]), tuple(named[id(row)] for row in batch)) for batch in batches)
    params = [value for one in counted for value in _counting(one)]
    params += [value for batch in batches for row in batch for value in _values(row, None, refers[id(row)], add=True)]
    params += [value for row, names in changed for value in (*_values(row, names, refers[id(row)], add=False), row.pk)]
    keys = _run(_sql(_grown(counted), inserts, updates), params)
    for batch, made in zip(batches, keys, strict=True):
        for row, key in zip(batch, made, strict=True):
            row.pk, row._state.adding, row._state.db = key, False, connection.alias
    _know_others([*rows, *(one.row for one in changed)])


@contextmanager
def alone() -> Iterator[None]:
    """For one `write` that is a transaction by itself: no BEGIN and COMMIT around it, and a row is locked shortly.

    What is to be done after the commit (`transaction.on_commit`) is done at the end. Inside of a transaction it is
    one of its savepoints. Nothing that is read in here is locked, so the write has guards.
    """
    if connection.in_atomic_block:
        with transaction.atomic():
            yield
        return
    with connection.hooks_at_end():
        yield


def _run(sql: str, params: list) -> tuple:
    try:
        with connection.prepared_cursor() as cursor:
            cursor.execute(sql, params)
            return cursor.fetchone()
    except IntegrityError as error:  # who refers to a row that was not found as it was read refers to none
        if isinstance(error.__cause__, NotNullViolation):
            raise Stale from None
        raise


def _grown(counted: list[Counted]) -> tuple[_Update, ...]:
    """How the counters are written: a guarded row waits for the one before it, so that the order of locks holds."""
    found: list[_Update] = []
    for number, one in enumerate(counted):
        after = f"c{number - 1}" if number and one.is_guarded else ""
        names = tuple(one.by)
        found.append(_Update(type(one.row), names, (), True, tuple(one.within), one.as_read, after))
    return tuple(found)


def _counting(one: Counted) -> list:
    limited = [one.by[counter] for counter, _limit in one.within]
    return [*one.by.values(), one.row.pk, *limited, *_values(one.row, one.as_read, {}, add=False)]


def _know_others(rows: list[Model]) -> None:
    """What they refer to has its key now."""
    for row in rows:
        for field in _relations(type(row)):
            other = row._state.fields_cache.get(field.name)
            if other is not None:
                row.__dict__[field.attname] = other.pk  # assigned, it would forget the other row


def _refers(row: Model, place: dict[int, str]) -> dict[str, Model]:
    """What it refers to and that this statement makes, or looks at, itself: field name -> row."""
    cached = row._state.fields_cache
    found = {field.name: cached.get(field.name) for field in _relations(type(row))}
    return {name: one for name, one in found.items() if one is not None and (one.pk is None or id(one) in place)}


def _batches(rows: list[Model], alone: set[int]) -> list[list[Model]]:
    """Neighbours of one model are inserted together, but for those that others refer to."""
    batches: list[list[Model]] = []
    for row in rows:
        last = batches[-1][-1] if batches else None
        if last is not None and type(last) is type(row) and not {id(last), id(row)} & alone:
            batches[-1].append(row)
        else:
            batches.append([row])
    return batches


def _values(row: Model, names: Iterable[str] | None, refers: dict[str, Model], *, add: bool) -> list:
    return [
        _value(field, plain, row, add=add)
        for field, plain in _named(type(row), None if names is None else tuple(names))
        if field.name not in refers
    ]


def _value(field: Field, plain: type | None, row: Model, *, add: bool):
    """What `save` would send for it."""
    if plain is None:
        return field.get_db_prep_save(field.pre_save(row, add=add), connections[DEFAULT_DB_ALIAS])
    value = getattr(row, field.attname)
    return (
        value if value is None or type(value) is plain else field.get_db_prep_save(value, connections[DEFAULT_DB_ALIAS])
    )


@cache
def _named(model: type[Model], names: tuple[str, ...] | None) -> tuple[tuple[Field, type | None], ...]:
    """The fields, each with the type of the values that it sends as they are."""
    fields = _fields(model) if names is None else tuple(model._meta.get_field(name) for name in names)
    return tuple((field, _plain(field)) for field in fields)


def _plain(field: Field) -> type | None:
    if getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False):
        return None  # they have a value of their own
    return next((_PLAIN[kind] for kind in type(field).__mro__ if kind in _PLAIN), None)


@cache
def _fields(model: type[Model]) -> tuple[Field, ...]:
    return tuple(one for one in model._meta.local_concrete_fields if not (one.primary_key or one.generated))


@cache
def _relations(model: type[Model]) -> tuple[Field, ...]:
    return tuple(field for field in _fields(model) if field.is_relation)


@lru_cache(maxsize=_REMEMBERED)
def _sql(grown: tuple[_Update, ...], inserts: tuple[_Insert, ...], updates: tuple[_Update, ...]) -> str:
    parts = [f"c{number} AS ({_update_sql(one)})" for number, one in enumerate(grown)]
    parts += [f"r{number} AS ({_insert_sql(one)})" for number, one in enumerate(inserts)]
    parts += [f"u{number} AS ({_update_sql(one)})" for number, one in enumerate(updates)]  # they may refer to those
    keys = ", ".join(f"(SELECT array_agg(id) FROM r{number})" for number in range(len(inserts)))
    return dollars(f"WITH {', '.join(parts)} SELECT {keys}")


def _update_sql(update: _Update) -> str:
    refers = dict(update.refers)
    form = '"{0}" = "{0}" + {1}' if update.grows else '"{0}" = {1}'
    fields = [field for field, _type in _named(update.model, update.names)]
    changed = ", ".join(form.format(field.column, _place(field, refers)) for field in fields)
    asked = ['"id" = %s', *(f'("{one}" + %s <= "{limit}") IS NOT FALSE' for one, limit in update.within)]
    asked += [f'"{field.column}" IS NOT DISTINCT FROM %s' for field, _type in _named(update.model, update.as_read)]
    asked += [f"EXISTS (SELECT FROM {update.after})"] if update.after else []
    return f'UPDATE "{update.model._meta.db_table}" SET {changed} WHERE {" AND ".join(asked)} RETURNING "id"'


def _insert_sql(insert: _Insert) -> str:
    columns = ", ".join(f'"{field.column}"' for field in _fields(insert.model))
    rows = ", ".join(_places(insert.model, dict(refers)) for refers in insert.refers)
    key = insert.model._meta.pk.column
    return f'INSERT INTO "{insert.model._meta.db_table}" ({columns}) VALUES {rows} RETURNING "{key}" AS id'


def _places(model: type[Model], refers: dict[str, str]) -> str:
    return f"({', '.join(_place(field, refers) for field in _fields(model))})"


def _place(field: Field, refers: dict[str, str]) -> str:
    return f"(SELECT id FROM {refers[field.name]})" if field.name in refers else "%s"
