"""What is for sale, said in a few words."""

from decimal import Decimal

from django import template
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from bookings import resales, sales, transfers
from bookings.models import Booking, Order, Refund, Ticket, TicketType
from bookings.tickets import scanned_as
from eventify.lib import qr as qr_codes
from events.models import Event
from events.templatetags.say import money

register = template.Library()
FEW = 10  # places left that are worth saying
_GROUP = 4
_ORDER_WORDS = {
    Order.Status.PENDING: (gettext_lazy("To be paid"), "caution"),
    Order.Status.PAID: (gettext_lazy("Confirmed"), "positive"),
    Order.Status.CANCELLED: (gettext_lazy("Cancelled"), ""),
    Order.Status.REFUNDED: (gettext_lazy("Refunded"), "information"),
}

# What Refund.reason has when nobody gave one.
_REFUND_REASONS = {
    "order cancelled": gettext_lazy("Order cancelled"),
    "booking cancelled": gettext_lazy("Booking cancelled"),
    "tickets cancelled": gettext_lazy("Tickets cancelled"),
    "event cancelled": gettext_lazy("Event cancelled"),
    "given back to the queue": gettext_lazy("Given back to the queue"),
    "paid twice, too late or for a cancelled event": gettext_lazy("Paid twice, too late or for a cancelled event"),
}
_CALLED_OFF = {  # begins the reason when an event was called off
    "event_cancelled": gettext_lazy("Event cancelled"),
    "event_refunded": gettext_lazy("Money back for the whole event"),
}


@register.filter
def staff_page(event: Event, user) -> str:
    """The event's page in the command center, for who may see it there; empty for others."""
    is_for_them = user.is_authenticated and user.can("view_events", on=event)
    return reverse("desk-event", args=[event.uid]) if is_for_them else ""


@register.filter
def sale_line(event: Event) -> dict:
    """A card's price line and, where there is something to know, a pill with its tone."""
    if event.state == Event.State.CANCELLED:
        return {"pill": _("Cancelled"), "tone": "negative", "price": ""}
    shown = sales.shown_types(event)
    if not sales.is_open(event):
        return {"pill": _("Booking closed"), "tone": "", "price": ""}
    if sales.is_sold_out(event):
        return {"pill": _("Sold out"), "tone": "", "price": _("Join the waitlist")}
    left = sum(one.places_for_sale(event) for one in shown)
    few = bool(shown) and min(left, event.places_left) <= FEW
    return {"pill": _("Few left") if few else "", "tone": "caution", "price": price_from(event)}


@register.filter
def price_from(event: Event) -> str:
    """`From ₹500`, `₹500`, `Free` or `Free and up`: the least that a ticket costs; empty when none can be bought."""
    prices = sales.prices(event)
    if not prices:
        return ""
    if len(prices) > 1 and not min(prices):
        return _("Free and up")
    least = money(min(prices), event.currency)
    return least if len(prices) == 1 else _("From %(price)s") % {"price": least}


@register.filter
def left_line(ticket_type: TicketType, event: Event) -> str:
    """`Only 3 left` when few are left, else nothing."""
    left = ticket_type.places_for_sale(event)
    few = ngettext("Only %(left)s left", "Only %(left)s left", left) % {"left": left}
    return few if 0 < left <= FEW else ""


@register.filter
def least_line(ticket_type: TicketType) -> str:
    """`At least 2 in one order` where one must buy several at once, else nothing."""
    least = ticket_type.min_per_order
    return _("At least %(least)s in one order") % {"least": least} if least > 1 else ""


@register.filter
def order_state(order: Order) -> dict:
    """The state of an order (of queries.with_failed_refunds) as a word with its tone."""
    if order.is_overdue or order.has_expired:
        return {"word": _("Not paid in time"), "tone": ""}
    if order.status == Order.Status.REFUNDED and order.has_failed_refund:
        return {"word": _("Refund on its way"), "tone": "caution"}
    word, tone = _ORDER_WORDS[Order.Status(order.status)]
    return {"word": word, "tone": tone}


@register.filter
def order_word(order: Order) -> str:
    """What staff read of an order of queries.with_failed_refunds: its status, or that its money did not go back."""
    is_stuck = order.status == Order.Status.REFUNDED and order.has_failed_refund
    return "refund_failed" if is_stuck else order.status


@register.filter
def refund_reason(refund: Refund) -> str:
    """Why money goes back: our own words in the reader's language, those of people as they wrote them."""
    code, _colon, said = refund.reason.partition(": ")
    if code in _CALLED_OFF:
        return f"{_CALLED_OFF[code]}: {said}" if said else str(_CALLED_OFF[code])
    return str(_REFUND_REASONS.get(refund.reason, refund.reason))


@register.filter
def places(bookings: list[Booking]) -> str:
    """`3 tickets` for these bookings together."""
    total = sum(booking.qty for booking in bookings)
    return ngettext("%(total)s ticket", "%(total)s tickets", total) % {"total": total}


@register.filter
def seats(labels: list[str]) -> str:
    """`Seat E-3`, or `Seats E-3, E-4`."""
    return ngettext("Seat %(seats)s", "Seats %(seats)s", len(labels)) % {"seats": ", ".join(labels)}


@register.filter
def full_amount(booking: Booking) -> Decimal:
    """What the booking's places cost before a promo code."""
    return booking.amount if booking.list_price is None else booking.qty * booking.list_price


@register.filter
def can_pass_on(ticket: Ticket) -> bool:
    """Whether its holder may send it to somebody else now. Asks nothing about tickets of queries.with_ways."""
    return not transfers.why_not(ticket, ticket.event)


@register.filter
def can_give_back(ticket: Ticket) -> bool:
    """Whether its holder may give it back to the queue now. Asks nothing about tickets of queries.with_ways."""
    return not resales.why_not(ticket, ticket.event)


@register.filter
def grouped(code: str) -> str:
    """The code in groups of four, as people read it out."""
    return " ".join(code[start : start + _GROUP] for start in range(0, len(code), _GROUP))


@register.filter
def qr(ticket: Ticket) -> str:
    """What scanners read of the ticket as an inline SVG."""
    # Each mask is as good as the others: a signature looks like chance.
    return qr_codes.inline(
        scanned_as(ticket), _("QR code of ticket %(code)s") % {"code": grouped(ticket.ticket_code)}, mask=0
    )
