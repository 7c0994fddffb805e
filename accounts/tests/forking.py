"""A process that has loaded Eventify and done nothing yet: what runs in a fork of it has not to be loaded first.

`python -m accounts.tests.forking` reads a line of JSON for each run (see `_run`), and writes the run's exit code.
"""

import gc
import importlib
import json
import os
import runpy
import signal
import subprocess
import sys
import traceback
from pathlib import Path

import django
from django.conf import Settings, settings
from django.urls import get_resolver

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 90  # seconds that a run may take; then it is ended (-14)


class Loaded:
    """Such a process, seen from the tests. It ends with the process that started it."""

    def __init__(self, environment: dict[str, str]):
        command = [sys.executable, "-m", "accounts.tests.forking"]
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def run(self, module: str, words: list[str], environment: dict[str, str], log: Path) -> int:
        """Run the module as `python -m` does, with this besides the environment; returns its exit code (-9: killed)."""
        asked = {"module": module, "words": words, "environment": environment, "log": str(log)}
        print(json.dumps(asked), file=self.process.stdin, flush=True)
        return int(self.process.stdout.readline())


def serve() -> None:
    """Answer until nobody asks any more."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "eventify.settings")
    django.setup()
    assert get_resolver().url_patterns  # which loads every view
    for line in sys.stdin:
        asked = json.loads(line)
        importlib.import_module(asked["module"])  # and what it imports; it does nothing unless it is __main__
        gc.freeze()
        pid = os.fork()
        if pid == 0:
            _run(**asked)
        _pid, status = os.waitpid(pid, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def _run(module: str, words: list[str], environment: dict[str, str], log: str) -> None:
    """The fork's whole life; what it says goes to the file `log`."""
    status = 1
    signal.alarm(PATIENCE)
    try:
        said = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(said, sys.stdout.fileno())
        os.dup2(said, sys.stderr.fileno())
        os.environ.update(environment)
        _read_settings_again()
        sys.argv = [module, *words]
        runpy.run_path(sys.modules[module].__file__, run_name="__main__")
        status = 0
    finally:  # whatever happens, a fork must not go on as a second one that answers
        if status:
            traceback.print_exc()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _read_settings_again() -> None:
    """They follow from the environment, which is this run's now."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "eventify" and ".settings" in name]:
        del sys.modules[name]
    settings._wrapped = Settings(os.environ["DJANGO_SETTINGS_MODULE"])


if __name__ == "__main__":
    serve()
