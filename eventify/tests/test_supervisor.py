"""How bin/serve ends; that it starts and survives kills is in test_serve.py."""

import subprocess
import sys

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
