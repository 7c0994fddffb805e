"""Every setting, read from the environment and from .env (names and meanings: .env.example).

Three modes: DEBUG=on (development), DEMO=on (well-known logins), neither (production: weak secrets are refused).
"""

import hashlib
import hmac
import os
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy

from eventify.environment import broker, choice, database, env, keeps, limit, number, switch, text, time_zone
from eventify.home import Home
from eventify.lib import logs

BASE_DIR = Path(__file__).resolve().parent.parent
env.read_env(os.environ.get("EVENTIFY_ENV_FILE", str(BASE_DIR / ".env")))

DEMO_SECRET = "demo-secret-that-is-written-in-the-source-and-protects-nothing"
WELL_KNOWN_SECRETS = {DEMO_SECRET, "please_change_me", "secret", "changeme"}
WELL_KNOWN_PASSWORDS = {"admin123", "root", "admin"}


def secret(name, default):
    """One secret; in production it must be set, be at least 32 characters long and not be well known."""
    value = text(name, "")
    if PRODUCTION and (value in WELL_KNOWN_SECRETS or len(value) < 32):
        raise ImproperlyConfigured(
            f"Set {name} to a random value of at least 32 characters (or DEMO=on for a demo, DEBUG=on for development)."
        )
    return value or default


def derived(purpose):
    """A secret for one purpose, computed from SECRET_KEY (64 hexadecimal digits)."""
    return hmac.new(SECRET_KEY.encode(), purpose.encode(), hashlib.sha256).hexdigest()


def demo_secret():
    """The secret that bin/serve generated for this home, or else the one that protects nothing."""
    return HOME.read_secret() or DEMO_SECRET


# --- Mode, home and secrets -------------------------------------------------------------------------

DEBUG = env.bool("DEBUG", default=False)
DEMO = env.bool("DEMO", default=False)
PRODUCTION = not (DEBUG or DEMO)

HOME = Home(text("EVENTIFY_HOME", str(BASE_DIR / ".eventify")))

SECRET_KEY = secret("SECRET_KEY", default=None if PRODUCTION else demo_secret())
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])  # earlier ones: they open what they sealed
JWT_SECRET = secret("JWT_SECRET", default=derived("jwt"))
EVENTIFY_SANDBOX_PAYMENTS = switch("EVENTIFY_SANDBOX_PAYMENTS", not PRODUCTION)  # it takes no real money
SANDBOX_WEBHOOK_SECRET = text("SANDBOX_WEBHOOK_SECRET", derived("sandbox webhook"))
EVENTIFY_PAYMENT_PROVIDER = choice("EVENTIFY_PAYMENT_PROVIDER", "sandbox", ("sandbox", "stripe"))  # of new payments
STRIPE_SECRET_KEY = text("STRIPE_SECRET_KEY", "")
STRIPE_WEBHOOK_SECRET = text("STRIPE_WEBHOOK_SECRET", "")  # of the endpoint <SITE_URL>/webhooks/payments/stripe/
STRIPE_API_BASE = text("STRIPE_API_BASE", "https://api.stripe.com")
if EVENTIFY_PAYMENT_PROVIDER == "stripe" and not (STRIPE_SECRET_KEY and STRIPE_WEBHOOK_SECRET):
    raise ImproperlyConfigured("EVENTIFY_PAYMENT_PROVIDER=stripe needs STRIPE_SECRET_KEY and STRIPE_WEBHOOK_SECRET.")
EVENTIFY_ADMIN_PASSWORD = text("EVENTIFY_ADMIN_PASSWORD", "" if PRODUCTION else "admin123")
if PRODUCTION and EVENTIFY_ADMIN_PASSWORD in WELL_KNOWN_PASSWORDS:
    raise ImproperlyConfigured("EVENTIFY_ADMIN_PASSWORD is a well-known demo password: choose another.")

# --- Addresses --------------------------------------------------------------------------------------

PORT = number("PORT", 8000)
SITE_URL = text("SITE_URL", f"http://localhost:{PORT}").rstrip("/")
LOCAL_HOSTS = ["localhost", ".localhost", "127.0.0.1", "[::1]", urlsplit(SITE_URL).hostname or "localhost"]
LOCAL_HOSTS += ["*"] if text("HOST", "127.0.0.1") == "0.0.0.0" else []
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[] if PRODUCTION else LOCAL_HOSTS)
if PRODUCTION and (not ALLOWED_HOSTS or "*" in ALLOWED_HOSTS):
    raise ImproperlyConfigured("Set ALLOWED_HOSTS to the host names of this site, without a wildcard.")

LOCAL_PORTS = (3000, 4200, 5173, 5500, 8080)
LOCAL_ORIGINS = [f"http://{host}:{port}" for host in ("localhost", "127.0.0.1") for port in LOCAL_PORTS]
CORS_ALLOWED_ORIGINS = env.list("CORS_ALLOWED_ORIGINS", default=[] if PRODUCTION else LOCAL_ORIGINS)
CORS_ALLOW_HEADERS = ["accept", "authorization", "content-type", "idempotency-key", "x-requested-with", "x-request-id"]
CORS_EXPOSE_HEADERS = ["Retry-After", "X-Request-Id", "Content-Disposition"]
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

# --- PostgreSQL and Redis ---------------------------------------------------------------------------

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

# --- Eventify's own rules ---------------------------------------------------------------------------

EVENTIFY_CURRENCY = text("EVENTIFY_CURRENCY", "INR").upper()
EVENTIFY_HOLD_MINUTES = number("EVENTIFY_HOLD_MINUTES", 15)
EVENTIFY_OFFER_MINUTES = number("EVENTIFY_OFFER_MINUTES", 60)
EVENTIFY_SEAT_GRID_MAX = number("EVENTIFY_SEAT_GRID_MAX", 5000)
EVENTIFY_TIME_ZONE = time_zone("EVENTIFY_TIME_ZONE", "UTC")
EVENTIFY_PHONE_REGION = text("EVENTIFY_PHONE_REGION", "IN").upper()
EVENTIFY_IDEMPOTENCY_KEY = choice("EVENTIFY_IDEMPOTENCY_KEY", "required", ("required", "optional"))
EVENTIFY_FEE_PERCENT = Decimal(text("EVENTIFY_FEE_PERCENT", "5"))  # of a sale, for partners without one of their own
EVENTIFY_SETTLEMENT_DAYS = number("EVENTIFY_SETTLEMENT_DAYS", 2, least=0)  # until a sale's money may be paid out
# The sandbox pays no real money, so production writes bank files unless told otherwise.
EVENTIFY_PAYOUT_PROVIDER = choice(
    "EVENTIFY_PAYOUT_PROVIDER", "bank_file" if PRODUCTION else "sandbox", ("sandbox", "bank_file")
)
EVENTIFY_PAYOUT_MINIMUM = Decimal(text("EVENTIFY_PAYOUT_MINIMUM", "1"))  # of a payout, in any currency
EVENTIFY_BANK_HOLDER = text("EVENTIFY_BANK_HOLDER", "Eventify")  # our own account, which bank files pay from
EVENTIFY_BANK_ACCOUNT = text("EVENTIFY_BANK_ACCOUNT", "" if PRODUCTION else "000111222333")
EVENTIFY_BANK_ROUTING = text("EVENTIFY_BANK_ROUTING", "")
EVENTIFY_STEP_UP_MINUTES = number("EVENTIFY_STEP_UP_MINUTES", 15)  # that a proof of identity counts for money and roles
EVENTIFY_APPLE_CERTIFICATE = text("EVENTIFY_APPLE_CERTIFICATE", "")  # a PEM file; without it no Wallet passes
EVENTIFY_APPLE_PASSWORD = text("EVENTIFY_APPLE_PASSWORD", "")
EVENTIFY_MAILS_PER_SECOND = number("EVENTIFY_MAILS_PER_SECOND", 10, least=0)  # of those that go to many; 0: any
EVENTIFY_KEEP_DAYS = keeps()  # kind -> days (privacy/retention.py)
EVENTIFY_TRUSTED_PROXIES = number("EVENTIFY_TRUSTED_PROXIES", 0, least=0)
EVENTIFY_RATE_LIMITS = switch("EVENTIFY_RATE_LIMITS", True)
RATE_LIMITS = {
    "login": limit("login", "5/60"),
    "signup": limit("signup", "20/60"),
    "reset": limit("reset", "5/3600"),
    "booking": limit("booking", "10/60"),
    "guest": limit("guest", "60/3600"),
    "checkout": limit("checkout", "20/60"),
    "event_create": limit("event_create", "20/60"),
    "event_edit": limit("event_edit", "30/60"),
    "event_delete": limit("event_delete", "10/60"),
    "seat_generate": limit("seat_generate", "10/60"),
    "webhook": limit("webhook", "1200/60"),
    "promo": limit("promo", "30/600"),  # codes that are none
}

# --- Applications -----------------------------------------------------------------------------------

INSTALLED_APPS = [
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.sitemaps",
    "django.contrib.humanize",
    "rest_framework",
    "django_filters",
    "guardian",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "corsheaders",
    "django_prometheus",
    "csp",
    "accounts",
    "partners",
    "events",
    "bookings",
    "crew",
    "analytics",
    "privacy",
]
MIDDLEWARE = [
    "eventify.prometheus.Measured",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "eventify.middleware.OtherOrigins",
    "eventify.middleware.Contracts",  # what follows serves pages only
    "eventify.middleware.PagesOfAnybody",
    "eventify.csp.PathCSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "accounts.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "eventify.urls"
WSGI_APPLICATION = "eventify.wsgi.application"
APPEND_SLASH = True
PROMETHEUS_EXPORT_MIGRATIONS = False
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

# --- Accounts and API -------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
LOGIN_URL = "/login/"
UNFOLD = {
    "SITE_TITLE": "Eventify",
    "SITE_HEADER": "Eventify",
    "SITE_URL": "/command-center/",
    "SHOW_VIEW_ON_SITE": False,
    "SITE_DROPDOWN": [
        {"icon": "space_dashboard", "title": gettext_lazy("Command center"), "link": "/command-center/"},
        {"icon": "public", "title": gettext_lazy("Public site"), "link": "/"},
    ],
}
SILENCED_SYSTEM_CHECKS = [
    "auth.W004",  # e-mail addresses are unique whatever their case: a constraint on Lower("email")
    "guardian.W001",  # accounts.backends asks guardian itself
]
AUTHENTICATION_BACKENDS = ["accounts.backends.EventifyBackend", "crew.backends.GateBackend"]
OTP_TOTP_THROTTLE_FACTOR = OTP_STATIC_THROTTLE_FACTOR = 0  # accounts/lockout.py counts failures, for every way in
PASSWORD_RESET_TIMEOUT = 3 * 24 * 60 * 60  # seconds that a mailed link to choose a password works
ANONYMOUS_USER_NAME = None
GUARDIAN_MONKEY_PATCH_USER = False
GUARDIAN_MONKEY_PATCH_GROUP = False
PASSWORD_HASHERS = [f"django.contrib.auth.hashers.{name}PasswordHasher" for name in ("Argon2", "PBKDF2")]
PASSWORD_RULES = ("UserAttributeSimilarity", "MinimumLength", "CommonPassword", "NumericPassword")
# The documents' examples use short passwords, so only production judges them.
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{rule}Validator"} for rule in PASSWORD_RULES if PRODUCTION
]

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["eventify.lib.parsers.StrictJSONParser"],
    "COMPACT_JSON": True,
    "COERCE_DECIMAL_TO_STRING": False,
    "DATETIME_FORMAT": "iso-8601",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SIMPLE_JWT = {
    "ALGORITHM": "HS256",
    "SIGNING_KEY": JWT_SECRET,
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=number("ACCESS_TOKEN_EXPIRE_MINUTES", 120)),
    "REFRESH_TOKEN_LIFETIME": timedelta(days=number("REFRESH_TOKEN_EXPIRE_DAYS", 30)),
    "USER_ID_FIELD": "uid",
    "USER_ID_CLAIM": "sub",
}

# --- Language, files, mail --------------------------------------------------------------------------

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("nl", "Nederlands")]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATIC_ROOT = Path(text("STATIC_ROOT", str(HOME.path / "static")))
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_URL = "/media/"
MEDIA_ROOT = Path(text("MEDIA_ROOT", str(HOME.path / "media")))
HASHED_STATIC = "eventify.lib.hashed_static.ManifestStorage"
PLAIN_STATIC = "django.contrib.staticfiles.storage.StaticFilesStorage"
PRIVATE_ROOT = Path(text("PRIVATE_ROOT", str(HOME.path / "private")))  # partners' documents; never served as files


def private_storage():
    """The storage of partners' documents: an S3 bucket when one is named, else a folder."""
    bucket = text("PRIVATE_S3_BUCKET", "")
    if not bucket:
        return {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": PRIVATE_ROOT, "base_url": None, "file_permissions_mode": 0o600},
        }
    options = {"bucket_name": bucket, "default_acl": None, "signature_version": "s3v4", "file_overwrite": False}
    places = {"endpoint_url": text("PRIVATE_S3_ENDPOINT", ""), "region_name": text("PRIVATE_S3_REGION", "")}
    chosen = {name: value for name, value in places.items() if value}
    return {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": {**options, **chosen}}


STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "private": private_storage(),
    "staticfiles": {"BACKEND": PLAIN_STATIC if DEBUG else HASHED_STATIC},
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440  # bytes
FILE_UPLOAD_HANDLERS = [
    "eventify.lib.uploads.Bounded",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

# --- Mail: a real server through EMAIL_URL; without it the demo writes files into its home. ----------

vars().update(env.email_url_config(text("EMAIL_URL", "consolemail://" if DEBUG else "filemail://")))
EMAIL_FILE_PATH = str(HOME.path / "mail")
EMAIL_TIMEOUT = 10  # seconds
DEFAULT_FROM_EMAIL = text("DEFAULT_FROM_EMAIL", "Eventify <no-reply@localhost>")

# --- Security headers -------------------------------------------------------------------------------

SECURE_SSL = env.bool("SECURE_SSL", default=PRODUCTION)
SECURE_SSL_REDIRECT = SECURE_SSL
SECURE_REDIRECT_EXEMPT = [r"^(healthz|readyz|metrics)/?$"]  # asked by machines from inside
SECURE_HSTS_SECONDS = 31_536_000 if SECURE_SSL else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = SECURE_SSL
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = SECURE_SSL
# A browser takes a cookie of such a name only over TLS, from this very host.
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = (("__Host-" if SECURE_SSL else "") + one for one in ("sessionid", "csrftoken"))
PROXY_SSL_HEADER = text("SECURE_PROXY_SSL_HEADER", "")  # such as "X-Forwarded-Proto: https"
if PROXY_SSL_HEADER:
    header, _, header_value = PROXY_SSL_HEADER.partition(":")
    SECURE_PROXY_SSL_HEADER = ("HTTP_" + header.strip().upper().replace("-", "_"), header_value.strip())

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:", "https:"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}
# The raw admin's theme (unfold) runs Alpine expressions and inline styles; nothing else may.
CSP_BY_PREFIX = {
    "/django-admin/": {
        **CONTENT_SECURITY_POLICY["DIRECTIVES"],
        "script-src": ["'self'", "'unsafe-inline'", "'unsafe-eval'"],
        "style-src": ["'self'", "'unsafe-inline'"],
    }
}

# --- Logs: one line each, to standard error ---------------------------------------------------------

LOG_LEVEL = choice("LOG_LEVEL", "info", ("debug", "info", "warning", "error", "critical")).upper()
LOG_FORMAT = choice("LOG_FORMAT", "line", ("line", "json"))
LOGGING = logs.configuration(LOG_LEVEL, LOG_FORMAT)
