"""Celery's way in: three lines each, safe to run twice."""

from celery import shared_task

from analytics import fsck, tally
from analytics.models import FOLDER, Export
from analytics.reports import exports, schedules
from eventify.lib import heartbeats
from eventify.lib.orphans import remove_orphans


@shared_task
def count_what_is_new() -> int:
    return tally.catch_up()


@shared_task
def check_everything(only: int | None = None) -> int:
    return fsck.work(only)


@shared_task
def make_exports(only: int | None = None) -> int:
    return exports.make(only)


@shared_task
def make_due_reports() -> int:
    return schedules.make_due()


@shared_task
def tidy_exports() -> int:
    return exports.expire() + remove_orphans(Export, FOLDER)


@shared_task
def answer_doctor(name: str) -> None:
    """A job that leaves a sign: `manage.py doctor` waits for it."""
    heartbeats.beat(name)
