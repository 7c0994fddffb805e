"""What trials share: people with tokens, events with places, and clients that speak HTTP to the stack."""

import http.client
import json
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from urllib.parse import urlsplit

from django.contrib.auth.hashers import make_password
from django.db import connection

from accounts import sessions
from accounts.models import User
from analytics import fsck
from bookings.factories import TicketTypeFactory
from events.factories import EventFactory
from events.models import Event
from torture.stack import Stack

NO_ANSWER = 0  # the status of a request whose answer never came: it was done, or it was not
NAMES = count(1)


class World:
    """The stack and who acts in it."""

    def __init__(self, stack: Stack):
        self.stack = stack
        self.people: list[User] = []
        self._tokens: list[str] = []

    def tokens(self, number: int) -> list[str]:
        """Access tokens of so many different buyers; the same buyers each time."""
        missing = number - len(self.people)
        if missing > 0:
            made = self._make(missing)
            self.people += made
            self._tokens += [sessions.start(one)[1] for one in made]
        return self._tokens[:number]

    def _make(self, number: int) -> list[User]:
        password = make_password("secret")
        names = [f"buyer{next(NAMES)}" for _one in range(number)]
        people = [User(email=f"{n}@example.com", username=n, full_name=n, password=password) for n in names]
        return User.objects.bulk_create(people)

    def event(self, places: int, price: int = 0, **fields) -> Event:
        """A fresh event on sale with so many places of one kind at this price (in the platform's currency)."""
        event = EventFactory(name="Torture", slug=f"torture-{next(NAMES)}", capacity=places, **fields)
        TicketTypeFactory(event=event, price=price)
        return event

    def client(self, token: str = "") -> "Client":
        """Somebody who asks over HTTP."""
        return Client(self.stack.base, token)


class Client:
    """One person's requests, each over a connection of its own, so that a dead server hurts only one."""

    def __init__(self, base: str, token: str = "", timeout: float = 30):
        self.host, self.token, self.timeout = urlsplit(base).netloc, token, timeout

    def ask(self, method: str, path: str, body: dict | None = None, **headers: str) -> tuple[int, dict | None]:
        """Status and JSON of the answer (None if it has none); (NO_ANSWER, None) when none came. _ in names is -."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        named |= {"Content-Type": "application/json"} | (
            {"Authorization": f"Bearer {self.token}"} if self.token else {}
        )
        connection = http.client.HTTPConnection(self.host, timeout=self.timeout)
        try:
            connection.request(method, path, json.dumps(body) if body is not None else None, named)
            answer = connection.getresponse()
            return answer.status, _json(answer.read())
        except (OSError, http.client.HTTPException):
            return NO_ANSWER, None
        finally:
            connection.close()


def _json(text: bytes) -> dict | None:
    try:
        return json.loads(text)
    except ValueError:
        return None


def at_once(calls: Iterable[Callable], threads: int = 32) -> list:
    """Run the calls, so many at a time; their results in order. Each thread ends its connection to the database."""
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(_run, calls))


def _run(call: Callable):
    try:
        return call()
    finally:
        connection.close()


def breaches() -> list[str]:
    """What `manage.py fsck` finds wrong, in sentences."""
    return [f"{one.check}: {sentence}" for one in fsck.look() if one.breaches for sentence in one.sentences]
