"""An export is made once, whoever is killed and however many try; its file goes when it is old."""

import signal
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
import time_machine
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import transaction
from django.utils import timezone

from accounts.factories import SuperAdminFactory
from accounts.models import Notification, OutgoingMail
from accounts.tests.processes import run_until, steps
from accounts.tests.racing import good, meet_after, race, switch_row_locks_off, without_constraint
from analytics import tasks
from analytics.models import FOLDER, Export, Subscription
from analytics.reports import exports, schedules
from eventify.lib.orphans import remove_orphans

start = partial(run_until, "analytics.tests.exporting_process")


def waiting(**about) -> Export:
    return Export.objects.create(user=SuperAdminFactory(), report="orders", form="csv", **about)


def weekly(user, **about) -> Subscription:
    asked = Subscription(user=user, report="orders", form="csv", every="week", hour=7, **about)
    return schedules.subscribe(asked)


def files_of(export: Export) -> list[Path]:
    return sorted((Path(settings.PRIVATE_ROOT) / FOLDER).glob(f"{export.uid}*"))


def test_the_steps_are_all_there():
    assert steps(exports, schedules) == [
        "export.after_claim",
        "export.after_writing",
        "export.after_storing",
        "export.before_done",
        "schedule.before_commit",
    ]


@pytest.mark.django_db(transaction=True)
def test_killed_and_started_again_it_is_made_once():
    """At each step one kill; a file that a kill left behind goes after a day."""
    user = SuperAdminFactory()
    subscription = weekly(user)
    Subscription.objects.update(next_at=timezone.now() - timedelta(minutes=1))
    assert start("schedule.before_commit") == -signal.SIGKILL
    assert not Export.objects.exists()
    for step in ("export.after_storing", "export.before_done"):
        assert start(step) == -signal.SIGKILL
        export = Export.objects.get(subscription=subscription)
        assert (export.state, export.file.name) == ("running", "")
    assert start() == 0
    export.refresh_from_db()
    assert (export.state, export.attempts, export.total) == ("done", 3, 0)
    assert OutgoingMail.objects.filter(template="report_ready").count() == 1
    left = files_of(export)
    assert len(left) == 3 and export.file.name.endswith("-3.csv")
    with time_machine.travel(timezone.now() + timedelta(days=2)):
        assert remove_orphans(Export, FOLDER) >= 2
    assert [one.name for one in files_of(export)] == [Path(export.file.name).name]


@pytest.mark.django_db(transaction=True)
def test_killed_three_times_it_is_given_up_and_says_why():
    export = waiting()
    for step in ("export.after_claim", "export.after_writing"):
        assert start(step) == -signal.SIGKILL
    Export.objects.update(attempts=exports.MOST_ATTEMPTS)
    assert exports.make() == 0
    export.refresh_from_db()
    assert export.state == "failed" and "interrupted" in export.reason and export.ended_at
    assert exports.make(export.pk) == 0


@pytest.mark.django_db(transaction=True)
def test_two_workers_make_it_once():
    export = waiting()
    done = good(race(*[partial(exports.carry_out, export.pk)] * 3))
    assert sorted(done) == [False, False, True]
    export.refresh_from_db()
    assert export.state == "done" and [one.name for one in files_of(export)] == [Path(export.file.name).name]


@pytest.mark.django_db(transaction=True)
def test_control_without_the_lock_it_is_made_several_times_and_one_file_stays(monkeypatch):
    """What the lock saves is work; that one file counts is decided at the end."""
    export, made = waiting(), []
    monkeypatch.setattr(exports, "_is_alone", lambda _export: True)
    write = exports._write
    monkeypatch.setattr(exports, "_write", lambda *args: (made.append(1), write(*args))[1])
    meet_after(monkeypatch, exports, "_claim", 2)
    done = good(race(*[partial(exports.carry_out, export.pk)] * 2))
    assert (len(made), sorted(done), len(files_of(export))) == (2, [False, True], 1)


@pytest.mark.django_db(transaction=True)
def test_while_somebody_works_at_it_the_sweep_leaves_it_alone():
    export = waiting()

    def work():
        with transaction.atomic():
            assert exports._is_alone(export)
            return good(race(tasks.make_exports))

    assert work() == [0]
    assert Export.objects.get().attempts == 0
    assert tasks.make_exports() == 1


@pytest.mark.django_db(transaction=True)
def test_a_report_that_is_due_is_asked_for_once():
    weekly(SuperAdminFactory())
    Subscription.objects.update(next_at=timezone.now() - timedelta(minutes=1))
    assert sum(good(race(*[schedules.make_due] * 4))) == 1
    assert Export.objects.count() == 1 and Subscription.objects.get().next_at > timezone.now()
    assert schedules.make_due() == 0


@pytest.mark.django_db(transaction=True)
def test_control_without_its_lock_and_constraint_it_is_asked_for_twice(monkeypatch):
    weekly(SuperAdminFactory())
    Subscription.objects.update(next_at=timezone.now() - timedelta(minutes=1))
    switch_row_locks_off(monkeypatch)
    meet_after(monkeypatch, schedules, "check_right", 2)
    with without_constraint(Export, "export_once"):
        assert sum(good(race(*[schedules.make_due] * 2))) == 2
        assert Export.objects.count() == 2
        Export.objects.all().delete()


@pytest.mark.django_db
def test_an_old_file_goes_and_its_row_says_so(settings):
    export = waiting()
    exports.make(export.pk)
    [file] = files_of(export)
    with time_machine.travel(timezone.now() + timedelta(days=exports.kept_days(), seconds=-9), tick=False):
        assert exports.expire() == 0
    with time_machine.travel(timezone.now() + timedelta(days=exports.kept_days(), seconds=9), tick=False):
        settings.EVENTIFY_KEEP_DAYS = {**settings.EVENTIFY_KEEP_DAYS, "exports": 0}
        assert exports.expire() == 0  # for ever
        settings.EVENTIFY_KEEP_DAYS = {**settings.EVENTIFY_KEEP_DAYS, "exports": 7}
        assert tasks.tidy_exports() >= 1
    export.refresh_from_db()
    assert (export.state, export.file.name, file.exists()) == ("expired", "", False)
    assert not exports.may_fetch(export)


@pytest.mark.django_db
def test_a_file_that_no_row_knows_goes_after_a_day():
    storage = storages["private"]
    name = storage.save(f"{FOLDER}/nobody.csv", ContentFile(b"x"))
    remove_orphans(Export, FOLDER)
    assert storage.exists(name)
    with time_machine.travel(timezone.now() + timedelta(days=2)):
        remove_orphans(Export, FOLDER)
    assert not storage.exists(name)


@pytest.mark.django_db
def test_who_waited_long_finds_it_in_the_inbox(monkeypatch):
    export = waiting()
    monkeypatch.setattr(exports, "AT_ONCE", -1)
    exports.make(export.pk)
    assert Notification.objects.get(recipient=export.user).url == f"/command-center/exports/{export.uid}/"
