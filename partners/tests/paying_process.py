"""A process of its own that draws up a batch, approves it and sends it, for the tests that kill it.

It starts again where it was killed. With an argument it works in one of the ways that are wrong (for controls).
"""

import os
import sys
import time
from datetime import timedelta

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "eventify.settings")
django.setup()

from accounts.models import User  # noqa: E402
from eventify.lib.ids import new_uid  # noqa: E402
from partners import payouts, sending, tasks  # noqa: E402
from partners.models import Partner, Payout  # noqa: E402
from partners.payout_providers import sandbox  # noqa: E402
from partners.payout_providers.base import Report  # noqa: E402

UNFINISHED = ("draft", "approved", "sending")


def run(patience: float) -> None:
    """Pay everybody; give up after so many seconds."""
    sandbox.PAID_AFTER = timedelta(seconds=0.2)
    maker, approver = User.objects.filter(is_superuser=True).order_by("pk")[:2]
    batch = payouts.create(partners=Partner.objects.filter(is_house=False), key="once", by=maker)
    if batch.status == "draft":
        payouts.approve(batch, by=approver)
    until = time.monotonic() + patience
    while Payout.objects.filter(status__in=UNFINISHED).exists() and time.monotonic() < until:
        tasks.send_payouts()
        time.sleep(0.05)


def send_again_under_a_new_reference() -> None:
    """Wrong: what may have been sent is sent again, and the bank cannot know that it is the same."""

    def hear(payout):
        if payout.status == "approved":
            sending._claim(payout)
        else:
            payout.uid = new_uid()
        return sending._hand_over(payout)

    sending._hear = hear


def book_before_sending() -> None:
    """Wrong: what is only about to be sent is called paid."""

    def hear(payout):
        sending._claim(payout)
        sending.resolve(payout, Report("paid"))
        sending._hand_over(payout)

    sending._hear = hear


def call_before_commit() -> None:
    """Wrong: the bank is called before it is written down that it was, with a reference of the moment."""

    def hear(payout):
        payout.uid = new_uid()
        report = sending._hand_over(payout)
        payout.refresh_from_db()
        sending._claim(payout)
        return report

    sending._hear = hear


if __name__ == "__main__":
    for name in sys.argv[1:]:
        globals()[name]()
    run(patience=2 if sys.argv[1:] else 30)
