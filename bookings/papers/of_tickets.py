"""Which tickets a paper is about, and what it says of who holds them."""

from collections.abc import Iterable

from django.db.models import QuerySet, prefetch_related_objects

from bookings.models import Order, Ticket
from eventify.lib.prepared import Param, Prepared


def joined(tickets: QuerySet[Ticket]) -> Iterable[Ticket]:
    """The tickets with all that a page of theirs shows, in two queries."""
    return _with_rows(tickets).prefetch_related("event__door_keys")


def _with_rows(tickets: QuerySet[Ticket]) -> QuerySet[Ticket]:
    return tickets.select_related("event", "ticket_type", "seat", "order__user", "user").order_by("pk")


_of_buyer = Prepared(lambda: _with_rows(Ticket.objects.filter(order_id=Param("order"), user_id=Param("user"))))


def of_buyer(order: Order) -> list[Ticket]:
    """All tickets of the order that still are its buyer's, cancelled ones too, with all joined. Two queries."""
    tickets = _of_buyer(order=order.pk, user=order.user_id)
    prefetch_related_objects(tickets, "event__door_keys")
    return tickets


def good(tickets: Iterable[Ticket]) -> list[Ticket]:
    """Those of these that open a door."""
    return [one for one in tickets if one.status == Ticket.Status.VALID]


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
