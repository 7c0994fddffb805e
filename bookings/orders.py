"""Selling: every sale, through whichever contract or page, runs through `place` or `book`.

Most are decided without a lock (bookings/at_once.py). The others here, in one short transaction under the locks of
the events (bookings/inventory.py). Refusals change nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.models import User
from bookings import at_once, cancelling, checkout, inventory, keys, promos, sales, seats, selling, waitlist
from bookings.models import Booking, Order, PromoCode, TicketType
from bookings.selling import Pick
from eventify.lib.errors import Invalid, Missing
from eventify.lib.personal import refusing_the_erased
from eventify.lib.prepared import Prepared
from events.models import Event

LINES_MAX = 50  # kinds of ticket in one order
T = TypeVar("T")


@dataclass(frozen=True)
class Line:
    """What is asked: places of one type, with the labels of the seats when they are chosen."""

    ticket_type: int
    qty: int
    seats: tuple[str, ...] = ()


def place(lines: list[Line], *, by: User, key: str = "", promo: str = "", at_checkout: bool = False) -> Order:
    """Buy several types, of several events if wished, all or nothing. Free orders are paid at once, others pending.

    With a key a retry returns the same order, a concurrent one too; another body under the key is KeyReused.
    `promo` is a code that must do something for one line. `at_checkout`: the buyer is asked for more before the order
    is paid or finished, so a free one is pending as well and no payment begins (bookings/carts.py).
    Raises Missing (no such type), NotOnSale, OverLimit, UnderLimit, SoldOut, SeatTaken, Invalid.
    """
    order = decide(lines, by=by, key=key, promo=promo, at_checkout=at_checkout)
    checkout.open_page(order)
    return order


def decide(lines: list[Line], *, by: User, key: str = "", promo: str = "", at_checkout: bool = False) -> Order:
    """`place`, but no provider is asked for a page: also for who only wants to know whether it is possible."""
    _check_lines(lines)
    keys.check(key)
    asked = [[line.ticket_type, line.qty, line.seats] for line in lines]
    keyed = {
        "idempotency_key": key,
        "fingerprint": keys.fingerprint([*asked, promos.spelled(promo)] if promo else asked),
    }
    order = None
    if not (promo or any(line.seats for line in lines)):
        wanted = {line.ticket_type: line.qty for line in lines}
        order = at_once.place(wanted, by=by, keyed=keyed, at_checkout=at_checkout)
    if order is None:
        event_of = _events_of(lines)
        attempt = partial(_place_locked, lines, event_of, by, keyed, promo=promo, at_checkout=at_checkout)
        order = _in_transaction(attempt, set(event_of.values()))
    return order


def _events_of(lines: list[Line]) -> dict[int, int]:
    """Type -> its event; Missing for a type of none, or of a draft."""
    known_types = TicketType.objects.filter(pk__in=[line.ticket_type for line in lines])
    event_of = dict(known_types.exclude(event__state=Event.State.DRAFT).values_list("pk", "event"))
    if any(line.ticket_type not in event_of for line in lines):
        raise Missing(_("There is no such ticket type."))
    return event_of


def _place_locked(lines: list[Line], event_of: dict, by: User, keyed: dict, *, promo: str, at_checkout: bool) -> Order:
    """An order decided under the locks of its events."""
    events = inventory.lock(event_of.values())
    key = keyed["idempotency_key"]
    known = key and Order.objects.filter(user=by, idempotency_key=key).first()
    if known:
        return keys.same(known, keyed["fingerprint"])
    picks = _with_promo([_pick(line, events[event_of[line.ticket_type]]) for line in lines], promo)
    return selling.sell(picks, by=by, at_checkout=at_checkout, **keyed)


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
    booking = decide_booking(event, qty, by=by, chosen=chosen, waitlist_too=waitlist_too, key=key)
    if booking.order:
        checkout.open_page(booking.order)
    return booking


def decide_booking(event: int, qty: int, *, by: User, chosen=(), waitlist_too=False, key="") -> Booking:
    """`book`, but no provider is asked for a page, as in `decide`."""
    keys.check(key)
    keyed = {"idempotency_key": key, "fingerprint": keys.fingerprint([qty, chosen, waitlist_too])}
    booking = None if chosen else at_once.book(event, qty, by=by, keyed=keyed, may_wait=waitlist_too)
    if booking is None:
        attempt = partial(_book_locked, event, qty, chosen, by, keyed, may_wait=waitlist_too)
        booking = _in_transaction(attempt, {event})
    return booking


_offered = Prepared(at_once.known_booking)


def _book_locked(event_id: int, qty: int, chosen: tuple[str, ...], by: User, keyed: dict, *, may_wait: bool) -> Booking:
    """A booking decided under the lock of the event."""
    event = inventory.lock([event_id])[event_id]
    types = _offered(event=event_id, user=by.pk, key=keyed["idempotency_key"])
    if types and types[0].known:
        return keys.same(Booking.objects.select_related("order").get(pk=types[0].known), keyed["fingerprint"])
    sales.check_open(event)
    ticket_type = selling.type_with_room(event, types, qty, chosen)
    try:
        return selling.sell([Pick(event, ticket_type, qty, chosen)], by=by, booking_key=keyed).bookings.all()[0]
    except inventory.SoldOut:  # raised before anything is written, so the transaction can go on
        if not may_wait or _held_overdue([event_id]).exists():
            raise
        event = inventory.lock([event_id])[event_id]  # as it is: places may have been counted that were not sold
    return waitlist.join(event, ticket_type, qty, by=by, takes_any_type=True, **keyed)


def _pick(line: Line, event: Event) -> Pick:
    sales.check_open(event)
    ticket_type = event.ticket_types.filter(pk=line.ticket_type).first()
    if ticket_type is None:  # deleted between the first look and the lock
        raise Missing(_("There is no such ticket type."))
    return Pick(event, ticket_type, line.qty, line.seats)


@refusing_the_erased()
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
