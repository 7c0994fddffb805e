"""The real stack, as `bin/serve` starts it, in a home of its own that is thrown away."""

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
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 180


@contextlib.contextmanager
def running(**settings: str):
    """Start the stack with an empty database and no rate limits; yields its base URL, and stops it at the end.

    `settings` are more of its environment. Its home is EVENTIFY_HOME.
    """
    with tempfile.TemporaryDirectory(prefix="eventify-bench-") as home:
        os.chmod(home, 0o755)  # PostgreSQL runs as another user when we are root
        port = _free_port()
        os.environ.update(
            DJANGO_SETTINGS_MODULE="eventify.settings",
            EVENTIFY_HOME=home,
            PORT=str(port),
            DEMO="on",
            EVENTIFY_SEED="none",
            EVENTIFY_RATE_LIMITS="off",
            **settings,
        )
        server = subprocess.Popen([ROOT / "bin" / "serve"], stdout=sys.stderr, env=dict(os.environ))
        try:
            base = f"http://127.0.0.1:{port}"
            _wait_for(f"{base}/healthz", server)
            yield base
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(timeout=60)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait_for(url: str, server: subprocess.Popen) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if server.poll() is not None:
            sys.exit(f"bin/serve ended with {server.returncode}")
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=2):
            return
        time.sleep(0.1)
    sys.exit(f"{url} did not answer within {START_SECONDS} s")
