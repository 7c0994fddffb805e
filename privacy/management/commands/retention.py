"""`manage.py retention`: what is older than the settings allow goes now; `--dry-run` only says what would."""

from django.core.management.base import BaseCommand

from privacy import catalogue, retention


class Command(BaseCommand):
    help = "Remove what says something about people and is older than EVENTIFY_KEEP_..._DAYS. A task does so each day."

    def add_arguments(self, parser):
        parser.add_argument("--dry-run", action="store_true", help="Say what would go, and change nothing.")

    def handle(self, *args, dry_run, **options):
        if dry_run:
            for one in retention.due():
                self._say(one.kind, f"{one.rows} would go" if one.days else "kept for ever", one.days)
            return
        for kind, rows in zip(catalogue.KINDS, retention.apply(), strict=True):
            self._say(kind, f"{rows} gone")

    def _say(self, kind, what: str, days: int = 0) -> None:
        older = f", older than {days} days" if days else ""
        self.stdout.write(f"{kind.setting}: {kind.what}{older}: {what}")
