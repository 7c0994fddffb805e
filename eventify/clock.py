"""Beat: `python -m eventify.clock` sends the periodic tasks of the settings.

It sends the names of tasks, so it loads settings, not the apps: 60 MB less.
"""

import logging.config
import os

from celery import Celery
from celery.beat import PersistentScheduler
from celery.signals import setup_logging
from django.conf import settings

from eventify.lib import heartbeats

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "eventify.settings")

app = Celery("eventify", fixups=())
app.config_from_object("django.conf:settings", namespace="CELERY")


class Clock(PersistentScheduler):
    """The schedule; each look at it is a sign of life."""

    def tick(self, *arguments, **named):
        heartbeats.beat("beat")
        return super().tick(*arguments, **named)


def log_as_settings_say(**_signal):
    """Django would do it, were it loaded."""
    logging.config.dictConfig(settings.LOGGING)


if __name__ == "__main__":
    setup_logging.connect(log_as_settings_say)
    app.Beat(loglevel="INFO", max_interval=heartbeats.EVERY, scheduler=Clock).run()
