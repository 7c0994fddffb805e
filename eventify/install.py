"""Makes the checkout's virtual environment and installs requirements.txt into it.

Run by the system's python3 before anything is installed: standard library only. A stamp in .venv
says what is installed, so that a later start costs milliseconds.
"""

import fcntl
import hashlib
import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "eventify-installed"
REQUIREMENTS = ROOT / "requirements.txt"


def main():
    """Install when requirements.txt or the environment's Python changed; exits 1 with a sentence on failure."""
    if is_installed():
        return
    # Two commands started at once: the second waits, then finds everything done.
    with open(ROOT / ".venv.lock", "w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        if not is_installed():
            install()


def is_installed():
    """Whether the environment works and holds what requirements.txt asks for."""
    return os.access(PYTHON, os.X_OK) and STAMP.exists() and STAMP.read_text() == fingerprint()


def fingerprint():
    """What the stamp says: a hash of requirements.txt and of the environment's own configuration."""
    return hashlib.sha256(REQUIREMENTS.read_bytes() + (VENV / "pyvenv.cfg").read_bytes()).hexdigest()


def install():
    """Make the environment if there is none that works, fill it, and stamp it."""
    if not os.access(PYTHON, os.X_OK):
        say(f"making a virtual environment in {VENV}")
        run([sys.executable, "-m", "venv", "--clear", *pip_options(), str(VENV)])
    packages = [line for line in REQUIREMENTS.read_text().splitlines() if re.match(r"\w", line)]
    say(f"installing {len(packages)} packages and what they need (the first time only)")
    run_pip()
    # On every core, which pip (--no-compile) would not do.
    run([str(PYTHON), "-m", "compileall", "-q", "-j", "0", str(VENV / "lib")])
    STAMP.write_text(fingerprint())


def pip_options():
    """Debian splits ensurepip off: then the system's pip fills the environment."""
    return [] if importlib.util.find_spec("ensurepip") else ["--without-pip"]


def run_pip():
    """Run pip with one short line for each package it fetches; exits when it fails."""
    pip = [str(PYTHON), "-m", "pip"]
    if not list(VENV.glob("lib/python*/site-packages/pip")):
        pip = [sys.executable, "-m", "pip", "--python", str(PYTHON)]
    options = ["install", "--no-input", "--disable-pip-version-check", "--progress-bar", "off", "--no-compile"]
    with subprocess.Popen([*pip, *options, "-r", REQUIREMENTS], stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout:
            show(line)
    if process.returncode:
        sys.exit("eventify: pip could not install requirements.txt (see above); run the command again.")


def show(line):
    """The name of a package as it is fetched, and the long last step."""
    if found := re.match(r"Collecting ([\w.-]+)", line):
        print(f"  {found[1]}", flush=True)
    elif line.startswith("Installing"):
        say("unpacking")


def run(command):
    """Run a command; exits with a sentence when it fails."""
    if subprocess.run(command).returncode:
        sys.exit(f"eventify: {' '.join(command)} failed (see above).")


def say(text):
    """One line of progress."""
    print(f"eventify: {text}", flush=True)


if __name__ == "__main__":
    main()
