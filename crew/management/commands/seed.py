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
from crew.demo import festival, garden, logins
from crew.models import Assignment, Person, Section, Shift
from eventify.lib.errors import DomainError
from events.models import Event


class Command(BaseCommand):
    help = (
        "Make the small made-up world: an administrator, 10 users, 5 events (2 past, 3 coming) and 20 tickets; "
        "with --demo also a rich one, with --festival also one large crew. What exists already stays as it is, so a "
        "second run changes nothing."
    )

    def add_arguments(self, parser):
        parser.add_argument("--demo", action="store_true", help="add partners, staff, festivals, 3 months of sales")
        parser.add_argument(
            "--festival", action="store_true", help="add a festival with 2,000 persons and 3,000 shifts"
        )
        parser.add_argument("--if-empty", action="store_true", help="do nothing when there are users already")

    def handle(self, *, demo, if_empty, festival=False, **options):
        if if_empty and User.objects.exists():
            self.stdout.write("There are users already; nothing was changed.")
            return
        if not settings.EVENTIFY_ADMIN_PASSWORD:
            raise CommandError(f"Set EVENTIFY_ADMIN_PASSWORD, the password of {world.ADMIN_EMAIL}, and run seed again.")
        before = _counts()
        try:
            with quietly():
                self._make(demo, festival)
        except DomainError as refusal:
            raise CommandError(f"{refusal.message} Nothing was changed.") from None
        self._report(before, _counts(), demo, festival)

    def _make(self, with_demo: bool, with_festival: bool) -> None:
        admin = people.administrator()
        basic.make(admin, self._progress)
        if with_demo:
            rich.make(admin, self._progress)
            garden.make(admin, self._progress)
        if with_festival:
            festival.make(admin, self._progress)

    def _progress(self, items: Iterable, label: str) -> Iterable:
        """The items, with a bar on a terminal and else with one line."""
        items = list(items)
        if not items:
            return items
        if sys.stderr.isatty():
            return tqdm(items, desc=label, file=sys.stderr, ncols=80)
        self.stderr.write(f"{label} ({len(items)})", self.style.NOTICE)
        return items

    def _report(self, before: dict[str, int], after: dict[str, int], demo: bool, has_festival: bool) -> None:
        made = {name: after[name] - before[name] for name in after}
        if not any(made.values()):
            self.stdout.write("The made-up world exists already; nothing was changed.")
            return
        told = [f"{n} {name}" for name, n in made.items() if n or name not in _OF_CREWS]
        self.stdout.write(self.style.SUCCESS(f"Made {', '.join(told)}."))
        if not settings.PRODUCTION:
            self._tell_logins(demo, has_festival)

    def _tell_logins(self, demo: bool, has_festival: bool) -> None:
        has_crew = demo or has_festival
        staff = [name for name, _full_name, _role in world.STAFF] + [world.PROMOTER[0]] if demo else []
        staff += [logins.COORDINATOR[0]] if has_crew else []
        buyers = [world.BUYER[0]] * demo + [logins.VOLUNTEER[0]] * has_crew
        names = ", ".join([world.ADMIN_EMAIL, *map(_address, staff)])
        self.stdout.write(f"Log in as {names}, password {settings.EVENTIFY_ADMIN_PASSWORD};")
        others = "".join(f"{_address(name)} or " for name in buyers)
        self.stdout.write(f"or as {others}any other user, password {world.USER_PASSWORD}.")


def _address(name: str) -> str:
    return f"{name}@evient.com"


_OF_CREWS = {"sections": Section, "persons": Person, "shifts": Shift, "assignments": Assignment}


def _counts() -> dict[str, int]:
    kinds = {"users": User, "events": Event, "tickets": Ticket} | _OF_CREWS
    return {name: kind.objects.count() for name, kind in kinds.items()}
