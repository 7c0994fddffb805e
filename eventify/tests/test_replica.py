"""What may lag is read from a real standby that follows the test's PostgreSQL; all else, and all without it, is not."""

import os
import subprocess
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import OperationalError, connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from accounts.factories import UserFactory
from accounts.models import User
from eventify import embedded
from eventify.contracts.evently.tests.calling import Caller
from eventify.environment import database
from eventify.home import Home
from eventify.lib import replica
from events.factories import EventFactory

pytestmark = pytest.mark.django_db(transaction=True)
SECONDS = 60


class Standby(embedded.Postgres):
    """A copy that receives what its primary writes."""

    def __init__(self, home, sockets):
        super().__init__(home, durable=False)
        self.sockets = sockets

    def _initdb(self, folder):
        command = [self.programs / "pg_basebackup", "-D", folder, "-h", self.sockets, "-U", embedded.ROLE]
        command += ["--write-recovery-conf", "--no-sync", "--checkpoint=fast"]
        subprocess.run(command, check=True, cwd=folder, env={"PATH": os.defpath}, **embedded.as_account(self.account))


@pytest.fixture(scope="module")
def standby(tmp_path_factory, django_db_setup, django_db_blocker):
    home = Home(tmp_path_factory.mktemp("standby") / "home").make()
    server = Standby(home, parse_qs(urlsplit(os.environ["DATABASE_URL"]).query)["host"][0])
    server.spawn()
    embedded.Server.wait(server, SECONDS)
    yield server
    server.stop()


@pytest.fixture
def followed(standby, settings, monkeypatch):
    """Django knows the standby, and nobody has looked at it yet."""
    url = f"postgresql:///{connection.settings_dict['NAME']}?host={standby.home.sockets}&user={embedded.ROLE}"
    own = database(url, prepares=True)
    connections.settings[replica.ALIAS] = connections.configure_settings({"default": own})["default"]
    settings.DATABASE_ROUTERS = ["eventify.lib.replica.Router"]
    copy = connections[replica.ALIAS]

    def connect():
        """Django's tests forbid databases that the settings do not know."""
        if copy.connection is None:
            with copy.wrap_database_errors:
                copy.connect()

    monkeypatch.setattr(copy, "ensure_connection", connect)
    replica._seen = replica._Seen()
    yield
    connections[replica.ALIAS].close()
    del connections[replica.ALIAS], connections.settings[replica.ALIAS]
    replica._seen = replica._Seen()


def write_out():
    """Until what is committed is written: this PostgreSQL keeps it in memory for a while, to be quick."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = on")
        cursor.execute("SELECT pg_logical_emit_message(true, 'eventify', '')")


def catch_up():
    """Until the standby has all that is committed, and a look has seen it."""
    write_out()
    end = replica._ask("default", "SELECT pg_current_wal_flush_lsn()::text")
    has_all = "SELECT pg_last_wal_replay_lsn() >= %s::pg_lsn"
    assert embedded.wait_until(lambda: replica._ask(replica.ALIAS, has_all, end), SECONDS)
    replica._seen = replica._look(replica._look(replica._Seen()))
    assert replica.serves()


def where():
    """Which of the two answers a query of the ORM."""
    [found] = User.objects.raw("SELECT 0 AS id, pg_is_in_recovery() AS is_copy")
    return "standby" if found.is_copy else "primary"


def test_what_may_lag_reads_the_standby_and_nothing_else_does(followed):
    catch_up()
    assert (where(), replica.may_lag(where)(), where()) == ("primary", "standby", "primary")
    found = replica.may_lag(lambda: UserFactory())()  # it writes, which a standby cannot
    assert User.objects.filter(pk=found.pk).exists()


def test_a_list_comes_from_the_standby_with_what_it_has(followed):
    event = EventFactory(state="published")
    catch_up()
    with CaptureQueriesContext(connections[replica.ALIAS]) as copied:
        listed = Caller().get("/events").json()["items"]
    assert [one["id"] for one in listed] == [event.pk]
    assert len(copied) == 1


def test_without_one_that_keeps_up_the_database_is_read(followed):
    catch_up()
    replica._ask(replica.ALIAS, "SELECT pg_wal_replay_pause()")
    state = "SELECT pg_get_wal_replay_pause_state()"
    assert embedded.wait_until(lambda: replica._ask(replica.ALIAS, state) == "paused", SECONDS)
    try:
        UserFactory()
        write_out()
        assert replica.serves()  # it was seen to be well a moment ago
        replica._seen = replica._look(replica._look(replica._seen))
        assert not replica.serves() and replica.may_lag(where)() == "primary"
    finally:
        replica._ask(replica.ALIAS, "SELECT pg_wal_replay_resume()")


def test_a_look_of_long_ago_says_nothing(followed):
    catch_up()
    old = replica._seen._replace(at=replica._seen.at - 3 * replica.EVERY)
    assert not replica._look(old).serves


def test_a_query_that_the_standby_breaks_off_is_asked_again(followed, caplog):
    catch_up()
    asked = []

    def read():
        asked.append(where())
        if asked == ["standby"]:
            raise OperationalError("canceling statement due to conflict with recovery")
        return asked[-1]

    assert replica.may_lag(read)() == "primary"
    assert asked == ["standby", "primary"] and "the replica broke off" in caplog.text
    assert replica.may_lag(where)() == "primary"  # for a while nobody asks it


def test_a_standby_that_is_away_costs_nobody_an_answer(followed, caplog):
    catch_up()
    connections[replica.ALIAS].close()
    connections[replica.ALIAS].settings_dict["HOST"] = "/nowhere"
    assert replica.may_lag(where)() == "primary"
    replica._seen = replica._look(replica._seen._replace(end="0/0"))
    assert "the replica" in caplog.text and not replica.serves()


def test_without_a_replica_nothing_is_asked(django_assert_num_queries):
    with django_assert_num_queries(1):
        assert replica.may_lag(where)() == "primary"
