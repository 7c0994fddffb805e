"""What the provider says becomes true here: stored first, believed when signed, applied once.

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
from accounts.models import User
from bookings import bookkeeping, cancelling, checkout, inventory, refunds, sales, seats, tickets, waitlist
from bookings.models import Booking, Order, Payment, WebhookDelivery
from bookings.providers import provider
from bookings.providers.base import Report, Unreachable
from eventify.lib.errors import Conflict, Invalid, Missing
from events.models import Event

logger = logging.getLogger(__name__)
ASK_AFTER = timedelta(minutes=2)  # a webhook that has not come by then is asked for
ASK_FOR = timedelta(days=3)
ASK_AT_ONCE = 200


def receive(provider_name: str, body: bytes, headers) -> WebhookDelivery:
    """Take a provider's webhook: verify, store, apply. Repeated deliveries change nothing.

    Raises BadSignature, or Missing for a payment that is not ours.
    """
    report = provider(provider_name).read_webhook(body, headers)
    delivery, _created = WebhookDelivery.objects.get_or_create(
        provider=provider_name,
        delivery_id=report.delivery,
        defaults={"body": {**report._asdict(), "payment": str(report.payment)}},
    )
    if delivery.processed_at is None:
        apply(report)
        WebhookDelivery.objects.filter(pk=delivery.pk).update(processed_at=timezone.now())
    return delivery


def apply(report: Report) -> Payment:
    """Make what the provider reports true, once. Locks the events, the order, the payment."""
    payment = Payment.objects.select_related("order").filter(uid=report.payment).first()
    if payment is None:
        raise Missing(_("There is no such payment."))
    if payment.status != Payment.Status.PAID and report.status != Payment.Status.OPEN:
        with transaction.atomic():
            _apply_locked(payment, report)
    payment.refresh_from_db()
    return payment


def _apply_locked(payment: Payment, report: Report) -> None:
    events, order = cancelling.lock(payment.order)
    payment = Payment.objects.select_for_update(no_key=True).get(pk=payment.pk)
    if payment.status == Payment.Status.PAID:
        return
    payment.order = order
    payment.status, payment.provider_reference = report.status, report.reference
    payment.paid_at = (report.at or timezone.now()) if report.status == Payment.Status.PAID else None
    payment.save(update_fields=["status", "provider_reference", "paid_at", "updated_at"])
    if payment.status == Payment.Status.PAID:
        _settle(payment, order, events, report.method)


def _settle(payment: Payment, order: Order, events: dict[int, Event], method: str) -> None:
    User.objects.filter(pk=order.user_id).update(total_spent=F("total_spent") + payment.amount)
    takes_place = all(event.state != Event.State.CANCELLED for event in events.values())
    if takes_place and (order.status == Order.Status.PENDING or (order.has_expired and _take_again(order, events))):
        return _confirm(order, payment, events, method)
    if order.status == Order.Status.PENDING:
        cancelling.end(order, events, reason="event cancelled")
    bookkeeping.came_in_vain(payment)
    refunds.request_of(payment, payment.amount, reason="paid twice, too late or for a cancelled event")
    why = _("The places were gone, or the event was cancelled.")
    notify.notify(order.user, _("Your payment goes back to you"), why, kind="order")
    mail.queue("payment_returned", order.user.email, order=str(order.uid), amount=str(payment.amount))
    return None


def _confirm(order: Order, payment: Payment, events: dict[int, Event], method: str) -> None:
    order.status, order.paid_at, order.cancelled_at, order.has_expired = Order.Status.PAID, payment.paid_at, None, False
    order.payment_method, order.payment_transaction_id = method, payment.provider_reference
    order.save()
    held = list(order.bookings.filter(status=Booking.Status.PENDING).select_related("event").order_by("id"))
    order.bookings.filter(status=Booking.Status.PENDING).update(status=Booking.Status.CONFIRMED)
    tickets.issue(held)
    for booking in held:
        inventory.announce(booking.event)  # figures of sold places count what is paid
    places = sum(booking.qty for booking in held)
    title = _("Your tickets for %(event)s are ready") % {"event": held[0].event.name}
    notify.notify(order.user, title, kind="order", level="success")
    mail.queue("tickets", order.user.email, order=str(order.uid), event=held[0].event.name, qty=places)
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
    """Ask the provider what has become of a payment, and make it true. An unreachable provider changes nothing."""
    Payment.objects.filter(pk=payment.pk).update(asked_at=timezone.now())
    try:
        apply(provider(payment.provider).ask(payment))
    except Unreachable as error:
        logger.warning("payment %s: %s", payment.uid, error)


def ask_open() -> int:
    """Find lost webhooks: ask about payments that have been open for a while; returns how many were asked about.

    The pause between two questions about a payment grows with its age.
    """
    now = timezone.now()
    waiting = Payment.objects.filter(status=Payment.Status.OPEN, created_at__range=(now - ASK_FOR, now - ASK_AFTER))
    due = Q(asked_at=None) | Q(asked_at__lte=now - (now - F("created_at")) / 4)
    found = list(waiting.filter(due).order_by(F("asked_at").asc(nulls_first=True))[:ASK_AT_ONCE])
    for payment in found:
        ask(payment)
    return len(found)


def try_again(order: Order) -> str:
    """The address of the page to pay a pending order at, with a new payment when the last one failed."""
    with transaction.atomic():
        _events, order = cancelling.lock(order)
        if order.status != Order.Status.PENDING or order.is_overdue:
            raise Conflict(_("This order cannot be paid any more. Please order again."))
        if checkout.current(order) is None:
            checkout.begin(order)
    return checkout.open_page(order)
