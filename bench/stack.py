"""The real stack, as `bin/serve` starts it, in a home of its own; and the plain server beside it."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 180
STOP_SECONDS = 30
MARK = "made-by-bench"  # a home with this file may be written full


class Stack(NamedTuple):
    """A running copy of the platform."""

    base: str
    pid: int  # of the supervisor: everything else descends from it
    environment: dict[str, str]
    seconds: float  # from the command to the first answer


@contextlib.contextmanager
def running(home: Path | None = None, **settings: str) -> Iterator[str]:
    """Start the stack for this process: its environment becomes ours. Yields its base URL; see `started`."""
    with started(home, **settings) as stack:
        yield stack.base


@contextlib.contextmanager
def started(home: Path | None = None, **settings: str) -> Iterator[Stack]:
    """Start the stack without rate limits, and make its environment ours, so that our models are its.

    Without `home` it is a new one that is thrown away; another must be new, or made by an earlier run.
    """
    with _home(home) as path:
        environment = _environment(path, **settings)
        os.environ.update(environment)
        with serving(environment) as stack:
            yield stack


@contextlib.contextmanager
def another(root: Path = ROOT, **settings: str) -> Iterator[Stack]:
    """A second stack beside ours, of this checkout, in a home that is thrown away; our environment stays."""
    with _home(None) as path, serving(os.environ | _environment(path, **settings), root) as stack:
        yield stack


@contextlib.contextmanager
def serving(environment: dict[str, str], root: Path = ROOT) -> Iterator[Stack]:
    """bin/serve with this environment, from the moment that it answers until it is stopped at the end."""
    began = time.perf_counter()
    server = subprocess.Popen([root / "bin" / "serve"], stdout=sys.stderr, env={**os.environ, **environment})
    try:
        base = f"http://127.0.0.1:{environment['PORT']}"
        wait_for(f"{base}/healthz", server)
        yield Stack(base, server.pid, environment, time.perf_counter() - began)
    finally:
        stop(server)


@contextlib.contextmanager
def plainly(workers: int = 2, threads: int = 2) -> Iterator[str]:
    """The plain implementation (bench/plain) on the database of our stack, as many workers and threads as it has."""
    port = str(free_port())
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", port, "--no-ws"]
    command += ["--workers", str(workers), "--blocking-threads", str(threads), "bench.plain.wsgi:application"]
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "bench.plain.settings"}
    server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
    try:
        wait_for(f"http://127.0.0.1:{port}/healthz", server)
        yield f"http://127.0.0.1:{port}"
    finally:
        stop(server)


def stop(server: subprocess.Popen) -> None:
    """Ask it to stop, more than once: a signal that comes while it starts a process can get lost in the fork."""
    for _attempt in range(4):
        server.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(timeout=STOP_SECONDS)
            return
    server.kill()  # what it started ends with it
    server.wait()


@contextlib.contextmanager
def _home(path: Path | None) -> Iterator[str]:
    if path is None:
        with tempfile.TemporaryDirectory(prefix="eventify-bench-") as home:
            os.chmod(home, 0o755)  # PostgreSQL runs as another user when we are root
            yield home
        return
    if path.exists() and any(path.iterdir()) and not (path / MARK).exists():
        sys.exit(f"bench: {path} is in use by something else; choose a new folder.")
    path.mkdir(parents=True, exist_ok=True)
    (path / MARK).touch()
    yield str(path.resolve())


def _environment(home: str, **settings: str) -> dict[str, str]:
    own = {"DJANGO_SETTINGS_MODULE": "eventify.settings", "EVENTIFY_HOME": home, "PORT": str(free_port())}
    return {**own, "DEMO": "on", "EVENTIFY_SEED": "none", "EVENTIFY_RATE_LIMITS": "off", **settings}


def free_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(url: str, server: subprocess.Popen | None = None) -> None:
    """Return when the address answers well; ends this program when the server does or START_SECONDS pass."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if server and server.poll() is not None:
            sys.exit(f"bench: the server ended with {server.returncode}")
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=2):
            return
        time.sleep(0.02)
    sys.exit(f"bench: {url} did not answer within {START_SECONDS} s")
