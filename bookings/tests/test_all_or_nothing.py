"""Orders of several types and events: all or nothing, and never a deadlock."""

from functools import partial

import pytest
from django.db import OperationalError, transaction

from accounts.tests.racing import errors, good, meet_after, race
from bookings import at_once, inventory, orders
from bookings.factories import TicketTypeFactory
from bookings.inventory import SoldOut
from bookings.models import Order
from bookings.tests.invariants import check
from bookings.tests.scenes import buy, people, scene
from eventify.lib.errors import Invalid, Missing
from events.models import Event

pytestmark = pytest.mark.django_db(transaction=True)


def cross(rounds: int, stock: int):
    """Half of the buyers name the events in one order, half in the other."""
    (first, a), (second, b) = scene(capacity=stock), scene(capacity=stock)
    calls = [partial(buy, user, *((a, b) if n % 2 else (b, a))) for n, user in enumerate(people(rounds))]
    return (first, second), race(*calls)


def test_orders_that_name_the_events_in_opposite_order_do_not_deadlock():
    events, results = cross(16, stock=16)
    assert len(good(results)) == 16
    check(*events)


def test_the_last_places_of_two_events_go_together():
    events, results = cross(16, stock=5)
    assert len(good(results)) == 5
    assert len(errors(results, SoldOut)) == 11
    assert Order.objects.count() == 5
    assert [event.booked_count for event in Event.objects.all()] == [5, 5]
    check(*events)


def test_control_locking_in_the_order_asked_for_deadlocks(monkeypatch):
    meet_after(monkeypatch, inventory, "lock", 2)
    first, second = scene()[0], scene()[0]

    @transaction.atomic
    def lock_as_asked(*keys):
        for key in keys:
            inventory.lock([key])

    results = race(partial(lock_as_asked, first.pk, second.pk), partial(lock_as_asked, second.pk, first.pk))
    assert "deadlock detected" in str(errors(results, OperationalError)[0])


def test_several_types_of_one_event_share_its_places():
    """Each type alone has room, together they have not."""
    event, one = scene(capacity=3, quantity_total=2)
    other = TicketTypeFactory(event=event, quantity_total=2)
    with pytest.raises(SoldOut):
        buy(people(1)[0], one, other, qty=2)
    check(event)
    assert Order.objects.count() == 0


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        ([], "Choose from 1 to 50 kinds of ticket."),
        ([1] * 2, "Name each ticket type once, with its quantity."),
        (range(51), "Choose from 1 to 50 kinds of ticket."),
    ],
)
def test_impossible_lines_are_refused(lines, sentence):
    with pytest.raises(Invalid) as refusal:
        orders.place([orders.Line(key, 1) for key in lines], by=people(1)[0])
    assert refusal.value.errors == {"ticket_items": [sentence]}


def test_an_unknown_type_is_missing():
    with pytest.raises(Missing):
        orders.place([orders.Line(10**9, 1)], by=people(1)[0])


def test_currencies_are_not_mixed():
    (first, a), (second, b) = scene(currency="INR"), scene(currency="EUR")
    with pytest.raises(Invalid):
        buy(people(1)[0], a, b)
    check(first, second)


def test_a_type_or_event_that_goes_while_it_is_bought_is_missing(monkeypatch):
    """Between the first look and the lock somebody deletes it."""
    event, ticket_type = scene()
    lock = inventory.lock

    def delete_then_lock(event_ids):
        event_ids = list(event_ids)
        ticket_type.delete()
        return lock(event_ids)

    monkeypatch.setattr(inventory, "lock", delete_then_lock)
    monkeypatch.setattr(at_once, "_is_simple", lambda _types: False)
    with pytest.raises(Missing):
        buy(people(1)[0], ticket_type)
    monkeypatch.setattr(inventory, "lock", lock)
    gone = Event.objects.get(pk=event.pk)
    Event.objects.filter(pk=event.pk).delete()
    with pytest.raises(Missing):
        orders.book(gone.pk, 1, by=people(1)[0])
