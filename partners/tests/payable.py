"""Partners that may be paid, and what they are owed: for tests, and for bin/bench, which has no packages of tests."""

from decimal import Decimal
from itertools import count

from django.utils import timezone

from eventify.lib.ids import new_uid
from partners import kyc
from partners.factories import PartnerFactory
from partners.models import BankAccount, Document, Partner

_numbers = count(710_000_001_000)


def payable_partner(number: str = "", **fields) -> Partner:
    """A verified partner with a bank account that its cheque proves, and nothing sold yet."""
    partner = PartnerFactory(**fields)
    bank_account(partner, number)
    for kind in kyc.REQUIRED:
        paper(partner, kind)
    return partner


def paper(partner: Partner, kind: str, **fields) -> Document:
    """A verified document (a row without a file)."""
    values = {"name": "scan.pdf", "content_type": "application/pdf", "size": 1, "status": "Verified", **fields}
    return Document.objects.create(partner=partner, type=kind, file=f"documents/{new_uid()}", **values)


def bank_account(partner: Partner, number: str = "", **fields) -> BankAccount:
    """A new account; the one before is retired."""
    partner.bank_accounts.filter(retired_at=None).update(retired_at=timezone.now())
    values = {"holder": partner.name[:70], "routing_code": "HDFC0000001", "country": "IN", **fields}
    return BankAccount.objects.create(partner=partner, number=number or str(next(_numbers)), **values)


def owed(partner: Partner, currency="INR") -> Decimal:
    """What the ledger says we owe the partner."""
    return sum((one.amount for one in partner.balances.filter(currency=currency)), Decimal(0))
