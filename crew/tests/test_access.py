"""One rule, asked in two ways: the events that somebody may see, and the one of them that a path names."""

import uuid

import pytest

from accounts.factories import SuperAdminFactory, UserFactory
from crew import access
from crew.factories import FestivalFactory, PersonFactory
from events.factories import EventFactory
from events.models import Event
from partners import members
from partners.factories import PartnerFactory

pytestmark = pytest.mark.django_db
D = Event.State.DRAFT


@pytest.fixture
def world():
    """A festival with two days, one of them a draft, another event of the same organisation, and one of another."""
    festival = FestivalFactory(name="festival")
    ours, theirs = {"partner": festival.partner}, {"partner": PartnerFactory(), "name": "theirs"}
    friday = EventFactory(name="friday", parent=festival, **ours)
    EventFactory(name="saturday", parent=festival, state=D, **ours)
    EventFactory(name="other", **ours)
    EventFactory(**theirs)
    return festival, friday


def member(role: str):
    return lambda festival, _friday: members.add(festival.partner, UserFactory(), role, by=None).user


def person(place: int):
    return lambda *events: PersonFactory(event=events[place], user=UserFactory()).user


ALL = {"festival", "friday", "saturday", "other", "theirs"}
SEES = {
    "Super Admin": (lambda *_events: SuperAdminFactory(), ALL),
    "org_admin": (member("org_admin"), ALL - {"theirs"}),
    "crew_coordinator": (member("crew_coordinator"), ALL - {"theirs"}),
    "volunteer without a part": (member("volunteer"), set()),
    "person of the festival": (person(0), {"festival", "friday"}),
    "person of a day": (person(1), {"festival", "friday"}),
    "outsider": (lambda *_events: UserFactory(), set()),
}


@pytest.mark.parametrize("who", SEES)
def test_the_event_of_a_path_is_one_of_those_that_are_seen(world, who):
    make, seen = SEES[who]
    user = make(*world)
    found = {event.name: access.event_for(user, event.uid) for event in Event.objects.all()}
    assert {name for name, event in found.items() if event} == seen
    assert {event.name for event in access.events_for(user)} == seen
    assert all(event.name == name and event.pk for name, event in found.items() if event)
    assert access.event_for(user, uuid.uuid4()) is None


@pytest.mark.parametrize("who", SEES)
def test_the_organisation_of_a_path_is_for_insiders(world, who):
    make, _seen = SEES[who]
    user, partner = make(*world), world[0].partner
    assert (access.organisation_for(user, partner.uid) == partner) is (who != "outsider")
    stranger = Event.objects.get(name="theirs").partner
    assert (access.organisation_for(user, stranger.uid) is not None) is (who == "Super Admin")


def test_they_are_found_with_one_query_each(world, django_assert_num_queries):
    user = person(1)(*world)
    assert not user.can("manage_crew")
    with django_assert_num_queries(1):
        event = access.event_for(user, world[1].uid)
        assert event.partner and event.parent
    with django_assert_num_queries(1):
        assert access.organisation_for(user, event.partner.uid)
