"""What the provider says becomes true here, once (bookings/webhooks.py takes its messages).

Paid in time: the order is confirmed. Paid late: the places are taken again if they are still free, otherwise the
money goes back. Paid twice: the second payment goes back.
"""

import logging
from datetime import timedelta

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import mail, notify
from bookings import (
    bookkeeping,
    cancelling,
    checkout,
    inventory,
    promos,
    refunds,
    resales,
    sales,
    seats,
    spent,
    tickets,
    waitlist,
)
from bookings.models import Booking, Order, Payment
from bookings.papers import invoices
from bookings.providers import provider
from bookings.providers.base import Report, Unreachable
from eventify.lib.currencies import exact
from eventify.lib.errors import Because, Conflict, Invalid, Missing
from eventify.lib.failpoints import failpoint
from events.models import Event

logger = logging.getLogger(__name__)
ASK_AFTER = timedelta(minutes=2)  # a webhook that has not come by then is asked for
ASK_FOR = timedelta(days=3)
ASK_AT_ONCE = 200


def apply(report: Report) -> Payment:
    """Make what the provider reports true, once. Locks the events, the order, the payment."""
    payment = Payment.objects.select_related("order").filter(uid=report.payment).first()
    if payment is None:
        raise Missing(_("There is no such payment."))
    if _is_news(payment, report):
        with transaction.atomic():
            _apply_locked(payment, report)
    payment.refresh_from_db()
    return payment


def _is_news(payment: Payment, report: Report) -> bool:
    if report.status == Payment.Status.PAID:
        return payment.status != Payment.Status.PAID or payment.provider_reference != report.reference
    is_its_page = payment.provider_reference in ("", report.reference)  # another one has ended: this can still be paid
    return is_its_page and (payment.status, report.status) == (Payment.Status.OPEN, Payment.Status.FAILED)


def _apply_locked(payment: Payment, report: Report) -> None:
    events, order = cancelling.lock(payment.order)
    payment = Payment.objects.select_for_update(no_key=True).get(pk=payment.pk)
    if payment.status == Payment.Status.PAID:
        return _paid_again(payment, order, report)
    payment.order = order
    payment.status, payment.provider_reference = report.status, report.reference
    payment.paid_at = (report.at or timezone.now()) if report.status == Payment.Status.PAID else None
    payment.save(update_fields=["status", "provider_reference", "paid_at", "updated_at"])
    failpoint("payments.after_status")
    if payment.status == Payment.Status.PAID:
        _settle(payment, order, events, report.method)
        failpoint("payments.before_commit")
    return None


def _paid_again(payment: Payment, order: Order, report: Report) -> None:
    """The same payment was paid on another of the provider's pages as well: a payment of its own, which goes back."""
    if report.status != Payment.Status.PAID or report.reference == payment.provider_reference:
        return
    facts = {"provider": payment.provider, "provider_reference": report.reference}
    if order.payments.filter(**facts).exists():
        return
    amounts = {"amount": payment.amount, "currency": payment.currency, "status": Payment.Status.PAID}
    twice = Payment.objects.create(order=order, **facts, **amounts, paid_at=report.at or timezone.now())
    spent.count(order.user_id, twice.amount, twice.currency)
    _return(twice, order)


def _settle(payment: Payment, order: Order, events: dict[int, Event], method: str) -> None:
    is_good = _is_good(order, events)  # first: for offered tickets it locks everybody whose money moves
    spent.count(order.user_id, payment.amount, payment.currency)
    if is_good:
        return _confirm(order, payment, events, method)
    if order.status == Order.Status.PENDING:
        cancelling.end(order, events, reason="event cancelled")
    _return(payment, order)
    return None


def _is_good(order: Order, events: dict[int, Event]) -> bool:
    """Whether the locked order can have what it is for; the places of an expired one are taken again."""
    if any(event.state == Event.State.CANCELLED for event in events.values()):
        return False
    if order.status == Order.Status.PENDING:
        return resales.stands(order, events)
    return order.has_expired and not order.user.is_erased and _take_again(order, events)


def _return(payment: Payment, order: Order) -> None:
    """Money that buys nothing goes back to who paid it."""
    payment.order = order
    bookkeeping.came_in_vain(payment)
    refunds.request_of(payment, payment.amount, reason="paid twice, too late or for a cancelled event")
    with notify.in_language_of(order.user):
        why = _("The places were gone, or the event was cancelled.")
        path = f"/orders/{order.uid}/"
        notify.notify(order.user, _("Your payment goes back to you"), why, kind="order", url=path)
        amount = exact(payment.amount, payment.currency)
        mail.queue("payment_returned", order.mail_to, order=str(order.uid), amount=amount)


def _confirm(order: Order, payment: Payment, events: dict[int, Event], method: str) -> None:
    order.status, order.paid_at, order.cancelled_at, order.has_expired = Order.Status.PAID, payment.paid_at, None, False
    order.payment_method, order.payment_transaction_id = method, payment.provider_reference
    order.save()
    held = list(order.bookings.filter(status=Booking.Status.PENDING).select_related("event").order_by("id"))
    order.bookings.filter(status=Booking.Status.PENDING).update(status=Booking.Status.CONFIRMED)
    resales.settle(order, held, events)
    tickets.issue(held)
    failpoint("payments.after_tickets")
    for booking in held:
        inventory.announce(booking.event)  # figures of sold places count what is paid
    places = sum(booking.qty for booking in held)
    with notify.in_language_of(order.user):
        title = _("Your tickets for %(event)s are ready") % {"event": held[0].event.name}
        notify.notify(order.user, title, kind="order", level="success", url=f"/orders/{order.uid}/")
    mail.queue("tickets", order.mail_to, order=str(order.uid), event=held[0].event.name, qty=places)
    invoices.owe(order)
    bookkeeping.sold(payment, held, events)  # last: it locks the partners' balances


def _take_again(order: Order, events: dict[int, Event]) -> bool:
    """Take the places of an expired order again, all or none."""
    lost = list(order.bookings.select_related("ticket_type").order_by("id"))
    try:
        with transaction.atomic():
            for booking in lost:
                _take_one_again(booking, events[booking.event_id])
    except (Conflict, Invalid):  # Invalid: a seat of it is not in the grid any more
        return False
    return True


def _take_one_again(booking: Booking, event: Event) -> None:
    sales.check_open(event)
    sales.check_quantity(booking.ticket_type, booking.qty, booking.user)
    waitlist.check_newcomer(event, booking.ticket_type)
    inventory.take(event, booking.ticket_type, booking.qty)
    promos.take_again(booking)
    seats.hold(seats.choose(event, booking.qty, tuple(booking.seat_labels)), booking)
    booking.status, booking.cancelled_at = Booking.Status.PENDING, None
    booking.save(update_fields=["status", "cancelled_at", "updated_at"])


def refresh(order: Order) -> Order:
    """Ask the provider about the order's open payment, as when the buyer comes back before the webhook."""
    payment = checkout.current(order)
    if payment:
        ask(payment)
        order.refresh_from_db()
    return order


def ask(payment: Payment) -> None:
    """Ask the provider what has become of a payment, and make it true. An unreachable provider changes nothing.

    The page of an order that cannot be paid any more is closed.
    """
    Payment.objects.filter(pk=payment.pk).update(asked_at=timezone.now())
    try:
        says = provider(payment.provider)
        apply(says.ask(payment) if _is_payable(payment.order) else says.close(payment))
    except Unreachable as error:
        logger.warning("payment %s: %s", payment.uid, error)


def _is_payable(order: Order) -> bool:
    return order.status == Order.Status.PENDING and not order.is_overdue


def ask_open() -> int:
    """Find lost webhooks: ask about payments that have been open for a while; returns how many were asked about.

    The pause between two questions about a payment grows with its age.
    """
    now = timezone.now()
    waiting = Payment.objects.select_related("order").filter(
        status=Payment.Status.OPEN, created_at__range=(now - ASK_FOR, now - ASK_AFTER)
    )
    due = Q(asked_at=None) | Q(asked_at__lte=now - (now - F("created_at")) / 4)
    found = list(waiting.filter(due).order_by(F("asked_at").asc(nulls_first=True))[:ASK_AT_ONCE])
    for payment in found:
        ask(payment)
    return len(found)


def try_again(order: Order) -> str:
    """The address of the page to pay a pending order at, with a new payment when the last one failed."""
    return checkout.open_page(due(order))


@transaction.atomic
def due(order: Order) -> Order:
    """The pending order with a payment that has not failed; no provider is called. Locks the order. Conflict for one
    that cannot be paid any more.
    """
    _events, order = cancelling.lock(order)
    if not _is_payable(order):
        raise Conflict(Because("not_payable", _("This order cannot be paid any more. Please order again.")))
    if checkout.current(order) is None:
        checkout.begin(order)
    return order
