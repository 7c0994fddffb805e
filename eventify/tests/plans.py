"""How the database would run what is asked: every statement of a block, and the tables that its plan reads whole."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from django.db import connection
from psycopg import RawCursor

_ASKED = ("SELECT", "WITH", "INSERT", "UPDATE", "DELETE")


class Planned(NamedTuple):
    """A statement with its values, and the tables of which its plan reads every row, one after another.

    A scan that a LIMIT is expected to end before its half does not count.
    """

    sql: str
    whole: set[str]


@contextmanager
def plans_of() -> Iterator[list[Planned]]:
    """Every statement that is run inside, also the prepared ones, each explained before it is run."""
    found: list[Planned] = []

    def explain(execute, sql, params, many, context):
        if sql.lstrip(" (\n").startswith(_ASKED):
            found.append(_planned(context["cursor"].cursor, sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(explain):
        yield found


def _planned(cursor, sql: str, params) -> Planned:
    ops = connection.ops  # prepared statements have places of their own
    is_prepared = isinstance(cursor, RawCursor)
    literal = ops.last_executed_query(cursor, sql, params) if is_prepared else ops.compose_sql(sql, params)
    with connection.connection.cursor() as plain:  # the driver's own: nobody looks at what it runs
        [plan] = plain.execute(f"EXPLAIN (FORMAT JSON) {literal}".encode()).fetchone()
    return Planned(literal, set(_whole(plan[0]["Plan"])))


def _whole(node: dict) -> Iterator[str]:
    """The tables that this part of a plan reads whole, its parallel workers included."""
    for part in node.get("Plans", []):
        ends_early = node["Node Type"] == "Limit" and node["Total Cost"] < part["Total Cost"] / 2
        if part["Node Type"] != "Seq Scan" or not ends_early:
            yield from _whole(part)
    if node["Node Type"] == "Seq Scan":
        yield node["Relation Name"]
