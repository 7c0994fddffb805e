"""Events by local days: midnight to the last second, and the clock that stays when a day or the time zone changes."""

from datetime import UTC, date, datetime
from functools import partial

import pytest

from accounts.factories import UserFactory
from eventify.lib.errors import Invalid
from events import editing
from events.factories import EventFactory
from events.models import Event
from partners.models import Partner

pytestmark = pytest.mark.django_db
AMSTERDAM = "Europe/Amsterdam"


def create(**fields) -> Event:
    return editing.create(Partner.objects.get(is_house=True), by=UserFactory(), name="Fest", **fields)


def change(event: Event, **changes) -> Event:
    return editing.change(event, by=UserFactory(), **changes)


def clock(event: Event) -> list[str]:
    event.refresh_from_db()
    local = [event.local(moment) for moment in (event.starts_at, event.ends_at)]
    return [f"{day} {at}" for day, at in local]


def test_whole_days_at_creation():
    event = create(starts_on=date(2026, 3, 28), ends_on=date(2026, 3, 29), timezone=AMSTERDAM)  # the clocks change
    assert event.starts_at == datetime(2026, 3, 27, 23, tzinfo=UTC)
    assert event.ends_at == datetime(2026, 3, 29, 21, 59, 59, tzinfo=UTC)
    event.refresh_from_db()
    assert (event.starts_on, event.ends_on) == (date(2026, 3, 28), date(2026, 3, 29))


def test_without_days_and_with_one():
    assert (create().starts_at, create().ends_at) == (None, None)
    event = create(starts_on=date(2026, 7, 1), ends_on=None)
    assert event.ends_at is None
    assert clock(change(event, ends_on=date(2026, 7, 2))) == ["2026-07-01 00:00:00", "2026-07-02 23:59:59"]


def test_another_day_keeps_the_time_of_the_day():
    times = {"starts_at": datetime(2026, 7, 1, 18, 30, tzinfo=UTC), "ends_at": datetime(2026, 7, 1, 21, tzinfo=UTC)}
    event = EventFactory(timezone=AMSTERDAM, **times)
    moved = change(event, starts_on=date(2026, 12, 24), ends_on=date(2026, 12, 25))
    assert clock(moved) == ["2026-12-24 20:30:00", "2026-12-25 23:00:00"]
    assert moved.starts_at == datetime(2026, 12, 24, 19, 30, tzinfo=UTC)


def test_another_zone_with_the_days_keeps_the_clock_and_alone_the_moments():
    days = {"starts_on": date(2026, 7, 1), "ends_on": date(2026, 7, 2)}
    event = create(**days, timezone="UTC")
    assert clock(change(event, timezone=AMSTERDAM, **days)) == ["2026-07-01 00:00:00", "2026-07-02 23:59:59"]
    assert clock(change(event, timezone="UTC")) == ["2026-06-30 22:00:00", "2026-07-02 21:59:59"]


def test_days_that_cannot_be():
    days = {"starts_on": date(2026, 7, 2), "ends_on": date(2026, 7, 1)}
    for attempt in (partial(create, **days), partial(change, EventFactory(state="draft"), **days)):
        with pytest.raises(Invalid) as refusal:
            attempt()
        assert refusal.value.errors == {"end_time": ["The end is before the start."]}
    for zone in ("Mars/Olympus", "../../etc/passwd", ""):
        with pytest.raises(Invalid) as refusal:
            create(timezone=zone, starts_on=date(2026, 7, 2))
        assert list(refusal.value.errors) == ["timezone"]


@pytest.mark.parametrize("state", Event.State)
def test_a_published_event_keeps_its_dates(state):
    event = EventFactory(state=state)
    for field, name in (("starts_on", "start_time"), ("ends_at", "end_time")):
        if state in ("draft", "cancelled"):
            change(event, **{field: None})
            continue
        with pytest.raises(Invalid) as refusal:
            change(event, **{field: None})
        assert refusal.value.errors == {name: ["A published event needs a start and an end."]}
