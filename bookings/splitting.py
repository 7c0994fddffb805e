"""Tickets that go their own way: a booking of several people becomes two, and what was sold stays what it was.

A split-off booking names the booking that was sold (`split_from`, always that root). Sale and fee stand in the ledger
under the root; what goes back of any of them is taken from there (bookings/bookkeeping.py).
"""

from collections.abc import Iterable
from decimal import Decimal

from django.utils.translation import gettext as _

from bookings.models import Booking, Order, Seat, Ticket
from bookings.tickets import lock as lock_tickets
from eventify.lib import currencies
from eventify.lib.errors import Conflict


class NotSplittable(Conflict):
    """These tickets do not stand in live bookings of the order."""

    code = "not_splittable"


def split(order: Order, tickets: Iterable[Ticket]) -> list[Booking]:
    """Bookings that hold exactly these tickets (and their seats); a booking wholly meant is returned as it is.

    Call with the events and the order locked (`cancelling.lock`); locks the tickets. Counters stay: no place is taken
    or freed.
    NotSplittable for a ticket of another order, of a booking that is not confirmed, or that is cancelled.
    """
    wanted: dict[int, list[Ticket]] = {}
    keys = {ticket.pk for ticket in tickets}
    found = Ticket.objects.filter(pk__in=keys, order=order).exclude(status=Ticket.Status.CANCELLED)
    for ticket in lock_tickets(found.select_related("seat")):
        wanted.setdefault(ticket.booking_id, []).append(ticket)
    bookings = _live(order, wanted)
    if sum(map(len, wanted.values())) != len(keys) or len(bookings) != len(wanted):
        raise NotSplittable(_("These tickets are not good any more. Look at the order again."))
    return [_part(booking, wanted[booking.pk], order) for booking in bookings]


def _live(order: Order, keys: Iterable[int]) -> list[Booking]:
    confirmed = order.bookings.filter(pk__in=list(keys), status=Booking.Status.CONFIRMED)
    return list(confirmed.select_related("ticket_type", "event").order_by("pk"))


def _part(booking: Booking, tickets: list[Ticket], order: Order) -> Booking:
    if len(tickets) == booking.qty:
        return booking
    labels = [ticket.seat.label for ticket in tickets if ticket.seat]
    part = _twin(booking, len(tickets), labels, order)
    _shrink(booking, part)
    part.save(force_insert=True)
    Seat.objects.filter(reserved_booking=booking, label__in=labels).update(reserved_booking=part)
    Ticket.objects.filter(pk__in=[ticket.pk for ticket in tickets]).update(booking=part)
    return part


def _twin(booking: Booking, qty: int, labels: list[str], order: Order) -> Booking:
    """The split-off, not saved yet; of what went back already it takes its part."""
    copied = ("user", "event", "ticket_type", "unit_price", "list_price", "promo_code", "tax_rate", "promoted_at")
    return Booking(
        order=order,
        qty=qty,
        split_from_id=booking.split_from_id or booking.pk,
        status=booking.status,
        seat_labels=labels,
        given_back=_share(booking, qty, order.currency),
        **{name: getattr(booking, name) for name in copied},
    )


def _share(booking: Booking, qty: int, currency: str) -> Decimal:
    """What went back already of `qty` of its places: in proportion, but never more than they, or the others, cost."""
    share = currencies.rounded(booking.given_back * qty / booking.qty, currency)
    others = (booking.qty - qty) * booking.unit_price
    return max(min(share, qty * booking.unit_price), booking.given_back - others)


def _shrink(booking: Booking, part: Booking) -> None:
    booking.qty -= part.qty
    booking.given_back -= part.given_back
    booking.seat_labels = [label for label in booking.seat_labels if label not in part.seat_labels]
    booking.save(update_fields=["qty", "given_back", "seat_labels", "updated_at"])
