"""What the tests of the portal start from: an event, its planner, people with accounts, shifts and what they have."""

from datetime import date, time, timedelta
from html import unescape

from django.test import Client
from django.utils import timezone

from accounts.factories import UserFactory
from accounts.models import User
from accounts.tests.coming_in import log_in
from crew import assignments
from crew.factories import CrowdTypeFactory, PersonFactory, SectionFactory, ShiftFactory, TimeSlotFactory
from crew.models import Assignment, Person, Shift
from events.factories import EventFactory
from events.models import Event
from partners import members
from partners.factories import PartnerFactory
from partners.models import Member

NOTHING = "01900000-0000-7000-8000-000000000000"


class Scene:
    """An event that looks for people, one of whose crowd types has claims at once; `planner` plans its crew."""

    def __init__(self, *, needs_approval: bool = False, **event):
        partner = event.pop("partner", None) or PartnerFactory()
        event = {"state": Event.State.REGISTRATION_OPEN, "timezone": "Europe/Amsterdam"} | event
        self.event = EventFactory(partner=partner, **event)
        self.kind = CrowdTypeFactory(partner=partner, claims_need_approval=needs_approval)
        self.planner = UserFactory(full_name="Petra Planner")
        members.add(partner, self.planner, Member.Role.CREW_COORDINATOR, by=None)
        self.bar = SectionFactory(event=self.event, name="Main bar")

    @property
    def day(self) -> date:
        return self.event.local(self.event.starts_at)[0]

    def slot(self, start: int = 18, end: int = 22, *, days: int = 0, event: Event | None = None, **slot):
        """A time slot from one hour to another on a day of the event."""
        times = {"start_time": time(start), "end_time": time(end), "date": self.day + timedelta(days=days)}
        return TimeSlotFactory(event=event or self.event, **{"name": f"From {start}"} | times | slot)

    def shift(self, start: int = 18, end: int = 22, *, days: int = 0, section=None, **shift) -> Shift:
        """An open shift for two in the bar."""
        return ShiftFactory(section=section or self.bar, time_slot=self.slot(start, end, days=days), **shift)

    def person(self, name: str = "Asha Patel", user: User | None = None, **person) -> Person:
        """An approved volunteer with an account."""
        user = user or UserFactory(full_name=name)
        row = {"event": self.event, "crowd_type": self.kind, "user": user, "email": user.email, "name": name}
        return PersonFactory(**row | person)

    def gives(self, shift: Shift, person: Person) -> Assignment:
        """The planner's."""
        return assignments.assign(shift, person, by=self.planner)


def counters(shift: Shift) -> tuple[int, int, int, str]:
    """(filled, pending, claimed, status) as the row says; AssertionError when the assignments say otherwise."""
    shift = Shift.objects.get(pk=shift.pk)
    alive = list(shift.assignments.filter(status__in=Assignment.ALIVE))
    counted = (
        sum(row.status != "pending_approval" for row in alive),
        sum(row.status == "pending_approval" for row in alive),
        sum(row.is_of_claims for row in alive),
    )
    assert (shift.filled_slots, shift.pending_slots, shift.claimed_slots) == counted
    return (*counted, shift.status)


def holders(shift: Shift) -> list[tuple[str, str, str]]:
    """(name, status, origin) of everybody who ever had it, in order."""
    rows = Assignment.objects.filter(shift=shift).order_by("pk")
    return list(rows.values_list("person__name", "status", "origin"))


def soon(hours: float = 1):
    return timezone.now() + timedelta(hours=hours)


def text(response) -> str:
    """A page as people read it."""
    return " ".join(unescape(response.content.decode()).split())


def said(response) -> list[str]:
    """The messages that a page shows."""
    return [str(one) for one in response.context["messages"]]


def browser(user) -> Client:
    """A browser in which this person is logged in."""
    client = Client()
    log_in(client, user)
    return client


def press(client, shift, act="claim", **data):
    """Press a button at a shift; the page that comes of it."""
    return client.post(f"/crew/shifts/{shift.uid}/{act}/", data, follow=True)


def day_of(shift) -> str:
    """The day of a shift as the pages say it."""
    date = shift.time_slot.date
    return f"{date:%a} {date.day} {date:%b}"
