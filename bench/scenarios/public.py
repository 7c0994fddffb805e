"""What everybody reads: lists, event data, the home page and the page of an event, the calendar; and how it grows."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import cycle

from accounts import sessions
from bench import stack
from bench.load import Request, run
from bench.scenario import Goal, HttpScenario
from events.models import Event

EVENTS = 100_000
PER_PAGE = 20
LARGE, SMALL = 1_000_000, 10_000  # events that are compared
LIST = f"/events?page_size={PER_PAGE}&page="
DEEP = 1000  # the page that is compared with the first

LIST_SQL = f"""
\\set page random(0, 4)
SELECT id, name, venue_name, starts_at, ends_at, capacity, booked_count, waitlisted_count, state FROM events_event
  WHERE state <> 'draft' ORDER BY starts_at, id LIMIT {PER_PAGE} OFFSET :page * {PER_PAGE};
"""
EVENT_SQL = """
\\set n random(0, 999)
SELECT id, name, venue_name, starts_at, ends_at, capacity, booked_count, waitlisted_count, state FROM events_event
  WHERE id = :first + :n AND state <> 'draft';
"""


class Reading(HttpScenario):
    """Requests of these paths in turn, of anybody."""

    def prepare(self):
        self.world.have(events=EVENTS)
        published = Event.objects.filter(slug__startswith="many-", state="published").order_by("starts_at", "id")
        self.found = list(published.values_list("pk", "slug")[:1000])

    def paths(self) -> list[str]:
        """What is asked, in turn."""
        return [self.path]

    def ask(self, client: int) -> Iterator[Request]:
        paths = self.paths()
        for path in cycle(paths[client % len(paths) :] + paths[: client % len(paths)]):
            yield Request("GET", path)


class List(Reading):
    """The first pages of the public list."""

    name, title = "list", f"Public list of {PER_PAGE} among {EVENTS:,} events"
    goals = (Goal("per_second", 2500, 3700),)
    limit_sql, has_floor = LIST_SQL, True

    def paths(self):
        return [f"{LIST}{number}" for number in range(1, 6)]


class EventData(Reading):
    """One event as data."""

    name, title = "event", f"Data of one event among {EVENTS:,}"
    goals = (Goal("per_second", 2500, 3700),)
    limit_sql, has_floor = EVENT_SQL, True

    def limit_names(self):
        return {"first": min(pk for pk, _slug in self.found)}

    def paths(self):
        return [f"/events/{pk}" for pk, _slug in self.found]


class Deep(Reading):
    """A page far down the list."""

    name, title = "deep", f"Page {DEEP:,} of the public list, beside the first"
    goals = (Goal("of_first", 0.85, 0.95),)

    def prepare(self):
        super().prepare()
        events = Event.objects.exclude(state="draft").count()
        self.path = f"{LIST}{min(DEEP, max(1, events // PER_PAGE))}"

    def measure(self):
        super().measure()
        first, _used = self.used_by(lambda client: cycle([Request("GET", f"{LIST}1")]))
        self.note(first=first.per_second, of_first=self.rounds["per_second"][-1] / first.per_second)


class Home(Reading):
    """The home page."""

    name, title, path = "home", "Home page (HTML) of an anonymous visitor", "/"
    goals = (Goal("per_second", 1000, 3000),)
    has_floor = True


class EventPage(Reading):
    """The page of an event."""

    name, title = "eventpage", "Page of an event (HTML) for an anonymous visitor"
    goals = (Goal("per_second", 1000, 3000),)
    has_floor = True

    def paths(self):
        return [f"/e/{slug}/" for _pk, slug in self.found]


class OfContract3(Reading):
    """POST with a device token, one request after another."""

    clients = 1
    goals = (Goal("p95_ms", 50, 20, at_most=True),)

    def prepare(self):
        super().prepare()
        person = self.world.buyers[0]
        self.who = {"token": sessions.new_device_token(person), "username": person.username}
        dates = Event.objects.filter(slug__startswith="many-").order_by("starts_at")
        starts = dates.filter(state="published").values_list("starts_at", flat=True)[:1000:50]
        self.months = sorted({(f"{moment:%B}", moment.year) for moment in starts})

    def ask(self, client: int) -> Iterator[Request]:
        headers = (("Content-Type", "application/json"),)
        for asked in cycle(self.bodies()):
            yield Request("POST", self.path, headers, json.dumps({**self.who, **asked}))


class Calendar(OfContract3):
    """Events of a month."""

    name, title = "calendar", f"Month calendar of contract 003 over {EVENTS:,} events"
    path = "/api/events/events-by-month-year/"

    def bodies(self) -> list[dict]:
        """What is asked beside the token."""
        return [{"month": month, "year": year} for month, year in self.months]


class Pincode(OfContract3):
    """Events of a pincode."""

    name, title = "pincode", f"Pincode list of contract 003 over {EVENTS:,} events"
    path = "/api/events/pincode-events/"

    def bodies(self) -> list[dict]:
        """What is asked beside the token."""
        return [{"pincode": f"{400000 + number}"} for number in range(0, 2000, 40)]


class Growth(Reading):
    """The list at two sizes: a second stack with many more events runs beside one with few."""

    name, title = "growth", f"Public list and data of an event at {LARGE:,} events, beside {SMALL:,}"
    goals = (Goal("of_small", 0.8, 0.9), Goal("event_of_small", 0.8, 0.9))

    def __init__(self, world):
        super().__init__(world)
        self.running = ExitStack()

    def prepare(self):
        self.copies = [self._start(size) for size in (SMALL, LARGE)]

    def _start(self, size: int) -> tuple[str, list[str]]:
        """(base, paths of events) of a stack with so many."""
        made = self.running.enter_context(stack.another())
        events, _tickets = self.world.sizes(size, 0)
        command = [sys.executable, "-m", "bench.fill", str(events)]
        done = subprocess.run(command, env={**os.environ, **made.environment}, check=True, stdout=subprocess.PIPE)
        return made.base, [f"/events/{key}" for key in json.loads(done.stdout)]

    def round(self):
        lists = [self._rate(base, [f"{LIST}{number}" for number in range(1, 6)]) for base, _paths in self.copies]
        pages = [self._rate(base, paths) for base, paths in self.copies]
        self.note(small=lists[0], per_second=lists[1], of_small=lists[1] / lists[0])
        self.note(event_small=pages[0], event_large=pages[1], event_of_small=pages[1] / pages[0])

    def _rate(self, base: str, paths: list[str]) -> float:
        def ask(client):
            return (Request("GET", path) for path in cycle(paths))

        result = run(base, ask, clients=self._clients, seconds=self._seconds)
        self.count_failed(result)
        return result.per_second

    def close(self):
        self.running.close()


SCENARIOS = (List, EventData, Deep, Home, EventPage, Calendar, Pincode, Growth)
