"""Carrying payouts out: whatever the provider answers, each is paid once or its money comes back."""

from datetime import timedelta

import pytest
import time_machine
from django.core import mail as outbox
from django.urls import reverse
from django.utils import timezone

from accounts import mail
from accounts.models import AuditLog, Notification, OutgoingMail
from partners import payouts, sending, tasks
from partners.models import Partner, SandboxTransfer, Transfer
from partners.models.ledger import Account
from partners.payout_providers import sandbox
from partners.tests.money import administrator, approved, at_the_bank, on, owed, rich_partner, staff, statuses

pytestmark = pytest.mark.django_db(transaction=True)  # what is sent has to be committed first


@pytest.fixture(autouse=True)
def _no_faults():
    sandbox.faults.clear()
    yield
    sandbox.faults.clear()


def later(**delta):
    """The clock so much later."""
    return time_machine.travel(timezone.now() + timedelta(**delta), tick=False)


def test_a_payout_is_paid_and_booked():
    partner = rich_partner()
    batch = approved(partner)
    assert tasks.send_payouts() == 1
    payout = batch.payouts.get()
    assert statuses(batch) == ("paid", ["paid"])
    assert at_the_bank(payout) == [(1000, "paid")]
    assert SandboxTransfer.objects.get().account == payout.bank_account.number
    assert payout.provider_reference == f"sbx_{payout.uid.hex}"
    assert payout.sent_at <= payout.asked_at <= payout.paid_at <= batch.finished_at
    assert (owed(partner), on(Account.PAYOUTS_IN_TRANSIT), on(Account.CASH)) == (0, 0, 0)  # 1000 came, 1000 went
    kinds = Transfer.objects.filter(key__contains=str(payout.uid)).order_by("pk").values_list("kind", "key")
    assert list(kinds) == [("payout", f"payout:{payout.uid}"), ("payout_paid", f"payout_paid:{payout.uid}")]
    assert tasks.send_payouts() == 0


def test_a_refused_payout_comes_back_with_its_reason():
    partner = rich_partner(number="12300000001")
    batch = approved(partner, rich_partner(200))
    sending.send_due()
    assert statuses(batch) == ("failed", ["failed", "paid"])
    failed = batch.payouts.get(partner=partner)
    assert (failed.reason, failed.paid_at) == ("The bank does not know this account number.", None)
    assert (owed(partner), on(Account.PAYOUTS_IN_TRANSIT)) == (1000, 0)
    assert Transfer.objects.filter(key=f"payout_returned:{failed.uid}").count() == 1
    assert payouts.create(by=batch.created_by).payouts.get().amount == 1000  # it can be tried again


def test_accepted_is_asked_about_until_it_is_paid():
    partner = rich_partner(number="12300000002")
    batch = approved(partner)
    assert sending.send_due() == 0
    assert (statuses(batch), at_the_bank(batch.payouts.get())) == (("sending", ["sending"]), [(1000, "accepted")])
    with later(seconds=59):
        assert sending.send_due() == 0
    with later(minutes=5):
        assert sending.send_due() == 1
    assert (statuses(batch), at_the_bank(batch.payouts.get())) == (("paid", ["paid"]), [(1000, "paid")])


def test_the_pause_between_two_questions_grows(django_assert_num_queries):
    batch = approved(rich_partner(number="12300000002"))
    sending.send_due()
    payout = batch.payouts.get()
    asked = []
    for hours in (1, 1.1, 2):
        SandboxTransfer.objects.update(created_at=timezone.now() + timedelta(days=9))
        with later(hours=hours):
            sending.send_due()
            payout.refresh_from_db()
            asked.append(timezone.now() - payout.asked_at < timedelta(seconds=1))
    assert asked == [True, False, True]


@pytest.mark.parametrize("fault", [sandbox.LOST_REQUEST, sandbox.LOST_ANSWER])
def test_a_lost_call_is_resolved_by_asking(fault):
    partner = rich_partner()
    batch = approved(partner)
    sandbox.faults.append(fault)
    assert sending.send_due() == 0
    arrived = [(1000, "paid")] if fault == sandbox.LOST_ANSWER else []
    assert (statuses(batch), at_the_bank(batch.payouts.get())) == (("sending", ["sending"]), arrived)
    assert (owed(partner), on(Account.PAYOUTS_IN_TRANSIT)) == (0, 1000)
    with later(minutes=1):
        assert sending.send_due() == 1
    assert (statuses(batch), at_the_bank(batch.payouts.get())) == (("paid", ["paid"]), [(1000, "paid")])


def test_unreachable_for_long_is_never_taken_for_an_answer():
    batch = approved(rich_partner())
    for hours in range(1, 6):
        sandbox.faults.append(sandbox.LOST_REQUEST)
        with later(hours=hours * hours):
            assert sending.send_due() == 0
    assert (statuses(batch), SandboxTransfer.objects.count()) == (("sending", ["sending"]), 0)


def test_one_unreachable_call_holds_up_nobody_else():
    batch = approved(rich_partner(), rich_partner())
    sandbox.faults.append(sandbox.LOST_ANSWER)
    assert sending.send_due() == 1
    assert statuses(batch) == ("sending", ["sending", "paid"])


def freeze(partner):
    Partner.objects.filter(pk=partner.pk).update(status="Suspended")


def test_suspended_after_the_approval_and_before_it_leaves():
    partner = rich_partner()
    batch = approved(partner, rich_partner(200))
    freeze(partner)
    sending.send_due()
    assert statuses(batch) == ("failed", ["failed", "paid"])
    payout = batch.payouts.get(partner=partner)
    assert (payout.reason, payout.sent_at) == ("The partner is suspended, so nothing is paid out.", None)
    assert (owed(partner), on(Account.PAYOUTS_IN_TRANSIT), at_the_bank(payout)) == (1000, 0, [])


def test_suspended_after_it_was_handed_over_is_still_resolved():
    partner = rich_partner()
    batch = approved(partner)
    sandbox.faults.append(sandbox.LOST_ANSWER)
    sending.send_due()
    freeze(partner)
    with later(minutes=1):
        sending.send_due()
    assert statuses(batch) == ("paid", ["paid"])


def test_a_draft_is_never_sent():
    rich_partner()
    batch = payouts.create(by=staff(1)[0])
    assert sending.send_due() == 0
    assert (statuses(batch), SandboxTransfer.objects.count()) == (("draft", ["draft"]), 0)


def test_the_partner_and_those_who_decided_are_told():
    partner = rich_partner(name="Sunburn")
    person = administrator(partner)
    batch = approved(partner)
    Notification.objects.all().delete()
    sending.send_due()
    told = {(one.recipient, one.title) for one in Notification.objects.all()}
    assert told == {
        (person, "₹1,000.00 is on its way to your bank account"),
        (batch.created_by, "The payouts are done: ₹1,000.00"),
        (batch.approved_by, "The payouts are done: ₹1,000.00"),
    }
    page = reverse("desk-payout-batch", args=[batch.uid])
    assert Notification.objects.get(recipient=batch.created_by).url == page
    assert OutgoingMail.objects.filter(template="payout_paid").values_list("to", flat=True).get() == person.email
    mail.send_pending()
    sent = next(one for one in outbox.outbox if one.to == [person.email])
    assert sent.subject == "₹1,000.00 is on its way to Sunburn"
    number = partner.bank_accounts.get().number
    assert f"•••• {number[-4:]}" in sent.body and number not in sent.body


def test_a_refusal_is_told_with_its_reason():
    partner = rich_partner(name="Sunburn", number="12300000001")
    person = administrator(partner)
    batch = approved(partner)
    Notification.objects.all().delete()
    sending.send_due()
    assert {(one.recipient, one.title, one.level) for one in Notification.objects.all()} == {
        (person, "A payout of ₹1,000.00 did not go through", "critical"),
        (batch.created_by, "Some payouts failed: ₹1,000.00", "critical"),
        (batch.approved_by, "Some payouts failed: ₹1,000.00", "critical"),
    }
    mail.send_pending()
    sent = next(one for one in outbox.outbox if one.to == [person.email])
    assert "The bank does not know this account number." in sent.body


def test_every_outcome_is_one_audit_line():
    approved(rich_partner(), rich_partner(number="12300000001"))
    sending.send_due()
    sending.send_due()
    lines = AuditLog.objects.filter(action__in=["PAID_PAYOUT", "FAILED_PAYOUT"]).order_by("pk")
    assert [(one.action, one.actor, one.details) for one in lines] == [
        ("PAID_PAYOUT", None, {"before": {"status": "sending"}, "after": {"status": "paid", "reason": ""}}),
        (
            "FAILED_PAYOUT",
            None,
            {
                "before": {"status": "sending"},
                "after": {"status": "failed", "reason": "The bank does not know this account number."},
            },
        ),
    ]


def test_a_second_final_answer_changes_nothing():
    partner = rich_partner()
    batch = approved(partner)
    sending.send_due()
    payout = batch.payouts.get()
    assert not sending.resolve(payout, sending.Report("failed", reason="No"))
    assert (statuses(batch), owed(partner)) == (("paid", ["paid"]), 0)
