"""/readyz: what is wrong, quickly, whatever is dead."""

import re
import socket
import time

import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.test.utils import CaptureQueriesContext

from eventify.contracts.evently.tests.calling import Caller
from eventify.lib import heartbeats, readiness

pytestmark = pytest.mark.django_db
WORKERS = [heartbeats.of_queue(queue) for queue in ("sales", "mail", "money", "bulk")]
NAMES = ["database", "migrations", "redis", "worker", "beat"]


@pytest.fixture(autouse=True)
def _alive():
    heartbeats.beat(*WORKERS, "beat")
    yield
    heartbeats._client.cache_clear()
    heartbeats.forget(*WORKERS, "beat")


@pytest.fixture
def silent():
    """An address where somebody listens and never says anything: a machine that hangs."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(50)
        yield server.getsockname()[1]


def ask(query="", status=200):
    """The states and the sentences."""
    answer = Caller().get(f"/readyz{query}")
    assert answer.status_code == status, answer.content
    body = answer.json()
    assert list(body) == ["status", "checks"] and list(body["checks"]) == NAMES
    assert all(list(check) == ["status", "detail"] for check in body["checks"].values())
    return body["status"], *([check[key] for check in body["checks"].values()] for key in ("status", "detail"))


def use_redis(settings, address):
    settings.REDIS_URL = address
    heartbeats._client.cache_clear()


@pytest.mark.parametrize("path", ["", "/", "?strict=1", "?unknown=x"])
def test_all_is_well(path):
    status, states, details = ask(path)
    assert (status, states) == ("ok", ["ok"] * 5)
    assert [re.sub(r"of \d+ s", "of 0 s", sentence) for sentence in details] == [
        "The database answers.",
        "Every migration is applied.",
        "Redis answers.",
        "The worker was heard of 0 s ago.",
        "Beat was heard of 0 s ago.",
    ]


def test_it_is_not_kept_and_asks_at_most_once_a_second():
    with CaptureQueriesContext(connection) as queries:
        assert Caller().get("/readyz")["Cache-Control"] == "no-store"
    assert len(queries) == 0  # a connection of its own
    heartbeats.forget("beat")
    assert ask()[0] == "ok"
    readiness._kept.forget()
    assert ask()[0] == "warning"


def test_it_is_quick():
    ask()
    took = []
    for _time in range(5):
        readiness._kept.forget()
        began = time.perf_counter()
        readiness.report()
        took.append(time.perf_counter() - began)
    assert min(took) < 0.05


def test_a_bad_parameter_is_refused():
    assert Caller().get("/readyz?strict=perhaps").status_code == 422


def test_a_dead_worker_is_a_warning():
    heartbeats.forget(*WORKERS)
    status, states, details = ask()
    assert (status, states) == ("warning", ["ok", "ok", "ok", "warning", "ok"])
    assert details[3] == (
        "The worker has not been heard of: mails, refunds and payouts wait. Start it, or see its log."
    )
    ask("?strict=true", status=503)


def test_a_queue_that_nobody_serves_is_a_warning():
    heartbeats.forget(WORKERS[1])
    heartbeats._client().set(f"{heartbeats._KEY}{WORKERS[2]}", "1", px=heartbeats._KEPT - 61_000)
    status, states, details = ask()
    assert (status, states[3]) == ("warning", "warning")
    assert details[3].startswith("The worker of mail, money has not been heard of")


def test_a_beat_that_is_silent_for_long_is_a_warning():
    heartbeats._client().set(f"{heartbeats._KEY}beat", "1", px=heartbeats._KEPT - 61_000)
    status, states, details = ask()
    assert (status, states[4]) == ("warning", "warning")
    assert details[4].startswith("Beat was last heard of 61 s ago: nothing periodic is done")


@pytest.mark.parametrize("address", ["unix:///nowhere/redis.sock", "redis://:secret-word@127.0.0.1:{silent}/0"])
def test_without_redis_it_is_ready_and_does_not_hang(settings, silent, address):
    use_redis(settings, address.format(silent=silent))
    began = time.monotonic()
    status, states, details = ask()
    assert time.monotonic() - began < 2
    assert (status, states) == ("warning", ["ok", "ok", "warning", "warning", "warning"])
    assert details[2].startswith("Redis does not answer: requests work, tasks wait.")
    assert details[3] == details[4] == "Nobody knows without Redis."
    assert "secret-word" not in "".join(details)


@pytest.mark.parametrize("is_silent", [False, True])
def test_without_the_database_it_is_not_ready_and_does_not_hang(monkeypatch, silent, is_silent):
    where = {"host": "127.0.0.1", "port": silent if is_silent else 1, "password": "secret-word"}
    monkeypatch.setattr(connection, "get_connection_params", lambda: {"dbname": "x", "user": "y", **where})
    began = time.monotonic()
    status, states, details = ask(status=503)
    assert time.monotonic() - began < 4
    assert (status, states) == ("failed", ["failed", "failed", "ok", "ok", "ok"])
    assert details[0].startswith("The database does not answer:")
    assert "secret-word" not in "".join(details)


def test_a_migration_that_is_missing(monkeypatch):
    more = readiness.required() | {("bookings", "9998_later"), ("bookings", "9999_latest")}
    monkeypatch.setattr(readiness, "required", lambda: more)
    status, states, details = ask(status=503)
    assert (status, states[:2]) == ("failed", ["ok", "failed"])
    assert details[1] == "2 migrations are not applied (bookings.9998_later): run manage.py migrate."


def test_an_empty_database(monkeypatch):
    params = connection.get_connection_params() | {"dbname": "template1"}
    monkeypatch.setattr(connection, "get_connection_params", lambda: params)
    assert ask(status=503)[1][:2] == ["ok", "failed"]


def test_what_is_required_is_what_django_finds():
    assert readiness.required() == set(MigrationLoader(None).disk_migrations)
