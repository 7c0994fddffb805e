"""Reading the environment: one function per kind of value, each refusing what it cannot use with a sentence."""

from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import environ
from django.core.exceptions import ImproperlyConfigured

env = environ.Env()
READ_COMMITTED = 2  # psycopg.IsolationLevel; beat need not load psycopg for it


def text(name, default):
    """The value of one environment name; an empty one counts as not set."""
    return env.str(name, default="") or default


def number(name, default, least=1):
    """A whole number of at least `least`; ImproperlyConfigured for anything else."""
    value = text(name, str(default))
    if not value.isdecimal() or int(value) < least:
        raise ImproperlyConfigured(f"{name} must be a whole number of at least {least}, not {value!r}.")
    return int(value)


def time_zone(name, default):
    """The name of a time zone (Asia/Kolkata); ImproperlyConfigured if there is none of that name."""
    value = text(name, default)
    try:
        return ZoneInfo(value).key
    except (ValueError, OSError, ZoneInfoNotFoundError):
        raise ImproperlyConfigured(f"{name} must be a time zone such as Asia/Kolkata, not {value!r}.") from None


def choice(name, default, allowed):
    """The value of one environment name, lower case; ImproperlyConfigured unless it is in `allowed`."""
    value = text(name, default).lower()
    if value not in allowed:
        raise ImproperlyConfigured(f"{name} must be one of {', '.join(allowed)}, not {value!r}.")
    return value


def switch(name, default):
    """on or off as a bool; ImproperlyConfigured for anything else."""
    return choice(name, "on" if default else "off", ("on", "off")) == "on"


def limit(name, default):
    """One rate limit as (count, seconds), overridable as EVENTIFY_LIMIT_<NAME>="count/seconds"."""
    variable = f"EVENTIFY_LIMIT_{name.upper()}"
    count, _, seconds = text(variable, default).partition("/")
    if not (count.isdecimal() and seconds.isdecimal() and int(count) and int(seconds)):
        raise ImproperlyConfigured(f'{variable} must look like "5/60" (requests/seconds).')
    return int(count), int(seconds)


# How many days what is kept for a time is kept (privacy/catalogue.py says what each kind is); 0: for ever.
KEEP_DAYS = {
    "attendees": 730,
    "browser_sessions": 7,
    "carts": 30,
    "copies": 7,
    "crew": 0,
    "deliveries": 30,
    "door_devices": 90,
    "exports": 7,
    "facts": 365,
    "invitations": 365,
    "mails": 90,
    "notifications": 365,
    "sessions": 30,
    "waiting_rooms": 90,
    "webhooks": 90,
}


def keeps():
    """The days of each kind, overridable as EVENTIFY_KEEP_<KIND>_DAYS."""
    return {kind: number(f"EVENTIFY_KEEP_{kind.upper()}_DAYS", days, least=0) for kind, days in KEEP_DAYS.items()}


def database(url, prepares):
    """Django's settings of a PostgreSQL URL; postgresql+psycopg2:// and ?host=/socket/folder are understood.

    A thread keeps its connection for ever; eventify.lib.postgres looks whether it is still one.
    """
    scheme, _, rest = url.partition("://")
    if scheme.split("+")[0] not in ("postgres", "postgresql"):
        raise ImproperlyConfigured("DATABASE_URL must be a postgresql:// address.")
    config = env.db_url_config(f"postgresql://{rest}")
    options = config.pop("OPTIONS", {})
    for key in ("host", "port", "user", "password"):
        config[key.upper()] = str(options.pop(key, "") or config[key.upper()])
    options["isolation_level"] = READ_COMMITTED
    options.setdefault("connect_timeout", 5)  # seconds; no request hangs while the server cannot be reached
    if prepares:
        options["prepare_threshold"] = 2  # runs of a statement until the server keeps its plan
    config["ENGINE"] = "eventify.lib.postgres"
    # A pooler gives the connection to others between two transactions, with what was prepared and what a cursor holds.
    kept = {"CONN_MAX_AGE": None, "CONN_HEALTH_CHECKS": True, "DISABLE_SERVER_SIDE_CURSORS": not prepares}
    return {**config, "OPTIONS": options, **kept}


def chosen(name, allowed):
    """Some of `allowed`, separated by commas, or all of them; ImproperlyConfigured for another."""
    values = [one.strip() for one in text(name, ",".join(allowed)).split(",")]
    if unknown := sorted(set(values) - set(allowed)):
        raise ImproperlyConfigured(f"{name} may name {', '.join(allowed)}, not {unknown[0]!r}.")
    return values


def broker(url):
    """A Redis address in Celery's spelling (unix:///path?db=1 is redis+socket:///path?virtual_host=1 there)."""
    parts = urlsplit(url)
    if parts.scheme != "unix":
        return url
    return f"redis+socket://{parts.path}?virtual_host={parse_qs(parts.query).get('db', ['0'])[0]}"


def broker_options(url):
    """Celery's options for the broker at this address, Redis or RabbitMQ (amqp://).

    A request never waits for the broker: the periodic sweep finds what was not sent.
    """
    if not url.startswith("redis"):
        return {"connect_timeout": 0.5, "confirm_publish": True, "max_retries": 0}
    # A message that nobody has acknowledged for 900 seconds is given to another: above the time limits of tasks.
    return {"visibility_timeout": 900, "socket_timeout": 0.5, "socket_connect_timeout": 0.5, "max_retries": 0}
