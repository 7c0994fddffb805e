"""What the tests of an event's plan start from: a festival of two days in Amsterdam, and its addresses."""

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

from accounts.factories import UserFactory
from crew.factories import CrowdTypeFactory, FestivalFactory, PersonFactory, SectionFactory
from crew.models import Person
from crew.tests import scenes
from eventify.contracts.crewli.tests.conftest import API, client_of, data_of, member, ulid
from events.factories import EventFactory

DAY = scenes.DAY  # Friday 13 June 2031
ZONE = scenes.ZONE
NO_ID = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
BAD_IDS = (None, 7, True, [], {}, "", "x", "0" * 27, "01ARZ3NDEKTSV4RRFFQ69G5FAU!", str(10**30), "é", NO_ID)


def festival_of(org) -> SimpleNamespace:
    """A published festival with two days; one section of its own, and a gate that serves both days."""
    starts_at = datetime(2031, 6, 13, 8, tzinfo=UTC)
    common = {"partner": org, "timezone": ZONE}
    festival = FestivalFactory(name="Fest", starts_at=starts_at, ends_at=starts_at + timedelta(days=2), **common)
    friday = EventFactory(name="Friday", parent=festival, starts_at=starts_at, **common)
    saturday = EventFactory(name="Saturday", parent=festival, starts_at=starts_at + timedelta(days=1), **common)
    camp = SectionFactory(event=festival, name="Camp", sort_order=0)
    gate = SectionFactory(event=festival, name="Gate", type="cross_event", is_gate=True, sort_order=1)
    return SimpleNamespace(festival=festival, friday=friday, saturday=saturday, camp=camp, gate=gate)


def at(event, *parts) -> str:
    """The address of something of the event; rows stand for their ids."""
    spelled = [part if isinstance(part, str) else ulid(part) for part in parts]
    return f"{API}events/{'/'.join([ulid(event), *spelled])}"


def volunteer_of(event, **fields) -> tuple[Person, object]:
    """An approved volunteer with an account, and their client; what they claim is theirs at once."""
    fields.setdefault("user", UserFactory())
    kind = CrowdTypeFactory(partner=event.partner, claims_need_approval=False)
    person = PersonFactory(event=event, **{"crowd_type": kind, **fields})
    return person, client_of(person.user)


def insiders(event) -> dict:
    """Clients of people of the organisation who do not plan its crew, and of nobody."""
    return {
        "org_member": client_of(member(event.partner, "org_member")),
        "volunteer": volunteer_of(event)[1],
        "a member who is a volunteer": client_of(member(event.partner, "volunteer")),
    }


def check_only_planners(event, method: str, path: str, stranger) -> None:
    """401 for nobody, 404 for outsiders, 403 for insiders who do not plan; whatever the body is."""
    for body in ({}, {"nonsense": 1}):
        assert client_of().generic(method, path, "{}", content_type="application/json").status_code == 401
        assert getattr(stranger, method.lower())(path, body).status_code == 404
        for who, client in insiders(event).items():
            expected = 404 if who == "a member who is a volunteer" else 403
            assert getattr(client, method.lower())(path, body).status_code == expected, who


def made(client, path: str, body: dict) -> dict:
    """The data of what a POST made."""
    return data_of(client.post(path, body), 201)


def day_after(number: int) -> date:
    """So many days after DAY."""
    return DAY + timedelta(days=number)
