"""Killing a piece of work (SIGKILL) before each statement and each commit that it makes, one after the other.

The work runs in a fork of the test's process with a connection of its own, so that hundreds of kills take seconds.
Whoever dies leaves the database as a power cut would: what was committed stays, all else is gone.
"""

import os
import signal
import sys
import traceback
from collections.abc import Callable
from contextlib import ExitStack, closing

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper

from accounts.tests.processes import wait_for_the_end_of
from eventify.lib import later

MOST = 3000  # kills; work that is never done is a mistake of the test
_kept = []  # the parent's connection in a fork: closing it would end the parent's


def killed_everywhere(work: Callable[[], object], after_each: Callable[[], object]) -> int:
    """Kill `work` before its first step, its second, ... and take it up again each time, until it gets to its end.

    `after_each` runs in the test's process after each kill that left another database than the one before: most die
    before they have committed anything, and what was true stays true. Returns how often it was killed.
    """
    seen = None
    with closing(_Watcher()) as watcher:
        for kills in range(MOST):
            if not _is_killed(work, step=kills + 1):
                return kills
            if (now := watcher.look()) != seen:
                after_each()
                seen = now
    raise AssertionError(f"not done after {MOST} kills")


class _Watcher:
    """Looks at the whole database, over a connection of its own that stays open, so that it is planned once."""

    def __init__(self):
        names = sorted(connection.introspection.table_names())
        each = (f'SELECT count(*), sum(xmin::text::bigint) FROM "{one}"' for one in names)
        self.connection, self.sql = connection.copy(), " UNION ALL ".join(each)

    def look(self) -> list[tuple]:
        """Differs when any row was committed, changed or deleted: how many rows each table has, and who wrote them."""
        with self.connection.prepared_cursor() as cursor:
            cursor.execute(self.sql)
            return cursor.fetchall()

    def close(self) -> None:
        self.connection.close()


def _is_killed(work: Callable[[], object], step: int) -> bool:
    assert not connection.in_atomic_block  # nothing of ours is locked while it works
    connection.ensure_connection()  # which stays ours: to open one takes PostgreSQL as long as most of the work
    pid = os.fork()
    if pid == 0:
        _run(work, step)
    _pid, status = os.waitpid(pid, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        wait_for_the_end_of(f"fork-{pid}")
        return True
    assert os.WEXITSTATUS(status) == 0, "the work raised; its traceback is above"
    return False


def _run(work: Callable[[], object], step: int) -> None:
    """The fork's whole life."""
    status = 1
    try:
        _kept.append(connection.connection)
        connection.connection = None
        os.environ["PGAPPNAME"] = f"fork-{os.getpid()}"
        with ExitStack() as stack:
            _prepare(stack, step)
            work()
        status = 0
    finally:  # whatever happens, a fork must not go on as a second pytest
        if status:
            traceback.print_exc(file=sys.stderr)
            sys.stderr.flush()
        os._exit(status)


def _prepare(stack: ExitStack, step: int) -> None:
    left = [step]

    def count() -> None:
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def counted(execute, sql, params, many, context):
        count()
        return execute(sql, params, many, context)

    commit = BaseDatabaseWrapper._commit

    def counted_commit(self):
        count()
        return commit(self)

    later._send = lambda *_message, **_options: None  # every message to the worker is lost
    BaseDatabaseWrapper._commit = counted_commit
    stack.enter_context(connection.execute_wrapper(counted))
