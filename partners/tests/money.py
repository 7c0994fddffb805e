"""What the tests of payouts start from: partners that may be paid, sales and refunds in the ledger, and the bank."""

from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import time_machine
from django.db import transaction
from django.utils import timezone

from accounts.factories import SuperAdminFactory, UserFactory
from accounts.models import User
from eventify.lib.ids import new_uid
from events.factories import EventFactory
from events.models import Event
from partners import ledger, members, payouts
from partners.models import Entry, Member, Partner, Payout, PayoutBatch, SandboxTransfer
from partners.models.ledger import Account, Kind
from partners.tests.payable import bank_account, owed, paper, payable_partner

__all__ = ["bank_account", "owed", "paper", "payable_partner"]  # which the tests find here as well


def administrator(partner: Partner) -> User:
    """Somebody of the partner who sees its money."""
    user = UserFactory()
    members.add(partner, user, Member.Role.ADMIN, by=None)
    return user


def event_of(partner: Partner, days: float = 30, **fields) -> Event:
    """An event of the partner that ends in so many days (less than 0: it is over)."""
    ends_at = timezone.now() + timedelta(days=days)
    return EventFactory(partner=partner, starts_at=ends_at - timedelta(hours=3), ends_at=ends_at, **fields)


def sell(partner: Partner, amount, *, event=None, fee=0, days_ago: float = 10, currency="INR") -> UUID:
    """An order that was paid so many days ago; returns its uid."""
    order = new_uid()
    about = {"order_uid": order, "event_uid": event and event.uid}
    with time_machine.travel(timezone.now() - timedelta(days=days_ago), tick=False):
        _post(Kind.SALE, Account.CASH, partner, Decimal(amount), currency, about)
        if fee:
            _post(Kind.FEE, Account.PLATFORM_FEES, partner, -Decimal(fee), currency, about)
    return order


def refund(partner: Partner, amount, *, order: UUID | None = None, event=None, fee=0, currency="INR") -> None:
    """Part of an order goes back now, and the fee for it."""
    about = {"order_uid": order, "event_uid": event and event.uid}
    _post(Kind.REFUND, Account.BUYER_PAYABLE, partner, -Decimal(amount), currency, about)
    if fee:
        _post(Kind.FEE_RETURN, Account.PLATFORM_FEES, partner, Decimal(fee), currency, about)


@transaction.atomic
def _post(kind, other, partner, amount, currency, about) -> None:
    """The partner's balance changes by this much."""
    side, back = ("credit", "debit") if amount > 0 else ("debit", "credit")
    lines = [
        ledger.Line(Account.PARTNER_PAYABLE, partner=partner, **{side: abs(amount)}, **about),
        ledger.Line(other, **{back: abs(amount)}, **about),
    ]
    ledger.post(kind, f"{kind}:{new_uid()}", currency, lines)


def rich_partner(amount=1000, number: str = "", **fields) -> Partner:
    """A partner that can be paid this much."""
    partner = payable_partner(number, **fields)
    sell(partner, amount)
    return partner


def approved(*partners: Partner) -> PayoutBatch:
    """A batch that pays these partners, drawn up by one and approved by another."""
    maker, approver = staff(2)
    return payouts.approve(payouts.create(partners=partners, by=maker), by=approver)


def staff(how_many: int) -> list[User]:
    """That many who may do everything."""
    return SuperAdminFactory.create_batch(how_many)


def on(account: Account) -> Decimal:
    """Credits less debits of an account, in all currencies."""
    return sum((one.credit - one.debit for one in Entry.objects.filter(account=account)), Decimal(0))


def at_the_bank(payout: Payout) -> list[tuple[Decimal, str]]:
    """(amount, status) of everything that the sandbox bank has of this payout."""
    return list(SandboxTransfer.objects.filter(reference=payout.uid).values_list("amount", "status"))


def statuses(batch) -> tuple[str, list[str]]:
    """What the database says of the batch and its payouts."""
    batch.refresh_from_db()
    return batch.status, list(batch.payouts.order_by("pk").values_list("status", flat=True))
