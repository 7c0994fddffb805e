"""Queries that are asked with every request: written as querysets, compiled once.

Making the SQL of a queryset costs Django more than PostgreSQL needs to answer it. Here that is paid once in a process:
`Prepared` keeps the SQL with places for what differs, and makes the same model instances of the rows.
"""

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import NamedTuple

from django.db import connection, connections
from django.db.models import Expression, Model, QuerySet
from django.db.models.query import ModelIterable, get_related_populators

from eventify.lib import replica
from eventify.lib.postgres.base import places

PAGE, PAGED = "{} LIMIT %s OFFSET %s", ("limit", "offset")
COUNT = "SELECT count(*) FROM ({}) found"


class Param(Expression):
    """A place in a queryset for a value that is given with each run, by this name."""

    def __init__(self, name: str):
        super().__init__()
        self.name = name

    def as_sql(self, compiler, connection):
        return "%s", [self]


class _Plan(NamedTuple):
    """`model` None: the rows are tuples."""

    sql: str
    params: tuple
    converters: dict
    model: type[Model] | None = None
    names: list[str] = []
    columns: slice = slice(None)
    populators: list = []
    annotations: dict[str, int] = {}


class Prepared:
    """`Prepared(lambda: Event.objects.filter(pk=Param("pk")))` is called as `find(pk=7)` and yields instances.

    The queryset may join (select_related), annotate, order, slice and lock; it may not prefetch. With values_list it
    yields tuples. Values are passed on as they are, so they must be of the column's type.

    `around` is SQL with {} for the query: a part of its rows (PAGE takes `limit` and `offset`), or what they add up to.
    """

    def __init__(self, build: Callable[[], QuerySet], around: str = "{}", extra: tuple[str, ...] = ()):
        self._build, self._around, self._extra = build, around, tuple(map(Param, extra))

    def __call__(self, **values) -> list:
        plan = self._plan
        params = [values[one.name] if isinstance(one, Param) else one for one in plan.params]
        return _made(plan, self._rows(plan.sql, params))

    def _rows(self, sql: str, params: list) -> list[tuple]:
        with connections[replica.alias()].prepared_cursor() as cursor:
            cursor.execute(sql, params)
            return cursor.fetchall()

    def first(self, **values) -> Model | None:
        """The first row, or None."""
        return next(iter(self(**values)), None)

    @cached_property
    def _plan(self) -> _Plan:
        queryset = self._build()
        compiler = queryset.query.get_compiler(connection=connection)
        sql, params = compiler.as_sql()
        converters = compiler.get_converters([column[0] for column in compiler.select])
        plan = _Plan(places(self._around.format(sql)), (*params, *self._extra), converters)
        return plan._replace(**_making(compiler)) if queryset._iterable_class is ModelIterable else plan


def _making(compiler) -> dict:
    """What makes instances of the rows, as Django's ModelIterable does."""
    fields = compiler.klass_info["select_fields"]
    columns = slice(fields[0], fields[-1] + 1)
    return {
        "model": compiler.klass_info["model"],
        "names": [column[0].target.attname for column in compiler.select[columns]],
        "columns": columns,
        "populators": get_related_populators(compiler.klass_info, compiler.select, connection.alias),
        "annotations": compiler.annotation_col_map or {},
    }


def _made(plan: _Plan, rows: list[tuple]) -> list:
    if plan.converters:
        rows = [_converted(plan.converters, row) for row in rows]
    return list(_instances(plan, rows)) if plan.model else rows


def _instances(plan: _Plan, rows: list) -> Iterator[Model]:
    for row in rows:
        found = plan.model.from_db(connection.alias, plan.names, row[plan.columns])
        for populator in plan.populators:
            populator.populate(row, found)
        for name, column in plan.annotations.items():
            setattr(found, name, row[column])
        yield found


def _converted(converters: dict, row: tuple) -> list:
    values = list(row)
    for column, (convert_all, expression) in converters.items():
        for convert in convert_all:
            values[column] = convert(values[column], expression, connection)
    return values
