"""What is wrong with the payments, as numbers that an alert can watch; read when they are asked for (one query)."""

from django.db import DatabaseError
from prometheus_client import Gauge

from bookings import checks, webhooks

_ONE_TRUTH = {"multiprocess_mode": "mostrecent"}  # facts of the site, not of a process: the newest reading counts
FAILING = Gauge("eventify_webhooks_failing", "Signed payment messages that cannot be processed.", **_ONE_TRUTH)
UNSIGNED = Gauge("eventify_webhooks_unsigned", "Payment messages of the last day that nobody signed.", **_ONE_TRUTH)
UNREAL = Gauge("eventify_payments_not_real", "1 when a production site takes no real payments.", **_ONE_TRUTH)


def read() -> None:
    """Set the gauges to what is true now; those of the database are NaN while it does not answer."""
    UNREAL.set(bool(checks.warnings()))
    try:
        failing, unsigned = webhooks.in_trouble()
    except DatabaseError:
        failing = unsigned = float("nan")
    FAILING.set(failing)
    UNSIGNED.set(unsigned)
