"""What may be sold at all: limits per order and per person, sale windows, states, suspended partners."""

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
import time_machine
from django.utils import timezone

from accounts.tests.racing import errors, good, meet_after, race, switch_row_locks_off
from bookings import cancelling, inventory, sales
from bookings.factories import TicketTypeFactory
from bookings.models import Booking, TicketType
from bookings.sales import NotOnSale, OverLimit
from bookings.tests.invariants import check
from bookings.tests.scenes import book, buy, people, scene, wait
from eventify.lib.errors import Invalid, Missing
from events import states
from events.models import Event
from partners.factories import PartnerFactory
from partners.models import Partner

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


def limited(**limits) -> tuple[Event, TicketType]:
    event, ticket_type = scene(capacity=100)
    TicketType.objects.filter(pk=ticket_type.pk).update(**limits)
    ticket_type.refresh_from_db()
    return event, ticket_type


def test_the_limit_per_order():
    event, ticket_type = limited(max_per_order=4)
    user = people(1)[0]
    for ask in (partial(buy, user, ticket_type, qty=5), partial(book, event, user, 5)):
        with pytest.raises(OverLimit) as refusal:
            ask()
        assert str(refusal.value.message) == "At most 4 of General admission in one order."
    buy(user, ticket_type, qty=4)
    buy(user, ticket_type, qty=4)
    check(event)


def race_past_the_limit():
    event, ticket_type = limited(max_per_person=3)
    user = people(1)[0]
    calls = [partial(buy, user, ticket_type), partial(book, event, user)] * 8
    return event, user, race(*calls)


def test_the_limit_per_person_holds_in_a_race():
    event, user, results = race_past_the_limit()
    assert (len(good(results)), len(errors(results, OverLimit))) == (3, 13)
    assert str(errors(results)[0].message) == "At most 3 of General admission per person."
    with pytest.raises(OverLimit):
        book(event, user)
    book(event, people(1)[0], 3)
    check(event)


def test_control_without_the_lock_one_person_has_more(monkeypatch):
    switch_row_locks_off(monkeypatch)
    meet_after(monkeypatch, sales, "check_quantity", 16)
    _event, user, results = race_past_the_limit()
    assert len(good(results)) > 3
    assert Booking.objects.filter(user=user).count() > 3


def test_places_that_are_waited_for_count_and_cancelled_ones_do_not():
    event, ticket_type = scene(capacity=1)
    TicketType.objects.update(max_per_person=2)
    user, other = people(2)
    first = book(event, user)
    wait(event, user)
    with pytest.raises(OverLimit):
        book(event, user, 1, waitlist_too=True)
    cancelling.cancel_booking(first, by=user)
    assert book(event, user, 1, waitlist_too=True).status == "waitlisted"
    check(event)


@pytest.mark.parametrize("qty", [0, -1, 1001, 10**30])
def test_impossible_quantities(qty):
    event, ticket_type = scene()
    for ask in (partial(buy, people(1)[0], ticket_type, qty=qty), partial(book, event, people(1)[0], qty)):
        with pytest.raises(Invalid) as refusal:
            ask()
        assert refusal.value.errors == {"quantity": ["Choose from 1 to 1000 places."]}


def test_the_sale_window():
    with time_machine.travel(NOW, tick=False) as clock:
        start, end = NOW + timedelta(hours=1), NOW + timedelta(hours=2)
        event, ticket_type = limited(sales_start_at=start, sales_end_at=end)
        user = people(1)[0]
        with pytest.raises(NotOnSale) as refusal:
            buy(user, ticket_type)
        assert str(refusal.value.message) == "The sale of General admission has not started yet."
        clock.move_to(start)
        buy(user, ticket_type)
        clock.move_to(end - timedelta(seconds=1))
        book(event, user)
        clock.move_to(end)
        with pytest.raises(NotOnSale) as refusal:
            buy(user, ticket_type)
        assert str(refusal.value.message) == "The sale of General admission has ended."
        with pytest.raises(NotOnSale):
            book(event, user)
        assert ticket_type.bookings.count() == 2
        check(event)


def test_booking_takes_the_first_type_that_is_on_sale_now():
    with time_machine.travel(NOW, tick=False):
        event, _early = limited(sales_end_at=NOW, name="Early bird")
        regular = TicketTypeFactory(event=event, name="Regular", position=1)
        assert book(event, people(1)[0]).ticket_type == regular
        check(event)


@pytest.mark.parametrize("status", ["sold_out", "hidden"])
def test_a_stopped_sale(status):
    event, ticket_type = limited(status=status)
    with pytest.raises(NotOnSale):
        buy(people(1)[0], ticket_type)
    with pytest.raises(NotOnSale):
        book(event, people(1)[0])


@pytest.mark.parametrize("state", Event.State)
def test_states_that_sell(state):
    event, ticket_type = scene(state=state)
    if state in states.ON_SALE:
        assert book(event, people(1)[0]).status == "confirmed"
        assert buy(people(1)[0], ticket_type).status == "paid"
        return
    with pytest.raises((NotOnSale, Missing)) as refusal:
        book(event, people(1)[0])
    wording = "is cancelled." if state == Event.State.CANCELLED else "is not open for booking."
    assert str(refusal.value.message) == f"{event.name} {wording}"
    with pytest.raises((NotOnSale, Missing)):
        buy(people(1)[0], ticket_type)


def test_what_is_withdrawn_or_over_is_not_sold():
    over, withdrawn = (
        scene(starts_at=NOW - timedelta(days=400), ends_at=NOW - timedelta(days=399))[0],
        scene(is_bookable=False)[0],
    )
    for event in (over, withdrawn):
        with pytest.raises(NotOnSale):
            book(event, people(1)[0], 1, waitlist_too=True)


def test_a_suspended_partner_cannot_sell():
    partner = PartnerFactory()
    event, ticket_type = scene(partner=partner, price=10)
    order = buy(people(1)[0], ticket_type)
    Partner.objects.filter(pk=partner.pk).update(status=Partner.Status.SUSPENDED)
    for ask in (partial(buy, people(1)[0], ticket_type), partial(book, event, people(1)[0])):
        with pytest.raises(NotOnSale) as refusal:
            ask()
        assert str(refusal.value.message) == f"{event.name} is not open for booking."
    assert order.bookings.get().status == "pending"
    with pytest.raises(states.InvalidTransition):
        states.transition(scene(partner=partner, state="draft")[0], Event.State.PUBLISHED, by=None)


def test_cancelling_an_event_against_buyers_sells_nothing_afterwards():
    for _round in range(5):
        event, _type = scene(capacity=20)
        cancel = partial(states.transition, event, Event.State.CANCELLED, by=None)
        results = race(*(partial(book, event, user) for user in people(6)), cancel)
        assert len(good(results)) + len(errors(results, NotOnSale)) == 7
        check(event)


def test_stock_is_taken_only_under_the_lock():
    """Every verb of the stock locks the event's row before it reads the counters."""
    event, ticket_type = scene(capacity=1)
    stale = Event.objects.get(pk=event.pk)
    book(event, people(1)[0])
    with pytest.raises(inventory.SoldOut):
        book(stale, people(1)[0])
    assert stale.booked_count == 0  # what the caller holds is not what decides


def test_the_price_shown_is_one_that_can_be_paid_now():
    event, regular = scene(price=20, capacity=10)
    now = timezone.now()
    TicketTypeFactory(event=event, name="Early", price=14, sales_end_at=now - timedelta(days=1))
    TicketTypeFactory(event=event, name="Crew", price=1, status=TicketType.Status.HIDDEN)
    TicketTypeFactory(event=event, name="Late", price=9, sales_start_at=now + timedelta(days=1))
    assert (sales.prices(event), sales.is_sold_out(event)) == ({20}, False)
    TicketType.objects.filter(pk=regular.pk).update(status=TicketType.Status.SOLD_OUT)
    assert (sales.prices(event), sales.is_sold_out(event)) == (set(), False)  # the late ones are still to come
    TicketType.objects.filter(name="Late").delete()
    assert sales.is_sold_out(event)  # an early type that has ended is no ticket


def test_an_event_whose_sales_have_all_ended_is_not_called_sold_out():
    event, ticket_type = scene(price=20)
    TicketType.objects.filter(pk=ticket_type.pk).update(sales_end_at=timezone.now() - timedelta(days=1))
    assert (sales.prices(event), sales.is_sold_out(event)) == (set(), False)
