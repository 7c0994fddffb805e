"""What the tests of booking start from: events with types, people, and orders that are paid."""

import json
from decimal import Decimal
from html import unescape

from accounts.factories import UserFactory
from accounts.models import User
from bookings import orders, webhooks
from bookings.factories import TicketTypeFactory
from bookings.models import Booking, Order, Payment, Refund, SandboxCharge, Ticket, TicketType
from bookings.providers import sandbox
from events.factories import EventFactory
from events.models import Event


def scene(capacity: int = 10, price=0, quantity_total: int | None = None, **event) -> tuple[Event, TicketType]:
    """An event on sale and its one type."""
    event = EventFactory(capacity=capacity, **event)
    return event, TicketTypeFactory(event=event, price=price, quantity_total=quantity_total)


def people(how_many: int) -> list[User]:
    """That many users."""
    return UserFactory.create_batch(how_many)


def buy(user: User, *types: TicketType, qty: int = 1, **options) -> Order:
    """One order of `qty` of each type."""
    return orders.place([orders.Line(one.pk, qty) for one in types], by=user, **options)


def book(event: Event, user: User, qty: int = 1, **options) -> Booking:
    """Book as contract 002 does."""
    return orders.book(event.pk, qty, by=user, **options)


def wait(event: Event, user: User, qty: int = 1) -> Booking:
    """Join the queue of a full event."""
    booking = orders.book(event.pk, qty, by=user, waitlist_too=True)
    assert booking.status == Booking.Status.WAITLISTED
    return booking


def charge_of(payment: Payment) -> SandboxCharge:
    """The provider's side of a payment."""
    return SandboxCharge.objects.get(reference=payment.uid)


def decide(order: Order, status: str = "paid") -> Payment:
    """The buyer pays (or fails) on the provider's page; we have not heard of it yet."""
    payment = order.payments.get(status=Payment.Status.OPEN)
    sandbox.decide(charge_of(payment), status)
    return payment


def pay(order: Order) -> Order:
    """Pay, and let the message arrive."""
    return hear(decide(order)).order


def webhook(payment: Payment, status: str = "paid") -> tuple[bytes, dict]:
    """The signed message about a payment: body and headers."""
    message = {
        "id": f"evt_{payment.uid.hex}_{status}",
        "payment": str(payment.uid),
        "status": status,
        "reference": f"sbx_{payment.uid.hex}",
    }
    body = json.dumps(message).encode()
    return body, {sandbox.SIGNATURE_HEADER: sandbox.sign(body)}


def hear(payment: Payment, status: str = "paid") -> Payment:
    """The provider's message about the payment arrives."""
    webhooks.receive("sandbox", *webhook(payment, status))
    return Payment.objects.select_related("order").get(pk=payment.pk)


def statuses(*bookings: Booking) -> list[str]:
    """What the database says of these bookings."""
    now = dict(Booking.objects.filter(pk__in=[one.pk for one in bookings]).values_list("pk", "status"))
    return [now[one.pk] for one in bookings]


def spent(order: Order) -> Decimal:
    """What the buyer's account says was spent."""
    order.user.refresh_from_db()
    return order.user.total_spent


def settled(order: Order) -> tuple:
    """(status of the order, tickets that open the door, refunds, total spent)."""
    order.refresh_from_db()
    live = order.tickets.exclude(status=Ticket.Status.CANCELLED).count()
    return order.status, live, Refund.objects.filter(payment__order=order).count(), spent(order)


def text(response) -> str:
    """A page as people read it."""
    return unescape(response.content.decode())
