"""However a session ends, it opens nothing any more: in each contract, and in a browser. And guesses at all ways in are
counted together, in PostgreSQL: they cannot pass side by side, and not when Redis has forgotten everything.
"""

import re
from collections import Counter
from functools import partial

import pytest
from django.test import Client

from accounts import bans, closing, sessions, signup
from accounts.factories import SuperAdminFactory, UserFactory
from accounts.lockout import HERE
from accounts.tests.racing import race
from eventify.contracts.tests.foreign_walk import routes
from eventify.lib import ratelimit
from partners import members
from partners.factories import PartnerFactory

BEARERS = {
    "command_center": "/api/v1/auth/me",
    "crewli": "/api/v1/organisations",
    "evient": "/api/auth/me",
    "evently": "/auth/me",
}
LOG_INS = {  # contract -> where, and what the name and the password are called
    "command_center": ("/api/v1/auth/login", "email"),
    "evient": ("/api/auth/login", "email"),
    "evently": ("/auth/login", "email"),
    "eventify_plus": ("/api/user/login", "username"),
}
JSON = {"content_type": "application/json"}


class Visitor:
    """Somebody with a bearer token, a device's token and a browser."""

    def __init__(self):
        self.user = UserFactory()
        self.session, token = sessions.start(self.user)
        self.headers = {"Authorization": f"Bearer {token}"}
        self.refresh = sessions.refresh_token(self.session)
        self.device = {"token": sessions.new_device_token(self.user), "username": self.user.username}
        self.browser = Client()
        self.browser.post("/login/", {"identifier": self.user.email, "password": "secret"})

    def open(self) -> set[str]:
        """What is still open to them."""
        found = {name for name, path in BEARERS.items() if Client().get(path, headers=self.headers).status_code < 401}
        if Client().post("/api/user/status", self.device, **JSON).status_code == 200:
            found.add("eventify_plus")
        if self.browser.get("/account/").status_code == 200:
            found.add("pages")
        return found

    def refreshed(self) -> bool:
        body = {"refresh_token": self.refresh}
        return Client().post("/api/v1/auth/refresh", body, **JSON).status_code == 200


EVERYTHING = {*BEARERS, "eventify_plus", "pages"}
ENDS = {
    "ban": lambda one: bans.ban(one.user, reason="spam", by=SuperAdminFactory()),
    "closed": lambda one: closing.set_open(one.user, False, by=SuperAdminFactory()),
    "new password": lambda one: signup.set_password(one.user, "another secret"),
    "all are ended": lambda one: sessions.end_all(one.user),
}


# Who logs out in a contract ends that session; a device and a browser are sessions of their own.
LOG_OUTS = {
    "/api/v1/auth/logout": {"eventify_plus", "pages"},
    "/api/auth/logout": {"eventify_plus", "pages"},
    "/auth/logout": {"eventify_plus", "pages"},
    "/api/user/logout": {*BEARERS, "pages"},
    "/logout/": {*BEARERS, "eventify_plus"},
}
METHODLESS = (
    "/",
    "/login/",
    "/account/",
    "/command-center/",
    "/django-admin/",
    "/door/",
    "/webhooks/payments/sandbox/",
)


@pytest.fixture
def visitor(transactional_db):
    one = Visitor()
    members.add(PartnerFactory(), one.user, "org_admin", by=None)  # or contract 004 would not answer them
    assert one.open() == EVERYTHING
    return one


@pytest.mark.parametrize("end", ENDS)
def test_every_end_closes_every_contract_and_every_page(visitor, end):
    ENDS[end](visitor)
    assert visitor.open() == set()
    assert not visitor.refreshed()


@pytest.mark.parametrize("path", LOG_OUTS)
def test_logging_out_ends_that_session_at_once(visitor, path):
    body = visitor.device if path == "/api/user/logout" else {}
    answer = visitor.browser.post(path, body, headers=visitor.headers, **JSON)
    assert answer.status_code in (200, 302)
    assert visitor.open() == LOG_OUTS[path]
    assert visitor.refreshed() == ("command_center" in LOG_OUTS[path])


def guess(number: int, password: str = "wrong") -> int:
    """The status of one log-in, at one contract after the other."""
    path, name = list(LOG_INS.values())[number % len(LOG_INS)]
    return Client().post(path, {name: "maya@example.com", "password": password}, **JSON).status_code


@pytest.mark.django_db(transaction=True)
def test_guesses_at_all_ways_in_are_counted_together_with_redis_emptied(settings):
    """Ten from one address, however many come side by side, wherever; the right password waits as well."""
    settings.EVENTIFY_RATE_LIMITS = False  # the limits per path are in Redis; what is left must hold alone
    UserFactory(email="maya@example.com")
    statuses = []
    for first in (0, 6, 12, 18):
        statuses += race(*[partial(guess, number) for number in range(first, first + 6)])
        ratelimit._client.flushdb()
    assert Counter(statuses) == {401: HERE.failures, 429: 24 - HERE.failures}
    assert {guess(number, "secret") for number in range(len(LOG_INS))} == {429}


def test_nothing_answers_trace(db):
    """Nor repeats what a browser sent, cookies for one."""
    addresses = {f"/{re.sub('<.+?>', '1', route.path)}" for route in routes()} | set(METHODLESS)
    for address in sorted(addresses):
        answer = Client(headers={"Cookie": "sessionid=canary"}).generic("TRACE", address)
        assert answer.status_code in (302, 401, 403, 404, 405), address
        assert b"canary" not in answer.content, address
