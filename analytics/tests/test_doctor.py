"""The doctor's red lines, each with what to do; a running site is green in eventify/tests/test_operations.py."""

import io
from datetime import timedelta
from pathlib import Path
from threading import Timer

import pytest
import time_machine
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from analytics import doctor, tasks
from eventify import backups
from eventify.lib import heartbeats
from eventify.settings import private_storage
from events.models import Event

pytestmark = pytest.mark.django_db(transaction=True)
FIXES = {check.name: check.fix for check in doctor.CHECKS}


@pytest.fixture(autouse=True)
def _own_folders(settings, tmp_path):
    private = private_storage()
    private["OPTIONS"]["location"] = tmp_path / "private"
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.STORAGES = {**settings.STORAGES, "private": private}


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "backups"


def examined(folder, **options):
    """What each check saw, by its name, and whether the command said that something is red."""
    output, code = io.StringIO(), 0
    try:
        call_command("doctor", backups=folder, wait=0.3, stdout=output, no_color=True, **options)
    except SystemExit as end:
        code = end.code
    lines, found = output.getvalue().splitlines(), {}
    for number, line in enumerate(lines[:-1]):
        colour, name, sentence = (line.split(maxsplit=2) + ["", ""])[:3]
        if colour in ("green", "red"):
            found[name] = (colour, sentence)
            assert (colour == "red") is (lines[number + 1].strip() == f"-> {FIXES[name]}")
    assert code == (1 if "red" in {colour for colour, _sentence in found.values()} else 0)
    assert list(found) == list(FIXES)
    return found


def scratch():
    """How many databases the doctor left behind."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database")
        own = f"{connection.settings_dict['NAME']}_doctor_"
        return sum(name.startswith(own) for (name,) in cursor.fetchall())


def test_without_worker_and_beat_two_lines_are_red(folder):
    heartbeats.forget("beat")
    found = examined(folder, mail_to="me@example.com")
    red = {name: sentence for name, (colour, sentence) in found.items() if colour == "red"}
    assert red == {
        "job": "No worker did a job of sales, mail, money, bulk within 0.3 s.",
        "beat": "Beat did not tick within 0.3 s.",
    }
    assert found["backup"][1].startswith("There was none, so one was made: backup-")
    assert found["restore"][1].endswith("and fsck finds nothing wrong.")
    assert [message.to for message in mail.outbox] == [["me@example.com"]]
    assert (len(backups.all_in(folder)), scratch()) == (1, 0)


def test_a_sign_of_the_past_is_no_tick(folder):
    heartbeats.beat("beat")
    chosen = doctor.Options("me@example.com", 3.0, folder)
    ticking = Timer(0.5, heartbeats.beat, ["beat"])
    ticking.start()
    assert float(doctor._beat(chosen).split()[3]) >= 0.4
    heartbeats.forget("beat")


def test_the_job_is_a_real_one():
    tasks.answer_doctor("doctor-1")
    assert heartbeats.ages("doctor-1")[0] < 5
    heartbeats.forget("doctor-1")


def test_mail_is_read_back_where_it_is_files(folder, settings, tmp_path):
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = str(tmp_path / "mail")
    assert examined(folder)["mail"] == (
        "green",
        f"A mail to no-reply@localhost was written to {tmp_path}/mail and read back.",
    )
    assert list(Path(settings.EMAIL_FILE_PATH).iterdir()) == []
    settings.EMAIL_BACKEND, settings.EMAIL_HOST, settings.EMAIL_PORT = (
        "django.core.mail.backends.smtp.EmailBackend",
        "127.0.0.1",
        1,
    )
    assert examined(folder)["mail"] == ("red", "[Errno 111] Connection refused")


def test_a_storage_that_cannot_be_written(folder, settings, tmp_path):
    (tmp_path / "media").write_text("a file, where the folder should be")
    found = examined(folder)
    assert (found["media"][0], found["documents"][0]) == ("red", "green")


def test_a_damaged_backup_and_an_old_one(folder):
    backup = backups.make(folder)
    with time_machine.travel(timezone.now() + timedelta(hours=60)):
        assert examined(folder)["backup"] == ("red", f"{backup.name} is 60 hours old.")
    signature = (backup / backups.SIGNATURE).rename(folder / "signature")
    found = examined(folder)
    assert found["backup"] == found["restore"] and found["backup"][0] == "red"
    assert found["backup"][1].startswith(f"{backup.name} is not signed: it has no manifest.hmac.")
    signature.rename(backup / backups.SIGNATURE)
    content = bytearray((backup / backups.DUMP).read_bytes())
    content[1000] ^= 1
    (backup / backups.DUMP).write_bytes(content)
    found = examined(folder)
    said = "The backup is damaged: database.dump is not what was written. Take another backup."
    assert (found["backup"], found["restore"]) == (("red", said), ("red", said))
    assert scratch() == 0


def test_a_backup_with_wrong_rows_is_red(folder):
    """What is wrong in the backup is found in the backup: the site itself may be right again."""
    call_command("seed", stdout=io.StringIO())
    Event.objects.filter(pk=Event.objects.first().pk).update(booked_count=1)
    backup = backups.make(folder)
    Event.objects.filter(pk=Event.objects.first().pk).update(booked_count=0)
    colour, sentence = examined(folder)["restore"]
    assert (colour, f"{backup.name} comes back, but fsck says:" in sentence) == ("red", True)
    assert scratch() == 0


@pytest.mark.parametrize("wait", [0, -1, 3601, float("nan")])
def test_a_bad_wait(folder, wait):
    with pytest.raises(CommandError, match="--wait is a number of seconds"):
        call_command("doctor", wait=wait)
