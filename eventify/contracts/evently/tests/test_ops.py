"""What machines ask."""

import os
import subprocess
import sys

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

SCRIPT = """
import django, os
django.setup()
from django.test import Client
answer = Client(headers={"host": "localhost"}).get("/metrics")
assert answer.status_code == 200, answer.status_code
print(answer["Content-Type"])
print(answer.content.decode())
"""


@pytest.mark.parametrize("path", ["/healthz", "/healthz/"])
def test_health_asks_nobody(anyone, path):
    with CaptureQueriesContext(connection) as queries:
        answer = anyone.get(path)
    assert (answer.status_code, answer.json(), len(queries)) == (200, {"status": "ok"}, 0)


@pytest.mark.parametrize("accept", ["*/*", "application/openmetrics-text;version=1.0.0", "text/plain"])
def test_metrics(anyone, accept):
    anyone.get("/events")
    for path in ("/metrics", "/metrics/"):
        answer = anyone.get(path, Accept=accept)
        assert answer.status_code == 200
        assert answer["Content-Type"].startswith("text/plain")
        assert b"django_http_requests_total_by_method_total" in answer.content


def test_metrics_of_several_processes(tmp_path):
    environment = {
        **os.environ,
        "PROMETHEUS_MULTIPROC_DIR": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "eventify.settings",
        "DEMO": "on",
    }
    command = [sys.executable, "-c", SCRIPT]
    for _process in range(2):
        done = subprocess.run(command, env=environment, cwd=settings.BASE_DIR, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith("text/plain")
    # Each process counts its own request before it answers: the second one tells of both.
    assert "django_http_requests_before_middlewares_total 2.0" in lines
