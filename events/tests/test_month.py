"""The calendar of a month."""

from datetime import UTC, date, datetime

import pytest
import time_machine

from events import month
from events.factories import CategoryFactory, EventFactory
from events.models import Event

pytestmark = pytest.mark.django_db


def on(first: str, last: str, zone: str = "UTC", **fields) -> Event:
    """An event between two moments in UTC."""
    starts_at, ends_at = (datetime.fromisoformat(moment).replace(tzinfo=UTC) for moment in (first, last))
    return EventFactory(starts_at=starts_at, ends_at=ends_at, timezone=zone, **fields)


def days(response) -> dict[date, list[str]]:
    """Day -> the names that stand there, without the empty ones."""
    found = (day for week in response.context["weeks"] for day in week)
    return {day.date: [event.name for event in day.events] for day in found if day.events}


def test_an_event_stands_at_each_local_day_that_it_touches(client):
    on("2031-06-12T20:00", "2031-06-12T23:00", name="Evening")
    on("2031-05-30T10:00", "2031-06-02T10:00", name="Festival")
    on("2031-06-30T20:00", "2031-06-30T21:00", zone="Asia/Kolkata", name="Next month in India")
    on("2031-06-12T18:00", "2031-06-12T19:00", name="Before it")
    on("2031-06-14T18:00", "2031-06-14T19:00", name="Draft", state="draft")
    on("2031-06-14T18:00", "2031-06-14T19:00", name="Off", state="cancelled")
    assert days(client.get("/calendar/2031/6/")) == {
        date(2031, 6, 1): ["Festival"],
        date(2031, 6, 2): ["Festival"],
        date(2031, 6, 12): ["Before it", "Evening"],
    }
    assert days(client.get("/calendar/2031/7/")) == {date(2031, 7, 1): ["Next month in India"]}


def test_weeks_begin_on_monday_and_hold_the_whole_month():
    weeks = month.weeks(Event.objects.all(), 2031, 6)
    assert [day.date for day in weeks[0]][0] == date(2031, 5, 26) and weeks[0][0].is_outside
    inside = [day.date.day for week in weeks for day in week if not day.is_outside]
    assert inside == list(range(1, 31))


def test_a_full_day_leads_to_the_rest(client):
    for number in range(5):
        on("2031-06-12T20:00", "2031-06-12T23:00", name=f"Show {number}")
    page = client.get("/calendar/2031/6/").content.decode()
    assert "Show 2" in page and "Show 3" not in page and "2 more" in page
    assert '/whats-on/?since=2031-06-12&amp;until=2031-06-12"' in page


@time_machine.travel(datetime(2031, 6, 12, 12, tzinfo=UTC))
def test_it_begins_with_this_month(client):
    response = client.get("/calendar/")
    assert response.context["first"] == date(2031, 6, 1) and "Nothing is on this month" in response.content.decode()
    assert (response.context["before"], response.context["after"]) == ((2031, 5), (2031, 7))


@pytest.mark.parametrize(
    ("path", "status"),
    [("2031/13", 404), ("2031/0", 404), ("1969/12", 404), ("2200/1", 404), ("1970/1", 200), ("2199/12", 200),
     ("99999999999999999999/1", 404), ("x/1", 404)],
)  # fmt: skip
def test_months_that_are_none(client, path, status):
    response = client.get(f"/calendar/{path}/")
    assert response.status_code == status
    if path == "1970/1":
        assert response.context["before"] is None
    if path == "2199/12":
        assert response.context["after"] is None


def test_three_events_ask_as_many_queries_as_one(client, django_assert_num_queries):
    on("2031-06-12T20:00", "2031-06-12T23:00")
    client.get("/calendar/2031/6/")  # the kinds and the cities of the filters are counted once a minute
    with django_assert_num_queries(3):  # the kinds of the filter, which events, and what they are
        client.get("/calendar/2031/6/")
    on("2031-06-13T20:00", "2031-06-13T23:00")
    on("2031-06-14T20:00", "2031-06-14T23:00")
    with django_assert_num_queries(3):  # the kinds of the filter, which events, and what they are
        client.get("/calendar/2031/6/")


def test_the_month_keeps_its_filters(client):
    comedy = CategoryFactory(name="Comedy", slug="comedy")
    on("2031-06-12T20:00", "2031-06-12T23:00", name="Mine", category=comedy, place="Goa")
    on("2031-06-13T20:00", "2031-06-13T23:00", name="Other", place="Goa")
    response = client.get("/calendar/2031/6/?category=comedy&city=goa&price_max=x")
    assert days(response) == {date(2031, 6, 12): ["Mine"]}
    page = response.content.decode()
    for path in ("/calendar/2031/5/", "/calendar/2031/7/", "/calendar/"):
        assert f'href="{path}?category=comedy&amp;city=goa&amp;price_max=x"' in page
    assert "Enter a number." in page and "noindex" in page


def test_of_a_long_event_each_day_is_counted(client):
    for number in range(4):
        on("2031-06-10T10:00", "2031-06-12T10:00", name=f"Show {number}")
    response = client.get("/calendar/2031/6/")
    found = {
        day.date.day: (len(day.events), day.more) for week in response.context["weeks"] for day in week if day.total
    }
    assert found == {10: (3, 1), 11: (3, 1), 12: (3, 1)}
