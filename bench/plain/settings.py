"""The project's settings with the plain addresses and without middleware."""

from eventify.settings import *  # noqa: F403

ROOT_URLCONF = "bench.plain.urls"
MIDDLEWARE = []
