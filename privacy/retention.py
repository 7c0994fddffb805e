"""Nothing is kept longer than the settings say: a daily task removes what is older, a few hundred rows at a time.

Each batch is a transaction of its own that locks its rows, leaves out those that somebody else has locked, and waits
for nobody. What is money is in no kind (a test says so).
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from eventify.lib.personal import DELETED, Kind
from privacy import catalogue

AT_ONCE = 500  # rows of one transaction
MOST = 100  # batches of one kind in one run; the next run goes on


class Due(NamedTuple):
    """How many rows of a kind are older than they may become."""

    kind: Kind
    days: int
    rows: int


def due() -> Iterator[Due]:
    """What a run would do now; changes nothing."""
    for kind, days, before in _limits():
        yield Due(kind, days, kind.rows(before).count() if before else 0)


def apply() -> Iterator[int]:
    """Do it: how many rows of each kind are gone or changed. Safe to run twice, and beside itself."""
    for kind, _days, before in _limits():
        yield _work_off(kind, before) if before else 0


def _limits() -> Iterator[tuple[Kind, int, datetime | None]]:
    now = timezone.now()
    for kind in catalogue.KINDS:
        days = settings.EVENTIFY_KEEP_DAYS[kind.setting]
        yield kind, days, now - timedelta(days=days) if days else None


def _work_off(kind: Kind, before: datetime) -> int:
    total = 0
    for _number in range(MOST):
        done = _batch(kind, before)
        total += done
        if done < AT_ONCE:
            break
    return total


@transaction.atomic
def _batch(kind: Kind, before: datetime) -> int:
    rows = kind.rows(before)
    locked = rows.select_for_update(skip_locked=True, no_key=True, of=("self",)).order_by(kind.by)
    columns = ["pk", kind.files] if kind.files else ["pk"]
    found = list(locked.values_list(*columns)[:AT_ONCE])
    mine = rows.model._base_manager.filter(pk__in=[row[0] for row in found])
    if isinstance(kind.becomes, Mapping):
        mine.update(**kind.becomes)
    elif kind.becomes == DELETED:
        _remove_files(kind, [row[1] for row in found] if kind.files else [])
        mine.delete()
    return len(found)


def _remove_files(kind: Kind, names: list[str]) -> None:
    """Before the rows: when this is interrupted the next run finds them, and no file stays without a row."""
    if kind.files:
        storage = kind.rows(timezone.now()).model._meta.get_field(kind.files).storage
        for name in filter(None, names):
            storage.delete(name)
