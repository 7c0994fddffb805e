"""The Celery application: settings named CELERY_*, tasks from every app's tasks.py."""

import gc
import os

from celery import Celery
from celery.signals import worker_before_create_process

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "eventify.settings")

app = Celery("eventify")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_before_create_process.connect
def share_memory(**_signal):
    """What the worker has loaded is left alone by its children's garbage collector, so they share it."""
    gc.collect()
    gc.freeze()
