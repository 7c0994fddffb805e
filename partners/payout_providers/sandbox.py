"""A payout provider that works offline: its own books, but no real money.

Some account numbers behave specially, by their last digits, so that everything can be tried by hand and in tests.
"""

import time
from collections import deque
from datetime import timedelta

from django.utils import timezone

from partners.models import SandboxTransfer
from partners.payout_providers.base import ACCEPTED, FAILED, PAID, UNKNOWN, Report, Unreachable

# last digits of the account's number -> what the bank does with the money
REFUSED = "00000001"
SLOW = "00000002"  # accepted at once, paid after PAID_AFTER
PAID_AFTER = timedelta(minutes=1)
REASON = "The bank does not know this account number."

# What the network does to the next calls of this process, first come first served (see `_network`).
LOST_REQUEST, LOST_ANSWER, DELAY = "lost request", "lost answer", "delay"
faults: deque[str] = deque()


class SandboxProvider:
    """See partners.payout_providers.base.Provider."""

    name = "sandbox"
    is_manual = False

    def check(self):
        return

    def send(self, payout):
        return _network(lambda: _book(payout))

    def ask(self, payout):
        return _network(lambda: _look_up(payout))


def _network(call) -> Report:
    fault = faults.popleft() if faults else ""
    if fault == LOST_REQUEST:
        raise Unreachable("The sandbox bank cannot be reached.")
    if fault == DELAY:
        time.sleep(0.2)
    report = call()
    if fault == LOST_ANSWER:
        raise Unreachable("The sandbox bank did not answer.")
    return report


def _book(payout) -> Report:
    number = payout.bank_account.number
    status = FAILED if number.endswith(REFUSED) else ACCEPTED if number.endswith(SLOW) else PAID
    SandboxTransfer.objects.get_or_create(
        reference=payout.uid,
        defaults={
            "amount": payout.amount,
            "currency": payout.currency,
            "account": number,
            "status": status,
            "reason": REASON if status == FAILED else "",
        },
    )
    return _look_up(payout)


def _look_up(payout) -> Report:
    due = SandboxTransfer.objects.filter(status=ACCEPTED, created_at__lte=timezone.now() - PAID_AFTER)
    due.filter(reference=payout.uid).update(status=PAID)
    booked = SandboxTransfer.objects.filter(reference=payout.uid).first()
    return Report(booked.status, f"sbx_{payout.uid.hex}", booked.reason) if booked else Report(UNKNOWN)
