"""A thread keeps its connection to the database, and looks at it before each request."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from django.conf import settings
from django.core.signals import request_finished, request_started
from django.db import OperationalError, connection, connections

from eventify.contracts.evently.tests.calling import Caller
from eventify.lib.postgres.base import DatabaseWrapper
from eventify.lib.prepared import Param, Prepared
from eventify.supervisor import Supervisor
from events.models import Event

pytestmark = pytest.mark.django_db(transaction=True)
SELF = Prepared(lambda: Event.objects.filter(pk=Param("pk")).values_list("pk"))


@contextmanager
def kept():
    """A connection as a thread of the web server has it."""
    found = DatabaseWrapper(connection.settings_dict, alias="default")
    try:
        yield found
    finally:
        found.close()


def server_of(found: DatabaseWrapper, *, prepared=False) -> int:
    """The process of PostgreSQL that answers the next request."""
    found.close_if_unusable_or_obsolete()  # as at the beginning and the end of every request
    with found.prepared_cursor() if prepared else found.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return cursor.fetchone()[0]


def end(server: int) -> None:
    """As a restart of PostgreSQL does."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [server])
        assert cursor.fetchone() == (True,)


def test_it_is_kept():
    assert (connection.settings_dict["CONN_MAX_AGE"], connection.settings_dict["CONN_HEALTH_CHECKS"]) == (None, True)
    with kept() as found:
        assert len({server_of(found, prepared=number % 2 == 0) for number in range(6)}) == 1


@pytest.mark.parametrize("prepared", [False, True])
def test_one_that_the_server_closed_is_not_used(prepared):
    with kept() as found:
        before = server_of(found, prepared=prepared)
        end(before)
        assert server_of(found, prepared=prepared) != before


def test_without_the_look_the_first_request_fails(monkeypatch):
    """The control of the test above."""
    monkeypatch.setattr(DatabaseWrapper, "is_usable", lambda _found: True)
    with kept() as found, pytest.raises(OperationalError):
        end(server_of(found))
        server_of(found)


def sent(found: DatabaseWrapper, path, act) -> str:
    """What goes over the wire, either way, while `act` runs."""
    with path.open("w") as file:
        found.connection.pgconn.trace(file.fileno())
        act()
        found.connection.pgconn.untrace()
    return path.read_text()


def test_looking_asks_the_server_nothing(tmp_path):
    with kept() as found:
        server_of(found)
        found.close_if_unusable_or_obsolete()
        assert sent(found, tmp_path / "looked", found.close_if_health_check_failed) == ""
        assert found.health_check_done
        assert "SELECT pg_backend_pid()" in sent(found, tmp_path / "asked", lambda: server_of(found))  # the control


@pytest.mark.parametrize("left", ["BEGIN", "BEGIN; SAVEPOINT x"])
def test_one_that_was_left_in_the_middle_of_something_is_not_used(left):
    with kept() as found:
        before = server_of(found)
        found.connection.pgconn.exec_(left.encode())
        assert server_of(found) != before


def test_one_that_broke_during_a_request_is_not_used_after_it():
    with kept() as found:
        before = server_of(found)
        end(before)
        with pytest.raises(OperationalError), found.cursor() as cursor:  # looked at already: in the same request
            cursor.execute("SELECT 1")
        assert server_of(found) != before


def test_requests_of_a_thread_share_one_even_when_it_dies_between_them():
    """Through Django's own handler, whose signals the test client switches off."""

    def requests():
        try:
            assert ask() == ask() == 200
            first = connection.connection.info.backend_pid
            end_from_elsewhere(first)
            assert ask() == 200
            return first, connection.connection.info.backend_pid
        finally:
            connection.close()

    def ask() -> int:
        request_started.send(sender=None, environ={})
        try:
            return Caller().get("/events").status_code
        finally:
            request_finished.send(sender=None)

    def end_from_elsewhere(server):
        with kept() as other, other.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [server])

    with ThreadPoolExecutor(1) as thread:
        first, second = thread.submit(requests).result(timeout=60)
    assert first != second


def test_a_connection_has_the_plans_of_its_statements_again():
    """Statements are prepared for a connection, so a new one prepares them anew."""
    for _connection in range(2):
        for _run in range(4):
            assert SELF(pk=1) == []
        connection.close()


def test_as_many_as_there_are_threads():
    """The server's threads stay: one that ends would take its connection along."""
    command = Supervisor({"WEB_WORKERS": "3", "WEB_THREADS": "4"}).web_command()
    given = dict(zip(command, command[1:], strict=False))
    assert (given["--workers"], given["--blocking-threads"]) == ("3", "4")
    assert given["--blocking-threads-idle-timeout"] == "600"
    assert connections.settings["default"]["ENGINE"] == "eventify.lib.postgres"
    assert "pool" not in settings.DATABASES["default"]["OPTIONS"]
