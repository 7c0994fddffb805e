#!/usr/bin/env python3
"""Django's commands for Eventify. Any python3 may start it: it goes on in .venv, where the packages are."""

import importlib.util
import os
import sys
from pathlib import Path

VENV = Path(__file__).resolve().parent / ".venv" / "bin" / "python"


def use_venv():
    """Start again with .venv's Python when this one has no Django."""
    if importlib.util.find_spec("django"):
        return
    if not VENV.exists():
        sys.exit("eventify: nothing is installed yet: run bin/serve or bin/test once, which make .venv.")
    os.execv(VENV, [str(VENV), *sys.argv])


def main():
    """Run one command; a wrong setting is one sentence and exit code 1, not a traceback."""
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    from eventify.mode import join_demo, read_environment

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "eventify.settings")
    read_environment()
    join_demo()
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(f"eventify: {error}")


if __name__ == "__main__":
    use_venv()
    main()
