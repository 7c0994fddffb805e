"""Bringing the ledger up to what was sold before it existed."""

from django.core.management.base import BaseCommand

from bookings import ledger_missing


class Command(BaseCommand):
    help = (
        "Post the payments and refunds that the ledger does not know, such as those from before it existed. "
        "Safe to run again: what is posted stays as it is."
    )

    def handle(self, *, verbosity, **options):
        posted = ledger_missing.post_missing()
        if verbosity and any(posted.values()):
            parts = ", ".join(f"{number} {what}" for what, number in posted.items())
            self.stdout.write(f"Posted to the ledger: {parts}.")
        elif verbosity:
            self.stdout.write("The ledger knows everything.")
