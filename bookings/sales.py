"""Whether something may be sold at all: state, windows and limits, judged on the server."""

from decimal import Decimal

from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from bookings.models import Booking, Ticket, TicketType
from eventify.lib.errors import Because, Conflict, Invalid
from eventify.lib.wire import moment
from events import states
from events.models import Event

QTY_MAX = 1000  # places in one booking
LEAST_MAX = 20  # places that one may have to buy at once: what the lists of numbers on the pages hold


class NotOnSale(Conflict):
    """The event, or this kind of ticket, cannot be booked now; the sentence says why."""

    code = "not_on_sale"


class OverLimit(Conflict):
    """More than one order or one person may have."""

    code = "over_limit"
    kind = "limit"


class UnderLimit(Conflict):
    """Fewer than one must buy at once."""

    code = "under_limit"
    kind = "limit"


def is_open(event: Event) -> bool:
    """Whether the event takes bookings (its ticket types may still say no)."""
    return not why_closed(event)


def why_closed(event: Event) -> str:
    """The sentence that says why the event takes no bookings; empty when it does."""
    if event.state == Event.State.CANCELLED:
        return Because("event_cancelled", _("%(event)s is cancelled.") % {"event": event.name})
    if event.state not in states.ON_SALE or not event.is_bookable or not event.partner.may_trade:
        return Because("event_not_open", _("%(event)s is not open for booking.") % {"event": event.name})
    if event.is_over:
        return Because("event_over", _("%(event)s is over.") % {"event": event.name}, ended_at=moment(event.ends_at))
    return ""


def check_open(event: Event) -> None:
    """NotOnSale when the event takes no bookings."""
    sentence = why_closed(event)
    if sentence:
        raise NotOnSale(sentence)


def why_type_closed(ticket_type: TicketType, *, is_unlocked: bool = False) -> str:
    """The sentence that says why this type is not sold now; empty when it is. A promo code may unlock a hidden one."""
    now = timezone.now()
    what = {"type": ticket_type.shown_name}
    on_sale = (TicketType.Status.ACTIVE, TicketType.Status.HIDDEN) if is_unlocked else (TicketType.Status.ACTIVE,)
    if ticket_type.status not in on_sale:
        return Because("type_not_on_sale", _("%(type)s is not on sale.") % what)
    if ticket_type.sales_start_at and now < ticket_type.sales_start_at:
        sentence, starts_at = _("The sale of %(type)s has not started yet."), moment(ticket_type.sales_start_at)
        return Because("sale_not_started", sentence % what, starts_at=starts_at)
    if ticket_type.sales_end_at and now >= ticket_type.sales_end_at:
        sentence, ended_at = _("The sale of %(type)s has ended."), moment(ticket_type.sales_end_at)
        return Because("sale_ended", sentence % what, ended_at=ended_at)
    return ""


def shown_types(event: Event) -> list[TicketType]:
    """The kinds of ticket that buyers see. Uses prefetched ticket types, as all that follows here."""
    return [one for one in event.ticket_types.all() if one.status != TicketType.Status.HIDDEN]


def is_sold_out(event: Event) -> bool:
    """Whether nothing is left of all that is sold now or later; a type whose sale has ended does not count."""
    now = timezone.now()
    offered = [one for one in shown_types(event) if not (one.sales_end_at and one.sales_end_at <= now)]
    return bool(offered) and all(one.shown_status(event) == TicketType.Status.SOLD_OUT for one in offered)


def prices(event: Event) -> set[Decimal]:
    """What a ticket costs that can be bought now; empty when there is none."""
    return {one.price for one in shown_types(event) if not why_type_closed(one) and one.places_for_sale(event)}


def check_type(ticket_type: TicketType, *, is_unlocked: bool = False) -> None:
    """NotOnSale outside the sale window of the type, when its sale is stopped, or it is hidden and not unlocked."""
    sentence = why_type_closed(ticket_type, is_unlocked=is_unlocked)
    if sentence:
        raise NotOnSale(sentence)


def check_least(ticket_type: TicketType, qty: int) -> None:
    """UnderLimit for fewer places than one must buy at once. A rule of the sale alone: tickets are passed on, given
    back and cancelled one by one, and who waited or paid late has what was promised.
    """
    if qty < ticket_type.min_per_order:
        what = {"type": ticket_type.shown_name, "least": ticket_type.min_per_order}
        sentence = _("At least %(least)s of %(type)s in one order.") % what
        raise UnderLimit(Because("order_minimum", sentence, limit=ticket_type.min_per_order, asked=qty))


def check_quantity(ticket_type: TicketType, qty: int, by: User) -> None:
    """Invalid for an impossible number; OverLimit past the limits per order and per person (under the event's lock)."""
    if not 1 <= qty <= QTY_MAX:
        raise Invalid.field("quantity", _("Choose from 1 to %(most)s places.") % {"most": QTY_MAX})
    what = {"type": ticket_type.shown_name, "most": ticket_type.max_per_order}
    if ticket_type.max_per_order and qty > ticket_type.max_per_order:
        sentence = _("At most %(most)s of %(type)s in one order.") % what
        raise OverLimit(Because("order_limit", sentence, limit=ticket_type.max_per_order, asked=qty))
    held = _held(ticket_type, by) if ticket_type.max_per_person else 0
    if ticket_type.max_per_person and qty + held > ticket_type.max_per_person:
        what["most"] = ticket_type.max_per_person
        sentence = _("At most %(most)s of %(type)s per person.") % what
        raise OverLimit(Because("person_limit", sentence, limit=what["most"], held=held, asked=qty))


def _held(ticket_type: TicketType, by: User) -> int:
    """What they booked or wait for, passed on or not, and what was passed on to them."""
    mine = Booking.objects.filter(user=by, ticket_type=ticket_type).exclude(status=Booking.Status.CANCELLED)
    got = Ticket.objects.filter(user=by, ticket_type=ticket_type).exclude(booking__user=by)
    got = got.exclude(status=Ticket.Status.CANCELLED)
    return (mine.aggregate(places=Sum("qty"))["places"] or 0) + got.count()
