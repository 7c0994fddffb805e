"""What organisers and staff do."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.factories import SuperAdminFactory, UserFactory
from accounts.models import AuditLog, Role, Session, User
from accounts.roles import assign
from bookings.models import Seat
from eventify.contracts.evently.tests.calling import NEW_EVENT, Caller, make_event
from events.factories import EventFactory
from events.models import Event
from partners import members
from partners.factories import PartnerFactory
from partners.models import Partner


def detail(answer, status):
    assert answer.status_code == status, answer.content
    return answer.json()["detail"]


def organiser(role="event_manager"):
    partner, user = PartnerFactory(), UserFactory()
    members.add(partner, user, role, by=None)
    return Caller(user), partner


def test_create_an_event(admin, anyone):
    answer = admin.post("/admin/events", NEW_EVENT)
    event = Event.objects.get()
    assert answer.status_code == 200
    assert answer.json() == {
        "id": event.pk,
        **NEW_EVENT,
        "booked_count": 0,
        "waitlisted_count": 0,
        "status": "active",
    }
    assert anyone.get(f"/events/{event.pk}").json() == answer.json()
    assert (event.state, event.seating, event.is_capacity_fixed) == ("published", "automatic", True)
    assert event.partner.is_house
    assert [(t.name, t.price, t.quantity_total) for t in event.ticket_types.all()] == [("General admission", 0, None)]
    assert AuditLog.objects.filter(action="CREATED_EVENT", actor=admin.user).exists()


def test_create_with_everything(admin, buyer):
    extra = {"description": "Two stages.", "price": "12.50", "currency": "EUR", "status": "active"}
    answer = admin.post("/admin/events/", {**NEW_EVENT, **extra})
    event = Event.objects.get()
    assert answer.status_code == 200
    assert (event.description, event.currency, str(event.ticket_types.get().price)) == ("Two stages.", "EUR", "12.50")
    assert buyer.book(event, {"qty": 2}).json()["status"] == "PENDING"


def test_create_inactive(admin, buyer):
    made = admin.post("/admin/events", {**NEW_EVENT, "status": "inactive"}).json()
    assert made["status"] == "inactive"
    assert buyer.book(Event.objects.get()).status_code == 409


def test_a_time_without_an_offset_is_utc(admin):
    times = {"start_time": "2030-01-01T19:00", "end_time": "2030-01-01T22:00:00+02:00"}
    made = admin.post("/admin/events", {**NEW_EVENT, **times}).json()
    assert (made["start_time"], made["end_time"]) == ("2030-01-01T19:00:00Z", "2030-01-01T20:00:00Z")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"end_time": "2030-09-20T09:59:59Z"}, "end_time"),
        ({"capacity": 0}, "capacity"),
        ({"capacity": 1_000_001}, "capacity"),
        ({"capacity": 10**30}, "capacity"),
        ({"capacity": "200"}, "capacity"),
        ({"capacity": True}, "capacity"),
        ({"name": ""}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"venue": ["Hall"]}, "venue"),
        ({"start_time": "soon"}, "start_time"),
        ({"start_time": 1}, "start_time"),
        ({"start_time": None}, "start_time"),
        ({"start_time": "0001-01-01T00:00:00Z"}, "start_time"),
        ({"end_time": "9999-12-31T23:59:59-12:00"}, "end_time"),
        ({"status": "draft"}, "status"),
        ({"price": -1}, "price"),
        ({"price": "NaN"}, "price"),
        ({"price": 1_000_001}, "price"),
        ({"price": "1.005"}, "price"),
        ({"currency": "rupee"}, "currency"),
        ({"id": 5}, "id"),
    ],
)
def test_impossible_events_are_refused_by_field(admin, change, field):
    problems = detail(admin.post("/admin/events", {**NEW_EVENT, **change}), 422)
    assert [problem["loc"] for problem in problems] == [["body", field]]
    assert not Event.objects.exists()


def test_change_an_event(admin):
    event = make_event(capacity=10)
    changes = {**NEW_EVENT, "capacity": 20}
    answer = admin.patch(f"/admin/events/{event.pk}", changes)
    assert answer.status_code == 200
    assert answer.json() == {"id": event.pk, **changes, "booked_count": 0, "waitlisted_count": 0, "status": "active"}
    again = admin.patch(f"/admin/events/{event.pk}/", {"venue": "Hall B", "name": None})
    assert again.json() == {**answer.json(), "venue": "Hall B"}
    assert admin.patch(f"/admin/events/{event.pk}", {}).json() == again.json()


def test_a_change_is_all_or_nothing(admin, buyer):
    event = make_event(capacity=10, name="Before")
    buyer.book(event, {"qty": 4})
    sentence = detail(admin.patch(f"/admin/events/{event.pk}", {"name": "After", "capacity": 3}), 409)
    assert sentence == "4 places are booked already; the capacity cannot be less."
    event.refresh_from_db()
    assert (event.name, event.capacity) == ("Before", 10)
    problems = detail(admin.patch(f"/admin/events/{event.pk}", {"end_time": "2001-01-01T00:00:00Z"}), 422)
    assert problems == [{"loc": ["body", "end_time"], "msg": "The end is before the start.", "type": "invalid"}]


def test_deactivate_and_activate(admin, buyer):
    event = make_event(state=Event.State.SHOWDAY)
    for _ in range(2):
        answer = admin.post(f"/admin/events/{event.pk}/deactivate")
        assert (answer.status_code, answer.json()["status"]) == (200, "inactive")
    assert buyer.book(event).status_code == 409
    assert admin.patch(f"/admin/events/{event.pk}", {"status": "active"}).json()["status"] == "active"
    event.refresh_from_db()
    assert event.state == Event.State.SHOWDAY
    assert buyer.book(event).status_code == 200


@pytest.mark.parametrize("state", ["draft", "cancelled"])
def test_activating_publishes_again(admin, state):
    event = make_event(state=state, is_bookable=False)
    assert admin.patch(f"/admin/events/{event.pk}", {"status": "active"}).json()["status"] == "active"
    event.refresh_from_db()
    assert (event.state, event.is_bookable) == ("published", True)


def test_what_is_over_cannot_be_activated(admin):
    event = make_event(state=Event.State.CLOSED)
    sentence = detail(admin.patch(f"/admin/events/{event.pk}", {"status": "active"}), 409)
    assert sentence == "An event that is closed cannot become published."


def test_delete(admin, buyer, anyone):
    event, booked = make_event(), make_event()
    buyer.book(booked)
    answer = admin.delete(f"/admin/events/{event.pk}")
    assert (answer.status_code, answer.content) == (204, b"")
    assert anyone.get(f"/events/{event.pk}").status_code == 404
    assert "Deactivate it" in detail(admin.delete(f"/admin/events/{booked.pk}"), 409)
    assert list(Event.objects.all()) == [booked]


def test_the_admin_list_holds_drafts(admin):
    events = [EventFactory(), EventFactory(state=Event.State.DRAFT)]
    listed = admin.get("/admin/events").json()
    assert [(row["id"], row["status"]) for row in listed] == [(events[1].pk, "inactive"), (events[0].pk, "active")]
    assert [row["id"] for row in admin.get("/admin/events?page=2&page_size=1").json()] == [events[0].pk]


def test_generate_an_explicit_grid(admin, anyone):
    event = make_event(capacity=100)
    for body in ({"rows": 3, "cols": 4}, {"rows": 3, "seats_per_row": 4}, {"rows": 3, "per_row": 4}):
        answer = admin.post(f"/admin/events/{event.pk}/seats/generate", body)
        assert (answer.status_code, answer.json()) == (200, {"created": 12, "generated": 12, "capacity": 12})
    labels = [seat["label"] for seat in anyone.get(f"/events/{event.pk}/seats").json()]
    assert labels == [f"{row}-{column}" for row in "ABC" for column in range(1, 5)]
    assert anyone.get(f"/events/{event.pk}").json()["capacity"] == 12


def test_generate_the_automatic_grid(admin):
    event = make_event(capacity=15, seating=Event.Seating.NONE)
    expected = {"created": 15, "generated": 15, "capacity": 15}
    assert admin.post(f"/admin/events/{event.pk}/seats/generate").json() == expected
    admin.post(f"/admin/events/{event.pk}/seats/generate", {"rows": 5, "cols": 3})
    assert admin.post(f"/admin/events/{event.pk}/seats/generate", {}).json() == expected
    assert Seat.objects.filter(label="B-5").exists()


def test_a_grid_with_taken_seats_stays(admin, buyer):
    event = make_event(capacity=10)
    buyer.book(event)
    sentence = detail(admin.post(f"/admin/events/{event.pk}/seats/generate", {"rows": 9, "cols": 9}), 409)
    assert sentence == "Seats are taken already; the grid cannot be replaced."
    assert Seat.objects.count() == 10


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"rows": 3}, "cols"),
        ({"cols": 3}, "rows"),
        ({"rows": 3, "cols": 3, "per_row": 4}, "cols"),
        ({"rows": 0, "cols": 3}, "rows"),
        ({"rows": 5000, "cols": 2}, "rows"),
        ({"rows": 3, "cols": 10**25}, "cols"),
        ({"rows": "3", "cols": 3}, "rows"),
        ({"columns": 3}, "columns"),
    ],
)
def test_impossible_grids_are_refused_by_field(admin, body, field):
    event = make_event()
    problems = detail(admin.post(f"/admin/events/{event.pk}/seats/generate", body), 422)
    assert [problem["loc"] for problem in problems] == [["body", field]]
    assert not Seat.objects.exists()


EVERY_ADMIN_ROUTE = [
    ("GET", "/admin/events"),
    ("POST", "/admin/events"),
    ("PATCH", "/admin/events/{id}"),
    ("DELETE", "/admin/events/{id}"),
    ("POST", "/admin/events/{id}/deactivate"),
    ("POST", "/admin/events/{id}/seats/generate"),
    ("GET", "/admin/bookings"),
    ("GET", "/admin/users"),
    ("POST", "/admin/users"),
    ("PATCH", "/admin/users/{id}/role"),
    ("GET", "/admin/analytics/summary"),
]


@pytest.mark.parametrize(("method", "path"), EVERY_ADMIN_ROUTE)
def test_permission_comes_before_the_body(anyone, buyer, method, path):
    path = path.format(id=make_event().pk)
    assert anyone.send(method, path, {"nonsense": 1}).status_code == 401
    assert detail(buyer.send(method, path, {"nonsense": 1}), 403) == (
        "You do not have permission to perform this action."
    )


# role -> what each route of EVERY_ADMIN_ROUTE answers to an empty body (422: allowed, but the body is not)
BY_ROLE = {
    "Finance": [200, 403, 403, 403, 403, 403, 200, 200, 403, 403, 200],
    "Content Moderator": [200, 422, 200, 204, 200, 200, 200, 200, 403, 403, 403],
    "Support": [200, 403, 403, 403, 403, 403, 200, 200, 403, 403, 403],
    "Gate": [200, 403, 403, 403, 403, 403, 200, 403, 403, 403, 403],
    "Super Admin": [200, 422, 200, 204, 200, 200, 200, 200, 422, 422, 200],
}


@pytest.mark.parametrize("role", BY_ROLE)
def test_what_each_role_may_do(db, role):
    caller = Caller(assign(UserFactory(), Role.objects.get(name=role), by=None))
    found = []
    for method, path in EVERY_ADMIN_ROUTE:
        target = caller.user.pk if "users" in path else make_event().pk
        found.append(caller.send(method, path.format(id=target)).status_code)
    assert found == BY_ROLE[role]


def test_an_organiser_works_on_their_own_events(anyone):
    caller, partner = organiser()
    made = caller.post("/admin/events", NEW_EVENT).json()
    assert Event.objects.get().partner == partner
    foreign, hidden = make_event(), make_event(state=Event.State.DRAFT)
    assert [row["id"] for row in caller.get("/admin/events").json()] == [made["id"]]
    assert caller.patch(f"/admin/events/{made['id']}", {"name": "New"}).json()["name"] == "New"
    assert detail(caller.patch(f"/admin/events/{foreign.pk}", {"name": "X"}), 403)
    assert detail(caller.delete(f"/admin/events/{hidden.pk}"), 404) == "Event not found"
    for path in ("/admin/users", "/admin/analytics/summary"):
        assert caller.get(path).status_code == 403


def test_a_member_without_the_permission_may_not(db):
    caller, _partner = organiser("org_member")
    assert caller.get("/admin/events").status_code == 200
    assert caller.post("/admin/events", NEW_EVENT).status_code == 403


def test_a_suspended_partner_cannot_publish(db):
    caller, partner = organiser()
    Partner.objects.filter(pk=partner.pk).update(status=Partner.Status.SUSPENDED)
    assert "suspended" in detail(caller.post("/admin/events", NEW_EVENT), 409)
    assert not Event.objects.exists()


def test_users(admin, buyer):
    rows = [
        {"id": admin.user.pk, "name": "Admin", "email": "boss@example.com", "role": "admin"},
        {"id": buyer.user.pk, "name": "Asha Rao", "email": "asha@example.com", "role": "user"},
    ]
    rows.sort(key=lambda row: row["id"])
    assert admin.get("/admin/users").json() == rows
    assert [row["id"] for row in admin.get("/admin/users?role=admin").json()] == [admin.user.pk]
    assert [row["id"] for row in admin.get("/admin/users?role=user").json()] == [buyer.user.pk]
    assert [row["id"] for row in admin.get("/admin/users?page=2&page_size=1").json()] == [rows[1]["id"]]
    assert admin.get("/admin/users?role=boss").status_code == 422


def test_listing_users_asks_the_same_number_of_queries_for_1_and_3(admin):
    counts = []
    for more in (0, 2):
        UserFactory.create_batch(more)
        with CaptureQueriesContext(connection) as queries:
            admin.get("/admin/users")
        counts.append(len(queries))
    assert counts[0] == counts[1]


@pytest.mark.parametrize(("given", "role"), [({}, "user"), ({"role": "user"}, "user"), ({"role": "admin"}, "admin")])
def test_create_a_user(admin, anyone, given, role):
    body = {"name": "Staff", "email": "staff@example.com", "password": "root", **given}
    answer = admin.post("/admin/users", body)
    user = User.objects.get(email="staff@example.com")
    assert answer.status_code == 201
    assert answer.json() == {"id": user.pk, "name": "Staff", "email": "staff@example.com", "role": role}
    assert anyone.post("/auth/login", {"email": user.email, "password": "root"}).status_code == 200
    assert user.can("manage_events") == (role == "admin")
    assert detail(admin.post("/admin/users", body), 400) == "Email is already registered."


def test_change_a_role(admin, buyer):
    path = f"/admin/users/{buyer.user.pk}/role"
    assert admin.patch(path, {"role": "admin"}).json()["role"] == "admin"
    assert buyer.get("/admin/users").status_code == 200
    assert admin.patch(path, {"role": "user"}).json()["role"] == "user"
    assert buyer.get("/admin/users").status_code == 403
    assert detail(admin.patch(path, {"role": "boss"}), 422)[0]["msg"] == "Use one of: user, admin."
    assert detail(admin.patch("/admin/users/999999/role", {"role": "user"}), 404) == "User not found"


def test_nobody_demotes_themselves(admin):
    SuperAdminFactory()
    sentence = detail(admin.patch(f"/admin/users/{admin.user.pk}/role", {"role": "user"}), 409)
    assert "your own Super Admin role" in sentence


def test_another_staff_role_is_left_alone(admin):
    finance = assign(UserFactory(), Role.objects.get(name="Finance"), by=None)
    assert admin.patch(f"/admin/users/{finance.pk}/role", {"role": "user"}).json()["role"] == "user"
    assert User.objects.get(pk=finance.pk).role.name == "Finance"


def test_a_role_needs_a_fresh_log_in(admin):
    user = UserFactory()
    Session.objects.filter(user=admin.user).update(confirmed_at=timezone.now() - timedelta(hours=1))
    answer = admin.patch(f"/admin/users/{user.pk}/role", {"role": "admin"})
    assert answer.status_code == 403
    assert answer.json() == {"detail": "Confirm that it is you, with your password or code, then try again."}
    user.refresh_from_db()
    assert not user.is_superuser
