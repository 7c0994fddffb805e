"""Clashes: two shifts of one human that overlap, or leave too little rest. Where one may be held beside another
(`allow_overlap`), neither counts. Of two events' minimum rests the longer one counts.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import permutations
from typing import NamedTuple

from django.db.models import Max, Min, Q, QuerySet, Subquery, Value
from django.db.models.functions import Lower

from crew import plans
from crew.locking import humans
from crew.models import Assignment, Person, Shift, TimeSlot
from events.models import Event

MARGIN = timedelta(minutes=plans.REST_MOST)  # so far apart two shifts never clash


class Kind(StrEnum):
    OVERLAP = "overlap"
    REST = "rest"


@dataclass(frozen=True)
class Clash:
    """Two assignments of one human that do not go together, the earlier one first; `person` is the first's."""

    person: Person
    first: Assignment
    second: Assignment
    kind: Kind


@dataclass(frozen=True)
class Diary:
    """What a human has at an organisation around the times of some shifts, and the rest that its events ask."""

    held: list[Assignment]
    rests: dict[int, timedelta]

    def place_in(self, shift: Shift, ignore: Assignment | None = None) -> Assignment | None:
        """The human's live assignment in this very shift."""
        return next((one for one in self._others(ignore) if one.shift_id == shift.pk), None)

    def clashes_with(self, shift: Shift, ignore: Assignment | None = None) -> list[tuple[Kind, Assignment]]:
        """What of it does not go with the shift: overlaps first, then what is too close."""
        found = [
            (kind, one)
            for one in self._others(ignore)
            if one.shift_id != shift.pk and (kind := self._kind(shift, one.shift))
        ]
        return sorted(found, key=lambda clash: clash[0])

    def rest_between(self, one: Shift, other: Shift) -> timedelta:
        """How much rest has to be between the two."""
        return max(self.rests[one.section.event_id], self.rests[other.section.event_id])

    def _others(self, ignore: Assignment | None) -> Iterator[Assignment]:
        return (one for one in self.held if ignore is None or one.pk != ignore.pk)

    def _kind(self, one: Shift, other: Shift) -> Kind | None:
        if one.allow_overlap or other.allow_overlap:
            return None
        slots = (one.time_slot, other.time_slot)
        return _kind(*((slot.starts_at, slot.ends_at) for slot in slots), self.rest_between(one, other))


def _kind(one: tuple[datetime, datetime], other: tuple[datetime, datetime], rest: timedelta) -> Kind | None:
    """How two stretches of time clash, as moments."""
    pause = max(one[0], other[0]) - min(one[1], other[1])
    if pause < timedelta(0):
        return Kind.OVERLAP
    return Kind.REST if pause < rest else None


def diary(person: Person, shifts: Iterable[Shift]) -> Diary:
    """What the human has around these shifts. Three queries."""
    shifts = list(shifts)
    slots = [shift.time_slot for shift in shifts]
    # Their ids first: as a subquery among so many joins PostgreSQL would read all assignments instead of a few.
    persons = list(humans(person).values_list("pk", flat=True))
    held = list(
        live(Assignment.objects.filter(person__in=persons))
        .filter(
            shift__time_slot__starts_at__lt=max(slot.ends_at for slot in slots) + MARGIN,
            shift__time_slot__ends_at__gt=min(slot.starts_at for slot in slots) - MARGIN,
        )
        .select_related("person", "shift__section__event", "shift__time_slot", "shift__location")
        .order_by("shift__time_slot__starts_at", "pk")
    )
    return Diary(held, _rests([*shifts, *(one.shift for one in held)]))


def _rests(shifts: Iterable[Shift]) -> dict[int, timedelta]:
    events = {shift.section.event_id: shift.section.event for shift in shifts}
    return {
        event: timedelta(minutes=plan.minimum_rest_minutes) for event, plan in plans.plans_for(events.values()).items()
    }


def live(assignments: QuerySet[Assignment]) -> QuerySet[Assignment]:
    """Those that take their person's time: alive, in a shift that is not deleted, of an event that is not cancelled."""
    alive = assignments.filter(status__in=Assignment.ALIVE, shift__deleted_at=None)
    return alive.exclude(shift__section__event__state=Event.State.CANCELLED)


def clashing(person: Person, shift: Shift, ignore: Assignment | None = None) -> list[Assignment]:
    """The human's live assignments at the same time as the shift. Three queries."""
    return [one for kind, one in diary(person, [shift]).clashes_with(shift, ignore) if kind == Kind.OVERLAP]


def too_close(person: Person, shift: Shift, ignore: Assignment | None = None) -> list[Assignment]:
    """The human's live assignments that leave too little rest before or after the shift. Three queries."""
    return [one for kind, one in diary(person, [shift]).clashes_with(shift, ignore) if kind == Kind.REST]


def double_booked(held: Iterable[Assignment]) -> dict[int, Assignment]:
    """Of one human's assignments, with shift and time slot joined: which is at the same time as which other. No query.

    Also across organisations, whose planners do not see each other's.
    """
    found, held = {}, list(held)
    for one, other in permutations(held, 2):
        if one.shift_id != other.shift_id and _overlap(one.shift, other.shift):
            found.setdefault(one.pk, other)
    return found


def _overlap(one: Shift, other: Shift) -> bool:
    slots = ((shift.time_slot.starts_at, shift.time_slot.ends_at) for shift in (one, other))
    return not (one.allow_overlap or other.allow_overlap) and _kind(*slots, timedelta(0)) is Kind.OVERLAP


# --- All clashes of an event --------------------------------------------------------------------------


class _Held(NamedTuple):
    """What the search for clashes has to know of an assignment."""

    pk: int
    person: int
    user: int | None
    email: str
    starts_at: datetime
    ends_at: datetime
    date: date
    may_overlap: bool
    shift: int
    rest: timedelta
    is_here: bool


def of_event(event: Event, day: date | None = None) -> list[Clash]:
    """The clashes in which the event or one of its people has a part, of a festival with its sub-events, by time.

    Those of a human's parts in other events of the organisation are among them. `day`: only those with a shift of that
    local date. Four queries.
    """
    found = [
        (kind, one, other)
        for kind, one, other in pairs(_around(event) if day is None else _around_day(event, day))
        if (one.is_here or other.is_here) and (day is None or day in (one.date, other.date))
    ]
    found.sort(key=lambda clash: (clash[1].starts_at, clash[2].starts_at, clash[1].pk, clash[2].pk))
    joined = Assignment.objects.select_related(
        "person__event", "shift__section__event", "shift__time_slot", "shift__location"
    )
    rows = joined.in_bulk({held.pk for clash in found for held in clash[1:]})
    return [
        Clash(rows[one.pk].person, rows[one.pk], rows[other.pk], kind)
        for kind, one, other in found
        if one.pk in rows and other.pk in rows  # not deleted between the queries
    ]


def _around(event: Event) -> list[_Held]:
    """The organisation's live assignments from the event's first one to its last one. Three queries."""
    ours = Event.objects.filter(Q(pk=event.pk) | Q(parent=event)).values("pk")
    mine = Q(shift__section__event__in=ours) | Q(person__event__in=ours)
    alive = live(Assignment.objects.filter(person__event__partner=event.partner_id))
    span = alive.filter(mine).aggregate(first=Min("shift__time_slot__starts_at"), last=Max("shift__time_slot__ends_at"))
    if span["first"] is None:
        return []
    near = alive.filter(
        shift__time_slot__starts_at__lt=span["last"] + MARGIN, shift__time_slot__ends_at__gt=span["first"] - MARGIN
    )
    return read(near, event)


def _around_day(event: Event, day: date) -> list[_Held]:
    """The organisation's live assignments in whose reach a shift of this local date is. Three queries."""
    slots = TimeSlot.objects.filter(event__partner=event.partner_id)
    of_day = slots.filter(date=day).order_by().values("event__partner")
    first = Subquery(of_day.values(edge=Min("starts_at")))
    last = Subquery(of_day.values(edge=Max("ends_at")))
    near = slots.filter(starts_at__lt=last + Value(MARGIN), ends_at__gt=first - Value(MARGIN))
    # Their ids first, as in `diary`.
    around = Shift.objects.live().filter(time_slot__in=near.order_by().values("pk"))
    shifts = list(around.order_by().values_list("pk", flat=True))
    return read(live(Assignment.objects.filter(person__event__partner=event.partner_id, shift__in=shifts)), event)


def read(near: QuerySet[Assignment], event: Event) -> list[_Held]:
    """What `pairs` looks at: these assignments, with the rest that their plans ask for. Two queries."""
    rows = list(
        near.values_list(
            "pk", "person", "person__user", Lower("person__email"), "shift__time_slot__starts_at",
            "shift__time_slot__ends_at", "shift__time_slot__date", "shift__allow_overlap", "shift",
            "shift__section__event", "shift__section__event__parent", "person__event", "person__event__parent",
        )
    )  # fmt: skip
    places = {(event_id, parent) for *_rest, event_id, parent, _event, _parent in rows}
    rests = plans.plans_for(Event(pk=event_id, parent_id=parent) for event_id, parent in places)
    minutes = {key: timedelta(minutes=plan.minimum_rest_minutes) for key, plan in rests.items()}
    return [_Held(*row[:9], minutes[row[9]], event.pk in row[9:]) for row in rows]


def pairs(held: list[_Held]) -> Iterator[tuple[Kind, _Held, _Held]]:
    """The pairs that clash, each once: by account and by address, what one human has is swept in order of start."""
    seen, longest = set(), max((one.rest for one in held), default=MARGIN)
    for diary_of_one in _by_human(held):
        diary_of_one.sort(key=lambda one: (one.starts_at, one.pk))
        for number, one in enumerate(diary_of_one):
            for other in diary_of_one[number + 1 :]:
                if other.starts_at - one.ends_at >= longest:
                    break
                kind = _kind_of_pair(one, other)
                if kind and (one.pk, other.pk) not in seen:
                    seen.add((one.pk, other.pk))
                    yield kind, one, other


def _by_human(held: list[_Held]) -> Iterator[list[_Held]]:
    groups = defaultdict(list)
    for one in held:
        groups["person", one.person].append(one)
        if one.user:
            groups["user", one.user].append(one)
        if one.email:
            groups["email", one.email].append(one)
    return (group for group in groups.values() if len(group) > 1)


def _kind_of_pair(one: _Held, other: _Held) -> Kind | None:
    if one.may_overlap or other.may_overlap or one.shift == other.shift:
        return None
    return _kind((one.starts_at, one.ends_at), (other.starts_at, other.ends_at), max(one.rest, other.rest))
