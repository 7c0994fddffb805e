"""A running copy of the platform that may be hurt: processes by kind, kill -9, waiting until it is well again."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator

from django.db import connections

from bench.stack import ROOT, free_port, stop, wait_for
from bench.usage import family
from eventify.home import Home
from eventify.lib.failpoints import VARIABLE as FAILPOINTS
from torture.serve import DATABASE, WRONG

KINDS = {
    "torture.web": "web",
    "torture.worker": "worker",
    "eventify.clock": "beat",
    "postgres": "postgres",
    "redis": "redis",
}
WELL_SECONDS = 90  # in which what was killed must be back


class Stack:
    """One copy in a home; `base` is its address. Started again with other guards it has the same rows."""

    def __init__(self, environment: dict[str, str]):
        self.environment, self.process = environment, None
        self.base, self.home = f"http://127.0.0.1:{environment['PORT']}", Home(environment["EVENTIFY_HOME"])
        self.kills: Counter[str] = Counter()  # by kind

    def start(self, wrong: str = "", failpoints: str = "", **settings: str) -> None:
        """Start it and wait until it is well. `wrong` names guards to switch off (torture.wrongs), comma separated."""
        environment = {**os.environ, **self.environment, WRONG: wrong, FAILPOINTS: failpoints, **settings}
        command = [sys.executable, "-m", "torture.serve"]
        with (self.home.path / "output").open("ab") as output:
            self.process = subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=output, env=environment)
        wait_for(f"{self.base}/healthz", self.process)
        self.wait_until_well()

    def stop(self) -> None:
        """As Ctrl-C does."""
        connections.close_all()
        stop(self.process)

    def restart(self, wrong: str = "", failpoints: str = "", **settings: str) -> None:
        """Stop it and start it otherwise, on the same rows."""
        self.stop()
        self.start(wrong, failpoints, **settings)

    def processes(self, kind: str) -> list[int]:
        """The ids of the processes of a kind (a value of KINDS), the oldest first."""
        return sorted(pid for pid, what in family(self.process.pid, KINDS).items() if what == kind)

    def kill(self, kind: str, which: int = 0) -> bool:
        """kill -9 one process of this kind (0: the first, -1: the last started). False when there is none now."""
        alive = self.processes(kind)
        if not alive:
            return False
        with contextlib.suppress(ProcessLookupError):
            os.kill(alive[which], signal.SIGKILL)
            self.kills[kind] += 1
        return True

    def is_well(self) -> bool:
        """Whether /readyz finds database, Redis, worker and beat well."""
        try:
            with urllib.request.urlopen(f"{self.base}/readyz?strict=1", timeout=5) as answer:
                return json.load(answer)["status"] == "ok"
        except (OSError, ValueError):
            return False

    def wait_until_well(self, seconds: float = WELL_SECONDS) -> None:
        """Return when everything is back; RuntimeError after so many seconds."""
        deadline = time.monotonic() + seconds
        while not self.is_well():
            if time.monotonic() > deadline:
                raise RuntimeError(f"not well after {seconds} s: see {self.home.logs}")
            time.sleep(0.2)
        connections.close_all()  # ours may have gone with the database


@contextlib.contextmanager
def home() -> Iterator[Stack]:
    """A copy that is not started yet, in a new home; stopped and removed at the end. This process becomes one of it."""
    with tempfile.TemporaryDirectory(prefix="eventify-torture-") as path:
        os.chmod(path, 0o755)  # PostgreSQL runs as another user when we are root
        stack = Stack(_environment(path))
        os.environ.update(stack.environment)
        try:
            yield stack
        finally:
            if stack.process is not None:
                stack.stop()
            stack.home.remove()


def _environment(path: str) -> dict[str, str]:
    place, port = Home(path), str(free_port())
    place.database = DATABASE
    own = {"DJANGO_SETTINGS_MODULE": "eventify.settings", "EVENTIFY_HOME": path, "PORT": port}
    own |= {"DATABASE_URL": place.database_url, "SITE_URL": f"http://127.0.0.1:{port}", "EVENTIFY_ENV_FILE": os.devnull}
    return {**own, "DEMO": "on", "EVENTIFY_SEED": "none", "EVENTIFY_RATE_LIMITS": "off"}
