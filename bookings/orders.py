"""Selling: every sale, through whichever contract or page, runs through `place` or `book`.

One short transaction under the locks of the events (bookings/inventory.py). Refusals change nothing.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import TypeVar

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Model, QuerySet, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import mail
from accounts.models import User
from bookings import cancelling, checkout, inventory, promos, sales, seats, tickets, waitlist
from bookings.models import Booking, Order, PromoCode, Seat, TicketType
from eventify.lib import together
from eventify.lib.errors import Invalid, Missing
from eventify.lib.prepared import Param, Prepared
from events.models import Event

KEY_MAX = 255  # characters of an idempotency key
LINES_MAX = 50  # kinds of ticket in one order
T = TypeVar("T", Order, Booking)


class KeyReused(Invalid):
    """The idempotency key was used for something else before (422)."""

    code = "key_reused"


@dataclass(frozen=True)
class Line:
    """What is asked: places of one type, with the labels of the seats when they are chosen."""

    ticket_type: int
    qty: int
    seats: tuple[str, ...] = ()


@dataclass(frozen=True)
class Pick:
    """A line with its rows, under the lock; `promo` when the code does something for its type."""

    event: Event
    ticket_type: TicketType
    qty: int
    seats: tuple[str, ...] = ()
    promo: PromoCode | None = None

    @property
    def price(self) -> Decimal:
        return promos.price(self.ticket_type, self.promo)


def place(lines: list[Line], *, by: User, key: str = "", promo: str = "", at_checkout: bool = False) -> Order:
    """Buy several types, of several events if wished, all or nothing. Free orders are paid at once, others pending.

    With a key a retry returns the same order, a concurrent one too; another body under the key is KeyReused.
    `promo` is a code that must do something for one line. `at_checkout`: the buyer is asked for more before the order
    is paid or finished, so a free one is pending as well and no payment begins (bookings/carts.py).
    Raises Missing (no such type), NotOnSale, OverLimit, SoldOut, SeatTaken, Invalid.
    """
    _check_lines(lines)
    _check_key(key)
    asked = [[line.ticket_type, line.qty, line.seats] for line in lines]
    fingerprint = _fingerprint([*asked, promos.spelled(promo)] if promo else asked)
    known_types = TicketType.objects.filter(pk__in=[line.ticket_type for line in lines])
    event_of = dict(known_types.exclude(event__state=Event.State.DRAFT).values_list("pk", "event"))
    if any(line.ticket_type not in event_of for line in lines):
        raise Missing(_("There is no such ticket type."))

    def attempt() -> Order:
        events = inventory.lock(event_of.values())
        known = key and Order.objects.filter(user=by, idempotency_key=key).first()
        if known:
            return _same(known, fingerprint)
        picks = _with_promo([_pick(line, events[event_of[line.ticket_type]]) for line in lines], promo)
        return _sell(picks, by=by, at_checkout=at_checkout, idempotency_key=key, fingerprint=fingerprint)

    order = _in_transaction(attempt, set(event_of.values()))
    checkout.open_page(order)
    return order


def _with_promo(picks: list[Pick], code: str) -> list[Pick]:
    """The picks, each with the code of its event where that does something. Invalid when it does nothing at all."""
    if not code:
        return picks
    found = {event: promos.known(event, code) for event in dict.fromkeys(pick.event for pick in picks)}
    known = {event: promo for event, promo in found.items() if promo}
    if not known:
        promos.find(picks[0].event, code)
    sentences = [promos.why_not(promo) for promo in known.values()]
    if all(sentences):
        raise Invalid.field(promos.FIELD, sentences[0])
    good = {event: promo for event, promo in known.items() if not promos.why_not(promo)}
    made = [_covered(pick, good.get(pick.event)) for pick in picks]
    if not any(pick.promo for pick in made):
        raise Invalid.field(promos.FIELD, _("This code is for other tickets."))
    return made


def _covered(pick: Pick, promo: PromoCode | None) -> Pick:
    return replace(pick, promo=promo) if promo and promos.covers(promo, pick.ticket_type) else pick


def book(event: int, qty: int, *, by: User, chosen: tuple[str, ...] = (), waitlist_too=False, key="") -> Booking:
    """Book places at the event of this id, of its first type that has room (002); when full, join the queue if wished.

    `chosen` are seat labels. The key is scoped to user and event: a retry returns the same booking.
    Raises as `place` does.
    """
    _check_key(key)
    fingerprint = _fingerprint([qty, chosen, waitlist_too])

    def attempt() -> Booking:
        locked = inventory.lock([event])[event]
        types = _offered(event=event, user=by.pk, key=key)
        if types and types[0].known:
            return _same(Booking.objects.select_related("order").get(pk=types[0].known), fingerprint)
        keyed = {"idempotency_key": key, "fingerprint": fingerprint}
        return _book_locked(locked, types, qty, chosen, by, waitlist_too, keyed)

    booking = _in_transaction(attempt, {event})
    if booking.order:
        checkout.open_page(booking.order)
    return booking


def _with_known() -> QuerySet[TicketType]:
    """The types of an event, each with `known`: the booking that this user's key has made there, in one round trip."""
    mine = Booking.objects.filter(user=Param("user"), event=Param("event"), idempotency_key=Param("key"))
    return TicketType.objects.filter(event=Param("event")).annotate(
        known=Subquery(mine.exclude(idempotency_key="").values("pk"))
    )


_offered = Prepared(_with_known)


def _book_locked(event, types, qty, chosen, by, waitlist_too, keyed) -> Booking:
    sales.check_open(event)
    ticket_type = _type_with_room(event, types, qty, chosen)
    pick = Pick(event, ticket_type, qty, chosen)
    try:
        return _sell([pick], by=by, booking_key=keyed).bookings.all()[0]
    except inventory.SoldOut:  # raised before anything is written, so the transaction can go on
        if not waitlist_too or _held_overdue([event.pk]).exists():
            raise
        event = inventory.lock([event.pk])[event.pk]  # as it is: places may have been counted that were not sold
    return waitlist.join(event, ticket_type, qty, by=by, takes_any_type=True, **keyed)


def _type_with_room(event: Event, types: list[TicketType], qty: int, chosen: tuple[str, ...]) -> TicketType:
    on_sale = [one for one in types if not sales.why_type_closed(one)]
    if not on_sale:
        raise sales.NotOnSale(_("%(event)s has no tickets on sale.") % {"event": event.name})
    if chosen and any(one.area for one in on_sale):
        on_sale = _for_seats(event, on_sale, chosen)
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


def _pick(line: Line, event: Event) -> Pick:
    sales.check_open(event)
    ticket_type = event.ticket_types.filter(pk=line.ticket_type).first()
    if ticket_type is None:  # deleted between the first look and the lock
        raise Missing(_("There is no such ticket type."))
    return Pick(event, ticket_type, line.qty, line.seats)


def _sell(picks: list[Pick], *, by: User, booking_key: dict | None = None, at_checkout=False, **order_key) -> Order:
    if len({pick.event.currency for pick in picks}) > 1:
        raise Invalid.field("ticket_items", _("Tickets in different currencies cannot share an order."))
    for pick in picks:
        _check(pick, by)
        inventory.count(pick.event, pick.ticket_type, pick.qty)
    for promo, places in _uses(picks).items():
        promos.take(promo, places, by=by)
    order = _new_order(picks, by, order_key, at_checkout)
    counted = inventory.counted((pick.event, pick.ticket_type, pick.qty) for pick in picks)
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


def _in_transaction(attempt: Callable[[], T], event_ids: set[int]) -> T:
    """Run the attempt; while stock is short and holds are overdue (beat may not have run), let them go and try again.

    A retried key that lost the race to its twin finds the twin's row on the next try.
    """
    while True:
        try:
            with transaction.atomic():
                return _unless_overdue(attempt, event_ids)
        except _HoldsOverdue as found:
            cancelling.expire_overdue(found.orders)
        except IntegrityError as error:
            if "once_per_key" not in str(error):
                raise


class _HoldsOverdue(Exception):
    """Stock is short, but these orders hold some of it past their deadline."""

    def __init__(self, orders):
        super().__init__()
        self.orders = orders


def _unless_overdue(attempt: Callable[[], T], event_ids: set[int]) -> T:
    try:
        return attempt()
    except (inventory.SoldOut, seats.SeatTaken, promos.UsedUp):
        # Asked under the locks: once they are gone another buyer may have let the holds go, unseen by us.
        overdue = _held_overdue(event_ids)
        if overdue.exists():
            raise _HoldsOverdue(overdue) from None
        raise


def _held_overdue(event_ids):
    return cancelling.overdue().filter(bookings__event__in=event_ids).distinct()


def _check_lines(lines: list[Line]) -> None:
    if not 1 <= len(lines) <= LINES_MAX:
        raise Invalid.field("ticket_items", _("Choose from 1 to %(most)s kinds of ticket.") % {"most": LINES_MAX})
    if len({line.ticket_type for line in lines}) != len(lines):
        raise Invalid.field("ticket_items", _("Name each ticket type once, with its quantity."))


def _check_key(key: str) -> None:
    if len(key) > KEY_MAX or "\x00" in key:
        raise Invalid.field("Idempotency-Key", _("Use at most %(most)s characters.") % {"most": KEY_MAX})


def _fingerprint(asked) -> str:
    return hashlib.sha256(json.dumps(asked).encode()).hexdigest()


def _same(known: T, fingerprint: str) -> T:
    if known.fingerprint != fingerprint:
        raise KeyReused(_("This Idempotency-Key was used for another request. Use a new one."))
    return known
