"""Bringing a backup back."""

import re
import secrets
from pathlib import Path

from django.core.cache import cache
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection

from eventify import backups

_NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")


class Command(BaseCommand):
    help = (
        "Bring a backup of `manage.py backup` back into an empty database, with its files. --into NAME makes a "
        "database beside the real one and leaves that and the files alone; --replace takes the real one's place."
    )

    def add_arguments(self, parser):
        parser.add_argument("backup", type=Path, help="the folder of one backup")
        where = parser.add_mutually_exclusive_group()
        where.add_argument("--into", metavar="NAME", help="a new database of this name on the same server, no files")
        where.add_argument(
            "--replace",
            action="store_true",
            help="put it in the place of what is there, which is kept under a new name",
        )
        parser.add_argument(
            "--unverified",
            action="store_true",
            help="take a backup that this site did not sign: of another site, or of a version that signed none. Only "
            "one that you know: restoring it runs what stands in it with all rights on the database, so whoever could "
            "write to it can change what was sold, make themselves staff, and do more",
        )

    def handle(self, *, backup, into=None, replace=False, unverified=False, **options):
        if into is not None and not _NAME.fullmatch(into):
            raise CommandError("The name of a database has small letters, digits and _, such as restored_1.")
        try:
            manifest = backups.verify(backup, unverified)
            self._restore(backup, manifest, into, replace)
        except (backups.BackupError, DatabaseError, OSError) as error:
            raise CommandError(f"Nothing was restored: {str(error).strip()}") from None
        if backups.has_other_keys(backup, manifest):
            self.stdout.write(
                f"The backup was made under another SECRET_KEY: add the one in its {backups.KEYS} to "
                "SECRET_KEY_FALLBACKS, restart, and run manage.py reseal."
            )

    def _restore(self, backup, manifest, into, replace):
        name = connection.settings_dict["NAME"]
        if into:
            self._into_new(backup, manifest, into)
            return self._say(manifest, f"is now the database {into}; files were left alone")
        if replace:
            self._confirm(name)
            kept = self._replace(backup, manifest, name)
            words = f"is now {name}; what was there is kept as {kept}: drop it when all is well"
        elif backups.is_empty():
            backups.restore_rows(backup, manifest, name)
            words = f"is now {name}"
        else:
            raise backups.BackupError(
                f"{name} is not empty. Use --into NAME to look at the backup beside it, or --replace."
            )
        files = sum(backups.restore_files(backup).values())
        cache.clear()
        next_steps = "Run manage.py migrate, erasures repeat and fsck, and restart"
        self._say(manifest, f"{words}. {files:,} files are back. {next_steps}")

    def _say(self, manifest, words):
        rows = sum(manifest["rows"].values())
        self.stdout.write(f"The backup of {manifest['made_at']} ({rows:,} rows) {words}.")

    def _into_new(self, backup, manifest, name):
        """All or nothing: what did not become whole is dropped."""
        backups.make_database(name)
        try:
            backups.restore_rows(backup, manifest, name)
        except backups.BackupError:
            backups.drop_database(name)
            raise

    def _replace(self, backup, manifest, name):
        """Restored beside it first, so that what does not work changes nothing."""
        new = f"{name[:45]}_new_{secrets.token_hex(4)}"
        self._into_new(backup, manifest, new)
        return backups.take_place(new, name)

    def _confirm(self, name):
        self.stdout.write(f"Everything in {name} since the backup goes away. Type {name} to go on: ", ending="")
        self.stdout.flush()
        try:
            typed = input().strip()
        except EOFError:
            typed = ""
        if typed != name:
            raise backups.BackupError(f"{name} was not typed.")
