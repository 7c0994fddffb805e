"""Any sequence of buying, waiting, giving back, passing on, paying, refunding and scanning ends in agreement."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.db import transaction
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from accounts.factories import SuperAdminFactory, UserFactory
from bookings import (
    calling_off,
    cancelling,
    capacity,
    checkin,
    checkout,
    payments,
    refunds,
    resales,
    tasks,
    transfers,
    waitlist,
)
from bookings.factories import TicketTypeFactory
from bookings.models import Booking, Order, Payment, Resale, SandboxCharge, Ticket, TicketTransfer
from bookings.tests.invariants import check
from bookings.tests.scenes import book, buy, hear
from bookings.tests.test_machine import MACHINE
from eventify.lib.errors import DomainError
from events import states
from events.factories import EventFactory
from events.models import Event
from partners.factories import PartnerFactory

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
SEQUENCES = settings(MACHINE, stateful_step_count=25, phases=[Phase.generate])  # to shrink one takes many minutes


class ResaleMachine(RuleBasedStateMachine):
    """One small event with a free and a priced type, four people, and all that may happen to their tickets."""

    def __init__(self):
        super().__init__()
        self.clock = time_machine.travel(NOW, tick=False)
        self.now = self.clock.start()
        self.transaction = transaction.atomic()
        self.transaction.__enter__()
        self.boss = SuperAdminFactory()
        self.people = UserFactory.create_batch(4)
        starts = {"starts_at": NOW + timedelta(days=300)}
        partner = PartnerFactory(fee_percent="7.77")
        self.event = EventFactory(capacity=4, seating=Event.Seating.AUTOMATIC, partner=partner, **starts)
        kinds = {"name": "Stalls", "price": 0, "quantity_total": 2}, {"name": "Balcony", "price": "9.99"}
        self.types = [TicketTypeFactory(event=self.event, position=n, **kind) for n, kind in enumerate(kinds)]

    def teardown(self):
        transaction.set_rollback(True)
        self.transaction.__exit__(None, None, None)
        self.clock.stop()

    @initialize(is_full=st.sampled_from([True, True, False]))
    def begin(self, is_full):
        if is_full:
            self.buy(0, 1, 2, True)
            self.buy(1, 0, 2, True)
            self.wait(2, 1, True)
            self.wait(3, 2, True)

    @rule(who=st.integers(0, 3), kind=st.integers(0, 1), qty=st.integers(1, 3), pays=st.booleans())
    def buy(self, who, kind, qty, pays):
        order = refusable(buy, self.people[who], self.types[kind], qty=qty)
        if order and pays:
            self.pay(0, "paid")

    @rule(who=st.integers(0, 3), qty=st.integers(1, 2), any_type=st.booleans())
    def wait(self, who, qty, any_type):
        made = refusable(book, self.event, self.people[who], qty, waitlist_too=True)
        if made and made.status == Booking.Status.WAITLISTED and not any_type:
            Booking.objects.filter(pk=made.pk).update(takes_any_type=False)

    @rule(pick=st.integers(0, 5))
    def give_back(self, pick):
        ticket = nth(Ticket.objects.filter(status=Ticket.Status.VALID), pick)
        if ticket:
            refusable(resales.offer, ticket, by=ticket.user)

    @rule(pick=st.integers(0, 3))
    def keep_after_all(self, pick):
        resale = nth(Resale.objects.filter(status__in=["offered", "held"]), pick)
        if resale:
            refusable(resales.withdraw, resale, by=resale.ticket.user)

    @rule(pick=st.integers(0, 5), to=st.integers(0, 3), accepts=st.booleans())
    def pass_on(self, pick, to, accepts):
        ticket = nth(Ticket.objects.filter(status=Ticket.Status.VALID), pick)
        sent = ticket and refusable(transfers.offer, ticket, self.people[to].email, by=ticket.user)
        if sent and accepts:
            refusable(transfers.accept, transfers.token_of(sent.seed), by=self.people[to])

    @rule(pick=st.integers(0, 3), to=st.integers(0, 3))
    def accept_later(self, pick, to):
        sent = nth(TicketTransfer.objects.all(), pick)
        if sent:
            refusable(transfers.accept, transfers.token_of(sent.seed), by=self.people[to])

    @rule(pick=st.integers(0, 5), status=st.sampled_from(["paid", "paid", "paid", "failed"]))
    def pay(self, pick, status):
        payment = nth(Payment.objects.select_related("order").order_by("-id"), pick)
        if payment:
            checkout.open_page(payment.order)
        if payment and SandboxCharge.objects.filter(reference=payment.uid).exists():  # else nobody could pay it
            hear(payment, status)

    @rule(pick=st.integers(0, 3))
    def try_again(self, pick):
        order = nth(Order.objects.order_by("-id"), pick)
        if order:
            refusable(payments.try_again, order)

    @rule(pick=st.integers(0, 5), by_boss=st.booleans())
    def cancel_order(self, pick, by_boss):
        order = nth(Order.objects.order_by("-id"), pick)
        if order:
            refusable(cancelling.cancel, order, by=self.boss if by_boss else order.user)

    @rule(pick=st.integers(0, 5))
    def cancel_one(self, pick):
        ticket = nth(Ticket.objects.filter(status=Ticket.Status.VALID), pick)
        if ticket:
            refusable(cancelling.cancel_tickets, ticket.order, [ticket], by=self.boss)

    @rule(pick=st.integers(0, 3))
    def leave(self, pick):
        party = nth(waitlist.queue(self.event), pick)
        if party:
            refusable(cancelling.cancel_booking, party, by=party.user)

    @rule(pick=st.integers(0, 3))
    def give_some_money(self, pick):
        order = nth(Order.objects.filter(status=Order.Status.PAID), pick)
        if order:
            refusable(refunds.give, order, Decimal(1), by=self.boss, reason="Late")

    @rule(pick=st.integers(0, 5))
    def scan(self, pick):
        ticket = nth(Ticket.objects.order_by("-id"), pick)
        if ticket:
            refusable(checkin.admit, ticket.ticket_code, by=None)

    @rule(places=st.integers(2, 6))
    def change_capacity(self, places):
        refusable(capacity.change, self.event, places, by=self.boss)

    @rule(price=st.sampled_from(["9.99", "20", "0"]))
    def change_the_price(self, price):
        self.event.ticket_types.filter(pk=self.types[1].pk).update(price=price)

    @rule(minutes=st.sampled_from([5, 16, 61, 60 * 24 * 8]))
    def time_passes(self, minutes):
        self.now.shift(timedelta(minutes=minutes))

    @rule(pick=st.integers(0, 5), who=st.integers(0, 3), status=st.sampled_from(["paid", "paid", "failed", "later"]))
    def give_back_and_sell(self, pick, who, status):
        self.wait(who, 1, True)
        self.give_back(pick)
        if status != "later":
            self.pay(0, status)

    @rule(what=st.sampled_from(["reopen", "cancel", "refund"]), luck=st.integers(0, 3))
    def the_organiser(self, what, luck):
        if luck != 3:  # otherwise most sequences are about an event that is over
            return
        if what == "cancel":
            refusable(calling_off.cancel_event, self.event, reason="Rain", by=self.boss)
        elif what == "refund":
            refusable(calling_off.refund_event, self.event, reason="Postponed", by=self.boss)
        else:
            refusable(states.advance, self.event, Event.State.PUBLISHED, by=self.boss)
            Event.objects.filter(pk=self.event.pk).update(is_bookable=True)
            tasks.promote_waitlists()

    @rule()
    def sweep(self):
        tasks.expire_holds()
        tasks.refund_cancelled_events()
        tasks.tidy_tickets_on_their_way()
        tasks.promote_waitlists()
        tasks.send_refunds()

    @invariant()
    def all_agrees(self):
        check(self.event)


def nth(rows, number: int):
    """One of the rows, the newest by their own order; None when there are not so many."""
    return (rows if rows.query.order_by else rows.order_by("id"))[number : number + 1].first()


def refusable(verb, *args, **kwargs):
    """What the verb returns; a refusal is an answer too."""
    try:
        return verb(*args, **kwargs)
    except DomainError:
        return None


@pytest.mark.django_db
def test_any_sequence_ends_in_agreement():
    run_state_machine_as_test(ResaleMachine, settings=SEQUENCES)


@pytest.mark.django_db
@pytest.mark.parametrize("broken", ["settle", "let_go"])
def test_control_the_machine_notices(monkeypatch, broken):
    wrong = {
        "settle": lambda: monkeypatch.setattr(resales, "settle", lambda *args: None),
        "let_go": lambda: monkeypatch.setattr(waitlist.resale_queue, "let_go", lambda bookings: (set(), set(), [])),
    }
    wrong[broken]()
    machine = ResaleMachine()
    try:
        machine.buy(0, 1, 3, True)
        machine.buy(0, 1, 1, True)
        machine.wait(1, 1, True)
        machine.give_back(0)
        machine.all_agrees()
        payments.try_again(Order.objects.latest("pk"))
        machine.pay(0, "paid")
        with pytest.raises(AssertionError):
            machine.all_agrees()
    finally:
        machine.teardown()
