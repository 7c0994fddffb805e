"""A backup comes back as it was; a damaged one does not come back at all."""

import io
import json
import os
import shutil
import stat
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from django.conf import settings as real
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from accounts.models import User
from bookings.models import Booking, Ticket
from eventify import backups
from eventify.lib import sealed
from eventify.settings.files import private_storage

pytestmark = pytest.mark.django_db(transaction=True)
SCRATCH = f"eventify_restored_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"


@pytest.fixture
def files(settings, tmp_path):
    """Storages of this test only, with two files in each."""
    private = private_storage()
    private["OPTIONS"]["location"] = tmp_path / "private"
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.STORAGES = {**settings.STORAGES, "private": private}
    for name in ("default", "private"):
        storages[name].save("event_images/a.txt", ContentFile(f"{name} a"))
        storages[name].save("deep/er/b.bin", ContentFile(os.urandom(100_000)))
    return storages


@pytest.fixture
def folder(tmp_path, files):
    yield tmp_path / "backups"
    for name in (SCRATCH, *others()):
        backups.drop_database(name)


@pytest.fixture
def backup(folder):
    """The small world, backed up."""
    call_command("seed", stdout=io.StringIO())
    return made(folder)


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    """Where the backup lies that is copied."""
    return tmp_path_factory.mktemp("first")


@pytest.fixture
def copy(request, folder, first):
    """A copy of a backup of the small world, for tests that need its files and not that world."""
    if not any(first.iterdir()):
        backup = request.getfixturevalue("backup")
        backup.rename(first / backup.name)
    [kept] = first.iterdir()
    return shutil.copytree(kept, folder / kept.name)


def made(folder, **options):
    said(call_command, "backup", to=folder, **options)
    return backups.all_in(folder)[-1]


def said(command, *arguments, **options):
    output = io.StringIO()
    command(*arguments, stdout=output, **options)
    return output.getvalue()


def restore(backup, **options):
    return said(call_command, "restore", str(backup), **options)


def databases():
    with connection.cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database")
        return {row[0] for row in cursor.fetchall()}


def others():
    """What was set aside for this test's database, or was to take its place."""
    own = connection.settings_dict["NAME"]
    return [name for name in databases() if name.startswith((f"{own}_before_", f"{own}_new_"))]


def rows():
    with connection.cursor() as cursor:
        return backups.count_rows(cursor)


def refused(backup, sentence, **options):
    with pytest.raises(CommandError, match=sentence) as refusal:
        restore(backup, **options)
    assert str(refusal.value).startswith("Nothing was restored: ")


def test_a_backup_comes_back_as_it_was(backup):
    before = rows()
    assert (before["accounts_user"], before["events_event"], before["bookings_ticket"]) == (11, 5, 20)
    words = restore(backup, into=SCRATCH)
    assert f"is now the database {SCRATCH}; files were left alone." in words
    Booking.objects.all().update(qty=7)
    with backups.elsewhere(SCRATCH):
        assert rows() == before
        assert not Booking.objects.filter(qty=7).exists()
        assert User.objects.get(email="admin@evient.com").check_password("admin123")
        call_command("ledger_check", stdout=io.StringIO())
        call_command("audit_verify", stdout=io.StringIO())
        call_command("fsck", stdout=io.StringIO())
        with pytest.raises(psycopg.Error), psycopg.connect(**params(SCRATCH)) as other:
            other.execute("DELETE FROM partners_entry")  # the guards came back, too
    assert connection.settings_dict["NAME"] != SCRATCH


def params(name):
    given = connection.get_connection_params()
    return {key: given[key] for key in ("host", "port", "user", "password") if given.get(key)} | {"dbname": name}


def test_the_manifest_says_what_is_in_it(backup):
    manifest = json.loads((backup / "manifest.json").read_text())
    assert manifest["rows"] == rows()
    assert (manifest["format"], manifest["version"], manifest["files"]) == (1, "0.1.0", {"default": 17, "private": 2})
    assert ["accounts", "0001_initial"] in manifest["migrations"]
    assert set(manifest["parts"]) == {"database.dump", "keys.json", "media.tar", "private.tar"}
    assert all(len(part["sha256"]) == 64 and part["bytes"] for part in manifest["parts"].values())
    age = datetime.now(UTC) - datetime.fromisoformat(manifest["made_at"])
    assert timedelta() <= age < timedelta(minutes=2)


def test_nobody_else_may_read_it(backup):
    modes = {stat.S_IMODE(path.stat().st_mode) for path in backup.iterdir()}
    assert (modes, stat.S_IMODE(backup.stat().st_mode)) == ({0o600}, 0o700)
    assert json.loads((backup / "keys.json").read_text())["SECRET_KEY"] == real.SECRET_KEY
    assert not (made(backup.parent, without_keys=True) / "keys.json").exists()


def test_taking_the_place_of_what_is_there(backup, monkeypatch, files):
    before, name = rows(), connection.settings_dict["NAME"]
    contents = {part: files[part].open("deep/er/b.bin").read() for part in ("default", "private")}
    Ticket.objects.update(attendee_name="Changed")
    files["default"].delete("event_images/a.txt")
    files["private"].delete("deep/er/b.bin")
    files["private"].save("deep/er/b.bin", ContentFile(b"damaged"))
    for typed in ("", "yes", name.upper()):
        monkeypatch.setattr("builtins.input", lambda typed=typed: typed)
        refused(backup, f"{name} was not typed.", replace=True)
        assert Ticket.objects.filter(attendee_name="Changed").count() == 20
    monkeypatch.setattr("builtins.input", lambda: name)
    words = restore(backup, replace=True)
    assert rows() == before
    assert files["default"].open("event_images/a.txt").read() == b"default a"
    assert {part: files[part].open("deep/er/b.bin").read() for part in ("default", "private")} == contents
    [kept] = others()
    assert f"kept as {kept}" in words and "19 files are back" in words
    with backups.elsewhere(kept):
        assert Ticket.objects.filter(attendee_name="Changed").count() == 20


def test_what_is_not_empty_is_refused(backup):
    refused(backup, "is not empty. Use --into NAME to look at the backup beside it, or --replace.")
    restore(backup, into=SCRATCH)
    refused(backup, f"There is a database {SCRATCH} already: choose another name, or drop that one.", into=SCRATCH)
    for name in ("Big", "a b", "x" * 64, 'a"; DROP TABLE x', ""):
        with pytest.raises(CommandError, match="small letters"):
            restore(backup, into=name)


def test_an_empty_database_takes_it(backup):
    before = rows()
    backups.make_database(SCRATCH)
    with backups.elsewhere(SCRATCH):
        assert backups.is_empty()
        words = restore(backup)
        assert rows() == before
    assert f"is now {SCRATCH}." in words


def damage(backup, name):
    path = backup / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("name", ["database.dump", "media.tar", "private.tar", "keys.json"])
def test_a_damaged_part_is_refused(copy, name):
    """One bit is enough. The control: it was good before."""
    backups.verify(copy)
    damage(copy, name)
    refused(copy, f"The backup is damaged: {name} is not what was written. Take another backup.", into=SCRATCH)
    (copy / name).unlink()
    refused(copy, f"The backup is damaged: {name} is missing. Take another backup.", into=SCRATCH)
    assert SCRATCH not in databases()


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"format": 1}', '{"format": 2, "parts": {}}'])
def test_a_damaged_manifest_is_refused(copy, text):
    (copy / "manifest.json").write_text(text)
    refused(copy, "its manifest.json cannot be understood", into=SCRATCH)
    (copy / "manifest.json").unlink()
    refused(copy, "is no complete backup: it has no manifest.json", into=SCRATCH)
    refused(copy.parent / "nowhere", "is no complete backup", into=SCRATCH)


def manifest_of(backup):
    return json.loads((backup / "manifest.json").read_text())


def rewrite(backup, **changes):
    """A backup that was made with another manifest: it is signed as well."""
    text = json.dumps(manifest_of(backup) | changes)
    (backup / "manifest.json").write_text(text)
    (backup / "manifest.hmac").write_text(sealed.sign(text.encode(), purpose="backup"))


def test_a_backup_of_a_newer_version_is_refused(copy):
    rewrite(copy, migrations=[["accounts", "9999_next_year"]])
    refused(copy, "newer Eventify, which has accounts.9999_next_year", into=SCRATCH)


def test_after_a_step_back_backups_are_made_and_taken(backup):
    """The database was migrated by the next version, and this one works with it again."""
    MigrationRecorder(connection).record_applied("accounts", "9999_next_year")
    try:
        assert backups.verify(made(backup.parent))["rows"] == rows()
    finally:
        MigrationRecorder(connection).record_unapplied("accounts", "9999_next_year")
    assert backups.verify(backup)


def test_rows_that_do_not_come_back_are_noticed(copy):
    rewrite(copy, rows=manifest_of(copy)["rows"] | {"events_event": 6})
    refused(copy, "events_event has 5 rows after all, not 6", into=SCRATCH)
    assert SCRATCH not in databases()


def test_a_part_cannot_name_another_folder(copy):
    parts = manifest_of(copy)["parts"]
    rewrite(copy, parts=parts | {"../../etc/passwd": {"bytes": 1, "sha256": "x"}})
    refused(copy, "cannot be understood", into=SCRATCH)


def test_a_changed_manifest_is_refused_by_its_signature(copy):
    """The parts and their sums fit, but nobody of ours has written this."""
    (copy / "manifest.json").write_text(json.dumps(manifest_of(copy) | {"made_at": "2031-01-01T00:00:00Z"}))
    for unverified in (False, True):
        refused(copy, "its manifest.json is not what was signed.", into=SCRATCH, unverified=unverified)
    rewrite(copy)
    assert backups.verify(copy)["made_at"] == "2031-01-01T00:00:00Z"


def test_a_backup_without_a_signature_is_restored_only_by_who_says_so(copy):
    (copy / "manifest.hmac").unlink()
    refused(copy, "is not signed: .* Make a new backup; .* add --unverified.", into=SCRATCH)
    assert backups.verify(copy, unverified=True) == manifest_of(copy)
    damage(copy, "database.dump")
    refused(copy, "database.dump is not what was written", into=SCRATCH, unverified=True)
    assert SCRATCH not in databases()


def test_a_backup_of_another_secret_is_refused_and_its_keys_are_told(copy, settings):
    site, settings.SECRET_KEY = settings.SECRET_KEY, "x" * 40
    refused(copy, "signed with another SECRET_KEY. .* SECRET_KEY_FALLBACKS. .* add --unverified.", into=SCRATCH)
    assert SCRATCH not in databases()
    words = restore(copy, into=SCRATCH, unverified=True)
    assert "add the one in its keys.json to SECRET_KEY_FALLBACKS, restart, and run manage.py reseal." in words
    backups.drop_database(SCRATCH)
    settings.SECRET_KEY_FALLBACKS = [site]
    assert "SECRET_KEY" not in restore(copy, into=SCRATCH)


def test_keys_that_were_put_beside_a_backup_are_none_of_it(copy):
    parts = manifest_of(copy)["parts"]
    rewrite(copy, parts={name: facts for name, facts in parts.items() if name != "keys.json"})
    (copy / "keys.json").write_text('{"SECRET_KEY": "somebody\'s"}')
    assert not backups.has_other_keys(copy, backups.verify(copy))


def test_only_the_newest_are_kept(folder):
    several = [made(folder) for _time in range(3)]
    half = folder / "backup-20200101T000000000000Z.partial"
    half.mkdir()
    (folder / "notes").mkdir()
    os.utime(half, (0, 0))
    words = said(call_command, "backup", to=folder, keep=2)
    left = backups.all_in(folder)
    assert len(left) == 2 and left[0] == several[2]
    assert {path.name for path in folder.iterdir()} == {"notes", *(path.name for path in left)}
    assert words.count("deleted: ") == 3
    with pytest.raises(CommandError, match="--keep is a number"):
        call_command("backup", to=folder, keep=-1)


def test_nothing_is_left_of_a_backup_that_fails(folder, monkeypatch):
    monkeypatch.setattr(backups, "_find", lambda program: "/bin/false")
    with pytest.raises(CommandError, match="No backup was made: pg_dump failed"):
        call_command("backup", to=folder)
    assert list(folder.iterdir()) == []


def test_without_the_programs_it_says_what_to_install(folder, monkeypatch):
    monkeypatch.setattr(backups, "_embedded", lambda program: None)
    monkeypatch.setenv("PATH", str(folder))
    with pytest.raises(
        CommandError, match=r"No pg_dump of PostgreSQL \d+ or newer is here: install postgresql-client-"
    ):
        call_command("backup", to=folder)
