"""Celery's way in: three lines each, safe to run twice. Without an argument each is the sweep that finds the rest."""

from celery import shared_task

from eventify.lib.orphans import remove_orphans
from privacy import copies, erasures, retention
from privacy.models import FOLDER, Copy


@shared_task
def make_copies(only: int | None = None) -> int:
    return copies.make(only)


@shared_task
def retain() -> int:
    return sum(retention.apply()) + remove_orphans(Copy, FOLDER)


@shared_task
def note_erasures() -> int:
    return erasures.note_all()
