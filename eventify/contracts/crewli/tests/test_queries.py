"""Every list, and every detail, costs the same for one row and for three."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.factories import UserFactory
from crew.factories import CompanyFactory, CrowdTypeFactory, PersonFactory, PersonTagFactory
from crew.models import UserTag
from eventify.contracts.crewli.tests.conftest import client_of, data_of, member, with_role
from eventify.contracts.crewli.tests.world import declared, organisation, spelled
from events.factories import EventFactory
from partners import members
from partners.factories import PartnerFactory

_ORG = "organisations/<org>"
MOST = 18  # queries of one answer


def add_event(world, user):
    """A festival with a sub-event; the user has a part in both."""
    festival = EventFactory(partner=world.org, kind="festival")
    for event in (festival, EventFactory(partner=world.org, parent=festival)):
        PersonFactory(event=event, crowd_type=world.crowd_type, user=user)


def add_organisation(world, user):
    members.add(PartnerFactory(), user, "org_admin", by=None)


def add_user_tag(world, user):
    tag = PersonTagFactory(partner=world.org)
    UserTag.objects.create(user=world.user, tag=tag, source="organiser_assigned", assigned_by=UserFactory())


# list -> what adds a row to it
LISTS = {
    "GET organisations": add_organisation,
    f"GET {_ORG}/members": lambda world, user: member(world.org, "volunteer"),
    f"GET {_ORG}/events": add_event,
    f"GET {_ORG}/events?include_children=true": add_event,
    f"GET {_ORG}/events/<event>/children": lambda world, user: EventFactory(partner=world.org, parent=world.event),
    f"GET {_ORG}/events/<event>": lambda world, user: EventFactory(partner=world.org, parent=world.event),
    f"GET {_ORG}/crowd-types": lambda world, user: CrowdTypeFactory(partner=world.org),
    f"GET {_ORG}/companies": lambda world, user: CompanyFactory(partner=world.org),
    f"GET {_ORG}/section-categories": lambda world, user: add_category(world),
    f"GET {_ORG}/person-tags": lambda world, user: PersonTagFactory(partner=world.org),
    f"GET {_ORG}/person-tag-categories": lambda world, user: PersonTagFactory(partner=world.org, category=new_word()),
    f"GET {_ORG}/users/<user>/tags": add_user_tag,
}
SINGLE = {f"GET {_ORG}"}  # one row, whatever there is


def new_word() -> str:
    return f"Word {PersonTagFactory._meta.model.objects.count()}"


def add_category(world):
    count = world.event.sections.count()
    world.event.sections.create(name=f"S{count}", category=f"C{count}")


@pytest.fixture
def world(db):
    return organisation()


def callers(world) -> dict:
    """A planner of the organisation, staff, and for events a person of some of them."""
    return {"member": member(world.org), "staff": with_role("Super Admin"), "person": world.user}


def cost(client, address: str) -> tuple[int, object]:
    with CaptureQueriesContext(connection) as counted:
        answer = client.get(address)
    return len(counted), data_of(answer)


def rows_in(found) -> int:
    return len(found["children"]) if isinstance(found, dict) else len(found)


def test_every_list_of_this_half_is_counted():
    ours = {name for name in declared() if name.startswith("GET organisations") and "match" not in name}
    assert {name.split("?")[0] for name in LISTS} | SINGLE == ours


@pytest.mark.parametrize("who", ["member", "staff", "person"])
@pytest.mark.parametrize("name", LISTS)
def test_a_list_costs_the_same_for_any_length(world, name, who):
    if who == "person" and "/events" not in name:
        return
    user, add_row = callers(world)[who], LISTS[name]
    client = client_of(user)
    address = spelled(name, world) + ("&" if "?" in name else "?") + "per_page=100"
    add_row(world, user)
    client.get(address)  # content types are cached from now on
    one, rows = cost(client, address)
    add_row(world, user)
    add_row(world, user)
    three, more = cost(client, address)
    assert one == three
    assert one <= MOST, one
    if who != "person":
        assert rows_in(more) == rows_in(rows) + 2
