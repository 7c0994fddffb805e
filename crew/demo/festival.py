"""A whole made-up festival: 3 days, 40 sections, 2,000 persons, 3,000 shifts, about 8,000 assignments. In bulk."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta, tzinfo
from itertools import chain, zip_longest
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from bookings.demo import making, rich, world
from bookings.demo.sales import Progress
from crew import time_slots
from crew.demo import folk, logins, terrain
from crew.demo.dating import count_rows, spread
from crew.demo.rota import Cell, Rota, shifts
from crew.demo.terrain import Part, Stretch
from crew.models import Assignment, CrewPlan, Location, Person, Section, Shift, TimeSlot
from events import states
from events.models import Event
from partners.models import Partner

REST = timedelta(hours=6)
_SOON = 24  # days from today at least, until the Friday on which it begins
_REASONS = ("Has an exam that weekend.", "Ill.", "Comes a day later.", "Took another shift.", "Found no day off.")


class Size(NamedTuple):
    """How much to make."""

    sections: int = 40
    persons: int = 2000
    shifts: int = 3000


class Ground(NamedTuple):
    """A section of the plan, with its slots."""

    section: Section
    part: Part
    slots: list[tuple[TimeSlot, Stretch]]


def make(by: User, progress: Progress, size: Size | None = None) -> Event | None:
    """Make the festival with its crew; None when it is there already."""
    partner = rich.organisation(terrain.ORGANISATION)
    planner = logins.coordinator(partner, by=by)
    if Event.objects.filter(slug=terrain.SLUG).exists():
        return None
    size = size or Size()
    festival, days = _events(partner, by, progress)
    types = folk.crowd_types(partner)
    CrewPlan.objects.create(
        event=festival,
        minimum_rest_minutes=REST.seconds // 60,
        cancel_hours=48,
        signup_crowd_type=types["Volunteer"],
        welcome=terrain.WELCOME,
    )
    people = _people(festival, days, types, partner, size, progress, by=planner)
    grounds = _grounds(festival, days, size.sections)
    _work(festival, grounds, people, size, progress, by=planner)
    _date_back(festival, days)
    for day in days:
        states.advance(day, Event.State.REGISTRATION_OPEN, by=by)
    return states.advance(festival, Event.State.REGISTRATION_OPEN, by=by)


def _events(partner: Partner, by: User, progress: Progress) -> tuple[Event, list[Event]]:
    """The festival and its days."""
    today = timezone.now().astimezone(_zone()).date()
    first = _SOON + (4 - today.weekday() - _SOON) % 7  # a Friday
    wanted = [terrain.FESTIVAL._replace(day=first)]
    for number, (slug, name, label, category, about) in enumerate(terrain.DAYS):
        changes = {"slug": f"{terrain.SLUG}-{slug}", "name": name, "title": "", "label": label, "category": category}
        changes |= {
            "day": first + number,
            "hours": 17.5 if number < 2 else 12.5,
            "about": about,
            "parent": terrain.SLUG,
        }
        changes |= {"kind": "event", "kinds": (), "is_hot": False, "info": ""}
        wanted.append(terrain.FESTIVAL._replace(**changes))
    made = []
    for plan in progress(wanted, "Announcing the festival"):
        made.append(making.event(plan, partner, by=by))
    return made[0], made[1:]


def _date_back(festival: Event, days: list[Event]) -> None:
    """The festival is four months old; people came over the last two, and got their shifts in the last weeks."""
    count_rows(User, Person, Shift, Assignment)
    events = [festival, *days]
    humans = User.objects.filter(Q(crew_persons__event=festival) | Q(identity_matches__person__event=festival))
    spread(User.objects.filter(pk__in=humans.values("pk")), 61, 200)
    spread(Event.objects.filter(pk__in=[event.pk for event in events]), 120, 121)
    spread(Person.objects.filter(event__in=events), 15, 60)
    spread(Assignment.objects.filter(person__event=festival), 0, 14)


def _zone() -> tzinfo:
    return ZoneInfo(world.CITIES[terrain.FESTIVAL.city].timezone)


# --- People --------------------------------------------------------------------------------------------------


def _people(festival, days, types, partner, size: Size, progress: Progress, *, by: User) -> list[Person]:
    """The persons, saved, the volunteer whom one can log in as first."""
    firms, tags = folk.companies(partner), folk.tags(partner)
    numbers = progress(range(1, size.persons), "Finding people")
    people = folk.persons(festival, days, types, firms, numbers)
    volunteer = logins.volunteer()
    own = Person(
        event=festival, crowd_type=types["Volunteer"], user=volunteer, name=volunteer.full_name,
        email=volunteer.email, phone="+31681234567", status=Person.Status.APPROVED,
    )  # fmt: skip
    Person.objects.bulk_create([own, *people], batch_size=folk.BATCH)
    folk.link(people, partner, tags, by=by)
    folk.lists(festival, days, types, people, by=by)
    return [own, *people]


# --- The plan ------------------------------------------------------------------------------------------------


def _grounds(festival: Event, days: list[Event], how_many: int) -> list[Ground]:
    """The first so many sections, the festival's and the days' in turn, with the slots that their people work in."""
    start = festival.local(festival.starts_at)[0]
    slots = {festival: _slots(festival, start, terrain.FESTIVAL_SLOTS)}
    for number, day in enumerate(days):
        slots[day] = _slots(day, start + timedelta(days=number), terrain.DAY_SLOTS)
    of_days = [[(day, part) for part in terrain.DAY_PARTS] for day in days]
    rows = zip_longest([(festival, part) for part in terrain.FESTIVAL_PARTS], *of_days)
    wanted = [entry for entry in chain.from_iterable(rows) if entry][:how_many]
    sections = Section.objects.bulk_create([_section(event, part, order) for order, (event, part) in enumerate(wanted)])
    return [
        Ground(section, part, [one for one in slots[event] if _suits(part, one[1], event)])
        for section, (event, part) in zip(sections, wanted, strict=True)
    ]


def _slots(event: Event, start: date, stretches: tuple[Stretch, ...]) -> list[tuple[TimeSlot, Stretch]]:
    rows = [_slot(event, start + timedelta(days=stretch.day), stretch) for stretch in stretches]
    return list(zip(TimeSlot.objects.bulk_create(rows), stretches, strict=True))


def _slot(event: Event, day: date, stretch: Stretch) -> TimeSlot:
    start, end = time.fromisoformat(stretch.start), time.fromisoformat(stretch.end)
    starts_at, ends_at = time_slots.moments(event, day, start, end)
    return TimeSlot(
        event=event, name=stretch.name, person_type=stretch.person_type, date=day, start_time=start, end_time=end,
        starts_at=starts_at, ends_at=ends_at,
    )  # fmt: skip


def _section(event: Event, part: Part, order: int) -> Section:
    return Section(
        event=event, name=part.name, category=part.category, type=part.type, sort_order=order,
        crew_need=part.need, is_gate=part.is_gate,
    )  # fmt: skip


def _suits(part: Part, stretch: Stretch, event: Event) -> bool:
    return stretch.person_type in part.people and (event.parent_id or stretch.phase in part.phases.split())


# --- The work ------------------------------------------------------------------------------------------------


def _work(festival: Event, grounds: list[Ground], people: list[Person], size: Size, progress, *, by: User) -> None:
    cells = [Cell(ground.section, slot, ground.part) for ground in grounds for slot, _stretch in ground.slots]
    places = Location.objects.bulk_create(_places(festival))
    made = shifts(cells, size.shifts, places)
    volunteer, *others = people
    rota = Rota([one for one in others if _may_work(one, festival)], REST, by=by)
    for shift in _first_gates(made):
        rota.give(shift, volunteer, is_certain=True)
    for shift in progress(made, "Filling shifts"):
        rota.fill(shift)
    _double_book(rota, made)
    _lose_some(rota, timezone.now())
    _save(made, rota.given, progress)


def _may_work(person: Person, festival: Event) -> bool:
    return person.may_work and person.event_id == festival.pk


def _places(festival: Event) -> Iterator[Location]:
    for number, (name, street, instructions) in enumerate(terrain.LOCATIONS):
        yield Location(
            event=festival,
            name=name,
            address=street,
            instructions=instructions,
            latitude=f"52.4{3100 + 137 * number}",
            longitude=f"4.7{1000 + 211 * number}",
        )


def _first_gates(made: list[Shift]) -> list[Shift]:
    """An open shift at a gate on each of two days, for the volunteer whom one can log in as."""
    by_day = {}
    for shift in made:
        is_by_day = shift.time_slot.start_time.hour in (10, 14)
        if is_by_day and shift.section.is_gate and shift.status == Shift.Status.OPEN and not shift.is_lead_role:
            by_day.setdefault(shift.time_slot.date, shift)
    return list(by_day.values())[:2]


def _double_book(rota: Rota, made: list[Shift]) -> None:
    """The deliberate clashes, one a day: somebody gets another shift that begins before the first is over."""
    by_day = defaultdict(list)
    for given in rota.given:
        if given.status == Assignment.Status.APPROVED and given.origin == Assignment.Origin.ASSIGNED:
            by_day[given.shift.time_slot.date].append(given)
    for of_day in by_day.values():
        pairs = ((given, _beside(given, rota, made)) for given in rota.chance.sample(of_day, len(of_day)))
        if found := next((pair for pair in pairs if pair[1]), None):
            rota.give(found[1], found[0].person, is_certain=True)


def _beside(given: Assignment, rota: Rota, made: list[Shift]) -> Shift | None:
    """An open shift that clashes with this one, and with nothing else that the person has."""
    others = [one.shift for one in rota.given if one.person is given.person and one.shift is not given.shift]
    beside = (shift for shift in made if _is_beside(shift, given.shift) and not any(_is_near(shift, others)))
    return next((shift for shift in beside if shift.free_slots), None)


def _is_beside(shift: Shift, other: Shift) -> bool:
    mine, theirs = shift.time_slot, other.time_slot
    is_at_once = mine.starts_at < theirs.ends_at and theirs.starts_at < mine.ends_at
    is_open = shift.status == Shift.Status.OPEN and shift.section != other.section
    return is_open and is_at_once and mine.person_type == theirs.person_type


def _is_near(shift: Shift, others: list[Shift]) -> Iterator[bool]:
    mine = shift.time_slot
    for theirs in (other.time_slot for other in others):
        yield mine.starts_at < theirs.ends_at + REST and theirs.starts_at < mine.ends_at + REST


def _lose_some(rota: Rota, now: datetime) -> None:
    """People who had a shift and gave it up."""
    taken = {(given.shift.uid, given.person.pk) for given in rota.given}
    pairs = list(zip(rota.given[::60], rota.given[45::60], strict=False))
    for number, (had, loses) in enumerate(pairs):
        if (had.shift.uid, loses.person.pk) not in taken and had.shift.time_slot.person_type == _type_of(loses.person):
            rota.give_up(had.shift, loses.person, _REASONS[number % len(_REASONS)], now - timedelta(hours=5 * number))


def _type_of(person: Person) -> str:
    return person.crowd_type.system_type


def _save(made: list[Shift], given: list[Assignment], progress: Progress) -> None:
    for model, rows in ((Shift, made), (Assignment, given)):
        batches = list(batched(rows, folk.BATCH))
        for batch in progress(batches, f"Writing {model._meta.verbose_name_plural}, in thousands"):
            model.objects.bulk_create(batch)


def batched(rows: list, size: int) -> Iterator[list]:
    """The rows in lists of this size."""
    return (rows[start : start + size] for start in range(0, len(rows), size))
