"""How an event sells beside its organisation's earlier ones: the tickets that each had so many days before its start.

Made of what was counted beforehand (tally.EVENTS), so it costs the same for a million tickets as for ten.
"""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from analytics import tally
from events.models import Event

COMPARED = 5  # earlier events, at most
DAYS_MOST = 180  # before the start, that are shown
DAY = timedelta(days=1)


@dataclass
class Line:
    """One event's tickets: `sold[n]` is how many it had n days before its start, on the days from `first` to `last`."""

    event: Event
    sold: dict[int, int]  # days before the start -> tickets until then, all days there

    def at(self, day: int) -> int:
        return self.sold[day]


@dataclass
class Pace:
    """`days` count down to `today` (0: the start); `mine` is the event's line, `others` those it is held against."""

    days: list[int]
    mine: Line
    others: list[Line]
    totals: dict[int, int]  # of the others: event -> what it had sold in the end

    @property
    def today(self) -> int:
        return self.days[-1]

    def average(self, day: int) -> float | None:
        """What the others had on that day, on average; None without others."""
        return sum(one.sold[day] for one in self.others) / len(self.others) if self.others else None


def comparable(event: Event) -> QuerySet[Event]:
    """The organisation's events that began before this one does and were held, the newest first."""
    held = Event.objects.filter(partner=event.partner_id, starts_at__lt=min(event.starts_at, timezone.now()))
    held = held.exclude(state__in=(Event.State.DRAFT, Event.State.CANCELLED)).exclude(pk=event.pk)
    return held.order_by("-starts_at", "-pk")


def usual(event: Event) -> list[Event]:
    """Those it is held against when nobody chooses: of the same category, where there are such."""
    alike = list(comparable(event).filter(category=event.category_id)[:COMPARED]) if event.category_id else []
    return alike or list(comparable(event)[:COMPARED])


def of(event: Event, against: list[UUID] | None = None) -> Pace | None:
    """The pace of an event, beside the `usual` ones or those of these uids; None for one without a start.

    At most three queries.
    """
    if event.starts_at is None:
        return None
    others = list(comparable(event).filter(uid__in=against[:COMPARED])) if against else usual(event)
    found = tally.by_days_before({one.pk: one.starts_at for one in (event, *others)})
    left = max(0, (event.starts_at - timezone.now()) // DAY)
    first = max((day for days in found.values() for day in days), default=left)
    days = list(range(max(left, min(first, DAYS_MOST)), left - 1, -1))
    lines = [Line(one, _until(found[one.pk], days)) for one in (event, *others)]
    return Pace(days, lines[0], lines[1:], {one.pk: sum(found[one.pk].values()) for one in others})


def _until(made: dict[int, int], days: list[int]) -> dict[int, int]:
    """Of what was made on each day, how many there were at the end of each of these; the start's day takes the rest."""
    before = sum(number for day, number in made.items() if day > days[0])
    sold = {}
    for day in days:
        before += made.get(day, 0)
        sold[day] = before
    if days[-1] == 0:
        sold[0] += sum(number for day, number in made.items() if day < 0)
    return sold
