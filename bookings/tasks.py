"""Celery's way in: three lines each, safe to run twice. Without an argument each is the sweep that finds the rest."""

from celery import shared_task
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q

from bookings import (
    calling_off,
    cancelling,
    guests,
    inventory,
    lost_pages,
    payments,
    refunds,
    resales,
    transfers,
    waitlist,
    webhooks,
)
from bookings.models import Resale, SandboxCharge
from bookings.papers import invoices
from bookings.providers import sandbox
from bookings.waiting_room import admitting, telling
from eventify.lib.errors import Missing
from events.models import Event


@shared_task
def expire_holds() -> int:
    return cancelling.expire_overdue()


@shared_task
def promote_waitlists(only: int | None = None) -> int:
    has_room = Q(booked_count__lt=F("capacity")) | Exists(Resale.objects.filter(event=OuterRef("pk"), status="offered"))
    waiting = Event.objects.filter(has_room, waitlisted_count__gt=0)
    keys = [only] if only else list(waiting.values_list("pk", flat=True))
    return sum(_promote(key) for key in keys)


def _promote(key: int) -> int:
    try:
        with transaction.atomic():
            return len(waitlist.promote(inventory.lock([key])[key]))
    except Missing:  # deleted meanwhile: nobody waits there
        return 0


@shared_task
def move_waiting_rooms() -> int:
    return admitting.move_all() + telling.tell_all()


@shared_task
def tidy_tickets_on_their_way() -> int:
    return transfers.expire() + resales.tidy()


@shared_task
def ask_providers() -> int:
    return webhooks.sweep() + payments.ask_open() + lost_pages.look() + refunds.send()


@shared_task
def send_refunds(only: int | None = None) -> int:
    return refunds.send(only)


@shared_task
def refund_cancelled_events(only: int | None = None) -> int:
    return calling_off.sweep(only)


@shared_task
def issue_invoices(only: int | None = None) -> int:
    return invoices.sweep(only)


@shared_task
def forget_guests() -> int:
    return guests.forget_empty()


@shared_task(ignore_result=True)
def send_sandbox_webhook(charge: int) -> None:
    sandbox.send_webhook(SandboxCharge.objects.get(pk=charge))
