"""Any sequence of orders, payments, refunds and split bookings ends with ledger, stock and tickets in agreement."""

from decimal import Decimal

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule, run_state_machine_as_test

from bookings import bookkeeping, cancelling, refunds, splitting, tasks, webhooks
from bookings.models import Booking, Order, Payment, SandboxCharge, WebhookDelivery
from bookings.tests.invariants import broken
from bookings.tests.scenes import webhook
from bookings.tests.test_ledger_machine import MoneyMachine, pick, refusable
from bookings.tests.test_machine import MACHINE


class PartsMachine(MoneyMachine):
    """As the machine of the ledger; here orders also go to pieces, and messages come in any order."""

    def some_tickets(self, number: int, chosen: set[int]) -> tuple[Order, list] | None:
        order = pick(Order.objects.filter(status="paid"), number)
        tickets = list(order.tickets.filter(status="valid").order_by("pk")) if order else []
        wanted = [ticket for place, ticket in enumerate(tickets) if place in chosen]
        return (order, wanted) if wanted else None

    @rule(
        number=st.integers(0, 9),
        chosen=st.sets(st.integers(0, 5), min_size=1, max_size=4),
        is_refunded=st.sampled_from([True, True, False]),
        by_staff=st.booleans(),
    )
    def cancel_tickets(self, number, chosen, is_refunded, by_staff):
        found = self.some_tickets(number, chosen)
        if found:
            by = self.boss if by_staff else self.user
            refusable(cancelling.cancel_tickets, *found, by=by, reason="x", is_refunded=is_refunded)

    @rule(number=st.integers(0, 9), chosen=st.sets(st.integers(0, 5), min_size=1, max_size=4))
    def split(self, number, chosen):
        found = self.some_tickets(number, chosen)
        if found:
            _events, order = cancelling.lock(found[0])
            parts = splitting.split(order, found[1])
            assert sum(part.qty for part in parts) == len(found[1])

    @rule(number=st.integers(0, 9), percent=st.sampled_from([1, 13, 50, 99, 100]))
    def give(self, number, percent):
        order = pick(Order.objects.filter(paid_at__isnull=False, total_amount__gt=0), number)
        if order:
            amount = (refunds.most(order) * percent / 100).quantize(Decimal("0.01"))
            refusable(refunds.give, order, amount, by=self.boss, reason="x")

    @rule(number=st.integers(0, 9))
    def the_buyer_pays_but_nobody_tells(self, number):
        charge = pick(SandboxCharge.objects.filter(status="open"), number)
        if charge:
            SandboxCharge.objects.filter(pk=charge.pk).update(status="paid")

    @rule(number=st.integers(0, 9), status=st.sampled_from(["paid", "failed", "open"]), is_forged=st.booleans())
    def a_message_comes(self, number, status, is_forged):
        payment = pick(Payment.objects.all(), number)
        if payment:
            body, headers = webhook(payment, status)
            refusable(webhooks.receive, "sandbox", body + b" " * is_forged, headers)

    @rule(number=st.integers(0, 9))
    def staff_replays(self, number):
        delivery = pick(WebhookDelivery.objects.all(), number)
        if delivery:
            refusable(webhooks.replay, delivery, by=self.boss)

    @rule()
    def ask(self):
        tasks.ask_providers()

    @invariant()
    def stock_and_tickets_agree(self):
        assert [sentence for event in self.events for sentence in broken(event)] == []

    @invariant()
    def nobody_gets_more_than_was_paid(self):
        for order in Order.objects.filter(paid_at__isnull=False, total_amount__gt=0):
            ended = order.bookings.filter(status=Booking.Status.CANCELLED, is_forfeited=False)
            given = sum(one.given_back for one in order.bookings.all())
            returned = given + sum(one.refundable for one in ended)
            bought = next(one for one in order.payments.filter(status="paid") if bookkeeping.bought(one))
            assert refunds.refunded(bought) == returned
            assert refunds.most(order) == order.total_amount - returned


def test_any_sequence_ends_with_all_in_agreement(db):
    run_state_machine_as_test(PartsMachine, settings=MACHINE)


@pytest.mark.django_db
def test_control_a_split_that_forgets_a_place_is_noticed(monkeypatch):
    shrink = splitting._shrink

    def forgetful(booking, part):
        shrink(booking, part)
        Booking.objects.filter(pk=booking.pk).update(qty=booking.qty + 1)

    monkeypatch.setattr(splitting, "_shrink", forgetful)
    machine = PartsMachine()
    machine.pay_it(machine.buy(3, 0, 1))
    machine.split(0, {0})
    with pytest.raises(AssertionError):
        machine.stock_and_tickets_agree()
    machine.teardown()
