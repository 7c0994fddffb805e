"""A small world whose books have every kind of transfer, for the tests of the proof."""

from decimal import Decimal

from accounts.factories import SuperAdminFactory, UserFactory
from bookings import cancelling, ledger_checks, payments, refunds
from bookings.models import Refund, TicketType
from bookings.providers.base import RefundReport
from bookings.tests.scenes import buy, decide, hear, pay, people, scene
from partners import ledger
from partners.factories import PartnerFactory
from partners.models import BankAccount, Partner, Payout, PayoutBatch
from partners.models.ledger import Account, Kind


def shop(price, fee=None, **event) -> TicketType:
    """A ticket type of an event whose partner pays a fee."""
    return scene(price=price, partner=PartnerFactory(fee_percent=fee), **event)[1]


def sentences() -> list[str]:
    """What the proof says is wrong."""
    return [f"{breach.check}: {breach.sentence}" for breach in ledger_checks.breaches()]


def assert_clean() -> None:
    """Nothing differs."""
    found = sentences()
    assert not found, "\n".join(found)


def every_kind() -> None:
    """Sales of two partners, a refund that was sent and one that was not, a payment that goes back, three payouts."""
    first, second = shop("99.99"), shop("20", fee="2.50")
    order = pay(buy(people(1)[0], first, second, qty=2))
    cancelling.cancel_booking(order.bookings.order_by("id")[0], by=order.user)
    twice = buy(people(1)[0], first)
    failed = decide(twice, "failed")
    hear(failed, "failed")
    payments.try_again(twice)
    hear(decide(twice))
    hear(failed)
    refunds.send()
    cancelling.cancel(twice, by=twice.user)
    pay(buy(people(1)[0], first))
    refund_that_came_back(first)
    parts(first)
    for status, partner in (("paid", first), ("failed", second), ("sending", second)):
        payout(partner.event.partner, Decimal("5.50"), status)
    Partner.objects.update(fee_percent=33)  # what was taken stays what it was


def parts(kind: TicketType) -> None:
    """An order of three: money without a cancellation, a ticket with and one without its money, then the rest."""
    order = pay(buy(people(1)[0], kind, qty=3))
    boss = UserFactory()
    tickets = list(order.tickets.order_by("pk"))
    refunds.give(order, Decimal("10.01"), by=boss, reason="The sound was bad")
    cancelling.cancel_tickets(order, tickets[:1], by=order.user)
    cancelling.cancel_tickets(order, tickets[1:2], by=boss, is_refunded=False)
    refunds.give(order, Decimal("5"), by=boss, reason="And the light")
    refunds.send()
    cancelling.cancel(order, by=order.user)


def refund_that_came_back(kind: TicketType) -> None:
    """A refund that was sent, could not be paid out, and was sent again."""
    order = pay(buy(people(1)[0], kind))
    cancelling.cancel(order, by=order.user)
    refunds.send()
    refund = Refund.objects.order_by("pk").last()
    refunds.heard(RefundReport(refund.uid, 1, "The card is closed.", "evt"))
    refunds.try_again(refund, by=SuperAdminFactory())
    refunds.send()


def payout(partner: Partner, amount: Decimal, status: str) -> Payout:
    """A payout in this state, with the transfers that belong to it."""
    user = UserFactory()
    account = BankAccount.objects.filter(partner=partner).first() or BankAccount.objects.create(
        partner=partner, holder="A", number="1", country="IN", added_by=user
    )
    batch = PayoutBatch.objects.create(provider="sandbox", created_by=user, status=status)
    made = Payout.objects.create(
        batch=batch, partner=partner, bank_account=account, amount=amount, currency="INR", status=status
    )
    there = ledger.Line(Account.PAYOUTS_IN_TRANSIT, credit=amount)
    away = ledger.Line(Account.PAYOUTS_IN_TRANSIT, debit=amount)
    theirs = {"account": Account.PARTNER_PAYABLE, "partner": partner}
    ledger.post(Kind.PAYOUT, f"payout:{made.uid}", "INR", [ledger.Line(**theirs, debit=amount), there])
    if status == "paid":
        cash = ledger.Line(Account.CASH, credit=amount)
        ledger.post(Kind.PAYOUT_PAID, f"payout_paid:{made.uid}", "INR", [away, cash])
    if status == "failed":
        back = ledger.Line(**theirs, credit=amount)
        ledger.post(Kind.PAYOUT_RETURNED, f"payout_returned:{made.uid}", "INR", [away, back])
    return made
