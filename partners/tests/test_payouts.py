"""Batches: drawn up, approved by somebody else, discarded; who sees them; what happens when things move meanwhile."""

from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from accounts import roles
from accounts.factories import UserFactory
from accounts.models import AuditLog, Notification, Role
from eventify.lib import preview
from eventify.lib.errors import Conflict, Invalid
from partners import payouts
from partners.models import Partner, Payout, PayoutBatch, Transfer
from partners.models.ledger import Account
from partners.tests.money import (
    administrator,
    bank_account,
    event_of,
    on,
    owed,
    payable_partner,
    refund,
    rich_partner,
    sell,
    staff,
    statuses,
)

pytestmark = pytest.mark.django_db


def people():
    """The creator and the approver."""
    return staff(2)


# --- Drawing up


def test_a_batch_for_everybody_pays_who_has_money_and_says_why_others_get_nothing():
    maker, _other = people()
    first, second, third = rich_partner(name="A"), rich_partner(250, name="B"), rich_partner(name="C")
    Partner.objects.filter(pk=third.pk).update(status="Suspended")
    batch = payouts.create(by=maker)
    account = first.bank_accounts.get()
    assert payouts.facts(batch) == {
        "status": "draft",
        "totals": {"INR": "1250.00"},
        "payouts": [
            {
                "partner": str(first.uid),
                "name": "A",
                "account": str(account.uid),
                "amount": "1000.00",
                "currency": "INR",
                "status": "draft",
                "sentence": "₹1,000.00 settled, so ₹1,000.00 can be paid out.",
                "reason": "",
            },
            {
                "partner": str(second.uid),
                "name": "B",
                "account": str(second.bank_accounts.get().uid),
                "amount": "250.00",
                "currency": "INR",
                "status": "draft",
                "sentence": "₹250.00 settled, so ₹250.00 can be paid out.",
                "reason": "",
            },
        ],
        "left_out": [
            {
                "partner": str(third.uid),
                "name": "C",
                "currency": "INR",
                "sentence": "The partner is suspended, so nothing is paid out.",
            }
        ],
    }
    assert (batch.provider, batch.created_by, batch.idempotency_key) == ("sandbox", maker, "")
    assert owed(first) == 1000  # a draft moves nothing
    line = AuditLog.objects.get(action="CREATED_PAYOUTS")
    assert (line.actor, line.target_uid, line.details) == (
        maker,
        batch.uid,
        {"before": None, "after": payouts.facts(batch)},
    )


def test_chosen_partners_only():
    maker, _other = people()
    first, second = rich_partner(), rich_partner()
    batch = payouts.create(partners=[first], by=maker)
    assert [one.partner for one in batch.payouts.all()] == [first]
    assert payouts.create(partners=[second], by=maker).payouts.get().partner == second


def test_a_partner_is_paid_in_each_of_its_currencies():
    maker, _other = people()
    partner = rich_partner()
    sell(partner, 30, currency="EUR")
    batch = payouts.create(by=maker)
    assert payouts.totals(batch) == {"EUR": Decimal(30), "INR": Decimal(1000)}
    assert payouts.amounts(batch) == "€30.00, ₹1,000.00"


def test_nothing_to_pay_is_a_refusal_that_says_why():
    maker, _other = people()
    partner = payable_partner(name="Poor")
    with pytest.raises(payouts.NothingToPay) as refusal:
        payouts.create(partners=[partner], by=maker)
    assert str(refusal.value) == "Nothing can be paid out to Poor. Nothing is owed to this partner."
    assert refusal.value.details["left_out"][0]["sentence"] == "Nothing is owed to this partner."
    with pytest.raises(payouts.NothingToPay, match="Nothing can be paid out to any partner now"):
        payouts.create(by=maker)
    assert not PayoutBatch.objects.exists()


def test_the_house_is_not_paid_even_when_asked():
    maker, _other = people()
    house = Partner.objects.get(is_house=True)
    sell(house, 500)
    with pytest.raises(payouts.NothingToPay, match="never paid out"):
        payouts.create(partners=[house], by=maker)


def test_a_partner_with_an_open_payout_waits():
    maker, _other = people()
    partner = rich_partner()
    payouts.create(by=maker)
    sell(partner, 500)
    with pytest.raises(payouts.NothingToPay) as refusal:
        payouts.create(partners=[partner], by=maker)
    sentence = "A payout of ₹1,000.00 is under way; the next one can be made when it is done."
    assert refusal.value.details["left_out"][0]["sentence"] == sentence


def test_the_same_key_and_body_is_the_same_batch_and_another_body_is_refused():
    maker, other = people()
    first, second = rich_partner(), rich_partner()
    batch = payouts.create(partners=[first], key="k", by=maker)
    assert payouts.create(partners=[first, first], key="k", by=maker) == batch
    for partners in ([second], [first, second], None):
        with pytest.raises(payouts.KeyReused) as refusal:
            payouts.create(partners=partners, key="k", by=maker)
        assert (refusal.value.status, list(refusal.value.errors)) == (422, ["idempotency_key"])
    assert payouts.create(partners=[second], key="k", by=other) != batch  # keys are of a person


@pytest.mark.parametrize("key", ["x" * 256, "a\x00b", "\ud800"])
def test_a_key_that_cannot_be_kept_is_refused(key):
    with pytest.raises(Invalid):
        payouts.create(key=key, by=people()[0])


def test_the_database_allows_one_open_payout_per_partner():
    maker, _other = people()
    payouts.create(by=maker, partners=[rich_partner()])
    made = Payout.objects.get()
    made.pk, made.uid, made._state.adding = None, made.batch.uid, True
    with pytest.raises(IntegrityError, match="payout_o"), transaction.atomic():
        made.save()


def test_a_bank_file_without_our_account_is_refused(settings):
    settings.EVENTIFY_PAYOUT_PROVIDER, settings.EVENTIFY_BANK_ACCOUNT = "bank_file", ""
    rich_partner()
    with pytest.raises(Conflict, match="Set EVENTIFY_BANK_ACCOUNT"):
        payouts.create(by=people()[0])


# --- Approving


def test_approving_takes_the_money_out_of_the_balance():
    maker, approver = people()
    partner = rich_partner()
    batch = payouts.approve(payouts.create(by=maker), by=approver)
    payout = batch.payouts.get()
    assert (batch.status, batch.approved_by, payout.status) == ("approved", approver, "approved")
    assert (owed(partner), on(Account.PAYOUTS_IN_TRANSIT)) == (0, 1000)
    transfer = Transfer.objects.get(key=f"payout:{payout.uid}")
    assert (transfer.kind, transfer.currency, transfer.by) == ("payout", "INR", approver)
    line = AuditLog.objects.get(action="APPROVED_PAYOUTS")
    assert (line.actor, line.details["before"]["status"], line.details["after"]["status"]) == (
        approver,
        "draft",
        "approved",
    )


def test_the_creator_cannot_approve_when_somebody_else_could():
    maker, other = people()
    rich_partner()
    batch = payouts.create(by=maker)
    with pytest.raises(Conflict, match="somebody else has to approve"):
        payouts.approve(batch, by=maker)
    assert statuses(batch) == ("draft", ["draft"])
    other.is_active = False
    other.save()
    assert payouts.approve(batch, by=maker).status == "approved"


@pytest.mark.parametrize(
    ("role", "counts"), [("Finance", True), ("Super Admin", True), ("Support", False), ("Gate", False), (None, False)]
)
def test_who_counts_as_a_second_person(role, counts):
    (maker,) = staff(1)
    other = UserFactory()
    roles.assign(other, role and Role.objects.get(name=role), by=maker)
    assert (other in payouts.approvers()) == counts
    other.banned_at = other.created_at
    other.save()
    assert other not in payouts.approvers()


def test_those_who_may_approve_are_told():
    maker, other = people()
    rich_partner()
    batch = payouts.create(by=maker)
    told = Notification.objects.get()
    assert (told.recipient, told.title) == (other, "Payouts wait for your approval: ₹1,000.00")
    assert told.url == reverse("desk-payout-batch", args=[batch.uid])


def test_a_batch_is_decided_once():
    maker, approver = people()
    rich_partner()
    batch = payouts.create(by=maker)
    payouts.approve(batch, by=approver)
    for verb in (payouts.approve, payouts.discard):
        with pytest.raises(Conflict, match="decided already: approved"):
            verb(batch, by=approver)
    assert on(Account.PAYOUTS_IN_TRANSIT) == 1000


def suspend(partner):
    Partner.objects.filter(pk=partner.pk).update(status="Suspended")


def unverify(partner):
    Partner.objects.filter(pk=partner.pk).update(verification_status="Rejected")


def sell_less(partner):
    refund(partner, 300)


MOVED = [
    (suspend, "The partner is suspended, so nothing is paid out."),
    (unverify, "The partner's documents are not verified, so nothing is paid out. Review them first."),
    (lambda partner: partner.documents.update(status="Rejected", reason="?"), "Its bank account is not proven"),
    (bank_account, "Its bank account is not proven by a verified cheque, or its papers have run out."),
    (sell_less, "₹1,000.00 is not covered any more: ₹700.00 can be paid out now."),
    (lambda partner: refund(partner, 1200), "₹1,000.00 is not covered any more: ₹0.00 can be paid out now."),
]


@pytest.mark.parametrize(("change", "reason"), MOVED)
def test_what_must_not_be_paid_any_more_is_discarded_and_the_rest_is_paid(change, reason):
    maker, approver = people()
    first, second = rich_partner(), rich_partner(400)
    batch = payouts.create(by=maker)
    before = owed(first)
    change(first)
    batch = payouts.approve(batch, by=approver)
    gone, good = batch.payouts.order_by("partner_id")
    assert (gone.partner, gone.status, gone.amount, good.status) == (first, "discarded", 1000, "approved")
    assert gone.reason.startswith(reason)
    assert (batch.status, payouts.totals(batch)) == ("approved", {"INR": Decimal(400)})
    assert (owed(second), on(Account.PAYOUTS_IN_TRANSIT)) == (0, 400)
    assert owed(first) <= before and not Transfer.objects.filter(key=f"payout:{gone.uid}").exists()


def test_another_account_with_a_good_cheque_is_not_the_one_that_was_previewed():
    maker, approver = people()
    partner = rich_partner()
    batch = payouts.create(by=maker)
    bank_account(partner)
    partner.documents.filter(type="Cheque").update(created_at=partner.bank_accounts.get(retired_at=None).created_at)
    batch = payouts.approve(batch, by=approver)
    assert statuses(batch) == ("discarded", ["discarded"])
    assert batch.payouts.get().reason == "The partner's bank account was changed after these payouts were drawn up."
    assert batch.finished_at is not None


def test_more_money_since_does_not_change_the_amount():
    maker, approver = people()
    partner = rich_partner()
    batch = payouts.create(by=maker)
    sell(partner, 500)
    payouts.approve(batch, by=approver)
    assert (batch.payouts.get().amount, owed(partner)) == (1000, 500)


def test_a_future_event_s_cover_is_judged_again():
    maker, approver = people()
    partner = rich_partner(trust="trusted")
    event = event_of(partner)
    sell(partner, 600, event=event)
    batch = payouts.create(by=maker)
    assert batch.payouts.get().amount == 1600
    Partner.objects.filter(pk=partner.pk).update(trust="new")
    batch = payouts.approve(batch, by=approver)
    assert batch.payouts.get().reason == "₹1,600.00 is not covered any more: ₹1,000.00 can be paid out now."


# --- Previews with a digest


def test_a_preview_shows_what_creating_does_and_changes_nothing():
    maker, _other = people()
    rich_partner()
    seen = preview.dry_run(payouts.creation(None, by=maker))
    assert not PayoutBatch.objects.exists() and not AuditLog.objects.filter(action="CREATED_PAYOUTS").exists()
    assert preview.apply(payouts.creation(None, by=maker), seen.digest) == seen.facts
    assert PayoutBatch.objects.count() == 1


def test_creating_what_has_moved_since_the_preview_is_refused():
    maker, _other = people()
    partner = rich_partner()
    seen = preview.dry_run(payouts.creation(None, by=maker))
    sell(partner, 1)
    with pytest.raises(preview.Moved) as refusal:
        preview.apply(payouts.creation(None, by=maker), seen.digest)
    assert refusal.value.status == 409
    assert refusal.value.details["facts"]["totals"] == {"INR": "1001.00"}
    assert not PayoutBatch.objects.exists()


@pytest.mark.parametrize("change", [suspend, sell_less, bank_account])
def test_approving_what_has_moved_since_the_preview_is_refused(change):
    maker, approver = people()
    first, _second = rich_partner(), rich_partner(400)
    batch = payouts.create(by=maker)
    seen = preview.dry_run(payouts.approval(batch, by=approver))
    assert (seen.facts["status"], statuses(batch)) == ("approved", ("draft", ["draft", "draft"]))
    change(first)
    with pytest.raises(preview.Moved):
        preview.apply(payouts.approval(batch, by=approver), seen.digest)
    assert (statuses(batch), on(Account.PAYOUTS_IN_TRANSIT)) == (("draft", ["draft", "draft"]), 0)


# --- Discarding


def test_a_discarded_batch_frees_its_partners():
    maker, _other = people()
    partner = rich_partner()
    batch = payouts.create(by=maker)
    payouts.discard(batch, by=maker)
    assert (statuses(batch), owed(partner)) == (("discarded", ["discarded"]), 1000)
    assert payouts.create(by=maker).payouts.get().amount == 1000
    line = AuditLog.objects.get(action="DISCARDED_PAYOUTS")
    assert (line.details["before"]["status"], line.details["after"]["status"]) == ("draft", "discarded")


# --- Who sees what


def test_a_partners_administrator_sees_its_own_payouts_only():
    maker, _other = people()
    first, _second = rich_partner(), rich_partner()
    batch = payouts.create(by=maker)
    person, nobody = administrator(first), UserFactory()
    assert [one.partner for one in payouts.visible_to(person)] == [first]
    assert list(payouts.visible_to(nobody)) == []
    assert set(payouts.visible_to(maker)) == set(batch.payouts.all())
    assert list(payouts.batches_visible_to(person)) == list(payouts.batches_visible_to(nobody)) == []
    assert list(payouts.batches_visible_to(maker)) == [batch]


@pytest.mark.parametrize("how_many", [1, 3])
def test_a_preview_asks_as_much_for_three_partners_as_for_one(how_many, django_assert_num_queries):
    for _n in range(how_many):
        rich_partner()
    with django_assert_num_queries(6):
        assert len(payouts.preview()) == how_many
