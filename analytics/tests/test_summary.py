"""The figures, and the cache that must never show what was before a change."""

import time
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django_redis import get_redis_connection

from accounts.factories import UserFactory
from analytics import summary
from bookings import cancelling, checkout, orders, payments
from bookings.factories import TicketTypeFactory
from bookings.models import Booking
from bookings.providers.base import Report
from events import editing
from events.factories import EventFactory
from events.models import Event

pytestmark = pytest.mark.django_db


def event_with_type(price=0, **fields):
    event = EventFactory(**fields)
    TicketTypeFactory(event=event, price=price)
    return event


def summed_up(**options) -> dict:
    return summary.summary(lambda events: list(events.values("id", "name")), **options)


def test_nothing_yet():
    figures = {"total_events": 0, "total_tickets_sold": 0, "total_customers": 0, "cities_covered": 0}
    assert summary.homepage() == figures
    found = summed_up()
    assert found["totals"] == {"events": 0, "active_events": 0, "capacity": 0, "booked": 0, "utilization_pct": 0.0}
    assert (found["events"], found["top_events"]) == ([], [])


def test_the_homepage_counts_what_is_sold_and_public():
    one, two = UserFactory(), UserFactory()
    pune = event_with_type(place="Pune")
    event_with_type(place="pune", state=Event.State.CLOSED)
    event_with_type(place="", venue_name="Indira Hall")
    event_with_type(place="Delhi", state=Event.State.DRAFT)
    priced = event_with_type(place="Pune", price=5)
    orders.book(pune.pk, 2, by=one, key="a")
    orders.book(pune.pk, 1, by=one, key="b")
    gone = orders.book(pune.pk, 4, by=two)
    cancelling.cancel_booking(gone, by=two)
    orders.book(priced.pk, 3, by=two)
    figures = {"total_events": 4, "total_tickets_sold": 3, "total_customers": 1, "cities_covered": 2}
    assert summary.homepage() == figures


def test_the_best_five_come_first():
    booked = [3, 9, 0, 7, 9, 1]
    events = [EventFactory(capacity=10 * (n + 1), booked_count=b) for n, b in enumerate(booked)]
    EventFactory(state=Event.State.DRAFT, capacity=9)
    found = summed_up()
    assert [row["id"] for row in found["top_events"]] == [events[n].pk for n in (1, 4, 3, 0, 5)]
    assert found["totals"] == {
        "events": 6,
        "active_events": 6,
        "capacity": 210,
        "booked": 29,
        "utilization_pct": 13.81,
    }


def test_seven_days_without_gaps():
    event, buyer = event_with_type(capacity=50), UserFactory()
    noon = datetime(2026, 3, 10, 12, tzinfo=UTC)
    for days, key in ((8, "old"), (6, "a"), (6, "b"), (2, "c"), (0, "d")):
        with time_machine.travel(noon - timedelta(days=days), tick=False):
            booking = orders.book(event.pk, 1, by=buyer, key=key)
    with time_machine.travel(noon, tick=False):
        cancelling.cancel_booking(Booking.objects.get(idempotency_key="a"), by=buyer)
        cancelling.cancel_booking(booking, by=buyer)
        found = summed_up()["timeseries_7d"]
    days = [f"2026-03-{day:02}" for day in range(4, 11)]
    assert found["bookings"] == [{"date": day, "count": n} for day, n in zip(days, [2, 0, 0, 0, 1, 0, 1], strict=True)]
    assert found["cancellations"] == [{"date": day, "count": n} for day, n in zip(days, [0] * 6 + [2], strict=True)]


def test_a_day_ends_at_midnight_utc():
    event, buyer = event_with_type(), UserFactory()
    with time_machine.travel(datetime(2026, 3, 9, 23, 59, 59, tzinfo=UTC), tick=False):
        orders.book(event.pk, 1, by=buyer)
    with time_machine.travel(datetime(2026, 3, 10, 0, 0, 1, tzinfo=UTC), tick=False):
        found = summed_up()["timeseries_7d"]["bookings"]
    assert found[-2:] == [{"date": "2026-03-09", "count": 1}, {"date": "2026-03-10", "count": 0}]


def test_few_queries_whatever_the_number_of_events():
    for expected in (1, 3):
        while Event.objects.count() < expected:
            event_with_type()
        with CaptureQueriesContext(connection) as queries:
            assert summed_up(refresh=True)["totals"]["events"] == expected
        assert len(queries) == 5
    with CaptureQueriesContext(connection) as queries:
        summed_up()
    assert len(queries) == 0


def test_it_is_a_minute_old_at_most():
    summary.homepage()
    (key,) = [key for key in get_redis_connection("default").keys("*analytics:homepage*")]
    assert 0 < get_redis_connection("default").ttl(key) <= 60


def test_what_was_computed_before_a_change_is_not_served_after_it(monkeypatch):
    compute = summary._homepage

    def overtaken():
        figures = compute()
        EventFactory()  # another request changes something now ...
        summary.forget()  # ... and drops the cache before this one stores what it computed
        return figures

    monkeypatch.setattr(summary, "_homepage", overtaken)
    assert summary.homepage()["total_events"] == 0
    monkeypatch.setattr(summary, "_homepage", compute)
    assert summary.homepage()["total_events"] == 1


def test_a_lost_version_does_not_bring_an_old_value_back():
    assert summary.homepage()["total_events"] == 0
    EventFactory()
    cache.delete("analytics:version")
    assert summary.homepage()["total_events"] == 1


def test_without_redis_it_is_computed_each_time(settings):
    settings.CACHES = {
        "default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"},
    }
    summary.forget()
    assert summary.homepage()["total_events"] == 0
    EventFactory()
    assert summary.homepage()["total_events"] == 1
    assert summed_up()["totals"]["events"] == 1


@pytest.mark.django_db(transaction=True)
def test_a_payment_drops_it():
    event = event_with_type(price=5)
    booking = orders.book(event.pk, 2, by=UserFactory())
    assert summary.homepage()["total_tickets_sold"] == 0
    payment = checkout.current(booking.order)
    payments.apply(Report(payment.uid, "paid", "ref", "card", delivery="1"))
    assert summary.homepage()["total_tickets_sold"] == 2


@pytest.mark.django_db(transaction=True)
def test_every_change_of_an_event_drops_it():
    event, by = event_with_type(), UserFactory()
    assert summed_up()["events"][0]["name"] == event.name
    editing.change(event, by=by, name="New name")
    assert summed_up()["events"][0]["name"] == "New name"
    editing.set_bookable(event, False, by=by)
    assert summed_up()["totals"]["active_events"] == 0
    event.refresh_from_db()
    editing.delete(event, by=by)
    assert summed_up()["totals"]["events"] == 0


@pytest.mark.django_db(transaction=True)
def test_a_change_that_is_rolled_back_drops_nothing():
    event, by = event_with_type(), UserFactory()
    first = summed_up()["generated_at"]
    with pytest.raises(Exception, match="end"):
        editing.change(event, by=by, ends_at=event.starts_at - timedelta(days=1))
    assert summed_up()["generated_at"] == first


def changed_in_a_row() -> None:
    """What the receivers do for changes that come close together."""
    for _change in range(3):
        EventFactory()
        summary.forget()


def test_who_makes_a_row_of_changes_sees_them_all():
    summary.homepage()
    changed_in_a_row()
    assert summary.homepage()["total_events"] == 3
    changed_in_a_row()
    assert summed_up()["totals"]["events"] == 6


def test_a_row_of_changes_costs_redis_two_calls(monkeypatch):
    versions = []
    monkeypatch.setattr(summary.forget, "_seconds", 60)
    monkeypatch.setattr(summary.forget, "_quiet_until", 0)
    monkeypatch.setattr(summary.forget, "_act", lambda: versions.append(1))
    for _change in range(100):
        summary.forget()
    assert len(versions) == 1
    summary.forget.finish()
    assert len(versions) == 2


def test_other_processes_hear_of_it_soon():
    """Nobody reads here: the change that waits is told by itself."""
    summary.homepage()
    changed_in_a_row()
    before, end = cache.get("analytics:version"), time.monotonic() + 5
    while cache.get("analytics:version") == before and time.monotonic() < end:
        time.sleep(0.005)
    assert cache.get("analytics:version") != before


def test_a_large_site_is_counted_every_few_seconds(monkeypatch):
    monkeypatch.setattr(summary, "MANY", 2)
    event = event_with_type()
    for places, shown in ((1, 1), (1, 2), (5, 2)):
        orders.book(event.pk, places, by=UserFactory())
        summary.forget()
        assert summary.homepage()["total_tickets_sold"] == shown
    (key,) = get_redis_connection("default").keys("*analytics:homepage:lately")
    assert 0 < get_redis_connection("default").ttl(key) <= summary.PATIENCE
    cache.delete("analytics:homepage:lately")
    assert summary.homepage()["total_tickets_sold"] == 7


def test_a_summary_of_many_events_is_not_kept(monkeypatch):
    monkeypatch.setattr(summary, "FEW", 1)
    EventFactory()
    assert summed_up()["totals"]["events"] == 1
    EventFactory()  # and nobody says so
    assert summed_up()["totals"]["events"] == 1
    summary.forget()
    for shown in (2, 3):
        assert summed_up()["totals"]["events"] == shown
        EventFactory()
