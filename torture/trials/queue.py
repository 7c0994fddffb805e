"""The fair queue: in order of joining, and what comes back is the queue's before it is anybody else's."""

import random
import time
from functools import partial
from itertools import pairwise
from typing import NamedTuple

from accounts import sessions
from bookings.models import Booking
from bookings.tests import invariants
from events.models import Event
from torture import report
from torture.trial import Control, Tally, Trial
from torture.world import at_once

STOLEN, INVERTED = "places that newcomers took", "promotions out of order"
JOINED, KEPT = "places in the queue against the order of answers", "places that the queue did not get"
STRANGE, BROKEN = "answers that nobody expected", "broken rules"
PRICE = 10  # of every second event: there a promotion is an offer
GROWN = 60  # places that are added at once: more than one transaction gives away, so the worker gives the rest
LEFT = 10  # who waits to the end


class Joined(NamedTuple):
    """Who joined the queue: the booking that was told, and when it was asked for and answered (seconds)."""

    booking: int
    asked: float
    answered: float


class Queue(Trial):
    """Many join at once; then places come back, by cancellations and a larger hall, while newcomers try to book."""

    name, title = "queue", "The queue, and places that come back while newcomers try to book"
    sizes = {
        "quick": {"seeds": 2, "cancellations": 30, "newcomers": 30, "patience": 90},
        "full": {"seeds": 20, "cancellations": 50, "newcomers": 60, "patience": 90},
        "control": {"seeds": 2, "cancellations": 12, "newcomers": 24, "patience": 3},
    }
    controls = (
        Control("a place that comes back is for anybody", "places_for_anybody", breaks=STOLEN),
        Control("who came last is served first", "last_come_first", breaks=INVERTED),
    )

    def run(self):
        self.counts = Tally()
        [boss] = self.world.staff(1)
        self.boss = self.world.client(sessions.start(boss)[1])
        for seed in range(self.size["seeds"]):
            before = self.counts.copy()
            event = self._play(random.Random(seed), self.world.event(self.places, price=PRICE * (seed % 2)))
            if any(self.counts[name] != before[name] for name in (STOLEN, INVERTED, JOINED, KEPT, BROKEN)):
                report.say(f"{self.name}: seed {seed}, event {event.pk}: {self.counts - before}")
        wanted = self.size["seeds"] * self.places
        self.count("cancellations", self.counts["cancelled"], "=", wanted)
        self.count("promotions", self.counts["promoted"], "=", wanted + self.size["seeds"] * GROWN)
        for name in (STOLEN, INVERTED, JOINED, KEPT, STRANGE, BROKEN):
            self.count(name, self.counts[name], "=", 0)

    @property
    def places(self) -> int:
        """Each is taken, and comes back."""
        return self.size["cancellations"]

    def _play(self, luck: random.Random, event: Event) -> Event:
        waiting = self.places + GROWN + LEFT
        clients = list(map(self.world.client, self.world.tokens(self.places + waiting + self.size["newcomers"])))
        holders, clients = clients[: self.places], clients[self.places :]
        held = at_once([partial(self._book, event, one) for one in holders])
        joined = at_once([partial(self._join, event, one) for one in clients[:waiting]])
        calls = [partial(self._cancel, *one) for one in zip(holders, held, strict=True)]
        calls += [partial(self._come, event, one) for one in clients[waiting:]]
        luck.shuffle(calls)
        calls.insert(len(calls) // 2, partial(self._grow, event))
        at_once(calls)
        self._wait(event)
        self._judge(event, joined)
        return event

    def _book(self, event: Event, client, *, may_wait: bool = False) -> int:
        """The id of the booking; 0 when there is no place."""
        body, path = {"qty": 1, "waitlist": may_wait}, f"/events/{event.pk}/book"
        status, said = client.ask("POST", path, body, Idempotency_Key="once")
        self.counts.add(STRANGE, status not in (200, 409))
        return said["id"] if status == 200 else 0

    def _join(self, event: Event, client) -> Joined:
        asked = time.monotonic()
        return Joined(self._book(event, client, may_wait=True), asked, time.monotonic())

    def _come(self, event: Event, client) -> None:
        """A newcomer: nothing is free as long as somebody waits."""
        self.counts.add(STOLEN, bool(self._book(event, client)))

    def _cancel(self, client, booking: int) -> None:
        status, said = client.ask("DELETE", f"/bookings/{booking}")
        self.counts.add(STRANGE, status != 200)
        self.counts.add("cancelled", status == 200 and said["status"] == "CANCELLED")

    def _grow(self, event: Event) -> None:
        status, _said = self.boss.ask("PATCH", f"/admin/events/{event.pk}", {"capacity": self.places + GROWN})
        self.counts.add(STRANGE, status != 200)

    def _wait(self, event: Event) -> None:
        """Until all places are given away, the last of them by the worker."""
        deadline = time.monotonic() + self.size["patience"]
        while time.monotonic() < deadline:
            event.refresh_from_db()
            if event.booked_count >= self.places + GROWN:
                return
            time.sleep(0.1)

    def _judge(self, event: Event, joined: list[Joined]) -> None:
        rows = Booking.objects.filter(pk__in=[one.booking for one in joined]).order_by("pk")
        served = [one.promoted_at for one in rows]
        promoted = [at for at in served if at]
        self.counts.add("promoted", len(promoted))
        self.counts.add(INVERTED, sum(not at for at in served[: len(promoted)]))
        self.counts.add(INVERTED, sum(later < earlier for earlier, later in pairwise(promoted)))
        self.counts.add(JOINED, out_of_order(joined))
        self.counts.add(KEPT, self.places + GROWN - len(promoted))
        self.counts.add(BROKEN, len(invariants.broken(event)))


def out_of_order(joined: list[Joined]) -> int:
    """How many stand behind somebody who asked only after they had their answer. (Ids are the order of the queue.)"""
    found, latest = 0, 0.0
    for one in sorted(joined):
        found += one.answered < latest
        latest = max(latest, one.asked)
    return found


TRIALS = (Queue,)
