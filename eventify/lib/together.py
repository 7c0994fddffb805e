"""Rows of several tables written in one statement: one round trip, and the shortest time under a lock.

The columns and their values come from the models, as with `save` and `bulk_create`; like the latter this sends no
signals. A constraint that says no raises IntegrityError, and nothing is written.
"""

from collections.abc import Iterable
from functools import cache, lru_cache
from typing import NamedTuple

from django.db import connection
from django.db.models import Field, Model

from eventify.lib.postgres.base import places as dollars

_REMEMBERED = 500  # shapes whose SQL is kept


class Counted(NamedTuple):
    """A row whose counters grow: `Counted(event, {"booked_count": 2})`. The instance itself is not changed."""

    row: Model
    by: dict[str, int]


class Changed(NamedTuple):
    """A saved row whose columns of these names become what the instance says."""

    row: Model
    names: tuple[str, ...]


class _Update(NamedTuple):
    """How a saved row is written; `refers` as in _Insert. `grows`: the values are added to what is there."""

    model: type[Model]
    names: tuple[str, ...]
    refers: tuple[tuple[str, int], ...] = ()
    grows: bool = False


class _Insert(NamedTuple):
    """How some rows of one model are written; `refers`: of each, its foreign keys to rows of earlier inserts."""

    model: type[Model]
    refers: tuple[tuple[tuple[str, int], ...], ...]


def write(rows: Iterable[Model], counted: Iterable[Counted] = (), changed: Iterable[Changed] = ()) -> None:
    """Insert these unsaved rows in this order, let counters grow, change rows; the new ones get their primary keys.

    A row may refer to an earlier one by a foreign key, a changed row to any. Name a row that is there already once.
    """
    rows, counted, changed = list(rows), list(counted), list(changed)
    if not (rows or counted or changed):
        return
    refers = {id(row): _unsaved(row) for row in [*rows, *(one.row for one in changed)]}
    batches = _batches(rows, {id(other) for others in refers.values() for other in others.values()})
    place = {id(row): number for number, batch in enumerate(batches) for row in batch}
    numbered = {key: tuple((name, place[id(one)]) for name, one in found.items()) for key, found in refers.items()}
    grown = tuple(_Update(type(row), tuple(by), grows=True) for row, by in counted)
    updates = tuple(_Update(type(row), tuple(names), numbered[id(row)]) for row, names in changed)
    inserts = tuple(_Insert(type(batch[0]), tuple(numbered[id(row)] for row in batch)) for batch in batches)
    params = [value for row, by in counted for value in (*by.values(), row.pk)]
    params += [value for batch in batches for row in batch for value in _values(row, None, refers[id(row)], add=True)]
    params += [value for row, names in changed for value in (*_values(row, names, refers[id(row)], add=False), row.pk)]
    with connection.prepared_cursor() as cursor:
        cursor.execute(_sql(grown, inserts, updates), params)
        keys = cursor.fetchone()
    for batch, made in zip(batches, keys, strict=True):
        for row, key in zip(batch, made, strict=True):
            row.pk, row._state.adding, row._state.db = key, False, connection.alias
    _know_others([*rows, *(one.row for one in changed)])


def _know_others(rows: list[Model]) -> None:
    """What they refer to has its key now."""
    for row in rows:
        for field in _relations(type(row)):
            other = row._state.fields_cache.get(field.name)
            if other is not None:
                row.__dict__[field.attname] = other.pk  # assigned, it would forget the other row


def _unsaved(row: Model) -> dict[str, Model]:
    """What it refers to and that has no primary key yet: field name -> row."""
    cached = row._state.fields_cache
    found = {field.name: cached.get(field.name) for field in _relations(type(row))}
    return {name: other for name, other in found.items() if other is not None and other.pk is None}


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
        field.get_db_prep_save(field.pre_save(row, add=add), connection)
        for field in _named(type(row), names)
        if field.name not in refers
    ]


def _named(model: type[Model], names: Iterable[str] | None) -> Iterable[Field]:
    return _fields(model) if names is None else (model._meta.get_field(name) for name in names)


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
    fields = _named(update.model, update.names)
    changed = ", ".join(form.format(field.column, _place(field, refers)) for field in fields)
    return f'UPDATE "{update.model._meta.db_table}" SET {changed} WHERE "id" = %s'


def _insert_sql(insert: _Insert) -> str:
    columns = ", ".join(f'"{field.column}"' for field in _fields(insert.model))
    rows = ", ".join(_places(insert.model, dict(refers)) for refers in insert.refers)
    key = insert.model._meta.pk.column
    return f'INSERT INTO "{insert.model._meta.db_table}" ({columns}) VALUES {rows} RETURNING "{key}" AS id'


def _places(model: type[Model], refers: dict[str, int]) -> str:
    return f"({', '.join(_place(field, refers) for field in _fields(model))})"


def _place(field: Field, refers: dict[str, int]) -> str:
    return f"(SELECT id FROM r{refers[field.name]})" if field.name in refers else "%s"
