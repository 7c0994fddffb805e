"""What machines ask."""

import os
import subprocess
import sys
from math import isnan

import pytest
from django.conf import settings
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from analytics import fsck
from bookings import webhooks
from bookings.models import WebhookDelivery
from events.factories import EventFactory
from events.models import Event

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


def gauges(anyone) -> dict[str, str]:
    """What /metrics says of the payments."""
    lines = anyone.get("/metrics").content.decode().splitlines()
    return dict(line.split() for line in lines if line.startswith(("eventify_webhooks", "eventify_payments")))


def test_metrics_tell_of_payments_in_trouble(anyone, settings):
    good = {
        "eventify_webhooks_failing": "0.0",
        "eventify_webhooks_unsigned": "0.0",
        "eventify_payments_not_real": "0.0",
    }
    assert gauges(anyone) == good
    bodies = [("evt_1", 3, None), ("evt_2", 1, None), ("evt_3", 3, timezone.now())]
    for name, attempts, processed in [*bodies, ("unsigned:1", 1, None), ("unsigned:2", 1, None)]:
        facts = {"delivery_id": name, "attempts": attempts, "processed_at": processed}
        WebhookDelivery.objects.create(provider="stripe", body={}, **facts)
    settings.PRODUCTION, settings.EVENTIFY_PAYMENT_PROVIDER = True, "sandbox"
    bad = {"eventify_webhooks_failing": "1.0", "eventify_webhooks_unsigned": "2.0", "eventify_payments_not_real": "1.0"}
    assert gauges(anyone) == bad


def test_metrics_answer_without_the_database(anyone, monkeypatch):
    def fail():
        raise DatabaseError

    monkeypatch.setattr(webhooks, "in_trouble", fail)
    assert gauges(anyone) == {
        "eventify_webhooks_failing": "NaN",
        "eventify_webhooks_unsigned": "NaN",
        "eventify_payments_not_real": "0.0",
    }


def test_metrics_cost_few_queries(anyone):
    anyone.get("/metrics")
    with CaptureQueriesContext(connection) as queries:
        anyone.get("/metrics")
    assert len(queries) == 5


def test_metrics_tell_what_the_last_check_of_everything_found(anyone):
    def told() -> dict[str, float]:
        lines = anyone.get("/metrics").content.decode().splitlines()
        pairs = (line.rsplit(" ", 1) for line in lines if line.startswith("eventify_fsck"))
        return {name: float(value) for name, value in pairs}

    finished, places = "eventify_fsck_finished_timestamp_seconds", 'eventify_fsck_breaches{check="places of events"}'
    assert isnan(told()[finished])
    EventFactory(capacity=5)
    fsck.work()
    run = fsck.latest()
    assert (told()[finished], told()[places]) == (run.finished_at.timestamp(), 0)
    Event.objects.update(booked_count=1)
    fsck.work()
    assert (told()[places], told()["eventify_fsck_duration_seconds"] > 0) == (1, True)


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
    assert 'django_http_requests_total_by_method_total{method="GET"} 2.0' in lines
    # A fact of the site is no sum of what its processes read; the script has no database.
    assert [line for line in lines if line.startswith("eventify_payments_not_real")] == [
        "eventify_payments_not_real 0.0"
    ]
