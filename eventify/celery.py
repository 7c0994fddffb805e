"""The Celery application: settings named CELERY_*, tasks from every app's tasks.py."""

import gc
import os

from celery import Celery
from celery.signals import setup_logging, task_postrun, task_prerun, worker_before_create_process

from eventify.lib import request_ids

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "eventify.settings")

app = Celery("eventify")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def log_as_settings_say(**_signal):
    """With a receiver here Celery leaves the log alone."""


@task_prerun.connect
def continue_request(task_id, task, **_signal):
    """The task belongs to the request that queued it; one that beat sent has its own id."""
    request_ids.begin(task.request.get("request_id") or task_id)


@task_postrun.connect
def end_request(**_signal):
    """Between two tasks a process works for nobody."""
    request_ids.end()


@worker_before_create_process.connect
def share_memory(**_signal):
    """What the worker has loaded is left alone by its children's garbage collector, so they share it."""
    gc.collect()
    gc.freeze()
