"""The calendar of a month."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as rules
from hypothesis import strategies as some

from eventify.contracts.eventify_plus.events import days_with_events
from eventify.contracts.eventify_plus.spelling import listed
from eventify.contracts.eventify_plus.tests.calling import Caller
from events.factories import EventFactory
from events.models import Event
from partners.models import Partner

pytestmark = pytest.mark.django_db


@pytest.fixture
def caller():
    return Caller()


def on(first, last, **fields):
    """An event in India from noon of the first day to the evening of the last."""
    start = datetime.fromisoformat(f"{first}T06:30:00+00:00")
    end = datetime.fromisoformat(f"{last}T15:00:00+00:00")
    return EventFactory(starts_at=start, ends_at=end, timezone="Asia/Kolkata", **fields)


def test_days_and_events_of_a_month(caller):
    on("2025-08-01", "2025-08-02")
    on("2025-08-02", "2025-08-02")
    on("2025-08-31", "2025-09-03")
    on("2025-09-01", "2025-09-01")
    on("2025-08-02", "2025-08-02", state=Event.State.DRAFT)
    on("2025-08-15", "2025-08-15", state=Event.State.CANCELLED, cancelled_reason="Rain")
    answer = caller.post("events/events-by-month-year/", month="August", year=2025)
    assert answer.status_code == 200
    assert answer.json() == {
        "status": "success",
        "dates": ["2025-08-01", "2025-08-02", "2025-08-15", "2025-08-31"],
        "total_number_of_events": 4,
        "date_events": [
            {"date_of_event": "2025-08-01", "events_of_date": 1},
            {"date_of_event": "2025-08-02", "events_of_date": 2},
            {"date_of_event": "2025-08-15", "events_of_date": 1},
            {"date_of_event": "2025-08-31", "events_of_date": 1},
        ],
    }


def test_a_month_without_events(caller):
    empty = {"status": "success", "dates": [], "total_number_of_events": 0, "date_events": []}
    assert caller.post("events/events-by-month-year", month="Feb", year=2024).json() == empty


def test_an_event_that_spans_years_fills_each_month(caller):
    on("2023-12-31", "2025-01-01")
    for month, year, days in [("Dec", 2023, 1), ("Feb", 2024, 29), ("Dec", 2024, 31), ("Jan", 2025, 1)]:
        body = caller.post("events/events-by-month-year", month=month, year=year).json()
        assert (len(body["dates"]), body["total_number_of_events"]) == (days, 1)
        assert all(row["events_of_date"] == 1 for row in body["date_events"])


def test_days_are_local_to_the_event(caller):
    late = {"starts_at": datetime(2025, 7, 31, 20, tzinfo=UTC), "ends_at": datetime(2025, 7, 31, 23, tzinfo=UTC)}
    EventFactory(**late, timezone="Asia/Ho_Chi_Minh")  # the 1st of August there
    EventFactory(**late, timezone="America/New_York")  # still the 31st of July there
    body = caller.post("events/events-by-month-year", month="August", year=2025).json()
    assert (body["dates"], body["total_number_of_events"]) == (["2025-08-01"], 1)


@pytest.mark.parametrize("month", ["August", "august", "AUGUST", "Aug", "aUg"])
@pytest.mark.parametrize("year", [2025, "2025"])
def test_spellings_of_the_month(caller, month, year):
    on("2025-08-15", "2025-08-15")
    body = caller.post("events/events-by-month-year", month=month, year=year).json()
    assert body["dates"] == ["2025-08-15"]


@pytest.mark.parametrize("month", ["InvalidMonth", "Augus", "Sept", "8", "08", " May", "août", "Ａug", 8])
def test_other_spellings_are_refused(caller, month):
    answer = caller.post("events/events-by-month-year", month=month, year=2025)
    assert answer.status_code == 400
    assert answer.json() == {"status": "error", "message": f"Invalid month name: {month}"}


@pytest.mark.parametrize("month", [True, [], ["August"], {"name": "August"}])
def test_a_month_of_another_type(caller, month):
    answer = caller.post("events/events-by-month-year", month=month, year=2025)
    assert answer.status_code == 400
    assert answer.json() == {"status": "error", "message": "month must be a string, the name of a month"}


def test_a_very_long_month_is_not_repeated_in_full(caller):
    answer = caller.post("events/events-by-month-year", month="x" * 1_000_000, year=2025)
    assert answer.json() == {"status": "error", "message": f"Invalid month name: {'x' * 40}..."}


@pytest.mark.parametrize("fields", [{}, {"month": "May"}, {"year": 2025}, {"month": "", "year": 2025}, {"month": None}])
def test_month_and_year_are_required(caller, fields):
    answer = caller.post("events/events-by-month-year", **fields)
    assert answer.status_code == 400
    assert answer.json() == {"status": "error", "message": "month and year are required"}


@pytest.mark.parametrize("year", [True, 2025.0, [2025], "MMXXV", "-5"])
def test_a_year_of_another_type(caller, year):
    answer = caller.post("events/events-by-month-year", month="May", year=year)
    assert answer.status_code == 400
    assert answer.json() == {"status": "error", "message": "year must be an integer"}


@pytest.mark.parametrize("year", [0, -1, 10_000, 10**30])
def test_a_year_that_no_calendar_has(caller, year):
    answer = caller.post("events/events-by-month-year", month="May", year=year)
    assert answer.status_code == 400
    assert answer.json() == {"status": "error", "message": "year must be from 1 to 9999"}


@pytest.mark.parametrize(("month", "year"), [("January", 1), ("December", 9999)])
def test_the_ends_of_the_calendar(caller, month, year):
    assert caller.post("events/events-by-month-year", month=month, year=year).status_code == 200


@rules(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(spans=some.lists(some.tuples(some.integers(-50, 50), some.integers(0, 80)), max_size=12))
def test_the_counts_are_those_of_plain_python(db, spans):
    Event.objects.all().delete()
    first, last = date(2025, 8, 1), date(2025, 8, 31)
    for start, length in spans:
        begin = first + timedelta(days=start)
        on(begin, begin + timedelta(days=length))
    days, total = days_with_events(listed(), first, last)
    touching = [(first + timedelta(days=s), first + timedelta(days=s + n)) for s, n in spans]
    touching = [(a, b) for a, b in touching if a <= last and b >= first]
    month = [first + timedelta(days=n) for n in range(31)]
    counts = {day: sum(a <= day <= b for a, b in touching) for day in month}
    assert total == len(touching)
    assert days == {day: n for day, n in counts.items() if n}


def test_many_events_are_counted_by_the_database(caller, django_assert_num_queries):
    start = datetime(2025, 7, 1, tzinfo=UTC)
    house = Partner.objects.get(is_house=True)
    Event.objects.bulk_create(
        Event(
            partner=house,
            name="E",
            slug=f"many-{n}",
            state=Event.State.PUBLISHED,
            starts_at=start + timedelta(days=n % 62),
            ends_at=start + timedelta(days=n % 62 + 40),
        )
        for n in range(5000)
    )
    with django_assert_num_queries(2):
        body = caller.post("events/events-by-month-year", month="August", year=2025).json()
    assert body["total_number_of_events"] == 5000 and len(body["dates"]) == 31
