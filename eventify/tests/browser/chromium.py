"""Finding the browser of the browser tests, and installing Debian's where there is none."""

import fcntl
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome")
ADVICE = "The browser tests need Chromium: apt-get install chromium (as root)."


def find() -> str:
    """The path of a Chromium; installs Debian's package when there is none and we are root. RuntimeError otherwise."""
    # Two workers started at once: the second waits, then finds it.
    with open(Path(tempfile.gettempdir()) / "eventify-chromium.lock", "w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        return _found() or _install()


def _found() -> str | None:
    return next((path for path in map(shutil.which, NAMES) if path), None)


def _install() -> str:
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise RuntimeError(ADVICE)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (["update", "-q"], ["install", "-q", "-y", "--no-install-recommends", "chromium"]):
        subprocess.run(["apt-get", *arguments], env=environment, check=True, stdout=subprocess.DEVNULL)
    path = _found()
    if path is None:
        raise RuntimeError(ADVICE)
    return path
