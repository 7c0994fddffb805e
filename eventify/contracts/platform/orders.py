"""An order as the organisation whose events were bought may know it: what the ids of a fact lead to."""

from bookings.models import Booking, Order
from eventify.contracts.api_v1 import ok
from eventify.contracts.fields import uid_of
from eventify.contracts.platform.conventions import KeyedView, keyed
from eventify.lib.errors import Missing


def order(row: Order, bookings: list[Booking]) -> dict:
    """An order on the wire, with only these bookings of it."""
    return {
        "id": str(row.uid),
        "status": row.status,
        "amount": str(sum(one.qty * one.unit_price for one in bookings)),
        "currency": row.currency,
        "created_at": row.created_at,
        "paid_at": row.paid_at,
        "cancelled_at": row.cancelled_at,
        "buyer": {
            "name": row.buyer_name or row.user.full_name,
            "email": row.mail_to,
            "phone": row.buyer_phone,
            "company": row.company,
        },
        "bookings": [booking(one) for one in bookings],
    }


def booking(row: Booking) -> dict:
    """A booking on the wire, with its tickets."""
    return {
        "id": str(row.uid),
        "event_id": str(row.event.uid),
        "ticket_type_id": str(row.ticket_type.uid),
        "ticket_type": row.ticket_type.name,
        "quantity": row.qty,
        "unit_price": str(row.unit_price),
        "status": row.status,
        "tickets": [
            {
                "id": str(one.uid),
                "status": one.status,
                "seat": one.seat.label if one.seat else None,
                "attendee_name": one.attendee_name,
                "attendee_email": one.attendee_email,
                "used_at": one.used_at,
            }
            for one in row.tickets.all()
        ],
    }


class OrderDetail(KeyedView):
    """GET one order: the part of it that is of the caller's organisations."""

    needs = {"GET": keyed("orders:read", "view_financials")}

    def get(self, request, id):
        uid = uid_of(id)
        mine = Booking.objects.filter(event__partner__in=self.organisations(), order__uid=uid).order_by("pk")
        told = mine.select_related("order__user", "event", "ticket_type").prefetch_related("tickets__seat")
        found = list(told) if uid else []
        if not found:
            raise Missing
        return ok(order(found[0].order, found))
