"""Does this site really work? For people, after every deployment, and for cron."""

import sys
from email.utils import parseaddr
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from analytics import doctor


class Command(BaseCommand):
    help = (
        "Send a mail, run a job, see beat tick, write and read files, bring the last backup into a scratch database "
        "and prove it. One line for each, green or red, with what to do; exits 1 when one is red."
    )
    requires_system_checks = []  # it says in its own words what is wrong

    def add_arguments(self, parser):
        parser.add_argument("--mail-to", default="", help="who gets the mail (default: DEFAULT_FROM_EMAIL's address)")
        parser.add_argument("--wait", type=float, default=30, help="seconds for the worker and for beat (30)")
        parser.add_argument(
            "--backups", type=Path, help="the folder of the backups (default: backups in EVENTIFY_HOME)"
        )

    def handle(self, *, mail_to="", wait=30.0, backups=None, **options):
        if not 0 < wait <= 3600:
            raise CommandError("--wait is a number of seconds, from above 0 to 3600.")
        chosen = doctor.Options(
            mail_to=mail_to or parseaddr(settings.DEFAULT_FROM_EMAIL)[1],
            wait=wait,
            backups=(backups or settings.HOME.path / "backups").absolute(),
        )
        red = sum(self._show(finding) for finding in doctor.examine(chosen))
        if red:
            self.stdout.write(self.style.ERROR(f"{red} of {len(doctor.CHECKS)} checks are red."))
            sys.exit(1)
        self.stdout.write(self.style.SUCCESS(f"All {len(doctor.CHECKS)} checks are green."))

    def _show(self, finding: doctor.Finding) -> bool:
        """Print what one check saw; returns whether it is red."""
        if finding.is_well:
            self.stdout.write(f"{self.style.SUCCESS('green')}  {finding.check.name:<12}{finding.sentence}")
        else:
            self.stdout.write(f"{self.style.ERROR('red  ')}  {finding.check.name:<12}{finding.sentence}")
            self.stdout.write(f"       {'':<12}-> {finding.check.fix}")
        self.stdout.flush()
        return not finding.is_well
