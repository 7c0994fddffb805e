"""Booking places, and undoing it."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.factories import UserFactory
from accounts.models import Role
from accounts.roles import assign
from bookings import ticket_types, waitlist
from bookings.models import Booking, Order, Seat, Ticket
from eventify.contracts.evently.tests.calling import Caller, make_event
from eventify.lib.wire import moment
from events.models import Event
from partners import members
from partners.factories import PartnerFactory


def refusal(answer, status):
    assert answer.status_code == status, answer.content
    return answer.json()["detail"]


def test_a_free_booking_is_confirmed(buyer):
    event = make_event(capacity=5)
    answer = buyer.book(event, {"quantity": 2})
    booking = Booking.objects.get()
    assert answer.status_code == 200
    assert answer.json() == {
        "id": booking.pk,
        "user_id": buyer.user.pk,
        "event_id": event.pk,
        "qty": 2,
        "status": "CONFIRMED",
        "seat_labels": ["A-1", "A-2"],
        "created_at": moment(booking.created_at),
        "payment_url": None,
    }
    assert Ticket.objects.filter(booking=booking, status="valid").count() == 2
    event.refresh_from_db()
    assert event.booked_count == 2
    assert buyer.get(f"/bookings/{booking.pk}").json() == answer.json()


def test_a_priced_booking_waits_for_its_money(buyer):
    event = make_event(price=100, capacity=5)
    answer = buyer.book(event, {"qty": 1})
    assert answer.json()["status"] == "PENDING"
    payment = Order.objects.get().payments.get()
    assert answer.json()["payment_url"] == payment.checkout_url
    assert buyer.get("/me/bookings").json() == [answer.json()]


@pytest.mark.parametrize(
    ("body", "qty"),
    [({}, 1), ({"qty": 3}, 3), ({"quantity": 3}, 3), ({"qty": 2, "quantity": 2}, 2), ({"qty": 2, "seat_ids": []}, 2)]
    + [({"qty": 1, "seat_ids": None, "waitlist": False}, 1), ({"seat_ids": ["A-1", "A-3"]}, 2)],
)
def test_ways_to_say_how_many(buyer, body, qty):
    answer = buyer.book(make_event(capacity=5), body)
    assert (answer.status_code, answer.json()["qty"]) == (200, qty)


def test_seats_by_id_by_label_and_mixed(buyer, anyone):
    event = make_event(capacity=20)
    ids = {seat["label"]: seat["id"] for seat in anyone.get(f"/events/{event.pk}/seats").json()}
    answer = buyer.book(event, {"qty": 3, "seat_ids": [ids["B-1"], "A-2", ids["A-9"]]})
    assert answer.json()["seat_labels"] == ["B-1", "A-2", "A-9"]
    taken = Seat.objects.filter(reserved_booking=answer.json()["id"]).values_list("label", flat=True)
    assert set(taken) == {"B-1", "A-2", "A-9"}
    again = buyer.book(event, {"seat_ids": ["A-2"]}, key="other")
    assert refusal(again, 409) == "Already taken: A-2."


@pytest.mark.parametrize(
    ("body", "field", "sentence"),
    [
        ({"qty": 1, "quantity": 2}, "quantity", "qty and quantity differ. Send one of them."),
        ({"qty": 3, "seat_ids": ["A-1"]}, "seat_ids", "Choose exactly as many seats as places."),
        ({"seat_ids": ["A-1", "A-1"]}, "seat_ids", "Name each seat once."),
        ({"seat_ids": ["Z-99"]}, "seat_ids", "There is no seat Z-99."),
        ({"seat_ids": [987654321]}, "seat_ids", "This event has no seat 987654321."),
        ({"qty": 0}, "qty", "Ensure this value is greater than or equal to 1."),
        ({"qty": 1001}, "qty", "Ensure this value is less than or equal to 1000."),
        ({"qty": True}, "qty", "A valid integer is required."),
        ({"qty": "2"}, "qty", "A valid integer is required."),
        ({"qty": 1.5}, "qty", "A valid integer is required."),
        ({"waitlist": "yes"}, "waitlist", "Must be true or false."),
        ({"seats": 1}, "seats", "Unknown field: seats."),
    ],
)
def test_wrong_bodies_are_422_and_change_nothing(buyer, body, field, sentence):
    event = make_event(capacity=5)
    detail = refusal(buyer.book(event, body), 422)
    assert [(problem["loc"], problem["msg"]) for problem in detail] == [(["body", field], sentence)]
    assert not Booking.objects.exists()


def test_a_wrong_seat_is_named_by_its_place_in_the_list(buyer):
    detail = refusal(buyer.book(make_event(), {"seat_ids": ["A-1", {}]}), 422)
    assert [problem["loc"] for problem in detail] == [["body", "seat_ids", 1]]


def test_the_seat_of_another_event_is_unknown(buyer, anyone):
    event, other = make_event(), make_event(capacity=1)
    seat = anyone.get(f"/events/{other.pk}/seats").json()[0]["id"]
    assert refusal(buyer.book(event, {"seat_ids": [seat]}), 422)[0]["loc"] == ["body", "seat_ids"]


def test_a_key_is_required(buyer, settings):
    event = make_event()
    for headers in ({}, {"Idempotency_Key": "  "}):
        answer = buyer.post(f"/events/{event.pk}/book", {"qty": 1}, **headers)
        assert refusal(answer, 400).startswith("Send an Idempotency-Key header")
    assert not Booking.objects.exists()
    settings.EVENTIFY_IDEMPOTENCY_KEY = "optional"
    assert buyer.post(f"/events/{event.pk}/book", {"qty": 1}).status_code == 200
    assert buyer.post(f"/events/{event.pk}/book", {"qty": 1}).status_code == 200
    # The server hands on a key that is no ASCII as an empty one: the client asked for a safe retry.
    assert buyer.post(f"/events/{event.pk}/book", {"qty": 1}, Idempotency_Key="").status_code == 400
    assert Booking.objects.count() == 2


def test_the_same_key_is_the_same_booking(buyer):
    event, other = make_event(capacity=5), make_event(capacity=5)
    first = buyer.book(event, {"qty": 2})
    again = buyer.book(event, {"quantity": 2})
    assert (again.status_code, again.json()) == (200, first.json())
    assert refusal(buyer.book(event, {"qty": 3}), 422) == (
        "This Idempotency-Key was used for another request. Use a new one."
    )
    assert buyer.book(other, {"qty": 2}).json()["id"] != first.json()["id"]
    assert Caller(UserFactory()).book(event, {"qty": 2}).json()["id"] != first.json()["id"]
    assert Booking.objects.count() == 3


def test_a_retry_after_the_cancellation_finds_the_cancelled_booking(buyer):
    event = make_event()
    first = buyer.book(event).json()
    buyer.delete(f"/bookings/{first['id']}")
    assert buyer.book(event).json() == {**first, "status": "CANCELLED"}


def test_a_key_that_is_too_long(buyer):
    detail = refusal(buyer.book(make_event(), key="k" * 256), 422)
    assert detail == [{"loc": ["header", "Idempotency-Key"], "msg": "Use at most 255 characters.", "type": "invalid"}]


def test_full_is_409_unless_waiting_is_wished(buyer):
    event = make_event(capacity=2)
    first = buyer.book(event, {"qty": 2}).json()
    other, third = Caller(UserFactory()), Caller(UserFactory())
    assert "sold out" in refusal(other.book(event, {"qty": 1}), 409)
    waiting = other.book(event, {"qty": 1, "waitlist": True}).json()
    assert (waiting["status"], waiting["seat_labels"], waiting["payment_url"]) == ("WAITLISTED", [], None)
    assert other.book(event, {"qty": 1, "waitlist": True}).json() == waiting
    assert other.get(f"/events/{event.pk}").json()["waitlisted_count"] == 1
    gone = buyer.delete(f"/bookings/{first['id']}")
    assert (gone.status_code, gone.json()) == (200, {**first, "status": "CANCELLED"})
    promoted = other.get(f"/bookings/{waiting['id']}").json()
    assert promoted == {**waiting, "status": "CONFIRMED", "seat_labels": ["A-1"]}
    assert third.book(event, {"qty": 1}).status_code == 200


def test_the_queue_keeps_its_order_and_newcomers_wait(buyer):
    event = make_event(capacity=2)
    first = buyer.book(event, {"qty": 2}).json()
    callers = [Caller(UserFactory()) for _ in range(3)]
    party, single, newcomer = callers
    big = party.book(event, {"qty": 2, "waitlist": True}).json()
    small = single.book(event, {"qty": 1, "waitlist": True}).json()
    buyer.delete(f"/bookings/{first['id']}")
    assert party.get(f"/bookings/{big['id']}").json()["status"] == "CONFIRMED"
    assert single.get(f"/bookings/{small['id']}").json()["status"] == "WAITLISTED"
    assert newcomer.book(event, {"qty": 1}).status_code == 409


def test_leaving_the_queue(buyer):
    event = make_event(capacity=1)
    Caller(UserFactory()).book(event)
    waiting = buyer.book(event, {"waitlist": True}).json()
    gone = buyer.delete(f"/bookings/{waiting['id']}").json()
    assert gone["status"] == "CANCELLED"
    event.refresh_from_db()
    assert (event.booked_count, event.waitlisted_count) == (1, 0)
    assert refusal(buyer.delete(f"/bookings/{waiting['id']}"), 409) == "This booking is cancelled already."


def test_not_on_sale_is_409(buyer):
    for fields in ({"is_bookable": False}, {"state": Event.State.CANCELLED}, {"state": Event.State.CLOSED}):
        assert isinstance(refusal(buyer.book(make_event(**fields)), 409), str)
    event = make_event()
    ticket_types.change(event.ticket_types.get(), by=None, max_per_order=2)
    assert refusal(buyer.book(event, {"qty": 3}), 409) == "At most 2 of General admission in one order."


def test_my_bookings_are_mine_and_newest_first(buyer):
    event = make_event()
    ids = [buyer.book(event, key=f"k{n}").json()["id"] for n in range(3)]
    Caller(UserFactory()).book(event)
    assert [booking["id"] for booking in buyer.get("/me/bookings").json()] == ids[::-1]
    assert [booking["id"] for booking in buyer.get("/me/bookings?page=2&page_size=2").json()] == ids[:1]
    assert buyer.get("/me/bookings?page_size=0").status_code == 422


@pytest.mark.parametrize("path", ["/me/bookings", "/admin/bookings"])
def test_lists_of_bookings_ask_the_same_number_of_queries_for_1_and_3(admin, path):
    counts = []
    for keys in ("a", "bc"):
        for key in keys:
            admin.book(make_event(price=10), key=key)
        with CaptureQueriesContext(connection) as queries:
            assert admin.get(path).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_the_booking_of_another(buyer, admin):
    event = make_event()
    booking = buyer.book(event).json()
    stranger = Caller(UserFactory())
    for answer in (stranger.get(f"/bookings/{booking['id']}"), stranger.delete(f"/bookings/{booking['id']}")):
        assert refusal(answer, 404) == "Booking not found"
    assert admin.get(f"/bookings/{booking['id']}").json() == booking
    assert admin.delete(f"/bookings/{booking['id']}").json() == {**booking, "status": "CANCELLED"}


def test_who_may_look_but_not_refund(buyer):
    booking = buyer.book(make_event()).json()
    gate = Caller(assign(UserFactory(), Role.objects.get(name="Gate"), by=None))
    assert gate.get(f"/bookings/{booking['id']}").json() == booking
    assert refusal(gate.delete(f"/bookings/{booking['id']}"), 403) == "You do not have permission to do this."


def test_the_organiser_sees_and_cancels_their_own(buyer):
    partner, organiser = PartnerFactory(), UserFactory()
    members.add(partner, organiser, "org_admin", by=None)
    mine = buyer.book(make_event(partner=partner)).json()
    others = buyer.book(make_event()).json()
    caller = Caller(organiser)
    assert caller.get("/admin/bookings").json() == [mine]
    assert caller.delete(f"/bookings/{others['id']}").status_code == 404
    assert caller.delete(f"/bookings/{mine['id']}").json()["status"] == "CANCELLED"


def test_growing_the_capacity_promotes(buyer, admin):
    event = make_event(capacity=1)
    buyer.book(event)
    waiting = buyer.book(event, {"qty": 2, "waitlist": True}, key="second").json()
    assert admin.patch(f"/admin/events/{event.pk}", {"capacity": 3}).json()["booked_count"] == 3
    promoted = buyer.get(f"/bookings/{waiting['id']}").json()
    assert (promoted["status"], promoted["seat_labels"]) == ("CONFIRMED", ["A-2", "A-3"])
    assert not waitlist.queue(event).exists()


def test_head_and_options(anyone, buyer):
    event = make_event()
    assert anyone.send("HEAD", f"/events/{event.pk}").status_code == 200
    assert anyone.send("HEAD", "/me/bookings").status_code == 401
    assert anyone.send("OPTIONS", "/events").status_code == 200


def test_the_local_front_end_may_read_the_answers(buyer):
    event = make_event()
    asked = {"Origin": "http://localhost:5173", "Access_Control_Request_Method": "POST"}
    preflight = buyer.send("OPTIONS", f"/events/{event.pk}/book", **asked)
    assert preflight["Access-Control-Allow-Origin"] == "http://localhost:5173"
    assert "idempotency-key" in preflight["Access-Control-Allow-Headers"]
    answer = buyer.get("/auth/me", Origin="http://localhost:5173")
    assert answer["Access-Control-Allow-Origin"] == "http://localhost:5173"
