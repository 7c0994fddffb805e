"""The demo's small, lively crew: Kaveri Arts Festival, and the door of Open Source Days today. Through the verbs."""

from collections.abc import Iterable
from datetime import time, timedelta

from django.utils.text import slugify

from accounts.models import User
from bookings import orders
from bookings.demo import people
from bookings.demo.sales import Progress
from bookings.models import TicketType
from crew import (
    assignments,
    companies,
    crowd_lists,
    crowd_types,
    locations,
    matches,
    persons,
    plans,
    sections,
    shifts,
    signup,
    tags,
    time_slots,
)
from crew.demo import garden_plan as plan
from crew.demo import logins
from crew.demo.dating import spread
from crew.models import Assignment, CrowdType, IdentityMatch, Location, Person, Section, Shift, TimeSlot
from events import states
from events.models import Event

Cells = dict[tuple[str, str, str], tuple[Shift, plan.Job]]  # by section, slot, title


def make(by: User, progress: Progress) -> None:
    """Plan the crew of the demo's festival and of today's door, where nothing is planned."""
    festival = Event.objects.select_related("partner").get(slug=plan.FESTIVAL)
    planner = logins.coordinator(festival.partner, by=by)
    volunteer = logins.volunteer()
    if not festival.sections.exists():
        _festival(festival, planner, volunteer, by, progress)
    today = Event.objects.select_related("partner").get(slug=plan.TODAY)
    if not today.sections.exists():
        _door(today, volunteer, by=by)


def _festival(festival: Event, planner: User, volunteer: User, by: User, progress: Progress) -> None:
    kinds = {name: crowd_types.create(festival.partner, by=planner, name=name, **more) for name, more in plan.KINDS}
    plans.set_plan(festival, by=planner, signup_crowd_type=kinds["Volunteer"], **plan.RULES)
    cells = _plan(festival, planner, progress)
    for day in festival.children.order_by("starts_at"):
        states.advance(day, Event.State.REGISTRATION_OPEN, by=by)
    festival = states.advance(festival, Event.State.REGISTRATION_OPEN, by=by)
    team = _people(festival, kinds, planner, volunteer, progress)
    Roster(team, planner).fill(cells, progress)
    _mine(cells, team[0], planner)
    _guests(festival, kinds, planner)
    spread(User.objects.filter(pk__in=[planner.pk, volunteer.pk]), 60, 90)
    spread(Person.objects.filter(event=festival), 15, 40)
    spread(Assignment.objects.filter(person__event=festival), 0, 14)
    free = TicketType.objects.filter(event__slug=plan.VISITED).first()
    orders.place([orders.Line(free.pk, 1)], by=volunteer)


# --- The plan ------------------------------------------------------------------------------------------------


def _plan(festival: Event, by: User, progress: Progress) -> Cells:
    """Sections, slots and shifts; the shifts by section, slot and title, the days' own with the day's number first."""
    places = {name: locations.create(festival, by=by, name=name, **more) for name, more in plan.PLACES}
    start, cells = festival.local(festival.starts_at)[0], {}
    days = {"": festival} | {str(n): day for n, day in enumerate(festival.children.order_by("starts_at"), 1)}
    for number, event in progress(days.items(), "Planning the crew"):
        first = start + timedelta(days=int(number or 1) - 1)
        slots = {row.name: _slot(event, first, row, by) for row in plan.SLOTS if row.where == number}
        parts = {row.name: _section(event, row, by) for row in plan.SECTIONS if row.where == number}
        for job in plan.JOBS:
            if job.where == number:
                shift = _shift(parts[job.section], slots[job.slot], places.get(job.place), job, by)
                cells[number + job.section, job.slot, job.title] = shift, job
    return cells


def _slot(event: Event, first, row: plan.Slot, by: User) -> TimeSlot:
    return time_slots.create(
        event, by=by, name=row.name, person_type=row.person_type, date=first + timedelta(days=row.day),
        start_time=time.fromisoformat(row.start), end_time=time.fromisoformat(row.end),
    )  # fmt: skip


def _section(event: Event, row: plan.Part, by: User) -> Section:
    return sections.create(
        event, by=by, name=row.name, category=row.category, crew_need=row.need, is_gate=row.is_gate,
        type=Section.Type.CROSS_EVENT if row.is_shared else Section.Type.STANDARD,
    )  # fmt: skip


def _shift(section: Section, slot: TimeSlot, place: Location | None, job: plan.Job, by: User) -> Shift:
    return shifts.create(
        section, by=by, time_slot=slot, location=place, title=job.title, slots_total=job.places,
        slots_open_for_claiming=job.claimable, status=job.status, is_lead_role=job.is_lead, instructions=job.say,
    )  # fmt: skip


# --- The people ----------------------------------------------------------------------------------------------


def _people(festival: Event, kinds: dict, by: User, volunteer: User, progress: Progress) -> list[Person]:
    """The volunteer whom one can log in as, and then the others. Some of these are buyers of the demo."""
    firms = {name: companies.create(festival.partner, by=by, name=name, **more) for name, more in plan.COMPANIES}
    can = {name: tags.create(festival.partner, by=by, name=name, **more) for name, more in plan.TAGS}
    made, buyers = [_sign_up(festival, volunteer, can, by)], _buyers()
    for number, row in enumerate(progress(plan.PEOPLE, "Finding people")):
        account = next(buyers) if row.account else None
        about = {"name": account.full_name, "email": account.email} if account else _address(row.name, number)
        person = persons.create(
            festival, by=by, crowd_type=kinds[row.kind], company=firms.get(row.company), status=row.status,
            phone=f"+9198451{number:05}", notes=row.notes, **about,
        )  # fmt: skip
        made.append(person)
        if row.account == plan.LINKED:
            _link(person, account, [can[tag] for tag in row.tags], by)
    rows = Person.objects.select_related("crowd_type", "user", "event__partner")
    return [rows.get(pk=person.pk) for person in made]


def _link(person: Person, account: User, can: list, by: User) -> None:
    matches.confirm(IdentityMatch.objects.get(person=person), by=by)
    for tag in can:
        tags.give(account, tag, source="organiser_assigned", by=by)


def _buyers() -> Iterable[User]:
    """People of the demo who live in India, in the same order every time."""
    return iter(User.objects.filter(email__endswith="@example.com", phone__startswith="+9198450").order_by("email"))


def _address(name: str, number: int) -> dict:
    stem = slugify(people.latin(name)).replace("-", ".")
    return {"name": name, "email": f"{stem}.k{number:02}@example.com"}


def _sign_up(festival: Event, user: User, can: dict, by: User) -> Person:
    """The volunteer whom one can log in as: signed up by themself, then approved."""
    person = signup.sign_up(festival, user=user, phone="+919845100100", note=plan.NOTE, tags=[can["Hindi"]])
    return persons.approve(person, by=by)


# --- Who works when ------------------------------------------------------------------------------------------


class Roster:
    """Gives the shifts, by time, to people in turn who are free and have rested."""

    def __init__(self, team: list[Person], by: User):
        self.by = by
        self.rest = timedelta(minutes=plan.RULES["minimum_rest_minutes"])
        self.waiting = [person for person in team[1:] if person.may_work]
        self.busy: dict[int, list[TimeSlot]] = {}

    def fill(self, cells: Cells, progress: Progress) -> None:
        """Assignments, claims that wait, and the clash."""
        given = {}
        in_order = sorted(cells.items(), key=lambda cell: cell[1][0].time_slot.starts_at)
        for key, (shift, job) in progress(in_order, "Filling shifts"):
            given[key] = [self._take(shift) for _place in range(job.found)]
            for person in given[key]:
                assignments.assign(shift, person, by=self.by)
            for _claim in range(job.claims):
                person = self._take(shift, is_claim=True)
                assignments.claim(shift, person, by=person.user or self.by)
        here, there = plan.CLASH
        assignments.assign(cells[there][0], given[here][0], by=self.by, allow_clash=True)

    def _take(self, shift: Shift, *, is_claim: bool = False) -> Person:
        """Whoever has waited longest; for a claim rather somebody who can claim it themself."""
        slot = shift.time_slot
        order = sorted(self.waiting, key=lambda one: is_claim and one.user_id is None)
        fit = (one for one in order if one.crowd_type.system_type == slot.person_type)
        person = next(one for one in fit if self._is_free(one, slot))
        self.waiting.remove(person)
        self.waiting.append(person)
        self.busy.setdefault(person.pk, []).append(slot)
        return person

    def _is_free(self, person: Person, slot: TimeSlot) -> bool:
        held = self.busy.get(person.pk, ())
        return all(
            one.ends_at + self.rest <= slot.starts_at or slot.ends_at + self.rest <= one.starts_at for one in held
        )


def _mine(cells: Cells, me: Person, by: User) -> None:
    """The two shifts of the volunteer: one that a planner gave, one that they claimed."""
    given, claimed = (cells[key][0] for key in plan.MINE)
    assignments.assign(given, me, by=by)
    assignments.approve(assignments.claim(claimed, me, by=me.user), by=by)


def _guests(festival: Event, kinds: dict[str, CrowdType], by: User) -> None:
    guests = crowd_lists.create(festival, by=by, crowd_type=kinds["Guest"], **plan.GUEST_LIST)
    for person in Person.objects.filter(event=festival, crowd_type=kinds["Guest"]).order_by("pk"):
        crowd_lists.add(guests, person, by=by)


def _door(event: Event, volunteer: User, *, by: User) -> None:
    """Today's door: whoever logs in as the volunteer may scan its tickets now."""
    kind = crowd_types.create(event.partner, by=by, name="Volunteer", system_type="VOLUNTEER")
    door = sections.create(event, by=by, name="Doors", category="Gates", is_gate=True, crew_need=4)
    day = event.local(event.starts_at)[0]
    slot = time_slots.create(
        event, by=by, name="All day", person_type="VOLUNTEER", date=day, start_time=time(0, 30), end_time=time(23, 30)
    )
    shift = shifts.create(door, by=by, time_slot=slot, title="Ticket scanner", slots_total=4, status="open")
    person = persons.create(
        event, by=by, crowd_type=kind, name=volunteer.full_name, email=volunteer.email, status="approved"
    )
    matches.confirm(IdentityMatch.objects.get(person=person), by=by)
    assignments.assign(shift, Person.objects.get(pk=person.pk), by=by)
