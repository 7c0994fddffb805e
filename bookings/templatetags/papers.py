"""The papers of an order, for its buyer's page."""

from django import template

from bookings.models import Order

register = template.Library()


@register.inclusion_tag("bookings/parts/papers.html")
def order_papers(order: Order) -> dict:
    """What can be taken along of an order: its tickets, calendar entries, invoices and receipt. Two queries."""
    has_tickets = any(
        status == "valid" and holder == order.user_id for status, holder in order.tickets.values_list("status", "user")
    )
    return {"order": order, "has_tickets": has_tickets, "invoices": order.invoices.order_by("pk")}
