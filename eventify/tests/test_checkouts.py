"""A few checkouts on the real stack against a provider that behaves badly: `python -m bench.checkouts` with 1,000."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SERVICES = ("DATABASE_URL", "REDIS_URL", "EVENTIFY_HOME", "EVENTIFY_RATE_LIMITS")


def test_nobody_pays_twice_or_for_nothing():
    own = {name: value for name, value in os.environ.items() if name not in SERVICES}  # it starts its own
    command = [sys.executable, "-m", "bench.checkouts", "--checkouts", "40", "--kill-every", "3"]
    done = subprocess.run(command, cwd=ROOT, env=own, capture_output=True, text=True, timeout=540)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr[-3000:]}"
    report = json.loads(done.stdout)
    assert report["broken_invariants"] == [] and set(report["wrong"].values()) == {0}
    assert sum(report["fates"].values()) == 40 and report["orders_paid"] == report["valid_tickets"] > 10
    assert sum(report["killed"].values()) > 0
