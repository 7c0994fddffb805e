"""The rows that this contract shows, with all that its shapes read, so that a list costs the same for any length."""

from django.db.models import Prefetch

from accounts.models import User
from bookings import queries
from bookings.models import Booking, Ticket
from eventify.contracts import finding
from events.models import Event
from partners import members

one = finding.one
_ITEMS = Prefetch("bookings", Booking.objects.select_related("event", "ticket_type").order_by("id"))
_TICKETS = Prefetch(
    "tickets", Ticket.objects.select_related("order", "ticket_type", "user", "event", "seat").order_by("id")
)


def events(queryset):
    """With category, images and ticket types."""
    return queryset.select_related("category").prefetch_related("images", "ticket_types")


def managed_events(user: User):
    """The events of the organisations whose events the user may see, drafts included."""
    return events(Event.objects.filter(partner__in=members.partners_where(user, "view_events")))


def orders(queryset):
    """With buyer, payments and items."""
    return queryset.select_related("user").prefetch_related("payments", _ITEMS)


def order_details(queryset):
    """As `orders`, with the tickets."""
    return orders(queryset).prefetch_related(_TICKETS)


def managed_orders(user: User, permission: str):
    """All orders, or those that are wholly of organisations on which the user holds the permission."""
    return queries.orders_of(user, permission)


def tickets(queryset):
    """With all that a wallet or a list of the administration shows."""
    rows = queryset.select_related("order", "ticket_type", "user", "event__category", "seat")
    return rows.prefetch_related("event__images")


def managed_tickets(user: User, permission: str):
    """The tickets of the events of organisations on which the user holds the permission."""
    return tickets(Ticket.objects.filter(event__partner__in=members.partners_where(user, permission)))
