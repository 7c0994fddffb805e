"""Ticket types are stock: made, changed and removed under the event's lock; and an event that is sold stays."""

from decimal import Decimal
from functools import partial

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import AuditLog
from accounts.tests.racing import errors, good, race
from bookings import capacity, ticket_types, waitlist
from bookings.factories import TicketTypeFactory
from bookings.inventory import CapacityTooSmall, SoldOut
from bookings.models import Booking, TicketType
from bookings.tests.invariants import check
from bookings.tests.scenes import book, buy, people, scene, wait
from eventify.lib.errors import Conflict, Invalid, Missing
from events import editing
from events.factories import EventFactory
from events.models import Event

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_event_without_a_capacity_of_its_own_follows_its_types():
    event, by = EventFactory(capacity=0, is_capacity_fixed=False), people(1)[0]
    made = [ticket_types.create(event, by=by, name=name, quantity_total=5, price=10) for name in ("A", "B")]
    event.refresh_from_db()
    assert event.capacity == 10
    ticket_types.change(made[0], by=by, quantity_total=2)
    ticket_types.delete(made[1], by=by)
    event.refresh_from_db()
    assert (event.capacity, event.booked_count) == (2, 0)
    actions = AuditLog.objects.order_by("id").values_list("action", flat=True)
    assert list(actions) == ["CREATED_TICKET_TYPE"] * 2 + ["CHANGED_TICKET_TYPE", "DELETED_TICKET_TYPE"]
    capacity.change(event, 7, by=by)
    ticket_types.change(made[0], by=by, quantity_total=3)
    event.refresh_from_db()
    assert event.capacity == 7


def test_a_type_cannot_be_less_than_what_is_sold():
    event, ticket_type = scene(quantity_total=5)
    buyer = people(1)[0]
    buy(buyer, ticket_type, qty=3)
    with pytest.raises(CapacityTooSmall) as refusal:
        ticket_types.change(ticket_type, by=buyer, quantity_total=2)
    assert str(refusal.value.message) == "3 are sold already; the quantity cannot be less."
    ticket_types.change(ticket_type, by=buyer, quantity_total=3)
    with pytest.raises(SoldOut):
        buy(buyer, ticket_type)
    check(event)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"quantity_total": -1}, "quantity_total"),
        ({"quantity_total": 1_000_001}, "quantity_total"),
        ({"price": Decimal("-0.01")}, "price"),
        ({"price": Decimal(10**9)}, "price"),
    ],
)
def test_impossible_types(fields, field):
    event, ticket_type = scene()
    by = people(1)[0]
    attempts = (
        partial(ticket_types.create, event, by=by, name="X", **fields),
        partial(ticket_types.change, ticket_type, by=by, **fields),
    )
    for attempt in attempts:
        with pytest.raises(Invalid) as refusal:
            attempt()
        assert set(refusal.value.errors) == {field}


def test_shrinking_a_type_and_buying_at_once():
    for _round in range(5):
        event, ticket_type = scene(capacity=20, quantity_total=20)
        shrink = partial(ticket_types.change, ticket_type, by=people(1)[0], quantity_total=4)
        results = race(*(partial(buy, user, ticket_type) for user in people(8)), shrink)
        ticket_type.refresh_from_db()
        sold = len([one for one in good(results) if not isinstance(one, TicketType)])
        assert ticket_type.quantity_sold == sold
        assert (ticket_type.quantity_total, sold <= 4) in ((4, True), (20, False))
        check(event)


def test_a_type_that_was_booked_stays():
    event, ticket_type = scene()
    buyer = people(1)[0]
    buy(buyer, ticket_type)
    with pytest.raises(Conflict):
        ticket_types.delete(ticket_type, by=buyer)
    assert not AuditLog.objects.filter(action="DELETED_TICKET_TYPE").exists()
    check(event)


def test_removing_a_type_against_its_buyers_ends_one_way_or_the_other():
    for _round in range(6):
        event, ticket_type = scene()
        TicketTypeFactory(event=event)
        remove = partial(ticket_types.delete, ticket_type, by=people(1)[0])
        results = race(*(partial(buy, user, ticket_type) for user in people(4)), remove)
        gone = not TicketType.objects.filter(pk=ticket_type.pk).exists()
        assert (len(errors(results, Missing)), len(errors(results, Conflict))) == ((4, 0) if gone else (0, 1))
        assert len(good(results)) == (1 if gone else 4)
        check(event)


def test_deleting_an_event_against_its_buyers_ends_one_way_or_the_other():
    for _round in range(6):
        event, _type = scene()
        delete = partial(editing.delete, event, by=people(1)[0])
        results = race(*(partial(book, event, user) for user in people(4)), delete)
        gone = not Event.objects.filter(pk=event.pk).exists()
        assert (len(errors(results, Missing)), len(errors(results, Conflict))) == ((4, 0) if gone else (0, 1))
        assert len(good(results)) == (1 if gone else 4)
        assert Booking.objects.filter(event_id=event.pk).count() == (0 if gone else 4)


def test_the_queue_check_costs_the_same_for_any_queue_and_number_of_types():
    (event, ticket_type), counts = scene(capacity=1), []
    book(event, people(1)[0])
    for _round in range(2):
        for user in people(3):
            wait(event, user)
            TicketTypeFactory(event=event, position=1)
        fresh = Event.objects.get(pk=event.pk)
        with CaptureQueriesContext(connection) as queries, pytest.raises(SoldOut):
            waitlist.check_newcomer(fresh, ticket_type)
        counts.append(len(queries))
    assert counts == [2, 2]
