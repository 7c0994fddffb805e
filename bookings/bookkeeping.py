"""What happens to orders, as the ledger sees it: each fact posts its transfers once, in the transaction of the fact.

A sale credits the partners and then debits them the platform's fee; a refund goes back the same way, with exactly the
fee that was taken. What the books already say decides, never what a price or a percentage is today.
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from bookings.models import Booking, Order, Payment, Refund
from events.models import Event
from partners import fees
from partners.ledger import Line, Posting, post_all
from partners.models import Entry, Partner
from partners.models.ledger import Account, Kind


class Sold(NamedTuple):
    """One booking of an order that is paid, with whom it belongs to."""

    booking: Booking
    event: Event

    @property
    def fee(self) -> Decimal:
        return fees.fee(self.booking.amount, fees.percent_of(self.event.partner))


def sold(payment: Payment, bookings: Iterable[Booking], events: dict[int, Event], *, note: str = "") -> None:
    """An order was paid: the money is the partners', less the platform's fee. `events` by id, with their partners.

    The sale's note keeps the percentages, so that the fee can be proved when they have changed.
    """
    parts = [Sold(booking, events[booking.event_id]) for booking in bookings if booking.amount]
    order = payment.order
    note = " ".join(filter(None, [_rates(parts), note]))
    sale = [Line(Account.CASH, debit=payment.amount, order_uid=order.uid)]
    sale += [_line(one, event.uid, order, event.partner, credit=one.amount) for one, event in parts]
    postings = [Posting(Kind.SALE, f"sale:{payment.uid}", payment.currency, sale, note, at=payment.paid_at)]
    fee = [line for part in parts if part.fee for line in _fee_lines(part, order)]
    if fee:
        postings.append(Posting(Kind.FEE, f"fee:{payment.uid}", payment.currency, fee, at=payment.paid_at))
    post_all(postings)


def _rates(parts: list[Sold]) -> str:
    rates = sorted({fees.percent_of(part.event.partner) for part in parts})
    return f"Fee {' '.join(f'{rate:.2f}' for rate in rates)} %."


def _line(booking: Booking, event_uid: UUID, order: Order, partner: Partner | None = None, **side: Decimal) -> Line:
    """One side that names the booking: of the partner, when there is one, else of the account given in `side`."""
    account = side.pop("account", Account.PARTNER_PAYABLE)
    return Line(account, partner=partner, event_uid=event_uid, order_uid=order.uid, booking_uid=booking.uid, **side)


def _fee_lines(part: Sold, order: Order) -> list[Line]:
    return [
        _line(part.booking, part.event.uid, order, part.event.partner, debit=part.fee),
        _line(part.booking, part.event.uid, order, account=Account.PLATFORM_FEES, credit=part.fee),
    ]


def came_in_vain(payment: Payment, *, note: str = "") -> None:
    """A payment that buys nothing (paid twice, too late, for a cancelled event): it is owed to the buyer at once."""
    names = {"order_uid": payment.order.uid}
    lines = [
        Line(Account.CASH, debit=payment.amount, **names),
        Line(Account.BUYER_PAYABLE, credit=payment.amount, **names),
    ]
    post_all([Posting(Kind.UNMATCHED, f"unmatched:{payment.uid}", payment.currency, lines, note, at=payment.paid_at)])


def given_back(order: Order, bookings: Iterable[Booking], *, note: str = "") -> None:
    """Sold bookings have ended: their money is owed to the buyer, and the fee taken for them is the partners' again.

    A sale that the books do not know yet is left to `manage.py ledger_post_missing`.
    """
    ending = {booking.uid: booking for booking in bookings if booking.amount}
    if not ending:
        return
    taken = _taken(order, ending)
    postings = []
    for entry in taken[Kind.SALE]:
        booking = ending[entry.booking_uid]
        lines = [
            _line(booking, entry.event_uid, order, entry.partner, debit=entry.credit),
            _line(booking, entry.event_uid, order, account=Account.BUYER_PAYABLE, credit=entry.credit),
        ]
        postings.append(
            Posting(Kind.REFUND, f"refund:{booking.uid}", order.currency, lines, note, at=booking.cancelled_at)
        )
    for entry in taken[Kind.FEE]:
        booking = ending[entry.booking_uid]
        lines = [
            _line(booking, entry.event_uid, order, account=Account.PLATFORM_FEES, debit=entry.debit),
            _line(booking, entry.event_uid, order, entry.partner, credit=entry.debit),
        ]
        postings.append(
            Posting(Kind.FEE_RETURN, f"fee_return:{booking.uid}", order.currency, lines, note, at=booking.cancelled_at)
        )
    post_all(postings)


def _taken(order: Order, booking_uids: Iterable[UUID]) -> dict[str, list[Entry]]:
    """The partners' sides of the sale of these bookings, and of the fee for it."""
    found = Entry.objects.filter(
        order_uid=order.uid,
        booking_uid__in=list(booking_uids),
        account=Account.PARTNER_PAYABLE,
        transfer__kind__in=[Kind.SALE, Kind.FEE],
    )
    taken: dict[str, list[Entry]] = {Kind.SALE: [], Kind.FEE: []}
    for entry in found.select_related("transfer", "partner").order_by("pk"):
        taken[entry.transfer.kind].append(entry)
    return taken


def sent_back(refund: Refund, *, note: str = "") -> None:
    """The provider has sent a refund: the buyer is owed that much less."""
    payment = refund.payment
    names = {"order_uid": payment.order.uid}
    lines = [
        Line(Account.BUYER_PAYABLE, debit=refund.amount, **names),
        Line(Account.CASH, credit=refund.amount, **names),
    ]
    post_all([Posting(Kind.REFUND_SENT, f"refund_sent:{refund.uid}", payment.currency, lines, note, at=refund.done_at)])


def bought(payment: Payment) -> bool:
    """Whether this paid payment is the one that its order was paid with."""
    order = payment.order
    return order.paid_at is not None and order.payment_transaction_id == payment.provider_reference
