"""Which mode this is, where its home is, and the secrets."""

import hashlib
import hmac
import os
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from eventify.environment import env, text
from eventify.home import Home

BASE_DIR = Path(__file__).resolve().parent.parent.parent
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


DEBUG = env.bool("DEBUG", default=False)
DEMO = env.bool("DEMO", default=False)
PRODUCTION = not (DEBUG or DEMO)

HOME = Home(text("EVENTIFY_HOME", str(BASE_DIR / ".eventify")))

SECRET_KEY = secret("SECRET_KEY", default=None if PRODUCTION else demo_secret())
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])  # earlier ones: they open what they sealed
JWT_SECRET = secret("JWT_SECRET", default=derived("jwt"))
EVENTIFY_ADMIN_PASSWORD = text("EVENTIFY_ADMIN_PASSWORD", "" if PRODUCTION else "admin123")
if PRODUCTION and EVENTIFY_ADMIN_PASSWORD in WELL_KNOWN_PASSWORDS:
    raise ImproperlyConfigured("EVENTIFY_ADMIN_PASSWORD is a well-known demo password: choose another.")
