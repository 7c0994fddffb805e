"""What staff look at: the dashboard, the figures of contracts 000 and 002, the board of a festival."""

from collections.abc import Iterator
from itertools import cycle

from django.core.cache import cache
from django.core.management import call_command
from django.urls import reverse

from analytics import tally
from bench.load import Request, bearer
from bench.scenario import Goal, HttpScenario
from bookings.models import Ticket
from crew.demo import terrain
from events.models import Event

EVENTS, TICKETS = 100_000, 1_000_000


class OfStaff(HttpScenario):
    """One after another; the cache is emptied before each request, so that everything is computed."""

    clients = 1
    goals = (Goal("p95_ms", 500, 150, at_most=True),)

    def prepare(self):
        self.world.have(events=EVENTS, tickets=TICKETS)
        tally.catch_up()  # as the worker does each minute
        self.note(tickets=Ticket.objects.count())

    def headers(self) -> tuple[tuple[str, str], ...]:
        """Who asks."""
        return self.world.staff_cookie

    def paths(self) -> list[str]:
        """What is asked, in turn."""
        return [self.path]

    def ask(self, client: int) -> Iterator[Request]:
        headers = self.headers()
        for path in cycle(self.paths()):
            cache.delete_pattern("*")  # ours alone: the broker's queues are in the same Redis
            yield Request("GET", path, headers)


class Dashboard(OfStaff):
    """The first page of the command center."""

    name, title, path = "dashboard", f"Dashboard over {TICKETS:,} tickets, cold cache", "/command-center/"


class Metrics(OfStaff):
    """Contract 000."""

    name, title = "metrics", f"Figures and chart of contract 000 over {TICKETS:,} tickets, cold cache"

    def headers(self):
        return bearer(self.world.staff_token)

    def paths(self):
        return ["/api/v1/dashboard/metrics", "/api/v1/dashboard/revenue-chart?range=90d"]


class Summary(OfStaff):
    """Contract 002."""

    name, title = "analytics", f"Summary of contract 002 over {EVENTS:,} events and {TICKETS:,} tickets, computed anew"
    path = "/admin/analytics/summary?refresh=true"

    def headers(self):
        return bearer(self.world.staff_token)


class Board(OfStaff):
    """The planner's board."""

    name, title = "board", "Board of a festival with 3,000 shifts and 2,000 persons"
    goals = (Goal("p95_ms", 300, 100, at_most=True),)

    def prepare(self):
        if not Event.objects.filter(slug=terrain.SLUG).exists():
            call_command("seed", festival=True, verbosity=0)
        self.path = reverse("desk-crew-board", args=[Event.objects.get(slug=terrain.SLUG).uid])


SCENARIOS = (Dashboard, Metrics, Summary, Board)
