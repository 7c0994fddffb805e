"""What is asked most never reads a large table whole, however many rows there are: by the plans at a hundred thousand.

A plan says what a measured time cannot: the same on every machine, however busy it is.
"""

import re
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import NamedTuple

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.utils import timezone
from django.utils.module_loading import import_string

from accounts import sessions
from accounts.factories import SuperAdminFactory, UserFactory
from accounts.models import User
from accounts.tests.coming_in import log_in
from bookings import cancelling, tasks, transfers
from bookings.models import Booking, Order
from bookings.tests import scenes
from eventify.tests import hot_world
from eventify.tests.hot_world import FIRST, HOT
from eventify.tests.plans import Planned, plans_of
from events.models import Event

FULL, PRICED = FIRST + 2, FIRST + 4  # events: the second one has somebody who waits
ME = FIRST + 6  # a buyer with orders, tickets and messages
FAR = 3000  # a page

Call = Callable[[], object]

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def large(django_db_setup, django_db_blocker):
    """The names of the large tables, which are filled outside of the tests' transactions: a vacuum can run in none."""
    with django_db_blocker.unblock():
        try:
            yield frozenset(hot_world.make())
        finally:
            hot_world.unmake()


class Site:
    """Who asks, and how."""

    def __init__(self):
        self.user = User.objects.get(pk=ME)
        self.hot = Event.objects.get(pk=HOT)

    def get(self, path: str, *, by: User | None = None) -> Call:
        """Read it over a contract."""
        return partial(_answer, Client().get, path, headers=_bearer(by))

    def post(self, path: str, body: dict, *, by: User | None = None, key="", status=200) -> Call:
        """Send it over a contract."""
        headers = _bearer(by) | ({"idempotency-key": key} if key else {})
        return partial(_answer, Client().post, path, body, status, content_type="application/json", headers=headers)

    def page(self, path: str) -> Call:
        """Read a page with a browser that is logged in."""
        return partial(_answer, log_in(Client(), self.user).get, path)


def _bearer(user: User | None) -> dict[str, str]:
    return {"authorization": f"Bearer {sessions.start(user)[1]}"} if user else {}


def _answer(method: Callable, path: str, body: dict | None = None, status: int = 200, **how) -> None:
    answer = method(path, *([] if body is None else [body]), **how)
    assert answer.status_code == status, answer.content[:500]


# --- The paths: each makes what it needs, and returns what is then watched ----------------------------------


def _free(site: Site) -> Booking:
    return scenes.book(site.hot, UserFactory())


def _pending() -> Order:
    return scenes.buy(UserFactory(), Event.objects.get(pk=PRICED).ticket_types.get())


def _booked(site: Site, event: int, **how) -> Call:
    return site.post(f"/events/{event}/book", {"qty": 2}, by=UserFactory(), key="k", **how)


def _again(site: Site) -> Call:
    once = site.post(f"/events/{HOT}/book", {"qty": 2}, by=site.user, key="k")
    once()
    return once


def _ordered(site: Site, event: int) -> Call:
    item = {"ticket_type_id": str(Event.objects.get(pk=event).ticket_types.get().uid), "quantity": 2}
    return site.post("/api/orders", {"ticket_items": [item]}, by=UserFactory(), key="k", status=201)


def _waits(_site: Site) -> Call:
    return partial(scenes.wait, Event.objects.get(pk=FULL), UserFactory())


def _checked_in(site: Site) -> Call:
    code = _free(site).tickets.get().ticket_code
    return site.post("/api/admin/scanners/checkin", {"code": code}, by=SuperAdminFactory())


def _cancelled(_site: Site) -> Call:
    order = scenes.pay(_pending())
    return partial(cancelling.cancel_booking, order.bookings.get(), by=order.user)


def _deleted(site: Site) -> Call:
    booking = _free(site)
    return partial(_answer, Client().delete, f"/bookings/{booking.pk}", headers=_bearer(booking.user))


def _promoted(only: int | None) -> Call:
    Event.objects.filter(pk=FULL).update(capacity=101)
    return partial(tasks.promote_waitlists, only)


def _heard(_site: Site) -> Call:
    return partial(scenes.hear, scenes.decide(_pending()))


def _handed_on(site: Site) -> Call:
    ticket = _free(site).tickets.get()
    transfer = transfers.offer(ticket, "to@example.com", by=ticket.user)
    return partial(transfers.accept, transfers.token_of(transfer.seed), by=UserFactory())


def _contract_3(site: Site, path: str, body: dict) -> Call:
    token = sessions.new_device_token(site.user)
    return site.post(path, {"token": token, "username": site.user.username, **body})


def _logged_in(site: Site) -> Call:
    return site.post("/auth/login", {"email": site.user.email, "password": "secret"})


def _swept(name: str) -> Call:
    """A sweep that finds something: a hold that is overdue, a paid order, a refund, mails."""
    Order.objects.filter(pk=_pending().pk).update(expires_at=timezone.now() - timedelta(minutes=1))
    scenes.pay(_pending())
    cancelling.cancel(scenes.pay(_pending()), by=None)
    return import_string(name)


SOON = timezone.now() + timedelta(days=31)
MONTH, DAY = {"month": f"{SOON:%B}", "year": SOON.year}, f"{SOON:%Y-%m-%d}"
# All but those that are for reading everything: the proof, and the comparison of all files with all rows.
SWEEPS = set(settings.PERIODIC_TASKS) - {"analytics.tasks.check_everything", "events.tasks.tidy_pictures"}
READ = {  # by anybody
    "list": "/events?page_size=20",
    "list, a far page": f"/events?page_size=20&page={FAR}",
    "list by name": "/events?sort=name",
    "list by name, backwards": "/events?sort=name&order=desc",
    "list, backwards": "/events?order=desc",
    "list by utilization": "/events?sort=utilization",
    "list, a far page by name": f"/events?page_size=20&sort=name&page={FAR}",
    "list of a word": "/events?q=jazz+monsoon+123",
    "list of a venue": "/events?venue=hall+321",
    "list of what is over": "/events?status=inactive",
    "list of what is over, a far page": "/events?status=inactive&page=300",
    "list from a day": f"/events?date_from={DAY}",
    "event": f"/events/{HOT}",
    "seats": f"/events/{FIRST + 1}/seats",
    "event page": "/e/many-1/",
    "home": "/",
    "what is on": "/whats-on/",
    "what is on, a far page": "/whats-on/?page=40",
    "calendar page": "/calendar/",
    "homepage figures": "/stats/homepage",
    "001 list": "/api/events",
    "001 list, a far page": f"/api/events?limit=20&page={FAR}",
    "001 list of what is over": "/api/events?status=completed",
    "001 search": "/api/events?search=monsoon+123",
    "001 search for what is everywhere": "/api/events?search=jazz",
    "001 search for a kind": "/api/events?search=kind+1",
    "001 list of a city": "/api/events?city=pune",
    "001 list of a kind": "/api/events?category=kind+1",
    "001 list of a day": f"/api/events?date={DAY}",
    "001 featured": "/api/events/featured",
    "001 banners": "/api/banners",
}
OWN = {
    "own bookings": "/me/bookings",
    "own orders": "/api/orders",
    "own tickets": "/api/users/tickets",
    "own messages": "/api/notifications",
    "who am I": "/auth/me",
}
STAFF = {
    "001 all orders": "/api/admin/orders",
    "001 all orders, a far page": f"/api/admin/orders?page={FAR}",
    "001 orders that wait": "/api/admin/orders?status=pending",
    "001 orders of a buyer": "/api/admin/orders?search=hot123",
    "001 paid orders": "/api/admin/orders?status=paid",
    "001 all tickets": "/api/admin/tickets",
    "001 all users": "/api/admin/users",
    "001 banned users": "/api/admin/users?status=banned",
    "001 closed accounts": "/api/admin/users?status=inactive",
    "001 search of users": "/api/admin/users?search=hot123",
    "001 all events": "/api/admin/events",
    "001 search of all events": "/api/admin/events?search=monsoon+123",
    "001 figures": "/api/admin/stats",
}
PAGES = {"orders page": "/orders/", "wallet": "/wallet/", "own event page": "/e/many-1/", "account": "/account/"}
HOT_PATHS: dict[str, Callable[[Site], Call]] = {
    "book": lambda site: _booked(site, HOT),
    "book, to be paid": lambda site: _booked(site, PRICED),
    "book what is sold out": lambda site: _booked(site, FULL, status=409),
    "book again with the key": _again,
    "join the queue": _waits,
    "order": lambda site: _ordered(site, HOT),
    "order, to be paid": lambda site: _ordered(site, PRICED),
    "check in": _checked_in,
    "promote": lambda _site: _promoted(FULL),
    "promote everywhere": lambda _site: _promoted(None),
    "cancel a free booking": _deleted,
    "cancel a paid booking": _cancelled,
    "message of the provider": _heard,
    "hand a ticket on": _handed_on,
    "log in": _logged_in,
    "003 month": lambda site: _contract_3(site, "/api/events/events-by-month-year/", MONTH),
    "003 pincode": lambda site: _contract_3(site, "/api/events/pincode-events/", {"pincode": "400123"}),
    **{name: lambda site, path=path: site.get(path) for name, path in READ.items()},
    **{name: lambda site, path=path: site.get(path, by=site.user) for name, path in OWN.items()},
    **{name: lambda site, path=path: site.get(path, by=SuperAdminFactory()) for name, path in STAFF.items()},
    **{name: lambda site, path=path: site.page(path) for name, path in PAGES.items()},
    **{name: lambda _site, name=name: _swept(name) for name in sorted(SWEEPS)},
}


class Exempt(NamedTuple):
    """A statement that may read a table whole: of which path, how it is known, and why."""

    path: str
    pattern: str
    why: str

    def is_for(self, sql: str) -> bool:
        """Whether the statement is this one."""
        return re.search(self.pattern, sql, re.DOTALL) is not None


EXEMPT = (
    Exempt("list by utilization", r"ORDER BY COALESCE\(", "an order that each sale changes: an index would cost sales"),
    Exempt("homepage figures", r'AS "cities"', "a figure over everything, which is cached"),
    Exempt("001 all users", r"^SELECT COUNT\(\*\)", "the total of a long list, which is remembered"),
    Exempt("001 paid orders", r"^SELECT COUNT\(\*\)", "the total of a long list, which is remembered"),
    Exempt("001 figures", r"^SELECT .*(COUNT|SUM)\(", "figures over everything, which are remembered"),
    Exempt("accounts.tasks.forget_expired_tokens", r'^DELETE FROM "accounts_session"', "once a day"),
    Exempt(
        "privacy.tasks.note_erasures", r'FROM "accounts_user" WHERE "accounts_user"."erased_at" IS NOT', "once a day"
    ),
)

# What reads which of its tables whole when it lacks this index.
CONTROLS = {
    "mail_due": "accounts.tasks.send_pending_mail",
    "event_by_pincode": "003 pincode",
    "event_listed": "list",
    "event_inactive": "list of what is over, a far page",
    "event_text_search": "001 search",
    "user_banned": "001 banned users",
    "payment_look": "bookings.tasks.ask_providers",
}


def watched(path: str) -> list[Planned]:
    """What the path runs."""
    call = HOT_PATHS[path](Site())
    with plans_of() as found:
        call()
    assert found
    return found


@pytest.mark.parametrize("path", HOT_PATHS)
def test_no_large_table_is_read_whole(large, path):
    read, exempt = [one.sql for one in watched(path) if one.whole & large], [one for one in EXEMPT if one.path == path]
    assert [sql for sql in read if not any(one.is_for(sql) for one in exempt)] == []
    needless = [one for one in exempt if not any(map(one.is_for, read))]
    assert needless == [], "There is an index now: take the line away."


@pytest.mark.parametrize("index", CONTROLS)
def test_without_its_index_a_table_is_read_whole(large, index):
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_indexes WHERE indexname = %s", [index])
        [table] = cursor.fetchone()
        assert table in large
        cursor.execute(f"DROP INDEX {index}")
    assert any(table in one.whole for one in watched(CONTROLS[index]))
