"""Tickets: one person's admission each."""

import base64
import secrets
from collections.abc import Iterable
from itertools import zip_longest

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit, mail
from accounts.models import User
from bookings.door import codes
from bookings.models import Booking, Order, Seat, Ticket
from eventify.lib.errors import Conflict
from events.models import Event

CODE_BYTES = 16  # 128 random bits


def new_code() -> str:
    """26 capital letters and digits 2 to 7 (base 32): compact in a QR code, easy to read out."""
    return base64.b32encode(secrets.token_bytes(CODE_BYTES)).decode().rstrip("=")


def scanned_as(ticket: Ticket) -> str:
    """What the QR code of the ticket says: its code, and the signature that devices without network judge.

    A list prefetches `event__door_keys`.
    """
    return codes.payload(ticket)


def issue(bookings: list[Booking]) -> list[Ticket]:
    """Make the tickets of these confirmed bookings, one per person, with their seats."""
    seated = [booking for booking in bookings if booking.seat_labels]
    seats = list(Seat.objects.filter(reserved_booking__in=seated).order_by("position")) if seated else []
    seats_of = {one.pk: [seat for seat in seats if seat.reserved_booking_id == one.pk] for one in bookings}
    return Ticket.objects.bulk_create(ticket for one in bookings for ticket in made(one, seats_of[one.pk]))


def made(booking: Booking, seats: list[Seat]) -> list[Ticket]:
    """The rows of `issue` for one booking that has these seats, not saved yet; its buyer and rows come with it."""
    seats = [*seats, *[None] * (booking.qty - len(seats))]
    return [
        Ticket(
            order=booking.order,
            booking=booking,
            ticket_type_id=booking.ticket_type_id,
            user_id=booking.user_id,
            event_id=booking.event_id,
            seat=seat,
            ticket_code=new_code(),
            price_at_purchase=booking.unit_price,
            attendee_name=person.get("name", ""),
            attendee_email=person.get("email", ""),
        )
        for seat, person in zip_longest(seats, booking.attendees[: booking.qty], fillvalue={})
    ]


def lock(rows: QuerySet[Ticket]) -> list[Ticket]:
    """Lock these tickets until the transaction ends; they come as they are then. One query.

    Who is let in up to here is seen, and nobody is let in or taken back from here on. By their ids, as devices lock
    theirs, so that nobody waits in a circle: all that a transaction is about at once, after events and orders.
    """
    return list(rows.select_for_update(no_key=True, of=("self",)).order_by("pk"))


def revoke(tickets: Iterable[Ticket]) -> None:
    """End these locked tickets, used ones too: they open no door any more, whatever is taken back at the door later.

    When and where one was used stays (`used_at`): that somebody is inside is a fact, whoever gets their money back.
    """
    ending = [one for one in tickets if one.status != Ticket.Status.CANCELLED]
    codes.kill(ending)
    rows = Ticket.objects.filter(pk__in=[one.pk for one in ending])
    rows.update(status=Ticket.Status.CANCELLED, updated_at=timezone.now())


def mail_again(order: Order, *, by: User) -> None:
    """Owe the buyer the mail with the tickets once more. Conflict when the order has none that are good."""
    places = order.tickets.filter(status=Ticket.Status.VALID).count()
    if not places:
        raise Conflict(_("This order has no tickets that could be used, so there is nothing to send."))
    event = Event.objects.filter(tickets__order=order).order_by("tickets__pk").first()
    with transaction.atomic():
        mail.queue("tickets", order.mail_to, order=str(order.uid), event=event.name, qty=places)
        audit.record("RESENT_TICKETS", order, by=by, to=order.mail_to)
