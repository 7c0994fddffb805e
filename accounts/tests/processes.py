"""Processes of their own that work on the test's database, and may be killed (SIGKILL) at a failpoint."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from types import ModuleType

from django.db import connection

from eventify.lib import failpoints

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 90  # seconds


def steps(*modules: ModuleType) -> list[str]:
    """The failpoints that these modules have, in the order in which they stand there."""
    found = [re.findall(r'failpoint\("([\w.]+)"\)', Path(module.__file__).read_text()) for module in modules]
    return [name for names in found for name in names]


def run_until(module: str, failpoint: str = "", *words, **environment: str) -> int:
    """Run this module as a process of its own to its end; returns its exit code (-9: killed at the failpoint).

    `words` are its arguments, `environment` what it finds there besides ours.
    """
    name = connection.settings_dict["NAME"]
    assert name.startswith("test_")
    address, question, options = os.environ["DATABASE_URL"].partition("?")
    url = f"{address.rpartition('/')[0]}/{name}{question}{options}"
    own = {"DATABASE_URL": url, failpoints.VARIABLE: failpoint, "LOG_LEVEL": "error"}
    command = [sys.executable, "-m", module, *map(str, words)]
    environment = {**os.environ, **own, **environment}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode in (0, -signal.SIGKILL), done.stderr
    return done.returncode
