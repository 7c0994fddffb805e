"""PostgreSQL, Redis, Celery, and what runs by the clock."""

import os

from django.core.exceptions import ImproperlyConfigured

from eventify.environment import broker, broker_options, chosen, database, switch, text
from eventify.settings.mode import HOME, PRODUCTION

DATABASE_URL = text("DATABASE_URL", "" if PRODUCTION else HOME.database_url)
if not DATABASE_URL:
    raise ImproperlyConfigured("Set DATABASE_URL, for example postgresql://user:password@host:5432/eventify.")
PREPARES = switch("EVENTIFY_DB_PREPARE", True)
DATABASES = {"default": database(DATABASE_URL, prepares=PREPARES)}
REPLICA_URL = text("REPLICA_URL", "")
if REPLICA_URL:
    DATABASES["replica"] = {**database(REPLICA_URL, prepares=PREPARES), "TEST": {"MIRROR": "default"}}
DATABASE_ROUTERS = ["eventify.lib.replica.Router"] if REPLICA_URL else []
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = text("REDIS_URL", "redis://127.0.0.1:6379/0" if PRODUCTION else HOME.redis_url)
CACHES = {
    "default": {
        "BACKEND": "django_redis.cache.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "eventify",
        # Redis may die at any moment: nothing hangs, a lost cache is a cache miss.
        "OPTIONS": {"SOCKET_TIMEOUT": 0.5, "SOCKET_CONNECT_TIMEOUT": 0.5, "IGNORE_EXCEPTIONS": True},
    }
}

CELERY_BROKER_URL = broker(text("CELERY_BROKER_URL", REDIS_URL))
if "CELERY_BROKER_URL" in os.environ:
    os.environ["CELERY_BROKER_URL"] = CELERY_BROKER_URL  # Celery looks there first, and knows no unix:///
CELERY_BROKER_TRANSPORT_OPTIONS = broker_options(CELERY_BROKER_URL)
CELERY_BROKER_CONNECTION_TIMEOUT = 0.5
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_TIME_LIMIT = 300
CELERY_TASK_SOFT_TIME_LIMIT = 240
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"
# Kinds of work, each with a queue of its own: what takes long never stands before what somebody waits for.
QUEUES = {
    "sales": ["bookings.tasks.*"],
    "mail": ["accounts.tasks.send_pending_mail"],
    "money": [
        "partners.tasks.send_payouts",
        *(f"bookings.tasks.{name}" for name in ("send_refunds", "refund_cancelled_events", "issue_invoices")),
    ],
    "bulk": [],  # all others
}
CELERY_TASK_QUEUES = {queue: {} for queue in QUEUES}
CELERY_TASK_DEFAULT_QUEUE = "bulk"
CELERY_TASK_ROUTES = {task: {"queue": queue} for queue, tasks in QUEUES.items() for task in tasks}  # names first
EVENTIFY_QUEUES = chosen("EVENTIFY_QUEUES", list(QUEUES))  # what the worker on this machine does
CELERY_BEAT_SCHEDULE_FILENAME = str(HOME.path / "celerybeat-schedule")
PERIODIC_TASKS = {  # seconds between two runs
    "events.tasks.tidy_pictures": 24 * 60 * 60,
    "bookings.tasks.expire_holds": 20,
    "bookings.tasks.promote_waitlists": 60,
    "bookings.tasks.move_waiting_rooms": 5,
    "bookings.tasks.tidy_tickets_on_their_way": 60,
    "bookings.tasks.ask_providers": 60,
    "bookings.tasks.refund_cancelled_events": 60,
    "bookings.tasks.issue_invoices": 5 * 60,
    "partners.tasks.send_payouts": 30,
    "crew.tasks.settle_shifts": 10 * 60,
    "partners.tasks.watch_documents": 60 * 60,
    "accounts.tasks.send_pending_mail": 30,
    "accounts.tasks.forget_expired_tokens": 24 * 60 * 60,
    "bookings.tasks.forget_guests": 24 * 60 * 60,
    "integrations.tasks.deliver": 5,
    "privacy.tasks.make_copies": 5 * 60,
    "privacy.tasks.note_erasures": 24 * 60 * 60,
    "privacy.tasks.retain": 24 * 60 * 60,
    "analytics.tasks.count_what_is_new": 60,
    "analytics.tasks.make_exports": 60,
    "analytics.tasks.make_due_reports": 60,
    "analytics.tasks.tidy_exports": 60 * 60,
    "analytics.tasks.check_everything": 60 * 60,
}
CELERY_BEAT_SCHEDULE = {
    # A run that waited longer than its interval is dropped: the next one does the same work.
    task: {"task": task, "schedule": seconds, "options": {"expires": seconds}}
    for task, seconds in PERIODIC_TASKS.items()
}
