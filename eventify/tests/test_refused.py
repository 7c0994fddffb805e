"""What the log says of requests that were refused, and of log-ins: who by an id, where by a route, never more."""

import logging

import pytest
from django.test import Client
from django.urls import resolve

from accounts import sessions
from accounts.factories import UserFactory
from accounts.tests.coming_in import log_in
from eventify import refused
from eventify.contracts.evently.tests.calling import Caller

pytestmark = pytest.mark.django_db
SECRET = "0192f0c1-2e3a-7000-8000-000000000001"


@pytest.fixture
def lines(caplog, monkeypatch):
    """Says the lines since the last time."""
    monkeypatch.setattr(refused, "_brake", refused.Brake())
    caplog.set_level(logging.INFO)

    def taken() -> list[str]:
        found = [one.getMessage() for one in caplog.records if one.name in ("eventify.refused", "accounts.sessions")]
        found += [one.getMessage() for one in caplog.records if one.name == "accounts.lockout"]
        caplog.clear()
        return found

    return taken


def test_a_refusal_says_who_and_where(lines):
    user = UserFactory(email="quetzal@example.com", full_name="Quetzal")
    Caller(user).get("/admin/events?q=quetzal")
    Caller().get("/me/bookings", Authorization="Bearer wrong-token-1")
    browser = Client()
    log_in(browser, user)
    browser.get(f"/command-center/users/{SECRET}/", {"q": "quetzal"})
    route = resolve(f"/command-center/users/{SECRET}/").route
    assert lines() == [
        f"refused: 403 GET ^admin/events/?$, user {user.uid}",
        "refused: 401 GET ^me/bookings/?$, nobody",
        f"refused: 403 GET {route}, user {user.uid}",
    ]
    Client(enforce_csrf_checks=True).post("/login/", {})
    assert lines() == ["refused: 403 POST login/, nobody"]
    Client().get("/events")
    assert lines() == []


def test_nobody_fills_the_log(lines, monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(refused, "monotonic", lambda: now[0])
    for _time in range(refused.MOST + 5):
        Client().get("/me/bookings")
    assert len(lines()) == refused.MOST
    now[0] += refused.WINDOW
    Client().get("/me/bookings")
    assert lines() == ["refused: 5 more, which were not written", "refused: 401 GET ^me/bookings/?$, nobody"]


@pytest.mark.django_db(transaction=True)
def test_log_ins_are_in_the_log_good_and_bad(lines):
    user = UserFactory(email="quetzal@example.com")
    sessions.check_credentials(user.email, "secret", address="203.0.113.7")
    for name in (user.email, "nobody@example.com"):
        with pytest.raises(sessions.WrongCredentials):
            sessions.check_credentials(name, "wrong", address="203.0.113.7")
    assert lines() == [
        f"log-in proved: user {user.uid}",
        f"log-in failed: {user.uid}",
        "log-in failed: nobody's name",
    ]
    for _time in range(9):
        with pytest.raises(sessions.WrongCredentials):
            sessions.check_credentials(user.email, "wrong", address="203.0.113.7")
    assert lines()[-1] == f"log-in failed: {user.uid}, which locks it"
