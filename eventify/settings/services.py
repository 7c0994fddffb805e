"""PostgreSQL, Redis, Celery, and what runs by the clock."""

from django.core.exceptions import ImproperlyConfigured

from eventify.environment import broker, database, switch, text
from eventify.settings.mode import HOME, PRODUCTION

DATABASE_URL = text("DATABASE_URL", "" if PRODUCTION else HOME.database_url)
if not DATABASE_URL:
    raise ImproperlyConfigured("Set DATABASE_URL, for example postgresql://user:password@host:5432/eventify.")
DATABASES = {"default": database(DATABASE_URL, prepares=switch("EVENTIFY_DB_PREPARE", True))}
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
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 900,  # seconds; above the time limits, or a slow task would run twice
    "socket_timeout": 0.5,
    "socket_connect_timeout": 0.5,
    "max_retries": 0,  # a request never waits for the broker: the periodic sweep finds what was not sent
}
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
CELERY_BEAT_SCHEDULE_FILENAME = str(HOME.path / "celerybeat-schedule")
PERIODIC_TASKS = {  # seconds between two runs
    "bookings.tasks.expire_holds": 20,
    "bookings.tasks.promote_waitlists": 60,
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
    "privacy.tasks.make_copies": 5 * 60,
    "privacy.tasks.retain": 24 * 60 * 60,
    "analytics.tasks.count_what_is_new": 60,
    "analytics.tasks.check_everything": 60 * 60,
}
CELERY_BEAT_SCHEDULE = {
    # A run that waited longer than its interval is dropped: the next one does the same work.
    task: {"task": task, "schedule": seconds, "options": {"expires": seconds}}
    for task, seconds in PERIODIC_TASKS.items()
}
