"""What the tests of the plan and the roster start from: an event with shifts, and people who want them."""

from datetime import date, datetime, time
from threading import Barrier
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.factories import UserFactory
from accounts.models import AuditLog
from crew import assignments, clashes, shifts
from crew.assignments import Refused
from crew.factories import CrowdTypeFactory, PersonFactory, SectionFactory, ShiftFactory, TimeSlotFactory
from crew.models import Assignment, CrewPlan, Person, Section, Shift
from events.factories import EventFactory
from events.models import Event
from partners.models import Partner

DAY = date(2031, 6, 13)  # a Friday, far from any change of clocks
ZONE = "Europe/Amsterdam"
SIX = datetime(2031, 6, 13, 18, tzinfo=ZoneInfo(ZONE))  # when the shift of most tests begins
SPOKEN = "Bar, Slot, Fri 13 Jun, 18:00 to 22:00"  # that shift, in words


def event_with(rest: int | None = None, **fields) -> Event:
    """A published event in Amsterdam; `rest`: the minimum rest of its plan, in minutes."""
    event = EventFactory(**{"timezone": ZONE, **fields})
    if rest is not None:
        CrewPlan.objects.create(event=event, minimum_rest_minutes=rest)
    return event


def section_of(event: Event, name: str = "Bar", **fields) -> Section:
    """A section of the event."""
    return SectionFactory(event=event, name=name, **fields)


def shift_at(place: Event | Section, hours: str = "18:00-22:00", day: date = DAY, **fields) -> Shift:
    """An open shift of two places, both claimable, in the section or in a new one of the event."""
    section = place if isinstance(place, Section) else section_of(place)
    start, end = (time.fromisoformat(text) for text in hours.split("-"))
    slot = TimeSlotFactory(event=section.event, name="Slot", date=day, start_time=start, end_time=end)
    return ShiftFactory(section=section, time_slot=slot, **fields)


def volunteer(event: Event, *, waits: bool = False, **fields) -> Person:
    """An approved person with an account; `waits`: what they claim waits for approval."""
    fields.setdefault("user", UserFactory())
    kind = CrowdTypeFactory(partner=event.partner, claims_need_approval=waits)
    return PersonFactory(event=event, crowd_type=kind, **fields)


def volunteers(event: Event, how_many: int, **fields) -> list[Person]:
    """That many of them, of one kind."""
    first = volunteer(event, **fields)
    more = [
        PersonFactory(event=event, crowd_type=first.crowd_type, user=UserFactory()) for _number in range(1, how_many)
    ]
    return [first, *more]


def take(shift: Shift, person: Person) -> Assignment:
    """The person claims the shift themself."""
    return assignments.claim(shift, person, by=person.user)


def house() -> Partner:
    """The organisation that exists from the start."""
    return Partner.objects.get(is_house=True)


def counters(shift: Shift) -> tuple:
    """(status, filled, pending, claimed) as the database has them."""
    fields = ("status", "filled_slots", "pending_slots", "claimed_slots")
    return Shift.objects.values_list(*fields).get(pk=shift.pk)


def pairs(found: list[clashes.Clash]) -> list[tuple]:
    """The clashes as (kind, first, second), the assignments by their ids."""
    return [(str(clash.kind), clash.first.pk, clash.second.pk) for clash in found]


def come_to(meeting: Barrier, monkeypatch, owner, name: str) -> None:
    """For a control: who has come through this function waits for the others at the meeting."""
    function = getattr(owner, name)
    monkeypatch.setattr(owner, name, lambda *args, **kwargs: (function(*args, **kwargs), meeting.wait())[0])


def refused(call, *args, **options) -> tuple:
    """(code, field, sentence) of the refusal; nothing was written."""
    before = Assignment.objects.count()
    with pytest.raises(Refused) as refusal:
        call(*args, **options)
    assert Assignment.objects.count() == before
    [(field, [sentence])] = refusal.value.errors.items()
    assert (refusal.value.status, refusal.value.message) == (422, sentence)
    return refusal.value.code, field, sentence


def refused_claim(shift, person) -> tuple:
    """What refuses the claim; why_not_claim says the same."""
    found = refused(take, shift, person)
    assert assignments.why_not_claim(shifts.listed(Shift.objects.all()).get(pk=shift.pk), person) == found[2]
    return found


def audited() -> list[str]:
    """What the audit trail says was done to assignments, in order."""
    lines = AuditLog.objects.filter(target_resource__startswith="assignment_").order_by("pk")
    return list(lines.values_list("action", flat=True))


def queries_of(call) -> int:
    """How many queries a call asks."""
    with CaptureQueriesContext(connection) as asked:
        call()
    return len(asked)
