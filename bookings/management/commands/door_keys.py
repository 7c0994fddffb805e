"""The keys that sign tickets: made where they are missing, sealed anew after a change of SECRET_KEY."""

import sys

from django.core.management.base import BaseCommand

from bookings.door import keys
from bookings.models import DoorKey
from eventify.lib.sealed import Locked
from events.models import Event

_HELP = """Make the keys that events with tickets lack, and seal with SECRET_KEY what one of SECRET_KEY_FALLBACKS has
sealed. Safe to run again. Exit code 1 when keys cannot be opened, whose tickets carry no signature until then."""


class Command(BaseCommand):
    help = _HELP

    def add_arguments(self, parser):
        parser.add_argument(
            "--renew",
            action="store_true",
            help="give events a new key where the newest cannot be opened; codes that were signed before stay good",
        )

    def handle(self, *, renew, **options):
        made = [keys.signing(event) for event in keys.missing()]
        sealed, locked = _reseal()
        renewed = [keys.rotate(event) for event in _unsigned(locked)] if renew else []
        self.stdout.write(f"Keys made: {len(made)}. Sealed anew: {sealed}. Given a new key: {len(renewed)}.")
        if locked and not renew:
            slugs = ", ".join(event.slug for event in _unsigned(locked)) or "none that sign"
            self.stderr.write(f"Keys that cannot be opened: {len(locked)} (of events: {slugs}). Name the SECRET_KEY")
            self.stderr.write("that sealed them in SECRET_KEY_FALLBACKS, or give them new keys with --renew.")
            sys.exit(1)


def _reseal() -> tuple[int, list[DoorKey]]:
    """Seal all keys anew that need it: how many, and those that cannot be opened."""
    sealed, locked = 0, []
    for key in DoorKey.objects.select_related("event").order_by("pk"):
        try:
            sealed += keys.reseal(key)
        except Locked:
            locked.append(key)
    return sealed, locked


def _unsigned(locked: list[DoorKey]) -> list[Event]:
    """The events whose newest key, the one that signs, is locked."""
    return [key.event for key in locked if keys.newest(key.event) == key]
