"""Races on real PostgreSQL: calls that start at the same moment, each in a thread with its own connection."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cached_property, partial
from itertools import count
from threading import Barrier, Event, local

from django.db import DatabaseError, connection
from django.db.models import QuerySet

from eventify.lib.errors import DomainError
from eventify.lib.prepared import Prepared

PATIENCE = "20s"  # after this long a statement that waits is a hang, and the race fails
ROW_LOCK = re.compile(r" FOR (NO KEY )?UPDATE( OF \S+)?( SKIP LOCKED)?$")
MEETING = 5  # seconds that a control waits for all to have read before anybody writes


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
    """For a control: SELECT ... FOR UPDATE becomes a plain SELECT everywhere, in prepared queries as well."""
    _keep_locks_in_plans(monkeypatch)
    run = Prepared._rows
    monkeypatch.setattr(Prepared, "_rows", lambda query, sql, params: run(query, ROW_LOCK.sub("", sql), params))


def _keep_locks_in_plans(monkeypatch) -> None:
    """No lock in querysets, but in those that `Prepared` compiles now: it keeps them when the control has ended."""
    locked, plan, planning = QuerySet.select_for_update, Prepared._plan.func, local()

    def unlocked(rows, **options):
        return locked(rows, **options) if getattr(planning, "now", False) else rows.all()

    def planned(query):
        planning.now = True
        try:
            return plan(query)
        finally:
            planning.now = False

    kept = cached_property(planned)
    kept.__set_name__(Prepared, "_plan")
    monkeypatch.setattr(Prepared, "_plan", kept)
    monkeypatch.setattr(QuerySet, "select_for_update", unlocked)


def meet_after(monkeypatch, owner, name: str, parties: int | Callable) -> None:
    """For a control: nobody goes on behind this function before so many have come through it.

    `parties` may be a `meeting` that several functions share. Make the scene first: whoever prepares it is counted too.
    """
    function, wait = getattr(owner, name), parties if callable(parties) else meeting(parties)
    monkeypatch.setattr(owner, name, lambda *args, **kwargs: (function(*args, **kwargs), wait())[0])


def meet_before(monkeypatch, owner, name: str, parties: int | Callable) -> None:
    """For a control: nobody enters this function before so many have come to it (or to the `meeting`)."""
    function, wait = getattr(owner, name), parties if callable(parties) else meeting(parties)
    monkeypatch.setattr(owner, name, lambda *args, **kwargs: (wait(), function(*args, **kwargs))[1])


def follow(monkeypatch, second: tuple, first: tuple) -> None:
    """For a control: nobody enters the second function before somebody has come out of the first: (owner, name)."""
    (early, early_name), (late, late_name), is_over = first, second, Event()
    lead, come = getattr(early, early_name), getattr(late, late_name)
    monkeypatch.setattr(early, early_name, lambda *args, **kwargs: (lead(*args, **kwargs), is_over.set())[0])
    monkeypatch.setattr(late, late_name, lambda *args, **kwargs: (is_over.wait(MEETING), come(*args, **kwargs))[1])


def meeting(parties: int) -> Callable[[], None]:
    """What waits until so many have called it, and for nobody after that."""
    come, everybody = count(1), Event()

    def wait() -> None:
        if next(come) >= parties:
            everybody.set()
        everybody.wait(timeout=MEETING)

    return wait


def is_waited_for() -> bool:
    """Whether another connection waits for what our transaction has locked."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")  # in a transaction the first look is kept
        cursor.execute("SELECT 1 FROM pg_stat_activity WHERE pg_backend_pid() = ANY(pg_blocking_pids(pid))")
        return cursor.fetchone() is not None


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
