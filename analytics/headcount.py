"""How many people are at an event, now and in each hour: ticket holders, crew and guests, against what is licensed.

Where nobody is counted out, it errs on the side of too many (docs/organisers.md says the same in words):

- A ticket holder is inside from the scan that let them in until LINGER after the end; a scan that was taken back does
  not count. Doors have no exits.
- Crew are those with an approved shift, from its start to its end, each human once, however many shifts they have.
- Guests are the approved people on crowd lists, from the start (or the first arrival) until LINGER after the end, for
  nobody scans them. Who has a shift in that time counts as crew.

A festival counts with its parts. In an hour counts whoever was inside at some time in it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.models import Count, DateTimeField, Func, Min, Q, QuerySet
from django.utils import timezone

from accounts.models import User
from bookings import queries
from bookings.models import Ticket
from crew.models import Assignment, CrowdListEntry, Person, Shift
from events.models import Event

LINGER = timedelta(hours=3)  # that people are still there after the end
UNKNOWN = timedelta(hours=24)  # that an event without an end lasts
HOUR = timedelta(hours=1)
HOURS_MOST = 96
NEAR, FULL = 90, 100  # percent of what is licensed
WATCHED = 20  # events that are looked at for one person
_QUARTER = Func(
    "used_at",
    function="date_bin",
    template="%(function)s('15 minutes', %(expressions)s, '2000-01-01Z')",
    output_field=DateTimeField(),
)
_WORKS = (Assignment.Status.APPROVED, Assignment.Status.COMPLETED)


class People(NamedTuple):
    """How many of each kind."""

    tickets: int = 0
    crew: int = 0
    guests: int = 0

    @property
    def total(self) -> int:
        return sum(self)


class Stay(NamedTuple):
    """Somebody's time: from, until, and who (of crew and guests; of tickets, how many)."""

    since: datetime
    until: datetime
    who: object


@dataclass
class Headcount:
    """The people of one event. `hours` are (when it begins, who was there in it)."""

    event: Event
    now: People = field(default_factory=People)
    hours: list[tuple[datetime, People]] = field(default_factory=list)

    @property
    def percent(self) -> int | None:
        """Of what is licensed; None when nobody has said what is. Rounded down, so that 100 means full."""
        return percent(self.event, self.now)

    @property
    def busiest(self) -> tuple[datetime, People] | None:
        """The hour with the most people, the first of them."""
        return max(self.hours, key=lambda one: one[1].total, default=None)


def percent(event: Event, people: People) -> int | None:
    """How much of what is licensed that is, in percent, rounded down; None when nobody has said."""
    return 100 * people.total // event.licensed_capacity if event.licensed_capacity else None


def of(event: Event) -> Headcount:
    """The headcount of an event, now and hour by hour (at most HOURS_MOST, the last ones). Four queries."""
    stays = _Stays([event])
    found = Headcount(event, stays.people(event, timezone.now(), timezone.now()))
    hours = list(_hours(event, stays))
    found.hours = [(hour, stays.people(event, hour, hour + HOUR)) for hour in hours]
    return found


def now(events: Iterable[Event]) -> dict[int, People]:
    """Who is at each of these events now, by its id. Four queries for all of them."""
    events, moment = list(events), timezone.now()
    stays = _Stays(events)
    return {event.pk: stays.people(event, moment, moment) for event in events}


def watched(user: User) -> QuerySet[Event]:
    """The events that go on now, have a licensed capacity, and whose figures the person may see."""
    moment = timezone.now()
    last = Q(ends_at__gt=moment - LINGER) | Q(ends_at=None, starts_at__gt=moment - UNKNOWN)
    live = queries.events_of(user, "view_events").filter(last, licensed_capacity__isnull=False)
    held = live.filter(starts_at__lt=moment + UNKNOWN).exclude(state__in=(Event.State.DRAFT, Event.State.CANCELLED))
    return held.order_by("starts_at", "pk")[:WATCHED]


class _Stays:
    """Who is at these events and their parts, and when: read once, asked for any time."""

    def __init__(self, events: list[Event]):
        self.whole = {event.pk: event.pk for event in events}
        parts = Event.objects.filter(parent__in=[one.pk for one in events])
        children = list(parts.only("id", "parent", "starts_at", "ends_at"))
        self.whole |= {one.pk: one.parent_id for one in children}
        self.parts = {one.pk: one for one in (*events, *children)}
        self.tickets = self._empty()
        self.crew, self.guests = self._empty(), self._empty()
        self._read_tickets()
        self._read_crew()
        self._read_guests()

    def _empty(self) -> dict[int, list[Stay]]:
        return {whole: [] for whole in set(self.whole.values())}

    def _read_tickets(self) -> None:
        """Arrivals by the quarter of an hour: in every zone an hour is four of them, so the hours are exact."""
        rows = Ticket.objects.filter(queries.INSIDE, event__in=self.parts).annotate(quarter=_QUARTER)
        rows = rows.values_list("event", "quarter").annotate(first=Min("used_at"), many=Count("pk"))
        for part, _quarter, first, many in rows.order_by("event", "quarter"):
            self.tickets[self.whole[part]].append(Stay(first, self._end(self.parts[part], first), many))

    def _read_crew(self) -> None:
        held = Assignment.objects.filter(
            status__in=_WORKS, shift__deleted_at=None, shift__section__event__in=self.parts
        )
        rows = held.exclude(shift__status=Shift.Status.CANCELLED).values_list(
            "shift__section__event",
            "shift__time_slot__starts_at",
            "shift__time_slot__ends_at",
            "person__user",
            "person",
        )
        for part, since, until, user, person in rows:
            self.crew[self.whole[part]].append(Stay(since, until, _human(user, person)))

    def _read_guests(self) -> None:
        entries = CrowdListEntry.objects.filter(
            crowd_list__event__in=self.parts, person__status=Person.Status.APPROVED, person__is_blacklisted=False
        )
        rows = entries.order_by().values_list("crowd_list__event", "person__user", "person").distinct()
        for part, user, person in rows:
            event, whole = self.parts[part], self.whole[part]
            arrived = [one.since for one in self.tickets[whole]]
            known = [event.starts_at] if event.starts_at else []
            if since := min([*arrived, *known], default=None):
                self.guests[whole].append(Stay(since, self._end(event, since), _human(user, person)))

    @staticmethod
    def _end(event: Event, since: datetime) -> datetime:
        """When whoever came then has left at the latest."""
        end = event.ends_at + LINGER if event.ends_at else (event.starts_at or since) + UNKNOWN
        return max(end, since + LINGER)

    def people(self, event: Event, since: datetime, until: datetime) -> People:
        """Who is there at some time from `since` until before `until` (the same moment: then)."""

        def there(stays: list[Stay]) -> list:
            return [one.who for one in stays if one.until > since and (one.since < until or one.since <= since)]

        crew = set(there(self.crew[event.pk]))
        guests = set(there(self.guests[event.pk])) - crew
        return People(sum(there(self.tickets[event.pk])), len(crew), len(guests))

    def all(self, event: Event) -> list[Stay]:
        return [*self.tickets[event.pk], *self.crew[event.pk], *self.guests[event.pk]]


def _human(user: int | None, person: int) -> tuple:
    """One human, whose parts in several events are several persons when no account says that they are one."""
    return ("user", user) if user else ("person", person)


def _hours(event: Event, stays: _Stays) -> Iterable[datetime]:
    """The full hours, of the event's clocks, from the first arrival or the start to the last departure or now."""
    begins = [one.since for one in (*stays.tickets[event.pk], *stays.guests[event.pk])]
    begins += [event.starts_at] if event.starts_at else []
    everybody = stays.all(event)
    if not begins or not everybody:
        return
    first, last = min(begins), min(timezone.now(), max(one.until for one in everybody))
    there = first.astimezone(event.zone)
    hour = first - timedelta(minutes=there.minute, seconds=there.second, microseconds=there.microsecond)
    many = -(-(last - hour) // HOUR)
    for number in range(max(0, many - HOURS_MOST), many):
        yield hour + number * HOUR
