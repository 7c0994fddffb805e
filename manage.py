#!/usr/bin/env python
"""Django's commands for Eventify."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line

from eventify.mode import join_demo, read_environment


def main():
    """Run one command; a wrong setting is one sentence and exit code 1, not a traceback."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "eventify.settings")
    os.environ.setdefault("EVENTIFY_DB_POOL_MAX", "0")  # a command needs one connection, not a pool
    read_environment()
    join_demo()
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(f"eventify: {error}")


if __name__ == "__main__":
    main()
