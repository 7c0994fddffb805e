"""Any sequence of sales, refunds, batches, approvals, faults and suspensions: no money is paid twice, none is lost."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.db.models import Sum
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from eventify.lib.errors import DomainError
from partners import cover, payouts, sending
from partners.models import Partner, Payout, PayoutBatch, SandboxTransfer
from partners.models.ledger import Account
from partners.payout_providers import sandbox
from partners.tests.money import event_of, on, owed, payable_partner, refund, sell, staff

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
MACHINE = settings(
    max_examples=12,
    stateful_step_count=25,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
FAULTS = (sandbox.LOST_REQUEST, sandbox.LOST_ANSWER)
OPEN = ("draft", "approved", "sending")
VERBS = [payouts.approve, payouts.approve, payouts.approve, payouts.discard]
PARTNERS = st.integers(0, 2)


class PayoutMachine(RuleBasedStateMachine):
    """Three partners (whom the bank pays, refuses, pays later), two people, and a bank behind a bad line."""

    def __init__(self):
        super().__init__()
        self.clock = time_machine.travel(NOW, tick=False)
        self.now = self.clock.start()
        sandbox.faults.clear()
        self.people = staff(2)
        numbers = ("", "999900000001", "999900000002")
        self.partners = [
            payable_partner(number, trust=trust) for number, trust in zip(numbers, Partner.Trust, strict=True)
        ]
        self.events = [event_of(partner, days=5) for partner in self.partners]
        self.orders = []

    def teardown(self):
        sandbox.faults.clear()
        for _n in range(3):
            self.now.shift(timedelta(days=1))
            sending.send_due()
        assert not self.mine(status__in=("approved", "sending")).exists()
        self.holds()
        for batch in PayoutBatch.objects.filter(status="draft"):
            payouts.discard(batch, by=self.people[0])
        self.clock.stop()

    def mine(self, **filters):
        return Payout.objects.filter(partner__in=self.partners, **filters)

    @rule(which=PARTNERS, amount=st.integers(1, 500), of_event=st.booleans(), days_ago=st.sampled_from([0, 3]))
    def sell(self, which, amount, of_event, days_ago):
        event = self.events[which] if of_event else None
        partner = self.partners[which]
        self.orders.append((partner, amount, event, sell(partner, amount, event=event, days_ago=days_ago)))

    @rule(pick=st.integers(0, 9))
    def refund(self, pick):
        if pick < len(self.orders):
            partner, amount, event, order = self.orders.pop(pick)
            refund(partner, amount, order=order, event=event)

    @rule(who=st.integers(0, 1), which=st.one_of(st.none(), PARTNERS))
    def create(self, who, which):
        chosen = self.partners if which is None else [self.partners[which]]
        refusable(payouts.create, partners=chosen, by=self.people[who])

    @rule(who=st.integers(0, 1), pick=st.integers(0, 3), verb=st.sampled_from(VERBS))
    def decide(self, who, pick, verb):
        batch = PayoutBatch.objects.filter(payouts__partner__in=self.partners).distinct()[pick : pick + 1].first()
        if batch:
            refusable(verb, batch, by=self.people[who])

    @rule(faults=st.lists(st.sampled_from(FAULTS), max_size=3))
    def send(self, faults):
        sandbox.faults.extend(faults)
        sending.send_due()

    @rule(which=PARTNERS, status=st.sampled_from(["Suspended", "Active"]))
    def stand(self, which, status):
        Partner.objects.filter(pk=self.partners[which].pk).update(status=status)

    @rule(hours=st.sampled_from([1, 24, 24 * 6]))
    def time_passes(self, hours):
        self.now.shift(timedelta(hours=hours))

    @invariant()
    def holds(self):
        for partner in self.partners:
            sums = {status: self.total(partner, status) for status in Payout.Status.values}
            traded = self.balance(partner, ("sale", "refund"))
            assert owed(partner) == traded - sums["paid"] - sums["approved"] - sums["sending"]
            booked = SandboxTransfer.objects.filter(reference__in=self.references(partner))
            paid = booked.filter(status="paid").aggregate(sum=Sum("amount"))["sum"] or Decimal(0)
            assert sums["paid"] <= paid <= sums["paid"] + sums["sending"]
            assert partner.payouts.filter(status__in=OPEN).count() <= 1
        under_way = Payout.objects.filter(status__in=("approved", "sending")).aggregate(sum=Sum("amount"))
        assert on(Account.PAYOUTS_IN_TRANSIT) == (under_way["sum"] or 0)

    def total(self, partner, status):
        return sum((one.amount for one in partner.payouts.filter(status=status)), Decimal(0))

    def balance(self, partner, kinds):
        return sum((one.amount for one in partner.balances.filter(kind__in=kinds)), Decimal(0))

    def references(self, partner):
        return list(partner.payouts.values_list("uid", flat=True))


def refusable(verb, *args, **kwargs):
    """A refusal is an answer too."""
    try:
        verb(*args, **kwargs)
    except DomainError:
        return


@pytest.mark.django_db(transaction=True)
def test_any_sequence_pays_once():
    run_state_machine_as_test(PayoutMachine, settings=MACHINE)


@pytest.mark.django_db(transaction=True)
def test_control_the_machine_notices_a_payment_that_is_not_booked(monkeypatch):
    machine = PayoutMachine()
    machine.sell(0, 100, False, 3)
    machine.create(0, None)
    monkeypatch.setattr(payouts.ledger, "post_all", lambda postings: [])
    machine.decide(1, 0, payouts.approve)
    with pytest.raises(AssertionError):
        machine.holds()
    machine.clock.stop()


@pytest.mark.django_db
def test_cover_is_never_more_than_what_is_settled_and_never_less_than_nothing():
    partner = payable_partner(trust="known")
    event = event_of(partner)
    order = sell(partner, 100, event=event)
    refund(partner, 150, order=order, event=event)  # more than was sold, as after a chargeback
    (position,) = cover.positions([partner])
    assert (position.cover, position.amount) == (0, 0)
