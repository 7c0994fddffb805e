"""The embedded servers: durable across kill -9, private, side by side, never left behind."""

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
import redis

from eventify.embedded import EmbeddedError, Home, Postgres, Redis, Services, wait_until

ROOT = Path(__file__).resolve().parents[2]
START_AND_WAIT = """
import sys, time
from eventify.embedded import Home, Services
Services(Home(sys.argv[1])).start()
print("up", flush=True)
time.sleep(600)
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A home that the tests of this file share, as its cluster takes a second to make."""
    home = Home(tmp_path_factory.mktemp("home") / "eventify")
    yield home
    for server in (Redis(home), Postgres(home)):
        server.end_leftovers()
    home.remove()


def query(home, statement):
    with psycopg.connect(home.database_url, autocommit=True) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else None


def kill_all(services):
    """kill -9 for every process of the services, as a crash of the machine's kindest sort."""
    pids = [pid for server in services.servers for pid in server.leftovers()]
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):  # a helper of PostgreSQL may have ended by itself
            os.kill(pid, signal.SIGKILL)
    for server in services.servers:
        server.process.wait()
    return pids


def test_what_was_committed_survives_a_kill_of_everything(home):
    services = Services(home).start()
    query(home, "CREATE TABLE kept AS SELECT 42 AS answer")
    assert len(kill_all(services)) > 2
    with Services(home):
        assert query(home, "SELECT answer FROM kept") == [(42,)]
        assert redis.Redis.from_url(home.redis_url).ping() is True


def test_a_stale_pid_file_that_names_a_living_process_is_no_obstacle(home):
    with Services(home, redis=False):
        pass  # makes the cluster when this test runs alone
    home.make_sockets()
    (Postgres(home).data / "postmaster.pid").write_text(f"{os.getpid()}\n{home.path}\n")
    (home.sockets / ".s.PGSQL.5432.lock").write_text(f"{os.getpid()}\n")
    with Services(home, redis=False):
        assert query(home, "SELECT 1") == [(1,)]


def test_servers_end_when_their_supervisor_is_killed(home):
    command = [sys.executable, "-c", START_AND_WAIT, str(home.path)]
    supervisor = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert supervisor.stdout.readline() == "up\n"
    servers = (Redis(home), Postgres(home))
    assert all(server.leftovers() for server in servers)
    supervisor.kill()
    supervisor.wait()
    assert wait_until(lambda: not any(server.leftovers() for server in servers), 20)


def test_orphans_that_did_not_end_are_ended_by_the_next_start(home):
    orphans = Services(home).start()
    with Services(home) as services:
        assert all(server.process.poll() is not None for server in orphans.servers)
        assert query(home, "SELECT 1") == [(1,)]
        assert services.dead() == []


def test_postgresql_is_set_up_as_the_rules_need_it(home):
    names = ["timezone", "fsync", "full_page_writes", "synchronous_commit", "default_transaction_isolation"]
    with Services(home, redis=False):
        found = [query(home, f"SHOW {name}")[0][0] for name in [*names, "listen_addresses"]]
        extensions = "'btree_gist', 'citext', 'pg_trgm', 'unaccent'"
        available = query(home, f"SELECT count(*) FROM pg_available_extensions WHERE name IN ({extensions})")
    assert found == ["UTC", "on", "on", "on", "read committed", ""]
    assert available == [(4,)]


def test_two_homes_run_side_by_side_and_nothing_is_open_to_others(home, tmp_path):
    other = Home(tmp_path / ("a long name " * 15) / "home")
    try:
        with Services(home), Services(other, durable=False):
            assert redis.Redis.from_url(home.redis_url).set("whose", "mine") is True
            assert redis.Redis.from_url(other.redis_url).get("whose") is None
            assert query(other, "SELECT current_database()") == [("eventify",)]
            assert other.sockets.stat().st_mode & 0o777 == 0o700
            assert len(str(other.sockets / ".s.PGSQL.5432")) < 100
    finally:
        other.remove()


def test_a_killed_initdb_leaves_nothing_that_looks_like_a_cluster(tmp_path):
    home = Home(tmp_path / "home").make()
    (home.path / "postgres.new").mkdir()
    (home.path / "postgres.new" / "PG_VERSION").write_text("18\n")
    try:
        with Services(home, durable=False, redis=False):
            assert query(home, "SELECT 1") == [(1,)]
    finally:
        home.remove()


class Unreachable(Postgres):
    """As root finds it when the checkout lies under a folder that only root may enter."""

    def _may(self, path, test):
        return test != "-x" and super()._may(path, test)


def test_programs_out_of_reach_are_copied_once_and_work(tmp_path):
    home = Home(tmp_path / "home").make()
    server = Unreachable(home, durable=False)
    try:
        server.spawn()
        server.wait()
        copied = server.programs
        server.stop()
        server.prepare()
        assert server.programs == copied
        assert server.programs.is_relative_to("/var/tmp")
    finally:
        server.stop()
        home.remove()
    assert not copied.exists()


def test_one_home_has_one_user_at_a_time(tmp_path):
    home = Home(tmp_path).make()
    with home.lock(), pytest.raises(EmbeddedError, match=f"already runs with {tmp_path}: stop that copy first"):
        home.lock()
    home.lock().close()


def test_a_foreign_socket_folder_is_refused(tmp_path):
    home = Home(tmp_path)
    home.sockets.symlink_to(tmp_path)
    try:
        with pytest.raises(EmbeddedError, match="belongs to somebody else"):
            home.make_sockets()
    finally:
        home.sockets.unlink()


def test_the_secret_is_made_once_and_readable_by_its_owner_only(tmp_path):
    home = Home(tmp_path)
    assert home.read_secret() is None
    home.make_secret()
    secret = home.read_secret()
    home.make_secret()
    assert home.read_secret() == secret
    assert len(secret) == 64
    assert (tmp_path / "secret_key").stat().st_mode & 0o777 == 0o600


def test_a_server_that_cannot_start_says_why(tmp_path):
    home = Home(tmp_path / "home").make()
    (home.path / "redis").mkdir()
    (home.path / "redis" / "appendonly.aof").mkdir()
    with pytest.raises(EmbeddedError, match="redis did not start:\n(?s:.*)append-only file"):
        Services(home, postgres=False).start()
