"""The bank of the payouts' trial: the sandbox's own books behind a network and a bank that behave badly.

torture.worker always has it; it behaves badly while the file `bank` of the home says with which seed.
"""

import os
import random
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from django.db import connection

from partners import payout_providers
from partners.payout_providers import sandbox
from partners.payout_providers.base import UNKNOWN, Report, Unreachable

FILE, LOG = "bank", "bank.log"
LATE = 0.4  # seconds that a request is under way when nobody waits for it any more
SLOW = 0.2  # seconds
# How often, in a hundred calls, the bank does what.
SENDING = {"": 45, "lost request": 15, "lost answer": 20, "late": 15, "slow": 5}
ASKING = {"": 55, "lost request": 15, "lost answer": 5, "says unknown": 20, "slow": 5}


class BadBank(sandbox.SandboxProvider):
    """See partners.payout_providers.base.Provider."""

    def __init__(self, home: Path):
        self.home, self.lucks = home, {}

    def send(self, payout):
        return self._do(SENDING, lambda: sandbox._book(payout))

    def ask(self, payout):
        return self._do(ASKING, lambda: sandbox._look_up(payout))

    def _do(self, weights: dict[str, int], call: Callable[[], Report]) -> Report:
        fault = self._fault(weights)
        if fault in ("lost request", "late"):
            if fault == "late":
                threading.Timer(LATE, _arrive, [call]).start()
            raise Unreachable(fault)
        if fault == "slow":
            time.sleep(SLOW)
        report = call()
        if fault == "lost answer":
            raise Unreachable(fault)
        return Report(UNKNOWN) if fault == "says unknown" else report

    def _fault(self, weights: dict[str, int]) -> str:
        try:
            seed = (self.home / FILE).read_text()
        except FileNotFoundError:
            return ""
        luck = self.lucks.setdefault((seed, os.getpid()), random.Random(f"{seed} {os.getpid()}"))
        fault = luck.choices(list(weights), list(weights.values()))[0]
        if fault:
            with (self.home / LOG).open("a") as log:
                log.write(f"{fault}\n")
        return fault


def _arrive(call: Callable[[], Report]) -> None:
    """In a thread of its own, with a connection of its own."""
    try:
        call()
    finally:
        connection.close()


def open_at(home: Path) -> None:
    """Let the sandbox's payouts go through this bank."""
    sandbox.PAID_AFTER = timedelta(seconds=1)
    payout_providers._PROVIDERS["sandbox"] = BadBank(home)
