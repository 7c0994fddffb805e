"""Any sequence of selling, paying, cancelling and calling off leaves books that hold; so does a whole month."""

import random
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.management import call_command
from django.db import transaction
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from accounts.factories import SuperAdminFactory, UserFactory
from bookings import bookkeeping, calling_off, cancelling, checkin, payments, tasks
from bookings.factories import TicketTypeFactory
from bookings.models import Booking, Order, Payment, Ticket, TicketType
from bookings.tests.invariants import books, check
from bookings.tests.scenes import buy, decide, hear, people
from bookings.tests.test_machine import MACHINE
from eventify.lib.errors import DomainError
from events import states
from events.factories import EventFactory
from events.models import Event
from partners import payouts, sending
from partners.books import accounts
from partners.models import Partner, Transfer
from partners.tests.money import payable_partner

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


def pick(rows, number: int):
    """One of the rows, the same one for the same number; None when there is none."""
    rows = rows.order_by("pk")
    count = rows.count()
    return rows[number % count] if count else None


class MoneyMachine(RuleBasedStateMachine):
    """Two partners with fees and the house, an event of each, in one rolled back transaction."""

    orders = Bundle("orders")

    def __init__(self):
        super().__init__()
        self.clock = time_machine.travel(NOW, tick=False)
        self.now = self.clock.start()
        self.transaction = transaction.atomic()
        self.transaction.__enter__()
        self.boss, self.user = SuperAdminFactory(), UserFactory()
        self.partners = [payable_partner(fee_percent=percent) for percent in (None, "33.33")]
        owners = [*self.partners, Partner.objects.get(is_house=True)]
        starts_at = NOW + timedelta(days=300)
        self.events = [EventFactory(partner=owner, capacity=6, starts_at=starts_at) for owner in owners]
        prices = ("9.99", "0.05", "20")
        self.types = [TicketTypeFactory(event=e, price=p) for e, p in zip(self.events, prices, strict=True)]

    def teardown(self):
        transaction.set_rollback(True)
        self.transaction.__exit__(None, None, None)
        self.clock.stop()

    @rule(target=orders, qty=st.integers(1, 3), first=st.integers(0, 2), how_many=st.integers(1, 3))
    def buy(self, qty, first, how_many):
        chosen = [self.types[(first + number) % 3] for number in range(how_many)]
        return refusable(buy, self.user, *chosen, qty=qty)

    @rule(number=st.integers(0, 9), status=st.sampled_from(["paid", "paid", "paid", "failed"]))
    def pay(self, number, status):
        payment = pick(Payment.objects.all(), number)
        if payment:
            hear(payment, status)

    @rule(order=orders)
    def pay_it(self, order):
        payment = order and order.payments.filter(status="open").first()
        if payment:
            hear(payment)

    @rule(order=orders)
    def try_again(self, order):
        if order:
            refusable(payments.try_again, order)

    @rule(order=orders, by_staff=st.booleans())
    def cancel(self, order, by_staff):
        if order:
            refusable(cancelling.cancel, order, by=self.boss if by_staff else self.user, reason="x")

    @rule(number=st.integers(0, 9))
    def cancel_a_booking(self, number):
        booking = pick(Booking.objects.all(), number)
        if booking:
            refusable(cancelling.cancel_booking, booking, by=self.user)

    @rule(number=st.integers(0, 9))
    def come_in(self, number):
        ticket = pick(Ticket.objects.filter(status="valid"), number)
        if ticket:
            refusable(checkin.admit, ticket.ticket_code, by=None)

    @rule(number=st.integers(0, 2))
    def cancel_an_event(self, number):
        refusable(calling_off.cancel_event, self.events[number], reason="Rain", by=self.boss)

    @rule(number=st.integers(0, 2))
    def refund_an_event(self, number):
        refusable(calling_off.refund_event, self.events[number], reason="Postponed", by=self.boss)

    @rule(number=st.integers(0, 2))
    def reopen_an_event(self, number):
        Event.objects.update(is_bookable=True)
        refusable(states.advance, self.events[number], Event.State.PUBLISHED, by=self.boss)

    @rule(percent=st.sampled_from(["0", "7.77", "100", None]), number=st.integers(0, 1))
    def change_the_fee(self, percent, number):
        Partner.objects.filter(pk=self.partners[number].pk).update(fee_percent=percent)

    @rule(minutes=st.sampled_from([5, 16, 60 * 24 * 4]))
    def time_passes(self, minutes):
        self.now.shift(timedelta(minutes=minutes))

    @rule(trust=st.sampled_from(["new", "known", "trusted"]))
    def pay_the_partners(self, trust):
        Partner.objects.update(trust=trust)
        batch = refusable(payouts.create, by=self.boss)
        if batch:
            refusable(payouts.approve, batch, by=self.boss)

    @rule()
    def sweep(self):
        tasks.expire_holds()
        tasks.refund_cancelled_events()
        tasks.send_refunds()
        sending.send_due()

    @invariant()
    def the_books_hold(self):
        assert [breach.sentence for breach in books()] == []


def refusable(verb, *args, **kwargs):
    """What the verb returns; a refusal is an answer too."""
    try:
        return verb(*args, **kwargs)
    except DomainError:
        return None


@pytest.mark.django_db
def test_any_sequence_leaves_books_that_hold():
    run_state_machine_as_test(MoneyMachine, settings=MACHINE)


@pytest.mark.django_db
def test_control_a_refund_that_is_not_posted_is_noticed(monkeypatch):
    monkeypatch.setattr(bookkeeping, "given_back", lambda *args, **kwargs: None)
    machine = MoneyMachine()
    order = machine.buy(1, 0, 2)
    machine.pay_it(order)
    machine.the_books_hold()
    machine.cancel(order, False)
    with pytest.raises(AssertionError, match="there is no line"):
        machine.the_books_hold()
    machine.teardown()


def a_day(luck: random.Random, types: list[TicketType], crowd: list, boss) -> None:
    """What people do on one day."""
    for _buyer in range(luck.randint(5, 9)):
        order = refusable(buy, luck.choice(crowd), *luck.sample(types, luck.randint(1, 2)), qty=luck.randint(1, 3))
        fate = luck.random()
        if order and order.status == "pending" and fate < 0.8:
            status = "failed" if fate < 0.1 else "paid"
            hear(decide(order, status), status)
    for order in luck.sample(list(Order.objects.filter(status="paid")), luck.randint(0, 1)):
        refusable(cancelling.cancel, order, by=luck.choice([order.user, boss]), reason="Ill")


def the_night(day: int, events: list[Event], boss, approver) -> None:
    """What staff decide once in a while, and what the sweeps do."""
    if day % 7 == 6:
        batch = refusable(payouts.create, by=boss)
        if batch:
            payouts.approve(batch, by=approver)
    if day == 20:
        calling_off.cancel_event(events[3], reason="The hall burnt down", by=boss)
    if day == 24:
        calling_off.refund_event(events[4], reason="Postponed to autumn", by=boss)
    for sweep in (tasks.expire_holds, tasks.refund_cancelled_events, tasks.send_refunds, sending.send_due):
        sweep()


@pytest.mark.django_db(transaction=True)
def test_a_month_with_refunds_payouts_and_a_cancelled_event_leaves_clean_books(capsys):
    luck = random.Random(7)  # noqa: S311
    with time_machine.travel(NOW, tick=False) as clock:
        owners = [payable_partner(fee_percent=percent, trust="trusted") for percent in ("4.5", None, "12.25")]
        starts = [(one, NOW + timedelta(days=days + n)) for days in (9, 60) for n, one in enumerate(owners)]
        events = [EventFactory(partner=one, capacity=200, starts_at=starts_at) for one, starts_at in starts]
        types = [TicketTypeFactory(event=event, price=price) for event in events for price in ("19.95", "0", "7")]
        crowd, boss, approver = people(12), SuperAdminFactory(), SuperAdminFactory()
        for day in range(30):
            a_day(luck, types, crowd, boss)
            clock.shift(timedelta(hours=24))
            the_night(day, events, boss, approver)
        check(*events)
        call_command("ledger_check")
    assert capsys.readouterr().out.endswith("The books hold.\n")
    kinds = set(Transfer.objects.values_list("kind", flat=True))
    assert {"sale", "fee", "refund", "fee_return", "refund_sent", "payout", "payout_paid"} <= kinds
    assert Transfer.objects.count() > 200
    assert sum(accounts()["INR"].values()) == 0
