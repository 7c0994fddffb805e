"""What an alert can watch: what is wrong with payments and endpoints, and what the last check of everything found.

Read when they are asked for.
"""

from django.conf import settings
from django.db import DatabaseError
from prometheus_client import Gauge
from redis.exceptions import RedisError

from accounts import mail
from analytics import fsck
from bookings import checks, webhooks
from eventify.lib import heartbeats, queues
from integrations import backlog

_ONE_TRUTH = {"multiprocess_mode": "mostrecent"}  # facts of the site, not of a process: the newest reading counts
FAILING = Gauge("eventify_webhooks_failing", "Signed payment messages that cannot be processed.", **_ONE_TRUTH)
UNSIGNED = Gauge("eventify_webhooks_unsigned", "Payment messages of the last day that nobody signed.", **_ONE_TRUTH)
OWED = Gauge("eventify_endpoint_deliveries_waiting", "Facts that webhook endpoints are still owed.", **_ONE_TRUTH)
OLDEST = Gauge("eventify_endpoint_oldest_waiting_seconds", "How long the oldest of these has waited.", **_ONE_TRUTH)
DOWN = Gauge("eventify_endpoints_failing", "Webhook endpoints that fail, or were switched off.", **_ONE_TRUTH)
UNREAL = Gauge("eventify_payments_not_real", "1 when a production site takes no real payments.", **_ONE_TRUTH)
BREACHES = Gauge("eventify_fsck_breaches", "What each check of the last fsck found broken.", ["check"], **_ONE_TRUTH)
CHECKED_AT = Gauge("eventify_fsck_finished_timestamp_seconds", "When the last fsck was finished.", **_ONE_TRUTH)
TOOK = Gauge("eventify_fsck_duration_seconds", "How long the last fsck took.", **_ONE_TRUTH)
WAITING = Gauge("eventify_queue_messages", "Messages that no worker has taken yet.", ["queue"], **_ONE_TRUTH)
SIGN = Gauge(
    "eventify_sign_of_life_seconds",
    "Age of the last sign of life of beat and of each queue's worker.",
    ["of"],
    **_ONE_TRUTH,
)
MAILS = Gauge("eventify_mails_due", "Mails that should have gone out by now.", **_ONE_TRUTH)
UNKNOWN = float("nan")


def read() -> None:
    """Set the gauges to what is true now; those of the database are NaN while it does not answer."""
    UNREAL.set(bool(checks.warnings()))
    _read_webhooks()
    _read_endpoints()
    _read_fsck()
    _read_processes()


def _read_webhooks() -> None:
    try:
        failing, unsigned = webhooks.in_trouble()
    except DatabaseError:
        failing = unsigned = UNKNOWN
    FAILING.set(failing)
    UNSIGNED.set(unsigned)


def _read_endpoints() -> None:
    try:
        owed = backlog.look()
    except DatabaseError:
        owed = backlog.Backlog(UNKNOWN, UNKNOWN, UNKNOWN)
    OWED.set(owed.waiting)
    OLDEST.set(owed.oldest)
    DOWN.set(owed.failing)


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


def _read_processes() -> None:
    for queue, length in queues.lengths().items():
        WAITING.labels(queue).set(length)
    for name, age in _ages().items():
        SIGN.labels(name).set(UNKNOWN if age is None else age)
    try:
        MAILS.set(mail.due().count())
    except DatabaseError:
        MAILS.set(UNKNOWN)


def _ages() -> dict[str, float | None]:
    names = {queue: heartbeats.of_queue(queue) for queue in settings.QUEUES} | {"beat": "beat"}
    try:
        return dict(zip(names, heartbeats.ages(*names.values()), strict=True))
    except RedisError:
        return dict.fromkeys(names)
