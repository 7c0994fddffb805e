"""How bin/serve ends; that it starts and survives kills is in test_serve.py."""

import subprocess
import sys

import pytest

from eventify import supervisor
from eventify.embedded import EmbeddedError, Redis
from eventify.home import Home
from eventify.mode import ROOT

SWALLOWED = """
import os, signal
from eventify import supervisor

class Quiet(supervisor.Supervisor):
    def __init__(self): self.turns = 0
    def start(self): os.register_at_fork(before=lambda: os.kill(os.getpid(), signal.SIGTERM))
    def stop(self): print("in order", self.turns)
    def watch(self):
        self.turns += 1
        if os.fork() == 0: os._exit(0)

signal.signal(signal.SIGTERM, supervisor.raise_stop)
try:
    Quiet().run()
except supervisor.Stop:
    print("stopped")
"""


def test_a_signal_that_arrives_in_a_fork_hook_is_not_lost():
    done = subprocess.run([sys.executable, "-c", SWALLOWED], cwd=ROOT, capture_output=True, text=True, timeout=30)
    assert "Exception ignored" in done.stderr  # Python has swallowed what the handler raised
    assert done.stdout.split("\n")[:2] == ["in order 1", "stopped"]


class KilledWhileStarting(Redis):
    """Redis, killed while it starts, so many times."""

    kills = 0

    def command(self):
        self.kills -= 1
        return super().command() if self.kills < 0 else ["sh", "-c", "kill -9 $$"]


@pytest.fixture
def server(tmp_path):
    server = KilledWhileStarting(Home(tmp_path / "home").make())
    server.spawn()
    server.wait()
    yield server
    server.stop()
    server.home.remove()


def test_a_service_that_is_killed_again_while_it_starts_is_started_once_more(server):
    server.process.kill()
    server.process.wait()
    server.kills = 2
    supervisor.start_again(server)
    assert server.is_ready()


def test_a_service_that_never_starts_ends_everything(server):
    server.process.kill()
    server.process.wait()
    server.kills = supervisor.SERVER_TRIES
    with pytest.raises(EmbeddedError, match="redis did not start"):
        supervisor.start_again(server)
