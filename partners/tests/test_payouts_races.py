"""Batches, approvals and sendings that meet: no money is in two payouts. Each guard has a control without it."""

from functools import partial

import pytest
from django.db import IntegrityError

from accounts.tests.racing import (
    errors,
    good,
    meet_after,
    meet_before,
    race,
    switch_row_locks_off,
    without_constraint,
)
from eventify.lib.errors import Conflict
from partners import cover, payouts, sending, standing
from partners.models import Payout, PayoutBatch, Transfer
from partners.models.ledger import Account
from partners.payout_providers import sandbox
from partners.tests.money import approved, at_the_bank, event_of, on, owed, refund, rich_partner, sell, staff, statuses

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 4


def test_batches_drawn_up_at_once_never_share_a_partner():
    makers = staff(4)
    for _round in range(ROUNDS):
        partners = [rich_partner() for _n in range(3)]
        calls = [
            partial(payouts.create, by=makers[0]),
            partial(payouts.create, by=makers[1]),
            partial(payouts.create, by=makers[2], partners=partners[::-1]),
            partial(payouts.create, by=makers[3], partners=partners[1:]),
        ]
        made = good(race(*calls))
        assert 1 <= len(made) <= 2  # two, when the one for two partners was first
        drafts = Payout.objects.filter(partner__in=partners, status="draft")
        assert sorted(drafts.values_list("partner", "amount")) == sorted((one.pk, 1000) for one in partners)


def test_control_without_the_locks_only_the_constraint_is_left(monkeypatch):
    makers = staff(2)
    partner = rich_partner()
    switch_row_locks_off(monkeypatch)
    meet_after(monkeypatch, cover, "positions", 2)
    results = race(*(partial(payouts.create, by=maker) for maker in makers))
    assert [str(one) for one in errors(results, Conflict)] == [
        "Another batch pays one of these partners. Look at the preview again."
    ]
    assert Payout.objects.filter(partner=partner, status="draft").count() == 1


def test_control_without_locks_and_constraint_the_money_is_promised_twice(monkeypatch):
    makers = staff(2)
    partner = rich_partner()
    switch_row_locks_off(monkeypatch)
    meet_after(monkeypatch, cover, "positions", 2)
    with without_constraint(Payout, "payout_one_open_per_partner"):
        good(race(*(partial(payouts.create, by=maker) for maker in makers)))
        assert Payout.objects.filter(partner=partner, status="draft").count() == 2
        Payout.objects.all().delete()


def test_the_same_key_twenty_times_is_one_batch():
    maker, _other = staff(2)
    for number in range(ROUNDS):
        partners = [rich_partner(), rich_partner()]
        calls = [partial(payouts.create, partners=partners, key=f"k{number}", by=maker)] * 20
        made = race(*calls)
        assert {batch.pk for batch in good(made)} == {made[0].pk}
        assert not errors(made)
    assert PayoutBatch.objects.count() == ROUNDS


def test_control_without_the_lock_of_the_maker_the_same_key_is_refused_or_made_twice(monkeypatch):
    maker, _other = staff(2)
    partners = [rich_partner(), rich_partner()]
    switch_row_locks_off(monkeypatch)
    meet_after(monkeypatch, payouts, "_known", 5)
    results = race(*[partial(payouts.create, partners=partners, key="k", by=maker)] * 5)
    assert errors(results)


def test_approvals_at_once_move_the_money_once():
    maker, *approvers = staff(4)
    for _round in range(ROUNDS):
        partner = rich_partner()
        batch = payouts.create(by=maker, partners=[partner])
        results = race(*(partial(payouts.approve, batch, by=one) for one in approvers))
        assert (len(good(results)), len(errors(results, Conflict))) == (1, 2)
        assert (owed(partner), statuses(batch)) == (0, ("approved", ["approved"]))
    assert on(Account.PAYOUTS_IN_TRANSIT) == 1000 * ROUNDS


def test_control_without_the_lock_two_approve(monkeypatch):
    maker, *approvers = staff(3)
    batch = payouts.create(by=maker, partners=[rich_partner()])
    switch_row_locks_off(monkeypatch)
    meet_after(monkeypatch, payouts, "_check_draft", 2)
    results = race(*(partial(payouts.approve, batch, by=one) for one in approvers))
    assert len(good(results)) == 2  # only the ledger's key keeps the money from leaving twice
    assert Transfer.objects.filter(kind="payout").count() == 1


def test_approving_against_discarding():
    maker, approver = staff(2)
    for _round in range(ROUNDS):
        partner = rich_partner()
        batch = payouts.create(by=maker, partners=[partner])
        results = race(partial(payouts.approve, batch, by=approver), partial(payouts.discard, batch, by=maker))
        assert len(good(results)) == 1
        status, (payout,) = statuses(batch)
        assert (status, payout, owed(partner)) in [("approved", "approved", 0), ("discarded", "discarded", 1000)]


def test_a_refund_that_meets_an_approval_is_seen_or_comes_after():
    """Either order is right; what must not be is a payout that counted half of the refund."""
    maker, approver = staff(2)
    for _round in range(ROUNDS):
        partner = rich_partner(trust="known")
        event = event_of(partner)
        order = sell(partner, 600, event=event)
        batch = payouts.create(by=maker, partners=[partner])
        assert batch.payouts.get().amount == 1300
        calls = partial(payouts.approve, batch, by=approver), partial(refund, partner, 600, order=order, event=event)
        good(race(*calls))
        status, _payouts = statuses(batch)
        assert (status, owed(partner)) in [("approved", -300), ("discarded", 1000)]


def test_control_figures_of_two_moments_pay_too_much(monkeypatch):
    """Why one statement reads all figures: a refund between two of them is counted half."""
    partner = rich_partner(trust="known")
    event = event_of(partner)
    order = sell(partner, 600, event=event)
    whole = cover._rows

    def in_two_statements(keys):
        before = [row for row in whole(keys) if row[2] == "owed"]
        refund(partner, 600, order=order, event=event)
        return before + [row for row in whole(keys) if row[2] != "owed"]

    monkeypatch.setattr(cover, "_rows", in_two_statements)
    (position,) = cover.positions([partner])
    assert (position.amount, owed(partner)) == (1600, 1000)


def test_a_suspension_that_meets_an_approval_or_the_sending():
    maker, approver = staff(2)
    for _round in range(ROUNDS):
        partner = rich_partner()
        batch = payouts.create(by=maker, partners=[partner])

        def carry_out(batch=batch):
            payouts.approve(batch, by=approver)
            return sending.send_due()

        stop = partial(standing.set_status, partner, "Suspended", reason="Fraud", by=maker)
        good(race(carry_out, stop))
        status, (payout,) = statuses(batch)
        paid = at_the_bank(batch.payouts.get())
        assert (status, payout, len(paid), owed(partner)) in [
            ("discarded", "discarded", 0, 1000),  # before the approval
            ("failed", "failed", 0, 1000),  # before it left
            ("paid", "paid", 1, 0),  # too late
        ]


def test_workers_at_once_send_each_payout_once():
    for _round in range(ROUNDS):
        partners = [rich_partner(), rich_partner(), rich_partner(number="999900000001")]
        batch = approved(*partners)
        sandbox.faults.extend([sandbox.DELAY, sandbox.DELAY])
        good(race(*[sending.send_due] * 4))
        sandbox.faults.clear()
        sending.send_due()
        assert statuses(batch) == ("failed", ["paid", "paid", "failed"])
        assert [at_the_bank(one) for one in batch.payouts.order_by("pk")] == [
            [(1000, "paid")],
            [(1000, "paid")],
            [(1000, "failed")],
        ]
        assert [owed(one) for one in partners] == [0, 0, 1000]
    assert on(Account.PAYOUTS_IN_TRANSIT) == 0


def test_control_without_being_alone_two_workers_hand_the_same_payout_over(monkeypatch):
    approved(rich_partner())
    calls = []
    monkeypatch.setattr(sending, "_claim", lambda payout: True)
    monkeypatch.setattr(sending, "_hand_over", lambda payout: calls.append(payout.pk))
    meet_before(monkeypatch, sending, "_hear", 2)
    monkeypatch.setattr(sending, "_alone", lambda key: _always())
    race(sending.send_due, sending.send_due)
    assert len(calls) == 2


class _always:
    def __enter__(self):
        return True

    def __exit__(self, *_error):
        return None


def test_resolving_at_once_posts_once():
    for _round in range(ROUNDS):
        partner = rich_partner()
        batch = approved(partner)
        sandbox.faults.append(sandbox.LOST_ANSWER)
        sending.send_due()
        payout = batch.payouts.get()
        reports = [sending.Report("paid"), sending.Report("failed", reason="No"), sending.Report("paid")]
        settled = good(race(*(partial(sending.resolve, payout, report) for report in reports)))
        assert sorted(settled) == [False, False, True]
        status, _payouts = statuses(batch)
        assert (status, owed(partner)) in [("paid", 0), ("failed", 1000)]
    assert on(Account.PAYOUTS_IN_TRANSIT) == 0


def test_the_database_itself_refuses_a_second_open_payout():
    maker, _other = staff(2)
    payout = payouts.create(by=maker, partners=[rich_partner()]).payouts.get()
    batch = PayoutBatch.objects.create(provider="sandbox", created_by=maker)
    payout.pk, payout.uid, payout.batch = None, batch.uid, batch
    with pytest.raises(IntegrityError, match="payout_one_open_per_partner"):
        payout.save(force_insert=True)
