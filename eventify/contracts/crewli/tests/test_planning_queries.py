"""Every list of an event's plan costs the same for one row and for three, for planners and for volunteers."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.factories import UserFactory
from crew import crowd_lists
from crew.factories import (
    CompanyFactory,
    CrowdListFactory,
    LocationFactory,
    PersonFactory,
    PersonTagFactory,
    SectionFactory,
    ShiftFactory,
    TimeSlotFactory,
)  # fmt: skip
from crew.models import Assignment, IdentityMatch, UserTag
from eventify.contracts.crewli.tests.conftest import client_of, data_of, member, ulid, with_role
from eventify.contracts.crewli.tests.planning import at, festival_of, volunteer_of
from eventify.contracts.crewli.tests.world import declared

MOST = 16  # queries of one answer


class Plan:
    """A day of a festival, and how one row is added to each of its lists."""

    def __init__(self, org):
        self.org, fest = org, festival_of(org)
        self.event, self.festival, self.gate = fest.friday, fest.festival, fest.gate
        self.section = SectionFactory(event=self.event)
        self.list = CrowdListFactory(event=self.event)
        self.volunteer, _client = volunteer_of(self.event)
        self.person = PersonFactory(event=self.event)

    def section_row(self):
        SectionFactory(event=self.event)
        SectionFactory(event=self.festival, type="cross_event")

    def slot_row(self):
        TimeSlotFactory(event=self.event)
        TimeSlotFactory(event=self.festival)

    def location_row(self):
        LocationFactory(event=self.event)

    def shift_row(self, section=None):
        slot, place = TimeSlotFactory(event=self.festival), LocationFactory(event=self.festival)
        return ShiftFactory(section=section or self.section, time_slot=slot, location=place)

    def shared_shift_row(self):
        self.shift_row(self.gate)

    def assignment_row(self):
        shift = self.shift_row(SectionFactory(event=self.event))
        actors = {"assigned_by": UserFactory(), "cancelled_by": UserFactory()}
        Assignment.objects.create(shift=shift, person=self.volunteer, status="approved", origin="assigned", **actors)

    def person_row(self):
        company = CompanyFactory(partner=self.org)
        linked = PersonFactory(event=self.event, user=UserFactory(), company=company)
        for source in ("self_reported", "organiser_assigned"):
            for _tag in range(2):
                UserTag.objects.create(user=linked.user, tag=PersonTagFactory(partner=self.org), source=source)
        self.match_row()
        return linked

    def match_row(self):
        IdentityMatch.objects.create(partner=self.org, person=PersonFactory(event=self.event), user=UserFactory())

    def list_row(self):
        row = CrowdListFactory(event=self.event, recipient_company=CompanyFactory(partner=self.org))
        crowd_lists.add(row, self.person, by=None)

    def entry_row(self):
        crowd_lists.add(self.list, self.person_row(), by=UserFactory())


# list -> (its address, what adds a row, whether volunteers read it)
LISTS = {
    "sections": (lambda plan: at(plan.event, "sections"), Plan.section_row, True),
    "time slots": (lambda plan: at(plan.event, "time-slots"), Plan.slot_row, True),
    "all time slots": (lambda plan: at(plan.event, "time-slots") + "?include_parent=1", Plan.slot_row, True),
    "locations": (lambda plan: at(plan.event, "locations"), Plan.location_row, True),
    "shifts": (lambda plan: at(plan.event, "sections", plan.section, "shifts"), Plan.shift_row, True),
    "shared": (lambda plan: at(plan.festival, "sections", plan.gate, "shifts"), Plan.shared_shift_row, True),
    "assignments": (lambda plan: at(plan.event, "shift-assignments"), Plan.assignment_row, True),
    "persons": (lambda plan: at(plan.event, "persons"), Plan.person_row, False),
    "matches": (lambda plan: f"/api/v1/organisations/{ulid(plan.org)}/identity-matches", Plan.match_row, False),
    "crowd lists": (lambda plan: at(plan.event, "crowd-lists"), Plan.list_row, False),
    "people of a list": (lambda plan: at(plan.event, "crowd-lists", plan.list, "persons"), Plan.entry_row, False),
}
ROWS = [
    (name, who) for name in LISTS for who in ("planner", "staff", "volunteer") if who != "volunteer" or LISTS[name][2]
]


def cost(client, path: str) -> tuple[int, list]:
    with CaptureQueriesContext(connection) as counted:
        answer = client.get(path)
    return len(counted), data_of(answer)


@pytest.mark.parametrize("name, who", ROWS)
def test_a_list_costs_the_same_for_any_length(org, name, who):
    plan = Plan(org)
    address, add_row, _is_open = LISTS[name]
    callers = {
        "planner": lambda: member(org, "crew_coordinator"),
        "staff": lambda: with_role("Super Admin"),
        "volunteer": lambda: plan.volunteer.user,
    }
    client, path = client_of(callers[who]()), address(plan)
    path += ("&" if "?" in path else "?") + "per_page=100"
    add_row(plan)
    client.get(path)  # content types are cached from now on
    one, rows = cost(client, path)
    add_row(plan)
    add_row(plan)
    three, more = cost(client, path)
    assert one == three
    assert len(more) >= len(rows) + 2
    assert one <= MOST, one


def test_a_filter_by_tags_costs_the_same_for_any_number_of_people(org):
    plan, tags = Plan(org), [PersonTagFactory(partner=org) for _tag in range(2)]
    client = client_of(member(org, "crew_coordinator"))
    path = f"{at(plan.event, 'persons')}?tags={','.join(ulid(tag) for tag in tags)}"
    costs = []
    for number in (1, 3):
        while plan.event.persons.filter(user__crew_tags__tag=tags[0]).count() < number:
            linked = plan.person_row()
            for tag in tags:
                UserTag.objects.create(user=linked.user, tag=tag, source="self_reported")
        client.get(path)
        spent, rows = cost(client, path)
        assert len(rows) == number
        costs.append(spent)
    assert costs[0] == costs[1]


# what `GET` answers with one row or none, however many there are
SINGLE = {"events/<event>/persons/<person>", "organisations/<org>/persons/<person>/identity-match"}
COUNTED = {
    *(f"events/<event>/{name}" for name in ("sections", "time-slots", "locations", "shift-assignments", "persons")),
    "events/<event>/sections/<section>/shifts",
    "events/<event>/crowd-lists",
    "events/<event>/crowd-lists/<crowd_list>/persons",
    "organisations/<org>/identity-matches",
}


def test_every_list_of_this_half_is_counted():
    gets = {name.removeprefix("GET ") for name in declared() if name.startswith("GET ")}
    assert {path for path in gets if path.startswith("events/") or "match" in path} == COUNTED | SINGLE


def test_one_person_costs_the_same_for_any_number_of_tags_and_matches(org):
    plan = Plan(org)
    row, client = plan.person_row(), client_of(member(org, "crew_coordinator"))
    path = at(plan.event, "persons", row)
    single = f"/api/v1/organisations/{ulid(org)}/persons/{ulid(row)}/identity-match"
    IdentityMatch.objects.create(partner=org, person=row, user=UserFactory())
    client.get(path)
    (few, person), (one, match) = cost(client, path), cost(client, single)
    for _more in range(2):
        for source in ("self_reported", "organiser_assigned"):
            UserTag.objects.create(user=row.user, tag=PersonTagFactory(partner=org), source=source)
        IdentityMatch.objects.create(partner=org, person=row, user=UserFactory())
    many, more = cost(client, path)
    assert (few, len(more["tags"]) - len(person["tags"])) == (many, 4)
    assert match and cost(client, single)[0] == one <= MOST
