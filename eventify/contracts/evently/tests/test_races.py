"""Many at once, through the whole stack, on real PostgreSQL."""

from collections import Counter

import pytest
from django.db.models import Sum

from accounts.factories import SuperAdminFactory, UserFactory
from bookings.models import Booking, Order, Seat, Ticket
from eventify.contracts.evently.tests.calling import Caller, make_event
from events.models import Event

pytestmark = pytest.mark.django_db(transaction=True)


def callers(how_many):
    return [Caller(user) for user in UserFactory.create_batch(how_many)]


def check_counters(event):
    event.refresh_from_db()
    held = event.bookings.filter(status__in=["confirmed", "pending"]).aggregate(places=Sum("qty"))["places"] or 0
    waiting = event.bookings.filter(status="waitlisted").aggregate(places=Sum("qty"))["places"] or 0
    assert (event.booked_count, event.waitlisted_count) == (held, waiting)
    assert event.ticket_types.get().quantity_sold == held <= event.capacity
    live = Ticket.objects.filter(event=event, status="valid")
    seats = [ticket.seat_id for ticket in live if ticket.seat_id]
    assert len(seats) == len(set(seats))


def test_30_buyers_get_the_last_10_places(in_parallel):
    event, people = make_event(capacity=10), callers(30)
    found = Counter(in_parallel(lambda n: people[n].book(event, {"qty": 1}).status_code, 30))
    assert found == {200: 10, 409: 20}
    check_counters(event)
    labels = [label for booking in Booking.objects.all() for label in booking.seat_labels]
    assert sorted(labels) == sorted(f"A-{n}" for n in range(1, 11))


def test_20_retries_of_one_key_are_one_booking(in_parallel):
    event, buyer = make_event(capacity=50), UserFactory()
    people = [Caller(buyer) for _ in range(20)]
    answers = in_parallel(lambda n: people[n].book(event, {"qty": 2}, key="once"), 20)
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    assert (Booking.objects.count(), Order.objects.count(), Ticket.objects.count()) == (1, 1, 2)
    check_counters(event)


def test_one_seat_has_one_holder(in_parallel):
    event, people = make_event(capacity=10), callers(12)
    found = Counter(in_parallel(lambda n: people[n].book(event, {"seat_ids": ["A-4"]}).status_code, 12))
    assert found == {200: 1, 409: 11}
    assert Seat.objects.exclude(reserved_booking=None).count() == 1
    check_counters(event)


def test_cancellations_against_newcomers(in_parallel):
    event = make_event(capacity=8)
    holders, waiting, newcomers = callers(8), callers(8), callers(8)
    held = [caller.book(event).json()["id"] for caller in holders]
    queued = [caller.book(event, {"waitlist": True}).json()["id"] for caller in waiting]

    def act(number):
        if number < 8:
            return holders[number].delete(f"/bookings/{held[number]}").status_code
        return newcomers[number - 8].book(event).status_code

    found = in_parallel(act, 16)
    assert found == [200] * 8 + [409] * 8
    assert set(Booking.objects.filter(pk__in=queued).values_list("status", flat=True)) == {"confirmed"}
    check_counters(event)


def test_the_grid_is_made_once(in_parallel):
    event = make_event(capacity=30)
    answers = in_parallel(lambda n: Caller().get(f"/events/{event.pk}/seats").json(), 10)
    assert {len(answer) for answer in answers} == {30}
    assert Seat.objects.count() == 30


def test_a_booking_is_cancelled_once(in_parallel):
    event, buyer = make_event(capacity=3), UserFactory()
    booking = Caller(buyer).book(event, {"qty": 2}).json()
    people = [Caller(buyer) for _ in range(8)]
    found = Counter(in_parallel(lambda n: people[n].delete(f"/bookings/{booking['id']}").status_code, 8))
    assert found == {200: 1, 409: 7}
    check_counters(event)


def test_ten_sign_ups_with_one_address(in_parallel):
    body = {"name": "A", "email": "a@example.com", "password": "root"}
    found = Counter(in_parallel(lambda n: Caller().post("/auth/signup", body).status_code, 10))
    assert found == {200: 1, 400: 9}


def test_deleting_against_booking_and_editing(in_parallel):
    admin, people = SuperAdminFactory(), callers(4)
    for _round in range(8):
        event = make_event(capacity=50)
        path = f"/admin/events/{event.pk}"

        def act(number, event=event, path=path):
            if number < 2:
                return Caller(admin).delete(path).status_code
            if number < 4:
                return Caller(admin).patch(path, {"capacity": 60, "name": "New"}).status_code
            return people[number - 4].book(event, key="k").status_code

        found = in_parallel(act, 8)
        booked = Booking.objects.filter(event=event).count()
        exists = Event.objects.filter(pk=event.pk).exists()
        assert set(found[:2]) <= ({409} if exists else {204, 404}), found
        assert set(found[2:4]) <= ({200} if exists else {200, 404}), found
        assert found[4:].count(200) == booked and set(found[4:]) <= {200, 404}, found
        assert bool(booked) == exists
