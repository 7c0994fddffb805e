"""The kinds of tickets of an event: made, changed and removed under the event's lock, for they are its stock."""

from collections.abc import Iterable
from decimal import Decimal

from django.db import transaction
from django.db.models import ProtectedError
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import User
from bookings import areas, capacity, inventory, sales
from bookings.door import keys
from bookings.models import TicketType
from bookings.models.selling import GENERAL as GENERAL
from eventify.lib.errors import Because, Conflict, Invalid, Missing
from events.models import Event

PRICE_MAX = Decimal("1000000")


@transaction.atomic
def create(event: Event, *, by: User | None, **fields) -> TicketType:
    """Add a type; an event whose capacity is not fixed grows by it. With its first one it gets the key that signs.

    A `uid` among the fields makes it once: a form that is sent twice finds what it made.
    """
    event = inventory.lock([event.pk])[event.pk]
    made = event.ticket_types.filter(uid=fields["uid"]).first() if "uid" in fields else None
    if made:
        return made
    ticket_type = TicketType(event=event, **fields)
    _check(ticket_type)
    _check_area(ticket_type, event)
    ticket_type.save(force_insert=True)
    keys.signing(event)
    capacity.follow_types(event)
    audit.record("CREATED_TICKET_TYPE", ticket_type, by=by, event=event.pk)
    return ticket_type


@transaction.atomic
def change(ticket_type: TicketType, *, by: User, **changes) -> TicketType:
    """Change a type; what is sold keeps its price. More of it moves the queue.

    CapacityTooSmall when its total would be less than what is sold; AreaInUse when seats elsewhere are sold with it.
    """
    event = inventory.lock([ticket_type.event_id])[ticket_type.event_id]
    ticket_type = TicketType.objects.get(pk=ticket_type.pk)
    for name, value in changes.items():
        setattr(ticket_type, name, value)
    _check(ticket_type)
    if "area" in changes:
        _check_area(ticket_type, event)
    ticket_type.save(update_fields=[*changes, "updated_at"])
    if "area" in changes:
        areas.check(event)
        del ticket_type.area_free  # of the area that it had
    ticket_type.event = event
    capacity.follow_types(event)
    audit.record("CHANGED_TICKET_TYPE", ticket_type, by=by, fields=sorted(changes))
    return ticket_type


@transaction.atomic
def move(ticket_type: TicketType, steps: int, *, by: User) -> None:
    """Move a type so many steps down the list that buyers read (up: below zero), as far as it goes."""
    event = inventory.lock([ticket_type.event_id])[ticket_type.event_id]
    order = list(event.ticket_types.all())
    at = next((place for place, one in enumerate(order) if one.pk == ticket_type.pk), None)
    if at is None:  # deleted meanwhile
        raise Missing
    order.insert(max(0, at + steps), order.pop(at))
    for place, one in enumerate(order):
        TicketType.objects.filter(pk=one.pk).exclude(position=place).update(position=place)
    audit.record("MOVED_TICKET_TYPE", ticket_type, by=by, event=event.pk, steps=steps)


@transaction.atomic
def set_areas(event: Event, changes: Iterable[tuple[TicketType, str]], *, by: User) -> None:
    """Say which areas these types are for, all or none. Invalid (area), AreaInUse."""
    inventory.lock([event.pk])
    for ticket_type, area in changes:
        change(ticket_type, by=by, area=area)


@transaction.atomic
def delete(ticket_type: TicketType, *, by: User) -> None:
    """Delete a type that nobody ever booked; Conflict otherwise."""
    event = inventory.lock([ticket_type.event_id])[ticket_type.event_id]
    audit.record("DELETED_TICKET_TYPE", ticket_type, by=by, event=event.pk)
    try:
        ticket_type.delete()
    except ProtectedError:
        sentence = _("Tickets of this type were booked. Hide it instead of deleting it.")
        raise Conflict(Because("type_booked", sentence)) from None
    capacity.follow_types(event)


def _check(ticket_type: TicketType) -> None:
    total = ticket_type.quantity_total
    if total is not None and not 0 <= total <= inventory.CAPACITY_MAX:
        raise Invalid.field("quantity_total", _("Use from 0 to %(most)s.") % {"most": f"{inventory.CAPACITY_MAX:,}"})
    if total is not None and total < ticket_type.quantity_sold:
        raise inventory.CapacityTooSmall(
            _("%(sold)s are sold already; the quantity cannot be less.") % {"sold": ticket_type.quantity_sold}
        )
    _check_least(ticket_type)
    start, end = ticket_type.sales_start_at, ticket_type.sales_end_at
    if start and end and end <= start:
        raise Invalid.field("sales_end", _("The sale ends before it starts."))
    if not 0 <= ticket_type.price <= PRICE_MAX:
        raise Invalid.field("price", _("Use a price from 0 to %(most)s.") % {"most": f"{PRICE_MAX:,}"})
    if not 0 <= ticket_type.tax_rate <= 100:
        raise Invalid.field("tax_rate", _("Use from 0 to %(most)s.") % {"most": 100})


def _check_least(ticket_type: TicketType) -> None:
    """What one must buy at once can be bought: within the limits, and there are as many."""
    most = (ticket_type.max_per_order, ticket_type.max_per_person, ticket_type.quantity_total, sales.LEAST_MAX)
    most = max(1, min(limit for limit in most if limit is not None))
    if not 1 <= ticket_type.min_per_order <= most:
        raise Invalid.field("min_per_order", _("Use from 1 to %(most)s.") % {"most": most})


def _check_area(ticket_type: TicketType, event: Event) -> None:
    ticket_type.area = ticket_type.area.strip()
    known = areas.names(event) if ticket_type.area else []
    if ticket_type.area and ticket_type.area not in known:
        words = {"area": ticket_type.area, "areas": ", ".join(known) or _("none")}
        raise Invalid.field("area", _("The hall has no area %(area)s. It has: %(areas)s.") % words)
