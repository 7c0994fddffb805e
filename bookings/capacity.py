"""How many places an event has. Growing lets the queue move, and the automatic seat grid grow; shrinking never
takes a place that is booked."""

from django.db import transaction
from django.db.models import Sum

from accounts import audit
from accounts.models import User
from bookings import inventory, seats, waitlist
from events.models import Event


@transaction.atomic
def change(event: Event, places: int, *, by: User) -> Event:
    """Give the event a capacity of its own. CapacityTooSmall below what is booked; Invalid out of range."""
    event = inventory.lock([event.pk])[event.pk]
    Event.objects.filter(pk=event.pk).update(is_capacity_fixed=True)
    event.is_capacity_fixed = True
    before = event.capacity
    _apply(event, places)
    audit.record("CHANGED_CAPACITY", event, by=by, before=before, after=places)
    return event


def follow_types(event: Event) -> None:
    """Give a locked event the capacity that its ticket types add up to, unless it has one of its own.

    Also lets the queue move, for a type may have grown.
    """
    if event.is_capacity_fixed:
        waitlist.promote(event)
        return
    _apply(event, event.ticket_types.aggregate(total=Sum("quantity_total"))["total"] or 0)


def _apply(event: Event, places: int) -> None:
    inventory.set_capacity(event, places)
    seats.regrow(event)
    waitlist.promote(event)
