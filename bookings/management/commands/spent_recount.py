"""Bringing the sums of what people have spent up to the currency of the platform."""

from django.core.management.base import BaseCommand

from bookings import spent


class Command(BaseCommand):
    help = (
        "Set what each account has spent to the sum of its payments in EVENTIFY_CURRENCY, less its refunds. "
        "Needed after EVENTIFY_CURRENCY was changed; safe to run at any time."
    )

    def handle(self, *, verbosity, **options):
        changed = spent.recount()
        if verbosity:
            self.stdout.write(f"Counted anew for {changed} accounts." if changed else "All sums are right.")
