"""What happens to orders, as the ledger sees it: each fact posts its transfers once, in the transaction of the fact.

A sale credits the partners and then debits them the platform's fee; a refund goes back the same way. What the books
already say decides, never what a price or a percentage is today.

Of a booking's fee goes back, all in all, fee * returned / sold, rounded once: each refund returns what that sum has
grown by. So however a booking is split, and in whatever steps its money goes back, the fee returned is in the end
exactly the fee taken. It is rounded as the fee was: to what can be paid in the currency, as the sale's note says; to
hundredths in every currency where the note says nothing, for sales of before that was so.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple
from uuid import UUID

from django.db.models import F, Q

from bookings.models import Booking, Order, Payment, Refund
from eventify.lib import currencies
from events.models import Event
from partners import fees
from partners.ledger import Line, Posting, post_all
from partners.models import Entry, Partner
from partners.models.ledger import Account, Kind

_WHOLE = "in whole"  # in the note of a sale: its fee has no places behind the point (ledger_checks.py reads it, too)


class Sold(NamedTuple):
    """One booking of an order that is paid, with whom it belongs to."""

    booking: Booking
    event: Event

    def fee(self, currency: str) -> Decimal:
        return fees.fee(self.booking.amount, fees.percent_of(self.event.partner), currency)


def sold(payment: Payment, bookings: Iterable[Booking], events: dict[int, Event], *, note: str = "") -> None:
    """An order was paid: the money is the partners', less the platform's fee. `events` by id, with their partners.

    Bookings that were split since are sold as the whole that they were (for a sale that is posted later).
    The sale's note keeps the percentages and the rounding, so that the fee can be proved when they have changed.
    """
    parts = [Sold(booking, events[booking.event_id]) for booking in _wholes(bookings) if booking.amount]
    order = payment.order
    note = " ".join(filter(None, [_rates(parts, payment.currency), note]))
    sale = [Line(Account.CASH, debit=payment.amount, order_uid=order.uid)]
    sale += [_line(one, event.uid, order, event.partner, credit=one.amount) for one, event in parts]
    postings = [Posting(Kind.SALE, f"sale:{payment.uid}", payment.currency, sale, note, at=payment.paid_at)]
    fee = [line for part in parts for line in _fee_lines(part, order, part.fee(payment.currency))]
    if fee:
        postings.append(Posting(Kind.FEE, f"fee:{payment.uid}", payment.currency, fee, at=payment.paid_at))
    post_all(postings)


def _wholes(bookings: Iterable[Booking]) -> list[Booking]:
    """The bookings as they were sold: what was split off counts with its root again. Nothing is saved."""
    bookings = list(bookings)
    roots = {booking.pk: booking for booking in bookings if booking.split_from_id is None}
    for part in bookings:
        if part.split_from_id:
            roots[part.split_from_id].qty += part.qty
    return list(roots.values())


def _rates(parts: list[Sold], currency: str) -> str:
    rates = sorted({fees.percent_of(part.event.partner) for part in parts})
    rounding = f" {_WHOLE} {currency}" if currencies.step(currency) == 1 else ""
    return f"Fee {' '.join(f'{rate:.2f}' for rate in rates)} %{rounding}."


def _line(booking: Booking, event_uid: UUID, order: Order, partner: Partner | None = None, **side: Decimal) -> Line:
    """One side that names the booking: of the partner, when there is one, else of the account given in `side`."""
    account = side.pop("account", Account.PARTNER_PAYABLE)
    return Line(account, partner=partner, event_uid=event_uid, order_uid=order.uid, booking_uid=booking.uid, **side)


def _fee_lines(part: Sold, order: Order, fee: Decimal) -> list[Line]:
    if not fee:
        return []
    return [
        _line(part.booking, part.event.uid, order, part.event.partner, debit=fee),
        _line(part.booking, part.event.uid, order, account=Account.PLATFORM_FEES, credit=fee),
    ]


def came_in_vain(payment: Payment, *, note: str = "") -> None:
    """A payment that buys nothing (paid twice, too late, for a cancelled event): it is owed to the buyer at once."""
    names = {"order_uid": payment.order.uid}
    lines = [
        Line(Account.CASH, debit=payment.amount, **names),
        Line(Account.BUYER_PAYABLE, credit=payment.amount, **names),
    ]
    post_all([Posting(Kind.UNMATCHED, f"unmatched:{payment.uid}", payment.currency, lines, note, at=payment.paid_at)])


class Return(NamedTuple):
    """A part of one booking's price that goes back."""

    booking: Booking
    amount: Decimal


def given_back(order: Order, bookings: Iterable[Booking], *, note: str = "") -> None:
    """Sold bookings have ended: their money is owed to the buyer, and the fee taken for it is the partners' again.

    A sale that the books do not know yet is left to `manage.py ledger_post_missing`.
    """
    ending = [booking for booking in bookings if booking.refundable]
    sold = _sold_as(ending)
    postings = []
    for one in ending:
        part = [Return(one, one.refundable)]
        postings += _returned(one.uid, part, sold, order.currency, note=note, at=one.cancelled_at)
    post_all(postings)


def given(refund: Refund, *, note: str = "") -> None:
    """Money went back without a cancellation: each booking's partner gives its share, and gets the fee for it back."""
    known = {str(booking.uid): booking for booking in refund.payment.order.bookings.order_by("id")}
    parts = [Return(known[uid], Decimal(share)) for uid, share in sorted(refund.shares.items())]
    sold = _sold_as([part.booking for part in parts])
    post_all(_returned(refund.uid, parts, sold, refund.payment.currency, note=note, at=refund.created_at))


@dataclass
class Sale:
    """What the books say of a booking that was sold, its split-offs included."""

    event_uid: UUID | None = None
    order_uid: UUID | None = None
    partner_id: int | None = None
    currency: str = ""
    step: Decimal = currencies.CENT  # to which the fee and its parts that go back are rounded
    sums: dict[str, Decimal] = field(default_factory=dict)  # kind -> what was posted of it

    def give_back(self, amount: Decimal) -> Decimal:
        """Count the amount as returned; by how much that makes the fee returned grow."""
        before = self._fee_returned()
        self.sums[Kind.REFUND] = self.sums.get(Kind.REFUND, Decimal(0)) + amount
        return self._fee_returned() - before

    def _fee_returned(self) -> Decimal:
        fee, returned = self.sums.get(Kind.FEE, Decimal(0)), self.sums.get(Kind.REFUND, Decimal(0))
        return min(fee, (fee * returned / self.sums[Kind.SALE]).quantize(self.step, ROUND_HALF_UP))


def _returned(
    fact: UUID, parts: list[Return], sold: dict[int, Sale], currency: str, *, note: str, at: datetime | None
) -> list[Posting]:
    """The transfers by which these parts go back: to the buyer, and of the fee to the partners."""
    money, fee_lines = [], []
    for booking, amount in parts:
        sale = sold.get(booking.split_from_id or booking.pk)
        if sale is None:
            continue
        names = {"event_uid": sale.event_uid, "order_uid": sale.order_uid, "booking_uid": booking.uid}
        partner = Partner(pk=sale.partner_id)
        money.append(Line(Account.PARTNER_PAYABLE, debit=amount, partner=partner, **names))
        money.append(Line(Account.BUYER_PAYABLE, credit=amount, **names))
        fee = sale.give_back(amount)
        if fee:
            fee_lines.append(Line(Account.PLATFORM_FEES, debit=fee, **names))
            fee_lines.append(Line(Account.PARTNER_PAYABLE, credit=fee, partner=partner, **names))
    both = ((Kind.REFUND, money), (Kind.FEE_RETURN, fee_lines))
    return [Posting(kind, f"{kind}:{fact}", currency, lines, note, at=at) for kind, lines in both if lines]


def _sold_as(bookings: Iterable[Booking]) -> dict[int, Sale]:
    """The sale of each of these bookings, by the id of its root; nothing for one that the books do not know."""
    roots = {booking.split_from_id or booking.pk for booking in bookings}
    family = Booking.objects.filter(Q(pk__in=roots) | Q(split_from__in=roots))
    root_of = {uid: root or pk for pk, uid, root in family.values_list("pk", "uid", "split_from")}
    posted = Entry.objects.filter(
        booking_uid__in=list(root_of),
        account=Account.PARTNER_PAYABLE,
        transfer__kind__in=[Kind.SALE, Kind.FEE, Kind.REFUND],
    )
    columns = ("booking_uid", "event_uid", "order_uid", "partner", "transfer__currency")
    more = ("transfer__kind", "transfer__note", F("debit") + F("credit"))
    sold: dict[int, Sale] = {}
    for uid, *about, kind, note, amount in posted.values_list(*columns, *more):
        sale = sold.setdefault(root_of[uid], Sale(*about))
        sale.sums[kind] = sale.sums.get(kind, Decimal(0)) + amount
        if kind == Kind.SALE and f" {_WHOLE} " in note:
            sale.step = Decimal(1)
    return {root: sale for root, sale in sold.items() if Kind.SALE in sale.sums}


def fees_back(bookings: Iterable[Booking]) -> dict[str, Decimal]:
    """The fees that would go back to the partners if these sold bookings ended now, by currency."""
    bookings = list(bookings)
    sold = _sold_as(bookings)
    found: dict[str, Decimal] = {}
    for booking in bookings:
        sale = sold.get(booking.split_from_id or booking.pk)
        if sale and Kind.FEE in sale.sums:
            found[sale.currency] = found.get(sale.currency, Decimal(0)) + sale.give_back(booking.refundable)
    return dict(sorted(found.items()))


def sent_back(refund: Refund, *, note: str = "") -> None:
    """The provider has sent a refund: the buyer is owed that much less."""
    payment = refund.payment
    names = {"order_uid": payment.order.uid}
    lines = [
        Line(Account.BUYER_PAYABLE, debit=refund.amount, **names),
        Line(Account.CASH, credit=refund.amount, **names),
    ]
    key = f"refund_sent:{refund.reference}"
    post_all([Posting(Kind.REFUND_SENT, key, payment.currency, lines, note, at=refund.done_at)])


def came_back(refund: Refund) -> None:
    """What was sent could not be paid out and is with us again: the buyer is owed it as before."""
    payment = refund.payment
    names = {"order_uid": payment.order.uid}
    lines = [
        Line(Account.CASH, debit=refund.amount, **names),
        Line(Account.BUYER_PAYABLE, credit=refund.amount, **names),
    ]
    post_all([Posting(Kind.REFUND_RETURNED, f"refund_returned:{refund.reference}", payment.currency, lines)])


def bought(payment: Payment) -> bool:
    """Whether this paid payment is the one that its order was paid with."""
    order = payment.order
    return order.paid_at is not None and order.payment_transaction_id == payment.provider_reference
