"""Which mode a command runs in when nobody said so."""

import os
from pathlib import Path

import environ

from eventify.home import Home

ROOT = Path(__file__).resolve().parent.parent
CONFIGURED_BY = ("DEBUG", "DEMO", "SECRET_KEY")


def read_environment():
    """Add .env to os.environ (which wins) and return it."""
    environ.Env.read_env(os.environ.get("EVENTIFY_ENV_FILE") or str(ROOT / ".env"))
    return os.environ


def home():
    """The home that the environment names, or the default one in the checkout."""
    return Home(os.environ.get("EVENTIFY_HOME") or ROOT / ".eventify")


def default_to_demo():
    """DEMO=on unless the environment or .env names a mode or a secret of its own."""
    environment = read_environment()
    if not any(environment.get(name) for name in CONFIGURED_BY):
        environment["DEMO"] = "on"


def join_demo():
    """The same for manage.py, but only beside a demo that bin/serve has made: anything else is production."""
    if home().read_secret():
        default_to_demo()
