"""Everything at once on three events: no deadlock, no lost update, every invariant in the end."""

import random
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
import time_machine

from accounts.tests.racing import good, race
from bookings import cancelling, capacity, checkin, checkout, payments, tasks
from bookings.models import Booking, Order, Payment, Refund, SandboxCharge, Ticket
from bookings.tests.invariants import check
from bookings.tests.scenes import book, buy, decide, hear, people, scene
from eventify.lib.errors import DomainError
from events.models import Event

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
PEOPLE, STEPS = 10, 8


def one_of(luck: random.Random, rows):
    """A random row, or None."""
    rows = list(rows)
    return luck.choice(rows) if rows else None


def buy_some(luck, user, types):
    buy(user, *luck.sample(types, luck.randint(1, 3)), qty=luck.randint(1, 2))


def book_or_wait(luck, user, types):
    book(luck.choice(types).event, user, luck.randint(1, 2), waitlist_too=True)


def pay_or_fail(luck, user, types):
    payment = one_of(luck, Payment.objects.filter(order__user=user, status=Payment.Status.OPEN))
    if payment is None:
        return
    checkout.open_page(payment.order)  # of an offer it is not open yet
    if SandboxCharge.objects.filter(reference=payment.uid).exists():
        status = luck.choice(["paid", "paid", "failed"])
        decide(payment.order, status)
        hear(payment, status)


def try_again(luck, user, types):
    order = one_of(luck, user.orders.filter(status=Order.Status.PENDING))
    if order:
        payments.try_again(order)


def cancel_an_order(luck, user, types):
    order = one_of(luck, user.orders.all())
    if order:
        cancelling.cancel(order, by=user)


def cancel_a_booking(luck, user, types):
    booking = one_of(luck, user.bookings.all())
    if booking:
        cancelling.cancel_booking(booking, by=user)


def come_in(luck, user, types):
    ticket = one_of(luck, user.tickets.filter(status=Ticket.Status.VALID))
    if ticket and luck.random() < 0.3:
        checkin.admit(ticket.ticket_code, by=None)


def change_capacity(luck, user, types):
    capacity.change(luck.choice(types).event, luck.randint(2, 9), by=user)


def sweep(luck, user, types):
    luck.choice([tasks.expire_holds, tasks.promote_waitlists, tasks.send_refunds, payments.ask_open])()


VERBS = [buy_some, buy_some, book_or_wait, book_or_wait, pay_or_fail, pay_or_fail, try_again]
VERBS += [cancel_an_order, cancel_a_booking, come_in, change_capacity, sweep]


def live(seed: int, user, types, clock):
    """What one person does; refusals are answers."""
    luck = random.Random(seed)  # noqa: S311
    for _step in range(STEPS):
        if luck.random() < 0.15:
            clock.shift(timedelta(minutes=5))
        try:
            luck.choice(VERBS)(luck, user, types)
        except DomainError:
            continue


@pytest.mark.parametrize("seed", range(3))
def test_a_storm(seed):
    with time_machine.travel(NOW, tick=False) as clock:
        types = [scene(capacity=6, price=price, seating=Event.Seating.AUTOMATIC)[1] for price in (0, 10, 25)]
        calls = [partial(live, 100 * seed + n, user, types, clock) for n, user in enumerate(people(PEOPLE))]
        good(race(*calls))
        check(*Event.objects.all())
        settle(clock)
        check(*Event.objects.all())


def settle(clock) -> None:
    """The sweeps find everything that is left: in the end nobody holds anything and all money is where it belongs."""
    clock.shift(timedelta(hours=1))
    payments.ask_open()
    for _offer in range(20):
        clock.shift(timedelta(hours=1))
        tasks.expire_holds()
    while tasks.send_refunds():
        continue
    assert not Booking.objects.filter(status=Booking.Status.PENDING).exists()
    assert not Order.objects.filter(status=Order.Status.PENDING).exists()
    assert not Refund.objects.filter(status=Refund.Status.REQUESTED).exists()
    for order in Order.objects.select_related("user"):
        paid = sum(one.amount for one in order.payments.filter(status=Payment.Status.PAID))
        back = sum(one.amount for one in Refund.objects.filter(payment__order=order))
        kept = sum(one.amount for one in order.bookings.filter(status=Booking.Status.CONFIRMED))
        assert paid - back == kept
