"""The figures on the wire; how they are computed and cached is tested in analytics/tests."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
import time_machine

from accounts.factories import UserFactory
from eventify.contracts.evently.tests.calling import NEW_EVENT, Caller, make_event, today
from events.models import Event


def test_the_homepage(anyone, buyer):
    event = make_event(place="Pune", capacity=10)
    buyer.book(event, {"qty": 3})
    answer = anyone.get("/stats/homepage")
    assert answer.status_code == 200
    assert answer.json() == {"total_events": 1, "total_tickets_sold": 3, "total_customers": 1, "cities_covered": 1}


def test_the_summary(admin, buyer):
    start, end = datetime(2030, 1, 1, 19, tzinfo=UTC), datetime(2030, 1, 1, 22, tzinfo=UTC)
    event = make_event(name="Rock", venue_name="Hall A", capacity=8, starts_at=start, ends_at=end)
    buyer.book(event, {"qty": 3})
    row = {
        "id": event.pk,
        "name": "Rock",
        "venue": "Hall A",
        "start_time": "2030-01-01T19:00:00Z",
        "end_time": "2030-01-01T22:00:00Z",
        "capacity": 8,
        "booked_count": 3,
        "waitlisted_count": 0,
        "utilization_pct": 37.5,
        "status": "active",
    }
    answer = admin.get("/admin/analytics/summary")
    found = answer.json()
    assert answer.status_code == 200
    assert {name: found[name] for name in ("totals", "events", "top_events")} == {
        "totals": {"events": 1, "active_events": 1, "capacity": 8, "booked": 3, "utilization_pct": 37.5},
        "events": [row],
        "top_events": [row],
    }
    assert found["generated_at"].endswith("Z")
    assert [len(found["timeseries_7d"][name]) for name in ("bookings", "cancellations")] == [7, 7]
    assert found["timeseries_7d"]["bookings"][-1] == {"date": today(), "count": 1}


def test_the_summary_spells_any_event(admin):
    """What the database writes is the JSON that Python would write."""
    start = datetime(2030, 1, 1, 0, 30, 0, 250000, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    names = ['He said "no\\yes" 100% {%s}\n\t\x7f', "Zürich ✓ 🎉 </script>", "+00:00", "plain"]
    events = [make_event(name=name, capacity=0, starts_at=None, ends_at=None) for name in names]
    make_event(name="draft", state="draft")
    make_event(
        name="dated", venue_name="", location="Somewhere 5", place="Pune", capacity=3, starts_at=start, ends_at=start
    )
    Event.objects.filter(name="dated").update(booked_count=1, is_bookable=False)
    dated, *others = admin.get("/admin/analytics/summary").json()["events"]
    assert (dated["venue"], dated["utilization_pct"], dated["status"]) == ("Somewhere 5", 33.33, "inactive")
    assert dated["start_time"] == dated["end_time"] == "2029-12-31T19:00:00.25Z"
    assert [one["name"] for one in others] == names
    assert others[3] == {
        "id": events[3].pk,
        "name": "plain",
        "venue": events[3].venue_name,
        "start_time": None,
        "end_time": None,
        "capacity": 0,
        "booked_count": 0,
        "waitlisted_count": 0,
        "utilization_pct": 0,
        "status": "active",
    }


@pytest.mark.parametrize("refresh", ["1", "true"])
def test_refresh_computes_anew(admin, refresh):
    with time_machine.travel(datetime(2026, 3, 1, tzinfo=UTC), tick=False):
        caller = Caller(admin.user)
        first = caller.get("/admin/analytics/summary").json()["generated_at"]
    with time_machine.travel(datetime(2026, 3, 1, 0, 0, 30, tzinfo=UTC), tick=False):
        assert caller.get("/admin/analytics/summary").json()["generated_at"] == first == "2026-03-01T00:00:00Z"
        assert caller.get("/admin/analytics/summary?refresh=0").json()["generated_at"] == first
        fresh = caller.get(f"/admin/analytics/summary?refresh={refresh}").json()["generated_at"]
        assert fresh == "2026-03-01T00:00:30Z"
        assert caller.get("/admin/analytics/summary").json()["generated_at"] == fresh
        assert caller.get("/admin/analytics/summary?refresh=maybe").status_code == 422


@pytest.mark.django_db(transaction=True)
def test_every_change_drops_the_summary(admin):
    def booked_and_events():
        totals = admin.get("/admin/analytics/summary").json()["totals"]
        return totals["booked"], totals["events"], totals["capacity"], totals["active_events"]

    assert booked_and_events() == (0, 0, 0, 0)
    made = admin.post("/admin/events", {**NEW_EVENT, "capacity": 5}).json()
    assert booked_and_events() == (0, 1, 5, 1)
    buyer = Caller(UserFactory())
    booking = buyer.post(f"/events/{made['id']}/book", {"qty": 2}, Idempotency_Key="k").json()
    assert booked_and_events() == (2, 1, 5, 1)
    admin.patch(f"/admin/events/{made['id']}", {"capacity": 9})
    assert booked_and_events() == (2, 1, 9, 1)
    admin.post(f"/admin/events/{made['id']}/deactivate")
    assert booked_and_events() == (2, 1, 9, 0)
    buyer.delete(f"/bookings/{booking['id']}")
    assert booked_and_events() == (0, 1, 9, 0)
    other = admin.post("/admin/events", NEW_EVENT).json()
    assert booked_and_events()[1] == 2
    admin.delete(f"/admin/events/{other['id']}")
    assert booked_and_events()[1] == 1
