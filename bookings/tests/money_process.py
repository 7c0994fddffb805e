"""What a process does that a test kills: python -m bookings.tests.money_process <act> [a wrong thing to do]."""

import json
import os
import sys
from decimal import Decimal

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "eventify.settings")
django.setup()

from accounts.models import User  # noqa: E402
from bookings import cancelling, checkout, orders, refunds, webhooks  # noqa: E402
from bookings.models import Order, Refund, TicketType  # noqa: E402
from eventify.lib.errors import DomainError  # noqa: E402


def order() -> None:
    kind = TicketType.objects.get()
    made = orders.place([orders.Line(kind.pk, 3)], by=User.objects.get(email="buyer@example.com"), key="once")
    checkout.open_page(made)


def hear() -> None:
    said = json.loads(os.environ["MESSAGE"])
    webhooks.receive("stripe", said["body"].encode(), said["headers"])


def cancel() -> None:
    bought = Order.objects.get()
    if not Refund.objects.exists():
        cancelling.cancel_tickets(bought, bought.tickets.order_by("pk")[:1], by=bought.user)


def forfeit() -> None:
    bought = Order.objects.get()
    if not bought.bookings.filter(is_forfeited=True).exists():
        boss = User.objects.filter(is_superuser=True).first()
        cancelling.cancel_tickets(bought, bought.tickets.order_by("pk")[:2], by=boss, is_refunded=False)


def give() -> None:
    if not Refund.objects.exists():
        boss = User.objects.filter(is_superuser=True).first()
        refunds.give(Order.objects.get(), Decimal("7.77"), by=boss, reason="Late")


def send() -> None:
    refunds.send()


def mark_first() -> None:
    """Wrong: a message counts as applied before it is."""
    apply = webhooks._apply

    def wrong(delivery, report):
        delivery.processed_at = django.utils.timezone.now()
        delivery.save()
        apply(delivery, report)

    webhooks._apply = wrong


if __name__ == "__main__":
    for wrong in sys.argv[2:]:
        globals()[wrong]()
    try:
        globals()[sys.argv[1]]()
    except DomainError as refusal:
        print(refusal, file=sys.stderr)
