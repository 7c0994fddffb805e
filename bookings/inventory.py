"""Stock: the one place that takes places and gives them back.

Lock order everywhere: event rows by id, then the order, then bookings and seats. Whoever changes an event's
counters, its ticket types' counters, its seats or its queue holds the event's row (FOR NO KEY UPDATE, so that
inserts that refer to the event do not wait), or changes it first in one statement that makes sure that what was
decided on still holds (`guarded`). The CHECK constraints of the tables are the second guard.
"""

from collections.abc import Iterable

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bookings.models import Booking, TicketType
from eventify.lib.errors import Because, Conflict, Invalid
from eventify.lib.together import Counted
from events.locking import lock as lock  # the verbs here and their tests say inventory.lock
from events.models import Event
from events.signals import event_changed

CAPACITY_MAX = 1_000_000  # places of one event or type

# What decides over a sale, besides the counters: who decided without a lock has it looked at again when it is written.
EVENT_DECIDES = ("partner", "state", "is_bookable", "ends_at", "currency", "seating", "waitlisted_count")
EVENT_DECIDES += ("has_waiting_room",)
TYPE_DECIDES = ("status", "sales_start_at", "sales_end_at", "max_per_order", "max_per_person", "price", "tax_rate")
TYPE_DECIDES += ("area", "min_per_order")


class SoldOut(Conflict):
    """There are not enough places left, or those that are left belong to the waitlist."""

    code = "sold_out"
    kind = "limit"
    message = gettext_lazy("Not enough places left.")


class CapacityTooSmall(Conflict):
    """More places than that are booked already."""

    code = "capacity_below_booked"
    kind = "limit"


def take(event: Event, ticket_type: TicketType, places: int) -> None:
    """Take places out of the stock of a locked event; SoldOut when there are too few. Nothing is taken then."""
    count(event, ticket_type, places)
    _write(event, ticket_type, places)


def count(event: Event, ticket_type: TicketType, places: int) -> None:
    """`take`, but for the rows: the caller writes what `counted` says together with what it sells."""
    count_quietly(event, ticket_type, places)
    announce(event)


def count_quietly(event: Event, ticket_type: TicketType, places: int) -> None:
    """`count` for who sells many times in one transaction, and announces it once."""
    if places > ticket_type.places_left(event):
        left = ticket_type.places_left(event)
        raise SoldOut(Because("sold_out", _sold_out_sentence(event, ticket_type), left=left, asked=places), left=left)
    _remember(event, ticket_type, places)


def counted(taken: Iterable[tuple[Event, TicketType, int]], *, promoted: int = 0) -> list[Counted]:
    """How the counters of the rows grow by these places, each row once; `promoted`: places that leave the queue."""
    events: dict[Event, int] = {}
    types: dict[TicketType, int] = {}
    for event, ticket_type, places in taken:
        events[event] = events.get(event, 0) + places
        types[ticket_type] = types.get(ticket_type, 0) + places
    return [
        *(Counted(event, {"booked_count": n, "waitlisted_count": -promoted}) for event, n in events.items()),
        *(Counted(one, {"quantity_sold": places}) for one, places in types.items()),
    ]


def guarded(taken: list[tuple[Event, TicketType, int]]) -> list[Counted]:
    """`counted` for types of one event that are not locked: together.Stale when something decided on has changed."""
    in_event, in_type = (("booked_count", "capacity"),), (("quantity_sold", "quantity_total"),)
    return [
        Counted(taken[0][0], {"booked_count": sum(places for _event, _type, places in taken)}, in_event, EVENT_DECIDES),
        *(Counted(one, {"quantity_sold": places}, in_type, TYPE_DECIDES) for _event, one, places in taken),
    ]


def put_back(booking: Booking, event: Event) -> None:
    """Return the places of a booking (and its seats) to the stock of the locked event.

    Only `waitlist.release` calls this: a freed place goes to the queue in the same transaction.
    """
    booking.seats.update(reserved_booking=None)
    _remember(event, booking.ticket_type, -booking.qty)
    _write(event, booking.ticket_type, -booking.qty)
    announce(event)


def _write(event: Event, ticket_type: TicketType, places: int) -> None:
    Event.objects.filter(pk=event.pk).update(booked_count=F("booked_count") + places)
    TicketType.objects.filter(pk=ticket_type.pk).update(quantity_sold=F("quantity_sold") + places)


def _remember(event: Event, ticket_type: TicketType, places: int) -> None:
    event.booked_count += places
    ticket_type.quantity_sold += places
    if ticket_type.__dict__.get("area_free") is not None:
        ticket_type.area_free -= places


def _sold_out_sentence(event: Event, ticket_type: TicketType) -> str:
    left = ticket_type.places_left(event)
    what = f"{event.name}, {ticket_type.shown_name}"
    if left:
        return _("%(what)s: only %(left)s left.") % {"what": what, "left": left}
    return _("%(what)s is sold out.") % {"what": what}


def set_capacity(event: Event, capacity: int) -> None:
    """Set the capacity of a locked event; CapacityTooSmall below what is booked. The caller lets the queue move."""
    if not 0 <= capacity <= CAPACITY_MAX:
        raise Invalid.field("capacity", _("Use a capacity from 0 to %(most)s.") % {"most": f"{CAPACITY_MAX:,}"})
    if capacity < event.booked_count:
        raise CapacityTooSmall(
            _("%(booked)s places are booked already; the capacity cannot be less.") % {"booked": event.booked_count},
            booked_count=event.booked_count,
        )
    Event.objects.filter(pk=event.pk).update(capacity=capacity)
    event.capacity = capacity
    announce(event)


def announce(event: Event) -> None:
    """Tell, after the commit, that the event's stock has changed (cached summaries go)."""
    transaction.on_commit(lambda: event_changed.send(Event, event=event), robust=True)
