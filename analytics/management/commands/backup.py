"""A backup, for people and for cron."""

from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from eventify import backups


class Command(BaseCommand):
    help = (
        "Write the database of this moment, the files and the keys into a new folder, with a signed manifest that "
        "proves them whole and ours. Sales go on meanwhile. `manage.py restore` brings one back."
    )

    def add_arguments(self, parser):
        parser.add_argument("--to", type=Path, help="the folder of all backups (default: backups in EVENTIFY_HOME)")
        parser.add_argument("--keep", type=int, default=0, help="delete all but the newest so many (0: delete none)")
        parser.add_argument("--without-keys", action="store_true", help="leave SECRET_KEY and JWT_SECRET out")

    def handle(self, *, to=None, keep=0, without_keys=False, **options):
        folder = (to or settings.HOME.path / "backups").absolute()
        if keep < 0:
            raise CommandError("--keep is a number of backups, such as 7.")
        try:
            backup = backups.make(folder, with_keys=not without_keys)
            manifest = backups.verify(backup)
            gone = backups.keep(folder, keep) if keep else []
        except (backups.BackupError, DatabaseError, OSError) as error:
            raise CommandError(f"No backup was made: {str(error).strip()}") from None
        self._report(backup, manifest, gone)

    def _report(self, backup, manifest, gone):
        rows, files = sum(manifest["rows"].values()), sum(manifest["files"].values())
        size = sum(part["bytes"] for part in manifest["parts"].values()) / 1_000_000
        self.stdout.write(f"{rows:,} rows and {files:,} files, {size:,.1f} MB: {backup}")
        for path in gone:
            self.stdout.write(f"deleted: {path.name}")
        if backups.KEYS in manifest["parts"]:
            self.stdout.write("It holds the keys of this site: keep it where nobody else reads it.")
