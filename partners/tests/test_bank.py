"""Bank accounts: which are taken, and when they are paid to."""

from functools import partial

import pytest
from django.core import mail as outbox

from accounts import mail
from accounts.factories import SuperAdminFactory, UserFactory
from accounts.models import AuditLog
from accounts.tests.racing import good, meet_before, race
from eventify.lib.errors import Conflict, Invalid
from partners import bank, kyc, locking, members, standing
from partners.factories import PartnerFactory
from partners.models import BankAccount, Member, Partner
from partners.tests.papers import T, uploaded, verified

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("private")]
INDIAN = {"holder": "Blue Note", "number": "1234 5678 9012", "routing_code": "hdfc0001234", "country": "in"}
GERMAN = {"holder": "Blue", "number": "DE89 3704 0044 0532 0130 00", "routing_code": "COBADEFFXXX", "country": "DE"}
AMERICAN = {"holder": "Blue Note", "number": "000123456789", "routing_code": "021000021", "country": "US"}


def set_account(partner, values=INDIAN, *, by=None, **changes) -> BankAccount:
    return bank.set_account(partner, **{**values, **changes}, by=by)


def sentence(partner) -> str:
    """Why it is not paid; the list's annotation must say the same."""
    why = bank.why_not_payable(partner)
    assert bank.with_payable(Partner.objects.filter(pk=partner.pk)).get().is_payable == (not why)
    return why


@pytest.mark.parametrize("values", [INDIAN, GERMAN, AMERICAN, {**GERMAN, "routing_code": ""}])
def test_accounts_of_several_countries(values):
    account = set_account(PartnerFactory(), values)
    account.refresh_from_db()
    assert account.number == values["number"].replace(" ", "")
    assert account.routing_code == values["routing_code"].upper()
    assert account.country == values["country"].upper()
    assert bank.masked(account) == f"•••• {account.number[-4:]}"


@pytest.mark.parametrize(
    ("values", "changes", "fields"),
    [
        (GERMAN, {"number": "DE89 3704 0044 0532 0130 01"}, ["number"]),  # a digit off
        (GERMAN, {"number": "DE98370400440532013000"}, ["number"]),  # digits swapped
        (GERMAN, {"number": "GB82WEST12345698765432"}, ["number"]),  # good, of another country
        (GERMAN, {"number": "DE89"}, ["number"]),
        (GERMAN, {"number": "x" * 100_000}, ["number"]),
        (GERMAN, {"routing_code": "COBA"}, ["routing_code"]),
        (GERMAN, {"routing_code": "COBAZZFFXXX"}, ["routing_code"]),
        (INDIAN, {"number": "12345678"}, ["number"]),
        (INDIAN, {"number": "१२३४५६७८९"}, ["number"]),
        (INDIAN, {"routing_code": ""}, ["routing_code"]),
        (INDIAN, {"routing_code": "HDFC1001234"}, ["routing_code"]),
        (AMERICAN, {"number": "1"}, ["number"]),
        (AMERICAN, {"routing_code": ""}, ["routing_code"]),
        (INDIAN, {"country": "ZZ"}, ["country"]),
        (INDIAN, {"country": "001"}, ["country"]),
        (INDIAN, {"holder": ""}, ["holder"]),
        (INDIAN, {"holder": "a\x00b"}, ["holder"]),
        (INDIAN, {"holder": "x" * 71}, ["holder"]),
        (INDIAN, {"holder": "\ud800"}, ["holder"]),
        (INDIAN, {"holder": "", "number": "\x00", "routing_code": "\ud800"}, ["holder", "number", "routing_code"]),
    ],
)
def test_what_is_no_account_names_its_fields(values, changes, fields):
    with pytest.raises(Invalid) as refusal:
        set_account(PartnerFactory(), values, **changes)
    assert sorted(refusal.value.errors) == fields
    assert not BankAccount.objects.exists()


def test_a_change_retires_the_old_one_is_audited_without_the_number_and_told():
    partner, admin = PartnerFactory(), UserFactory(full_name="Asha Rao", email="admin@p.com")
    members.add(partner, admin, Member.Role.ADMIN, by=None)
    old = set_account(partner, by=admin)
    new = set_account(partner, GERMAN, by=admin)
    old.refresh_from_db()
    assert (old.retired_at is not None, bank.current(partner)) == (True, new)
    line = AuditLog.objects.filter(action="CHANGED_BANK_ACCOUNT").first()
    assert (line.actor, line.target_uid) == (admin, partner.uid)
    assert line.details == {
        "before": {
            "account": str(old.uid),
            "number": "9012",
            "holder": "Blue Note",
            "routing_code": "HDFC0001234",
            "country": "IN",
        },
        "after": {
            "account": str(new.uid),
            "number": "3000",
            "holder": "Blue",
            "routing_code": "COBADEFFXXX",
            "country": "DE",
        },
    }
    mail.send_pending()
    assert [(one.to, one.subject) for one in outbox.outbox] == [
        (["admin@p.com"], f"The bank account of {partner.name} was changed")
    ] * 2
    assert "Asha Rao set a new bank account" in outbox.outbox[1].body
    assert "•••• 3000" in outbox.outbox[1].body
    assert "DE89" not in repr(outbox.outbox[1].body)


def test_the_same_account_again_changes_nothing():
    partner = PartnerFactory()
    assert set_account(partner) == set_account(partner, number="123456789012")
    assert (BankAccount.objects.count(), AuditLog.objects.count()) == (1, 1)


def test_the_house_has_none():
    house = Partner.objects.get(is_house=True)
    with pytest.raises(Conflict):
        set_account(house)
    assert sentence(house) == "It is our own organisation."


def test_payable_step_by_step():
    partner, staff = PartnerFactory(status="Invited", verification_status="Pending"), SuperAdminFactory()
    assert sentence(partner) == "It has not joined yet."
    standing.set_status(partner, "Active", by=staff)
    partner.refresh_from_db()
    assert sentence(partner) == "Its papers are not verified."
    verified(partner, by=staff)
    assert sentence(partner) == "It has no bank account."
    set_account(partner)
    assert sentence(partner) == "The cheque of its bank account is not verified."
    cheque = uploaded(partner, T.CHEQUE)
    assert sentence(partner) == "The cheque of its bank account is not verified."
    kyc.review(cheque, verdict="Verified", by=staff)
    assert sentence(partner) == ""
    assert bank.is_payable(partner)
    standing.set_status(partner, "Suspended", reason="x", by=staff)
    partner.refresh_from_db()
    assert sentence(partner) == "It is suspended."


@pytest.fixture
def payable():
    partner, staff = PartnerFactory(), SuperAdminFactory()
    set_account(partner)
    verified(partner, by=staff)
    assert sentence(partner) == ""
    return partner


def test_a_new_account_needs_a_new_cheque(payable):
    staff = SuperAdminFactory()
    before = uploaded(payable, T.CHEQUE)  # of the old account, still waiting
    set_account(payable, GERMAN)
    assert sentence(payable) == "The cheque of its bank account is not verified."
    kyc.review(before, verdict="Verified", by=staff)
    assert sentence(payable) == "The cheque of its bank account is not verified."
    verified(payable, T.CHEQUE, by=staff)
    assert sentence(payable) == ""
    set_account(payable)  # back to the first one: proved again
    assert sentence(payable) == "The cheque of its bank account is not verified."
    assert Partner.objects.get(pk=payable.pk).verification_status == "Verified"


def test_a_rejected_newest_document_stops_payouts(payable):
    kyc.review(uploaded(payable, T.PAN), verdict="Rejected", reason="x", by=SuperAdminFactory())
    assert sentence(payable) == "Its papers are not verified."
    uploaded(payable, T.PAN)
    assert sentence(payable) == ""


def test_the_annotation_of_many_is_one_query(payable, django_assert_num_queries):
    for _n in range(2):
        PartnerFactory()
    with django_assert_num_queries(1):
        assert sum(one.is_payable for one in bank.with_payable(Partner.objects.all())) == 1


def test_changes_at_once_leave_one_account():
    partner = PartnerFactory()
    calls = [partial(set_account, partner, number=f"12345678901{n}") for n in range(8)]
    assert len(good(race(*calls))) == 8
    assert partner.bank_accounts.filter(retired_at=None).count() == 1
    assert partner.bank_accounts.count() == 8


def test_control_without_the_lock_the_table_refuses(monkeypatch):
    monkeypatch.setattr(locking, "lock_one", lambda partner: partner)
    meet_before(monkeypatch, BankAccount, "save", 8)  # all have found nothing to retire
    partner = PartnerFactory()
    results = race(*[partial(set_account, partner, number=f"12345678901{n}") for n in range(8)])
    assert any("bank_account_one_current" in str(one) for one in results if isinstance(one, Exception))
