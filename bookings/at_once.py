"""Sales that are decided without a lock, and written by one statement which makes sure that nothing has changed since.

So buyers of one event stand in each other's way for the shortest time. Both verbs give None where the locks of the
events are needed (bookings/orders.py): the decision looks at seats, at the queue, at a waiting room, at what a person
has, or at several events; holds are overdue; or something has changed.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import TypeVar

from django.db import IntegrityError
from django.db.models import QuerySet, Subquery
from django.utils import timezone

from accounts.models import User
from bookings import cancelling, inventory, keys, sales, selling
from bookings.models import Booking, Order, TicketType
from bookings.selling import Pick
from eventify.lib import together
from eventify.lib.prepared import Param, Prepared
from events.models import Event

T = TypeVar("T", Order, Booking)


def known_booking() -> QuerySet[TicketType]:
    """The types of an event, each with `known`: the booking that this user's key has made there, in one round trip."""
    mine = Booking.objects.filter(user=Param("user"), event=Param("event"), idempotency_key=Param("key"))
    return TicketType.objects.filter(event=Param("event")).annotate(
        known=Subquery(mine.exclude(idempotency_key="").values("pk"))
    )


def _known_order(how_many: int) -> QuerySet[TicketType]:
    """So many types, each with `known`: the order that this user's key has made."""
    mine = Order.objects.filter(user=Param("user"), idempotency_key=Param("key"))
    types = TicketType.objects.filter(pk__in=[Param(f"type_{number}") for number in range(how_many)])
    return types.annotate(known=Subquery(mine.exclude(idempotency_key="").values("pk")))


def _with_event(types: QuerySet[TicketType]) -> QuerySet[TicketType]:
    """With the event, as far as it decides over a sale."""
    of_event = [*inventory.EVENT_DECIDES, "name", "capacity", "booked_count", "partner__status"]
    of_type = [*inventory.TYPE_DECIDES, "name", "quantity_total", "quantity_sold", "position"]
    return types.select_related("event__partner").only(*of_type, *(f"event__{name}" for name in of_event))


read_types = Prepared(lambda: _with_event(known_booking()))
_some_overdue = Prepared(
    lambda: cancelling.overdue(Param("now")).filter(bookings__event=Param("event")).values_list("pk")[:1]
)


@lru_cache(maxsize=50)
def _read_lines(how_many: int) -> Prepared:
    return Prepared(lambda: _with_event(_known_order(how_many)))


def book(event: int, qty: int, *, by: User, keyed: dict, may_wait: bool) -> Booking | None:
    """orders.book without chosen seats; `may_wait`: who finds no room wants to wait."""
    types = read_types(event=event, user=by.pk, key=keyed["idempotency_key"])
    if types and types[0].known:
        return keys.same(Booking.objects.select_related("order").get(pk=types[0].known), keyed["fingerprint"])
    if not types or not _is_simple(types):
        return None

    def attempt() -> Booking:
        found = types[0].event
        sales.check_open(found)
        pick = Pick(found, selling.type_with_room(found, types, qty), qty)
        return selling.sell([pick], by=by, booking_key=keyed, is_locked=False).bookings.all()[0]

    return _unless_changed(attempt, event, may_wait=may_wait)


def place(wanted: dict[int, int], *, by: User, keyed: dict, at_checkout: bool) -> Order | None:
    """orders.place of so many places of each type (by id), without seats and without a promo code."""
    asked = {f"type_{number}": ticket_type for number, ticket_type in enumerate(wanted)}
    types = {one.pk: one for one in _read_lines(len(wanted))(user=by.pk, key=keyed["idempotency_key"], **asked)}
    known = next((one.known for one in types.values()), None)
    if known:
        return keys.same(Order.objects.get(pk=known), keyed["fingerprint"])
    events = {one.event_id: one.event for one in types.values()}
    if len(types) != len(wanted) or len(events) != 1 or not _is_simple(list(types.values())):
        return None
    [event] = events.values()

    def attempt() -> Order:
        sales.check_open(event)
        picks = [Pick(event, types[ticket_type], qty) for ticket_type, qty in wanted.items()]
        return selling.sell(picks, by=by, at_checkout=at_checkout, is_locked=False, **keyed)

    return _unless_changed(attempt, event.pk)


def _is_simple(types: list[TicketType]) -> bool:
    event = types[0].event
    is_plain = event.seating == Event.Seating.NONE and event.state != Event.State.DRAFT and not event.waitlisted_count
    is_plain = is_plain and not event.has_waiting_room
    return is_plain and not any(one.max_per_person for one in types)


def _unless_changed(attempt: Callable[[], T], event: int, *, may_wait=False) -> T | None:
    try:
        with together.alone():
            return attempt()
    except inventory.SoldOut:
        if may_wait or _some_overdue(event=event, now=timezone.now()):
            return None
        raise
    except (together.Stale, IntegrityError):  # of the constraints: a twin with the same key was faster
        return None
