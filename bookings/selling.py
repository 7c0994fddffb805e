"""One sale, whoever decided that it may be: what is checked of it, and the rows that it leaves.

bookings/orders.py sells under the locks of the events, bookings/at_once.py without.
"""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from django.conf import settings
from django.db.models import Model
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import mail
from accounts.models import User
from bookings import checkout, inventory, promos, sales, seats, tickets, waitlist
from bookings.models import Booking, Order, PromoCode, Seat, TicketType
from bookings.waiting_room import gate
from eventify.lib import together
from eventify.lib.errors import Invalid
from events.models import Event


@dataclass(frozen=True)
class Pick:
    """A line with its rows; `promo` when the code does something for its type."""

    event: Event
    ticket_type: TicketType
    qty: int
    seats: tuple[str, ...] = ()
    promo: PromoCode | None = None

    @property
    def price(self) -> Decimal:
        return promos.price(self.ticket_type, self.promo)


def type_with_room(event: Event, types: list[TicketType], qty: int, chosen: tuple[str, ...] = ()) -> TicketType:
    """The first type that sells so many places now, or the first on sale when none has room; NotOnSale without any.

    Types of which one must buy more are left out, unless there is no other.
    """
    on_sale = [one for one in types if not sales.why_type_closed(one)]
    if not on_sale:
        raise sales.NotOnSale(_("%(event)s has no tickets on sale.") % {"event": event.name})
    if chosen and any(one.area for one in on_sale):
        on_sale = _for_seats(event, on_sale, chosen)
    on_sale = [one for one in on_sale if one.min_per_order <= qty] or on_sale
    return next((t for t in on_sale if t.places_left(event) >= qty), on_sale[0])


def _for_seats(event: Event, types: list[TicketType], chosen: tuple[str, ...]) -> list[TicketType]:
    """The types that are for all these seats."""
    areas = seats.areas_of(event, chosen)
    found = [one for one in types if not one.area or {one.area} == areas]
    if found:
        return found
    if len(areas) > 1:
        raise Invalid.field("seat_ids", _("These seats are in areas with their own prices. Book each area by itself."))
    raise sales.NotOnSale(_("%(event)s has no tickets on sale for these seats.") % {"event": event.name})


def sell(
    picks: list[Pick], *, by: User, booking_key: dict | None = None, at_checkout=False, is_locked=True, **order_key
) -> Order:
    """Check the picks and write the order with its bookings, and with tickets and mail when it is paid.

    Their events are locked; when not (`is_locked`), they are one without seats, and no promo code is used:
    together.Stale then says that something has changed since it was read. Raises gate.MustWait, NotOnSale, OverLimit,
    UnderLimit, SoldOut, SeatTaken, Invalid, before anything is written.
    """
    if len({pick.event.currency for pick in picks}) > 1:
        raise Invalid.field("ticket_items", _("Tickets in different currencies cannot share an order."))
    admissions = gate.admissions(dict.fromkeys(pick.event for pick in picks), by)
    for pick in picks:
        _check(pick, by)
        inventory.count(pick.event, pick.ticket_type, pick.qty)
    for promo, places in _uses(picks).items():
        promos.take(promo, places, by=by)
    order = _new_order(picks, by, order_key, at_checkout)
    taken = [(pick.event, pick.ticket_type, pick.qty) for pick in picks]
    counted = inventory.counted(taken) if is_locked else inventory.guarded(taken)
    rows: list[Model] = [order]
    sold: list[tuple[Booking, list[Seat]]] = []
    for pick in picks:
        its_seats = seats.choose(pick.event, pick.qty, pick.seats, is_together=at_checkout, area=pick.ticket_type.area)
        booking = _new_booking(pick, order, its_seats, booking_key or {})
        rows.append(booking)
        if its_seats:  # held at once, for the next pick chooses among those that are left
            together.write(rows, counted)
            seats.hold(its_seats, booking)
            rows, counted = [], []
        sold.append((booking, its_seats))
    together.write([*rows, *_that_follow(order, sold, at_checkout)], counted)
    gate.use(admissions, order)
    _remember(order, [booking for booking, _seats in sold])
    return order


def _that_follow(order: Order, sold: list[tuple[Booking, list[Seat]]], at_checkout: bool) -> list[Model]:
    """What comes with an order that is paid (tickets and their mail), or that is to be paid (the payment)."""
    if order.status == Order.Status.PAID:
        issued = [ticket for booking, its_seats in sold for ticket in tickets.made(booking, its_seats)]
        told = {"order": str(order.uid), "event": sold[0][0].event.name, "qty": len(issued)}
        return [*issued, mail.owed("tickets", order.mail_to, **told)]
    return [] if at_checkout else [checkout.begun(order)]


def _remember(order: Order, made: list[Booking]) -> None:
    """Spare the caller a query for what was just written, as prefetch_related would."""
    rows = order.bookings.all()
    rows._result_cache, rows._prefetch_done = made, True
    order._prefetched_objects_cache = {"bookings": rows}


def _check(pick: Pick, by: User) -> None:
    sales.check_type(pick.ticket_type, is_unlocked=promos.unlocks(pick.promo, pick.ticket_type))
    sales.check_quantity(pick.ticket_type, pick.qty, by)
    sales.check_least(pick.ticket_type, pick.qty)
    if pick.seats and not len(pick.seats) == len(set(pick.seats)) == pick.qty:
        raise Invalid.field("seat_ids", _("Choose exactly as many seats as places."))
    waitlist.check_newcomer(pick.event, pick.ticket_type)


def _uses(picks: list[Pick]) -> dict[PromoCode, int]:
    """Promo code -> how many places are bought with it."""
    uses: dict[PromoCode, int] = {}
    for pick in picks:
        if pick.promo:
            uses[pick.promo] = uses.get(pick.promo, 0) + pick.qty
    return uses


def _new_order(picks: list[Pick], by: User, key: dict, at_checkout: bool) -> Order:
    total = sum((pick.qty * pick.price for pick in picks), Decimal(0))
    now = timezone.now()
    if total == 0 and not at_checkout:
        state = {"status": Order.Status.PAID, "paid_at": now, "payment_method": "free"}
    else:
        state = {"expires_at": now + timedelta(minutes=settings.EVENTIFY_HOLD_MINUTES)}
    return Order(user=by, total_amount=total, currency=picks[0].event.currency, **state, **key)


def _new_booking(pick: Pick, order: Order, chosen: list[Seat], key: dict) -> Booking:
    paid = order.status == Order.Status.PAID
    return Booking(
        user_id=order.user_id,
        event=pick.event,
        ticket_type=pick.ticket_type,
        order=order,
        qty=pick.qty,
        unit_price=pick.price,
        list_price=pick.ticket_type.price if pick.promo else None,
        promo_code=pick.promo,
        tax_rate=pick.ticket_type.tax_rate,
        status=Booking.Status.CONFIRMED if paid else Booking.Status.PENDING,
        seat_labels=seats.labels_of(chosen),
        **key,
    )
