"""The scoreboard's own arithmetic, and its data: bin/bench itself is run by hand (docs/performance.md)."""

import re
import subprocess
import sys
from collections import Counter
from importlib import metadata
from pathlib import Path

import pytest
from django.db.models import Count

from bench import data, load
from bench.scenario import Goal
from bench.scenarios import ALL
from bookings.models import Booking, Order, Ticket
from bookings.tests import invariants
from events.models import Event

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.django_db(transaction=True)
def test_data_are_made_once_and_keep_the_rules():
    data.make(60, 40)
    data.make(60, 40)
    data.make(50, 20)
    assert Event.objects.filter(slug__startswith="many-").count() == 60
    assert (Order.objects.count(), Booking.objects.count(), Ticket.objects.count()) == (20, 20, 40)
    assert Ticket.objects.values("ticket_code").distinct().count() == 40
    assert {len(code) for code in Ticket.objects.values_list("ticket_code", flat=True)} == {26}
    sold = Event.objects.annotate(n=Count("bookings")).filter(n__gt=0)
    assert sold and not [one for event in sold for one in invariants.broken(event)]


@pytest.mark.django_db(transaction=True)
def test_more_data_continue_where_the_last_stopped():
    data.make(20, 10)
    data.make(30, 16)
    assert (Event.objects.filter(slug__startswith="many-").count(), Ticket.objects.count()) == (30, 16)
    assert Booking.objects.values("idempotency_key").distinct().count() == 8


def test_what_clients_saw_is_counted():
    result = load.Result(2.0, [0.004, 0.001, 0.003, 0.002], Counter({200: 4}))
    assert result.per_second == 2
    assert [result.percentile(share) for share in (0, 0.5, 0.99)] == [1, 3, 4]
    assert load.median([3, 1, 2]) == 2 and load.median([4, 1, 3, 2]) == 2


def test_a_request_is_spelled_as_http_has_it():
    request = load.Request("POST", "/a", load.bearer("t", Idempotency_Key="k"), '{"q": "é"}')
    assert request.on_wire("h:1") == (
        b"POST /a HTTP/1.1\r\nHost: h:1\r\nAuthorization: Bearer t\r\nContent-Type: application/json\r\n"
        b'Idempotency-Key: k\r\nContent-Length: 11\r\n\r\n{"q": "\xc3\xa9"}'
    )


@pytest.mark.parametrize(
    ("goal", "value", "verdict"),
    [
        (Goal("per_second", 10, 20), 20, "aim"),
        (Goal("per_second", 10, 20), 19.9, "must"),
        (Goal("per_second", 10, 20), 9.9, "BELOW"),
        (Goal("p99_ms", 8, 5, at_most=True), 5, "aim"),
        (Goal("p99_ms", 8, 5, at_most=True), 8, "must"),
        (Goal("p99_ms", 8, 5, at_most=True), 8.1, "BELOW"),
    ],
)
def test_verdicts(goal, value, verdict):
    assert goal.verdict(value) == verdict


WITHOUT = """
import sys
sys.modules.update(dict.fromkeys({names}))  # importing one of them fails
import django
django.setup()
import bench.scenarios, bench.checkouts, bench.events, bench.requests
"""


def test_it_needs_no_package_that_only_tests_need():
    """bin/bench and bin/serve install requirements.txt; what tests need would also be counted as memory."""
    lines = (ROOT / "requirements-test.txt").read_text().splitlines()
    of_tests = {re.split(r"[=\[]", line)[0] for line in lines if "==" in line}
    known = metadata.packages_distributions()
    names = [name for name, packages in known.items() if of_tests.intersection(packages)]
    assert len(names) >= len(of_tests)
    command = [sys.executable, "-c", WITHOUT.format(names=names)]
    tried = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert tried.returncode == 0, tried.stderr


def test_every_scenario_is_explained():
    text = (ROOT / "docs" / "performance.md").read_text()
    assert not [name for name in ALL if f"`{name}`" not in text]
