"""A pending order holds its stock until its deadline; then the stock is free, beat or no beat."""

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
import time_machine
from django.utils import timezone

from accounts.tests.racing import errors, good, meet_after, race, switch_row_locks_off
from bookings import cancelling, orders, seats, tasks
from bookings.inventory import SoldOut
from bookings.models import Booking, Order, Seat
from bookings.tests.invariants import broken, check
from bookings.tests.scenes import book, buy, people, scene, statuses, wait
from events.models import Event

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
LATER = NOW + timedelta(minutes=15)  # settings.EVENTIFY_HOLD_MINUTES


@pytest.fixture
def clock():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def test_a_hold_lasts_fifteen_minutes(clock):
    event, ticket_type = scene(capacity=2, price=100)
    holder, buyer = people(2)
    order = buy(holder, ticket_type, qty=2)
    assert (order.status, order.expires_at) == (Order.Status.PENDING, LATER)
    clock.move_to(LATER - timedelta(seconds=1))
    assert tasks.expire_holds() == 0
    with pytest.raises(SoldOut):
        buy(buyer, ticket_type)
    check(event)


def test_the_sweep_frees_what_is_overdue_once(clock):
    event, ticket_type = scene(capacity=4, price=100, seating=Event.Seating.AUTOMATIC)
    order = buy(people(1)[0], ticket_type, qty=4)
    clock.move_to(LATER)
    assert tasks.expire_holds() == 1
    assert tasks.expire_holds() == 0
    order.refresh_from_db()
    event.refresh_from_db()
    assert (order.status, order.has_expired, order.cancelled_at) == (Order.Status.CANCELLED, True, LATER)
    assert order.bookings.get().status == Booking.Status.CANCELLED
    assert (event.booked_count, Seat.objects.exclude(reserved_booking=None).count()) == (0, 0)
    check(event)


def test_sweeps_at_once_free_it_once(clock):
    event, ticket_type = scene(capacity=20, price=100)
    for holder in people(4):
        buy(holder, ticket_type, qty=5)
    clock.move_to(LATER)
    assert sum(good(race(*[tasks.expire_holds] * 8))) == 4
    check(event)


@pytest.mark.parametrize("way", ["place", "book"])
def test_the_next_buyer_finds_what_is_overdue(clock, way):
    event, ticket_type = scene(capacity=2, price=100)
    holder, buyer = people(2)
    buy(holder, ticket_type, qty=2)
    clock.move_to(LATER)
    bought = buy(buyer, ticket_type) if way == "place" else book(event, buyer)
    assert bought.status == "pending"
    check(event)


def test_the_next_buyer_finds_an_overdue_seat(clock):
    event, ticket_type = scene(capacity=20, price=100, seating=Event.Seating.AUTOMATIC)
    holder, buyer = people(2)
    book(event, holder, 1, chosen=("A-3",))
    with pytest.raises(seats.SeatTaken):
        book(event, buyer, 1, chosen=("A-3",))
    clock.move_to(LATER)
    assert book(event, buyer, 1, chosen=("A-3",)).seat_labels == ["A-3"]
    check(event)


def test_buyers_who_race_for_an_overdue_hold_all_find_it(clock):
    """Whoever lets the hold go, the others must look again too: nobody is refused while places are free."""
    for _round in range(5):
        event, ticket_type = scene(capacity=8, price=100)
        buy(people(1)[0], ticket_type, qty=8)
        clock.shift(timedelta(minutes=15))
        results = race(*(partial(buy, user, ticket_type) for user in people(8)), tasks.expire_holds)
        assert errors(results) == []
        check(event)


def test_joining_the_queue_lets_overdue_holds_go_first(clock):
    event, ticket_type = scene(capacity=8, price=100)
    buy(people(1)[0], ticket_type, qty=8)
    clock.move_to(LATER)
    results = good(race(*(partial(book, event, user, 1, waitlist_too=True) for user in people(12))))
    assert sorted(one.status for one in results) == ["pending"] * 8 + ["waitlisted"] * 4
    check(event)


def test_control_without_the_locks_places_come_back_twice(clock, monkeypatch):
    event, ticket_type = scene(capacity=8, price=100)
    buy(people(1)[0], ticket_type, qty=4)
    buy(people(1)[0], ticket_type, qty=4)
    Order.objects.filter(pk=Order.objects.first().pk).update(expires_at=LATER + timedelta(hours=1))
    clock.move_to(LATER)
    switch_row_locks_off(monkeypatch)
    meet_after(monkeypatch, cancelling, "lock", 2)
    assert sum(good(race(tasks.expire_holds, tasks.expire_holds))) == 2
    assert "booked_count is 0, its bookings have 4 places" in "\n".join(broken(event))


def test_control_without_the_look_for_overdue_holds_buyers_are_refused(clock, monkeypatch):
    event, ticket_type = scene(capacity=8, price=100)
    buy(people(1)[0], ticket_type, qty=8)
    clock.move_to(LATER)
    monkeypatch.setattr(orders, "_held_overdue", lambda _events: Order.objects.none())
    results = race(*(partial(buy, user, ticket_type) for user in people(4)))
    assert len(errors(results, SoldOut)) == 4


def test_an_overdue_hold_goes_to_the_queue_before_the_newcomer(clock):
    event, ticket_type = scene(capacity=1, price=100)
    holder, waiting, newcomer = people(3)
    buy(holder, ticket_type)
    waiter = wait(event, waiting)
    clock.move_to(LATER)
    with pytest.raises(SoldOut):
        buy(newcomer, ticket_type)
    assert statuses(waiter) == ["pending"]
    check(event)


def test_an_order_of_several_events_expires_as_a_whole(clock):
    (first, a), (second, b) = scene(capacity=1, price=5), scene(capacity=1, price=5)
    order = buy(people(1)[0], a, b)
    clock.move_to(LATER)
    assert buy(people(1)[0], b).status == Order.Status.PENDING
    order.refresh_from_db()
    first.refresh_from_db()
    assert (order.status, first.booked_count) == (Order.Status.CANCELLED, 0)
    check(first, second)


def test_expiry_and_cancellation_at_once_free_the_places_once(clock):
    for _round in range(5):
        event, ticket_type = scene(capacity=3, price=5)
        buyer = people(1)[0]
        order = buy(buyer, ticket_type, qty=3)
        clock.move_to(timezone.now() + timedelta(minutes=15))
        good(race(tasks.expire_holds, partial(cancelling.cancel, order, by=buyer), tasks.expire_holds))
        event.refresh_from_db()
        assert event.booked_count == 0
        check(event)
