"""The payment provider of the trial: Stripe's stand-in as a real server, with a messenger who cannot be relied upon."""

import atexit
import http.client
import json
import random
import threading
import time
from contextlib import ExitStack
from functools import cache
from heapq import heappop, heappush
from itertools import count
from urllib.parse import urlsplit

from bench.checkouts import DELIVERIES, Trouble, choose
from bookings.tests import stripe_stand_in
from torture.trial import Tally

PATH = "/webhooks/payments/stripe/"
LATEST = 2.0  # seconds that a message is under way
HANDS = 3  # messages that are brought at the same time
OLD = 3600  # seconds


@cache
def stand_in() -> stripe_stand_in.StandIn:
    """The one server of this run; it lives as long as we do."""
    serving = ExitStack()
    atexit.register(serving.close)  # before the threads of the server are gone, for it waits for them
    return serving.enter_context(stripe_stand_in.running())


def settings() -> dict[str, str]:
    """What the stack must be told so that it pays there."""
    return {
        "EVENTIFY_PAYMENT_PROVIDER": "stripe",
        "STRIPE_SECRET_KEY": stripe_stand_in.KEY,
        "STRIPE_WEBHOOK_SECRET": stripe_stand_in.SECRET,
        "STRIPE_API_BASE": stand_in().url,
    }


class Messenger:
    """Brings the provider's messages: some never, some often, all late and in another order; and forged ones."""

    def __init__(self, base: str, luck: random.Random):
        self.host, self.luck, self.stripe = urlsplit(base).netloc, luck, stand_in()
        self.lock, self.ends = threading.Lock(), threading.Event()
        self.way: list[tuple[float, int, dict]] = []  # due, number, message
        self.numbers, self.did = count(), Tally()
        self.unheard: set[str] = set()  # sessions that no message comes about
        self.under_way = 0
        self.stripe.messages.clear()
        self.hands = [threading.Thread(target=self._work, daemon=True) for _hand in range(HANDS)]
        for one in self.hands:
            one.start()

    def _work(self) -> None:
        while not self.ends.wait(0.02):
            message = self._take()
            if message:
                self._bring(message)

    def _take(self) -> dict | None:
        """The message whose time has come; new ones are put on their way."""
        with self.lock:
            self._collect()
            if not self.way or self.way[0][0] > time.monotonic():
                return None
            self.under_way += 1
            return heappop(self.way)[2]

    def _collect(self) -> None:
        with self.stripe.lock:
            new, self.stripe.messages[:] = list(self.stripe.messages), []
        for message in new:
            is_lost = message["data"]["object"]["id"] in self.unheard
            times = 0 if is_lost else choose(self.luck, DELIVERIES)
            self.did.add("lost", times == 0)
            self.did.add("repeated", times > 1)
            for _copy in range(times):
                due = time.monotonic() + self.luck.uniform(0, LATEST)
                heappush(self.way, (due, next(self.numbers), message))

    def _bring(self, message: dict) -> None:
        status = self.post(*stripe_stand_in.signed(message))
        with self.lock:
            self.under_way -= 1
        self.did.add("brought" if status == 200 else "refused or unheard")

    def post(self, body: bytes, headers: dict) -> int:
        """The status of the answer; 0 without one."""
        connection = http.client.HTTPConnection(self.host, timeout=30)
        try:
            connection.request("POST", PATH, body, {**headers, "Content-Type": "application/json"})
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return 0
        finally:
            connection.close()

    def forge(self, name: str) -> list[int]:
        """Say in four wrong ways that this session was paid; the statuses of the answers."""
        with self.stripe.lock:
            session = dict(self.stripe.sessions[name])
        event = {"id": f"evt_forged_{name[-20:]}_{next(self.numbers)}", "type": "checkout.session.completed"}
        event |= {"object": "event", "created": int(time.time()), "data": {"object": session}}
        _body, of_another = stripe_stand_in.signed(event)
        session.update(status="complete", payment_status="paid", payment_intent=f"pi_forged_{next(self.numbers)}")
        body = json.dumps(event).encode()
        return [
            self.post(body, {}),
            self.post(body, of_another),
            self.post(*stripe_stand_in.signed(event, secret="whsec_guessed")),
            self.post(*stripe_stand_in.signed(event, at=int(time.time()) - OLD)),
        ]

    def is_idle(self) -> bool:
        """Whether nothing is on its way."""
        with self.lock:
            self._collect()
            return not self.way and not self.under_way

    def stop(self) -> None:
        """Nothing is brought any more."""
        self.ends.set()
        for one in self.hands:
            one.join()


def trouble(seed: int) -> Trouble:
    """From now on the provider's API loses requests and answers, forgets, is slow, busy and broken."""
    stand_in().trouble = Trouble(random.Random(seed))
    return stand_in().trouble
