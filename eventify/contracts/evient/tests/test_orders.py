from datetime import timedelta

import pytest
from django.conf import settings
from django.test import override_settings
from django.utils import timezone

from accounts.factories import UserFactory
from bookings.factories import TicketTypeFactory
from bookings.models import Order, Refund, SandboxCharge, Ticket
from eventify.contracts.evient.tests.conftest import client_of, data_of, error_of, pay
from eventify.lib.wire import moment
from events.factories import EventFactory
from events.models import Event

UNKNOWN = "01900000-0000-7000-8000-000000000000"


def buy(client, *items, key=None):
    body = {"ticket_items": [{"ticket_type_id": str(one.uid), "quantity": quantity} for one, quantity in items]}
    return client.post("/api/orders", body, **({"HTTP_IDEMPOTENCY_KEY": key} if key else {}))


def test_a_free_order_is_paid_at_once(as_buyer, buyer, event, free):
    data = data_of(buy(as_buyer, (free, 2)), 201)
    order = Order.objects.get()
    booking = order.bookings.get()
    assert data["payment_url"] is None
    assert data["order"] == {
        "id": str(order.uid),
        "user_id": str(buyer.uid),
        "total_amount": 0.0,
        "currency": "INR",
        "status": "paid",
        "payment_method": "free",
        "payment_transaction_id": None,
        "payment_url": None,
        "created_at": moment(order.created_at),
        "expires_at": None,
        "paid_at": moment(order.paid_at),
        "items": [
            {
                "id": str(booking.uid),
                "event_id": str(event.uid),
                "event_title": "Summer Night",
                "ticket_type_id": str(free.uid),
                "ticket_type_name": "Guest",
                "quantity": 2,
                "price": 0.0,
                "subtotal": 0.0,
                "seat_labels": [],
            }
        ],
    }
    assert {one["ticket_code"] for one in data["tickets"]} == set(Ticket.objects.values_list("ticket_code", flat=True))
    free.refresh_from_db()
    event.refresh_from_db()
    assert (free.quantity_sold, event.booked_count) == (2, 2)


def test_an_order_for_money_waits_for_the_provider(as_buyer, vip):
    data = data_of(buy(as_buyer, (vip, 2)), 201)
    order = Order.objects.get()
    assert data["order"]["status"] == "pending" and data["order"]["total_amount"] == 199.0 and data["tickets"] == []
    assert data["payment_url"] == f"{settings.SITE_URL}/sandbox/pay/{order.payments.get().uid}/"
    assert data["order"]["expires_at"] == moment(order.expires_at)
    pay(order)
    shown = data_of(as_buyer.get(f"/api/orders/{order.uid}"))
    assert shown["order"]["status"] == "paid" and shown["order"]["payment_method"] == "sandbox card"
    assert shown["order"]["payment_transaction_id"].startswith("sbx_") and shown["payment_url"] is None
    assert [one["price_at_purchase"] for one in shown["tickets"]] == [99.5, 99.5]


def test_reading_a_pending_order_asks_the_provider(as_buyer, vip):
    data = data_of(buy(as_buyer, (vip, 1)), 201)
    SandboxCharge.objects.update(status="paid")
    assert data_of(as_buyer.get(f"/api/orders/{data['order']['id']}"))["order"]["status"] == "paid"


def test_several_events_all_or_nothing(as_buyer, free):
    other = TicketTypeFactory(event=EventFactory(capacity=1))
    details = error_of(buy(as_buyer, (free, 1), (other, 2)), 409, "sold_out")
    assert details == {"left": 1}
    assert not Order.objects.exists() and Event.objects.filter(booked_count=0).count() == 2
    data = data_of(buy(as_buyer, (free, 1), (other, 1)), 201)
    assert len(data["order"]["items"]) == len(data["tickets"]) == 2


def test_a_retry_with_a_key_is_the_same_order(as_buyer, buyer, free):
    first = buy(as_buyer, (free, 1), key="k")
    again = buy(client_of(buyer), (free, 1), key="k")
    assert first.status_code == again.status_code == 201
    assert first.json()["data"] == again.json()["data"]
    error_of(buy(as_buyer, (free, 2), key="k"), 422, "key_reused")
    data_of(buy(client_of(UserFactory()), (free, 1), key="k"), 201)
    free.status = "hidden"
    free.save()
    assert buy(as_buyer, (free, 1), key="k").json()["data"] == first.json()["data"]
    assert Order.objects.count() == 2 and Ticket.objects.count() == 2


def test_what_is_not_on_sale(as_buyer, event, free):
    Event.objects.update(ends_at=timezone.now(), starts_at=timezone.now() - timedelta(hours=1))
    error_of(buy(as_buyer, (free, 1)), 409, "not_on_sale")
    for state in ("cancelled", "closed"):
        Event.objects.update(state=state)
        error_of(buy(as_buyer, (free, 1)), 409, "not_on_sale")
    Event.objects.update(state="draft")
    error_of(buy(as_buyer, (free, 1)), 404, "not_found")
    Event.objects.update(state="published", ends_at=timezone.now() + timedelta(hours=1))
    free.status = "hidden"
    free.save()
    error_of(buy(as_buyer, (free, 1)), 404, "not_found")


def test_limits_hold(as_buyer, free):
    free.max_per_order, free.max_per_person = 2, 3
    free.save()
    error_of(buy(as_buyer, (free, 3)), 409, "over_limit")
    data_of(buy(as_buyer, (free, 2)), 201)
    error_of(buy(as_buyer, (free, 2)), 409, "over_limit")


def test_what_is_asked_must_make_sense(as_buyer, free):
    def refused(items, status=422):
        return error_of(as_buyer.post("/api/orders", {"ticket_items": items}), status, "invalid")

    one = {"ticket_type_id": str(free.uid), "quantity": 1}
    assert refused([]) == {"ticket_items": ["This list may not be empty."]}
    assert refused([one, one]) == {"ticket_items": ["Name each ticket type once, with its quantity."]}
    assert refused([one, {"ticket_type_id": "x", "quantity": 0, "seat": 1}]) == {
        "ticket_items.1.seat": ["This field is not known here."],
        "ticket_items.1.ticket_type_id": ["This is not an id."],
        "ticket_items.1.quantity": ["Ensure this value is greater than or equal to 1."],
    }
    unknown = as_buyer.post("/api/orders", {"ticket_items": [{"ticket_type_id": UNKNOWN, "quantity": 1}]})
    error_of(unknown, 404, "not_found")
    for key in ("k" * 256, " "):  # the server hands on a key that is no ASCII as an empty one
        assert set(error_of(buy(as_buyer, (free, 1), key=key), 422, "invalid")) == {"Idempotency-Key"}
    assert not Order.objects.exists()


def test_orders_are_ones_own(as_buyer, buyer, free):
    mine = data_of(buy(as_buyer, (free, 1)), 201)["order"]
    other = client_of(UserFactory())
    assert data_of(as_buyer.get("/api/orders")) == [mine]
    assert data_of(as_buyer.get("/api/orders?status=pending")) == []
    assert data_of(other.get("/api/orders")) == []
    for answer in (other.get(f"/api/orders/{mine['id']}"), other.post(f"/api/orders/{mine['id']}/cancel")):
        error_of(answer, 404, "not_found")
    error_of(as_buyer.get("/api/orders/99999999999999999999"), 404, "not_found")


def test_cancelling_gives_places_and_money_back(as_buyer, buyer, vip):
    order = Order.objects.get(uid=data_of(buy(as_buyer, (vip, 2)), 201)["order"]["id"])
    pay(order)
    data = data_of(as_buyer.post(f"/api/orders/{order.uid}/cancel", {"reason": "ill"}))
    assert data["order"]["status"] == "refunded" and {one["status"] for one in data["tickets"]} == {"cancelled"}
    assert Refund.objects.get().amount == 199
    vip.refresh_from_db()
    assert vip.quantity_sold == 0
    error_of(as_buyer.post(f"/api/orders/{order.uid}/cancel"), 409, "not_cancellable")


def test_a_key_whose_order_was_cancelled(as_buyer, free):
    order = data_of(buy(as_buyer, (free, 1), key="k"), 201)["order"]
    as_buyer.post(f"/api/orders/{order['id']}/cancel")
    again = buy(as_buyer, (free, 1), key="k")
    assert data_of(again, 201)["order"]["status"] == "cancelled"
    assert again.json()["message"] == "This order was cancelled. Use a new Idempotency-Key to order again."


def test_cancelling_a_pending_order(as_buyer, vip):
    order = data_of(buy(as_buyer, (vip, 4)), 201)["order"]
    error_of(buy(client_of(UserFactory()), (vip, 1)), 409, "sold_out")
    data = data_of(as_buyer.post(f"/api/orders/{order['id']}/cancel/"))
    assert data["order"]["status"] == "cancelled" and data["payment_url"] is None
    data_of(buy(client_of(UserFactory()), (vip, 1)), 201)


def test_a_hold_that_ran_out_is_found_by_the_next_buyer(as_buyer, vip):
    data_of(buy(as_buyer, (vip, 4)), 201)
    Order.objects.update(expires_at=timezone.now())
    data_of(buy(client_of(UserFactory()), (vip, 4)), 201)
    assert data_of(as_buyer.get("/api/orders"))[0]["status"] == "cancelled"


@override_settings(EVENTIFY_RATE_LIMITS=True, RATE_LIMITS={"booking": (1, 60)})
def test_buying_is_limited(as_buyer, free):
    data_of(buy(as_buyer, (free, 1)), 201)
    assert buy(as_buyer, (free, 1))["Retry-After"]


@pytest.mark.parametrize("method, path", [("get", ""), ("post", ""), ("get", "/x"), ("post", "/x/cancel")])
def test_orders_need_a_session_before_anything_else(anybody, method, path):
    error_of(getattr(anybody, method)(f"/api/orders{path}", {"junk": 1}), 401, "unauthenticated")
