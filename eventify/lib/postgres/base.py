"""The database engine of the settings (the name of this file and of the classes is what Django looks for)."""

import re
import select
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count

import psycopg
from django.db.backends.postgresql import base, operations, schema
from psycopg.pq import TransactionStatus
from psycopg.types.datetime import TimestamptzLoader

_PLACE, _PLACE_OR_PERCENT = re.compile(r"\$\d+"), re.compile("%s|%%")


class DatabaseOperations(operations.DatabaseOperations):
    """Logged statements show their values, the prepared ones as well."""

    def last_executed_query(self, cursor, sql, params):
        if isinstance(cursor, psycopg.RawCursor):
            return self.compose_sql(_PLACE.sub("%s", sql.replace("%", "%%")), params)
        return super().last_executed_query(cursor, sql, params)


class DatabaseSchemaEditor(schema.DatabaseSchemaEditor):
    """A migration that cannot have its lock soon gives up, or everybody would queue behind it: migrate again later.

    Not one without a transaction: what it makes concurrently only waits, and would be left half made.
    """

    def __enter__(self):
        super().__enter__()
        if self.atomic_migration and not self.collect_sql:
            self.execute("SET LOCAL lock_timeout = '5s'")
        return self


class DatabaseWrapper(base.DatabaseWrapper):
    """A thread keeps its connection and looks at it before each request or task, without asking the server anything."""

    ops_class = DatabaseOperations
    SchemaEditorClass = DatabaseSchemaEditor
    _at_end: list[tuple[Callable[[], None], bool]] | None = None

    def get_new_connection(self, conn_params):
        """A connection whose moments are read in C: Django's reader is Python, and half of what a list costs."""
        connection = super().get_new_connection(conn_params)
        connection.adapters.register_loader("timestamptz", TimestamptzLoader)
        return connection

    def create_cursor(self, name=None):
        """As Django's, but for its look at the reader of moments."""
        if name is None:
            return self.connection.cursor()
        is_held = self.connection.autocommit
        return base.ServerSideCursor(self.connection, name=name, scrollable=False, withhold=is_held)

    @contextmanager
    def hooks_at_end(self) -> Iterator[None]:
        """What is registered in here for after the commit runs at the end, or never when an error leaves it."""
        self._at_end = hooks = []
        try:
            yield
        finally:
            self._at_end = None
        for hook, is_robust in hooks:
            self.on_commit(hook, is_robust)

    def on_commit(self, func, robust=False):
        if self._at_end is None or self.in_atomic_block:
            super().on_commit(func, robust)
        else:
            self._at_end.append((func, robust))

    def is_usable(self):
        """Whether the server has neither hung up nor said anything since: a `SELECT 1` would cost every request."""
        return not _has_news(self.connection)

    def prepared_cursor(self):
        """A cursor whose statements the server parses and plans once for a connection; seen by query counts.

        They name their values $1, $2, ... in the order in which these are given, each once (`places` writes them).
        """
        self.close_if_health_check_failed()
        self.ensure_connection()
        with self.wrap_database_errors:
            return self._prepare_cursor(psycopg.RawCursor(self.connection))


def places(sql: str) -> str:
    """Django's SQL, which has a %s for each value, as a prepared cursor takes it."""
    numbers = count(1)
    return _PLACE_OR_PERCENT.sub(lambda found: "%" if found[0] == "%%" else f"${next(numbers)}", sql)


def _has_news(connection: psycopg.Connection) -> bool:
    """Whether an idle connection has something to read: the server has hung up, or is about to say so.

    One that is in the middle of something is not idle: whoever had it before left it so.
    """
    if connection.closed or connection.info.transaction_status != TransactionStatus.IDLE:
        return True
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return bool(poll.poll(0))
