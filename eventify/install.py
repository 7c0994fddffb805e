"""Makes the checkout's virtual environment and installs requirements.txt into it; with --tests, what tests need too.

Run by the system's python3 before anything is installed: standard library only. Stamps in .venv
say what is installed, so that a later start costs milliseconds.
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
CONSTRAINTS = ROOT / "constraints.txt"  # the version of everything that the lists bring (bin/audit --lock)


def main():
    """Install what a changed list or a changed Python asks for; exits 1 with a sentence on failure."""
    names = ["requirements.txt", *(["requirements-test.txt"] if "--tests" in sys.argv else [])]
    missing = [ROOT / name for name in names if not is_installed(ROOT / name)]
    if not missing:
        return
    # Two commands started at once: the second waits, then finds everything done.
    with open(ROOT / ".venv.lock", "w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        for requirements in missing:
            if not is_installed(requirements):
                install(requirements)


def is_installed(requirements):
    """Whether the environment works and holds what the list asks for."""
    if not os.access(PYTHON, os.X_OK) or not stamp(requirements).exists():
        return False
    return stamp(requirements).read_text() == fingerprint(requirements)


def stamp(requirements):
    """The file that says what was installed from the list."""
    return VENV / f"installed-{requirements.stem}"


def fingerprint(requirements):
    """What the stamp says: a hash of the list, of the locked versions and of the environment's own configuration."""
    parts = (requirements, CONSTRAINTS, VENV / "pyvenv.cfg")
    return hashlib.sha256(b"".join(part.read_bytes() for part in parts)).hexdigest()


def install(requirements):
    """Make the environment if there is none that works, fill it, and stamp it."""
    if not os.access(PYTHON, os.X_OK):
        say(f"making a virtual environment in {VENV}")
        run([sys.executable, "-m", "venv", "--clear", *pip_options(), str(VENV)])
    packages = [line for line in requirements.read_text().splitlines() if re.match(r"\w", line)]
    say(f"installing {len(packages)} packages and what they need (the first time only)")
    run_pip(requirements)
    # On every core, which pip (--no-compile) would not do.
    run([str(PYTHON), "-m", "compileall", "-q", "-j", "0", str(VENV / "lib")])
    stamp(requirements).write_text(fingerprint(requirements))


def pip_options():
    """Debian splits ensurepip off: then the system's pip fills the environment."""
    return [] if importlib.util.find_spec("ensurepip") else ["--without-pip"]


def run_pip(requirements):
    """Run pip with one short line for each package it fetches; exits when it fails.

    It is the environment's own, or that of the Python which the environment was made with.
    """
    pip = [str(PYTHON), "-m", "pip"]
    if not list(VENV.glob("lib/python*/site-packages/pip")):
        pip = [sys._base_executable, "-m", "pip", "--python", str(PYTHON)]
    options = ["install", "--no-input", "--disable-pip-version-check", "--progress-bar", "off", "--no-compile"]
    what = ["-c", CONSTRAINTS, "-r", requirements]
    with subprocess.Popen([*pip, *options, *what], stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout:
            show(line)
    if process.returncode:
        sys.exit(f"eventify: pip could not install {requirements.name} (see above); run the command again.")


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
