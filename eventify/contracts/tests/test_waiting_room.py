"""Booking behind a waiting room over the contracts that sell: refused until it is the account's turn, then as ever."""

import pytest

from accounts.factories import UserFactory
from bookings.models import Order
from bookings.tests.rooms import a_room, again, begin
from bookings.waiting_room import admitting, joining
from eventify.contracts.evently.tests.calling import Caller
from eventify.contracts.evient.tests.conftest import client_of, data_of, error_of

pytestmark = pytest.mark.django_db


def test_contract_001():
    room, kind = a_room(max_inside=1)
    user = UserFactory()
    client = client_of(user)
    body = {"ticket_items": [{"ticket_type_id": str(kind.uid), "quantity": 1}]}

    def buy():
        return client.post("/api/orders", body, HTTP_IDEMPOTENCY_KEY="k")

    address = f"http://localhost:8000/e/{room.event.slug}/room/"
    assert error_of(buy(), 409, "waiting_room") == {"room": address}
    joining.join(room, user=user)
    assert error_of(buy(), 409, "waiting_room") == {"room": address}
    begin(room)
    assert data_of(buy(), 201)["order"] == data_of(buy(), 201)["order"]
    admitting.move(again(room))
    body["ticket_items"][0]["quantity"] = 2
    answer = client.post("/api/orders", body, HTTP_IDEMPOTENCY_KEY="another")
    assert error_of(answer, 409, "waiting_room") and Order.objects.count() == 1


@pytest.mark.parametrize("waits_too", [False, True])
def test_contract_002(waits_too):
    """Also who would rather wait for a place needs a turn."""
    room, _kind = a_room(max_inside=1)
    caller = Caller(UserFactory())
    body = {"qty": 1, "waitlist": waits_too}
    answer = caller.book(room.event, body)
    assert (answer.status_code, "waiting room" in answer.json()["detail"]) == (409, True)
    joining.join(room, user=caller.user)
    begin(room)
    assert caller.book(room.event, body).json()["status"] == "CONFIRMED"
    assert caller.book(room.event, body, key="key-2").status_code == 409
