"""A booking is decided without a lock: what it was decided on is looked at again by the statement that writes it."""

from datetime import timedelta
from functools import partial

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import OutgoingMail
from accounts.tests.racing import errors, good, meet_after, race
from bookings import at_once, inventory, sales
from bookings.factories import TicketTypeFactory
from bookings.models import Booking, TicketType
from bookings.tests.invariants import check
from bookings.tests.scenes import book, buy, people, scene
from bookings.waiting_room import gate
from eventify.lib import later, together
from eventify.lib.together import Counted
from events import states
from events.models import Event
from partners.factories import PartnerFactory

pytestmark = pytest.mark.django_db(transaction=True)
SOON = timezone.now() + timedelta(days=1)
OF_EVENT = {
    "partner": lambda: PartnerFactory().pk,
    "state": lambda: Event.State.REGISTRATION_OPEN,
    "is_bookable": lambda: False,
    "ends_at": lambda: timezone.now() + timedelta(days=4000),
    "currency": lambda: "EUR",
    "seating": lambda: Event.Seating.AUTOMATIC,
    "waitlisted_count": lambda: 3,
    "has_waiting_room": lambda: True,
}
OF_TYPE = {
    "status": lambda: TicketType.Status.SOLD_OUT,
    "sales_start_at": lambda: SOON,
    "sales_end_at": lambda: SOON,
    "min_per_order": lambda: 2,
    "max_per_order": lambda: 9,
    "max_per_person": lambda: 9,
    "price": lambda: 12,
    "tax_rate": lambda: 7,
    "area": lambda: "Balcony",
}


@pytest.fixture
def locked(monkeypatch):
    """The events that were locked to decide a booking."""
    seen, lock = [], inventory.lock
    monkeypatch.setattr(inventory, "lock", lambda ids: (seen.append(list(ids)), lock(seen[-1]))[1])
    return seen


def change_after_reading(monkeypatch, rows, **values):
    """Somebody changes the row between a booking's decision and its statement."""
    read = at_once.read_types
    monkeypatch.setattr(at_once, "read_types", lambda **asked: (read(**asked), rows.update(**values))[0])


def test_a_booking_reads_once_and_writes_once(locked, django_assert_num_queries):
    event, _type = scene(capacity=10)
    TicketTypeFactory(event=event, position=1)
    user = people(1)[0]
    with django_assert_num_queries(2) as asked:
        booking = book(event, user, 2, key="k")
    assert [query["sql"].split()[0] for query in asked] == ["SELECT", "WITH"]
    assert (locked, booking.status, booking.tickets.count()) == ([], "confirmed", 2)
    check(event)


def test_a_retry_reads_twice(locked, django_assert_num_queries):
    event, _type = scene(capacity=10)
    user = people(1)[0]
    booking = book(event, user, 2, key="k")
    with django_assert_num_queries(2):
        assert book(event, user, 2, key="k") == booking
    assert locked == []


def test_sold_out_is_said_without_a_lock(locked, django_assert_num_queries):
    event, _type = scene(capacity=1)
    user = people(1)[0]
    with django_assert_num_queries(2), pytest.raises(inventory.SoldOut):  # the second: whether holds are overdue
        book(event, user, 2)
    assert locked == []
    check(event)


def test_every_column_that_decides_has_a_case():
    assert set(OF_EVENT) == set(inventory.EVENT_DECIDES)
    assert set(OF_TYPE) == set(inventory.TYPE_DECIDES)


@pytest.mark.parametrize("name", OF_EVENT)
def test_an_event_that_changes_is_decided_on_again(name, monkeypatch, locked):
    event, _type = scene(capacity=10)
    user = people(1)[0]
    change_after_reading(monkeypatch, Event.objects.filter(pk=event.pk), **{name: OF_EVENT[name]()})
    results = race(partial(book, event, user))
    assert locked[0] == [event.pk]
    refused = {"is_bookable": sales.NotOnSale, "has_waiting_room": gate.MustWait}.get(name)
    assert (len(good(results)), len(errors(results, refused or Exception))) == ((0, 1) if refused else (1, 0))
    Event.objects.filter(pk=event.pk).update(waitlisted_count=0, has_waiting_room=False)
    check(event)


@pytest.mark.parametrize("name", OF_TYPE)
def test_a_type_that_changes_is_decided_on_again(name, monkeypatch, locked):
    event, ticket_type = scene(capacity=10)
    user = people(1)[0]
    change_after_reading(monkeypatch, TicketType.objects.filter(pk=ticket_type.pk), **{name: OF_TYPE[name]()})
    results = race(partial(book, event, user))
    assert locked[0] == [event.pk]
    refused = {"status": sales.NotOnSale, "sales_start_at": sales.NotOnSale, "min_per_order": sales.UnderLimit}
    assert [type(one) for one in errors(results)] == ([refused[name]] if name in refused else [])
    if name not in refused:
        [booking] = good(results)
        paid = {"price": (12, 0), "tax_rate": (0, 7)}.get(name, (0, 0))
        assert (booking.unit_price, booking.tax_rate) == paid
    check(event)


@pytest.mark.parametrize(("name", "value"), [("state", "cancelled"), ("price", 12)])
def test_an_order_is_decided_on_again_too(name, value, monkeypatch, locked):
    event, ticket_type = scene(capacity=10)
    rows = Event.objects.filter(pk=event.pk) if name == "state" else TicketType.objects.filter(pk=ticket_type.pk)
    read = at_once._read_lines
    monkeypatch.setattr(at_once, "_read_lines", lambda n: lambda **a: (read(n)(**a), rows.update(**{name: value}))[0])
    results = race(partial(buy, people(1)[0], ticket_type, qty=2))
    assert locked[0] == [event.pk]
    assert len(errors(results, sales.NotOnSale)) == (name == "state")
    assert [order.total_amount for order in good(results)] == ([] if name == "state" else [24])
    check(event)


@pytest.mark.parametrize("price", [0, 7])
def test_an_order_of_several_types_reads_once_and_writes_once(price, locked, django_assert_num_queries):
    event, ticket_type = scene(capacity=10, price=price)
    other = TicketTypeFactory(event=event, position=1, quantity_total=4)
    user = people(1)[0]
    opening = 9 if price else 0  # the page of its payment
    with django_assert_num_queries(2 + opening):
        order = buy(user, ticket_type, other, qty=2, key="k")
    assert (locked, order.bookings.count(), order.tickets.count()) == ([], 2, 0 if price else 4)
    assert buy(user, ticket_type, other, qty=2, key="k") == order
    check(event)


def test_the_last_place_that_goes_meanwhile_is_not_sold_again(monkeypatch, locked):
    event, ticket_type = scene(capacity=1, quantity_total=1)
    other, user = people(2)
    read = at_once.read_types
    monkeypatch.setattr(at_once, "read_types", lambda **asked: (read(**asked), buy(other, ticket_type))[0])
    with pytest.raises(inventory.SoldOut):
        book(event, user)
    assert Booking.objects.get().user == other
    check(event)


def test_cancelling_an_event_against_bookings_that_are_decided(monkeypatch):
    """Everybody has decided; then the event is cancelled, and nothing is sold at it afterwards."""
    event, _type = scene(capacity=20)
    meet_after(monkeypatch, at_once, "read_types", 6)
    cancel = partial(states.transition, event, Event.State.CANCELLED, by=None)
    results = race(*(partial(book, event, user) for user in people(6)), cancel)
    assert len(good(results)) + len(errors(results, sales.NotOnSale)) == 7
    check(event)


def test_mixed_with_buyers_who_lock_nothing_waits_in_a_circle():
    event, ticket_type = scene(capacity=200, quantity_total=150)
    other = TicketTypeFactory(event=event, position=1)
    calls = [
        call
        for one, two in zip(people(12), people(12), strict=True)
        for call in (partial(book, event, one, 2), partial(buy, two, ticket_type, other))
    ]
    assert len(good(race(*calls))) == 24
    check(event)


def test_what_follows_a_booking_happens_after_it_and_only_then(monkeypatch):
    """A nudge that overtook its row would find nothing to do."""
    event, _type = scene(capacity=10)
    seen = []
    monkeypatch.setattr(later, "_nudge", lambda task: seen.append((task, OutgoingMail.objects.count())))
    book(event, people(1)[0])
    assert ("accounts.tasks.send_pending_mail", 1) in seen
    seen.clear()
    monkeypatch.setattr(together, "write", lambda *_rows: refuse())
    with pytest.raises(ZeroDivisionError):
        book(event, people(1)[0])
    assert seen == [] and not connection.in_atomic_block


def refuse():
    raise ZeroDivisionError


def test_a_guarded_row_that_is_not_as_it_was_read_is_stale():
    event, ticket_type = scene(capacity=10)
    Event.objects.filter(pk=event.pk).update(currency="EUR")
    booking = Booking(event=event, ticket_type=ticket_type, user=people(1)[0], qty=1, unit_price=0)
    with pytest.raises(together.Stale), together.alone():
        together.write([booking], [Counted(event, {"booked_count": 1}, (), ("currency",))])
    event.refresh_from_db()
    assert (event.booked_count, Booking.objects.count()) == (0, 0)
