from datetime import timedelta

import pytest
from django.utils import timezone

from bookings.factories import TicketTypeFactory
from bookings.models import TicketType
from eventify.contracts import lists
from eventify.contracts.evient.tests.conftest import data_of, error_of
from eventify.lib.wire import moment
from events.factories import CategoryFactory, EventFactory
from events.models import Banner, Event

S = Event.State


def titles(answer):
    return [one["title"] for one in data_of(answer)]


@pytest.fixture
def program(db):
    """Two to come, two over, one cancelled, one draft."""
    now = timezone.now()
    for name, days, state in (
        ("Later", 20, S.PUBLISHED),
        ("Soon", 5, S.SHOWDAY),
        ("Old", -20, S.CLOSED),
        ("Recent", -5, S.PUBLISHED),
        ("Off", 6, S.CANCELLED),
        ("Secret", 7, S.DRAFT),
    ):
        EventFactory(name=name, slug=name.lower(), starts_at=now + timedelta(days=days), state=state)


def test_events_come_first_and_completed_ones_after(anybody, program):
    answer = anybody.get("/api/events")
    assert titles(answer) == ["Soon", "Later", "Recent", "Old"]
    assert [one["status"] for one in answer.json()["data"]] == ["published", "published", "completed", "completed"]
    assert titles(anybody.get("/api/events?status=published")) == ["Soon", "Later"]
    assert titles(anybody.get("/api/events?status=completed")) == ["Recent", "Old"]
    assert titles(anybody.get("/api/events?status=cancelled")) == ["Off"]
    assert set(error_of(anybody.get("/api/events?status=draft"), 422, "invalid")) == {"status"}


def test_pages(anybody, program):
    answer = anybody.get("/api/events/?page=2&limit=3")
    assert titles(answer) == ["Old"]
    shown = {"page": 2, "limit": 3, "total": 4, "pages": 2, "totalPages": 2, "total_pages": 2}
    assert answer.json()["pagination"] == shown
    assert titles(anybody.get("/api/events?page=9")) == []
    assert titles(anybody.get("/api/events?page=999999999999999999&page_size=junk")) == []
    assert len(titles(anybody.get("/api/events?page=&limit="))) == 4


def test_pages_cross_from_what_is_to_come_to_what_is_over(anybody, program):
    for limit in (1, 2, 3):
        pages = [titles(anybody.get(f"/api/events?limit={limit}&page={page}")) for page in range(1, 6)]
        assert sum(pages, []) == ["Soon", "Later", "Recent", "Old"]
        assert [len(page) for page in pages][: 4 // limit] == [limit] * (4 // limit)


def test_the_total_of_a_long_list_is_remembered_for_a_moment(anybody, program, monkeypatch):
    """A short one is exact at any time."""
    for exact, later in ((1000, 5), (1, 4)):
        monkeypatch.setattr(lists, "EXACT", exact)
        assert anybody.get("/api/events").json()["pagination"]["total"] == 4
        one = EventFactory(name="New", slug="new")
        answer = anybody.get("/api/events")
        assert (answer.json()["pagination"]["total"], len(titles(answer))) == (later, later)
        one.delete()


@pytest.mark.parametrize("value", ["0", "-1", "x", "1.5", "99999999999999999999", "²", "\x00"])
@pytest.mark.parametrize("name", ["page", "limit"])
def test_bad_pages_are_refused(anybody, name, value):
    assert set(error_of(anybody.get("/api/events", {name: value}), 422, "invalid")) == {name}


def test_a_limit_past_100_is_refused(anybody):
    data_of(anybody.get("/api/events?limit=100"))
    assert error_of(anybody.get("/api/events?limit=101"), 422, "invalid") == {
        "limit": ["Use a whole number from 1 to 100."]
    }


def test_filters(anybody):
    music = CategoryFactory(name="Music", slug="music")
    start = timezone.now().replace(hour=12, minute=0, second=0, microsecond=0) + timedelta(days=3)
    EventFactory(name="Jazz 50%", category=music, place="Pune", description="Blue notes", starts_at=start)
    EventFactory(name="Code", location="Main street, Delhi")
    for query, found in (
        ("category=mUSIC", ["Jazz 50%"]),
        ("category=tech", []),
        ("search=bLUE", ["Jazz 50%"]),
        ("search=50%25", ["Jazz 50%"]),
        ("search=50%25blue", []),  # parts of two texts
        ("search=50_", []),
        ("search=usi", ["Jazz 50%"]),  # its kind
        ("search=delhi", ["Code"]),
        ("city=pune", ["Jazz 50%"]),
        ("city=delhi", ["Code"]),
        (f"date={start:%Y-%m-%d}", ["Jazz 50%"]),
        (f"date_to={start:%Y-%m-%d}", ["Jazz 50%"]),
        (f"date_from={start + timedelta(days=1):%Y-%m-%d}", ["Code"]),
        ("unknown=1&format=xml", ["Jazz 50%", "Code"]),
    ):
        assert titles(anybody.get(f"/api/events?{query}")) == found, query
    assert set(error_of(anybody.get("/api/events?date=soon&date_to=x"), 422, "invalid")) == {"date", "date_to"}


def test_an_event_of_a_list(anybody, event, vip, free):
    TicketTypeFactory(event=event, name="Crew", price="1", status=TicketType.Status.HIDDEN)
    (shown,) = data_of(anybody.get("/api/events"))
    assert shown == {
        "id": str(event.uid),
        "title": "Summer Night",
        "slug": "summer-night",
        "location": "Hall A",
        "start_time": moment(event.starts_at),
        "end_time": moment(event.ends_at),
        "banner_image": "",
        "thumbnail_image": "",
        "category": "",
        "status": "published",
        "description": "",
        "is_hot": False,
        "price_from": 0.0,
        "currency": "INR",
        "is_sold_out": False,
        "created_at": moment(event.created_at),
        "updated_at": moment(event.updated_at),
    }


def test_featured_are_hot_and_to_come(anybody, program):
    Event.objects.exclude(name="Later").update(is_hot=True)
    assert titles(anybody.get("/api/events/featured")) == ["Soon"]
    Event.objects.update(is_hot=True)
    assert titles(anybody.get("/api/events/featured/?limit=1")) == ["Soon"]


def test_detail_by_id_and_slug(anybody, event, vip):
    Event.objects.filter(pk=event.pk).update(booked_count=1)
    TicketType.objects.filter(pk=vip.pk).update(quantity_sold=1, original_price="120")
    TicketTypeFactory(event=event, name="Crew", status=TicketType.Status.HIDDEN)
    data = data_of(anybody.get(f"/api/events/{event.uid}"))
    assert data == data_of(anybody.get("/api/events/summer-night/"))
    assert data["ticket_types"] == [
        {
            "id": str(vip.uid),
            "event_id": str(event.uid),
            "name": "VIP",
            "description": "",
            "price": 99.5,
            "original_price": 120.0,
            "quantity_total": 4,
            "quantity_sold": 1,
            "available": 3,
            "status": "active",
        }
    ]


@pytest.mark.parametrize(
    "capacity, booked, total, sold, status, shown",
    [
        (10, 3, None, 3, "active", (10, 3, 7, "active")),
        (10, 10, None, 4, "active", (4, 4, 0, "sold_out")),
        (10, 10, 8, 4, "active", (4, 4, 0, "sold_out")),
        (10, 4, 8, 4, "sold_out", (4, 4, 0, "sold_out")),
        (10, 8, 8, 8, "active", (8, 8, 0, "sold_out")),
        (10, 8, 8, 4, "active", (8, 4, 2, "active")),
    ],
)
def test_sold_out_exactly_when_sold_reaches_total(anybody, capacity, booked, total, sold, status, shown):
    event = EventFactory(capacity=capacity, booked_count=booked)
    TicketTypeFactory(event=event, quantity_total=total, quantity_sold=sold, status=status)
    data = data_of(anybody.get(f"/api/events/{event.slug}"))
    (one,) = data["ticket_types"]
    assert (one["quantity_total"], one["quantity_sold"], one["available"], one["status"]) == shown
    assert data["is_sold_out"] == (one["status"] == "sold_out") == (one["quantity_sold"] >= one["quantity_total"])


@pytest.mark.parametrize("id", ["nothing", "99999999999999999999", "a%00b", "%ff", "0" * 32, "a b", "x" * 500])
def test_an_unknown_event(anybody, id):
    assert error_of(anybody.get(f"/api/events/{id}"), 404, "not_found") == {}


def test_drafts_are_nobodys_business(anybody, as_admin, program):
    draft = Event.objects.get(name="Secret")
    for client in (anybody, as_admin):
        error_of(client.get(f"/api/events/{draft.uid}"), 404, "not_found")
        error_of(client.get("/api/events/secret"), 404, "not_found")
    assert data_of(anybody.get("/api/events/off"))["status"] == "cancelled"


def test_banners_are_active_and_by_priority(anybody, program):
    draft, soon = Event.objects.get(name="Secret"), Event.objects.get(name="Soon")
    low = Banner.objects.create(title="Low", image_url="/low.png", event=soon)
    Banner.objects.create(title="High", image_url="/high.png", priority=9)
    Banner.objects.create(title="Off", image_url="/off.png", is_active=False)
    Banner.objects.create(title="Early", image_url="/early.png", event=draft)
    answer = anybody.get("/api/banners/")
    assert titles(answer) == ["High", "Low"]
    assert answer.json()["data"][1] == {
        "id": low.pk,
        "title": "Low",
        "image_url": "/low.png",
        "link_url": "",
        "event_id": str(soon.uid),
        "priority": 0,
        "is_active": True,
    }
