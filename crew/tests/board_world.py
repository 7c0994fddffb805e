"""What the tests of the planner's pages share: a plan with people in it, and who looks at it."""

from datetime import time, timedelta

from accounts.factories import UserFactory
from accounts.tests.coming_in import log_in
from crew import assignments
from crew.factories import (
    CrowdTypeFactory,
    FestivalFactory,
    PersonFactory,
    SectionFactory,
    ShiftFactory,
    TimeSlotFactory,
)
from events.factories import EventFactory
from partners import members
from partners.factories import PartnerFactory
from partners.models import Member

CREW = "/command-center/crew"


class Plan:
    """One day of an event: a bar and a gate, an afternoon and an evening, and the shifts in them.

    `bar` (3 places, evening) has Asha and waits for Binh; `gate` (1 place, evening) has Chloe; `early` (2 places) is
    empty; Dev is free.
    """

    def __init__(self, partner=None, **event):
        self.partner = partner or PartnerFactory(name="Monsoon")
        self.event = EventFactory(partner=self.partner, **{"name": "Jazz Night", **event})
        self.day = self.event.local(self.event.starts_at)[0]
        self.bar = SectionFactory(event=self.event, name="Main bar", category="Bars")
        self.door = SectionFactory(event=self.event, name="Main gate", category="Gates", is_gate=True)
        self.afternoon = self.slot("Afternoon", 13, 17)
        self.evening = self.slot("Evening", 18, 22)
        self.early = ShiftFactory(section=self.bar, time_slot=self.afternoon, title="Build the bar")
        self.tap = ShiftFactory(
            section=self.bar, time_slot=self.evening, title="Bartender", slots_total=3, slots_open_for_claiming=3
        )
        self.scan = ShiftFactory(
            section=self.door, time_slot=self.evening, title="Scanner", slots_total=1, slots_open_for_claiming=1
        )
        self.asha, self.binh = self.person("Asha Rao"), self.person("Binh Pham")
        self.chloe, self.dev = self.person("Chloe Vos"), self.person("Dev Nair")
        self.has = assignments.assign(self.tap, self.asha, by=None)
        self.claim = assignments.claim(self.tap, self.binh, by=None)
        assignments.assign(self.scan, self.chloe, by=None)

    def slot(self, name: str, start: int, end: int, days: int = 0):
        on = self.day + timedelta(days=days)
        return TimeSlotFactory(event=self.event, name=name, date=on, start_time=time(start), end_time=time(end))

    def person(self, name: str, **fields):
        return PersonFactory(event=self.event, name=name, crowd_type=self.kind, **fields)

    @property
    def kind(self):
        """The organisation's one crowd type; a claim of such people waits."""
        found = self.partner.crowd_types.filter(name="Volunteer").first()
        return found or CrowdTypeFactory(partner=self.partner, name="Volunteer")

    def clash(self):
        """Asha is in the bar and at the gate at the same time."""
        return assignments.assign(self.scan, self.asha, by=None, allow_clash=True, overbook=True)

    def at(self, page: str = "") -> str:
        """The address of a page of the event."""
        return f"{CREW}/{self.event.uid}/{page}"


def festival(partner=None, parts: int = 2):
    """A festival and its sub-events."""
    found = FestivalFactory(partner=partner or PartnerFactory(name="Monsoon"), name="Monsoon Fields")
    days = [EventFactory(partner=found.partner, parent=found, name=f"Day {n + 1}") for n in range(parts)]
    return found, days


def planner(client, partner, role: str = Member.Role.CREW_COORDINATOR):
    """Somebody of the organisation in this role, logged in."""
    user = UserFactory(full_name="Pia Planner")
    members.add(partner, user, role, by=None)
    log_in(client, user)
    return user


def address(shift, act: str = "") -> str:
    """The shift's page."""
    return f"{CREW}/shifts/{shift.uid}/{act and act + '/'}"
