"""Queries that are asked with every request: written as querysets, compiled once.

Making the SQL of a queryset costs Django more than PostgreSQL needs to answer it. Here that is paid once in a process:
`Prepared` keeps the SQL with places for what differs, and makes the same model instances of the rows.
"""

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import NamedTuple

from django.db import connection
from django.db.models import Expression, Model, QuerySet
from django.db.models.query import get_related_populators

from eventify.lib.postgres.base import places


class Param(Expression):
    """A place in a queryset for a value that is given with each run, by this name."""

    def __init__(self, name: str):
        super().__init__()
        self.name = name

    def as_sql(self, compiler, connection):
        return "%s", [self]


class _Plan(NamedTuple):
    sql: str
    params: tuple
    model: type[Model]
    names: list[str]
    columns: slice
    converters: dict
    populators: list
    annotations: dict[str, int]


class Prepared:
    """`Prepared(lambda: Event.objects.filter(pk=Param("pk")))` is called as `find(pk=7)` and yields instances.

    The queryset may join (select_related), annotate, order, slice and lock; it may not prefetch. Values are passed on
    as they are, so they must be of the column's type.
    """

    def __init__(self, build: Callable[[], QuerySet]):
        self._build = build

    def __call__(self, **values) -> list[Model]:
        plan = self._plan
        params = [values[one.name] if isinstance(one, Param) else one for one in plan.params]
        return list(_instances(plan, self._rows(plan.sql, params)))

    def _rows(self, sql: str, params: list) -> list[tuple]:
        with connection.prepared_cursor() as cursor:
            cursor.execute(sql, params)
            return cursor.fetchall()

    def first(self, **values) -> Model | None:
        """The first row, or None."""
        return next(iter(self(**values)), None)

    @cached_property
    def _plan(self) -> _Plan:
        compiler = self._build().query.get_compiler(connection=connection)
        sql, params = compiler.as_sql()
        fields = compiler.klass_info["select_fields"]
        columns = slice(fields[0], fields[-1] + 1)
        return _Plan(
            sql=places(sql),
            params=params,
            model=compiler.klass_info["model"],
            names=[column[0].target.attname for column in compiler.select[columns]],
            columns=columns,
            converters=compiler.get_converters([column[0] for column in compiler.select]),
            populators=get_related_populators(compiler.klass_info, compiler.select, connection.alias),
            annotations=compiler.annotation_col_map or {},
        )


def _instances(plan: _Plan, rows: list[tuple]) -> Iterator[Model]:
    for row in rows:
        if plan.converters:
            row = _converted(plan.converters, row)
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
