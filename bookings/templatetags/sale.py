"""What is for sale, said in a few words."""

from decimal import Decimal

import segno
from django import template
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from bookings import sales
from bookings.models import Booking, Order, Ticket, TicketType
from bookings.tickets import scanned_as
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
    left = sum(one.places_left(event) for one in shown)
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
    left = ticket_type.places_left(event)
    few = ngettext("Only %(left)s left", "Only %(left)s left", left) % {"left": left}
    return few if 0 < left <= FEW else ""


@register.filter
def order_state(order: Order) -> dict:
    """The order's state as a word with its tone."""
    if order.is_overdue or order.has_expired:
        return {"word": _("Not paid in time"), "tone": ""}
    word, tone = _ORDER_WORDS[Order.Status(order.status)]
    return {"word": word, "tone": tone}


@register.filter
def places(bookings: list[Booking]) -> str:
    """`3 tickets` for these bookings together."""
    total = sum(booking.qty for booking in bookings)
    return ngettext("%(total)s ticket", "%(total)s tickets", total) % {"total": total}


@register.filter
def full_amount(booking: Booking) -> Decimal:
    """What the booking's places cost before a promo code."""
    return booking.amount if booking.list_price is None else booking.qty * booking.list_price


@register.filter
def grouped(code: str) -> str:
    """The code in groups of four, as people read it out."""
    return " ".join(code[start : start + _GROUP] for start in range(0, len(code), _GROUP))


@register.filter
def qr(ticket: Ticket) -> str:
    """What scanners read of the ticket as an inline SVG; the stylesheet gives it white paper in the dark, too."""
    # Choosing the mask takes most of the time, and each is as good as the others: a signature looks like chance.
    picture = segno.make(scanned_as(ticket), error="m", micro=False, mask=0)
    label = _("QR code of ticket %(code)s") % {"code": grouped(ticket.ticket_code)}
    svg = picture.svg_inline(border=2, omitsize=True, svgclass=None, lineclass=None)
    # The markup is segno's and the label is ours: letters, digits and spaces.
    return mark_safe(svg.replace("<svg", f'<svg role="img" aria-label="{label}"', 1))
