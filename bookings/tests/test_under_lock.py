"""How many statements the others have to wait for: what the hot verbs run while they hold an event's row.

The row is held from the statement that locks it to the COMMIT. Each further statement there is a round trip more for
everybody who wants the same event, so the numbers are exact: whoever changes one says so here. Nothing but the
database is spoken to meanwhile.
"""

import re
import threading
from collections.abc import Callable
from contextlib import contextmanager
from decimal import Decimal
from functools import partial
from typing import NamedTuple

import pytest
from django.core import mail
from django.db import connection, transaction
from redis.connection import AbstractConnection

from accounts.factories import SuperAdminFactory
from bookings import cancelling, checkin, orders, tasks, transfers, waitlist
from bookings.factories import TicketTypeFactory
from bookings.models import Booking, Order
from bookings.providers.sandbox import SandboxProvider
from bookings.tests.scenes import book, buy, decide, hear, pay, people, scene, wait
from eventify.lib import later
from events.models import Event

pytestmark = pytest.mark.django_db(transaction=True)
# The event's row; at the door, where no event is locked, the ticket's.
LOCKS = re.compile(r'UPDATE "events_event"|FROM "events_event".+FOR NO KEY UPDATE|UPDATE bookings_ticket ', re.DOTALL)
SERVICES = {
    "redis": (AbstractConnection, ["send_packed_command"]),
    "provider": (SandboxProvider, ["open_checkout", "ask", "close", "pages", "refund"]),
    "mail": (mail.EmailMessage, ["send"]),
    "task": (later, ["_send"]),
}


class Watched:
    """What a verb does: `held` says how many statements ran each time that the row was held, the locking one counted.

    `meanwhile` are the services that were called while it was held, `afterwards` those called when it was not.
    """

    def __init__(self):
        self.held: list[int] = []
        self.meanwhile: list[str] = []
        self.afterwards: list[str] = []
        self._is_held, self._thread = False, threading.get_ident()

    def statement(self, execute, sql, params, many, context):
        """Wraps every statement."""
        result = execute(sql, params, many, context)
        if self._is_held:
            self.held[-1] += 1
        elif LOCKS.search(sql):
            self.held.append(1)
            self._is_held = connection.in_atomic_block  # else it was a transaction by itself
        return result

    def end(self) -> None:
        """The transaction is over."""
        self._is_held = False

    def called(self, service: str) -> None:
        """Something else than the database is spoken to."""
        if threading.get_ident() == self._thread:
            (self.meanwhile if self._is_held else self.afterwards).append(service)


@pytest.fixture
def watch(monkeypatch):
    """Watch what a block does. Every service that is called does its work."""

    @contextmanager
    def watching():
        watched = Watched()
        later._nudged.clear()  # so that the next nudge leaves
        with monkeypatch.context() as patch:
            for name in ("_commit", "_rollback"):
                before(patch, connection, name, watched.end)
            for service, (owner, names) in SERVICES.items():
                for name in names:
                    before(patch, owner, name, partial(watched.called, service))
            with connection.execute_wrapper(watched.statement):
                yield watched

    return watching


def before(patch, owner, name: str, say: Callable[[], None]) -> None:
    real = getattr(owner, name)
    patch.setattr(owner, name, lambda *args, **kwargs: (say(), real(*args, **kwargs))[1])


# --- The verbs: each makes its scene for n of what can be many, and returns the call ------------------------


def booking(n: int, price=0, **event):
    found, _type = scene(price=price, **event)
    book(found, people(1)[0])  # the grid of seats is there
    return partial(book, found, people(1)[0], n, key="k")


def limited(n: int):
    event, ticket_type = scene()
    type(ticket_type).objects.filter(pk=ticket_type.pk).update(max_per_person=5)
    return partial(book, event, people(1)[0], n, key="k")


def joining(n: int):
    event, _type = scene(capacity=3)
    book(event, people(1)[0], 3)
    return partial(wait, event, people(1)[0], n)


def types_of_one(n: int, price=0):
    event, ticket_type = scene(price=price)
    more = [TicketTypeFactory(event=event, price=price, position=one) for one in range(1, n)]
    return partial(buy, people(1)[0], ticket_type, *more, key="k")


def types_of_many(n: int, price=0):
    return partial(buy, people(1)[0], *(scene(price=price)[1] for _one in range(n)), key="k")


def promotion(n: int, price=0):
    event, _type = scene(capacity=1, price=price)
    book(event, people(1)[0])
    for person in people(n):
        wait(event, person)
    Event.objects.filter(pk=event.pk).update(capacity=1 + n)
    return partial(tasks.promote_waitlists, event.pk)


def bought(n: int, price=0) -> Order:
    """A finished order of n kinds of ticket of one event."""
    order = types_of_one(n, price)()
    return pay(order) if price else order


def of_places(n: int, price=0) -> Booking:
    """A finished booking of n places."""
    found = booking(n, price)()
    if price:
        pay(found.order)
    return Booking.objects.select_related("user").get(pk=found.pk)


def cancelled(n: int, price=0):
    found = of_places(n, price)
    return partial(cancelling.cancel_booking, found, by=found.user)


def cancelled_whole(n: int, price=0):
    order = bought(n, price)
    return partial(cancelling.cancel, order, by=order.user)


def paid(n: int):
    return partial(hear, decide(types_of_one(n, price=Decimal(10))()))


def admitted(n: int):
    code = of_places(n).tickets.first().ticket_code
    return partial(checkin.admit, code, by=SuperAdminFactory())


def accepted(n: int):
    ticket = of_places(n).tickets.first()
    sent = transfers.offer(ticket, "friend@example.org", by=ticket.user)
    return partial(transfers.accept, transfers.token_of(sent.seed), by=people(1)[0])


def sold_out(n: int):
    event, _type = scene(capacity=1)
    book(event, people(1)[0])
    return partial(refused, event, people(1)[0], n)


def refused(event: Event, person, n: int) -> None:
    with pytest.raises(orders.inventory.SoldOut):
        book(event, person, n)


class Verb(NamedTuple):
    """How it is called, and how many statements run each time that the row is held: with 1 and with 3 of them."""

    make: Callable[[int], Callable]
    of_one: list[int]
    of_three: list[int]


VERBS = {
    "book places": Verb(booking, [1], [1]),
    "book places to be paid": Verb(partial(booking, price=10), [1], [1]),
    "book what is sold out": Verb(sold_out, [], []),
    "book seats": Verb(partial(booking, seating=Event.Seating.AUTOMATIC), [6], [6]),
    "book where a person may have so many": Verb(limited, [5], [5]),
    "join the queue": Verb(joining, [7], [7]),
    "order kinds of one event": Verb(types_of_one, [1], [1]),
    "order kinds of one event, to be paid": Verb(partial(types_of_one, price=10), [1], [1]),
    "order of events": Verb(types_of_many, [1], [6]),  # one event needs no lock; three are locked by one statement
    "promote people": Verb(promotion, [6], [8]),  # one for each
    "promote people who must pay": Verb(partial(promotion, price=10), [6], [8]),
    "cancel a booking of places": Verb(cancelled, [16], [16]),
    "cancel a paid booking of places": Verb(partial(cancelled, price=10), [25], [25]),
    "cancel an order of kinds": Verb(cancelled_whole, [15], [23]),  # four for each booking
    "cancel a paid order of kinds": Verb(partial(cancelled_whole, price=10), [24], [32]),
    "message that kinds are paid": Verb(paid, [17], [17]),
    "check in one of": Verb(admitted, [1], [1]),
    "accept a ticket of": Verb(accepted, [12], [12]),
}


@pytest.mark.parametrize("name", VERBS)
@pytest.mark.parametrize("n", [1, 3])
def test_statements_under_the_lock(name, n, watch):
    verb = VERBS[name]
    call = verb.make(n)
    with watch() as watched:
        call()
    assert watched.held == (verb.of_one if n == 1 else verb.of_three)
    assert watched.meanwhile == []


def test_what_leaves_does_so_after_the_commit(watch):
    """All services are seen: the mail's nudge, the provider's page, and with the nudge Redis."""
    for make, services in ((limited, {"task", "redis"}), (partial(types_of_many, 3, 10), {"provider"})):
        call = make(3) if make is limited else make()
        with watch() as watched:
            call()
        assert watched.meanwhile == []
        assert services <= set(watched.afterwards)


def test_one_that_left_before_the_commit_would_be_seen(watch, monkeypatch):
    call = limited(1)
    monkeypatch.setattr(transaction, "on_commit", lambda act, **_how: act())
    with watch() as watched:
        call()
    assert {"task", "redis"} <= set(watched.meanwhile)


@pytest.mark.parametrize(("name", "more"), [("book seats", 1), ("book places", 0)])
def test_a_statement_more_would_be_seen(name, more, watch, monkeypatch):
    """A check that asks the database once more: every other buyer waits for it where the event is locked."""
    call = VERBS[name].make(1)
    before(monkeypatch, waitlist, "check_newcomer", Event.objects.exists)
    with watch() as watched:
        call()
    assert watched.held == [VERBS[name].of_one[0] + more]
