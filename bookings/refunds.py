"""Money on its way back: a row first, sent by a task under its own reference, so never sent twice."""

import logging
from decimal import Decimal

from django.db import transaction
from django.db.models import F, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from bookings import bookkeeping
from bookings.models import Order, Payment, Refund
from bookings.providers import provider
from bookings.providers.base import Unreachable
from eventify.lib.errors import Conflict
from eventify.lib.later import later

logger = logging.getLogger(__name__)


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


def request_of(payment: Payment, amount: Decimal, *, reason: str) -> Refund:
    """Owe this part of one payment back."""
    refund = Refund.objects.create(payment=payment, amount=amount, reason=reason[:200])
    User.objects.filter(pk=payment.order.user_id).update(total_spent=F("total_spent") - amount)
    later("bookings.tasks.send_refunds", refund.pk)
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
    except Unreachable as error:
        logger.warning("refund %s not sent yet: %s", refund.uid, error)
        return False
    refund.status, refund.done_at = Refund.Status.DONE, timezone.now()
    refund.save(update_fields=["status", "done_at", "updated_at"])
    bookkeeping.sent_back(refund)
    return True
