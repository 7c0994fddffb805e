"""The papers of an order, for its buyer's page."""

from django import template

from bookings.models import Order
from bookings.papers import of_tickets

register = template.Library()


@register.inclusion_tag("bookings/parts/papers.html")
def order_papers(order: Order) -> dict:
    """What can be taken along of an order: its tickets, calendar entries, invoices and receipt. Two queries."""
    tickets = list(of_tickets.mine(order).select_related("event"))
    is_ahead = any(one.event.starts_at and not one.event.is_over for one in tickets)
    return {"order": order, "tickets": tickets, "is_ahead": is_ahead, "invoices": order.invoices.order_by("pk")}
