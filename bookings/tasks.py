"""Celery's way in: three lines each, safe to run twice. Without an argument each is the sweep that finds the rest."""

from celery import shared_task
from django.db import transaction
from django.db.models import F

from bookings import calling_off, cancelling, inventory, payments, refunds, waitlist
from bookings.models import SandboxCharge
from bookings.providers import sandbox
from eventify.lib.errors import Missing
from events.models import Event


@shared_task
def expire_holds() -> int:
    return cancelling.expire_overdue()


@shared_task
def promote_waitlists(only: int | None = None) -> int:
    waiting = Event.objects.filter(waitlisted_count__gt=0, booked_count__lt=F("capacity"))
    keys = [only] if only else list(waiting.values_list("pk", flat=True))
    return sum(_promote(key) for key in keys)


def _promote(key: int) -> int:
    try:
        with transaction.atomic():
            return len(waitlist.promote(inventory.lock([key])[key]))
    except Missing:  # deleted meanwhile: nobody waits there
        return 0


@shared_task
def ask_providers() -> int:
    return payments.ask_open() + refunds.send()


@shared_task
def send_refunds(only: int | None = None) -> int:
    return refunds.send(only)


@shared_task
def refund_cancelled_events(only: int | None = None) -> int:
    return calling_off.sweep(only)


@shared_task(ignore_result=True)
def send_sandbox_webhook(charge: int) -> None:
    sandbox.send_webhook(SandboxCharge.objects.get(pk=charge))
