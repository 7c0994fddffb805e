"""What holds a sub-event at its festival: shifts that use the festival's slots, places or people."""

import pytest

from crew.factories import LocationFactory, PersonFactory, TimeSlotFactory
from crew.models import Assignment, Section, Shift
from crew.tests.scenes import event_with, section_of, shift_at
from eventify.lib.errors import Invalid
from events import editing
from events.factories import EventFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def festival():
    return event_with(kind="festival", name="Zomer")


@pytest.fixture
def day(festival):
    return event_with(parent=festival)


def refused(event, by, **changes) -> dict:
    with pytest.raises(Invalid) as refusal:
        editing.change(event, by=by, **changes)
    event.refresh_from_db()
    return refusal.value.errors


def leave_and_come_back(day, festival, by):
    assert editing.change(day, by=by, parent=None).parent is None
    assert editing.change(day, by=by, parent=festival).parent == festival


def given(shift: Shift, person) -> Assignment:
    return Assignment.objects.create(shift=shift, person=person, status="approved", origin="assigned")


def test_slots_and_locations_of_the_festival(planner, festival, day):
    shift = shift_at(day)
    leave_and_come_back(day, festival, planner)
    sentence = "Its shifts use time slots or locations of Zomer. Give them some of its own first."
    Shift.objects.filter(pk=shift.pk).update(location=LocationFactory(event=festival))
    assert refused(day, planner, parent=None) == {"parent": [sentence]}
    Shift.objects.filter(pk=shift.pk).update(location=None, time_slot=TimeSlotFactory(event=festival))
    other = EventFactory(kind="festival", partner=festival.partner)
    assert refused(day, planner, parent=other) == {"parent": [sentence]}
    assert day.parent == festival
    assert editing.change(day, by=planner, parent=festival, name="Day one").name == "Day one"  # no move


def test_people_of_the_one_in_shifts_of_the_other(planner, festival, day):
    theirs = given(shift_at(day), PersonFactory(event=festival))
    assert refused(day, planner, parent=None) == {"parent": ["People of Zomer have shifts here. Take them out first."]}
    theirs.delete()
    shared = section_of(festival, type=Section.Type.CROSS_EVENT)
    lent = given(shift_at(shared), PersonFactory(event=day))
    assert refused(day, planner, parent=None) == {"parent": ["Its people have shifts at Zomer. Take them out first."]}
    lent.status = "cancelled"
    lent.save()
    leave_and_come_back(day, festival, planner)


def test_a_festival_with_shared_sections_stays_one(planner, festival):
    shared = section_of(festival, type=Section.Type.CROSS_EVENT)
    sentence = "It has sections that serve all its sub-events. Make them ordinary ones first."
    assert refused(festival, planner, kind="event") == {"kind": [sentence]}
    assert editing.change(festival, by=planner, kind="series").kind == "series"
    shared.delete()
    assert editing.change(festival, by=planner, kind="event").kind == "event"
