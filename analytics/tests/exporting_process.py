"""A process of its own that makes the exports that wait, for the tests that kill it."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "eventify.settings")
django.setup()

from analytics import tasks  # noqa: E402

if __name__ == "__main__":
    tasks.make_due_reports()
    tasks.make_exports()
