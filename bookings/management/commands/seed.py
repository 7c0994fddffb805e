"""A made-up world to look at, to click through, and to develop against."""

import sys
from collections.abc import Iterable

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from accounts.models import User
from bookings.demo import basic, people, rich, world
from bookings.demo.quiet import quietly
from bookings.models import Ticket
from eventify.lib.errors import DomainError
from events.models import Event


class Command(BaseCommand):
    help = (
        "Make the small made-up world: an administrator, 10 users, 5 events (2 past, 3 coming) and 20 tickets; "
        "with --demo also a rich one. What exists already stays as it is, so a second run changes nothing."
    )

    def add_arguments(self, parser):
        parser.add_argument("--demo", action="store_true", help="add partners, staff, festivals, 3 months of sales")
        parser.add_argument("--if-empty", action="store_true", help="do nothing when there are users already")

    def handle(self, *, demo, if_empty, **options):
        if if_empty and User.objects.exists():
            self.stdout.write("There are users already; nothing was changed.")
            return
        if not settings.EVENTIFY_ADMIN_PASSWORD:
            raise CommandError(f"Set EVENTIFY_ADMIN_PASSWORD, the password of {world.ADMIN_EMAIL}, and run seed again.")
        before = _counts()
        try:
            with quietly():
                self._make(demo)
        except DomainError as refusal:
            raise CommandError(f"{refusal.message} Nothing was changed.") from None
        self._report(before, _counts(), demo)

    def _make(self, demo: bool) -> None:
        admin = people.administrator()
        basic.make(admin, self._progress)
        if demo:
            rich.make(admin, self._progress)

    def _progress(self, items: Iterable, label: str) -> Iterable:
        """The items, with a bar on a terminal and else with one line."""
        items = list(items)
        if not items:
            return items
        if sys.stderr.isatty():
            return tqdm(items, desc=label, file=sys.stderr, ncols=80)
        self.stderr.write(f"{label} ({len(items)})", self.style.NOTICE)
        return items

    def _report(self, before: dict[str, int], after: dict[str, int], demo: bool) -> None:
        made = {name: after[name] - before[name] for name in after}
        if not any(made.values()):
            self.stdout.write("The made-up world exists already; nothing was changed.")
            return
        self.stdout.write(self.style.SUCCESS("Made " + ", ".join(f"{n} {name}" for name, n in made.items()) + "."))
        staff = [name for name, _full_name, _role in world.STAFF] + [world.PROMOTER[0]] if demo else []
        if not settings.PRODUCTION:
            names = ", ".join([world.ADMIN_EMAIL, *(f"{name}@evient.com" for name in staff)])
            self.stdout.write(f"Log in as {names}, password {settings.EVENTIFY_ADMIN_PASSWORD};")
            buyer = f"{world.BUYER[0]}@evient.com or " if demo else ""
            self.stdout.write(f"or as {buyer}any other user, password {world.USER_PASSWORD}.")


def _counts() -> dict[str, int]:
    return {
        "users": User.objects.count(),
        "events": Event.objects.count(),
        "tickets": Ticket.objects.count(),
    }
