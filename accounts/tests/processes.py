"""Processes of their own that work on the test's database, and may be killed (SIGKILL) at a failpoint."""

import os
import re
import signal
import subprocess
import sys
import uuid
from pathlib import Path
from types import ModuleType

from django.db import connection

from eventify.embedded import wait_until
from eventify.lib import failpoints

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 90  # seconds


def steps(*modules: ModuleType) -> list[str]:
    """The failpoints that these modules have, in the order in which they stand there."""
    found = [re.findall(r'failpoint\("([\w.]+)"\)', Path(module.__file__).read_text()) for module in modules]
    return [name for names in found for name in names]


def run_until(module: str, failpoint: str = "", *words, **environment: str) -> int:
    """Run this module as a process of its own to its end; returns its exit code (-9: killed at the failpoint).

    `words` are its arguments, `environment` what it finds there besides ours. When this returns, PostgreSQL has seen
    that it is gone: what it had locked is free.
    """
    name = connection.settings_dict["NAME"]
    assert name.startswith("test_")
    address, question, options = os.environ["DATABASE_URL"].partition("?")
    url = f"{address.rpartition('/')[0]}/{name}{question}{options}"
    called = f"run-{uuid.uuid4().hex}"
    own = {"DATABASE_URL": url, failpoints.VARIABLE: failpoint, "LOG_LEVEL": "error", "PGAPPNAME": called}
    command = [sys.executable, "-m", module, *map(str, words)]
    environment = {**os.environ, **own, **environment}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode in (0, -signal.SIGKILL), done.stderr
    wait_for_the_end_of(called)
    return done.returncode


def wait_for_the_end_of(called: str) -> None:
    """Wait until PostgreSQL has seen that a process with this PGAPPNAME is gone: what it had locked is free then."""
    assert wait_until(lambda: not _is_connected(called), PATIENCE)


def _is_connected(called: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE application_name = %s", [called])
        return cursor.fetchone()[0] > 0
