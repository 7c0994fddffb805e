"""A process of its own that seals everything anew, for the test that kills it."""

import os

import django
from django.core.management import call_command

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "eventify.settings")
django.setup()

if __name__ == "__main__":
    call_command("reseal")
