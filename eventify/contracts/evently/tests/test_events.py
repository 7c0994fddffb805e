"""The public listing, one event, and its seats."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.factories import UserFactory
from bookings import orders
from bookings.models import Seat
from eventify.contracts.evently.tests.calling import Caller, make_event
from events.factories import EventFactory
from events.models import Event


def names(answer):
    assert answer.status_code == 200, answer.content
    return [item["name"] for item in answer.json()["items"]]


def test_an_event(anyone):
    event = make_event(
        name="Rock Night",
        venue_name="Indira Hall",
        starts_at=datetime(2030, 1, 1, 19, tzinfo=UTC),
        ends_at=datetime(2030, 1, 1, 22, tzinfo=UTC),
        capacity=10,
    )
    orders.book(event.pk, 4, by=UserFactory())
    expected = {
        "id": event.pk,
        "name": "Rock Night",
        "venue": "Indira Hall",
        "start_time": "2030-01-01T19:00:00Z",
        "end_time": "2030-01-01T22:00:00Z",
        "capacity": 10,
        "booked_count": 4,
        "waitlisted_count": 0,
        "status": "active",
    }
    answer = anyone.get(f"/events/{event.pk}")
    assert (answer.status_code, answer.json()) == (200, expected)
    listed = anyone.get("/events/")
    assert listed.json() == {"items": [expected], "meta": {"page": 1, "page_size": 10, "total": 1}}


@pytest.mark.parametrize(
    ("state", "is_bookable", "status"),
    [
        ("published", True, "active"),
        ("registration_open", True, "active"),
        ("buildup", True, "active"),
        ("showday", True, "active"),
        ("published", False, "inactive"),
        ("teardown", True, "inactive"),
        ("closed", True, "inactive"),
        ("cancelled", True, "inactive"),
    ],
)
def test_every_state_has_its_word(anyone, state, is_bookable, status):
    event = EventFactory(state=state, is_bookable=is_bookable)
    assert anyone.get(f"/events/{event.pk}").json()["status"] == status
    other = {"active": "inactive", "inactive": "active"}[status]
    assert len(names(anyone.get(f"/events?status={status}"))) == 1
    assert names(anyone.get(f"/events?status={other}")) == []


def test_drafts_are_nobodys_business(anyone, admin):
    event = EventFactory(state=Event.State.DRAFT)
    for caller in (anyone, admin):
        assert names(caller.get("/events")) == []
        for path in (f"/events/{event.pk}", f"/events/{event.pk}/seats"):
            answer = caller.get(path)
            assert (answer.status_code, answer.json()) == (404, {"detail": "Event not found"})
    assert admin.book(event).status_code == 404


def test_search_and_filters(anyone):
    start = datetime(2030, 5, 1, 12, tzinfo=UTC)
    for number, (name, venue) in enumerate([("Jazz Night", "Blue Hall"), ("Rock", "Red Jazz Club"), ("Play", "Blue")]):
        begins = start + timedelta(days=number)
        EventFactory(name=name, venue_name=venue, starts_at=begins)
    assert names(anyone.get("/events?q=jazz")) == ["Jazz Night", "Rock"]
    assert names(anyone.get("/events?venue=blue")) == ["Jazz Night", "Play"]
    assert names(anyone.get("/events?q=&venue=&status=")) == ["Jazz Night", "Rock", "Play"]
    assert names(anyone.get("/events?date_from=2030-05-02T12:00:00Z")) == ["Rock", "Play"]
    assert names(anyone.get("/events?date_to=2030-05-02T11:59:59Z")) == ["Jazz Night"]
    assert names(anyone.get("/events?date_from=2030-05-02&date_to=2030-05-02")) == ["Rock"]
    assert names(anyone.get("/events?nonsense=1&q=Play")) == ["Play"]
    assert names(anyone.get("/events?q=%25")) == []


def test_sorting(anyone):
    now = timezone.now()
    for name, capacity, booked, days in [("b", 10, 5, 3), ("A", 10, 9, 2), ("c", 0, 0, 1)]:
        EventFactory(name=name, capacity=capacity, booked_count=booked, starts_at=now + timedelta(days=days))
    assert names(anyone.get("/events")) == ["c", "A", "b"]
    assert names(anyone.get("/events?sort=start_time&order=desc")) == ["b", "A", "c"]
    assert names(anyone.get("/events?sort=name")) == ["A", "b", "c"]
    assert names(anyone.get("/events?sort=name&order=desc")) == ["c", "b", "A"]
    assert names(anyone.get("/events?sort=utilization")) == ["c", "b", "A"]
    assert names(anyone.get("/events?sort=utilization&order=desc")) == ["A", "b", "c"]


def test_pages(anyone):
    EventFactory.create_batch(5)
    answer = anyone.get("/events?page=2&page_size=2")
    assert len(answer.json()["items"]) == 2
    assert answer.json()["meta"] == {"page": 2, "page_size": 2, "total": 5}
    assert anyone.get("/events?page=9").json() == {"items": [], "meta": {"page": 9, "page_size": 10, "total": 5}}


@pytest.mark.parametrize(
    "query",
    [
        "page=0",
        "page=-1",
        "page=x",
        "page=99999999999999999999",
        "page_size=0",
        "page_size=101",
        "sort=price",
        "order=up",
    ]
    + ["status=draft", "date_from=yesterday", "date_to=9999-12-31T23:59:59-11:00", "date_from=0001-01-01", "q=%00"]
    + ["venue=" + "x" * 201],
)
def test_bad_queries_are_refused(anyone, query):
    answer = anyone.get(f"/events?{query}")
    assert answer.status_code == 422
    assert [problem["loc"] for problem in answer.json()["detail"]] == [["query", query.partition("=")[0]]]


@pytest.mark.parametrize("path", ["/events?page_size=100", "/admin/events"])
def test_listing_asks_the_same_number_of_queries_for_1_and_3(admin, path):
    counts = []
    for more in (1, 2):
        for _ in range(more):
            make_event()
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert admin.get(path).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_seats_are_made_when_first_looked_at(anyone, buyer):
    event = make_event(capacity=12)
    answer = anyone.get(f"/events/{event.pk}/seats")
    assert answer.status_code == 200
    seats = answer.json()
    assert [seat["label"] for seat in seats] == [f"A-{n}" for n in range(1, 11)] + ["B-1", "B-2"]
    assert seats[10] == {
        "id": seats[10]["id"],
        "event_id": event.pk,
        "label": "B-1",
        "row_label": "B",
        "col_number": 1,
        "reserved": False,
        "reserved_booking_id": None,
    }
    assert anyone.get(f"/events/{event.pk}/seats").json() == seats
    assert anyone.get(f"/events/{event.pk}/seats?page=2&page_size=10").json() == seats[10:]
    assert anyone.get(f"/events/{event.pk}/seats?page=0").status_code == 422


def test_only_the_holder_and_staff_see_whose_a_seat_is(anyone, buyer, admin):
    event = make_event(capacity=2)
    booking = buyer.book(event, {"seat_ids": ["A-1"]}).json()
    other = Caller(UserFactory())
    for caller, sees in ((anyone, None), (other, None), (buyer, booking["id"]), (admin, booking["id"])):
        seats = caller.get(f"/events/{event.pk}/seats").json()
        assert [(seat["reserved"], seat["reserved_booking_id"]) for seat in seats] == [(True, sees), (False, None)]


def test_no_grid_for_standing_room_and_huge_halls(anyone, settings):
    standing, huge = make_event(seating=Event.Seating.NONE), make_event(capacity=settings.EVENTIFY_SEAT_GRID_MAX + 1)
    for event in (standing, huge):
        assert anyone.get(f"/events/{event.pk}/seats").json() == []
    assert not Seat.objects.exists()


def test_seats_ask_the_same_number_of_queries_for_1_and_3(buyer):
    counts = []
    for places in (1, 3):
        event = make_event(capacity=places)
        buyer.book(event, {"qty": places})
        with CaptureQueriesContext(connection) as queries:
            assert len(buyer.get(f"/events/{event.pk}/seats").json()) == places
        counts.append(len(queries))
    assert counts[0] == counts[1]


@pytest.mark.parametrize(
    "wrong", ["0", "-1", "x", "1.5", "99999999999999999999", "9223372036854775808", "%00", "٣", "01"]
)
def test_wrong_ids_are_404(anyone, buyer, admin, wrong):
    EventFactory(pk=3)
    EventFactory(pk=1)
    for answer in (
        anyone.get(f"/events/{wrong}"),
        anyone.get(f"/events/{wrong}/seats"),
        buyer.post(f"/events/{wrong}/book", {}, Idempotency_Key="k"),
        admin.patch(f"/admin/events/{wrong}", {}),
    ):
        assert (answer.status_code, answer.json()) == (404, {"detail": "Event not found"})
    assert buyer.get(f"/bookings/{wrong}").json() == {"detail": "Booking not found"}
    assert admin.patch(f"/admin/users/{wrong}/role", {"role": "user"}).json() == {"detail": "User not found"}


def test_wrong_methods_and_paths_answer_in_shape(anyone):
    answer = anyone.delete("/events")
    assert (answer.status_code, answer.json()) == (405, {"detail": 'Method "DELETE" not allowed.'})
    for path in ("/events/1/nothing", "/auth/nothing", "/admin/nothing", "/me/x", "/bookings/", "/stats/x"):
        answer = anyone.get(path)
        assert answer.status_code == 404, path
        assert answer["Content-Type"] == "application/json"
        assert set(answer.json()) == {"detail"}
