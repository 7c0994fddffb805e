"""Endpoints are sent what a request has made true at once, not only at the sweep's next round."""

import pytest
from django.test import Client

from accounts.factories import UserFactory
from eventify.contracts.evently.tests.calling import Caller, make_event
from eventify.lib import later
from eventify.middleware import TASK

pytestmark = pytest.mark.django_db


@pytest.fixture
def sent(monkeypatch):
    """(task, seconds until it may begin) of what is handed to the broker."""
    found = []
    monkeypatch.setattr(later, "_nudged", {})
    monkeypatch.setattr(later.app, "send_task", lambda task, countdown=None, **_more: found.append((task, countdown)))
    return found


def test_a_change_has_it_sent_and_what_is_read_or_refused_does_not(sent, django_capture_on_commit_callbacks):
    event, buyer = make_event(), Caller(UserFactory())

    def asked(act) -> tuple[int, int]:
        later._nudged.clear()
        sent.clear()
        with django_capture_on_commit_callbacks(execute=True):
            response = act()
        return sent.count((TASK, later.PAUSE)), response.status_code

    assert asked(lambda: buyer.book(event)) == (1, 200)
    assert asked(lambda: buyer.get("/me/bookings")) == (0, 200)
    assert asked(lambda: Caller().book(event)) == (0, 401)
    assert asked(lambda: Client().get("/")) == (0, 200)
    assert asked(lambda: Client().post("/display/", {"theme": "dark"})) == (1, 302)


def test_many_changes_at_once_are_one_message(sent, django_capture_on_commit_callbacks):
    event, buyer = make_event(), Caller(UserFactory())
    with django_capture_on_commit_callbacks(execute=True):
        for key in "abc":
            buyer.book(event, key=key)
    assert sent.count((TASK, later.PAUSE)) == 1
