"""Mail is owed, sent once, tried again after a failure, and found by the sweep."""

import logging
import os
import signal
import smtplib
import socket
import time
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
import time_machine
from celery import Celery
from django.core import mail as outgoing
from django.db import connection, transaction

from accounts import letters, mail, tasks
from accounts.models import OutgoingMail
from accounts.tests.racing import good, meet_after, meet_before, race, switch_row_locks_off
from eventify.lib import later as later_module
from eventify.lib.later import later

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def template(settings, tmp_path):
    """A template of our own, so that these tests do not depend on anybody's wording."""
    (tmp_path / "emails").mkdir()
    (tmp_path / "emails" / "hello.txt").write_text("Hello {{ name }}\n\nYour seat: {{ site_url }}/wallet/\n")
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path, *settings.TEMPLATES[0]["DIRS"]]}]
    settings.SITE_URL = "https://tickets.example"


def owe() -> OutgoingMail:
    return mail.queue("hello", "maya@example.com", name="Maya")


def test_a_mail_is_rendered_and_sent():
    owed = owe()
    assert outgoing.outbox == []
    assert tasks.send_pending_mail() == 1
    [sent] = outgoing.outbox
    assert (sent.subject, sent.to) == ("Hello Maya", ["maya@example.com"])
    assert sent.body == "Your seat: https://tickets.example/wallet/\n"
    [(html, kind)] = sent.alternatives
    assert kind == "text/html" and 'href="https://tickets.example/wallet/"' in html and ">Your seat</a>" in html
    owed.refresh_from_db()
    assert owed.sent_at is not None


def test_a_mail_is_sent_once_by_tasks_at_once():
    owe()
    assert sum(good(race(*[tasks.send_pending_mail] * 12))) == 1
    assert tasks.send_pending_mail() == 0
    assert len(outgoing.outbox) == 1


def test_control_without_the_lock_it_is_sent_again(monkeypatch):
    owe()
    switch_row_locks_off(monkeypatch)
    meet_before(monkeypatch, OutgoingMail, "save", 6)  # all find it due before anybody has claimed it,
    meet_after(monkeypatch, letters, "compose", 6)  # and not sent before anybody has sent it
    race(*[tasks.send_pending_mail] * 6)
    assert len(outgoing.outbox) > 1


def test_a_mail_whose_transaction_is_rolled_back_is_not_owed():
    with pytest.raises(RuntimeError), transaction.atomic():
        owe()
        raise RuntimeError
    assert OutgoingMail.objects.count() == 0


def test_the_sweep_finds_what_a_lost_message_left():
    owe(), owe()
    assert tasks.send_pending_mail() == 2
    assert len(outgoing.outbox) == 2


@pytest.mark.parametrize("failure", [smtplib.SMTPServerDisconnected("gone"), OSError("no route"), ValueError("header")])
def test_a_failure_is_tried_again_later(monkeypatch, failure):
    with time_machine.travel(NOW, tick=False) as clock:
        owed = owe()
        owe()
        OutgoingMail.objects.filter(pk=owed.pk).update(to="broken@example.com")
        compose = letters.compose

        def fail(owed):
            if owed.to == "broken@example.com":
                raise failure
            return compose(owed)

        monkeypatch.setattr(letters, "compose", fail)
        assert tasks.send_pending_mail() == 1  # the other one is not held up
        owed.refresh_from_db()
        assert (owed.attempts, owed.last_error, owed.sent_at) == (1, str(failure), None)
        assert owed.next_attempt_at == NOW + timedelta(seconds=30)
        assert tasks.send_pending_mail() == 0
        clock.shift(timedelta(seconds=30))
        tasks.send_pending_mail()
        owed.refresh_from_db()
        assert (owed.attempts, owed.next_attempt_at) == (2, NOW + timedelta(seconds=90))
        monkeypatch.setattr(letters, "compose", compose)
        clock.shift(timedelta(seconds=60))
        assert tasks.send_pending_mail() == 1
        assert len(outgoing.outbox) == 2


def test_a_mail_that_cannot_be_rendered_does_not_hold_the_others_up():
    broken = mail.queue("no_such_template", "maya@example.com")
    owe()
    assert tasks.send_pending_mail() == 1
    broken.refresh_from_db()
    assert (broken.attempts, broken.last_error) == (1, "emails/no_such_template.txt")


def poison(monkeypatch, error: BaseException, to="broken@example.com") -> OutgoingMail:
    """The first of three mails, which raises what nobody expects."""
    poisoned = owe()
    owe(), owe()
    OutgoingMail.objects.filter(pk=poisoned.pk).update(to=to)
    compose = letters.compose

    def fail(owed):
        if owed.to == to:
            raise error
        return compose(owed)

    monkeypatch.setattr(letters, "compose", fail)
    return poisoned


@pytest.mark.parametrize("error", [RuntimeError("a bug"), KeyError("order"), ZeroDivisionError(), SystemExit(3)])
def test_an_error_that_nobody_expects_stops_no_other_mail(monkeypatch, error):
    with time_machine.travel(NOW, tick=False) as clock:
        poisoned = poison(monkeypatch, error)
        with pytest.raises(type(error)):  # it is seen in the log of the worker
            tasks.send_pending_mail()
        assert len(outgoing.outbox) == 2
        poisoned.refresh_from_db()
        assert (poisoned.attempts, poisoned.last_error, poisoned.sent_at) == (1, mail.INTERRUPTED, None)
        assert poisoned.next_attempt_at == NOW + timedelta(seconds=30)
        owe()
        assert tasks.send_pending_mail() == 1  # it does not even come up again at once
        for _attempt in range(mail.MOST_ATTEMPTS - 1):
            clock.shift(timedelta(days=2))
            with pytest.raises(type(error)):
                tasks.send_pending_mail()
        clock.shift(timedelta(days=2))
        assert tasks.send_pending_mail() == 0  # it is given up
        poisoned.refresh_from_db()
        assert poisoned.attempts == mail.MOST_ATTEMPTS


def test_control_without_a_claim_the_others_wait_for_ever(monkeypatch):
    poison(monkeypatch, RuntimeError("a bug"))
    monkeypatch.setattr(mail, "_send_one", lambda key, sent, _until: sent.append(key) if mail._send(key) else None)
    for _run in range(3):
        with pytest.raises(RuntimeError):
            tasks.send_pending_mail()
    assert OutgoingMail.objects.get(to="broken@example.com").attempts == 0  # tried again and again, without a pause


def test_a_worker_that_is_killed_has_made_an_attempt(monkeypatch):
    owed = owe()
    connection.close()
    pid = os.fork()
    if pid == 0:
        monkeypatch.setattr(letters, "compose", lambda _owed: os.kill(os.getpid(), signal.SIGKILL))
        tasks.send_pending_mail()
    assert os.waitpid(pid, 0)[1] == signal.SIGKILL
    owed.refresh_from_db()
    assert (owed.attempts, owed.last_error, owed.sent_at) == (1, mail.INTERRUPTED, None)
    assert tasks.send_pending_mail() == 0  # not before its pause is over
    OutgoingMail.objects.update(next_attempt_at=NOW)
    assert tasks.send_pending_mail() == 1
    owed.refresh_from_db()
    assert (owed.attempts, owed.last_error) == (2, "")


def test_after_many_attempts_the_sweep_gives_up():
    OutgoingMail.objects.filter(pk=owe().pk).update(attempts=mail.MOST_ATTEMPTS)
    assert tasks.send_pending_mail() == 0


@pytest.fixture
def silent_broker():
    """An address that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"redis://127.0.0.1:{server.getsockname()[1]}/0"


@pytest.fixture
def dead_broker():
    """An address where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    return f"redis://127.0.0.1:{port}/0"


@pytest.mark.parametrize("broker", ["dead_broker", "silent_broker"])
def test_a_broker_that_is_down_costs_little_and_is_logged(monkeypatch, caplog, settings, request, broker):
    app = Celery(set_as_current=False)
    app.config_from_object("django.conf:settings", namespace="CELERY")
    app.conf.broker_url = request.getfixturevalue(broker)
    monkeypatch.setattr(later_module, "app", app)
    monkeypatch.setattr(later_module, "_nudged", {})
    started = time.monotonic()
    with caplog.at_level(logging.WARNING, logger="eventify.lib.later"), transaction.atomic():
        owe()
    assert time.monotonic() - started < 30  # a request that hangs, not a slow machine
    assert "the sweep will find accounts.tasks.send_pending_mail()" in caplog.text
    assert tasks.send_pending_mail() == 1


def test_many_mails_at_once_are_one_message_and_a_long_queue_goes_on(monkeypatch):
    sent = []
    monkeypatch.setattr(later_module, "_nudged", {})
    monkeypatch.setattr(later_module, "_send", lambda task, args, **options: sent.append((task, options)))
    monkeypatch.setattr(mail, "_BATCH", 2)
    for _number in range(5):
        owe()
    assert sent == [("accounts.tasks.send_pending_mail", {"countdown": later_module.PAUSE})]
    assert [tasks.send_pending_mail() for _number in range(4)] == [2, 2, 1, 0]
    assert sent[1:] == [("accounts.tasks.send_pending_mail", {"queue": None})] * 2  # after each full batch


def test_a_slow_mail_server_holds_a_task_for_a_while_only(monkeypatch):
    """What the rest is left for is another task, so that the holds of a sale are not late."""
    sent, clock = [], iter(range(0, 600, 6))  # a mail server that needs six seconds
    monkeypatch.setattr(later_module, "_nudged", {})
    monkeypatch.setattr(later_module, "_send", lambda task, args, **options: sent.append(task))
    monkeypatch.setattr(mail, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    for _number in range(5):
        owe()
    assert [tasks.send_pending_mail() for _number in range(4)] == [2, 2, 1, 0]
    assert len(sent) == 1 + 2


def test_nothing_leaves_before_the_commit(monkeypatch):
    sent = []
    monkeypatch.setattr(later_module, "_send", lambda task, args, **_options: sent.append((task, args)))
    with transaction.atomic():
        later("some.task", 1)
        assert sent == []
    assert sent == [("some.task", (1,))]
    with pytest.raises(RuntimeError), transaction.atomic():
        later("some.task", 2)
        raise RuntimeError
    assert sent == [("some.task", (1,))]
