"""A process of its own in which a ticket changes hands, for the tests that kill it: `<verb> <id> [<id>]`."""

import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "eventify.settings")
django.setup()

from django.db import connection  # noqa: E402

from accounts.models import User  # noqa: E402
from bookings import resales, transfers  # noqa: E402
from bookings.models import Payment, Ticket, TicketTransfer  # noqa: E402
from bookings.tests.scenes import hear  # noqa: E402


def pay(payment: str) -> None:
    """The provider says that this payment is paid."""
    hear(Payment.objects.get(pk=payment))


def give_back(ticket: str) -> None:
    """The holder gives the ticket back to the queue."""
    ticket = Ticket.objects.select_related("user").get(pk=ticket)
    resales.offer(ticket, by=ticket.user)


def accept(transfer: str, user: str) -> None:
    """The user accepts the ticket."""
    transfers.accept(transfers.token_of(TicketTransfer.objects.get(pk=transfer).seed), by=User.objects.get(pk=user))


def pay_in_pieces(payment: str) -> None:
    """Wrong: what the seller loses and the buyer gets is committed one by one."""
    settle = resales.settle

    def committed(*args) -> None:
        settle(*args)
        connection.connection.commit()  # behind Django's back

    resales.settle = committed
    pay(payment)


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
