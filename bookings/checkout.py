"""Sending the buyer to the provider's page."""

import logging
from datetime import timedelta

from django.conf import settings
from django.db.models import Case, F, Value, When
from django.db.models.functions import Greatest
from django.utils import timezone

from bookings.models import Order, Payment
from bookings.providers import default_provider, provider
from bookings.providers.base import Unreachable
from eventify.lib.failpoints import failpoint

logger = logging.getLogger(__name__)
LOOK_AFTER = timedelta(minutes=2)  # from when a page was asked for to when it is looked whether there are others
SURELY_ENDED = timedelta(minutes=10)  # after its end nobody is still in the middle of paying on a page


def begin(order: Order) -> Payment:
    """Note, in the transaction that makes the order, that its money is to be got; no provider is called yet."""
    payment = begun(order)
    payment.save(force_insert=True)
    return payment


def begun(order: Order) -> Payment:
    """The row of `begin`, not saved yet: the caller writes it together with the order."""
    return Payment(order=order, provider=default_provider().name, amount=order.total_amount, currency=order.currency)


def open_page(order: Order) -> str:
    """Have the provider make its page for a pending order; returns `url(order)`. Call outside the transaction.

    When the provider does not answer, the order page opens it later.
    """
    payment = current(order)
    if payment and not payment.checkout_url:
        _open(payment)
    return url(order)


def _open(payment: Payment) -> None:
    try:
        _note_asking(payment)
        page = provider(payment.provider).open_checkout(
            payment, description=f"Eventify order {payment.order.uid}", return_url=order_page(payment.order)
        )
    except Unreachable as error:
        logger.warning("no checkout page for payment %s yet: %s", payment.uid, error)
        return
    failpoint("checkout.after_provider")
    # Only if nobody was faster: another click that opened a page, or a message that says which page was paid.
    facts = {"provider_reference": page.reference, "checkout_url": page.url, "updated_at": timezone.now()}
    # Asked once and answered: there should be no other page, so one look is enough, when none can be paid on any more.
    once = When(pages_asked=1, then=F("pages_end_at") + SURELY_ENDED)
    look_at = Case(once, default=F("look_at"))
    Payment.objects.filter(pk=payment.pk, provider_reference="").update(**facts, look_at=look_at)
    payment.refresh_from_db(fields=["provider_reference", "checkout_url", "status"])


def _note_asking(payment: Payment) -> None:
    """Before anything is asked: from now on there may be a page that we never hear of (bookings/lost_pages.py)."""
    end = payment.order.expires_at + provider(payment.provider).outlives
    Payment.objects.filter(pk=payment.pk).update(
        pages_asked=F("pages_asked") + 1,
        pages_end_at=Greatest(F("pages_end_at"), Value(end)),  # PostgreSQL's takes the one that is there
        look_at=timezone.now() + LOOK_AFTER,
    )


def current(order: Order) -> Payment | None:
    """The payment that a pending order waits for; a new one after a failed one. Prefetched payments are used."""
    if order.status != Order.Status.PENDING:
        return None
    newest_open = (payment for payment in order.payments.all() if payment.status == Payment.Status.OPEN)
    return next(newest_open, None)


def url(order: Order | None) -> str | None:
    """Where the buyer pays a pending order: the provider's page, or ours that leads there; None when nothing is due."""
    if order is None or order.status != Order.Status.PENDING:
        return None
    payment = current(order)
    return payment.checkout_url if payment and payment.checkout_url else f"{order_page(order)}pay/"


def order_page(order: Order) -> str:
    """The absolute address of the order's page."""
    return f"{settings.SITE_URL}/orders/{order.uid}/"
