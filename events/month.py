"""A month of the calendar: its weeks, and what is on at each of its days."""

import calendar
from dataclasses import dataclass, field
from datetime import date

from django.db import connection
from django.db.models import QuerySet

from eventify.lib import replica
from events import queries
from events.models import Event

YEARS = range(1970, 2200)
SHOWN = 3  # events of a day; the rest is behind a link

# An event stands at each local day that it touches; of each day the first few, and how many there are.
_DAYS = """
    SELECT day::date, id, total FROM (
        SELECT day, id, row_number() OVER (PARTITION BY day ORDER BY starts_at, id) AS place,
            count(*) OVER (PARTITION BY day) AS total
        FROM ({events}) AS event,
            generate_series(greatest(starts_on, %s), least(ends_on, %s), interval '1 day') AS day
    ) AS stood WHERE place <= %s ORDER BY day, place
"""


@dataclass
class Day:
    """A day with the first events that are on, and how many there are. Outside the month only the number is shown."""

    date: date
    is_outside: bool
    events: list[Event] = field(default_factory=list)
    total: int = 0

    @property
    def more(self) -> int:
        return self.total - len(self.events)


@replica.may_lag
def weeks(events: QuerySet[Event], year: int, month: int) -> list[list[Day]]:
    """The weeks of the month, from Monday, with what is on. Two queries, however much is on."""
    grid = calendar.Calendar().monthdatescalendar(year, month)
    first, last = date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1])
    rows = _stood(events, first, last)
    shown = Event.objects.only(*_ROW).in_bulk({pk for _day, pk, _total in rows})
    days = {day: Day(day, day.month != month) for week in grid for day in week}
    for day, pk, total in rows:
        if pk in shown:
            days[day].events.append(shown[pk])
        days[day].total = total
    return [[days[day] for day in week] for week in grid]


_ROW = ("name", "slug", "starts_at", "starts_on", "timezone", "category")


def _stood(events: QuerySet[Event], first: date, last: date) -> list[tuple[date, int, int]]:
    """(day, event id, events of that day) of what is shown."""
    dated = queries.on_day(events, first, last).order_by().values("id", "starts_at", "starts_on", "ends_on")
    sql, params = dated.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(_DAYS.replace("{events}", sql), [*params, first, last, SHOWN])
        return cursor.fetchall()


def beside(year: int, month: int, step: int) -> tuple[int, int] | None:
    """(year, month) one step away; None past the years that are shown."""
    index = year * 12 + month - 1 + step
    found = index // 12, index % 12 + 1
    return found if found[0] in YEARS else None
