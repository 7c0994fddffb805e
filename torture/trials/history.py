"""Linearizability: what clients of one small event saw could have happened one after another."""

import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from bookings.models import Booking
from torture import report
from torture.history import CANCELLED, REFUSED, Op, Places, judge, overlapping
from torture.trial import Control, Trial

SHARE_OF_HANG_UPS = 0.08
PATIENCE = 300  # seconds that one waits for the others of a history
ACCOUNTS = 80  # that histories take turns with, so that nobody's list of bookings grows long
CHOICES = {"book": 8, "again": 3, "cancel": 7, "see": 4, "mine": 3}
BAD = "histories that are not linearizable"


class Person:
    """One client of one history. Two clients may be the same person; keys of bookings belong to persons."""

    def __init__(self, recording: "Recording", number: int, token: str, keys: range, luck: random.Random):
        self.recording, self.number, self.luck, self.keys = recording, number, luck, keys
        self.client = recording.trial.world.client(token)
        self.asked: list[int] = []  # keys
        self.goes_away = SHARE_OF_HANG_UPS
        self.ids: dict[int, int] = {}  # key -> booking

    def act(self) -> None:
        """One operation, of any kind that makes sense now."""
        possible = ["see", "mine"]
        possible += ["book"] if len(self.asked) < len(self.keys) else []
        possible += ["again"] if self.asked else []
        possible += ["cancel"] if self.ids else []
        getattr(self, self.luck.choices(possible, [CHOICES[one] for one in possible])[0])()

    def looks_back(self) -> None:
        """What it finds when all are done (what nobody was answered about may still be under way)."""
        self.goes_away = 0
        self.see()
        self.mine()

    def book(self) -> None:
        """A new key."""
        key = self.keys[len(self.asked)]
        self.asked.append(key)
        self._book(key)

    def again(self) -> None:
        """A key that was sent before."""
        self._book(self.luck.choice(self.asked))

    def _book(self, key: int) -> None:
        recording = self.recording
        may_wait = recording.may_wait[key]
        body = {"qty": recording.model.qty[key], "waitlist": may_wait}
        path, header = f"/events/{recording.event.pk}/book", {"Idempotency_Key": f"key-{key}"}
        said = self._do(("book", key, may_wait), _status, "POST", path, body, **header)
        if said and "id" in said:
            self.ids[key] = said["id"]

    def cancel(self) -> None:
        """A booking that it knows of, perhaps once more."""
        key = self.luck.choice(list(self.ids))
        self._do(("cancel", key), _cancelled, "DELETE", f"/bookings/{self.ids[key]}")

    def see(self) -> None:
        """What everybody can see of the event, asked for anew."""
        self._do(("see",), _counts, "GET", f"/events/{self.recording.event.pk}")

    def mine(self) -> None:
        """All one's own bookings; here of this event."""
        self._do(("mine", tuple(self.keys)), lambda _status, said: said, "GET", "/me/bookings")

    def _do(self, call: tuple, read, method: str, path: str, body=None, **headers) -> dict | None:
        called = self.recording.now()
        if self.luck.random() < self.goes_away:
            self.client.hang_up(method, path, body, **headers)
            self.recording.keep(Op(self.number, call, called))
            return None
        status, said = self.client.ask(method, path, body, **headers)
        answered = self.recording.now()
        is_answer = status in (200, 409)
        if not is_answer:
            self.recording.strange.append(status)
        answer = (answered, read(status, said)) if is_answer else (None, None)
        self.recording.keep(Op(self.number, call, called, *answer))
        return said if status == 200 and isinstance(said, dict) else None


def _status(status: int, said: dict):
    return said["status"] if status == 200 else REFUSED


def _cancelled(status: int, said: dict):
    return CANCELLED if status == 200 and said["status"] == CANCELLED else REFUSED


def _counts(_status: int, said: dict):
    return said["booked_count"], said["waitlisted_count"]


class Recording:
    """One history: an event, its clients, and what each of them asked for and was told."""

    def __init__(self, trial: "History", seed: int):
        self.trial, self.seed, luck = trial, seed, random.Random(seed)
        clients, keys = luck.randint(4, trial.size["clients"]), trial.size["keys"]
        qty = tuple(luck.choice((1, 2)) for _key in range(clients * keys))
        self.may_wait = [luck.random() < 0.7 for _key in qty]
        self.model = Places(luck.randint(2, 4), qty)
        self.event = trial.world.event(self.model.capacity)
        self.ops: list[Op] = []
        self.began = time.monotonic()
        self.strange: list[int] = []  # statuses that nobody expected
        tokens = trial.world.tokens(ACCOUNTS)
        mine = [tokens[(seed * clients + number) % ACCOUNTS] for number in range(clients)]
        self.people = [self._person(number, mine, keys, luck) for number in range(clients)]

    def _person(self, number: int, tokens: list[str], keys: int, luck: random.Random) -> Person:
        """Each second one is the first one in another window: the same account, the same keys."""
        first = number - number % 2
        range_of_keys = range(first * keys, first * keys + keys)
        return Person(self, number, tokens[first], range_of_keys, random.Random(luck.random()))

    def now(self) -> float:
        """Milliseconds since the beginning."""
        return (time.monotonic() - self.began) * 1000

    def keep(self, op: Op) -> None:
        """One more operation."""
        self.ops.append(op)

    def run(self) -> None:
        """Everybody at once."""
        start = threading.Barrier(len(self.people), timeout=PATIENCE)
        with ThreadPoolExecutor(len(self.people)) as pool:
            list(pool.map(lambda one: self._acts(one, start), self.people))
        self._name_bookings()

    def _acts(self, person: Person, start: threading.Barrier) -> None:
        start.wait()
        for _act in range(self.trial.size["acts"]):
            person.act()
        start.wait()
        person.looks_back()

    def _name_bookings(self) -> None:
        """Lists name bookings by id; the model knows their keys."""
        rows = Booking.objects.filter(event=self.event).values_list("pk", "idempotency_key")
        keys = {pk: int(key.removeprefix("key-")) for pk, key in rows}
        self.ops = sorted((_named(op, keys) for op in self.ops), key=lambda op: op.called)

    def is_possible(self) -> bool:
        """Whether there is an order; says which operations have none."""
        verdict = judge(self.ops, self.model.start, self.model.steps)
        if not verdict.is_possible:
            lines = [f"   {'+' if n in verdict.order else '-'} {op}" for n, op in enumerate(self.ops)]
            head = f"{BAD}: seed {self.seed}, {self.model}; - has no place after {verdict.order}"
            report.say("\n".join([head, *lines]))
        return verdict.is_possible


def _named(op: Op, keys: dict[int, int]) -> Op:
    if op.call[0] != "mine" or op.answered is None:
        return op
    said = {keys[one["id"]]: one["status"] for one in op.answer if one["id"] in keys}
    return op._replace(answer=tuple((key, said[key]) for key in op.call[1] if key in said))


class History(Trial):
    """Histories of bookings, cancellations and reads; some clients go away before they are answered."""

    name, title = "history", "Bookings, cancellations and reads at once, as if one after another"
    sizes = {
        "quick": {"histories": 20, "clients": 6, "keys": 3, "acts": 5},
        "full": {"histories": 400, "clients": 8, "keys": 3, "acts": 5},
        "control": {"histories": 14, "clients": 6, "keys": 3, "acts": 5},
    }
    controls = (
        Control("what an event shows is remembered for a moment", "stale_reads", breaks=BAD),
        Control("freed places are given to nobody who waits", "freed_places_lie_about", breaks=BAD),
    )

    def run(self):
        recordings = [Recording(self, seed) for seed in range(self.size["histories"])]
        for one in recordings:
            one.run()
        ops = [op for one in recordings for op in one.ops]
        self.count(BAD, sum(not one.is_possible() for one in recordings), "=", 0)
        self.count("operations in them", len(ops), ">=", 20 * len(recordings))
        self.count("at the same time as another one", sum(map(overlapping, (one.ops for one in recordings))), ">=", 1)
        self.count("without an answer", sum(op.answered is None for op in ops), ">=", 1)
        self.count("answers that nobody expected", sum(len(one.strange) for one in recordings), "=", 0)


TRIALS = (History,)
