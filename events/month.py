"""A month of the calendar: its weeks, and what is on at each of its days."""

import calendar
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.db.models import QuerySet

from events import queries
from events.models import Event

YEARS = range(1970, 2200)
SHOWN = 3  # events of a day; the rest is behind a link
MOST = 2000  # events of a month that are read


@dataclass
class Day:
    """A day with what is on. Of the days around the month only the numbers are shown."""

    date: date
    is_outside: bool
    events: list[Event] = field(default_factory=list)

    @property
    def shown(self) -> list[Event]:
        return self.events[:SHOWN]

    @property
    def more(self) -> int:
        return len(self.events) - len(self.shown)


def weeks(events: QuerySet[Event], year: int, month: int) -> list[list[Day]]:
    """The weeks of the month, from Monday. An event stands at each local day that it touches. One query."""
    grid = calendar.Calendar().monthdatescalendar(year, month)
    days = {day: Day(day, day.month != month) for week in grid for day in week}
    first, last = date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1])
    for event in queries.on_day(events, first, last).order_by("starts_at", "id")[:MOST]:
        for day in _days_of(event, first, last):
            days[day].events.append(event)
    return [[days[day] for day in week] for week in grid]


def _days_of(event: Event, first: date, last: date) -> Iterator[date]:
    day = max(event.starts_on, first)
    while day <= min(event.ends_on, last):
        yield day
        day += timedelta(days=1)


def beside(year: int, month: int, step: int) -> tuple[int, int] | None:
    """(year, month) one step away; None past the years that are shown."""
    index = year * 12 + month - 1 + step
    found = index // 12, index % 12 + 1
    return found if found[0] in YEARS else None
