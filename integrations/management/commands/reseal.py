"""After a change of SECRET_KEY, or of how things are sealed: everything that lies sealed is sealed anew."""

import sys

from django.core.management.base import BaseCommand

from bookings.door import keys
from bookings.models import DoorKey, WaitingRoom
from bookings.waiting_room import opening
from eventify.lib.failpoints import failpoint
from eventify.lib.sealed import Locked
from integrations import endpoints
from integrations.models import Endpoint

# What is sealed: its name, the rows, and what seals one of them anew, in a transaction of its own.
KINDS = (
    ("keys of tickets", DoorKey.objects.select_related("event"), keys.reseal),
    ("seeds of waiting rooms", WaitingRoom.objects.filter(drawn_at=None), opening.reseal),
    ("secrets of webhook endpoints", Endpoint.objects.all(), endpoints.reseal),
)
_HELP = """Seal with SECRET_KEY, and as this version seals, what one of SECRET_KEY_FALLBACKS or an earlier version has
sealed: keys that sign tickets, seeds of waiting rooms that have not been drawn, secrets of webhook endpoints. Safe to
run again, also after it was killed. When it ends with 0 no fallback is needed for any of these; exit code 1 when
something cannot be opened."""
ADVICE = """Name the SECRET_KEY that sealed them in SECRET_KEY_FALLBACKS and run this again. Without it: manage.py
door_keys --renew, a new room, a new secret for the endpoint."""


class Command(BaseCommand):
    help = _HELP

    def handle(self, **options):
        locked = sum(self._sealed_anew(*kind) for kind in KINDS)
        if locked:
            self.stderr.write(ADVICE)
            sys.exit(1)

    def _sealed_anew(self, name, rows, reseal) -> int:
        """Say what became of the rows of one kind; how many cannot be opened."""
        anew, locked = 0, []
        for row in rows.order_by("pk").iterator():
            try:
                anew += reseal(row)
            except Locked:
                locked.append(row.pk)
            failpoint("reseal.after_row")
        self.stdout.write(f"{name}: {anew} sealed anew, {len(locked)} cannot be opened.")
        return len(locked)
