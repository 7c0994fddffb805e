"""Idempotent retries: a key has one effect, however often it is sent, and whatever is killed meanwhile."""

import random
import threading
from collections.abc import Callable
from functools import partial

from django.db.models import Count

from bookings.models import Booking, Order
from torture import report
from torture.trial import Control, Tally, Trial, add_constraint, drop_constraint
from torture.world import NO_ANSWER, at_once

PEOPLE = 50
AT_ONCE, AGAIN = 4, 2  # copies of a request: side by side, and after the restart
DUPLICATES, ELSE = "effects beyond the first of a key", "answers that told of something else"
BODIES, MET, STRANGE = "other bodies that were not refused", "keys that met another person's", "answers nobody expected"


class Retry:
    """One key of one person: what it asks for, and what it was told."""

    def __init__(self, trial: "Retries", number: int):
        self.trial, self.number, self.key = trial, number, f"{trial.event.pk}-{number}"
        tokens = trial.world.tokens(PEOPLE)
        self.mine, self.other = (trial.world.client(tokens[(number + n) % PEOPLE]) for n in (0, 1))
        self.ask = self._order if number % 2 else self._book
        self.told = Tally()  # (status, id)

    def send(self) -> None:
        """Once more the same."""
        self.told.add(self.ask(self.mine, 1))

    def _book(self, client, qty: int) -> tuple[int, str]:
        path = f"/events/{self.trial.event.pk}/book"
        status, said = client.ask("POST", path, {"qty": qty}, Idempotency_Key=self.key)
        return status, str(said["id"]) if status == 200 else ""

    def _order(self, client, qty: int) -> tuple[int, str]:
        items = [{"ticket_type_id": self.trial.ticket_type, "quantity": qty}]
        status, said = client.ask("POST", "/api/orders", {"ticket_items": items}, Idempotency_Key=self.key)
        return status, said["data"]["order"]["id"] if status == 201 else ""

    def judge(self) -> None:
        """After all: another body, another person, and what was told so far."""
        counts, ids = self.trial.counts, {known for _status, known in self.told if known}
        counts.add(ELSE, len(ids) != 1)
        counts.add(STRANGE, sum(times for (status, _id), times in self.told.items() if status not in (200, 201, 0)))
        counts.add(BODIES, self.ask(self.mine, 2)[0] != 422)
        status, known = self.ask(self.other, 1)
        counts.add(MET, status not in (200, 201) or known in ids)
        counts.add("cut off", self.told[NO_ANSWER, ""])


class Retries(Trial):
    """Keys sent several times side by side while the web server is killed, and again when it is back."""

    name, title = "retries", "Each key sent again and again, side by side and after kills of the web server"
    sizes = {
        "quick": {"keys": 60, "batch": 60, "kills": 1},
        "full": {"keys": 1000, "batch": 100, "kills": 1},
        "control": {"keys": 16, "batch": 16, "kills": 0},
    }
    controls = (
        Control("the key is not kept", "forgotten_keys", breaks=DUPLICATES),
        Control("twins decide side by side, and no constraint", "slow_decisions", breaks=DUPLICATES),
        Control("a key is everybody's", "everybodys_keys", breaks=MET),
    )

    def run(self):
        self.event = self.world.event(10 * self.size["keys"])
        self.ticket_type, self.counts = str(self.event.ticket_types.get().uid), Tally()
        retries = [Retry(self, number) for number in range(self.size["keys"])]
        for first in range(0, len(retries), self.size["batch"]):
            batch = retries[first : first + self.size["batch"]]
            self._side_by_side(batch)
            self._restart()
            at_once([one.send for one in batch for _again in range(AGAIN)])
            at_once([one.judge for one in batch])
        for name in (ELSE, BODIES, MET, STRANGE):
            self.count(name, self.counts[name], "=", 0)
        self.count(DUPLICATES, self._duplicates(), "=", 0)
        self.count("keys", len(retries), "=", self.size["keys"])
        self.count("requests cut off by kills", self.counts["cut off"], ">=", 0)

    def _side_by_side(self, batch: list[Retry]) -> None:
        """Each key at once, its copies side by side; in the middle a process of the web server is killed."""
        calls = [one.send for one in batch for _copy in range(AT_ONCE)]
        if self.size["kills"]:
            middle = random.Random(batch[0].number).randrange(len(calls) // 4, len(calls) // 2)
            calls[middle] = partial(self._kill_and, calls[middle])
        at_once(calls)

    def _kill_and(self, call: Callable) -> None:
        killer = threading.Thread(target=self.stack.kill, args=("web", -1))
        killer.start()
        call()
        killer.join()

    def _restart(self) -> None:
        if self.size["kills"]:
            self.stack.kill("web")
            self.stack.wait_until_well()

    def _duplicates(self) -> int:
        """Effects in the database beyond one for each person and key."""
        found = 0
        for model, columns in ((Booking, ("user", "event", "idempotency_key")), (Order, ("user", "idempotency_key"))):
            rows = model.objects.exclude(idempotency_key="").values(*columns).annotate(times=Count("pk")).order_by()
            found += sum(times - 1 for times in rows.filter(times__gt=1).values_list("times", flat=True))
        made = Booking.objects.filter(event=self.event).count()
        report.say(f"{self.name}: {made} bookings of {self.size['keys']} keys, each by two people")
        return max(found, made - 2 * self.size["keys"])

    def prepare_control(self, control):
        for model, name in self._constraints(control):
            drop_constraint(model, name)

    def finish_control(self, control):
        for model, name in self._constraints(control):
            twins = model.objects.exclude(idempotency_key="").order_by("user", "idempotency_key", "pk")
            first = set(twins.distinct("user", "idempotency_key").values_list("pk", flat=True))
            twins.exclude(pk__in=first).update(idempotency_key="")
            add_constraint(model, name)

    def _constraints(self, control) -> list:
        if control.wrong == "forgotten_keys":
            return []
        return [(Booking, "booking_once_per_key"), (Order, "order_once_per_key")]


TRIALS = (Retries,)
