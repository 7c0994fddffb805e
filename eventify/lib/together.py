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


class _Insert(NamedTuple):
    """How some rows of one model are written; `refers`: of each, its foreign keys to rows of earlier inserts."""

    model: type[Model]
    refers: tuple[tuple[tuple[str, int], ...], ...]


def write(rows: Iterable[Model], counted: Iterable[Counted] = ()) -> None:
    """Insert these unsaved rows in this order, and let these counters grow; the rows get their primary keys.

    A row may refer to an earlier one by a foreign key. Name a counted row once.
    """
    rows, counted = list(rows), list(counted)
    if not (rows or counted):
        return
    refers = {id(row): _unsaved(row) for row in rows}
    batches = _batches(rows, {id(other) for others in refers.values() for other in others.values()})
    place = {id(row): number for number, batch in enumerate(batches) for row in batch}
    numbered = {key: tuple((name, place[id(one)]) for name, one in found.items()) for key, found in refers.items()}
    inserts = tuple(_Insert(type(batch[0]), tuple(numbered[id(row)] for row in batch)) for batch in batches)
    params = [value for row, by in counted for value in (*by.values(), row.pk)]
    params += [value for batch in batches for row in batch for value in _values(row, refers[id(row)])]
    with connection.prepared_cursor() as cursor:
        cursor.execute(_sql(inserts, tuple((type(row), tuple(by)) for row, by in counted)), params)
        _take_keys(batches, cursor.fetchone())


def _take_keys(batches: list[list[Model]], keys: tuple[list[int], ...]) -> None:
    for batch, made in zip(batches, keys, strict=True):
        for row, key in zip(batch, made, strict=True):
            row.pk, row._state.adding, row._state.db = key, False, connection.alias
    for batch in batches:
        for row in batch:
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


def _values(row: Model, refers: dict[str, Model]) -> list:
    return [
        field.get_db_prep_save(field.pre_save(row, add=True), connection)
        for field in _fields(type(row))
        if field.name not in refers
    ]


@cache
def _fields(model: type[Model]) -> tuple[Field, ...]:
    return tuple(one for one in model._meta.local_concrete_fields if not (one.primary_key or one.generated))


@cache
def _relations(model: type[Model]) -> tuple[Field, ...]:
    return tuple(field for field in _fields(model) if field.is_relation)


@lru_cache(maxsize=_REMEMBERED)
def _sql(inserts: tuple[_Insert, ...], counters: tuple[tuple[type[Model], tuple[str, ...]], ...]) -> str:
    parts = [f"c{number} AS ({_update_sql(model, names)})" for number, (model, names) in enumerate(counters)]
    parts += [f"r{number} AS ({_insert_sql(one)})" for number, one in enumerate(inserts)]
    keys = ", ".join(f"(SELECT array_agg(id) FROM r{number})" for number in range(len(inserts)))
    return dollars(f"WITH {', '.join(parts)} SELECT {keys}")


def _update_sql(model: type[Model], names: tuple[str, ...]) -> str:
    grown = ", ".join(f'"{name}" = "{name}" + %s' for name in names)
    return f'UPDATE "{model._meta.db_table}" SET {grown} WHERE "id" = %s'


def _insert_sql(insert: _Insert) -> str:
    columns = ", ".join(f'"{field.column}"' for field in _fields(insert.model))
    rows = ", ".join(_places(insert.model, dict(refers)) for refers in insert.refers)
    key = insert.model._meta.pk.column
    return f'INSERT INTO "{insert.model._meta.db_table}" ({columns}) VALUES {rows} RETURNING "{key}" AS id'


def _places(model: type[Model], refers: dict[str, int]) -> str:
    named = (f"(SELECT id FROM r{refers[one.name]})" if one.name in refers else "%s" for one in _fields(model))
    return f"({', '.join(named)})"
