"""No place is sold twice: not of an event, not of a type, not of a seat, whatever comes at once."""

from functools import partial

import pytest
from django.db import IntegrityError

from accounts.tests.racing import errors, good, meet_after, race, switch_row_locks_off, without_constraint
from bookings import at_once, inventory, orders, seats
from bookings.factories import TicketTypeFactory
from bookings.inventory import SoldOut
from bookings.models import Booking, Seat, Ticket, TicketType
from bookings.tests.invariants import broken, check
from bookings.tests.scenes import book, buy, people, scene
from events.models import Event

pytestmark = pytest.mark.django_db(transaction=True)
BUYERS = 16


def lock_always(monkeypatch):
    """Every sale is decided under the lock of its event, as those of seats are."""
    monkeypatch.setattr(at_once, "_is_simple", lambda _types: False)


def switch_the_lock_off(monkeypatch):
    lock_always(monkeypatch)
    switch_row_locks_off(monkeypatch)
    meet_after(monkeypatch, inventory, "lock", BUYERS)


def switch_the_guards_off(monkeypatch):
    """Sales are decided without a lock: all have decided before anybody writes."""
    monkeypatch.setattr(inventory, "guarded", inventory.counted)
    meet_after(monkeypatch, at_once, "read_types", BUYERS)


def race_for_an_event(ticket_type, ask=None):
    return race(*(partial(ask or buy, user, ticket_type) for user in people(BUYERS)))


def book_at(user, ticket_type):
    return book(ticket_type.event, user)


@pytest.mark.parametrize("ask", [buy, book_at])
@pytest.mark.parametrize("is_locked", [True, False])
def test_an_event_is_not_oversold(ask, is_locked, monkeypatch):
    if is_locked:
        lock_always(monkeypatch)
    event, ticket_type = scene(capacity=7)
    results = race_for_an_event(ticket_type, ask)
    assert len(good(results)) == 7
    assert len(errors(results, SoldOut)) == BUYERS - 7
    event.refresh_from_db()
    assert event.booked_count == 7
    assert Ticket.objects.filter(event=event).count() == 7
    check(event)


def test_control_without_the_lock_the_constraint_of_the_event_fires(monkeypatch):
    switch_the_lock_off(monkeypatch)
    event, ticket_type = scene(capacity=7)
    results = race_for_an_event(ticket_type)
    assert errors(results, IntegrityError)
    event.refresh_from_db()
    assert event.booked_count == 7


def test_control_without_lock_and_constraint_an_event_is_oversold(monkeypatch):
    switch_the_lock_off(monkeypatch)
    with without_constraint(Event, "event_not_oversold"):
        event, ticket_type = scene(capacity=7)
        race_for_an_event(ticket_type)
        assert any("oversold" in sentence for sentence in broken(event))
        Event.objects.update(booked_count=0)


def test_the_guards_of_a_booking_alone_hold(monkeypatch):
    meet_after(monkeypatch, at_once, "read_types", BUYERS)
    with without_constraint(Event, "event_not_oversold"):
        event, ticket_type = scene(capacity=7)
        assert len(good(race_for_an_event(ticket_type, book_at))) == 7
        check(event)


def test_without_its_guards_the_constraint_alone_holds(monkeypatch):
    switch_the_guards_off(monkeypatch)
    event, ticket_type = scene(capacity=7)
    assert len(good(race_for_an_event(ticket_type, book_at))) == 7
    check(event)


def test_control_without_guards_and_constraint_an_event_is_oversold(monkeypatch):
    switch_the_guards_off(monkeypatch)
    with without_constraint(Event, "event_not_oversold"):
        event, ticket_type = scene(capacity=7)
        race_for_an_event(ticket_type, book_at)
        assert any("oversold" in sentence for sentence in broken(event))
        Event.objects.update(booked_count=0)


def race_for_a_type():
    """16 buyers of 5 places of one type, in an event that has room for all."""
    event, ticket_type = scene(capacity=100, quantity_total=5)
    TicketTypeFactory(event=event, quantity_total=95)
    return event, ticket_type, race(*(partial(buy, user, ticket_type) for user in people(BUYERS)))


def test_a_type_is_not_oversold():
    event, ticket_type, results = race_for_a_type()
    assert len(good(results)) == 5
    assert len(errors(results, SoldOut)) == BUYERS - 5
    check(event)


def test_control_without_the_lock_the_constraint_of_the_type_fires(monkeypatch):
    switch_the_lock_off(monkeypatch)
    _event, ticket_type, results = race_for_a_type()
    assert errors(results, IntegrityError)
    ticket_type.refresh_from_db()
    assert ticket_type.quantity_sold == 5


def test_control_without_lock_and_constraint_a_type_is_oversold(monkeypatch):
    switch_the_lock_off(monkeypatch)
    with without_constraint(TicketType, "type_not_oversold"):
        event, _type, _results = race_for_a_type()
        assert any("oversold" in sentence for sentence in broken(event))
        TicketType.objects.update(quantity_sold=0)


def race_for_seats():
    """16 buyers, all of them for A-1 and A-2."""
    event, _type = scene(capacity=40, seating=Event.Seating.AUTOMATIC)
    seats.fit_grid(event)
    return event, race(*(partial(book, event, user, 2, chosen=("A-1", "A-2")) for user in people(BUYERS)))


def test_a_seat_is_sold_once():
    event, results = race_for_seats()
    [winner] = good(results)
    assert len(errors(results, seats.SeatTaken)) == BUYERS - 1
    assert set(Seat.objects.filter(reserved_booking=winner).values_list("label", flat=True)) == {"A-1", "A-2"}
    assert set(winner.tickets.values_list("seat__label", flat=True)) == {"A-1", "A-2"}
    check(event)


def test_control_without_the_lock_the_constraint_of_the_seat_fires(monkeypatch):
    switch_the_lock_off(monkeypatch)
    monkeypatch.setattr(inventory, "counted", lambda _taken: [])  # its UPDATE of the event's row is a lock too
    meet_after(monkeypatch, seats, "_named", BUYERS)
    _event, results = race_for_seats()
    assert any("ticket_one_live_per_seat" in str(error) for error in errors(results, IntegrityError))


def test_control_without_lock_and_constraint_a_seat_is_sold_twice(monkeypatch):
    switch_the_lock_off(monkeypatch)
    monkeypatch.setattr(inventory, "counted", lambda _taken: [])  # its UPDATE of the event's row is a lock too
    meet_after(monkeypatch, seats, "_named", BUYERS)
    with without_constraint(Ticket, "ticket_one_live_per_seat"):
        event, results = race_for_seats()
        assert len(good(results)) > 1
        Ticket.objects.filter(event=event).update(seat=None)


def test_seats_given_automatically_are_given_once():
    event, _type = scene(capacity=20, seating=Event.Seating.AUTOMATIC)
    results = race(*(partial(book, event, user, 2) for user in people(BUYERS)))
    labels = [label for booking in good(results) for label in booking.seat_labels]
    assert len(good(results)) == 10
    assert len(set(labels)) == len(labels) == 20
    check(event)


def test_both_ways_of_buying_share_one_stock():
    """`place` over several types and events against `book`, all mixed."""
    first, one = scene(capacity=9, quantity_total=6)
    other = TicketTypeFactory(event=first, quantity_total=6)
    second, third = scene(capacity=5, quantity_total=5)
    calls = []
    for number, user in enumerate(people(BUYERS)):
        kinds = [(one, third), (third, other), (one, other)][number % 3]
        calls.append(partial(buy, user, *kinds) if number % 4 else partial(book, first, user, 1))
    results = race(*calls)
    assert good(results)
    assert len(errors(results)) == len(errors(results, SoldOut))
    sold = sum(event.booked_count for event in Event.objects.all())
    assert sold == sum(Booking.objects.values_list("qty", flat=True)) == Ticket.objects.count()
    check(first, second)


def test_a_refused_order_leaves_nothing():
    first, enough = scene(capacity=5)
    second, short = scene(capacity=1)
    buyer = people(1)[0]
    with pytest.raises(SoldOut) as refusal:
        orders.place([orders.Line(enough.pk, 2), orders.Line(short.pk, 2)], by=buyer)
    assert str(refusal.value.message) == f"{second.name}, General admission: only 1 left."
    assert refusal.value.details == {"left": 1}
    assert buyer.orders.count() == buyer.bookings.count() == buyer.tickets.count() == 0
    check(first, second)
    assert list(Event.objects.values_list("booked_count", flat=True)) == [0, 0]
