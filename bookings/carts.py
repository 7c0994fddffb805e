"""What a buyer does with an order between choosing and paying: use a promo code, leave it away, finish a free one.

Each verb locks the order's events, then the order. Once a payment has begun the price stays as it is.
"""

from decimal import Decimal

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import mail
from bookings import buyers, cancelling, inventory, promos, tickets
from bookings.models import Booking, Order, Payment, PromoCode
from eventify.lib.errors import Conflict, Invalid
from events.models import Event


class PriceStays(Conflict):
    """The provider has been told what to take, so the price cannot change any more."""

    code = "price_stays"


def can_use_code(order: Order) -> bool:
    """Whether the price of a pending order can still change: no payment has begun."""
    return order.status == Order.Status.PENDING and not order.payments.filter(status=Payment.Status.OPEN).exists()


def use_code(order: Order, code: str) -> Order:
    """Use this promo code for the order, instead of the one it has. Raises TooLate, PriceStays, Invalid (promo_code).

    A refusal leaves the order as it was.
    """
    if not code.strip():
        raise Invalid.field(promos.FIELD, _("Type the code first."))
    with transaction.atomic():
        events, order = _lock(order)
        lines = _lines(order)
        _check_needed(lines)
        for booking in lines:
            _without(booking)
        found = [promos.known(event, code) for event in events.values()]
        if not any(found):
            promos.find(next(iter(events.values())), code)
        if not any([_use(promo, lines, order) for promo in found if promo]):
            raise Invalid.field(promos.FIELD, _("This code is for other tickets."))
        return _total(order, lines)


def drop_code(order: Order) -> Order:
    """Leave the code away. Raises TooLate, PriceStays, and Invalid (promo_code) when it unlocked one of the tickets."""
    with transaction.atomic():
        _events, order = _lock(order)
        lines = _lines(order)
        _check_needed(lines)
        for booking in lines:
            _without(booking)
        return _total(order, lines)


def _lock(order: Order) -> tuple[dict[int, Event], Order]:
    events, order = cancelling.lock(order)
    buyers.check_open(order)
    if not can_use_code(order):
        raise PriceStays(_("You have begun to pay, so the price stays. Cancel the order to choose again."))
    return events, order


def _lines(order: Order) -> list[Booking]:
    return list(order.bookings.select_related("ticket_type", "promo_code", "user").order_by("pk"))


def _check_needed(lines: list[Booking]) -> None:
    if any(booking.promo_code and promos.unlocks(booking.promo_code, booking.ticket_type) for booking in lines):
        raise Invalid.field(promos.FIELD, _("Your tickets can only be bought with the code that you used."))


def _without(booking: Booking) -> None:
    """Take the code off a booking that has one; its places can be bought with it by others."""
    if booking.promo_code_id:
        promos.give_back(booking)
        booking.unit_price, booking.list_price, booking.promo_code = booking.list_price, None, None


def _use(promo: PromoCode, lines: list[Booking], order: Order) -> bool:
    """Put the code on the lines that it does something for; whether there are such."""
    covered = [one for one in lines if one.event_id == promo.event_id and promos.covers(promo, one.ticket_type)]
    if not covered:
        return False
    sentence = promos.why_not(promo)
    if sentence:
        raise Invalid.field(promos.FIELD, sentence)
    for booking in covered:
        less = promos.price(booking.ticket_type, promo, booking.unit_price)
        booking.list_price, booking.unit_price, booking.promo_code = booking.unit_price, less, promo
    _save(lines)  # the code of the person is counted in the database
    promo.refresh_from_db(fields=["used_places"])
    promos.take(promo, sum(one.qty for one in covered), by=order.user, but=order)
    return True


def _save(lines: list[Booking]) -> None:
    Booking.objects.bulk_update(lines, ["unit_price", "list_price", "promo_code"])


def _total(order: Order, lines: list[Booking]) -> Order:
    _save(lines)
    order.total_amount = sum((one.amount for one in lines), Decimal(0))
    order.save(update_fields=["total_amount", "updated_at"])
    return order


def finish_free(order: Order) -> Order:
    """Confirm a pending order that costs nothing and mail its tickets; one that is finished already stays as it is.

    Raises TooLate when its time ran out, Conflict when it is to be paid.
    """
    with transaction.atomic():
        events, order = cancelling.lock(order)
        if order.status == Order.Status.PAID:
            return order
        buyers.check_open(order)
        if order.total_amount:
            raise Conflict(_("This order is to be paid first."))
        _confirm(order, events)
    return order


def _confirm(order: Order, events: dict[int, Event]) -> None:
    now = timezone.now()
    order.status, order.paid_at, order.payment_method = Order.Status.PAID, now, "free"
    order.save(update_fields=["status", "paid_at", "payment_method", "updated_at"])
    held = list(order.bookings.filter(status=Booking.Status.PENDING).select_related("user").order_by("pk"))
    for booking in held:
        booking.status, booking.event, booking.order = Booking.Status.CONFIRMED, events[booking.event_id], order
        booking.save(update_fields=["status", "updated_at"])
        inventory.announce(booking.event)  # figures of sold places count what is confirmed
    tickets.issue(held)
    places = sum(booking.qty for booking in held)
    mail.queue("tickets", order.mail_to, order=str(order.uid), event=held[0].event.name, qty=places)
