"""What machines read of events: the sitemap, robots.txt, calendar files."""

import re
from datetime import UTC, datetime

import pytest

from events.factories import EventFactory

pytestmark = pytest.mark.django_db
START, END = datetime(2031, 6, 12, 19, 30, tzinfo=UTC), datetime(2031, 6, 12, 22, tzinfo=UTC)


@pytest.fixture
def event():
    about = {"name": "Jazz; late, loud", "venue_name": "Hall A", "place": "Delft"}
    return EventFactory(slug="jazz", starts_at=START, ends_at=END, **about)


def test_the_sitemap_has_what_can_be_attended(client, event):
    EventFactory(slug="draft", state="draft", starts_at=START, ends_at=END)
    EventFactory(slug="past", starts_at=datetime(2020, 1, 1, tzinfo=UTC), ends_at=datetime(2020, 1, 2, tzinfo=UTC))
    index = client.get("/sitemap.xml").content.decode()
    assert [re.sub(r"^https?://[^/]+", "", url) for url in re.findall(r"<loc>(.*?)</loc>", index)] == [
        "/sitemap-pages.xml",
        "/sitemap-events.xml",
    ]
    listed = re.findall(r"<loc>https?://[^/]+(.*?)</loc>", client.get("/sitemap-events.xml").content.decode())
    assert listed == ["/e/jazz/"]
    assert client.get("/sitemap-nothing.xml").status_code == 404
    assert client.get("/sitemap-events.xml?p=99999999999999999999").status_code == 404


def test_the_sitemap_asks_as_much_for_more_events(client, event, django_assert_num_queries):
    with django_assert_num_queries(2):  # how many, and the rows
        client.get("/sitemap-events.xml")
    EventFactory.create_batch(2, starts_at=START, ends_at=END)
    with django_assert_num_queries(2):
        client.get("/sitemap-events.xml")


def test_robots_are_kept_out_of_what_is_private(client):
    page = client.get("/robots.txt")
    assert page["Content-Type"] == "text/plain; charset=utf-8"
    lines = page.content.decode().splitlines()
    assert "Disallow: /orders/" in lines and "Disallow: /" not in lines and lines[-1].endswith("/sitemap.xml")


def test_an_event_for_the_calendar(client, event):
    page = client.get("/e/jazz/calendar.ics")
    assert (page.status_code, page["Content-Type"]) == (200, "text/calendar; charset=utf-8")
    assert page["Content-Disposition"] == 'attachment; filename="jazz.ics"'
    lines = page.content.decode().split("\r\n")
    wanted = {
        "METHOD:PUBLISH", f"UID:event-{event.uid}@eventify", "DTSTART:20310612T193000Z", "DTEND:20310612T220000Z",
        "SUMMARY:Jazz\\; late\\, loud", "LOCATION:Hall A\\, Delft", "STATUS:CONFIRMED",
    }  # fmt: skip
    assert wanted <= set(lines)
    event.state = "cancelled"
    event.save()
    assert {"METHOD:CANCEL", "STATUS:CANCELLED"} <= set(
        client.get("/e/jazz/calendar.ics").content.decode().split("\r\n")
    )


@pytest.mark.parametrize("change", [{"state": "draft"}, {"starts_at": None, "ends_at": None}, {"slug": "other"}])
def test_there_is_no_calendar_file_of_what_is_not_there(client, event, change):
    type(event).objects.filter(pk=event.pk).update(**change)
    assert client.get("/e/jazz/calendar.ics").status_code == 404
