"""Posting what the ledger does not know: payments and refunds from before it existed.

The transfers are of the moment in which the money moved; their notes say when they were posted.
"""

from django.db import transaction
from django.db.models import CharField, Exists, F, OuterRef, QuerySet, Value
from django.db.models.functions import Cast, Concat
from django.utils import timezone

from bookings import bookkeeping, cancelling
from bookings.models import Booking, Order, Payment, Refund
from partners.models import Transfer


def post_missing() -> dict[str, int]:
    """Post what is missing, each order in its own transaction; how many payments, bookings and refunds it was.

    Safe to run again and beside everything else. Costs three queries when nothing is missing.
    """
    return {
        "payments": sum(_post_payment(payment) for payment in _unknown_payments().order_by("pk")),
        "bookings": sum(_post_return(booking) for booking in _unknown_returns().order_by("pk")),
        "refunds": sum(_post_sending(refund) for refund in _unknown_sendings().order_by("pk")),
    }


def _unposted(rows: QuerySet, *kinds: str) -> QuerySet:
    """The rows for which no transfer of these kinds is posted (keys are `<kind>:<uid of the row>`)."""
    for kind in kinds:
        key = Concat(Value(f"{kind}:"), Cast(OuterRef("uid"), CharField()))
        rows = rows.filter(~Exists(Transfer.objects.filter(key=key)))
    return rows


def _unknown_payments() -> QuerySet[Payment]:
    return _unposted(Payment.objects.filter(status=Payment.Status.PAID), "sale", "unmatched")


def _unknown_returns() -> QuerySet[Booking]:
    sold = Booking.objects.filter(status=Booking.Status.CANCELLED, order__paid_at__isnull=False, is_forfeited=False)
    return _unposted(sold.filter(given_back__lt=F("qty") * F("unit_price")), "refund")


def _unknown_sendings() -> QuerySet[Refund]:
    return _unposted(Refund.objects.filter(status=Refund.Status.DONE, attempt=1), "refund_sent")


def _note() -> str:
    return f"Posted later, at {timezone.now():%Y-%m-%d %H:%M} UTC."


@transaction.atomic
def _post_payment(payment: Payment) -> bool:
    events, order = cancelling.lock(Order(pk=payment.order_id))
    payment = _unknown_payments().filter(pk=payment.pk).first()
    if payment is None:  # posted between the search and the lock
        return False
    payment.order = order
    if bookkeeping.bought(payment):
        bookkeeping.sold(payment, order.bookings.order_by("id"), events, note=_note())
    else:
        bookkeeping.came_in_vain(payment, note=_note())
    return True


@transaction.atomic
def _post_return(booking: Booking) -> bool:
    _events, order = cancelling.lock(Order(pk=booking.order_id))
    unknown = list(_unknown_returns().filter(pk=booking.pk))
    bookkeeping.given_back(order, unknown, note=_note())
    return bool(unknown)


@transaction.atomic
def _post_sending(refund: Refund) -> bool:
    order = Order.objects.select_for_update(no_key=True).get(payments__refunds=refund)
    unknown = _unknown_sendings().select_related("payment").filter(pk=refund.pk).first()
    if unknown is None:
        return False
    unknown.payment.order = order
    bookkeeping.sent_back(unknown, note=_note())
    return True
