"""Pages of the provider that we never heard of: its answer was lost, and so was the message that one was paid on.

A payment can then have been paid twice, and nobody asks about the second page. So every payment's pages are looked for
under its uid: once when the last has ended, and from minutes after the asking when it was unsure what was made.
"""

import logging
from datetime import datetime, timedelta

from django.utils import timezone

from bookings import payments
from bookings.checkout import LOOK_AFTER, SURELY_ENDED
from bookings.models import Payment
from bookings.providers import provider
from bookings.providers.base import Report, Unreachable

logger = logging.getLogger(__name__)
AT_ONCE = 200
SLOW_FOR = timedelta(days=14)  # how long a way to pay can take that is not settled when its page ends


def look() -> int:
    """Look for the pages of the payments whose time has come; what was paid on them becomes true, once.

    An extra payment goes back. Returns how many were found that we had not heard of.
    """
    due = Payment.objects.filter(look_at__lte=timezone.now()).select_related("order").order_by("look_at")
    found, groups = 0, {}
    for payment in due[:AT_ONCE]:
        groups.setdefault(payment.provider, []).append(payment)
    for name, group in groups.items():
        found += _look_at(name, group)
    return found


def _look_at(name: str, group: list[Payment]) -> int:
    """Look for the pages of one provider's payments; how many were news."""
    again = timezone.now() + LOOK_AFTER  # noted first: what cannot be looked at, for whatever reason, is not in the way
    Payment.objects.filter(pk__in=[payment.pk for payment in group]).update(look_at=again)
    try:
        pages = provider(name).pages(group)
    except Unreachable as error:
        logger.warning("the pages of %s payments could not be looked for: %s", len(group), error)
        return 0
    found = 0
    for payment in group:
        found += _believe(payment, pages[payment.uid])
        # Unless its page was asked for meanwhile.
        Payment.objects.filter(pk=payment.pk, look_at=again).update(look_at=_next(payment, pages[payment.uid]))
    return found


def _believe(payment: Payment, pages: list[Report]) -> int:
    """Make true what was paid; how many pages were news."""
    paid = [page for page in pages if page.status == Payment.Status.PAID]
    before = _known(payment)
    for page in sorted(paid, key=lambda one: one.reference != payment.provider_reference):  # the known one first
        payments.apply(page)
    return len(_known(payment) - before)


def _known(payment: Payment) -> set[str]:
    """The pages that we know to be paid."""
    paid = Payment.objects.filter(order_id=payment.order_id, status=Payment.Status.PAID)
    return set(paid.values_list("provider_reference", flat=True))


def _next(payment: Payment, pages: list[Report]) -> datetime | None:
    """When to look again; the pauses grow with the payment's age."""
    now, end = timezone.now(), payment.pages_end_at + SURELY_ENDED
    later = now + max(LOOK_AFTER, (now - payment.created_at) / 4)
    if now < end:
        return min(later, end)
    is_undecided = any(page.status == Payment.Status.OPEN for page in pages)
    return later if is_undecided and now < end + SLOW_FOR else None
