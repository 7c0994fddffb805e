"""The Celery application: settings named CELERY_*, tasks from every app's tasks.py."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "eventify.settings")

app = Celery("eventify")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
