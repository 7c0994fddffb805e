"""Payouts: several people draw up and approve at once, the bank behaves badly, and whoever works on it is killed."""

import random
import time
from collections import Counter
from decimal import Decimal
from functools import partial
from itertools import chain, count
from threading import Lock
from uuid import uuid4

from django.db.models import Sum

from accounts import sessions
from accounts.tests.processes import steps
from bookings.tests import invariants
from bookings.tests.scenes import buy, pay, scene
from events.models import Event
from partners import payouts, sending
from partners.models import Entry, Partner, Payout, SandboxTransfer, Transfer
from partners.models.ledger import Account
from partners.payout_providers import sandbox
from partners.tests.money import owed, payable_partner
from torture import bank, report
from torture.trial import Control, Trial
from torture.world import NO_ANSWER, at_once

STEPS = steps(payouts, sending)
FIRST, STRIDE = 10, 5  # the order in which they are taken: first "after the provider", then those far from it
PATIENCE = 240  # seconds until all payouts of a round have an end
UNFINISHED = ("draft", "approved", "sending")
OF_PAYOUTS = ("payout", "payout_paid", "payout_returned")
STAFF = 4
TWICE = "transfers at the bank that no payout is"
OTHERWISE = "payouts that ended otherwise than the bank says"
_NUMBERS = count(10**6)  # of accounts


class Payouts(Trial):
    """Rounds of sales and payouts; in each some processes die at fail-points of creating, approving and sending."""

    name, title = "payouts", "Payouts through a bad bank, killed at fail-points"
    sizes = {
        "quick": {"rounds": 1, "partners": 8, "sales": 1, "kills": 3},
        "full": {"rounds": 13, "partners": 12, "sales": 3, "kills": 4},
        "control": {"rounds": 1, "partners": 8, "sales": 1, "kills": 0},
    }
    controls = (
        Control("what may have been sent is sent under a new reference", "send_again_under_a_new_reference", {}, TWICE),
        Control("what is about to be sent is called paid", "book_before_sending", {}, OTHERWISE),
    )

    def run(self):
        self.luck, self.told, self.killed = random.Random(self.seed), Counter(), 0
        self.to_kill, self.is_armed, self.lock = [], False, Lock()
        log = self.stack.home.path / bank.LOG
        log.unlink(missing_ok=True)
        self.world.tokens(self.size["sales"])
        self.staff = [sessions.start(one)[1] for one in self.world.staff(STAFF)]
        self.partners = [self._partner(number) for number in range(self.size["partners"])]
        (self.stack.home.path / bank.FILE).write_text(str(self.seed))
        try:
            for number in range(self.size["rounds"]):
                self._round(number)
        finally:
            (self.stack.home.path / bank.FILE).unlink()
            self.stack.disarm()
        self.stack.wait_until_well()
        self._count(len(log.read_text().splitlines()))

    def _partner(self, number: int) -> Partner:
        """Each fourth account is one that the bank refuses, each fourth (in no control) one that it pays later."""
        slow = sandbox.SLOW if self.size["kills"] else ""
        ending = {1: sandbox.REFUSED, 3: slow}.get(number % 4, "")
        return payable_partner(f"{next(_NUMBERS)}{ending}" if ending else "", trust="trusted")

    # --- One round ------------------------------------------------------------------------------------------

    def _round(self, number: int) -> None:
        self._sell()
        first = number * self.size["kills"]
        wanted = {STEPS[(FIRST + STRIDE * (first + one)) % len(STEPS)] for one in range(self.size["kills"])}
        self.to_kill = [step for step in STEPS if step in wanted]
        self._arm_next()
        batches = self._draw_up()
        self._approve(batches)
        self._wait()
        self.to_kill = []
        self._arm_next()
        if self.is_armed and not self.stack.disarm():
            report.say(f"payouts: round {number}: nobody came to the last fail-point")
        self.is_armed = False

    def _sell(self) -> None:
        """Orders of an event that is over by now, so that all of it may be paid out."""
        for partner in self.partners:
            event, kind = scene(capacity=100, price=self.luck.randrange(100, 10000), partner=partner)
            for buyer in self.world.people[: self.size["sales"]]:
                pay(buy(buyer, kind))
            Event.objects.filter(pk=event.pk).update(starts_at="2026-01-01T10:00Z", ends_at="2026-01-01T12:00Z")
        self.world.postpone_mail()

    def _arm_next(self) -> None:
        """When somebody has died, the next fail-point."""
        with self.lock:
            if self.stack.armed.exists():
                return
            self.killed, self.is_armed = self.killed + self.is_armed, bool(self.to_kill)
            if self.to_kill:
                self.stack.arm(self.to_kill.pop(0))

    def _draw_up(self) -> list[tuple[str, int]]:
        """All who may do it at once, each twice under one key; returns the batches that they were told of."""
        everybody = [str(one.uid) for one in self.partners]
        chosen = [everybody, everybody[::-1], everybody[::2], everybody[1::2]]
        key = str(uuid4())
        calls = [partial(self._create, who, key, chosen[who]) for who in range(STAFF)] * 2
        answers = at_once(calls)
        return sorted({(body["data"]["id"], who) for who, status, body in answers if status == 202})

    def _create(self, who: int, key: str, chosen: list[str]) -> tuple:
        """Asked until there is an answer, under the same key."""
        status = NO_ANSWER
        while status == NO_ANSWER or status >= 500:
            client = self.world.client(self.staff[who])
            body = {"partner_ids": chosen}
            status, said = client.ask("POST", "/api/v1/financials/payouts", body, Idempotency_Key=key)
            self._heard(status)
        self.told["drawn up, unexpectedly"] += status not in (202, 409)
        return who, status, said

    def _heard(self, status: int) -> None:
        """Somebody may have died at a fail-point: the next one is armed."""
        if status == NO_ANSWER or status >= 500:
            time.sleep(0.2)
        self._arm_next()

    def _approve(self, batches: list[tuple[str, int]]) -> None:
        """All others at once; asked again where no answer came, for the batch may be undecided."""
        for batch, creator in batches:
            others = [token for who, token in enumerate(self.staff) if who != creator]
            said = list(chain(*at_once([partial(self._approve_once, batch, token) for token in others])))
            self.told["approved twice"] += said.count(200) > 1
            self.told["not approved"] += 200 not in said and NO_ANSWER not in said

    def _approve_once(self, batch: str, token: str) -> list[int]:
        statuses = [NO_ANSWER]
        while statuses[-1] == NO_ANSWER or statuses[-1] >= 500:
            path = f"/api/v1/financials/payouts/{batch}/approve"
            statuses.append(self.world.client(token).ask("POST", path)[0])
            self._heard(statuses[-1])
        return statuses[1:]

    def _wait(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while self._mine().filter(status__in=UNFINISHED).exists() and time.monotonic() < deadline:
            self.world.nudge("partners.tasks.send_payouts")
            self._arm_next()
            time.sleep(0.2)

    def _mine(self):
        return Payout.objects.filter(partner__in=self.partners)

    # --- What came of it ------------------------------------------------------------------------------------

    def _count(self, spoiled: int) -> None:
        mine = list(self._mine().exclude(status="discarded").select_related("bank_account"))
        accounts = {one.bank_account.number for one in mine}
        booked = {one.reference: one for one in SandboxTransfer.objects.filter(account__in=accounts)}
        self.count("payouts", len(mine), "=", self.size["rounds"] * self.size["partners"])
        self.count(TWICE, len(booked.keys() - {one.uid for one in mine}), "=", 0)
        self.count(OTHERWISE, sum(not _agree(one, booked.get(one.uid)) for one in mine), "=", 0)
        self.count("partners who got or are owed another sum", sum(map(self._is_wrong, self.partners)), "=", 0)
        self.count("payouts not posted once each way", len(mine) - sum(map(_is_posted_once, mine)), "=", 0)
        self.count("answers that were not true", sum(self.told.values()), "=", 0)
        self.count("breaches of the books", len(invariants.books()), "=", 0)
        self.count("calls that the bank spoiled", spoiled, ">=", len(mine) // 4)
        self.count("processes killed at fail-points", self.killed, ">=", self.size["rounds"] * self.size["kills"] // 2)

    def _is_wrong(self, partner: Partner) -> bool:
        """What the bank has paid, and what is still owed, is what came in."""
        numbers = partner.bank_accounts.values_list("number", flat=True)
        paid = SandboxTransfer.objects.filter(account__in=numbers, status="paid").aggregate(sum=Sum("amount"))["sum"]
        lines = Entry.objects.filter(partner=partner, account=Account.PARTNER_PAYABLE)
        came = lines.exclude(transfer__kind__in=OF_PAYOUTS).aggregate(credit=Sum("credit"), debit=Sum("debit"))
        return (paid or Decimal(0)) + owed(partner) != came["credit"] - came["debit"]


def _agree(payout: Payout, booked: SandboxTransfer | None) -> bool:
    found = (booked.status, booked.amount) if booked else None
    return found == (payout.status, payout.amount) and payout.status in ("paid", "failed")


def _is_posted_once(payout: Payout) -> bool:
    """Out of the balance, and then to the bank or back, each once."""
    keys = [f"{kind}:{payout.uid}" for kind in OF_PAYOUTS]
    kinds = sorted(Transfer.objects.filter(key__in=keys).values_list("kind", flat=True))
    return kinds == ["payout", "payout_paid" if payout.status == "paid" else "payout_returned"]


TRIALS = (Payouts,)
