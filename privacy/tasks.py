"""Celery's way in: three lines each, safe to run twice. Without an argument each is the sweep that finds the rest."""

from celery import shared_task

from privacy import copies, retention


@shared_task
def make_copies(only: int | None = None) -> int:
    return copies.make(only)


@shared_task
def retain() -> int:
    return sum(retention.apply()) + copies.remove_orphans()
