"""Races on real PostgreSQL: calls that start at the same moment, each in a thread with its own connection."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from threading import Barrier

from django.db import DatabaseError, connection
from django.db.models import QuerySet

from eventify.lib.errors import DomainError

PATIENCE = "20s"  # after this long a statement that waits is a hang, and the race fails
PAUSE = 0.05  # seconds between reading and writing, where a control has its guard switched off


def race(*calls: Callable) -> list:
    """Run the calls at once; their results in the order given, a refusal or database error in place of its result."""
    barrier = Barrier(len(calls))
    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(partial(_run, barrier), calls))


def _run(barrier: Barrier, call: Callable):
    try:
        with connection.cursor() as cursor:
            cursor.execute(f"SET statement_timeout = '{PATIENCE}'")
        barrier.wait(timeout=20)
        return call()
    except (DomainError, DatabaseError, LookupError) as error:  # LookupError: where a control sees nothing of another
        return error
    finally:
        connection.close()


def good(results: list) -> list:
    """The results that are no refusals; any other error (a deadlock, say) fails the test."""
    for result in results:
        if isinstance(result, Exception) and not isinstance(result, DomainError):
            raise result
    return [result for result in results if not isinstance(result, Exception)]


def errors(results: list, kind: type[Exception] = Exception) -> list:
    """The errors of this kind."""
    return [result for result in results if isinstance(result, kind)]


def switch_row_locks_off(monkeypatch) -> None:
    """For a control: SELECT ... FOR UPDATE becomes a plain SELECT everywhere."""
    monkeypatch.setattr(QuerySet, "select_for_update", lambda rows, **_options: rows.all())


def pause_after(monkeypatch, owner, name: str) -> None:
    """For a control: give the others time between this function and what follows it."""
    function = getattr(owner, name)

    def slow(*args, **kwargs):
        result = function(*args, **kwargs)
        time.sleep(PAUSE)
        return result

    monkeypatch.setattr(owner, name, slow)


@contextmanager
def without_constraint(model, name: str):
    """For a control: the table without this constraint. The test removes the rows that break it before it leaves."""
    constraint = next(one for one in model._meta.constraints if one.name == name)
    with connection.schema_editor() as editor:
        editor.remove_constraint(model, constraint)
    try:
        yield
    finally:
        with connection.schema_editor() as editor:
            editor.add_constraint(model, constraint)
