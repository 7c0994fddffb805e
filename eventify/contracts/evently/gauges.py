"""What an alert can watch: what is wrong with the payments, and what the last check of everything found (two queries).

Read when they are asked for.
"""

from django.db import DatabaseError
from prometheus_client import Gauge

from analytics import fsck
from bookings import checks, webhooks

_ONE_TRUTH = {"multiprocess_mode": "mostrecent"}  # facts of the site, not of a process: the newest reading counts
FAILING = Gauge("eventify_webhooks_failing", "Signed payment messages that cannot be processed.", **_ONE_TRUTH)
UNSIGNED = Gauge("eventify_webhooks_unsigned", "Payment messages of the last day that nobody signed.", **_ONE_TRUTH)
UNREAL = Gauge("eventify_payments_not_real", "1 when a production site takes no real payments.", **_ONE_TRUTH)
BREACHES = Gauge("eventify_fsck_breaches", "What each check of the last fsck found broken.", ["check"], **_ONE_TRUTH)
CHECKED_AT = Gauge("eventify_fsck_finished_timestamp_seconds", "When the last fsck was finished.", **_ONE_TRUTH)
TOOK = Gauge("eventify_fsck_duration_seconds", "How long the last fsck took.", **_ONE_TRUTH)
UNKNOWN = float("nan")


def read() -> None:
    """Set the gauges to what is true now; those of the database are NaN while it does not answer."""
    UNREAL.set(bool(checks.warnings()))
    _read_webhooks()
    _read_fsck()


def _read_webhooks() -> None:
    try:
        failing, unsigned = webhooks.in_trouble()
    except DatabaseError:
        failing = unsigned = UNKNOWN
    FAILING.set(failing)
    UNSIGNED.set(unsigned)


def _read_fsck() -> None:
    """The breaches of each check that the last run made; nothing known before the first one."""
    try:
        run = fsck.latest()
    except DatabaseError:
        run = None
    CHECKED_AT.set(run.finished_at.timestamp() if run else UNKNOWN)
    TOOK.set((run.finished_at - run.started_at).total_seconds() if run else UNKNOWN)
    for result in run.results if run else ():
        BREACHES.labels(result["check"]).set(result["breaches"])
