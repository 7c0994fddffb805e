"""Event types, lists, details and images."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from eventify.contracts.eventify_plus.tests.calling import SITE, Caller
from events import states
from events.factories import CategoryFactory, EventFactory, EventImageFactory
from events.models import Event

pytestmark = pytest.mark.django_db
NOW = datetime(2025, 7, 1, 22, tzinfo=UTC)  # the 2nd of July in India


@pytest.fixture(autouse=True)
def summer_of_2025():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def caller():
    return Caller()


def festival(**fields):
    """The document's event."""
    return EventFactory(
        **{
            "name": "Music Festival",
            "title": "Summer Music Fest",
            "description": "Annual music festival",
            "important_information": "Free parking available",
            "venue_name": "City Park",
            "place": "Bangalore",
            "district": "Bangalore Urban",
            "state_name": "Karnataka",
            "pincode": "560001",
            "latitude": "12.9716",
            "longitude": "100",
            "timezone": "Asia/Kolkata",
            "starts_at": datetime(2025, 8, 9, 20, tzinfo=UTC),  # 01:30 on the 10th there
            "ends_at": datetime(2025, 8, 20, 16, 30, 59, 999, tzinfo=UTC),
            **fields,
        }
    )


def fields_of(event, **more):
    """The body that the document promises for `festival()`."""
    return {
        "id": event.pk,
        "name": "Music Festival",
        "description": "Annual music festival",
        "start_date": "2025-08-10",
        "end_date": "2025-08-20",
        "start_time": "01:30:00",
        "end_time": "22:00:59",
        "latitude": "12.9716",
        "longitude": "100",
        "pincode": "560001",
        "district": "Bangalore Urban",
        "state": "Karnataka",
        "place": "Bangalore",
        "is_bookable": True,
        "is_eventify_event": True,
        "outside_event_url": "NA",
        "event_type": event.category_id,
        "event_status": "pending",
        "cancelled_reason": "NA",
        "title": "Summer Music Fest",
        "important_information": "Free parking available",
        "venue_name": "City Park",
        **more,
    }


def picture(event, name, **fields):
    return EventImageFactory(event=event, image__filename=name, **fields)


def downloads(url):
    assert url.startswith(f"{SITE}/media/")
    answer = Client().get(url.removeprefix(SITE))
    return answer.status_code == 200 and bool(b"".join(answer.streaming_content))


def test_type_list(caller):
    icon = SimpleUploadedFile("concert.png", b"picture")
    concert, talk = CategoryFactory(name="Concert", icon=icon), CategoryFactory(name="Conference")
    answer = caller.post("events/type-list/")
    assert answer.status_code == 200
    url = f"{SITE}/media/{concert.icon.name}"
    assert answer.json() == {
        "status": "success",
        "event_types": [
            {"id": concert.pk, "event_type": "Concert", "event_type_icon": url},
            {"id": talk.pk, "event_type": "Conference", "event_type_icon": None},
        ],
    }
    assert downloads(url)


def test_pincode_events(caller):
    event = festival(category=CategoryFactory())
    EventFactory(pincode="560002")
    answer = caller.post("events/pincode-events/", pincode="560001")
    assert answer.status_code == 200
    assert answer.json() == {"status": "success", "events": [fields_of(event, thumb_img="")]}
    assert list(answer.json()["events"][0]) == [*fields_of(event), "thumb_img"]


@pytest.mark.parametrize("fields", [{}, {"pincode": None}, {"pincode": ""}, {"pincode": "all"}, {"pincode": "ALL"}])
def test_all_pincodes_soonest_first_without_drafts_and_undated(caller, fields):
    later, sooner = EventFactory(pincode="560002"), EventFactory(starts_at=NOW + timedelta(days=1))
    EventFactory(state=Event.State.DRAFT)
    EventFactory(state=Event.State.CANCELLED, starts_at=None, ends_at=None)
    events = caller.post("events/pincode-events", **fields).json()["events"]
    assert [event["id"] for event in events] == [sooner.pk, later.pk]


def test_event_details(caller):
    event = festival()
    second = picture(event, "second.png", position=2)
    first = picture(event, "first.png", position=1)
    main = picture(event, "main.png", position=9, is_primary=True)
    answer = caller.post("events/event-details/", event_id=event.pk)
    assert answer.status_code == 200
    images = [{"is_primary": one is main, "image": f"{SITE}/media/{one.image.name}"} for one in (main, first, second)]
    assert answer.json() == fields_of(event, status="success", images=images)
    assert list(answer.json()) == [*fields_of(event), "status", "images"]
    assert all(downloads(image["image"]) for image in images)
    urls = [image["image"] for image in images]
    assert caller.post("events/event-images/", event_id=str(event.pk)).json() == {"status": "success", "images": urls}


@pytest.mark.parametrize("path", ["events/event-details", "events/event-images"])
def test_unknown_events_and_drafts_are_not_found(caller, path):
    draft = EventFactory(state=Event.State.DRAFT)
    for number in (draft.pk, draft.pk + 1, 0, -1, 2**63, 10**30, "9" * 100):
        answer = caller.post(path, event_id=number)
        assert answer.status_code == 404
        assert answer.json() == {"status": "error", "message": "Event not found"}


@pytest.mark.parametrize("path", ["events/event-details", "events/event-images", "events/events-by-category"])
@pytest.mark.parametrize("value", [True, 1.0, 1e300, [1], {"id": 1}, "one", "1.5", "-1", "1" * 101])
def test_an_id_of_the_wrong_type(caller, path, value):
    name = "category_id" if "category" in path else "event_id"
    answer = caller.post(path, **{name: value})
    assert answer.status_code == 400
    assert answer.json() == {"status": "error", "message": f"{name} must be an integer"}


@pytest.mark.parametrize("value", [None, ""])
def test_ids_are_required(caller, value):
    answer = caller.post("events/events-by-category", category_id=value)
    assert answer.status_code == 400
    assert answer.json() == {"status": "error", "message": "category_id is required"}
    answer = caller.post("events/event-details", event_id=value)
    assert answer.json() == {"status": "error", "message": "event_id is required"}


def test_events_by_category(caller):
    concert = CategoryFactory()
    event = festival(category=concert)
    EventFactory(category=CategoryFactory())
    main = picture(event, "main.png", is_primary=True)
    answer = caller.post("events/events-by-category/", category_id=concert.pk)
    assert answer.status_code == 200
    row = {
        "id": event.pk,
        "name": "Music Festival",
        "description": "Annual music festival",
        "start_date": "2025-08-10",
        "end_date": "2025-08-20",
        "event_type": concert.pk,
        "event_image": f"{SITE}/media/{main.image.name}",
    }
    assert answer.json() == {"status": "success", "events": [row]}
    assert list(answer.json()["events"][0]) == list(row)


@pytest.mark.parametrize("number", [0, -5, 10**30, 999_999])
def test_an_unknown_category_has_no_events(caller, number):
    answer = caller.post("events/events-by-category", category_id=number)
    assert (answer.status_code, answer.json()) == (200, {"status": "success", "events": []})


@pytest.mark.parametrize("day", ["2025-08-10", "2025-08-15", "2025-08-20"])
def test_events_by_date_counts_every_local_day(caller, day):
    event = festival()
    answer = caller.post("events/events-by-date/", date_of_event=day)
    assert answer.status_code == 200
    row = {"id": event.pk, "created_date": "2025-07-02", **fields_of(event), "thumb_img": ""}
    assert answer.json() == {"status": "success", "events": [row]}
    assert list(answer.json()["events"][0]) == list(row)


@pytest.mark.parametrize("day", ["2025-08-09", "2025-08-21", "0001-01-01", "9999-12-31"])
def test_events_by_date_outside(caller, day):
    festival()
    assert caller.post("events/events-by-date", date_of_event=day).json() == {"status": "success", "events": []}


@pytest.mark.parametrize(
    "value", ["2025-8-15", "15-08-2025", "2025-02-30", "20250815", "2025-08-15T10:00", "٢٠٢٥-٠٨-١٥", 20250815, True, []]
)
def test_events_by_date_with_another_format(caller, value):
    answer = caller.post("events/events-by-date", date_of_event=value)
    assert answer.status_code == 400
    assert answer.json() == {"status": "error", "message": "Invalid date format. Expected YYYY-MM-DD"}


@pytest.mark.parametrize("fields", [{}, {"date_of_event": None}, {"date_of_event": ""}])
def test_events_by_date_without_a_date(caller, fields):
    answer = caller.post("events/events-by-date", **fields)
    assert answer.status_code == 400
    assert answer.json() == {"status": "error", "message": "date_of_event is required"}


S = Event.State


@pytest.mark.parametrize(
    ("state", "days", "word"),
    [
        (S.PUBLISHED, 30, "pending"),
        (S.REGISTRATION_OPEN, 30, "pending"),
        (S.BUILDUP, 30, "pending"),
        (S.SHOWDAY, 0, "pending"),
        (S.TEARDOWN, 0, "completed"),
        (S.CLOSED, -1, "completed"),
        (S.PUBLISHED, -1, "completed"),
        (S.CANCELLED, 30, "cancelled"),
        (S.CANCELLED, -1, "cancelled"),
    ],
)
def test_event_status(caller, state, days, word):
    event = EventFactory(state=state, starts_at=timezone.now() + timedelta(days=days, hours=-1))
    event.ends_at = event.starts_at + timedelta(hours=2)
    event.save()
    assert caller.post("events/event-details", event_id=event.pk).json()["event_status"] == word


def test_a_cancelled_event_tells_why(caller):
    event = states.transition(EventFactory(), S.CANCELLED, by=caller.user, reason="Storm")
    body = caller.post("events/event-details", event_id=event.pk).json()
    assert (body["event_status"], body["cancelled_reason"]) == ("cancelled", "Storm")


def test_what_is_empty(caller):
    event = EventFactory(name="Bare", venue_name="", is_bookable=False, outside_event_url="https://example.org/x")
    body = caller.post("events/event-details", event_id=event.pk).json()
    empty = ("description", "pincode", "district", "state", "place", "important_information", "venue_name")
    assert {body[name] for name in empty} == {""}
    assert (body["latitude"], body["longitude"], body["event_type"]) == (None, None, None)
    assert (body["title"], body["is_bookable"], body["images"]) == ("Bare", False, [])
    assert body["outside_event_url"] == "https://example.org/x"


def _pictures_of(caller, event):
    lists = [
        caller.post("events/pincode-events").json()["events"][0]["thumb_img"],
        caller.post("events/events-by-date", date_of_event=str(event.starts_at.date())).json()["events"][0][
            "thumb_img"
        ],
        caller.post("events/events-by-category", category_id=event.category_id).json()["events"][0]["event_image"],
    ]
    assert lists[0] == lists[1]
    return lists[1:]


def test_the_thumbnail_is_the_primary_images_or_that_image(caller):
    event = EventFactory(category=CategoryFactory())
    picture(event, "other.png", position=0)
    main = picture(event, "main.png", position=1, is_primary=True)
    whole = f"{SITE}/media/{main.image.name}"
    assert _pictures_of(caller, event) == [whole, whole]
    main.thumbnail.save("thumb.png", SimpleUploadedFile("thumb.png", b"picture"))
    small = f"{SITE}/media/{main.thumbnail.name}"
    assert _pictures_of(caller, event) == [small, whole]
    assert downloads(small)


def test_addresses_of_pictures_elsewhere(caller):
    event = EventFactory(
        category=CategoryFactory(), thumbnail_image="/static/t.jpg", banner_image="https://cdn.example.org/b.jpg"
    )
    assert _pictures_of(caller, event) == [f"{SITE}/static/t.jpg", "https://cdn.example.org/b.jpg"]
    urls = caller.post("events/event-images", event_id=event.pk).json()["images"]
    assert urls == ["https://cdn.example.org/b.jpg"]


@pytest.mark.parametrize("address", ["javascript:alert(1)", "http://[broken", "data:image/png;base64,AA"])
def test_addresses_that_no_client_could_open_are_empty(caller, address):
    event = EventFactory(category=CategoryFactory(), thumbnail_image=address, banner_image=address)
    assert _pictures_of(caller, event) == ["", ""]
    assert caller.post("events/event-images", event_id=event.pk).json()["images"] == []


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("events/type-list", {}),
        ("events/pincode-events", {}),
        ("events/event-details", {"event_id": 0}),
        ("events/event-images", {"event_id": 0}),
        ("events/events-by-category", {"category_id": 0}),
        ("events/events-by-month-year", {"month": "August", "year": 2025}),
        ("events/events-by-date", {"date_of_event": "2025-08-15"}),
    ],
)
def test_the_number_of_queries_does_not_grow(caller, path, fields, django_assert_num_queries):
    category = CategoryFactory()
    events = [festival(category=category)]
    picture(events[0], "a.png", is_primary=True)
    fields = {name: {"event_id": events[0].pk, "category_id": category.pk}.get(name, x) for name, x in fields.items()}
    queries = 3 if path in ("events/event-details", "events/event-images") else 2
    with django_assert_num_queries(queries):
        assert caller.post(path, **fields).status_code == 200
    for number in range(2):
        CategoryFactory()
        events.append(festival(category=category))
        picture(events[-1], "b.png", is_primary=True)
        picture(events[0], f"c{number}.png")
    with django_assert_num_queries(queries):
        assert caller.post(path, **fields).status_code == 200
