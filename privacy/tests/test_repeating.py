"""Erasures outlive an older backup: marks outside of the database, and the command that repeats what they tell of."""

import io
from contextlib import contextmanager

import pytest
from django.core.files.base import ContentFile
from django.core.management import CommandError, call_command
from django.db import transaction

from accounts.factories import UserFactory
from accounts.models import AuditLog, OutgoingMail, User
from bookings.tests.scenes import buy, scene
from privacy import erasing, erasures, tasks
from privacy.models import Copy
from privacy.tests import lives

pytestmark = pytest.mark.django_db


@contextmanager
def a_backup_brought_back(capture):
    """What is done in here is undone in the database, as an older backup does; files stay as they are."""
    with capture(execute=True), transaction.atomic():
        yield
        marks = [(user.uid, user.erased_at) for user in User.objects.filter(erased_at__isnull=False)]
        transaction.set_rollback(True)
    for uid, at in marks:  # callbacks of what was rolled back do not run
        erasures.note(uid, at)


def run(*words) -> str:
    out = io.StringIO()
    call_command("erasures", *map(str, words), stdout=out)
    return out.getvalue()


def stored() -> set[str]:
    return set(Copy._meta.get_field("file").storage.listdir("erasures")[1])


def test_an_erasure_leaves_a_mark_that_names_nobody(django_capture_on_commit_callbacks):
    user = lives.a_life()
    with django_capture_on_commit_callbacks(execute=True):
        erasing.erase(user, by=user)
    row = User.objects.get(pk=user.pk)
    assert stored() == {str(user.uid)}
    text = erasures.written(erasures.marks())
    assert text == f"{user.uid} {row.erased_at.isoformat()}\n"
    assert erasures.read(text) == {user.uid: row.erased_at}


def test_a_mark_that_an_outage_left_out_is_made_later():
    for user in (UserFactory(), UserFactory()):
        erasing.erase(user, by=user)  # in a transaction that does not commit here, so without its mark
    assert (tasks.note_erasures(), tasks.note_erasures()) == (2, 0)
    assert len(stored()) == 2


def test_whom_a_backup_brings_back_is_erased_again(django_capture_on_commit_callbacks):
    user, other = lives.a_life(), UserFactory()
    with a_backup_brought_back(django_capture_on_commit_callbacks):
        erasing.erase(User.objects.get(pk=user.pk), by=user)
    assert lives.where_named() >= {"accounts_user", "bookings_order", "crew_person"}
    books = lives.books()
    with django_capture_on_commit_callbacks(execute=True):
        assert run("repeat") == "1 erased again, 0 were erased, 0 are not in this database, 0 have to wait.\n"
    assert stored() == {str(user.uid)}
    assert lives.where_named() <= set(lives.KEPT)
    assert lives.books() == books
    assert OutgoingMail.objects.filter(template="account_erased").count() == 0
    line = AuditLog.objects.get(action="ERASED_PERSON")
    assert (line.actor, line.target_uid, "a backup brought it back" in line.details["reason"]) == (None, user.uid, True)
    assert not User.objects.get(pk=other.pk).is_erased
    assert run("repeat").startswith("0 erased again, 1 were erased,")


def test_who_has_something_open_in_the_older_state_waits(django_capture_on_commit_callbacks):
    user, ready = UserFactory(), UserFactory()
    with a_backup_brought_back(django_capture_on_commit_callbacks):
        for one in (user, ready):
            erasing.erase(User.objects.get(pk=one.pk), by=one)
    buy(user, scene(price=5)[1])
    out = io.StringIO()
    with pytest.raises(CommandError):
        call_command("erasures", "repeat", stdout=out)
    assert "1 erased again" in out.getvalue() and f"{user.uid}: An order waits to be paid." in out.getvalue()
    assert not User.objects.get(pk=user.pk).is_erased and User.objects.get(pk=ready.pk).is_erased


def test_the_list_is_kept_elsewhere_and_only_grows(tmp_path, django_capture_on_commit_callbacks):
    file, gone, user = tmp_path / "kept.txt", UserFactory().uid, UserFactory()
    file.write_text(f"{gone} 2026-01-02T03:04:05+00:00\n")
    with a_backup_brought_back(django_capture_on_commit_callbacks):
        erasing.erase(User.objects.get(pk=user.pk), by=user)
    assert run("export", file) == f"2 erasures are in {file}.\n"
    assert set(erasures.read(file.read_text())) == {gone, user.uid} and file.stat().st_mode & 0o777 == 0o600
    User.objects.filter(uid=gone).delete()
    Copy._meta.get_field("file").storage.delete(f"erasures/{user.uid}")  # the storage is lost, too
    assert run("repeat", file) == "1 erased again, 0 were erased, 1 are not in this database, 0 have to wait.\n"
    assert User.objects.get(pk=user.pk).is_erased


def test_a_mark_that_was_not_written_whole_still_counts():
    storage, user = Copy._meta.get_field("file").storage, UserFactory()
    for name in (str(user.uid), f"{user.uid}_AbC1234", "a note of somebody"):
        storage.save(f"erasures/{name}", ContentFile(b"2026-0"))
    assert list(erasures.marks()) == [user.uid]
    assert run("repeat").startswith("1 erased again")


@pytest.mark.parametrize("text", ["nonsense", "0192f0c1-2e3a-7000-8000-000000000001 yesterday", "\x00", "x 2026-01-01"])
def test_what_is_no_list_changes_nothing(tmp_path, text):
    file = tmp_path / "kept.txt"
    file.write_text(text)
    for verb in ("repeat", "export"):
        with pytest.raises(CommandError):
            call_command("erasures", verb, str(file))
    assert file.read_text() == text
