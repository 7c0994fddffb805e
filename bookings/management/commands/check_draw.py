"""Draws the lots of a waiting room again, of what was published."""

import json
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from django.core.management.base import BaseCommand, CommandError

from bookings.waiting_room import draw

MOST = 50_000_000  # bytes of a published draw
_NEEDED = ("seed", "seed_sha256", "list_sha256", "order")


class Command(BaseCommand):
    help = (
        "Draw the lots of a waiting room again, from the file that it publishes (draw.json): is the seed the one whose "
        "hash was told before, is the list the one that was closed, is the order the one that they give? "
        "Needs no database. Exit code 1 when something is wrong."
    )
    requires_system_checks = ()

    def add_arguments(self, parser):
        parser.add_argument("source", metavar="URL|FILE", help="where draw.json is")

    def handle(self, *, source, **options):
        told = _read(source)
        found = draw.mistakes(told)
        if found:
            raise CommandError("\n".join(found))
        self.stdout.write(self.style.SUCCESS(f"All {len(told['order'])} lots are where the seed puts them."))
        self.stdout.write(f"Compare with what was told before the draw: seed SHA-256 {told['seed_sha256']}")


def _read(source: str) -> dict:
    try:
        if source.startswith(("https://", "http://")):
            with urlopen(source, timeout=30) as answer:  # noqa: S310 - of these two kinds only
                told = json.loads(answer.read(MOST))
        else:
            told = json.loads(Path(source).read_text())
        bytes.fromhex(told["seed"])
        return {name: told[name] for name in _NEEDED}
    except (OSError, URLError, ValueError, KeyError, TypeError) as error:
        raise CommandError(f"{source} is no published draw: {error}") from None
