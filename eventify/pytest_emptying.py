"""Empties the database after a test that commits: only what was written, in milliseconds.

Django truncates every table and makes permissions and roles anew, a third of a second each time. Here tables with
rows are emptied, and tables that migrations fill get their rows back from a copy in the schema `pristine`.
"""

from itertools import count

from django.core.management.color import no_style
from django.core.management.sql import sql_flush
from django.db import connection, transaction
from django.test import TransactionTestCase

THOROUGHLY = 50  # after so many times the files are truncated, or dead rows would slow every query down

_turns = count(1)
_filled: list[str] = []  # tables that migrations fill, of this process's database


def install() -> None:
    """Let every transactional test end with `empty`; `remember` must have run before the first one."""
    TransactionTestCase._fixture_teardown = lambda _case: empty()


def remember() -> None:
    """Keep a copy of what the database holds now: the state that every test begins with."""
    _filled[:] = _with_rows(_tables())
    with connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA IF EXISTS pristine CASCADE")
        cursor.execute("CREATE SCHEMA pristine")
        for table in _filled:
            cursor.execute(f'CREATE TABLE pristine."{table}" AS TABLE "{table}"')


def empty() -> None:
    """Bring the database back to what `remember` saw. Triggers and foreign keys are not asked."""
    is_thorough = next(_turns) % THOROUGHLY == 0
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        if is_thorough:
            _run(cursor, sql_flush(no_style(), connection, reset_sequences=False))
        else:
            _run(cursor, [f'DELETE FROM "{table}"' for table in _with_rows(set(_tables()) - set(_filled))])
        for table in _changed(cursor):
            _run(cursor, [f'DELETE FROM "{table}"', f'INSERT INTO "{table}" TABLE pristine."{table}"'])


def _tables() -> list[str]:
    return connection.introspection.django_table_names(include_views=False)


def _with_rows(tables) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(f"(SELECT '{table}' FROM \"{table}\" LIMIT 1)" for table in tables))
        return [row[0] for row in cursor.fetchall()]


def _changed(cursor) -> list[str]:
    differs = """SELECT '{0}' WHERE EXISTS ((TABLE "{0}" EXCEPT TABLE pristine."{0}")
                 UNION ALL (TABLE pristine."{0}" EXCEPT TABLE "{0}"))"""
    cursor.execute(" UNION ALL ".join(differs.format(table) for table in _filled))
    return [row[0] for row in cursor.fetchall()]


def _run(cursor, statements) -> None:
    for statement in statements:
        cursor.execute(statement)
