"""Beat: `python -m eventify.clock` sends the periodic tasks of the settings.

It sends the names of tasks, so it loads settings, not the apps: 60 MB less.
"""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "eventify.settings")

app = Celery("eventify", fixups=())
app.config_from_object("django.conf:settings", namespace="CELERY")

if __name__ == "__main__":
    app.Beat(loglevel="INFO").run()
