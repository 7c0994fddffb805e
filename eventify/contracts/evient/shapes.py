"""Rows as this contract writes them. Money is a JSON number, a moment ISO 8601 in UTC, an id the row's uid."""

from django.conf import settings

from accounts.models import Notification, User
from bookings import checkout, sales
from bookings.models import Booking, Order, Ticket, TicketType
from eventify.contracts.evient import wording
from eventify.lib.wire import moment
from events import pictures
from events.models import Banner, Event


def money(amount) -> float | None:
    """A decimal as a JSON number (at most twelve digits, which a double holds exactly enough)."""
    return None if amount is None else float(amount)


def absolute(address: str) -> str:
    """The address of a file that we keep with our host before it; any other address as it is."""
    return f"{settings.SITE_URL}{address}" if address.startswith(settings.MEDIA_URL) else address


def user(row: User) -> dict:
    """An account; staff of any role are `admin`."""
    return {
        "id": str(row.uid),
        "email": row.email,
        "full_name": row.full_name,
        "avatar_url": absolute(row.avatar_url) or None,
        "role": "admin" if row.is_staff else "user",
        "is_active": row.is_active and not row.is_banned,
        "created_at": moment(row.created_at),
        "updated_at": moment(row.updated_at),
    }


def person(row: User, **beside) -> dict:
    """The user under `user`, and the same fields again at the top, where older clients read them."""
    return {**user(row), **beside, "user": user(row)}


def holder(row: User) -> dict:
    """The person behind an order or a ticket."""
    return {"id": str(row.uid), "email": row.email, "full_name": row.full_name}


def event_brief(row: Event) -> dict:
    """An event inside something else. Reads category and images."""
    return {
        "id": str(row.uid),
        "title": row.name,
        "slug": row.slug,
        "location": row.where,
        "start_time": moment(row.starts_at),
        "end_time": moment(row.ends_at),
        "banner_image": absolute(row.banner_image) or _image(row, "image"),
        "thumbnail_image": absolute(row.thumbnail_image) or _image(row, "thumbnail"),
        "category": row.category.name if row.category else "",
        "status": wording.word(row),
    }


def _image(event: Event, kind: str) -> str:
    """The absolute address of the event's first image (the primary, if there is one)."""
    first = pictures.first_of(event)
    file = first and (getattr(first, kind) or first.image)
    return absolute(file.url) if file else ""


def event(row: Event) -> dict:
    """An event of a list. Reads category, images and ticket types."""
    return {
        **event_brief(row),
        "description": row.description,
        "is_hot": row.is_hot,
        "price_from": money(min(sales.prices(row), default=None)),
        "currency": row.currency,
        "is_sold_out": sales.is_sold_out(row),
        "created_at": moment(row.created_at),
        "updated_at": moment(row.updated_at),
    }


def event_detail(row: Event) -> dict:
    """An event with its content and the ticket types that buyers see."""
    types = [ticket_type(one, row) for one in sales.shown_types(row)]
    return {**event(row), "content": row.content, "ticket_types": types}


def ticket_type(row: TicketType, of: Event) -> dict:
    """A type as buyers see it: it is sold out exactly when quantity_sold >= quantity_total."""
    available = row.places_for_sale(of) if row.status == TicketType.Status.ACTIVE else 0
    total = row.quantity_total if row.quantity_total is not None and available else row.quantity_sold + available
    return {**_type(row, of), "quantity_total": total, "available": available, "status": row.shown_status(of)}


def _type(row: TicketType, of: Event) -> dict:
    return {
        "id": str(row.uid),
        "event_id": str(of.uid),
        "name": row.name,
        "description": row.description,
        "price": money(row.price),
        "original_price": money(row.original_price),
        "quantity_total": row.quantity_total,
        "quantity_sold": row.quantity_sold,
    }


def admin_ticket_type(row: TicketType, of: Event) -> dict:
    """A type as it is kept: a `quantity_total` of null shares the event's capacity."""
    return {
        **_type(row, of),
        "available": row.places_left(of),
        "status": row.status,
        "min_per_order": row.min_per_order,
        "max_per_order": row.max_per_order,
        "max_per_person": row.max_per_person,
        "sales_start": moment(row.sales_start_at),
        "sales_end": moment(row.sales_end_at),
    }


def admin_event(row: Event) -> dict:
    """An event as its makers see it, with all its ticket types."""
    return {
        **event(row),
        "content": row.content,
        "city": row.place,
        "timezone": row.timezone,
        "capacity": row.capacity,
        "booked_count": row.booked_count,
        "ticket_types": [admin_ticket_type(one, row) for one in row.ticket_types.all()],
    }


def banner(row: Banner) -> dict:
    """A banner. Reads its event."""
    return {
        "id": row.pk,
        "title": row.title,
        "image_url": absolute(row.image_url),
        "link_url": row.link_url,
        "event_id": str(row.event.uid) if row.event else None,
        "priority": row.priority,
        "is_active": row.is_active,
    }


def order(row: Order) -> dict:
    """An order of a list. Reads user, payments, and bookings with their events and types."""
    return {
        "id": str(row.uid),
        "user_id": str(row.user.uid),
        "total_amount": money(row.total_amount),
        "currency": row.currency,
        "status": row.status,
        "payment_method": row.payment_method or None,
        "payment_transaction_id": row.payment_transaction_id or None,
        "payment_url": checkout.url(row),
        "created_at": moment(row.created_at),
        "expires_at": moment(row.expires_at),
        "paid_at": moment(row.paid_at),
        "items": [_item(booking) for booking in row.bookings.all()],
    }


def _item(row: Booking) -> dict:
    return {
        "id": str(row.uid),
        "event_id": str(row.event.uid),
        "event_title": row.event.name,
        "ticket_type_id": str(row.ticket_type.uid),
        "ticket_type_name": row.ticket_type.name,
        "quantity": row.qty,
        "price": money(row.unit_price),
        "subtotal": money(row.amount),
        "seat_labels": row.seat_labels,
    }


def order_detail(row: Order) -> dict:
    """An order with its tickets and the page where it is paid."""
    return {
        "order": order(row),
        "tickets": [ticket(one) for one in row.tickets.all()],
        "payment_url": checkout.url(row),
    }


def admin_order(row: Order) -> dict:
    """An order of a list, with its buyer."""
    return {**order(row), "user": holder(row.user)}


def admin_order_detail(row: Order) -> dict:
    """`order_detail` with the buyer."""
    return {**order_detail(row), "order": admin_order(row)}


def ticket(row: Ticket) -> dict:
    """A ticket. Reads order, type, user, event and seat."""
    return {
        "id": str(row.uid),
        "order_id": str(row.order.uid),
        "ticket_type_id": str(row.ticket_type.uid),
        "user_id": str(row.user.uid),
        "event_id": str(row.event.uid),
        "ticket_code": row.ticket_code,
        "status": row.status,
        "used_at": moment(row.used_at),
        "used_gate": row.used_gate or None,
        "price_at_purchase": money(row.price_at_purchase),
        "seat_label": row.seat.label if row.seat else None,
        "created_at": moment(row.created_at),
    }


def wallet_ticket(row: Ticket) -> dict:
    """A ticket with its event and type."""
    kind = {"id": str(row.ticket_type.uid), "name": row.ticket_type.name}
    return {**ticket(row), "event": event_brief(row.event), "ticket_type": kind}


def admin_ticket(row: Ticket) -> dict:
    """A ticket with its event, type and holder."""
    return {**wallet_ticket(row), "user": holder(row.user)}


def notification(row: Notification) -> dict:
    """A message of the inbox. Reads its recipient."""
    return {
        "id": str(row.uid),
        "user_id": str(row.recipient.uid),
        "title": row.title,
        "message": row.message,
        "type": row.kind,
        "is_read": row.is_read,
        "created_at": moment(row.created_at),
    }
