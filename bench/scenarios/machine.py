"""The whole of it: memory after work, and how long it takes to start."""

import os
import shutil
import subprocess
import tempfile
from contextlib import ExitStack, suppress
from pathlib import Path

from bench import stack, usage
from bench.load import run
from bench.scenario import Goal, Scenario
from bench.scenarios.public import Home


class Memory(Home):
    """Of a fresh stack whose home page is read, so that every worker has worked. MB are proportional set size.

    It runs from a copy of the checkout and of its packages: programs and libraries that another stack has loaded too,
    as the one of the other scenarios has, would count by half. What a stack holds after bookings, with the buffers of
    the database full, is the column MB of their rows.
    """

    name, title = "memory", "Memory of the web server and of everything that bin/serve starts, while pages are read"
    goals = (Goal("web_mb", 140, 120, at_most=True), Goal("memory_mb", 400, 330, at_most=True))

    def prepare(self):
        self.running = ExitStack()
        root = Path(self.running.enter_context(tempfile.TemporaryDirectory(prefix="eventify-bench-")))
        root.chmod(0o755)
        _copy(root)
        shutil.copytree(stack.ROOT / ".venv", root / ".venv", symlinks=True, copy_function=_copied)
        self.copy = self.running.enter_context(stack.another(root))
        stack.wait_for(f"{self.copy.base}/readyz?strict=1")  # worker and beat as well

    def round(self):
        result = run(self.copy.base, self.ask, clients=self._clients, seconds=self._seconds)
        self.count_failed(result)
        held = usage.memory(self.copy.pid)
        self.note(per_second=result.per_second, memory_mb=sum(held.values()))
        self.note(**{f"{kind}_mb": megabytes for kind, megabytes in held.items()})

    def close(self):
        self.running.close()


class WarmStart(Scenario):
    """From the command to the first answer, in a home that has been used."""

    name, title = "warm", "bin/serve in a home that exists, until it answers"
    goals = (Goal("seconds", 3, 1.5, at_most=True),)

    def __init__(self, world):
        super().__init__(world)
        self.home = Path(tempfile.mkdtemp(prefix="eventify-bench-"))

    def prepare(self):
        self.home.chmod(0o755)
        (self.home / stack.MARK).touch()
        self._start()

    def _start(self) -> float:
        settings = {**self.world.stack.environment, "EVENTIFY_HOME": str(self.home), "PORT": str(stack.free_port())}
        with stack.serving(settings) as made:
            return made.seconds

    def round(self):
        self.note(seconds=self._start())

    def close(self):
        shutil.rmtree(self.home)


class ColdStart(Scenario):
    """A fresh copy of the project: pip installs everything (from its cache, or over the network), then it starts."""

    name, title = "cold", "bin/serve in a fresh copy, with pip, until it answers"
    goals = (Goal("seconds", 40, 25, at_most=True),)
    is_usual = False

    def round(self):
        with tempfile.TemporaryDirectory(prefix="eventify-bench-") as folder:
            Path(folder).chmod(0o755)
            copy, home = Path(folder) / "copy", Path(folder) / "home"
            _copy(copy)
            settings = {**self.world.stack.environment, "EVENTIFY_HOME": str(home), "PORT": str(stack.free_port())}
            with stack.serving(settings, root=copy) as made:
                self.note(seconds=made.seconds)


def _copy(there: Path) -> None:
    """What git would put into a clone if everything were committed."""
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=stack.ROOT, capture_output=True, check=True, text=True).stdout
    for name in filter(None, names.split("\0")):
        if (stack.ROOT / name).is_file():
            (there / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(stack.ROOT / name, there / name)


def _copied(source: str, there: str) -> None:
    """A copy of what is mapped into memory, a link to the rest."""
    is_mapped = ".so" in Path(source).name or os.access(source, os.X_OK)
    if not is_mapped:
        with suppress(OSError):  # another file system
            os.link(source, there)
            return
    shutil.copy2(source, there)


SCENARIOS = (Memory, WarmStart, ColdStart)
