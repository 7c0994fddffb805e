"""Programs that tests need and that pip does not bring: Debian's, installed where there are none and we are root."""

import fcntl
import os
import shutil
import subprocess
import tempfile
from pathlib import Path


def program(*names: str, packages: str) -> str:
    """The path of the first of these programs that there is; installs the packages if none is. RuntimeError."""
    # Two workers started at once: the second waits, then finds it.
    with open(Path(tempfile.gettempdir()) / "eventify-packages.lock", "w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        return _found(names) or _install(names, packages)


def _found(names: tuple[str, ...]) -> str | None:
    return next((path for path in map(shutil.which, names) if path), None)


def _install(names: tuple[str, ...], packages: str) -> str:
    advice = f"The tests need {names[0]}: apt-get install {packages} (as root)."
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise RuntimeError(advice)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (["update", "-q"], ["install", "-q", "-y", "--no-install-recommends", *packages.split()]):
        subprocess.run(["apt-get", *arguments], env=environment, check=True, stdout=subprocess.DEVNULL)
    path = _found(names)
    if path is None:
        raise RuntimeError(advice)
    return path
