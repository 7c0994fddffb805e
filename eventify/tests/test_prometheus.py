"""What /metrics tells of requests."""

import re

import pytest
from django.test import Client

from eventify.contracts.evently.tests.calling import Caller
from eventify.contracts.evently.tests.calling import make_event as event_of

pytestmark = pytest.mark.django_db


def told() -> dict[str, float]:
    """Every line of /metrics about requests."""
    lines = Caller().get("/metrics").content.decode().splitlines()
    found = (line.rsplit(" ", 1) for line in lines if line.startswith("django_http_"))
    return {name: float(value) for name, value in found}


def grown(before: dict[str, float]) -> dict[str, float]:
    """What is more than it was, without how long things took and without the asking itself."""
    found = {name: value - before.get(name, 0) for name, value in told().items()}
    quiet = ("_created", "_sum", "evently-metrics", "_bucket")
    return {name: value for name, value in found.items() if value and not any(word in name for word in quiet)}


def test_requests_are_told_by_view_method_and_status():
    event, before = event_of(), told()
    caller = Caller()
    for path in (f"/events/{event.pk}", f"/events/{event.pk}", "/events/0", "/", "/nope"):
        caller.get(path)
    caller.client.generic("BREW", "/events")
    answered, took = "django_http_responses_total_by_status_view_method_total", "django_http_requests_latency_seconds"
    none = 'view="<unnamed view>"'
    assert grown(before) == {
        'django_http_requests_total_by_method_total{method="GET"}': 6.0,  # /metrics itself was counted once before
        'django_http_requests_total_by_method_total{method="<invalid method>"}': 1.0,
        f'{answered}{{method="GET",status="200",view="evently-event"}}': 2.0,
        f'{answered}{{method="GET",status="404",view="evently-event"}}': 1.0,
        f'{answered}{{method="GET",status="200",view="home"}}': 1.0,
        f'{answered}{{method="GET",status="404",{none}}}': 1.0,
        f'{answered}{{method="<invalid method>",status="405",view="evently-events"}}': 1.0,
        f'{took}_by_view_method_count{{method="GET",view="evently-event"}}': 3.0,
        f'{took}_by_view_method_count{{method="GET",view="home"}}': 1.0,
        f'{took}_by_view_method_count{{method="GET",{none}}}': 1.0,
        f'{took}_by_view_method_count{{method="<invalid method>",view="evently-events"}}': 1.0,
    }


def test_how_long_it_took_is_told_in_buckets_from_a_millisecond_on():
    Caller().get("/healthz")
    labels = r'\{le="([^"]+)",method="GET",view="evently-healthz"\}'
    name = f"django_http_requests_latency_seconds_by_view_method_bucket{labels}"
    found = {match[1]: value for line, value in told().items() if (match := re.fullmatch(name, line))}
    assert list(found)[:3] == ["0.001", "0.0025", "0.005"] and found["+Inf"] >= 1
    assert sorted(found.values()) == list(found.values())


def test_what_broke_is_told(monkeypatch):
    def fail(_request):
        raise ZeroDivisionError

    before = told()
    monkeypatch.setattr("events.views._home", fail)
    assert Client(raise_request_exception=False).get("/?x=1").status_code == 500
    more = grown(before)
    assert more['django_http_exceptions_total_by_type_total{type="ZeroDivisionError"}'] == 1
    assert more['django_http_exceptions_total_by_view_total{view="home"}'] == 1
    assert more['django_http_responses_total_by_status_view_method_total{method="GET",status="500",view="home"}'] == 1
