"""Applications, middlewares, templates, accounts and the API."""

from datetime import timedelta

from django.utils.translation import gettext_lazy

from eventify.environment import number, text
from eventify.settings.mode import BASE_DIR, JWT_SECRET, PRODUCTION

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
    "integrations",
    "analytics",
    "privacy",
]
MIDDLEWARE = [
    "eventify.prometheus.Measured",
    "eventify.middleware.MachinesOverHttps",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "eventify.middleware.OtherOrigins",
    "eventify.middleware.Nudging",
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
PASSWORD_RULES = (
    *(
        f"django.contrib.auth.password_validation.{name}Validator"
        for name in ("UserAttributeSimilarity", "MinimumLength", "CommonPassword", "NumericPassword")
    ),
    "accounts.passwords.WordsOfThisSite",
    "accounts.passwords.KnownFromBreaches",
)
# The documents' examples use short passwords, so only production judges them.
AUTH_PASSWORD_VALIDATORS = [{"NAME": rule} for rule in PASSWORD_RULES if PRODUCTION]
BREACHED_PASSWORDS = text("EVENTIFY_BREACHED_PASSWORDS", "")  # a file: SHA-1 in capitals, sorted, one on each line

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
    "AUDIENCE": "eventify",  # all contracts of this site, and nobody else who may be given JWT_SECRET
}
