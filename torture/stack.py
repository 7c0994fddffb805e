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
from pathlib import Path

import redis
from django.conf import settings
from django.db import connections

from bench.stack import ROOT, free_port, stop, wait_for
from bench.usage import family
from eventify.embedded import die_with_parent
from eventify.home import Home
from eventify.lib import heartbeats, queues
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
IDLE_SECONDS = 900  # in which a worker must have done what a trial left
STALE_SECONDS = 1.2  # that /readyz may still tell what was true before


class Stack:
    """One copy in a home; `base` is its address. Started again with other guards it has the same rows."""

    def __init__(self, environment: dict[str, str]):
        self.environment, self.process, self.told = environment, None, {}
        self.base, self.home = f"http://127.0.0.1:{environment['PORT']}", Home(environment["EVENTIFY_HOME"])
        self.kills: Counter[str] = Counter()  # by kind
        self._hurt_at = 0.0

    def start(self, failpoints: str = "", can_go_wrong: bool = False, **settings: str) -> None:
        """Start it and wait until it is well; `can_go_wrong`: it looks before each request and task what to leave."""
        self.wrong.write_text("")
        self.told = {WRONG: str(self.wrong) if can_go_wrong else "", **self._failpoints(failpoints), **settings}
        environment = {**os.environ, **self.environment, **self.told}
        command = [sys.executable, "-m", "torture.serve"]
        with (self.home.path / "output").open("ab") as output:
            self.process = subprocess.Popen(
                command,
                cwd=ROOT,
                stdout=output,
                stderr=output,
                env=environment,
                preexec_fn=die_with_parent(signal.SIGTERM),
            )
        try:
            wait_for(f"{self.base}/healthz", self.process)
        except SystemExit:
            sys.exit(self._last_words())
        self.wait_until_well()

    def _failpoints(self, names: str = "") -> dict[str, str]:
        return {FAILPOINTS: names or f"@{self.armed}"}

    def _last_words(self) -> str:
        """The ends of the logs, which go with the home."""
        files = [self.home.path / "output", *sorted(self.home.logs.glob("*.log"))]
        return "\n".join(f"--- {one.name}\n{one.read_text(errors='replace')[-1500:]}" for one in files)

    def stop(self) -> None:
        """As Ctrl-C does."""
        connections.close_all()
        stop(self.process)

    def restart(self, failpoints: str = "", can_go_wrong: bool = False, **settings: str) -> None:
        """Stop it and start it otherwise, on the same rows."""
        self.stop()
        self.start(failpoints, can_go_wrong, **settings)

    def have(self, **settings: str) -> None:
        """Be a stack with exactly these settings and all guards; start again only when it is another one."""
        if self.told != {WRONG: "", **self._failpoints(), **settings}:
            self.restart(**settings)

    def go_wrong(self, names: str, **settings: str) -> None:
        """As `have`, but without these guards (torture.wrongs, comma separated) from the next request and task on."""
        if self.told != {WRONG: str(self.wrong), **self._failpoints(), **settings}:
            self.restart(can_go_wrong=True, **settings)
        self.wrong.write_text(names)

    @property
    def wrong(self) -> Path:
        """The file that names the guards that are switched off."""
        return self.home.path / "wrong"

    @property
    def armed(self) -> Path:
        """The file that names a fail-point; the process that dies there takes it away, so one dies, once."""
        return self.home.path / "failpoint"

    def arm(self, failpoint: str) -> None:
        """Let the next process that reaches this fail-point die there."""
        beside = self.armed.with_suffix(".new")
        beside.write_text(failpoint)
        beside.chmod(0o644)
        beside.replace(self.armed)

    def disarm(self) -> bool:
        """Whether somebody died at the fail-point that was armed; nobody will any more."""
        has_died = not self.armed.exists()
        self.armed.unlink(missing_ok=True)
        return has_died

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
        self._hurt_at = time.monotonic()
        if alive[which] == alive[0]:
            self._forget_sign(kind)
        return True

    def _forget_sign(self, kind: str) -> None:
        """Worker and beat are well only when they have given a sign of life after this."""
        signs = {"worker": map(heartbeats.of_queue, settings.QUEUES), "beat": ["beat"]}
        if kind in signs:
            with contextlib.suppress(redis.RedisError):
                heartbeats.forget(*signs[kind])

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
        time.sleep(max(0.0, self._hurt_at + STALE_SECONDS - time.monotonic()))
        while not self.is_well():
            if time.monotonic() > deadline:
                raise RuntimeError(f"not well after {seconds} s:\n{self._last_words()}")
            time.sleep(0.2)
        connections.close_all()  # ours may have gone with the database

    def wait_until_idle(self, seconds: float = IDLE_SECONDS) -> None:
        """Return when the worker has taken everything that was queued; RuntimeError after so many seconds."""
        deadline = time.monotonic() + seconds
        while any(left != 0 for left in queues.lengths().values()):  # what is unknown is not 0 either
            if time.monotonic() > deadline:
                raise RuntimeError(f"the queues are not empty after {seconds} s:\n{self._last_words()}")
            time.sleep(0.5)


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
    # Partners are paid at once, and few tickets are mailed, for drawing their PDFs would take the processor from all.
    own |= {"EVENTIFY_SETTLEMENT_DAYS": "0", "EVENTIFY_MAILS_PER_SECOND": "1"}
    return {**own, "DEMO": "on", "EVENTIFY_SEED": "none", "EVENTIFY_RATE_LIMITS": "off"}
