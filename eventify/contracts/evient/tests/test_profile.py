from django.conf import settings

from accounts import notify, sessions
from accounts.factories import UserFactory
from bookings import orders
from bookings.models import Ticket
from eventify.contracts.evient.tests.conftest import client_of, data_of, error_of
from eventify.lib.wire import moment
from events.factories import EventImageFactory


def test_profile_is_read_and_partly_changed(as_buyer, buyer):
    data = data_of(as_buyer.get("/api/users/profile"))
    assert data["email"] == data["user"]["email"] == "buyer@example.com"
    changed = data_of(as_buyer.put("/api/users/profile", {**data, "full_name": "Bea B."}))
    assert changed["full_name"] == "Bea B." and changed["avatar_url"] is None and "token" not in changed
    changed = data_of(as_buyer.put("/api/users/profile", {"avatar_url": "https://example.com/bea.png"}))
    buyer.refresh_from_db()
    assert buyer.avatar_url == changed["avatar_url"] == "https://example.com/bea.png"
    assert buyer.full_name == "Bea B."


def test_an_avatar_is_a_web_address(as_buyer, buyer):
    for bad in ("javascript:alert(1)", "java\tscript:alert(1)", "data:image/png;base64,x", "http://[x"):
        details = error_of(as_buyer.put("/api/users/profile", {"avatar_url": bad}), 422, "invalid")
        assert details == {"avatar_url": ["Use an http or https address."]}
    data_of(as_buyer.put("/api/users/profile", {"avatar_url": "/img/me.png"}))


def test_a_new_password_ends_every_token_and_answers_a_fresh_one(buyer):
    one, other = client_of(buyer), client_of(buyer)
    device = sessions.new_device_token(buyer)
    body = {"old_password": "secret", "new_password": "better", "full_name": "B"}
    data = data_of(one.put("/api/users/profile", body))
    for client in (one, other):
        error_of(client.get("/api/auth/me"), 401, "unauthenticated")
    assert sessions.find_device_token(device) is None
    one.credentials(HTTP_AUTHORIZATION=f"Bearer {data['token']}")
    assert data_of(one.get("/api/auth/me"))["full_name"] == "B"
    buyer.refresh_from_db()
    assert buyer.check_password("better")


def test_a_password_change_needs_both_and_the_right_old_one(as_buyer, buyer):
    def refused(**body):
        return error_of(as_buyer.put("/api/users/profile", body), 422, "invalid")

    assert refused(new_password="x") == {"old_password": ["Send the old and the new password together."]}
    assert refused(old_password="x") == {"new_password": ["Send the old and the new password together."]}
    assert refused(old_password="x", new_password="y", full_name="Z") == {
        "old_password": ["The old password is not correct."]
    }
    buyer.refresh_from_db()
    assert buyer.check_password("secret") and buyer.full_name == "Bea Buyer"
    data_of(as_buyer.get("/api/auth/me"))


def test_wallet_shows_own_tickets_with_their_events(as_buyer, buyer, event, free):
    image = EventImageFactory(event=event, is_primary=True)
    orders.place([orders.Line(free.pk, 1)], by=buyer)
    orders.place([orders.Line(free.pk, 1)], by=UserFactory())
    answer = as_buyer.get("/api/users/tickets")
    ticket = Ticket.objects.get(user=buyer)
    assert data_of(answer) == [
        {
            "id": str(ticket.uid),
            "order_id": str(ticket.order.uid),
            "ticket_type_id": str(free.uid),
            "user_id": str(buyer.uid),
            "event_id": str(event.uid),
            "ticket_code": ticket.ticket_code,
            "status": "valid",
            "used_at": None,
            "used_gate": None,
            "price_at_purchase": 0,
            "seat_label": None,
            "created_at": moment(ticket.created_at),
            "event": {
                "id": str(event.uid),
                "title": "Summer Night",
                "slug": "summer-night",
                "location": "Hall A",
                "start_time": moment(event.starts_at),
                "end_time": moment(event.ends_at),
                "banner_image": f"{settings.SITE_URL}{image.image.url}",
                "thumbnail_image": f"{settings.SITE_URL}{image.image.url}",
                "category": "",
                "status": "published",
            },
            "ticket_type": {"id": str(free.uid), "name": "Guest"},
        }
    ]
    one = {"page": 1, "limit": 100, "total": 1, "pages": 1, "totalPages": 1, "total_pages": 1}
    assert answer.json()["pagination"] == one


def test_wallet_is_filtered_by_status(as_buyer, buyer, free):
    orders.place([orders.Line(free.pk, 2)], by=buyer)
    Ticket.objects.filter(pk=Ticket.objects.first().pk).update(status="cancelled")
    assert [one["status"] for one in data_of(as_buyer.get("/api/users/tickets?status=valid"))] == ["valid"]
    assert len(data_of(as_buyer.get("/api/users/tickets?status="))) == 2
    assert set(error_of(as_buyer.get("/api/users/tickets?status=lost"), 422, "invalid")) == {"status"}


def test_inbox(as_buyer, buyer):
    notify.notify(UserFactory(), "Not yours")
    old, new = notify.notify(buyer, "Old"), notify.notify(buyer, "New", "Text", kind="order")
    assert data_of(as_buyer.get("/api/notifications"))[0] == {
        "id": str(new.uid),
        "user_id": str(buyer.uid),
        "title": "New",
        "message": "Text",
        "type": "order",
        "is_read": False,
        "created_at": moment(new.created_at),
    }
    assert data_of(as_buyer.post(f"/api/notifications/{old.uid}/read"))["is_read"] is True
    assert [one["title"] for one in data_of(as_buyer.get("/api/notifications?is_read=false"))] == ["New"]
    assert data_of(as_buyer.post("/api/notifications/read-all")) == {"read": 1}
    other = UserFactory()
    error_of(client_of(other).post(f"/api/notifications/{old.uid}/read"), 404, "not_found")
