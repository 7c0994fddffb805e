"""Invoices and credit notes: numbered without gaps per seller and year, issued once per fact, never changed.

A fact is what one partner sold in a paid order, what of it ended at one moment, or one refund that ended nothing.
The lines follow the bookings as they were sold: what was split off since counts with its root.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet, Subquery, Sum
from django.utils import timezone, translation

from bookings.models import Booking, Invoice, InvoiceSeries, Order, Refund
from eventify.lib import currencies
from eventify.lib.failpoints import failpoint
from eventify.lib.later import later
from eventify.lib.phones import shown
from partners.models import Partner

LOOKS_BACK = timedelta(days=40)  # that the sweep looks for payments and refunds without their paper
SWEEP = 200  # orders in one sweep


def owe(order: Order) -> None:
    """After the commit a task issues what is missing for the order; the sweep finds what a lost message left."""
    later("bookings.tasks.issue_invoices", order.pk)


def sweep(only: int | None = None) -> int:
    """Issue what is missing, for the orders found by the sweep or for `only` one; returns how many orders it did."""
    keys = [only] if only else list(_owing().values_list("pk", flat=True)[:SWEEP])
    for order in Order.objects.filter(pk__in=keys).select_related("user").order_by("pk"):
        issue_for(order)
    return len(keys)


def are_due(orders: QuerySet[Order]) -> bool:
    """Whether an invoice or credit note of one of these orders is still to be issued."""
    return _owing().filter(pk__in=orders.order_by().values("pk")).exists()


def _owing() -> QuerySet[Order]:
    """The paid orders without an invoice, and those whose refunds and credit notes differ."""
    since = timezone.now() - LOOKS_BACK
    papers = Invoice.objects.filter(order=OuterRef("pk"))
    credits = papers.filter(kind=Invoice.Kind.CREDIT_NOTE).order_by().values("order").annotate(sum=Sum("total"))
    bought = F("payment__order__payment_transaction_id")
    refunds = Refund.objects.filter(payment__order=OuterRef("pk"), payment__provider_reference=bought)
    returned = refunds.order_by().values("payment__order").annotate(sum=Sum("amount"))
    sold = Order.objects.filter(paid_at__isnull=False, total_amount__gt=0)
    fresh = sold.filter(~Exists(papers), paid_at__gte=since)
    changed = sold.filter(Exists(refunds.filter(created_at__gte=since))).annotate(
        returned=Subquery(returned.values("sum")), credited=Subquery(credits.values("sum"))
    )
    differs = changed.exclude(returned=-F("credited")) | changed.filter(credited=None)
    keys = fresh.order_by().values("pk").union(differs.order_by().values("pk"))
    return Order.objects.filter(pk__in=keys).order_by("pk")


@dataclass(frozen=True)
class Line:
    """One line of a paper: what of one booking was sold, or what of its price goes back."""

    booking: Booking
    qty: int
    amount: Decimal

    @property
    def rate(self) -> Decimal:
        return self.booking.tax_rate


@dataclass(frozen=True)
class Fact:
    """What one paper is about. `key` names it for ever; amounts are above zero, also of a credit note."""

    key: str
    kind: str
    partner: Partner
    lines: tuple[Line, ...]
    reason: str = ""

    @property
    def sign(self) -> int:
        return 1 if self.kind == Invoice.Kind.INVOICE else -1


def issue_for(order: Order) -> list[Invoice]:
    """Issue the papers that the order owes and has not got; returns all it has, oldest first.

    Each in a transaction of its own, under the lock of the seller's InvoiceSeries row. Nothing for an order that was
    not paid, or with nothing due. Call it outside a transaction that holds other locks.
    """
    if order.paid_at is not None and order.total_amount:
        known = set(order.invoices.values_list("key", flat=True))
        for fact in _facts(order):
            if fact.key not in known:
                _issue(order, fact)
    return list(order.invoices.order_by("pk"))


def _facts(order: Order) -> Iterator[Fact]:
    """The order's facts: sales first, for credit notes name their invoice."""
    # Refunds are read first: the bookings that they name are there by then. One query reads all bookings at once.
    refunds = list(Refund.objects.filter(payment__order=order).exclude(shares={}).order_by("pk"))
    bookings = list(Booking.objects.filter(order=order).select_related("event__partner", "ticket_type").order_by("pk"))
    partners = {booking.event.partner_id: booking.event.partner for booking in bookings}
    for key, partner in sorted(partners.items()):
        yield from _facts_of(order, partner, [one for one in bookings if one.event.partner_id == key], refunds)


def _facts_of(order: Order, partner: Partner, bookings: list[Booking], refunds: list[Refund]) -> Iterator[Fact]:
    credit = Invoice.Kind.CREDIT_NOTE
    sold = tuple(line for line in _sold(bookings) if line.amount)
    if sold:
        yield Fact(f"sale:{order.uid}:{partner.pk}", Invoice.Kind.INVOICE, partner, sold)
    for moment, lines in _ended(bookings).items():
        yield Fact(f"ended:{order.uid}:{partner.pk}:{_micros(moment)}", credit, partner, tuple(lines))
    known = {str(booking.uid): booking for booking in bookings}
    for refund in refunds:
        shares = {uid: Decimal(share) for uid, share in refund.shares.items() if uid in known}
        lines = tuple(Line(known[uid], 0, share) for uid, share in sorted(shares.items()) if share)
        if lines:
            yield Fact(f"given:{refund.uid}:{partner.pk}", credit, partner, lines, refund.reason)


def _sold(bookings: list[Booking]) -> tuple[Line, ...]:
    roots = {booking.split_from_id or booking.pk: booking for booking in reversed(bookings)}
    places: dict[int, int] = {}
    for booking in bookings:
        root = booking.split_from_id or booking.pk
        places[root] = places.get(root, 0) + booking.qty
    return tuple(Line(roots[root], qty, qty * roots[root].unit_price) for root, qty in places.items())


def _ended(bookings: list[Booking]) -> dict[datetime, list[Line]]:
    """The bookings that ended with their money going back, by the moment: what ends together is one paper."""
    found: dict[datetime, list[Line]] = {}
    for one in bookings:
        if one.status == Booking.Status.CANCELLED and not one.is_forfeited and one.refundable:
            found.setdefault(one.cancelled_at, []).append(Line(one, one.qty, one.refundable))
    return found


def _micros(moment: datetime) -> int:
    return round(moment.timestamp() * 1_000_000)


@transaction.atomic
def _issue(order: Order, fact: Fact) -> None:
    series, at = _locked(fact.partner)
    if Invoice.objects.filter(key=fact.key).exists():  # somebody else issued it while we waited for the lock
        return
    number = _next_number(series)
    failpoint("invoices.after_number")
    corrects = None
    if fact.kind == Invoice.Kind.CREDIT_NOTE:
        corrects = Invoice.objects.get(key=f"sale:{order.uid}:{fact.partner.pk}")
    taxes = _taxes(fact, order.currency, corrects)
    Invoice.objects.create(
        series=series,
        number=number,
        kind=fact.kind,
        key=fact.key,
        order=order,
        corrects=corrects,
        issued_at=at,
        currency=order.currency,
        total=fact.sign * sum(line.amount for line in fact.lines),
        tax=sum(Decimal(one["tax"]) for one in taxes),
        data=_data(order, fact, f"{series.year}-{number:06d}", at, corrects, taxes),
    )


def _locked(partner: Partner) -> tuple[InvoiceSeries, datetime]:
    """The partner's series of this year, locked, and the moment: a later number never has an earlier moment."""
    year = _local(timezone.now()).year
    row, _is_new = InvoiceSeries.objects.get_or_create(partner=partner, year=year)
    series = InvoiceSeries.objects.select_for_update(no_key=True).get(pk=row.pk)
    at = timezone.now()
    return (series, at) if _local(at).year == year else _locked(partner)  # the year ended while we waited


def _next_number(series: InvoiceSeries) -> int:
    series.last_number += 1
    series.save(update_fields=["last_number"])
    return series.last_number


def _local(moment: datetime) -> datetime:
    return moment.astimezone(ZoneInfo(settings.EVENTIFY_TIME_ZONE))


def tax_in(amount: Decimal, rate: Decimal, currency: str) -> Decimal:
    """The part of the price that is tax: prices hold it already. Rounded to what the currency can pay."""
    return currencies.rounded(amount * rate / (100 + rate), currency)


def _taxes(fact: Fact, currency: str, corrects: Invoice | None) -> list[dict]:
    """Per rate: what is net, tax and gross.

    Of a credit note the tax is by how much the sum given back so far grows, so that an order that went back in any
    steps gives back exactly the tax that it paid.
    """
    before, gross = _credited(corrects), {}
    for line in fact.lines:
        gross[line.rate] = gross.get(line.rate, Decimal(0)) + line.amount
    return [
        _tax(rate, amount, before.get(rate, Decimal(0)), fact.sign, currency) for rate, amount in sorted(gross.items())
    ]


def _tax(rate: Decimal, amount: Decimal, before: Decimal, sign: int, currency: str) -> dict:
    tax = sign * (tax_in(before + amount, rate, currency) - tax_in(before, rate, currency))
    gross = sign * amount
    return {"rate": f"{rate:.2f}", "net": f"{gross - tax:.2f}", "tax": f"{tax:.2f}", "gross": f"{gross:.2f}"}


def _credited(invoice: Invoice | None) -> dict[Decimal, Decimal]:
    """Rate -> what the credit notes of the invoice have given back; every one is issued under the seller's lock."""
    found: dict[Decimal, Decimal] = {}
    for paper in invoice.credit_notes.all() if invoice else ():
        for one in paper.data["taxes"]:
            rate = Decimal(one["rate"])
            found[rate] = found.get(rate, Decimal(0)) - Decimal(one["gross"])
    return found


def _data(order: Order, fact: Fact, number: str, at: datetime, corrects: Invoice | None, taxes: list[dict]) -> dict:
    """All that the PDF says, as JSON: amounts as text, days as ISO dates."""
    partner = fact.partner
    return {
        "number": number,
        "kind": str(fact.kind),
        "language": settings.LANGUAGE_CODE,
        "issued_on": _local(at).date().isoformat(),
        "paid_on": _local(order.paid_at).date().isoformat(),
        "paid_with": order.payment_method,
        "order": str(order.uid),
        "corrects": corrects.data["number"] if corrects else "",
        "reason": fact.reason,
        "currency": order.currency,
        "seller": seller_of(partner),
        "buyer": buyer_of(order),
        "lines": [_line(line, fact.sign, settings.LANGUAGE_CODE) for line in fact.lines],
        "taxes": taxes,
        "total": f"{fact.sign * sum(line.amount for line in fact.lines):.2f}",
    }


def seller_of(partner: Partner) -> dict:
    """In whose name the tickets are sold, as the partner says it of itself now. Papers before 2026-11 know less."""
    return {
        "name": partner.name,
        "legal_name": partner.legal_name,
        "address": partner.address,
        "tax_number": partner.tax_number,
        "email": partner.contact_email,
        "phone": shown(partner.phone),
        "website": partner.website,
    }


def receipt_data(order: Order, language: str) -> dict:
    """What the receipt of a paid order says, in the shape of an invoice's data: all that was sold, by anybody.

    Unlike an invoice, which has credit notes, it also says what went back since: `refunds` and what is `kept`.
    """
    back = _went_back(order)
    bookings = list(Booking.objects.filter(order=order).select_related("event__partner", "ticket_type").order_by("pk"))
    names = dict.fromkeys(booking.event.partner.name for booking in bookings)
    return {
        "number": "",
        "kind": "receipt",
        "language": language,
        "issued_on": "",
        "paid_on": _local(order.paid_at).date().isoformat(),
        "paid_with": order.payment_method,
        "order": str(order.uid),
        "corrects": "",
        "reason": "",
        "currency": order.currency,
        "seller": {"name": ", ".join(names), "email": "", "phone": "", "website": ""},
        "buyer": buyer_of(order),
        "lines": [_line(line, 1, language) for line in _sold(bookings)],
        "taxes": [],
        "total": f"{order.total_amount:.2f}",
        "refunds": [_back_line(refund) for refund in back],
        "kept": f"{order.total_amount - sum(refund.amount for refund in back):.2f}",
    }


def _went_back(order: Order) -> list[Refund]:
    """What of the payment that bought the order goes back or went; not what was paid twice."""
    bought = Refund.objects.filter(payment__order=order, payment__provider_reference=order.payment_transaction_id)
    return list(bought.order_by("pk"))


def _back_line(refund: Refund) -> dict:
    """`on` is empty as long as the money is on its way."""
    on = _local(refund.done_at).date().isoformat() if refund.done_at else ""
    return {"amount": f"{-refund.amount:.2f}", "on": on}


def buyer_of(order: Order) -> dict:
    """Whom a paper about the order is for."""
    return {
        "name": order.buyer_name or str(order.user),
        "email": order.mail_to,
        "company": order.company,
        "address": order.company_address,
        "tax_number": order.company_tax_number,
    }


def _line(line: Line, sign: int, language: str) -> dict:
    booking, event = line.booking, line.booking.event
    with translation.override(language):
        what = booking.ticket_type.shown_name
    day, _clock = event.local(event.starts_at)
    is_cheaper = booking.list_price is not None and booking.list_price != booking.unit_price
    return {
        "what": what,
        "event": event.name,
        "on": day.isoformat() if day else "",
        "qty": line.qty,
        "unit": f"{booking.unit_price:.2f}",
        "list": f"{booking.list_price:.2f}" if is_cheaper else "",
        "rate": f"{line.rate:.2f}",
        "amount": f"{sign * line.amount:.2f}",
    }
