"""Processes of their own that work on the test's database, and may be killed (SIGKILL) at a failpoint."""

import os
import re
import signal
import tempfile
import time
import uuid
from functools import cache
from pathlib import Path
from types import ModuleType

from django.db import connection

from accounts.tests.forking import PATIENCE, Loaded
from eventify.lib import failpoints


def steps(*modules: ModuleType) -> list[str]:
    """The failpoints that these modules have, in the order in which they stand there."""
    found = [re.findall(r'failpoint\("([\w.]+)"\)', Path(module.__file__).read_text()) for module in modules]
    return [name for names in found for name in names]


def run_until(module: str, failpoint: str = "", *words, **environment: str) -> int:
    """Run this module as a process of its own to its end; returns its exit code (-9: killed at the failpoint).

    `words` are its arguments, `environment` what it finds there besides ours. When this returns, PostgreSQL has seen
    that it is gone: what it had locked is free.
    """
    called = f"run-{uuid.uuid4().hex}"
    own = {failpoints.VARIABLE: failpoint, "PGAPPNAME": called, **environment}
    with tempfile.NamedTemporaryFile() as log:
        code = _loaded(_test_database()).run(module, [*map(str, words)], own, Path(log.name))
        assert code in (0, -signal.SIGKILL), log.read().decode()
    wait_for_the_end_of(called)
    return code


def _test_database() -> str:
    """The address of the test's database."""
    name = connection.settings_dict["NAME"]
    assert name.startswith("test_")
    address, question, options = os.environ["DATABASE_URL"].partition("?")
    return f"{address.rpartition('/')[0]}/{name}{question}{options}"


@cache
def _loaded(database_url: str) -> Loaded:
    """The process that all runs are forks of: to start one anew takes two seconds each time."""
    return Loaded({**os.environ, "DATABASE_URL": database_url, "LOG_LEVEL": "error"})


def wait_for_the_end_of(called: str) -> None:
    """Wait until PostgreSQL has seen that a process with this PGAPPNAME is gone: what it had locked is free then."""
    until = time.monotonic() + PATIENCE
    while _is_connected(called):
        assert time.monotonic() < until
        time.sleep(0.001)  # it takes PostgreSQL about as long, and there are thousands of kills


def _is_connected(called: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE application_name = %s", [called])
        return cursor.fetchone()[0] > 0
