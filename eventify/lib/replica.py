"""Reads that may show what was a few seconds ago: from a replica of the database, where there is one that keeps up.

`REPLICA_URL` names it. Whatever decides something, and whatever somebody reads right after writing, reads the database
itself. A replica that cannot be reached, hangs behind or breaks off a query costs nobody an answer.
"""

import logging
import time
from collections.abc import Callable
from contextvars import ContextVar
from functools import wraps
from typing import NamedTuple

from django.db import DEFAULT_DB_ALIAS, OperationalError, connections

logger = logging.getLogger(__name__)
ALIAS = "replica"
EVERY = 5.0  # seconds between two looks; what is read is at most twice as old
_alias: ContextVar[str] = ContextVar("alias", default=DEFAULT_DB_ALIAS)
alias = _alias.get  # of the database that is read now


class Router:
    """Django's question where to read and write."""

    def db_for_read(self, _model, **_hints) -> str:
        return alias()

    def db_for_write(self, _model, **_hints) -> str:
        return DEFAULT_DB_ALIAS

    def allow_relation(self, *_objects, **_hints) -> bool:
        return True  # both are one database

    def allow_migrate(self, db, *_arguments, **_hints) -> bool:
        return db == DEFAULT_DB_ALIAS


class _Seen(NamedTuple):
    """What the last look found: when (time.monotonic), where the database's log ended, if the replica serves."""

    at: float = 0.0
    end: str = ""
    serves: bool = False


_seen = _Seen()


def may_lag(read: Callable) -> Callable:
    """A function that only reads, and whose answer may be some seconds old: it reads the replica."""

    @wraps(read)
    def reading(*arguments, **named):
        if ALIAS not in connections.settings or not serves():
            return read(*arguments, **named)
        token = _alias.set(ALIAS)
        try:
            return read(*arguments, **named)
        except OperationalError as error:
            _give_up(error)
        finally:
            _alias.reset(token)
        return read(*arguments, **named)

    return reading


def serves() -> bool:
    """Whether the replica had, at the last look, all that had been written until the look before it."""
    global _seen
    if time.monotonic() - _seen.at > EVERY:
        _seen = _look(_seen)
    return _seen.serves


def _look(before: _Seen) -> _Seen:
    now = time.monotonic()
    known = before.end if now - before.at < 2 * EVERY else ""  # an older end says nothing of today
    end = _ask(DEFAULT_DB_ALIAS, "SELECT pg_current_wal_flush_lsn()::text")
    try:
        serves = bool(known) and _ask(ALIAS, "SELECT pg_last_wal_replay_lsn() >= %s::pg_lsn", known)
    except OperationalError as error:
        logger.warning("the replica does not answer: %s", error)
        serves = False
    return _Seen(now, end, bool(serves))


def _ask(database: str, sql: str, *params):
    with connections[database].cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchone()[0]


def _give_up(error: OperationalError) -> None:
    """Until the next look but one everything reads the database."""
    global _seen
    logger.warning("the replica broke off, the database is asked: %s", error)
    connections[ALIAS].close()
    _seen = _Seen(time.monotonic())
