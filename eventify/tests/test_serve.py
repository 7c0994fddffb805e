"""bin/serve as a person uses it: start, crash, start again, stop."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from eventify.embedded import Home, Postgres, Redis, wait_until
from eventify.supervisor import marked_processes

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 90  # on a busy machine with two cores


class Copy:
    """One copy of the platform in a home of its own."""

    patience = START_SECONDS

    def __init__(self, path):
        self.home = Home(path)
        self.output = path.parent / f"{path.name}.output"
        self.port = free_port()
        self.process = None

    def launch(self, **changes):
        environment = {"PATH": os.environ["PATH"], "EVENTIFY_ENV_FILE": os.devnull, "EVENTIFY_SEED": "none"}
        environment |= {"EVENTIFY_HOME": str(self.home.path), "PORT": str(self.port), "WEB_WORKERS": "1"} | changes
        with self.output.open("wb") as output:
            return subprocess.Popen([ROOT / "bin" / "serve"], env=environment, stdout=output, stderr=output)

    def start(self):
        self.process = self.launch()
        assert wait_until(lambda: self.said("Ctrl-C stops everything"), self.patience), self.output.read_text()

    def said(self, text):
        if self.process.poll() is not None:
            raise AssertionError(f"bin/serve ended with {self.process.returncode}: {self.output.read_text()}")
        return text in self.output.read_text()

    def post(self, path, **body):
        """Status and answer of a JSON request."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", json.dumps(body).encode())
        request.add_header("Content-Type", "application/json")
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    def is_healthy(self):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=5) as answer:
                return answer.status == 200
        except OSError:
            return False

    def processes(self):
        """Every process of this copy but the supervisor."""
        servers = Postgres(self.home).leftovers() + Redis(self.home).leftovers()
        return [pid for pid in marked_processes(self.home.path) if pid != self.process.pid] + servers

    def kill_everything(self):
        """kill -9: the supervisor first, so that it cannot tidy up."""
        pids = self.processes()
        self.process.kill()
        for pid in pids:
            kill(pid)
        self.process.wait()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def kill(pid):
    with contextlib.suppress(ProcessLookupError):  # its parent's end was quicker
        os.kill(pid, signal.SIGKILL)


@pytest.fixture
def copy(tmp_path):
    copy = Copy(tmp_path / "home")
    yield copy
    if copy.process and copy.process.poll() is None:
        copy.kill_everything()
    copy.home.remove()


def test_a_copy_survives_what_happens_to_it(copy, tmp_path):
    copy.start()
    assert copy.is_healthy()
    status, _ = copy.post("/auth/signup", name="Ada", email="ada@example.com", password="root")
    assert status in (200, 201)

    refuses_a_second_copy(copy)
    refuses_a_taken_port(copy, tmp_path)
    recovers_after_everything_was_killed(copy)
    restarts_what_dies(copy)
    stops_cleanly(copy)


def refuses_a_second_copy(copy):
    second = Copy(copy.home.path)
    second.output = copy.output.with_suffix(".second")
    assert second.launch().wait(60) == 1
    said = second.output.read_text()
    assert f"eventify: Eventify already runs with {copy.home.path}" in said
    assert "Traceback" not in said
    assert copy.is_healthy()


def refuses_a_taken_port(copy, tmp_path):
    other = Copy(tmp_path / "other")
    assert other.launch(PORT=str(copy.port)).wait(60) == 1
    assert f"cannot listen on 127.0.0.1:{copy.port}" in other.output.read_text()
    assert not Postgres(other.home).leftovers()


def recovers_after_everything_was_killed(copy):
    copy.kill_everything()
    copy.start()
    assert copy.is_healthy()
    status, answer = copy.post("/auth/login", email="ada@example.com", password="root")
    assert (status, "access_token" in answer) == (200, True)


def restarts_what_dies(copy):
    for server in (Redis(copy.home), Postgres(copy.home)):
        for pid in server.leftovers():
            kill(pid)
    for pid in marked_processes(copy.home.path):
        if pid != copy.process.pid:
            kill(pid)
    assert wait_until(lambda: not copy.is_healthy(), 10)
    assert wait_until(copy.is_healthy, START_SECONDS)
    assert wait_until(lambda: copy.post("/auth/login", email="ada@example.com", password="root")[0] == 200, 30)
    assert copy.process.poll() is None


def stops_cleanly(copy):
    copy.process.send_signal(signal.SIGTERM)
    assert copy.process.wait(30) == 0
    assert copy.processes() == []
    assert "eventify: stopped" in copy.output.read_text()
    assert "Traceback" not in copy.output.read_text()


def test_a_wrong_setting_is_one_sentence(copy):
    process = copy.launch(DEMO="on", LOG_LEVEL="loud")
    assert process.wait(60) == 1
    said = copy.output.read_text()
    assert "eventify: LOG_LEVEL must be one of debug, info, warning, error, critical, not 'loud'." in said
    assert "Traceback" not in said
    assert not Postgres(copy.home).leftovers()


def test_production_runs_on_services_that_are_given(copy):
    """The suite's own PostgreSQL and Redis stand in for external ones; the suite uses other databases of them."""
    secret = "k7Qm2vXc9RtY4uWz1NbP8sLd6FhJ3gAe5TiKoVxM"
    given = {name: os.environ[name] for name in ("DATABASE_URL", "REDIS_URL")}
    settings = {"SECRET_KEY": secret, "JWT_SECRET": secret, "ALLOWED_HOSTS": "tickets.example.com"}
    copy.process = copy.launch(**given, **settings)
    assert wait_until(lambda: copy.said("Ctrl-C stops everything"), START_SECONDS), copy.output.read_text()
    assert "admin123" not in copy.output.read_text()
    assert not Postgres(copy.home).leftovers() + Redis(copy.home).leftovers()
    copy.process.send_signal(signal.SIGINT)
    assert copy.process.wait(30) == 0
    assert copy.processes() == []
