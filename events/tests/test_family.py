"""Festivals, series and sub-events: which families there can be, also when two people change one at once."""

from functools import partial

import pytest

from accounts.factories import UserFactory
from accounts.tests.racing import errors, good, meet_after, race, switch_row_locks_off
from eventify.lib.errors import Invalid
from events import editing, family
from events.factories import EventFactory
from events.models import Event
from partners.factories import PartnerFactory

pytestmark = pytest.mark.django_db
FIRST_SENTENCES = {
    "own": "An event cannot be its own sub-event.",
    "organisation": "Choose a festival or series of the same organisation.",
    "kind": "Only a festival or a series has sub-events.",
    "nested": "Day is a sub-event itself.",
    "has": "This event has sub-events, so it cannot become one.",
    "stays": "This event has sub-events, so it stays a festival or series.",
    "partner": "This event has sub-events, so it stays with its organisation.",
}


def refused(attempt) -> dict:
    with pytest.raises(Invalid) as refusal:
        attempt()
    return refusal.value.errors


def change(event: Event, **changes) -> Event:
    return editing.change(event, by=UserFactory(), **changes)


def create(partner, **fields) -> Event:
    return editing.create(partner, by=UserFactory(), name="Saturday", **fields)


@pytest.fixture
def festival(db):
    return EventFactory(kind="festival", name="Fest")


@pytest.mark.parametrize("kind", family.PARENTS)
def test_a_festival_or_series_has_sub_events(festival, kind):
    change(festival, kind=kind)
    made = create(festival.partner, parent=festival, sub_event_label="Day 1")
    assert (made.parent, made.sub_event_label, made.state) == (festival, "Day 1", "draft")
    assert change(EventFactory(), parent=festival).parent == festival
    assert festival.children.count() == 2
    assert change(made, parent=None).parent is None


def test_parents_that_cannot_be(festival):
    day = EventFactory(parent=festival, name="Day", kind="festival")
    foreign = EventFactory(kind="festival", partner=PartnerFactory())
    for parent, why in ((EventFactory(), "kind"), (day, "nested"), (foreign, "organisation")):
        expected = {"parent": [FIRST_SENTENCES[why]]}
        assert refused(partial(create, festival.partner, parent=parent)) == expected
        assert refused(partial(change, EventFactory(), parent=parent)) == expected
    assert refused(partial(change, festival, parent=festival)) == {"parent": [FIRST_SENTENCES["own"]]}
    other = EventFactory(kind="series")
    assert refused(partial(change, festival, parent=other)) == {"parent": [FIRST_SENTENCES["has"]]}
    assert Event.objects.filter(parent=festival).get() == day


def test_what_has_sub_events_stays_a_festival_or_series(festival):
    EventFactory(parent=festival)
    assert refused(partial(change, festival, kind="event")) == {"kind": [FIRST_SENTENCES["stays"]]}
    assert change(festival, kind="series").kind == "series"
    assert change(EventFactory(kind="festival"), kind="event").kind == "event"


def test_a_family_stays_with_its_organisation(festival):
    day, other = EventFactory(parent=festival), PartnerFactory()
    assert refused(partial(change, festival, partner=other)) == {"partner": [FIRST_SENTENCES["partner"]]}
    assert refused(partial(change, day, partner=other)) == {"parent": [FIRST_SENTENCES["organisation"]]}
    assert change(day, partner=other, parent=None).partner == other


def test_what_was_planned_stays_with_its_organisation():
    """Its people are of the organisation's crowd types."""
    sentence = {"partner": ["The crew of this event is planned already, so it stays with its partner."]}
    for plan in (add_person, add_list, add_rules):
        event = EventFactory()
        plan(event)
        assert refused(partial(change, event, partner=PartnerFactory())) == sentence
        change(event, partner=event.partner, name="Same")


def add_person(event):
    event.persons.create(name="P", crowd_type=event.partner.crowd_types.create(name="V", system_type="VOLUNTEER"))


def add_list(event):
    event.crowd_lists.create(name="L", crowd_type=event.partner.crowd_types.create(name="G", system_type="GUEST"))


def add_rules(event):
    Event._meta.get_field("crew_plan").related_model.objects.create(event=event)


def race_of_parents() -> tuple[Event, Event, list]:
    """Each of two festivals becomes the other's sub-event."""
    first, second = EventFactory(kind="festival"), EventFactory(kind="festival")
    results = race(*[partial(change, first, parent=second), partial(change, second, parent=first)] * 3)
    return first, second, results


def is_nested() -> bool:
    return Event.objects.filter(parent__parent__isnull=False).exists()


@pytest.mark.django_db(transaction=True)
def test_two_festivals_do_not_become_each_others_sub_events():
    for _round in range(4):
        _first, _second, results = race_of_parents()
        assert len(errors(results, Invalid)) == 3 and len(good(results)) == 3
        assert not is_nested()


@pytest.mark.django_db(transaction=True)
def test_control_without_the_lock_they_do(monkeypatch):
    switch_row_locks_off(monkeypatch)
    meet_after(monkeypatch, family, "check", 6)
    race_of_parents()
    assert is_nested()


@pytest.mark.django_db(transaction=True)
def test_a_festival_that_becomes_an_event_gets_no_sub_event_at_that_moment():
    for _round in range(4):
        festival = EventFactory(kind="festival")
        race(partial(change, festival, kind="event"), *[partial(create, festival.partner, parent=festival)] * 3)
        festival.refresh_from_db()
        assert festival.kind == "festival" or not festival.children.exists()
