"""Redis may lose everything at any moment, or stand still: the sale goes on, and log-ins stay bounded."""

import contextlib
import os
import signal
import threading
import time
from collections.abc import Iterator
from functools import partial

from accounts.lockout import HERE
from accounts.models import LoginLock, OutgoingMail
from bookings.models import Booking, Ticket
from bookings.tests import invariants
from events.models import Event
from torture.trial import Control, Tally, Trial
from torture.world import at_once

WITH_LIMITS = {
    "EVENTIFY_RATE_LIMITS": "on",
    "EVENTIFY_LIMIT_BOOKING": "1000000/60",  # all buyers have one address here
    "EVENTIFY_MAILS_PER_SECOND": "0",
}
WAYS_IN = ("/auth/login", "/api/auth/login")
FAILED, STILL = "requests in 1,000 that failed", "bookings made while Redis stood still"
LOOKED_AT, LOST = "wrong passwords that were looked at", "bookings told and not there"
MAILS = "bookings told whose mail did not leave"
PAUSE = 0.05  # seconds


class RedisGone(Trial):
    """A sale in whose middle Redis is killed, and one while it is stopped, so that whoever asks it gets no answer."""

    name, title = "redis", "Redis killed, and standing still, in the middle of a sale"
    sizes = {
        "quick": {"buyers": 100, "places": 40, "still": 10, "attempts": 24, "patience": 60, "mails": 300},
        "full": {"buyers": 3000, "places": 1000, "still": 60, "attempts": 90, "patience": 60, "mails": 900},
        "control": {"buyers": 48, "places": 16, "still": 4, "attempts": 24, "patience": 6, "mails": 0},
    }
    settings = WITH_LIMITS
    controls = (
        Control("an error of Redis is an error of the request", "trusting_redis", breaks=FAILED),
        Control("attempts are counted in Redis alone", "limits_only_in_redis", breaks=LOOKED_AT),
        Control("requests wait until Redis answers", "patient_requests", breaks=STILL),
    )

    def run(self):
        self.told, self.longest, self.bookings = Tally(), 0.0, []
        self.world.postpone_mail()
        tokens = self.world.tokens(self.size["buyers"] + self.size["still"])
        event, other = self.world.event(self.size["places"]), self.world.event(self.size["still"])
        sale = threading.Thread(target=self._sell, args=(event, tokens[self.size["still"] :]))
        sale.start()
        self._until(self.size["buyers"] // 3)
        self.stack.kill("redis")
        sale.join()
        with self._standing_still():
            self._guess_passwords()
            made = len(self.bookings)
            self._sell(other, tokens[: self.size["still"]])
            made = len(self.bookings) - made
        self.stack.wait_until_well()
        self._judge([event, other], made)

    def _sell(self, event: Event, tokens: list[str]) -> None:
        clients = map(self.world.client, tokens)
        at_once([partial(self._buy, event, client) for client in clients], threads=8)

    def _buy(self, event: Event, client) -> None:
        client.timeout, began = self.size["patience"], time.monotonic()
        status, said = client.ask("POST", f"/events/{event.pk}/book", {"qty": 1}, Idempotency_Key="once")
        self.longest = max(self.longest, time.monotonic() - began)
        if status == 200:
            self.bookings.append(said["id"])
        self.told.add("failed", status not in (200, 409))
        self.told.add("answers")

    def _until(self, answers: int) -> None:
        deadline = time.monotonic() + self.size["patience"]
        while self.told["answers"] < min(answers, self.size["buyers"]) and time.monotonic() < deadline:
            time.sleep(PAUSE)

    @contextlib.contextmanager
    def _standing_still(self) -> Iterator[None]:
        """Redis is there, but does nothing."""
        while not (found := self.stack.processes("redis")):  # killed, and not yet started again
            time.sleep(PAUSE)
        redis = found[0]
        os.kill(redis, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(redis, signal.SIGCONT)

    def _guess_passwords(self) -> None:
        self.world.tokens(1)
        name = self.world.people[0].email
        ways = [WAYS_IN[number % len(WAYS_IN)] for number in range(self.size["attempts"])]
        answers = at_once([partial(self._guess, way, name) for way in ways], threads=4)
        self.told.add(LOOKED_AT, answers.count(401))
        self.told.add("strange", sum(status not in (401, 429) for status in answers))

    def _guess(self, way: str, name: str) -> int:
        client = self.world.client()
        client.timeout = self.size["patience"]
        return client.ask("POST", way, {"email": name, "password": "not this one"})[0]

    def _judge(self, events: list[Event], made: int) -> None:
        self.count("requests", self.told["answers"], "=", self.size["buyers"] + self.size["still"])
        self.count(FAILED, 1000 * self.told["failed"] / self.told["answers"], "<=", 9)
        self.count(STILL, made, "=", self.size["still"])
        self.count("seconds that the longest request took", self.longest, "<=", self.size["patience"])
        self.count(LOOKED_AT, self.told[LOOKED_AT], "<=", HERE.failures)
        self.count("answers to a wrong password that nobody expected", self.told["strange"], "=", 0)
        confirmed = Booking.objects.filter(event__in=events, status=Booking.Status.CONFIRMED)
        self.count(LOST, len(set(self.bookings) - set(confirmed.values_list("pk", flat=True))), "=", 0)
        sold = Ticket.objects.filter(event__in=events, status="valid").count()
        self.count("tickets sold", sold, "=", self.size["places"] + self.size["still"])
        if self.size["mails"]:
            self.count(MAILS, self._without_mail(), "=", 0)
        self.count("broken rules", sum(len(invariants.broken(one)) for one in events), "=", 0)

    def _without_mail(self) -> int:
        """How many of the bookings that were told have no mail that left, in the end."""
        orders = Booking.objects.filter(pk__in=self.bookings).values_list("order__uid", flat=True)
        wanted, deadline = {str(uid) for uid in orders}, time.monotonic() + self.size["mails"]
        while left := wanted - self._mailed():
            if time.monotonic() > deadline:
                break
            self.world.nudge("accounts.tasks.send_pending_mail")
            time.sleep(1)
        return len(left)

    def _mailed(self) -> set[str]:
        left = OutgoingMail.objects.filter(template="tickets").exclude(sent_at=None)
        return set(left.values_list("context__order", flat=True))

    def prepare_control(self, control):
        """Who was locked out by the trial may be guessed at again."""
        LoginLock.objects.all().delete()


TRIALS = (RedisGone,)
