import pytest

from accounts.factories import UserFactory
from accounts.models import AuditLog
from bookings import orders
from bookings.factories import TicketTypeFactory
from bookings.models import TicketType
from eventify.contracts.evient.tests.conftest import client_of, data_of, error_of, member, with_role
from eventify.lib.wire import moment
from events.factories import EventFactory
from events.models import Event
from partners import members

PATH = "/api/admin/events"
NEW = {
    "title": "Rock Night",
    "description": "Loud",
    "content": "<p onclick='x()'>Hi</p><script>alert(1)</script>",
    "location": "Open Air, Pune",
    "city": "Pune",
    "start_time": "2030-05-01T18:00:00+05:30",
    "end_time": "2030-05-01T23:00:00+05:30",
    "category": "Music",
    "status": "published",
    "is_hot": True,
    "thumbnail_image": "https://example.com/t.png",
    "ticket_types": [
        {"name": "VIP", "price": 99.99, "original_price": "120.00", "quantity_total": 5},
        {"name": "GA", "quantity_total": 20, "description": None, "min_per_order": 2, "max_per_order": 4},
    ],
}


def test_create_with_status_and_ticket_types(as_admin, admin, anybody):
    data = data_of(as_admin.post(PATH, NEW), 201)
    event = Event.objects.get()
    vip, ga = event.ticket_types.all()
    assert event.partner.is_house and event.venue_name == "Open Air, Pune"
    assert data == {
        "id": str(event.uid),
        "title": "Rock Night",
        "slug": "rock-night",
        "location": "Open Air, Pune",
        "start_time": "2030-05-01T12:30:00Z",
        "end_time": "2030-05-01T17:30:00Z",
        "banner_image": "",
        "thumbnail_image": "https://example.com/t.png",
        "category": "Music",
        "status": "published",
        "description": "Loud",
        "content": "<p>Hi</p>",
        "is_hot": True,
        "price_from": 0.0,
        "currency": "INR",
        "is_sold_out": False,
        "created_at": moment(event.created_at),
        "updated_at": moment(event.updated_at),
        "city": "Pune",
        "timezone": "UTC",
        "capacity": 25,
        "booked_count": 0,
        "ticket_types": [
            {
                "id": str(vip.uid),
                "event_id": str(event.uid),
                "name": "VIP",
                "description": "",
                "price": 99.99,
                "original_price": 120.0,
                "quantity_total": 5,
                "quantity_sold": 0,
                "available": 5,
                "status": "active",
                "min_per_order": 1,
                "max_per_order": None,
                "max_per_person": None,
                "sales_start": None,
                "sales_end": None,
            },
            {
                "id": str(ga.uid),
                "event_id": str(event.uid),
                "name": "GA",
                "description": "",
                "price": 0.0,
                "original_price": None,
                "quantity_total": 20,
                "quantity_sold": 0,
                "available": 20,
                "status": "active",
                "min_per_order": 2,
                "max_per_order": 4,
                "max_per_person": None,
                "sales_start": None,
                "sales_end": None,
            },
        ],
    }
    assert AuditLog.objects.filter(action="CREATED_EVENT", actor=admin).count() == 1
    assert data_of(anybody.get("/api/events/rock-night"))["title"] == "Rock Night"
    assert data_of(as_admin.get(f"{PATH}/{event.uid}/")) == data
    assert data_of(as_admin.get(f"{PATH}/rock-night")) == data


def test_a_title_makes_a_draft(as_admin, anybody):
    data = data_of(as_admin.post(PATH, {"title": "Plan"}), 201)
    assert (data["status"], data["start_time"], data["capacity"]) == ("draft", None, 0)
    assert [one["title"] for one in data_of(as_admin.get(PATH))] == ["Plan"]
    assert data_of(as_admin.get(f"{PATH}?status=published")) == []
    assert data_of(anybody.get("/api/events")) == []


def test_nothing_is_made_when_something_is_wrong(as_admin):
    assert error_of(as_admin.post(PATH, {**NEW, "start_time": None}), 422, "invalid_transition") == {
        "status": ["To be published an event needs a name, a start and an end."]
    }
    bad = {
        **NEW,
        "title": "",
        "start_time": "0001-01-01T00:00:00+14:00",
        "end_time": "9999-12-31T23:59:59Z",
        "status": "open",
        "is_hot": None,
        "organizer": 1,
        "ticket_types": [{"name": "A", "price": -1, "quantity_total": 10**12}, 5],
    }
    details = error_of(as_admin.post(PATH, bad), 422, "invalid")
    assert set(details) == {
        "organizer",
        "title",
        "start_time",
        "end_time",
        "status",
        "is_hot",
        "ticket_types.0.price",
        "ticket_types.0.quantity_total",
        "ticket_types.1",
    }
    swapped = {**NEW, "start_time": NEW["end_time"], "end_time": NEW["start_time"]}
    assert error_of(as_admin.post(PATH, swapped), 422, "invalid") == {"end_time": ["The end is before the start."]}
    nameless = {**NEW, "ticket_types": [{"price": 1}]}
    assert set(error_of(as_admin.post(PATH, nameless), 422, "invalid")) == {"ticket_types.0.name"}
    uncounted = {**NEW, "ticket_types": [{"name": "A"}]}
    assert set(error_of(as_admin.post(PATH, uncounted), 422, "invalid")) == {"ticket_types.0.quantity_total"}
    assert set(error_of(as_admin.post(PATH, {**NEW, "timezone": "Mars"}), 422, "invalid")) == {"timezone"}
    assert not Event.objects.exists() and not TicketType.objects.exists()


def test_a_capacity_of_its_own(as_admin):
    body = {"title": "Club", "capacity": 30, "ticket_types": [{"name": "A"}, {"name": "B", "quantity_total": 50}]}
    data = data_of(as_admin.post(PATH, body), 201)
    assert (data["capacity"], [one["available"] for one in data["ticket_types"]]) == (30, [30, 30])
    assert data["ticket_types"][0]["quantity_total"] is None
    data = data_of(as_admin.put(f"{PATH}/club", {"capacity": 10}))
    assert data["capacity"] == 10


def test_the_whole_event_may_come_back_unchanged(as_admin):
    data = data_of(as_admin.post(PATH, NEW), 201)
    again = data_of(as_admin.put(f"{PATH}/{data['id']}", data))
    assert {**again, "updated_at": None} == {**data, "updated_at": None}
    assert not Event.objects.get().is_capacity_fixed


def test_put_changes_what_is_given(as_admin):
    data = data_of(as_admin.post(PATH, NEW), 201)
    vip = data["ticket_types"][0]
    body = {
        "title": "Rock Day",
        "category": "",
        "location": "Indoor",
        "ticket_types": [{"id": vip["id"], "price": 50, "quantity_total": 7}, {"name": "Box", "quantity_total": 1}],
    }
    changed = data_of(as_admin.put(f"{PATH}/{data['slug']}", body))
    assert (changed["title"], changed["slug"], changed["category"]) == ("Rock Day", "rock-night", "")
    assert (changed["location"], Event.objects.get().venue_name) == ("Indoor", "Open Air, Pune")
    assert [(one["name"], one["price"], one["quantity_total"]) for one in changed["ticket_types"]] == [
        ("VIP", 50.0, 7),
        ("GA", 0.0, 20),
        ("Box", 0.0, 1),
    ]
    assert changed["capacity"] == 28 and changed["status"] == "published"


def test_a_type_of_another_event_is_refused(as_admin, vip):
    data = data_of(as_admin.post(PATH, NEW), 201)
    answer = as_admin.put(f"{PATH}/{data['id']}", {"title": "X", "ticket_types": [{"id": str(vip.uid), "price": 1}]})
    assert set(error_of(answer, 422, "invalid")) == {"ticket_types.0.id"}
    vip.refresh_from_db()
    assert vip.price == 99.5 and Event.objects.get(uid=data["id"]).name == "Rock Night"


@pytest.mark.parametrize(
    "state, word, after",
    [
        ("draft", "published", "published"),
        ("draft", "cancelled", "cancelled"),
        ("draft", "completed", "teardown"),
        ("buildup", "published", "buildup"),
        ("buildup", "completed", "teardown"),
        ("published", "draft", "draft"),
        ("cancelled", "published", "published"),
        ("closed", "completed", "closed"),
    ],
)
def test_status_walks_to_the_nearest_state(as_admin, state, word, after):
    event = EventFactory(state=state)
    assert data_of(as_admin.put(f"{PATH}/{event.uid}", {"status": word}))["status"] == word
    event.refresh_from_db()
    assert event.state == after


def test_impossible_steps(as_admin):
    event = EventFactory(state="closed")
    answer = as_admin.put(f"{PATH}/{event.uid}", {"title": "New", "status": "published"})
    assert set(error_of(answer, 422, "invalid_transition")) == {"status"}
    event.refresh_from_db()
    assert event.name != "New"


def test_stock_below_what_is_sold(as_admin, buyer, event, vip, free):
    orders.place([orders.Line(free.pk, 3)], by=buyer)
    answer = as_admin.put(f"{PATH}/{event.uid}", {"capacity": 2})
    assert error_of(answer, 409, "capacity_below_booked") == {"booked_count": 3}
    types = f"{PATH}/{event.uid}/ticket-types"
    error_of(as_admin.put(f"{types}/{free.uid}", {"quantity_total": 2}), 409, "capacity_below_booked")
    error_of(as_admin.delete(f"{types}/{free.uid}"), 409, "conflict")
    error_of(as_admin.delete(f"{PATH}/{event.uid}"), 409, "conflict")
    assert data_of(as_admin.delete(f"{types}/{vip.uid}")) is None
    assert not TicketType.objects.filter(pk=vip.pk).exists()


def test_delete(as_admin, event, vip):
    assert data_of(as_admin.delete(f"{PATH}/{event.uid}")) is None
    error_of(as_admin.get(f"{PATH}/{event.uid}"), 404, "not_found")
    assert not Event.objects.exists()


def test_ticket_types_on_their_own(as_admin, event):
    types = f"{PATH}/{event.slug}/ticket-types"
    made = data_of(as_admin.post(types, {"name": "GA", "price": 10}), 201)
    assert (made["quantity_total"], made["available"]) == (None, 10)
    assert data_of(as_admin.get(types)) == [made] and data_of(as_admin.get(f"{types}/{made['id']}")) == made
    changed = data_of(as_admin.put(f"{types}/{made['id']}", {**made, "status": "hidden"}))
    assert changed == {**made, "status": "hidden"}
    error_of(as_admin.post(types, {"price": 1}), 422, "invalid")
    error_of(as_admin.get(f"{types}/1"), 404, "not_found")
    answer = as_admin.put(f"{types}/{made['id']}", {"id": str(event.uid)})
    assert set(error_of(answer, 422, "invalid")) == {"id"}


def test_partners_work_with_their_own_events(as_admin, event, vip):
    user = member(role="event_manager")
    client = client_of(user)
    made = data_of(client.post(PATH, {**NEW, "status": "draft"}), 201)
    own = Event.objects.get(uid=made["id"])
    assert own.partner == user.memberships.get().partner
    assert [one["id"] for one in data_of(client.get(PATH))] == [made["id"]]
    assert data_of(client.put(f"{PATH}/{made['id']}", {"status": "published"}))["status"] == "published"
    for answer in (
        client.get(f"{PATH}/{event.uid}"),
        client.put(f"{PATH}/{event.uid}", {"title": "Mine"}),
        client.delete(f"{PATH}/{event.uid}"),
        client.post(f"{PATH}/{event.uid}/ticket-types", {"name": "x"}),
        client.put(f"{PATH}/{event.uid}/ticket-types/{vip.uid}", {"price": 0}),
        client.put(f"{PATH}/{made['id']}/ticket-types/{vip.uid}", {"price": 0}),
    ):
        error_of(answer, 404, "not_found")
    assert {one["id"] for one in data_of(as_admin.get(PATH))} == {made["id"], str(event.uid)}


def test_seeing_is_not_managing(event):
    partner = event.partner
    looker, support = client_of(member(partner, "org_member")), client_of(with_role("Support"))
    manager_elsewhere = member(role="event_manager")
    members.add(partner, manager_elsewhere, "org_member", by=None)
    member_too = client_of(manager_elsewhere)
    for client in (looker, support):
        data_of(client.get(f"{PATH}/{event.uid}"))
        error_of(client.put(f"{PATH}/{event.uid}", {"title": 1}), 403, "forbidden")
    error_of(member_too.put(f"{PATH}/{event.uid}", {"title": 1}), 403, "forbidden")
    error_of(member_too.delete(f"{PATH}/{event.uid}"), 403, "forbidden")
    error_of(client_of(UserFactory()).get(PATH), 403, "forbidden")


def test_hidden_types_are_listed_for_the_administration(as_admin, event):
    TicketTypeFactory(event=event, status="hidden")
    assert [one["status"] for one in data_of(as_admin.get(f"{PATH}/{event.uid}"))["ticket_types"]] == ["hidden"]


def test_categories_with_one_slug_stay_apart(as_admin):
    for name in ("C", "C++", "音乐", "電影", "c"):
        data_of(as_admin.post(PATH, {"title": name, "category": name}), 201)
    shown = [one["category"] for one in data_of(as_admin.get(PATH))]
    assert shown == ["C", "電影", "音乐", "C++", "C"]
