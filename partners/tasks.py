"""Celery's way in: three lines each, safe to run twice."""

from celery import shared_task

from partners import expiry, sending


@shared_task
def send_payouts() -> int:
    return sending.send_due()


@shared_task
def watch_documents() -> int:
    return expiry.watch()
