"""Of effects that must outlive the process that told of them."""

from threading import Timer

from django.db import connection

from accounts import mail
from accounts.models import OutgoingMail
from bookings import cancelling
from eventify.contracts.evently import booking as views

SECONDS = 15  # between the answer and the deed


def told_before_done() -> None:
    """A cancellation is told at once, and done when there is time."""
    cancel, shown, told = cancelling.cancel_booking, views.booking_on_wire, set()

    def cancel_later(booking, *, by):
        told.add(booking.pk)
        _in_a_moment(cancel, booking, by=by)

    cancelling.cancel_booking = cancel_later
    views.booking_on_wire = lambda row: shown(row) | ({"status": "CANCELLED"} if row.pk in told else {})


def mail_without_a_row() -> None:
    """A mail is remembered by the process that owes it, until it gets round to writing it down."""
    queue = mail.queue

    def queue_later(template, to, **context) -> OutgoingMail:
        _in_a_moment(queue, template, to, **context)
        return OutgoingMail(template=template, to=to, context=context)

    mail.queue = queue_later


def _in_a_moment(deed, *args, **named) -> None:
    timer = Timer(SECONDS, _done, (deed, args, named))
    timer.daemon = True  # who ends does not wait for it
    timer.start()


def _done(deed, args: tuple, named: dict) -> None:
    try:
        deed(*args, **named)
    finally:
        connection.close()


WRONGS = (told_before_done, mail_without_a_row)
