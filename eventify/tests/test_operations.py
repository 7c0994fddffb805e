"""A running copy as an operator sees it: /readyz, the doctor, the request's id in the worker, and stopping in peace."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from celery import Celery

from eventify.embedded import Redis, wait_until
from eventify.environment import broker
from eventify.tests.test_serve import ROOT, START_SECONDS, Copy, kill

SECONDS = START_SECONDS
HELD = 2  # seconds that what is slow goes on after it was told to stop


class Site(Copy):
    """A copy with the small world, and what an operator asks of it."""

    def launch(self, **changes):
        return super().launch(**{"EVENTIFY_SEED": "basic", "LOG_FORMAT": "json", "DEMO": "on"} | changes)

    def ask(self, path, body=None, **headers):
        """Status, answer and headers of a request."""
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data, headers)
        request.add_header("Content-Type", "application/json")
        try:
            with urllib.request.urlopen(request, timeout=SECONDS) as answer:
                return answer.status, json.load(answer), answer.headers
        except urllib.error.HTTPError as error:
            return error.code, json.load(error), error.headers

    def ready(self):
        """The status of /readyz, the body's, and the names of what is not well."""
        time.sleep(1.1)  # each process keeps what it saw for a second
        status, body, _headers = self.ask("/readyz")
        return status, body["status"], [name for name, check in body["checks"].items() if check["status"] != "ok"]

    def manage(self, *arguments):
        environment = {"PATH": os.environ["PATH"], "EVENTIFY_ENV_FILE": os.devnull, "DEMO": "on"}
        environment["EVENTIFY_HOME"] = str(self.home.path)
        command = [sys.executable, "manage.py", *arguments]
        return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)

    def log(self, name):
        """What a process has logged: JSON lines."""
        lines = (self.home.path / "logs" / f"{name}.log").read_text().splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]

    def pids(self, module):
        """Our processes that run this module, the one that was started first."""
        done = subprocess.run(["pgrep", "-f", "--", f"-m {module}( |$)"], capture_output=True, text=True)
        return sorted(set(self.processes()) & set(map(int, done.stdout.split())))

    def sql(self):
        return psycopg.connect(self.home.database_url)

    def queue(self, task):
        """Send a task as beat does."""
        app = Celery(broker=broker(self.home.redis_url), set_as_current=False)
        return app.send_task(task, queue="bulk", ignore_result=True).id


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    site = Site(tmp_path_factory.mktemp("operations") / "home")
    site.start()
    yield site
    if site.process.poll() is None:
        site.kill_everything()
    site.home.remove()


@pytest.fixture
def token(site):
    """A new account's."""
    mail = f"{time.monotonic_ns()}@example.com"
    assert site.post("/auth/signup", name="Ada", email=mail, password="root")[0] in (200, 201)
    return site.post("/auth/login", email=mail, password="root")[1]["access_token"]


@contextlib.contextmanager
def locked(site, statement):
    """Whoever wants what this statement locks waits until the end."""
    with site.sql() as connection:
        connection.execute("SET lock_timeout = '10s'")
        connection.execute(statement)
        yield


def waiting(site):
    """How many sessions wait for a lock."""
    with site.sql() as connection:
        query = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        return connection.execute(query).fetchone()[0]


def test_readyz_tells_what_is_dead_and_that_it_came_back(site):
    assert wait_until(lambda: site.ready() == (200, "ok", []), SECONDS), site.ask("/readyz")
    os.kill(site.process.pid, signal.SIGSTOP)  # nobody restarts anything
    try:
        for pid in Redis(site.home).leftovers():
            kill(pid)
        began = time.monotonic()
        assert site.ready() == (200, "warning", ["redis", "worker", "beat"])
        assert site.ask("/readyz?strict=1")[0] == 503
        assert time.monotonic() - began < 5
    finally:
        os.kill(site.process.pid, signal.SIGCONT)
    assert wait_until(lambda: site.ready() == (200, "ok", []), SECONDS), site.ask("/readyz")


def test_readyz_without_the_database(site):
    with site.sql() as connection:
        connection.execute("INSERT INTO django_migrations (app, name, applied) VALUES ('accounts', '9999_x', now())")
        connection.execute("DELETE FROM django_migrations WHERE app = 'analytics' AND name = '0001_tally'")
        connection.commit()
        try:
            assert site.ready() == (503, "failed", ["migrations"])
        finally:
            connection.execute("DELETE FROM django_migrations WHERE name = '9999_x'")
            connection.execute(
                "INSERT INTO django_migrations (app, name, applied) VALUES ('analytics', '0001_tally', now())"
            )
            connection.commit()
    assert site.ready() == (200, "ok", [])


def test_the_doctor_finds_all_well(site):
    done = site.manage("doctor", "--wait", str(SECONDS))
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    names = ("database", "migrations", "redis", "mail", "job", "beat", "media", "documents", "backup", "restore")
    assert [line.split()[:2] for line in lines[:-1]] == [["green", name] for name in names]
    assert lines[-1] == "All 10 checks are green."
    assert "was written to" in done.stdout and "and fsck finds nothing wrong" in done.stdout
    with site.sql() as connection:
        assert connection.execute("SELECT datname FROM pg_database WHERE datname LIKE '%doctor%'").fetchall() == []


def test_the_requests_id_is_in_the_workers_log(site):
    body = {"name": "Ada", "email": "id@example.com", "password": "root"}
    status, _body, headers = site.ask("/auth/signup", body, **{"X-Request-ID": "from-the-front-7"})
    assert (status in (200, 201), headers["X-Request-Id"]) == (True, "from-the-front-7")

    def mail_was_sent():
        told = [line["message"] for line in site.log("worker") if line["request_id"] == "from-the-front-7"]
        return any("accounts.tasks.send_pending_mail" in message and "succeeded" in message for message in told)

    assert wait_until(mail_was_sent, SECONDS)


def book(site, token):
    """Book a place of the first event that has one for nothing."""
    events = site.ask("/events")[1]
    events = events["items"] if isinstance(events, dict) else events
    for event in events:
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": f"slow-{event['id']}"}
        status, answer, _headers = site.ask(f"/events/{event['id']}/book", {"qty": 1}, **headers)
        if status in (200, 201):
            return status, answer["status"]
    return status, answer


def told_to_stop(site, pid, token):
    """A booking that waits for a lock, a TERM while it waits, and what the buyer is answered."""
    with ThreadPoolExecutor(1) as pool:
        with locked(site, "SELECT 1 FROM events_event FOR UPDATE"):
            answer = pool.submit(book, site, token)
            assert wait_until(lambda: waiting(site) >= 1, SECONDS)
            os.kill(pid, signal.SIGTERM)
            time.sleep(HELD)
            assert not answer.done()
        return answer.result(SECONDS)


def test_a_web_server_that_is_told_to_stop_answers_first(site, token):
    """The supervisor then starts another."""
    before = site.pids("eventify.web")
    assert told_to_stop(site, before[0], token)[0] in (200, 201)
    assert wait_until(lambda: site.is_healthy() and before[0] not in site.pids("eventify.web"), SECONDS)


def test_a_worker_that_is_told_to_stop_finishes_its_task(site):
    [worker, *_children] = site.pids("eventify.worker")
    finishes_its_task(site, worker)
    assert wait_until(lambda: worker not in site.pids("eventify.worker"), SECONDS)
    assert wait_until(lambda: site.pids("eventify.worker"), SECONDS)


def finishes_its_task(site, pid):
    before = waiting(site)
    with locked(site, "LOCK TABLE accounts_session IN ACCESS EXCLUSIVE MODE"):
        task = site.queue("accounts.tasks.forget_expired_tokens")
        assert wait_until(lambda: waiting(site) > before, SECONDS)
        os.kill(pid, signal.SIGTERM)
        time.sleep(HELD)
        assert not any("succeeded" in message for message in messages(site, task))
    assert wait_until(lambda: any("succeeded" in message for message in messages(site, task)), SECONDS)
    time.sleep(1)
    assert sum("succeeded" in message for message in messages(site, task)) == 1


def has_a_worker(site):
    """Wait for the worker that takes the place of one that has ended."""
    task = site.queue("accounts.tasks.forget_expired_tokens")
    assert wait_until(lambda: any("succeeded" in message for message in messages(site, task)), SECONDS)


def messages(site, task):
    return [line["message"] for line in site.log("worker") if task in line["message"]]


def test_everything_stops_in_peace(site, token):
    """Last: the whole copy, with a request and a task under way."""
    has_a_worker(site)
    with ThreadPoolExecutor(1) as pool:
        with locked(site, "SELECT 1 FROM events_event FOR UPDATE"):
            answer = pool.submit(book, site, token)
            assert wait_until(lambda: waiting(site) >= 1, SECONDS)
            finishes_its_task(site, site.process.pid)
            assert not answer.done()
        assert answer.result(SECONDS)[0] in (200, 201)
    assert site.process.wait(SECONDS) == 0
    assert site.processes() == []
    assert "eventify: stopped" in site.output.read_text()
    assert "Traceback" not in (site.home.path / "logs" / "web.log").read_text()
