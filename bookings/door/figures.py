"""What the door of an event has done so far, in figures: per gate, per reason, per quarter of an hour."""

from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.models import Count, DateTimeField, Func, Max, Q

from bookings import queries
from bookings.models import Scan
from events.models import Event

QUARTER = timedelta(minutes=15)
MOST_QUARTERS = 96  # a day


class Gate(NamedTuple):
    """One gate: how many came in, how many were turned away, and the moment of its newest scan (None: no scan)."""

    name: str
    inside: int
    refused: int
    last_at: datetime | None


def gates(event: Event, inside: dict[str, int]) -> list[Gate]:
    """The gates by name, of those `inside` (bookings.door.lists.counts) and of all scans. One query."""
    refused = Count("pk", filter=~Q(verdict=Scan.Verdict.ADMITTED))
    rows = event.scans.values_list("gate").annotate(refused=refused, last=Max("scanned_at")).order_by("gate")
    found = {gate: Gate(gate, inside.get(gate, 0), many, last) for gate, many, last in rows}
    found |= {gate: Gate(gate, many, 0, None) for gate, many in inside.items() if gate not in found}
    return [found[name] for name in sorted(found)]


def refusals(event: Event) -> dict[str, int]:
    """Reason (a word of Scan.Verdict) -> how often, the most frequent first. One query."""
    rows = event.scans.exclude(verdict=Scan.Verdict.ADMITTED).values_list("verdict")
    return dict(rows.annotate(many=Count("pk")).order_by("-many", "verdict"))


def arrivals(event: Event) -> list[tuple[datetime, int]]:
    """Each quarter of an hour, from the first arrival to the newest (a day at most), and how many came. One query."""
    quarter = Func("used_at", function="date_bin", template="%(function)s('15 minutes', %(expressions)s, '2000-01-01')")
    quarter.output_field = DateTimeField()
    used = event.tickets.filter(queries.INSIDE)
    rows = used.annotate(quarter=quarter).values_list("quarter").annotate(many=Count("pk")).order_by("-quarter")
    came = dict(rows[:MOST_QUARTERS])
    if not came:
        return []
    newest = max(came)
    first = max(min(came), newest - (MOST_QUARTERS - 1) * QUARTER)
    return [(first + n * QUARTER, came.get(first + n * QUARTER, 0)) for n in range((newest - first) // QUARTER + 1)]
