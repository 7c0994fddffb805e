"""The check of everything that must hold: all checks of all apps, on the live database, seen at one moment.

Each run is kept (`FsckRun`), for the page, for /metrics, and for whoever asks later since when something is wrong.
"""

import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import timedelta
from itertools import islice
from typing import NamedTuple

from django.db import DatabaseError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import invariants as accounts
from accounts.models import User
from analytics import invariants as counted
from analytics.models import FsckRun
from bookings import invariants as bookings
from bookings import ledger_checks
from bookings.invariants import belonging, door, keys, money, queue, resales, rooms, seats, stock
from crew import invariants as crew
from eventify.lib import checks
from eventify.lib.checks import Check
from eventify.lib.errors import Forbidden
from eventify.lib.later import later
from events import invariants as events
from partners import invariants as partners

PERMISSION = "view_audit"
SHOWN = 100  # breaches of one check that are kept; all are counted
GIVEN_UP = timedelta(minutes=10)  # after this long a run that has begun was interrupted, and begins again
STALE_AFTER = timedelta(hours=3)  # one is due each hour
KEPT_FOR = timedelta(days=90)


class Area(NamedTuple):
    """Checks that belong together, under the name that people read."""

    name: object
    checks: tuple[Check, ...]


AREAS = (
    Area(_("Places and seats"), (*stock.CHECKS, *seats.CHECKS)),
    Area(_("Idempotency keys"), keys.CHECKS),
    Area(_("Waitlist"), (*queue.CHECKS, *resales.CHECKS)),
    Area(_("Waiting rooms"), rooms.CHECKS),
    Area(_("Orders and payments"), money.CHECKS),
    Area(_("Door"), door.CHECKS),
    Area(_("Ledger"), ledger_checks.CHECKS),
    Area(_("Partners and payouts"), partners.CHECKS),
    Area(_("Whose rows they are"), (*belonging.CHECKS, *events.CHECKS)),
    Area(_("Accounts and audit log"), accounts.CHECKS),
    Area(_("Crew"), crew.CHECKS),
    Area(_("Work that is owed"), (*bookings.WAITING, *counted.CHECKS)),
)


@dataclass(frozen=True)
class Result:
    """What one check found: how many rows it compared and how many breaches there are, the first of them in words."""

    area: str
    check: str
    compared: int
    breaches: int
    sentences: list[str]
    hint: str
    seconds: float


def look() -> Iterator[Result]:
    """Run every check, one after the other; all see the database as it was when the first began. Changes nothing."""
    with transaction.atomic():
        checks.see_one_moment()
        for area in AREAS:
            for check in area.checks:
                yield _run(area, check)


def _run(area: Area, check: Check) -> Result:
    began = time.monotonic()
    try:
        with transaction.atomic():
            found = check.breaches()
            sentences = [breach.sentence for breach in islice(found, SHOWN)]
            breaches, compared = len(sentences) + sum(1 for _more in found), check.compared()
    except DatabaseError as error:  # rows that cannot even be read as what they should be
        sentences, breaches, compared = [f"It cannot be computed: {str(error).strip()}"], 1, 0
    seconds = round(time.monotonic() - began, 4)
    return Result(str(area.name), check.name, compared, breaches, sentences, check.hint, seconds)


# --- Runs that are kept -------------------------------------------------------------------------------


def request(*, by: User) -> FsckRun:
    """Ask for a run in the background; one that waits or is at work already will do. Forbidden without view_audit."""
    if not by.can(PERMISSION):
        raise Forbidden
    run = under_way() or FsckRun.objects.create(requested_by=by)
    later("analytics.tasks.check_everything", run.pk)
    return run


def under_way() -> FsckRun | None:
    """The run that waits or is at work now."""
    return FsckRun.objects.filter(_unfinished(), requested_at__gt=timezone.now() - GIVEN_UP).order_by("pk").first()


def latest(*, with_results: bool = True) -> FsckRun | None:
    """The last run that was finished; without what each check found when that is not asked for."""
    finished = FsckRun.objects.exclude(finished_at=None).order_by("-finished_at")
    return (finished if with_results else finished.defer("results")).first()


def work(only: int | None = None) -> int:
    """Carry out this run, or (None) all that wait and, when there are none, a new one; how many were carried out."""
    waiting = FsckRun.objects.filter(_unfinished()).order_by("pk")
    keys = [only] if only else list(waiting.values_list("pk", flat=True)) or [FsckRun.objects.create().pk]
    return sum(carry_out(key) is not None for key in keys)


def carry_out(key: int) -> FsckRun | None:
    """Do this run and keep what it found; None when it is finished, or somebody else is at it."""
    now = timezone.now()
    if not FsckRun.objects.filter(_unfinished(), pk=key).update(started_at=now):
        return None
    results = [asdict(result) for result in look()]
    breaches = sum(result["breaches"] for result in results)
    FsckRun.objects.filter(pk=key).update(finished_at=timezone.now(), breaches=breaches, results=results)
    FsckRun.objects.filter(requested_at__lt=now - KEPT_FOR).delete()
    return FsckRun.objects.get(pk=key)


def _unfinished() -> Q:
    """Waits, or was begun so long ago that whoever did it is gone."""
    return Q(finished_at=None) & (Q(started_at=None) | Q(started_at__lt=timezone.now() - GIVEN_UP))
