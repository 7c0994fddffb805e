"""Who loads, forks and looks after the web server's workers; a small application stands for ours."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path
from types import SimpleNamespace

import pytest

from eventify.embedded import wait_until

SECONDS = 30
SMALL = """
import os, pathlib
from eventify import web

LOADED = []

def load():
    if pathlib.Path("broken").exists():
        raise RuntimeError("broken on purpose")
    LOADED.append(os.getpid())

def application(environ, start):
    start("200 OK", [])
    return [f"{os.getpid()} {os.getppid()} {LOADED[0]}".encode()]

if __name__ == "__main__":
    web.Worker.load = "small"
    web.serve()
"""


@pytest.fixture
def place(tmp_path):
    (tmp_path / "small.py").write_text(SMALL)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return SimpleNamespace(path=tmp_path, port=probe.getsockname()[1])


@contextlib.contextmanager
def started(place):
    """The server with two workers; whatever it becomes, nothing of it is left."""
    options = ["--interface", "wsgi", "--port", str(place.port), "--workers", "2", "--blocking-threads", "1"]
    command = [sys.executable, "small.py", *options, "--respawn-failed-workers", "small:application"]
    environment = {**os.environ, "PYTHONPATH": f"{place.path}:{Path.cwd()}"}
    with open(place.path / "log", "wb") as log:
        process = subprocess.Popen(
            command, cwd=place.path, env=environment, stdout=log, stderr=log, start_new_session=True
        )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def answer(place):
    """Who answered: its pid, its parent's, and that of the process that loaded what it runs; None while nobody does."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{place.port}/", timeout=5) as response:
            return tuple(int(number) for number in response.read().split())
    except OSError:
        return None


def both(place):
    """The answers of two workers, by pid."""
    seen = {}

    def are_two():
        seen.update({it[0]: it for it in [answer(place)] if it})
        return len(seen) == 2

    assert wait_until(are_two, SECONDS), (place.path / "log").read_text()
    return seen


def children(pid):
    return {int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}


def test_workers_share_what_was_loaded_once_and_nobody_keeps_a_copy(place):
    with started(place) as server:
        workers = both(place)
        loaders = {loader for _pid, _parent, loader in workers.values()}
        assert len(loaders) == 1 and not loaders & {server.pid, *workers}
        assert not Path(f"/proc/{loaders.pop()}").exists()
        assert {parent for _pid, parent, _loader in workers.values()} == {server.pid}
        assert children(server.pid) == set(workers)
        server.terminate()
        assert server.wait(SECONDS) == 0
        assert not any(Path(f"/proc/{pid}").exists() for pid in workers)


def test_who_takes_the_place_of_a_dead_worker_loads_anew_while_the_other_serves(place):
    with started(place) as server:
        old = both(place)
        killed, other = sorted(old)
        os.kill(killed, signal.SIGKILL)
        assert wait_until(lambda: len(children(server.pid) - {killed}) == 2, SECONDS)
        new = both(place)
        [fresh] = set(new) - {other}
        assert new[fresh][2] not in (old[other][2], server.pid) and new[fresh][1] == server.pid
        assert children(server.pid) == set(new)  # the dead one does not stay as a zombie


def test_what_cannot_be_loaded_is_said_and_ends_the_server(place):
    (place.path / "broken").touch()
    with started(place) as server:
        assert server.wait(SECONDS) == 1
    log = (place.path / "log").read_text()
    assert "broken on purpose" in log and "cannot be started" in log


def test_a_worker_that_cannot_be_replaced_ends_the_server_and_the_other_workers(place):
    """Whoever started it starts it again: half a server that looks whole would be worse."""
    with started(place) as server:
        workers = both(place)
        (place.path / "broken").touch()
        os.kill(min(workers), signal.SIGKILL)
        assert server.wait(SECONDS) == 1
        assert not Path(f"/proc/{max(workers)}").exists()
