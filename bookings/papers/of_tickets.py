"""Which tickets a paper is about, and what it says of who holds them."""

from collections.abc import Iterable

from bookings.models import Order, Ticket


def joined(tickets) -> Iterable[Ticket]:
    """The tickets with all that a page of theirs shows, in two queries."""
    rows = tickets.select_related("event", "ticket_type", "seat", "order__user", "user").order_by("pk")
    return rows.prefetch_related("event__door_keys")


def mine(order: Order):
    """The good tickets of an order that were not passed on."""
    return order.tickets.filter(status=Ticket.Status.VALID, user=order.user_id)


def file_name(order: Order) -> str:
    """What files about the order are called, without their ending."""
    return f"tickets-{order.uid.hex[-8:]}"


def holder(ticket: Ticket) -> str:
    """Who comes with it: the attendee, or whose ticket it is."""
    return (
        ticket.attendee_name
        or (ticket.order.buyer_name if ticket.user_id == ticket.order.user_id else "")
        or str(ticket.user)
    )
