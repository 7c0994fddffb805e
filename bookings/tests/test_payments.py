"""Money: an order is paid at most once, and what arrives too late ends in a ticket or a refund, never both."""

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
import time_machine
from django.db import IntegrityError

from accounts.models import Notification, OutgoingMail
from accounts.tests.racing import errors, good, meet_before, race, switch_row_locks_off
from bookings import cancelling, capacity, checkout, payments, tasks
from bookings.models import Order, Payment, Refund
from bookings.tests.invariants import check
from bookings.tests.scenes import book, buy, charge_of, decide, hear, pay, people, scene, settled, wait
from eventify.lib.errors import Conflict
from events import states
from events.models import Event

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.fixture
def clock():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def test_paid_in_time(clock):
    event, ticket_type = scene(price="12.50")
    order = buy(people(1)[0], ticket_type, qty=2)
    payment = order.payments.get()
    assert checkout.url(order).endswith(f"/sandbox/pay/{payment.uid}/")
    assert (order.status, order.total_amount, order.tickets.count()) == ("pending", 25, 0)
    pay(order)
    assert settled(order) == ("paid", 2, 0, 25)
    order.refresh_from_db()
    assert (order.paid_at, order.payment_method) == (NOW, "sandbox card")
    assert order.payment_transaction_id == f"sbx_{payment.uid.hex}"
    assert checkout.url(order) is None
    mail = OutgoingMail.objects.get()
    assert (mail.template, mail.to) == ("tickets", order.user.email)
    assert mail.context == {"order": str(order.uid), "event": event.name, "qty": 2}
    told = Notification.objects.get(recipient=order.user)
    assert (told.title, told.kind) == (f"Your tickets for {event.name} are ready", "order")
    assert told.url == f"/orders/{order.uid}/"
    check(event)


def test_a_payment_before_the_sweep_found_the_hold_overdue_counts(clock):
    event, ticket_type = scene(capacity=1, price=10)
    order = buy(people(1)[0], ticket_type)
    clock.shift(timedelta(minutes=16))
    pay(order)
    assert settled(order) == ("paid", 1, 0, 10)
    assert tasks.expire_holds() == 0
    check(event)


def late(clock, order: Order) -> Payment:
    """The buyer has paid, but the hold ran out before we heard of it."""
    payment = decide(order)
    clock.shift(timedelta(minutes=16))
    assert tasks.expire_holds() >= 1
    return payment


def test_paid_late_with_the_stock_still_free(clock):
    event, ticket_type = scene(capacity=4, price=10, seating=Event.Seating.AUTOMATIC)
    order = buy(people(1)[0], ticket_type, qty=2)
    hear(late(clock, order))
    assert settled(order) == ("paid", 2, 0, 20)
    assert (order.has_expired, order.cancelled_at) == (False, None)
    assert sorted(order.tickets.values_list("seat__label", flat=True)) == ["A-1", "A-2"]
    check(event)


def test_paid_late_with_the_stock_gone(clock):
    event, ticket_type = scene(capacity=2, price=10)
    order = buy(people(1)[0], ticket_type, qty=2)
    payment = late(clock, order)
    buy(people(1)[0], ticket_type)
    hear(payment)
    assert settled(order) == ("cancelled", 0, 1, 0)
    assert Refund.objects.get().amount == 20
    assert OutgoingMail.objects.get(template="payment_returned").context["amount"] == "₹20.00"
    assert tasks.ask_providers() == 1
    assert list(charge_of(payment).refunds.values()) == ["20.00"]
    check(event)


def test_paid_late_for_two_events_of_which_one_is_gone(clock):
    (first, a), (second, b) = scene(capacity=2, price=10), scene(capacity=1, price=10)
    order = buy(people(1)[0], a, b)
    payment = late(clock, order)
    buy(people(1)[0], b)
    hear(payment)
    assert settled(order) == ("cancelled", 0, 1, 0)
    check(first, second)


def test_paid_late_while_others_wait(clock):
    """The place went to the queue as an offer: it is not taken back."""
    event, ticket_type = scene(capacity=1, price=10)
    order = buy(people(1)[0], ticket_type)
    waiter = wait(event, people(1)[0])
    hear(late(clock, order))
    assert settled(order) == ("cancelled", 0, 1, 0)
    assert Order.objects.get(bookings=waiter).status == "pending"
    check(event)


def test_paid_late_when_a_seat_is_not_in_the_grid_any_more(clock):
    event, ticket_type = scene(capacity=20, price=10, seating=Event.Seating.AUTOMATIC)
    buyer = people(1)[0]
    order = book(event, buyer, 1, chosen=("B-10",)).order
    payment = late(clock, order)
    capacity.change(event, 5, by=buyer)
    hear(payment)
    assert settled(order) == ("cancelled", 0, 1, 0)
    check(event)


def test_paid_late_past_the_limit_of_a_person(clock):
    event, ticket_type = scene(price=10)
    ticket_type.max_per_person = 2
    ticket_type.save()
    buyer = people(1)[0]
    order = buy(buyer, ticket_type, qty=2)
    payment = late(clock, order)
    buy(buyer, ticket_type, qty=2)
    hear(payment)
    assert settled(order) == ("cancelled", 0, 1, 0)
    check(event)


def test_paid_after_the_buyer_cancelled():
    event, ticket_type = scene(capacity=1, price=10)
    order = buy(people(1)[0], ticket_type)
    payment = decide(order)
    cancelling.cancel(order, by=order.user)
    hear(payment)
    assert settled(order) == ("cancelled", 0, 1, 0)
    check(event)


def test_paid_for_an_event_that_was_cancelled_meanwhile():
    event, ticket_type = scene(price=10)
    order = buy(people(1)[0], ticket_type, qty=2)
    states.transition(event, Event.State.CANCELLED, by=people(1)[0], reason="Rain")
    pay(order)
    assert settled(order) == ("cancelled", 0, 1, 0)
    event.refresh_from_db()
    assert event.booked_count == 0
    check(event)


def test_paid_twice():
    """Two payments of one order, as after a failed one that was paid in the end: the second goes back."""
    event, ticket_type = scene(price=10)
    order = buy(people(1)[0], ticket_type)
    first = decide(order, "failed")
    hear(first, "failed")
    payments.try_again(order)
    hear(decide(order))
    hear(first)
    assert settled(order) == ("paid", 1, 1, 10)
    assert Refund.objects.get().payment == first
    check(event)


def test_a_failed_payment_can_be_tried_again():
    event, ticket_type = scene(price=10)
    order = buy(people(1)[0], ticket_type)
    hear(decide(order, "failed"), "failed")
    assert settled(order) == ("pending", 0, 0, 0)
    assert checkout.url(order).endswith(f"/orders/{order.uid}/pay/")
    address = payments.try_again(order)
    assert address == payments.try_again(order)
    assert [one.status for one in order.payments.order_by("id")] == ["failed", "open"]
    pay(order)
    assert settled(order) == ("paid", 1, 0, 10)
    check(event)


def test_trying_again_at_once_makes_one_payment():
    _event, ticket_type = scene(price=10)
    order = buy(people(1)[0], ticket_type)
    hear(decide(order, "failed"), "failed")
    assert len(set(good(race(*[partial(payments.try_again, order)] * 8)))) == 1
    assert order.payments.filter(status="open").count() == 1


def test_control_without_the_lock_the_constraint_of_the_payment_fires(monkeypatch):
    _event, ticket_type = scene(price=10)
    order = buy(people(1)[0], ticket_type)
    hear(decide(order, "failed"), "failed")
    switch_row_locks_off(monkeypatch)
    meet_before(monkeypatch, checkout, "begin", 2)
    results = race(*[partial(payments.try_again, order)] * 2)
    assert "payment_one_open" in str(errors(results, IntegrityError)[0])
    assert order.payments.filter(status="open").count() == 1


def test_an_order_that_is_over_is_not_tried_again(clock):
    _event, ticket_type = scene(price=10)
    overdue, paid = (buy(people(1)[0], ticket_type) for _again in range(2))
    pay(paid)
    clock.shift(timedelta(minutes=15))
    for order in (overdue, paid):
        with pytest.raises(Conflict) as refusal:
            payments.try_again(order)
        assert str(refusal.value.message) == "This order cannot be paid any more. Please order again."
