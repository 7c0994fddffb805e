"""Whether everything that must hold does, for people, for cron and for programs."""

import json
import sys

from django.core.management.base import BaseCommand

from analytics import fsck
from analytics.models import FsckRun

WIDTH = 32  # of the column of names


class Command(BaseCommand):
    help = (
        "Check everything that must hold, on the live database as it is at this moment. Prints each check with the "
        "number of rows that it compared, what breaks it and how to repair that; exits 1 when anything is broken. "
        "The result is kept for the command center and /metrics."
    )

    def add_arguments(self, parser):
        parser.add_argument("--json", action="store_true", help="print one JSON object instead of lines")

    def handle(self, *args, **options):
        run = fsck.carry_out(FsckRun.objects.create().pk)
        self.stdout.write(self._json(run)) if options["json"] else self._lines(run)
        if run.breaches:
            sys.exit(1)

    def _json(self, run: FsckRun) -> str:
        moments = {"started_at": run.started_at.isoformat(), "finished_at": run.finished_at.isoformat()}
        return json.dumps({**moments, "breaches": run.breaches, "checks": run.results}, indent=2)

    def _lines(self, run: FsckRun) -> None:
        for result in (fsck.Result(**one) for one in run.results):
            self._line(result)
        words = f"{len(run.results)} checks in {(run.finished_at - run.started_at).total_seconds():.1f} s"
        if run.breaches:
            self.stdout.write(self.style.ERROR(f"{words}: {run.breaches} breaches."))
        else:
            self.stdout.write(self.style.SUCCESS(f"{words}: everything holds."))

    def _line(self, result: fsck.Result) -> None:
        if not result.breaches:
            self.stdout.write(f"{result.check:<{WIDTH}} ok ({result.compared:,})")
            return
        self.stdout.write(
            self.style.ERROR(f"{result.check:<{WIDTH}} {result.breaches:,} of {result.compared:,} BROKEN")
        )
        for sentence in result.sentences:
            self.stdout.write(f"  {sentence}")
        if result.breaches > len(result.sentences):
            self.stdout.write(f"  and {result.breaches - len(result.sentences):,} more")
        self.stdout.write(f"  -> {result.hint}")
