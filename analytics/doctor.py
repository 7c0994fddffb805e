"""What `manage.py doctor` tries: each check does the real thing once, tidies up, and says what it saw.

A check returns one sentence, or raises Trouble (or one of FAILURES) when what it tried does not work.
"""

import io
import secrets
import smtplib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import redis
from django.conf import settings
from django.core import mail
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.core.management import CommandError, call_command, get_commands
from django.db import DatabaseError, connection

from eventify import backups
from eventify.lib import heartbeats, readiness
from eventify.lib.later import later

try:  # of django-storages[s3], which a site without a bucket does not have
    from botocore.exceptions import BotoCoreError, ClientError
except ImportError:
    BotoCoreError = ClientError = OSError

FRESH = 48  # hours; an older backup loses too much
_ROUNDED = 0.01  # seconds by which the age of a sign of life may be too small


class Trouble(Exception):
    """What was tried does not work; the text says what was seen."""


FAILURES = (
    *(Trouble, OSError, smtplib.SMTPException, redis.RedisError, DatabaseError),
    *(backups.BackupError, CommandError, BotoCoreError, ClientError),
)


class Options(NamedTuple):
    """What the person at the terminal chose."""

    mail_to: str
    wait: float  # seconds for the worker and for beat
    backups: Path


class Check(NamedTuple):
    """One thing that must work: its name, how it is tried, and what to do when it does not."""

    name: str
    tries: Callable[[Options], str]
    fix: str


class Finding(NamedTuple):
    """What one check saw."""

    check: Check
    is_well: bool
    sentence: str


def examine(options: Options) -> Iterator[Finding]:
    """Try everything, one after the other; what fails stops nothing."""
    for check in CHECKS:
        try:
            yield Finding(check, True, check.tries(options))
        except FAILURES as error:
            words = " ".join(str(error).split()) or type(error).__name__
            yield Finding(check, False, words)


def _ready(*names: str) -> Callable[[Options], str]:
    """What /readyz says of these parts."""

    def look(_options: Options) -> str:
        found = [readiness.report()["checks"][name] for name in names]
        for part in found:
            if part["status"] != readiness.OK:
                raise Trouble(part["detail"])
        return " ".join(part["detail"] for part in found)

    return look


def _mail(options: Options) -> str:
    """Send a mail the way all mails go; read it again where the mails are files."""
    mark = secrets.token_hex(8)
    text = "manage.py doctor sent this to see whether mail works. Nobody needs to answer."
    if not mail.EmailMessage(f"Eventify doctor {mark}", text, to=[options.mail_to]).send():
        raise Trouble(f"The mail to {options.mail_to} was not taken.")
    if not settings.EMAIL_BACKEND.endswith("filebased.EmailBackend"):
        return f"A mail to {options.mail_to} was taken: look whether it arrives (Eventify doctor {mark})."
    for path in Path(settings.EMAIL_FILE_PATH).glob("*"):
        if mark in path.read_text(errors="replace"):
            path.unlink()
            return f"A mail to {options.mail_to} was written to {path.parent} and read back."
    raise Trouble(f"The mail is not in {settings.EMAIL_FILE_PATH}.")


def _job(options: Options) -> str:
    """Queue a job of each kind and wait until all are done."""
    began = time.monotonic()
    names = {queue: f"doctor-{secrets.token_hex(8)}" for queue in settings.QUEUES}
    for queue, name in names.items():
        later("analytics.tasks.answer_doctor", name, queue=queue)
    try:
        if not _comes_true(lambda: None not in heartbeats.ages(*names.values()), options.wait):
            idle = [queue for queue, age in zip(names, heartbeats.ages(*names.values()), strict=True) if age is None]
            raise Trouble(f"No worker did a job of {', '.join(idle)} within {options.wait:g} s.")
    finally:
        heartbeats.forget(*names.values())
    return f"Jobs of {', '.join(names)} were done in {time.monotonic() - began:.1f} s."


def _beat(options: Options) -> str:
    """Wait for a sign of life of beat that is younger than the question."""
    began = time.monotonic()

    def ticked() -> bool:
        # Before it is asked: an earlier sign is older than this, however long the answer takes.
        watched = time.monotonic() - began
        [age] = heartbeats.ages("beat")
        return age is not None and age < watched - _ROUNDED

    if not _comes_true(ticked, options.wait):
        raise Trouble(f"Beat did not tick within {options.wait:g} s.")
    return f"Beat ticked after {time.monotonic() - began:.1f} s."


def _comes_true(condition: Callable[[], bool], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True


def _storage(name: str) -> Callable[[Options], str]:
    """Write a file, read it, delete it."""

    def look(_options: Options) -> str:
        storage, content = storages[name], secrets.token_bytes(1000)
        path = storage.save(f"doctor/{secrets.token_hex(8)}", ContentFile(content))
        try:
            with storage.open(path) as file:
                if file.read() != content:
                    raise Trouble(f"The {name} storage gives back something else than was written.")
        finally:
            storage.delete(path)
        return f"The {name} storage keeps what is written."

    return look


def _backup(options: Options) -> str:
    """Look whether there is a recent backup; the first one is made here."""
    found, made = backups.all_in(options.backups), ""
    if not found:
        found, made = [backups.make(options.backups)], "There was none, so one was made: "
    manifest = backups.verify(found[-1])
    age = (datetime.now(UTC) - datetime.fromisoformat(manifest["made_at"])).total_seconds() / 3600
    if age > FRESH:
        raise Trouble(f"{found[-1].name} is {age:.0f} hours old.")
    return f"{made}{found[-1].name} is whole, {age:.1f} hours old."


def _restore(options: Options) -> str:
    """Bring the last backup into a database beside the real one, and prove what is in it."""
    found = backups.all_in(options.backups)
    if not found:
        raise Trouble("There is no backup.")
    manifest, seen = backups.verify(found[-1]), io.StringIO()
    with _scratch() as name:
        backups.restore_rows(found[-1], manifest, name)
        with backups.elsewhere(name):
            call_command("migrate", verbosity=0, interactive=False, skip_checks=True)
            if failed := [command for command in _proofs() if not _passes(command, seen)]:
                raise Trouble(f"{found[-1].name} comes back, but {failed[0]} says:\n{seen.getvalue().strip()}")
    return f"{found[-1].name} comes back ({sum(manifest['rows'].values()):,} rows), and {_said()} finds nothing wrong."


@contextmanager
def _scratch() -> Iterator[str]:
    """A database that is gone afterwards, whatever happens."""
    name = f"{connection.settings_dict['NAME'][:40]}_doctor_{secrets.token_hex(6)}"
    backups.make_database(name)
    try:
        yield name
    finally:
        backups.drop_database(name)


def _proofs() -> list[str]:
    return ["fsck"] if "fsck" in get_commands() else ["ledger_check", "audit_verify"]


def _said() -> str:
    return " and ".join(_proofs())


def _passes(command: str, output: io.StringIO) -> bool:
    try:
        call_command(command, stdout=output, stderr=output, no_color=True)
    except SystemExit as end:
        return not end.code
    return True


CHECKS = (
    Check("database", _ready("database"), "Start PostgreSQL, or set DATABASE_URL to where it is."),
    Check("migrations", _ready("migrations"), "Run: manage.py migrate"),
    Check("redis", _ready("redis"), "Start Redis, or set REDIS_URL to where it is."),
    Check("mail", _mail, "Set EMAIL_URL to a server that takes mail, and DEFAULT_FROM_EMAIL to an address it allows."),
    Check("job", _job, "Start the worker (python -m eventify.worker 2), restart it after an update, or see its log."),
    Check("beat", _beat, "Start beat (python -m eventify.clock), exactly one for a site, or see its log."),
    Check("media", _storage("default"), "Let this account write into MEDIA_ROOT, and look whether the disk is full."),
    Check(
        "documents", _storage("private"), "Let this account write into PRIVATE_ROOT, or see PRIVATE_S3_BUCKET's keys."
    ),
    Check("backup", _backup, "Run: manage.py backup --keep 14 (and let cron run it every night)"),
    Check(
        "restore", _restore, "Make a new backup and run this again; if it stays red, run manage.py fsck on the site."
    ),
)
