"""What trials share: people with tokens, events with places, and clients that speak HTTP to the stack."""

import http.client
import json
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from itertools import count
from urllib.parse import urlencode, urlsplit

from django.contrib.auth.hashers import make_password
from django.db import connection
from django.utils import timezone
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from accounts import roles, sessions
from accounts.models import OutgoingMail, Role, User
from accounts.permissions import SUPER_ADMIN
from analytics import fsck
from bookings.factories import TicketTypeFactory
from eventify.celery import app
from events.factories import EventFactory
from events.models import Event
from torture.stack import Stack

NO_ANSWER = 0  # the status of a request whose answer never came: it was done, or it was not
NAMES = count(1)
MAIL_WAITS = timedelta(minutes=40)  # less than what fsck takes for forgotten


class World:
    """The stack and who acts in it."""

    def __init__(self, stack: Stack):
        self.stack = stack
        self.people: list[User] = []
        self._tokens: list[str] = []
        self._staff: list[User] = []

    def tokens(self, number: int) -> list[str]:
        """Access tokens of so many different buyers; the same buyers each time."""
        missing = number - len(self.people)
        if missing > 0:
            made = self._make(missing)
            self.people += made
            self._tokens += [sessions.start(one)[1] for one in made]
        return self._tokens[:number]

    def staff(self, number: int) -> list[User]:
        """So many members of staff who may do everything; the same ones each time."""
        while len(self._staff) < number:
            [one] = self._make(1)
            self._staff.append(roles.assign(one, Role.objects.get(name=SUPER_ADMIN), by=None))
        return self._staff[:number]

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

    def postpone_mail(self) -> None:
        """Tickets are mailed later: drawing their PDFs would take the processor from what is tried."""
        owed = OutgoingMail.objects.filter(template="tickets", sent_at=None, attempts=0)
        owed.update(next_attempt_at=timezone.now() + MAIL_WAITS)

    def nudge(self, task: str) -> None:
        """Have the worker run a periodic task now, and not only when beat says so."""
        with suppress(OperationalError, RedisError, OSError):  # the broker may be down, and beat says so again
            app.send_task(task, expires=15, retry=False)

    def is_worker_idle(self) -> bool:
        """Whether no task of bookings is under way, as the worker says; not when it does not say."""
        with suppress(OperationalError, RedisError, OSError):
            asked = app.control.inspect(timeout=3)
            said = [asked.active(), asked.reserved()]
            tasks = [task["name"] for one in said for of_one in (one or {}).values() for task in of_one]
            return all(said) and not any(name.startswith("bookings.") for name in tasks)
        return False

    def client(self, token: str = "") -> "Client":
        """Somebody who asks over HTTP."""
        return Client(self.stack.base, token)


class Client:
    """One person's requests, each over a connection of its own, so that a dead server hurts only one."""

    def __init__(self, base: str, token: str = "", timeout: float = 30):
        self.host, self.token, self.timeout = urlsplit(base).netloc, token, timeout

    def ask(self, method: str, path: str, body: dict | None = None, **headers: str) -> tuple[int, dict | None]:
        """Status and JSON of the answer (None if it has none); (NO_ANSWER, None) when none came. _ in names is -."""
        connection = http.client.HTTPConnection(self.host, timeout=self.timeout)
        try:
            self._send(connection, method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, _json(answer.read())
        except (OSError, http.client.HTTPException):
            return NO_ANSWER, None
        finally:
            connection.close()

    def submit(self, path: str, **fields: str) -> tuple[int, None]:
        """Send a form, as a browser does; the status, as `ask`."""
        connection = http.client.HTTPConnection(self.host, timeout=self.timeout)
        try:
            kind = {"Content-Type": "application/x-www-form-urlencoded"}
            connection.request("POST", path, urlencode(fields), kind)
            return connection.getresponse().status, None
        except (OSError, http.client.HTTPException):
            return NO_ANSWER, None
        finally:
            connection.close()

    def insist(self, method: str, path: str, body: dict | None = None, **headers: str) -> tuple[int, dict | None]:
        """`ask`, again and again, until there is an answer below 500. The same key makes that harmless."""
        while True:
            status, said = self.ask(method, path, body, **headers)
            if status != NO_ANSWER and status < 500:
                return status, said
            time.sleep(0.1)

    def hang_up(self, method: str, path: str, body: dict | None = None, **headers: str) -> None:
        """Send the request, and go away before there is an answer: it will be done, or it will not."""
        connection = http.client.HTTPConnection(self.host, timeout=self.timeout)
        try:
            self._send(connection, method, path, body, headers)
        except (OSError, http.client.HTTPException):
            return
        finally:
            connection.close()

    def _send(self, connection, method: str, path: str, body: dict | None, headers: dict[str, str]) -> None:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        bearer = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        text = json.dumps(body) if body is not None else None
        connection.request(method, path, text, {**named, "Content-Type": "application/json", **bearer})


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
