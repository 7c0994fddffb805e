"""The database engine of the settings (the name of this file and of the classes is what Django looks for)."""

import re
import select
from itertools import count

import psycopg
from django.db.backends.postgresql import base, operations

_PLACE, _PLACE_OR_PERCENT = re.compile(r"\$\d+"), re.compile("%s|%%")


class DatabaseOperations(operations.DatabaseOperations):
    """Logged statements show their values, the prepared ones as well."""

    def last_executed_query(self, cursor, sql, params):
        if isinstance(cursor, psycopg.RawCursor):
            return self.compose_sql(_PLACE.sub("%s", sql.replace("%", "%%")), params)
        return super().last_executed_query(cursor, sql, params)


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection of the pool is looked at without asking the server anything, which would cost every request."""

    ops_class = DatabaseOperations

    def get_new_connection(self, conn_params):
        connection = super().get_new_connection(conn_params)
        while self.pool and _has_news(connection):
            connection.close()
            self.pool.putconn(connection)  # it makes another one in its place
            connection = super().get_new_connection(conn_params)
        return connection

    def prepared_cursor(self):
        """A cursor whose statements the server parses and plans once for a connection; seen by query counts.

        They name their values $1, $2, ... in the order in which these are given, each once (`places` writes them).
        """
        self.ensure_connection()
        with self.wrap_database_errors:
            return self._prepare_cursor(psycopg.RawCursor(self.connection))


def places(sql: str) -> str:
    """Django's SQL, which has a %s for each value, as a prepared cursor takes it."""
    numbers = count(1)
    return _PLACE_OR_PERCENT.sub(lambda found: "%" if found[0] == "%%" else f"${next(numbers)}", sql)


def _has_news(connection: psycopg.Connection) -> bool:
    """Whether an idle connection has something to read: the server has hung up, or is about to say so."""
    if connection.closed:
        return True
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return bool(poll.poll(0))
