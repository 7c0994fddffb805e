"""Payouts through the bank: a file that fits its schema whatever people are called, and the outcome by hand."""

import xml.etree.ElementTree as ET
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from accounts.models import AuditLog
from eventify.lib.errors import Conflict, Invalid
from partners import payouts, sending
from partners.models import BankAccount, Payout, PayoutBatch
from partners.models.ledger import Account
from partners.payout_providers import bank_file
from partners.tests.money import approved, on, owed, payable_partner, rich_partner, sell, staff, statuses

pytestmark = pytest.mark.django_db(transaction=True)
NAMESPACE = {"x": f"urn:iso:std:iso:20022:tech:xsd:{bank_file.SCHEMA}"}


@pytest.fixture(autouse=True)
def _through_the_bank(settings):
    settings.EVENTIFY_PAYOUT_PROVIDER = "bank_file"
    settings.EVENTIFY_BANK_HOLDER = "Eventify Pvt Ltd"
    settings.EVENTIFY_BANK_ACCOUNT = "50200012345678"
    settings.EVENTIFY_BANK_ROUTING = "HDFC0000001"


def texts(document, path) -> list[str]:
    return [one.text for one in document.findall(f".//x:{path.replace('/', '/x:')}", NAMESPACE)]


def test_the_file_says_what_is_to_be_paid():
    first, second = rich_partner(48000, name="A"), rich_partner("200.50", name="B")
    sell(second, 30, currency="EUR")
    iban = second.bank_accounts.get()
    BankAccount.objects.filter(pk=iban.pk).update(number="DE89370400440532013000", routing_code="COBADEFFXXX")
    batch = approved(first, second)
    assert sending.send_due() == 0
    assert statuses(batch) == ("sending", ["sending"] * 3)
    document = ET.fromstring(sending.bank_file_of(batch, by=batch.created_by))
    one, euro, other = batch.payouts.order_by("amount")[::-1][0], *batch.payouts.order_by("amount")[:2]
    assert texts(document, "GrpHdr/MsgId") == [batch.uid.hex]
    assert texts(document, "NbOfTxs") == ["3", "1", "2"]
    assert texts(document, "CtrlSum") == ["48230.50", "30.00", "48200.50"]
    assert texts(document, "PmtInfId") == [f"{batch.uid.hex}EUR", f"{batch.uid.hex}INR"]
    assert texts(document, "EndToEndId") == [euro.uid.hex, one.uid.hex, other.uid.hex]
    amounts = [(one.get("Ccy"), one.text) for one in document.findall(".//x:InstdAmt", NAMESPACE)]
    assert amounts == [("EUR", "30.00"), ("INR", "48000.00"), ("INR", "200.50")]
    assert texts(document, "Cdtr/Nm") == ["B", "A", "B"]
    assert texts(document, "CdtrAcct/Id/IBAN") == ["DE89370400440532013000"] * 2
    assert texts(document, "CdtrAcct/Id/Othr/Id") == [first.bank_accounts.get().number]
    assert texts(document, "CdtrAgt/FinInstnId/BICFI") == ["COBADEFFXXX"] * 2
    assert texts(document, "CdtrAgt/FinInstnId/ClrSysMmbId/MmbId") == ["HDFC0000001"]
    assert texts(document, "ClrSysId/Cd") == ["INFSC"] * 3
    assert texts(document, "DbtrAcct/Id/Othr/Id") == ["50200012345678"] * 2


@pytest.mark.parametrize("currency", ["JPY", "VND"])
def test_currencies_without_cents_have_none_in_the_file(currency):
    """Half a yen, which a fee in percent left, stays owed: no bank pays it."""
    partner = payable_partner()
    sell(partner, "1187.50", currency=currency)
    batch = approved(partner)
    sending.send_due()
    document = ET.fromstring(sending.bank_file_of(batch, by=batch.created_by))
    amounts = [(one.get("Ccy"), one.text) for one in document.findall(".//x:InstdAmt", NAMESPACE)]
    assert (amounts, texts(document, "CtrlSum")) == ([(currency, "1187")], ["1187"] * 2)
    assert on(Account.PARTNER_PAYABLE) == Decimal("0.50")


def test_the_file_is_the_same_each_time_and_each_download_is_in_the_audit_log():
    batch = approved(rich_partner(), rich_partner())
    sending.send_due()
    person = batch.created_by
    assert sending.bank_file_of(batch, by=person) == sending.bank_file_of(batch, by=person)
    lines = AuditLog.objects.filter(action="DOWNLOADED_BANK_FILE")
    assert [(one.actor, one.target_uid, one.details) for one in lines] == [
        (person, batch.uid, {"payouts": 2, "amounts": "₹2,000.00"})
    ] * 2


HOSTILE = [
    "<script>alert(1)</script> & Sons",
    "]]> --> <?xml?>",
    "X" * 70,
    "नमस्ते कॉन्सर्ट प्राइवेट लिमिटेड",
    "Công ty TNHH Sự kiện Việt",
    "🎉🎊" * 35,
    " \x01\x0b\t\n ",
    "\u202eevil\ufffe\uffff",
    "\"quoted\" 'name' %s {0}",
]


@pytest.mark.parametrize("holder", HOSTILE, ids=range(len(HOSTILE)))
def test_any_name_makes_a_valid_file(holder):
    partner = rich_partner()
    partner.bank_accounts.update(holder=holder)
    batch = approved(partner)
    sending.send_due()
    document = ET.fromstring(sending.bank_file_of(batch, by=batch.created_by))
    (name,) = texts(document, "Cdtr/Nm")
    assert 1 <= len(name) <= 70 and name.isprintable()
    if holder.isprintable():
        assert name == holder


@given(
    holder=st.text(st.characters(exclude_categories=["Cs"]), max_size=90),
    number=st.text("0123456789ABCDEFGH", min_size=1, max_size=34),
    routing=st.one_of(st.text("0123456789ABCXYZ", max_size=20), st.sampled_from(["HDFC0000001", "COBADEFF", ""])),
    amount=st.decimals(min_value="0.01", max_value="999999999999.99", places=2),
    country=st.sampled_from(["IN", "DE", "VN"]),
)
@hypothesis_settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
def test_anything_that_can_be_stored_makes_a_valid_file(holder, number, routing, amount, country):
    batch = PayoutBatch(approved_at=staff_moment())
    account = BankAccount(holder=holder, number=number, routing_code=routing, country=country)
    payout = Payout(pk=1, batch=batch, bank_account=account, amount=amount, currency="INR")
    document = ET.fromstring(bank_file.write(batch, [payout]))
    assert texts(document, "InstdAmt") == [f"{amount:.2f}"]


def staff_moment():
    return PayoutBatch._meta.get_field("created_at").pre_save(PayoutBatch(), True)


def test_what_cannot_stand_in_a_file_is_refused_with_the_reason():
    partner = rich_partner()
    partner.bank_accounts.update(country="??")
    batch = approved(partner)
    sending.send_due()
    with pytest.raises(Conflict, match="The bank file would not be valid"):
        sending.bank_file_of(batch, by=batch.created_by)


def test_no_file_before_the_approval_nor_after_the_bank_has_answered_nor_of_the_sandbox(settings):
    partner = rich_partner()
    maker, approver = staff(2)
    batch = payouts.create(by=maker)
    with pytest.raises(Conflict, match="Approve these payouts first"):
        sending.bank_file_of(batch, by=maker)
    payouts.approve(batch, by=approver)
    with pytest.raises(Conflict, match="being prepared"):
        sending.bank_file_of(batch, by=maker)
    sending.send_due()
    assert sending.bank_file_of(batch, by=maker)
    sending.report_executed(batch, by=maker)
    with pytest.raises(Conflict, match="must not be handed over again"):
        sending.bank_file_of(batch, by=maker)
    settings.EVENTIFY_PAYOUT_PROVIDER = "sandbox"
    sell(partner, 5)
    with pytest.raises(Conflict, match="not sent through a bank file"):
        sending.bank_file_of(payouts.create(by=maker), by=maker)


def test_a_payout_that_froze_before_it_left_is_not_in_the_file():
    first, second = rich_partner(), rich_partner(200)
    batch = approved(first, second)
    type(first).objects.filter(pk=first.pk).update(status="Suspended")
    sending.send_due()
    document = ET.fromstring(sending.bank_file_of(batch, by=batch.created_by))
    assert (texts(document, "CtrlSum"), statuses(batch)) == (["200.00"] * 2, ("sending", ["failed", "sending"]))


def test_the_bank_has_executed_it():
    first, second = rich_partner(), rich_partner(200)
    batch = approved(first, second)
    sending.send_due()
    assert sending.report_executed(batch, by=batch.approved_by) == 2
    assert (statuses(batch), on(Account.PAYOUTS_IN_TRANSIT)) == (("paid", ["paid", "paid"]), 0)
    assert set(AuditLog.objects.filter(action="PAID_PAYOUT").values_list("actor", flat=True)) == {batch.approved_by_id}
    with pytest.raises(Conflict, match="Nothing of these payouts is at the bank"):
        sending.report_executed(batch, by=batch.approved_by)


def test_the_bank_refused_one():
    first, second = rich_partner(), rich_partner(200)
    batch = approved(first, second)
    sending.send_due()
    payout = batch.payouts.get(partner=first)
    with pytest.raises(Invalid) as refusal:
        sending.report_outcome(payout, is_paid=False, reason=" ", by=batch.created_by)
    assert list(refusal.value.errors) == ["reason"]
    sending.report_outcome(payout, is_paid=False, reason="Account closed", by=batch.created_by)
    sending.report_executed(batch, by=batch.created_by)
    assert (statuses(batch), owed(first), owed(second)) == (("failed", ["failed", "paid"]), Decimal(1000), 0)
    payout.refresh_from_db()
    assert payout.reason == "Account closed"
    with pytest.raises(Conflict, match="settled already"):
        sending.report_outcome(payout, is_paid=True, by=batch.created_by)


def test_what_a_machine_reports_is_not_told_by_hand(settings):
    settings.EVENTIFY_PAYOUT_PROVIDER = "sandbox"
    batch = approved(rich_partner())
    with pytest.raises(Conflict, match="The provider itself reports"):
        sending.report_outcome(batch.payouts.get(), is_paid=True, by=batch.created_by)


def test_the_sweep_asks_nobody_about_what_is_at_the_bank(django_assert_num_queries):
    batch = approved(rich_partner())
    sending.send_due()
    with django_assert_num_queries(1):
        assert sending.send_due() == 0
    assert statuses(batch) == ("sending", ["sending"])
