"""Which of what people have does not go together, and that it is found in a few queries however much there is."""

from datetime import timedelta
from time import process_time

import pytest

from crew import assignments, clashes, time_slots
from crew.clashes import Kind
from crew.factories import PersonFactory, ShiftFactory, TimeSlotFactory
from crew.models import Assignment, Person
from crew.tests.scenes import DAY, event_with, pairs, section_of, shift_at, take, volunteer, volunteers
from events.models import Event
from partners.factories import PartnerFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def given(planner):
    """Gives the person a shift at these hours, clash or not."""

    def give(person, hours, place=None, day=DAY, **shift) -> Assignment:
        shift = shift_at(place or person.event, hours, day, **shift)
        return assignments.assign(shift, person, by=planner, allow_clash=True)

    return give


def test_what_overlaps_a_shift_and_what_is_too_close_to_it(given):
    event = event_with(rest=60)
    person = volunteer(event)
    before, close, during = given(person, "08:00-17:00"), given(person, "16:00-17:30"), given(person, "20:00-23:00")
    given(person, "18:00-20:00", allow_overlap=True)
    shift = shift_at(event)
    assert clashes.clashing(person, shift) == [during]
    assert clashes.too_close(person, shift) == [close]
    assert clashes.clashing(person, shift, ignore=during) == []
    assert clashes.too_close(person, shift, ignore=close) == []
    assert before.is_alive
    assert clashes.clashing(volunteer(event), shift) == clashes.too_close(volunteer(event), shift) == []


def test_the_clashes_of_an_event(given):
    event = event_with(rest=60)
    one, two, fine = volunteers(event, 3)
    late, early = given(one, "18:00-22:00"), given(one, "16:00-18:30")
    first, second = given(two, "08:00-12:00"), given(two, "12:59-14:00")
    given(fine, "08:00-12:00"), given(fine, "13:00-14:00"), given(fine, "13:30-15:00", allow_overlap=True)
    found = clashes.of_event(event)
    assert pairs(found) == [("rest", first.pk, second.pk), ("overlap", early.pk, late.pk)]
    assert [(clash.person, clash.first, clash.second) for clash in found] == [(two, first, second), (one, early, late)]
    assert found[0].kind == Kind.REST
    assert clashes.of_event(event_with()) == []


def test_only_those_with_a_shift_of_the_day(given):
    event = event_with()
    person = volunteer(event)
    first = given(person, "22:00-06:00", day=DAY)
    second = given(person, "05:00-07:00", day=DAY + timedelta(days=1))
    for day, is_there in ((DAY, True), (DAY + timedelta(days=1), True), (DAY - timedelta(days=1), False)):
        assert pairs(clashes.of_event(event, day)) == [("overlap", first.pk, second.pk)] * is_there


@pytest.mark.parametrize("alike", ["user", "email"])
def test_the_same_human_at_another_event_of_the_organisation(given, alike):
    event, other, foreign = event_with(), event_with(), event_with(partner=PartnerFactory())
    one = volunteer(event)
    same = {"user": {"user": one.user}, "email": {"user": None, "email": one.email.upper()}}[alike]
    mine = given(one, "18:00-22:00")
    theirs = given(volunteer(other, **same), "20:00-23:00")
    given(volunteer(foreign, **same), "20:00-23:00")
    expected = [("overlap", mine.pk, theirs.pk)]
    assert pairs(clashes.of_event(event)) == pairs(clashes.of_event(other)) == expected
    assert clashes.of_event(foreign) == []


def test_people_without_account_and_address_are_each_their_own(given):
    event = event_with()
    for _number in range(2):
        given(volunteer(event, user=None, email=""), "18:00-22:00")
    assert clashes.of_event(event) == []


def test_a_festival_shows_its_parts_and_a_part_shows_its_own(given):
    festival = event_with(kind="festival")
    one, two = event_with(parent=festival), event_with(parent=festival)
    person, somebody = volunteers(festival, 2)
    at_one, at_festival = given(person, "18:00-22:00", one), given(person, "20:00-23:00")
    a, b = given(somebody, "10:00-12:00", two), given(somebody, "11:00-13:00", two)
    own, others = ("overlap", at_one.pk, at_festival.pk), ("overlap", a.pk, b.pk)
    assert pairs(clashes.of_event(festival)) == [others, own]
    assert pairs(clashes.of_event(one)) == [own]
    assert pairs(clashes.of_event(two)) == [others]


def test_what_ended_clashes_with_nothing(given, planner):
    event, cancelled = event_with(), event_with()
    person = volunteer(event)
    given(person, "18:00-22:00")
    assignments.cancel(given(person, "18:00-22:00"), by=planner)
    given(volunteer(cancelled, user=person.user), "18:00-22:00")
    Event.objects.filter(pk=cancelled.pk).update(state="cancelled")
    deleted = given(person, "18:00-22:00").shift
    type(deleted).objects.filter(pk=deleted.pk).update(deleted_at=deleted.created_at)
    assert clashes.of_event(event) == []
    waiting = volunteer(event, waits=True)
    mine, also = take(shift_at(event), waiting), take(shift_at(event, "12:00-14:00"), waiting)
    time_slots.change(also.shift.time_slot, by=planner, end_time=mine.shift.time_slot.end_time)
    assert pairs(clashes.of_event(event)) == [("overlap", also.pk, mine.pk)]


def test_the_longer_rest_of_two_events_counts(given):
    event, other = event_with(rest=60), event_with(rest=120)
    person = volunteer(event)
    mine = given(person, "18:00-22:00")
    theirs = given(volunteer(other, user=person.user), "23:30-23:45")
    assert pairs(clashes.of_event(event)) == [("rest", mine.pk, theirs.pk)]


def test_three_at_once_are_three_clashes(given):
    event = event_with()
    person = volunteer(event)
    a, b, c = (given(person, "18:00-22:00") for _number in range(3))
    assert pairs(clashes.of_event(event)) == [
        ("overlap", a.pk, b.pk), ("overlap", a.pk, c.pk), ("overlap", b.pk, c.pk),
    ]  # fmt: skip


def test_as_many_queries_for_one_clash_as_for_three(given, django_assert_num_queries):
    event = event_with(rest=60)
    for count in (1, 3):
        while len(clashes.of_event(event)) < count:
            person = volunteer(event)
            given(person, "18:00-22:00"), given(person, "20:00-23:00")
        with django_assert_num_queries(4):
            for clash in clashes.of_event(event):
                assert clash.person.event.name and clash.first.shift.section.event and clash.second.shift.time_slot


def test_eight_thousand_assignments_are_searched_in_a_moment():
    event = event_with(rest=60)
    section = section_of(event)
    first = volunteer(event)
    people = Person.objects.bulk_create(
        PersonFactory.build_batch(1999, event=event, crowd_type=first.crowd_type, user=None)
    )
    days = [DAY + timedelta(days=number) for number in range(4)]
    slots = [TimeSlotFactory(event=event, date=day) for day in days]
    shifts = [ShiftFactory(section=section, time_slot=slot, slots_total=5000) for slot in [*slots, slots[0]]]
    rows = [
        Assignment(shift=shift, person=person, status="approved", origin="assigned")
        for person in [first, *people]
        for shift in shifts[:4]
    ]
    rows.append(Assignment(shift=shifts[4], person=first, status="approved", origin="assigned"))
    Assignment.objects.bulk_create(rows)
    began = process_time()
    found = clashes.of_event(event)
    assert process_time() - began < 2  # seconds of our own work, however busy the machine is
    assert [(clash.person, clash.kind) for clash in found] == [(first, Kind.OVERLAP)]
