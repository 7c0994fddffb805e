"""Runs of the check of everything: by the command, by a button in the background, by beat; what is kept of them."""

import json
from datetime import timedelta
from functools import partial

import pytest
import time_machine
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts import roles
from accounts.factories import UserFactory
from accounts.models import Role, User
from accounts.tests.coming_in import log_in
from accounts.tests.racing import race
from analytics import fsck, tasks
from analytics.models import FsckRun
from bookings.tests.scenes import book, scene, text
from eventify.lib.checks import Check
from eventify.lib.errors import Forbidden
from events.models import Event

pytestmark = pytest.mark.django_db
NUMBER = sum(len(area.checks) for area in fsck.AREAS)
PLACES = "places of events"


@pytest.fixture
def event() -> Event:
    """An event with two places sold."""
    event, _kind = scene(name="Quokka Night")
    book(event, UserFactory(), 2)
    return event


@pytest.fixture
def boss() -> User:
    return roles.assign(UserFactory(), Role.objects.get(name="Super Admin"), by=None)


def damage(event: Event) -> str:
    """Break a counter; the sentence that tells of it."""
    Event.objects.filter(pk=event.pk).update(booked_count=1)
    return (
        f"event {event.pk} (Quokka Night): booked_count is 1, its bookings have 2 places; "
        "waitlisted_count is 0, its queue has 0 places"
    )


def command(capsys, *options) -> tuple[str, int]:
    """What the command prints, and how it ends."""
    code = 0
    try:
        call_command("fsck", *options)
    except SystemExit as ended:
        code = ended.code
    return capsys.readouterr().out, code


def at_work(**fields) -> FsckRun:
    return FsckRun.objects.create(**{"started_at": timezone.now(), **fields})


# --- The command --------------------------------------------------------------------------------------


def test_the_command_is_green_and_then_red_with_counts_and_hints(event, capsys):
    green, code = command(capsys)
    assert (green.count(" ok ("), code) == (NUMBER, 0)
    assert f"{PLACES:<32} ok ({Event.objects.count()})\n" in green
    assert green.endswith("everything holds.\n")
    sentence = damage(event)
    red, code = command(capsys)
    assert (red.count(" ok ("), code) == (NUMBER - 1, 1)
    assert f"{PLACES:<32} 1 of {Event.objects.count()} BROKEN\n  {sentence}\n  -> The bookings are the truth." in red
    assert red.endswith(": 1 breaches.\n")


def test_the_command_speaks_json(event, capsys):
    sentence = damage(event)
    output, code = command(capsys, "--json")
    found = json.loads(output)
    run = fsck.latest()
    assert (code, found.pop("checks")) == (1, run.results)
    moments = {"started_at": run.started_at.isoformat(), "finished_at": run.finished_at.isoformat()}
    assert found == {**moments, "breaches": 1}
    [broken] = [one for one in run.results if one["breaches"]]
    assert broken.pop("seconds") >= 0 and broken.pop("hint").startswith("The bookings are the truth.")
    there = {"area": "Places and seats", "check": PLACES, "compared": Event.objects.count(), "breaches": 1}
    assert broken == {**there, "sentences": [sentence]}


def test_of_very_many_breaches_the_first_are_said_and_all_are_counted(monkeypatch, capsys):
    many = Check("many", "SELECT 7", "SELECT * FROM generate_series(1, 250) AS number", "row {number}", "Look.")
    monkeypatch.setattr(fsck, "AREAS", (fsck.Area("All", (many,)),))
    output, code = command(capsys)
    assert "row 100\n  and 150 more\n  -> Look.\n" in output and "row 101" not in output
    assert (code, fsck.latest().breaches, len(fsck.latest().results[0]["sentences"])) == (1, 250, 100)


# --- In the background --------------------------------------------------------------------------------


def test_the_button_asks_for_one_run_and_the_task_carries_it_out_once(event, boss, django_capture_on_commit_callbacks):
    sent = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("eventify.lib.later._send", lambda *message, **_options: sent.append(message))
        with django_capture_on_commit_callbacks(execute=True):
            run = fsck.request(by=boss)
            assert fsck.request(by=boss) == run
    assert sent == [("analytics.tasks.check_everything", (run.pk,))] * 2
    assert [tasks.check_everything(run.pk), tasks.check_everything(run.pk)] == [1, 0]
    run.refresh_from_db()
    assert (run.requested_by, run.breaches, len(run.results), FsckRun.objects.count()) == (boss, 0, NUMBER, 1)
    assert run.requested_at <= run.started_at <= run.finished_at
    assert fsck.under_way() is None and fsck.latest() == run


def test_beat_carries_out_what_waits_and_else_a_run_of_its_own(boss):
    waiting = fsck.request(by=boss)  # its message is lost
    assert tasks.check_everything() == 1
    assert [run.pk for run in FsckRun.objects.exclude(finished_at=None)] == [waiting.pk]
    assert tasks.check_everything() == 1
    assert FsckRun.objects.exclude(finished_at=None).count() == 2


def test_a_run_that_was_interrupted_begins_again_and_one_at_work_does_not():
    now, gone = at_work(), at_work(started_at=timezone.now() - timedelta(minutes=11))
    assert fsck.carry_out(now.pk) is None
    assert fsck.carry_out(gone.pk).breaches == 0
    assert fsck.carry_out(-1) is None


def test_only_who_may_see_the_audit_log_asks_for_a_run():
    with pytest.raises(Forbidden):
        fsck.request(by=roles.assign(UserFactory(), Role.objects.get(name="Finance"), by=None))
    assert not FsckRun.objects.exists()


def test_old_runs_are_forgotten():
    with time_machine.travel(timezone.now() - timedelta(days=91)):
        fsck.work()
    assert fsck.work() == 1
    assert FsckRun.objects.count() == 1


def many_at_once() -> list:
    """Three workers that get the same message; what each of them made of it."""
    key = FsckRun.objects.create().pk
    return [run is not None for run in race(*[partial(fsck.carry_out, key)] * 3)]


@pytest.mark.django_db(transaction=True)
def test_of_workers_with_the_same_message_one_does_it():
    assert sorted(many_at_once()) == [False, False, True]


@pytest.mark.django_db(transaction=True)
def test_control_without_the_condition_each_does_it(monkeypatch):
    monkeypatch.setattr(fsck, "_unfinished", fsck.Q)
    assert many_at_once() == [True] * 3


@pytest.mark.django_db(transaction=True)
def test_all_checks_see_one_moment_and_change_nothing(event, monkeypatch):
    """A booking that is made between two checks is seen by neither."""
    areas, late = fsck.AREAS, UserFactory()
    seen = Check("seen", "SELECT count(*) FROM bookings_booking", "SELECT 1 WHERE false", "")
    disturb = Check("disturb", "SELECT 0", lambda _only: race(partial(book, event, late)) and (), "")
    monkeypatch.setattr(fsck, "AREAS", (fsck.Area("", (seen, disturb, seen, *areas[0].checks)),))
    found = list(fsck.look())
    assert (found[0].compared, found[2].compared, event.bookings.count()) == (1, 1, 2)
    assert [result.sentences for result in found if result.breaches] == []
    write = Check("write", "SELECT 0", "DELETE FROM bookings_seat RETURNING id", "")
    monkeypatch.setattr(fsck, "AREAS", (fsck.Area("", (write,)),))
    assert "read-only transaction" in next(fsck.look()).sentences[0]


# --- The page -----------------------------------------------------------------------------------------


def page(client, user: User) -> str:
    log_in(client, user)
    answer = client.get(reverse("desk-fsck"))
    assert answer.status_code == 200
    return text(answer)


def test_the_page_before_any_run_while_one_is_at_work_and_when_all_is_well(client, boss):
    assert "Nothing was checked yet." in page(client, boss)
    answer = client.post(reverse("desk-fsck-run"), follow=True)
    shown = text(answer)
    assert "Everything is being checked." in shown and 'hx-trigger="every 3s"' in shown
    assert FsckRun.objects.get().requested_by == boss
    fsck.work()
    shown = page(client, boss)
    assert "Everything holds." in shown and 'hx-trigger="every 3s"' not in shown
    assert [name for name in (PLACES, "audit log", "tallies", "Earlier checks") if name not in shown] == [
        "Earlier checks"
    ]
    fsck.work()
    assert "Earlier checks" in page(client, boss)


def test_the_page_lists_what_is_broken_and_what_to_do(client, boss, event):
    sentence = damage(event)
    Event.objects.filter(pk=event.pk).update(name="<b>Quokka</b>")
    fsck.work()
    shown = page(client, boss)
    assert "1 breach was found." in shown and "What to do:" in shown
    assert sentence.replace("Quokka Night", "<b>Quokka</b>") in shown  # unescaped by `text`
    assert "&lt;b&gt;Quokka" in client.get(reverse("desk-fsck")).content.decode()


def test_the_page_asks_as_much_for_many_runs_as_for_one(client, boss, event):
    log_in(client, boss)
    counted = []
    for _run in range(2):
        fsck.work()
        damage(event)
        client.get(reverse("desk-fsck"))
        with CaptureQueriesContext(connection) as queries:
            client.get(reverse("desk-fsck"))
        counted.append(len(queries))
        fsck.work(), fsck.work()
    assert counted[0] == counted[1]


def test_a_link_to_the_button_is_refused_and_others_see_nothing(client, boss):
    log_in(client, boss)
    assert client.get(reverse("desk-fsck-run")).status_code == 405
    log_in(client, roles.assign(UserFactory(), Role.objects.get(name="Finance"), by=None))
    for answer in (client.get(reverse("desk-fsck")), client.post(reverse("desk-fsck-run"))):
        assert answer.status_code == 403
    assert not FsckRun.objects.exists()
