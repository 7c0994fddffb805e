"""Offered tickets as the queue sees them: whom they fit, and what becomes of offers when bookings end.

A pending booking of offered tickets (`resales_bought`) has nothing of the stock: the places stay the sellers' until
it is paid, and then change hands without being free in between. Every verb runs under the event's lock.
"""

from collections.abc import Iterable

from django.db.models import Q
from django.utils import timezone

from bookings.models import Booking, Resale, Ticket, TicketType
from events.models import Event

OPEN = (Resale.Status.OFFERED, Resale.Status.HELD)


def on_offer(event: Event) -> list[Resale]:
    """The event's offered tickets that open the door and nobody is paying for, oldest first."""
    rows = Resale.objects.filter(event=event, status=Resale.Status.OFFERED, ticket__status=Ticket.Status.VALID)
    rows = rows.filter(ticket__order__currency=event.currency)
    # A scan waits, or has made the ticket used before this: it decides by the same row.
    rows = rows.select_for_update(no_key=True, of=("ticket",)).select_related("ticket")
    return list(rows.order_by("id"))


def fitting(offers: Iterable[Resale], booking: Booking, wanted: list[TicketType]) -> list[Resale]:
    """As many offers as the waiting party is people, of one wanted type and one price; none when too few are there.

    All of them have a seat, or none has. Nobody is offered a ticket of their own.
    """
    for ticket_type in wanted:
        alike: dict[tuple, list[Resale]] = {}
        for one in offers:
            if one.ticket_type_id == ticket_type.pk and one.seller_id != booking.user_id:
                group = alike.setdefault((one.price, one.ticket.seat_id is None), [])
                group.append(one)
                if len(group) == booking.qty:
                    return group
    return []


def hold(offers: list[Resale], booking: Booking) -> None:
    """Keep these offers for a pending booking."""
    keys = [one.pk for one in offers]
    Resale.objects.filter(pk__in=keys).update(
        status=Resale.Status.HELD, buyer_booking=booking, updated_at=timezone.now()
    )


def end(offers: list[Resale]) -> list[Booking]:
    """Withdraw these open offers. The pending bookings that one of them was held for lose the others too, and are
    returned, by id."""
    now = timezone.now()
    buyers = sorted({one.buyer_booking_id for one in offers if one.buyer_booking_id})
    gone = Resale.objects.filter(pk__in=[one.pk for one in offers])
    gone.update(status=Resale.Status.WITHDRAWN, buyer_booking=None, decided_at=now, updated_at=now)
    _offer_again(buyers)
    return list(Booking.objects.filter(pk__in=buyers).select_related("user", "event").order_by("id"))


def _offer_again(buyers: Iterable[int]) -> None:
    held = Resale.objects.filter(buyer_booking__in=buyers, status=Resale.Status.HELD)
    held.update(status=Resale.Status.OFFERED, buyer_booking=None, updated_at=timezone.now())


def let_go(bookings: list[Booking]) -> tuple[set[int], set[int], list[Booking]]:
    """Bookings have ended: what was offered to them is offered again, what they had offered is not any more.

    Returns the ids of those that were still to be paid for offered tickets, of those whose places are sold on (both
    give nothing back to the stock), and the other people's bookings that lost what was held for them.
    """
    keys = [booking.pk for booking in bookings]
    mine, theirs = Q(ticket__booking__in=keys), Q(buyer_booking__in=keys)
    rows = list(Resale.objects.exclude(status=Resale.Status.WITHDRAWN).filter(mine | theirs).select_related("ticket"))
    bought = {one.buyer_booking_id for one in rows if one.status == Resale.Status.HELD} & set(keys)
    sold = {one.ticket.booking_id for one in rows if one.status == Resale.Status.SOLD} & set(keys)
    _offer_again(bought)
    # Read again only what is the sellers': an offer may have been held for a booking that ends with it.
    ended = [one for one in rows if one.status in OPEN and one.ticket.booking_id in keys]
    for one in ended:
        if one.buyer_booking_id in bought:
            one.buyer_booking_id = None
    return bought, sold, end(ended) if ended else []
