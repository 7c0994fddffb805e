"""The proof of the books, for people and for cron."""

import sys

from django.core.management.base import BaseCommand
from django.db import transaction

from bookings import ledger_checks
from eventify.lib.checks import Check, see_one_moment


class Command(BaseCommand):
    help = (
        "Prove that the ledger is balanced, unchanged, and says what the orders, payments, refunds and payouts say. "
        "Prints every check and every difference with a hint how to repair it; exits 1 when there is one."
    )

    def handle(self, **options):
        with transaction.atomic():
            see_one_moment()
            found = sum(self._run(check) for check in ledger_checks.CHECKS)
        if found:
            self.stdout.write(self.style.ERROR(f"{found} differences. The books do not hold."))
            sys.exit(1)
        self.stdout.write(self.style.SUCCESS("The books hold."))

    def _run(self, check: Check) -> int:
        """Print one check and what breaks it; returns how many differences there are."""
        found = 0
        for breach in check.breaches():
            if not found:
                self.stdout.write(self.style.ERROR(f"{check.name:<24} DIFFERS"))
            self.stdout.write(f"  {breach.sentence}")
            found += 1
        if found:
            self.stdout.write(f"  -> {check.hint}")
        else:
            self.stdout.write(f"{check.name:<24} ok ({check.compared():,})")
        return found
