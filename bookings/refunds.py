"""Money on its way back: a row first, sent by a task under its own reference, so never sent twice."""

import logging
from decimal import Decimal

from django.db import transaction
from django.db.models import Q, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit, mail, notify
from accounts.models import User
from bookings import bookkeeping, inventory, queries, spent
from bookings.models import Booking, Order, Payment, Refund
from bookings.papers import invoices
from bookings.providers import provider
from bookings.providers.base import RefundRefused, RefundReport, Unreachable
from eventify.lib import currencies
from eventify.lib.errors import Because, Conflict, Forbidden, Invalid, Missing
from eventify.lib.failpoints import failpoint
from eventify.lib.later import later

logger = logging.getLogger(__name__)
REASON_MAX = 200  # characters


def request(order: Order, amount: Decimal, *, reason: str) -> list[Refund]:
    """Owe the buyer this much of what was paid for the locked order. Conflict past what was paid."""
    made, owed = [], amount
    for payment in order.payments.filter(status=Payment.Status.PAID).order_by("id"):
        part = min(owed, payment.amount - refunded(payment))
        if part > 0:
            made.append(request_of(payment, part, reason=reason))
            owed -= part
    if owed > 0:
        raise Conflict(_("That is more than was paid and not refunded yet."))
    return made


@transaction.atomic
def give(order: Order, amount: Decimal, *, by: User, reason: str) -> Refund:
    """Give the buyer a part of what was paid back, and leave the places and tickets as they are.

    Each booking's partner bears its share, in proportion to what is not returned yet; its fee goes back likewise.
    Locks the events and the order. Conflict for an order that was not paid; Invalid for no reason, or for an amount
    that is not more than 0, cannot be paid in the currency, or is more than is left.
    """
    order = _lock(order)
    sold = _returnable(order) if order.paid_at else []
    if not sold:
        raise Conflict(Because("nothing_paid", _("Nothing was paid for this order that could go back.")))
    if not reason.strip() or len(reason) > REASON_MAX:
        sentence = _("Give the reason that buyers are told, in at most %(most)s characters.") % {"most": REASON_MAX}
        raise Invalid.field("reason", sentence)
    _check_amount(order, amount, sum((one.refundable for one in sold), Decimal(0)))
    parts = shares(amount, [one.refundable for one in sold], order.currency)
    refund = _record(order, amount, {one: part for one, part in zip(sold, parts, strict=True) if part}, reason)
    failpoint("refunds.after_record")
    audit.record("GAVE_MONEY_BACK", order, by=by, reason=reason, amount=str(amount))
    _tell(order, amount, reason)
    bookkeeping.given(refund)  # last: it locks the partners' balances
    failpoint("refunds.before_commit")
    return refund


def _lock(order: Order) -> Order:
    """The order afresh, locked after its events (as cancelling.lock, which stands above this module)."""
    inventory.lock(Booking.objects.filter(order=order).values_list("event", flat=True))
    return Order.objects.select_for_update(no_key=True).get(pk=order.pk)


def _returnable(order: Order) -> list[Booking]:
    """The bookings of which money is still with the partners."""
    kept = Q(status=Booking.Status.CONFIRMED) | Q(status=Booking.Status.CANCELLED, is_forfeited=True)
    return [one for one in order.bookings.filter(kept).order_by("pk") if one.refundable]


def most(order: Order) -> Decimal:
    """How much of what was paid for the order is still with the partners."""
    return sum((one.refundable for one in _returnable(order)), Decimal(0)) if order.paid_at else Decimal(0)


def _check_amount(order: Order, amount: Decimal, most: Decimal) -> None:
    if amount.is_finite() and amount > most:
        left = currencies.exact(most, order.currency)
        sentence = _("At most %(amount)s can still go back.") % {"amount": left}
        raise Invalid.field("amount", Because("refund_most", sentence, limit=str(most), asked=str(amount)))
    if not amount.is_finite() or amount <= 0 or amount != currencies.rounded(amount, order.currency):
        raise Invalid.field("amount", _("Use an amount above 0 that can be paid in %(currency)s.") % vars(order))


def shares(amount: Decimal, weights: list[Decimal], currency: str) -> list[Decimal]:
    """The amount in parts proportional to the weights, none above its weight; the parts add up to it exactly."""
    parts, left, weight_left = [], amount, sum(weights, Decimal(0))
    for weight in weights:
        part = currencies.rounded(left * weight / weight_left, currency)
        part = max(min(part, weight, left), left - (weight_left - weight))
        parts.append(part)
        left, weight_left = left - part, weight_left - weight
    return parts


def _record(order: Order, amount: Decimal, parts: dict[Booking, Decimal], reason: str) -> Refund:
    for booking, part in parts.items():
        booking.given_back += part
        booking.save(update_fields=["given_back", "updated_at"])
    payment = next(one for one in order.payments.filter(status=Payment.Status.PAID) if _bought(one, order))
    return request_of(payment, amount, reason=reason, shares={str(one.uid): str(part) for one, part in parts.items()})


def _bought(payment: Payment, order: Order) -> bool:
    payment.order = order
    return bookkeeping.bought(payment)


def _tell(order: Order, amount: Decimal, reason: str) -> None:
    with notify.in_language_of(order.user):
        back = currencies.exact(amount, order.currency)
        title, path = _("%(amount)s goes back to you") % {"amount": back}, f"/orders/{order.uid}/"
        notify.notify(order.user, title, reason, kind="order", url=path)
        mail.queue("money_back", order.mail_to, order=str(order.uid), reason=reason, amount=back)


def request_of(payment: Payment, amount: Decimal, *, reason: str, shares: dict[str, str] | None = None) -> Refund:
    """Owe this part of one payment back; with the `shares` of its bookings when none of them ends."""
    refund = Refund.objects.create(payment=payment, amount=amount, reason=reason[:200], shares=shares or {})
    spent.count(payment.order.user_id, -amount, payment.currency)
    later("bookings.tasks.send_refunds", refund.pk)
    invoices.owe(payment.order)
    return refund


def refunded(payment: Payment) -> Decimal:
    """How much of the payment goes back or has gone back."""
    return payment.refunds.aggregate(total=Sum("amount"))["total"] or Decimal(0)


def send(only: int | None = None) -> int:
    """Send the requested refunds (or `only` one) to their providers; returns how many are done now."""
    open_ones = Refund.objects.filter(status=Refund.Status.REQUESTED).order_by("id")
    keys = [only] if only else list(open_ones.values_list("pk", flat=True)[:100])
    return sum(_send_one(key) for key in keys)


@transaction.atomic
def _send_one(key: int) -> bool:
    open_ones = Refund.objects.select_for_update(skip_locked=True, of=("self",)).select_related("payment__order")
    refund = open_ones.filter(pk=key, status=Refund.Status.REQUESTED).first()
    if refund is None:
        return False
    try:
        provider(refund.payment.provider).refund(refund)
        failpoint("refunds.after_provider")
    except RefundRefused as refusal:
        _fail(refund, str(refusal.message))
        return False
    except Unreachable as error:
        logger.warning("refund %s not sent yet: %s", refund.uid, error)
        return False
    refund.status, refund.done_at = Refund.Status.DONE, timezone.now()
    refund.save(update_fields=["status", "done_at", "updated_at"])
    bookkeeping.sent_back(refund)
    failpoint("refunds.after_sent")
    return True


# --- A refund that its provider could not pay out ---------------------------------------------------------


@transaction.atomic
def heard(report: RefundReport) -> Refund:
    """The provider says that it could not pay a refund out, perhaps days after it had taken it. Locks the refund.

    The money is with us again and still owed to the buyer; staff send it again. Missing when there is no such refund.
    What is said of an earlier attempt, or was said before, changes nothing.
    """
    known = Refund.objects.select_for_update(no_key=True, of=("self",)).select_related("payment__order")
    refund = known.filter(uid=report.refund).first()
    if refund is None:
        raise Missing(_("There is no such refund."))
    if refund.attempt == report.attempt and refund.status != Refund.Status.FAILED:
        _fail(refund, report.reason)
    return refund


def _fail(refund: Refund, reason: str) -> None:
    logger.error("refund %s failed: %s", refund.reference, reason)
    if refund.status == Refund.Status.DONE:
        refund.came_back.append(refund.attempt)
        bookkeeping.came_back(refund)
    refund.status, refund.done_at, refund.failure = Refund.Status.FAILED, None, reason[:300]
    refund.save(update_fields=["status", "done_at", "failure", "came_back", "updated_at"])


@transaction.atomic
def try_again(refund: Refund, *, by: User) -> Refund:
    """Send a failed refund again, as a new attempt under a reference of its own. Locks the refund.

    Forbidden without refund_orders (everywhere, or for each partner of the order); Conflict unless it has failed.
    """
    if not queries.orders_of(by, "refund_orders").filter(pk=refund.payment.order_id).exists():
        raise Forbidden
    refund = (
        Refund.objects.select_for_update(no_key=True, of=("self",)).select_related("payment__order").get(pk=refund.pk)
    )
    if refund.status != Refund.Status.FAILED:
        raise Conflict(_("This refund has not failed, so it is not sent again."))
    refund.status, refund.attempt = Refund.Status.REQUESTED, refund.attempt + 1
    refund.save(update_fields=["status", "attempt", "updated_at"])
    audit.record("RETRIED_REFUND", refund.payment.order, by=by, refund=str(refund.uid), attempt=refund.attempt)
    later("bookings.tasks.send_refunds", refund.pk)
    return refund
