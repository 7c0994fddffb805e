"""Celery's way in: safe to run twice, and beside itself."""

from celery import shared_task

from integrations import delivering


@shared_task
def deliver() -> int:
    return delivering.run()
