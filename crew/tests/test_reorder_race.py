"""Several planners at the plan at once: one valid order of sections, and nothing refers to what is gone."""

import random
from datetime import time
from functools import partial
from threading import Barrier

import pytest
from django.db import IntegrityError
from django.db.models import QuerySet

from accounts import audit
from accounts.factories import SuperAdminFactory
from accounts.tests.racing import errors, good, meet_after, meet_before, race, switch_row_locks_off
from crew import locations, sections, shifts, time_slots
from crew.factories import LocationFactory, TimeSlotFactory
from crew.models import Section, Shift
from crew.tests.invariants import broken, check
from crew.tests.scenes import DAY, come_to, event_with, section_of
from eventify.lib.errors import Conflict, DomainError, Invalid, Missing
from events import editing as event_editing
from events.models import Event

pytestmark = pytest.mark.django_db(transaction=True)
PLANNERS = 10
MANY = 30
SLOT = {"name": "Late", "person_type": "VOLUNTEER", "date": DAY, "start_time": time(18), "end_time": time(22)}


@pytest.fixture
def staff():
    return SuperAdminFactory()


def order(event) -> list:
    return list(event.sections.order_by("sort_order", "id").values_list("uid", flat=True))


def race_to_reorder(event, staff):
    """Ten planners, each with an order of their own for all the sections; what they wanted, and what came of it."""
    uids = order(event)
    wanted = [random.Random(number).sample(uids, len(uids)) for number in range(PLANNERS)]
    return wanted, race(*(partial(sections.reorder, event, one, by=staff) for one in wanted))


def planned(staff) -> Event:
    event = event_with()
    for number in range(MANY):
        sections.create(event, by=staff, name=f"Section {number}")
    return event


def test_reordering_at_once_ends_in_one_of_the_orders(staff):
    event = planned(staff)
    wanted, results = race_to_reorder(event, staff)
    assert len(good(results)) == PLANNERS
    assert order(event) in wanted
    assert sorted(Section.objects.values_list("sort_order", flat=True)) == list(range(MANY))
    check(event)


def race_to_reorder_and_add(event, staff, reorders=5):
    """Sections are added and deleted while others put them into an order."""
    uids = order(event)
    doomed = list(event.sections.order_by("id")[:3])
    calls = [partial(sections.reorder, event, random.Random(n).sample(uids[3:], 10), by=staff) for n in range(reorders)]
    calls += [partial(sections.create, event, by=staff, name=f"New {number}") for number in range(10)]
    calls += [partial(sections.delete, section, by=staff) for section in doomed]
    return race(*calls)


def test_reordering_while_sections_come_and_go(staff):
    event = planned(staff)
    results = race_to_reorder_and_add(event, staff)
    assert len(good(results)) == 18
    assert event.sections.count() == MANY + 10 - 3
    check(event)


def test_control_without_locks_two_sections_have_one_place(staff, monkeypatch):
    event = planned(staff)
    switch_row_locks_off(monkeypatch)
    meet_after(monkeypatch, sections, "_last", 10)
    race_to_reorder_and_add(event, staff, reorders=0)  # who puts them into an order afterwards would mend it
    assert any("same place" in sentence for sentence in broken(event))


def race_to_be_first(event, staff):
    """Two planners, each of whom puts one section first and leaves the rest as it is; the two, and who is first."""
    wanted = order(event)[10:30:10]
    race(*(partial(sections.reorder, event, [uid], by=staff) for uid in wanted))
    return set(wanted), set(order(event)[:2])


def test_two_partial_orders_both_count(staff):
    wanted, first = race_to_be_first(planned(staff), staff)
    assert first == wanted


def test_control_without_locks_one_of_them_is_lost(staff, monkeypatch):
    event = planned(staff)
    switch_row_locks_off(monkeypatch)
    meet_before(monkeypatch, QuerySet, "bulk_update", 2)
    wanted, first = race_to_be_first(event, staff)
    assert first != wanted


@pytest.mark.parametrize("what", ["section", "time_slot", "location"])
def test_nothing_refers_to_what_was_deleted(what, staff):
    """Shifts are made while the section, slot or place is deleted: either they are there and it stays, or none is."""
    event = event_with()
    for _round in range(4):
        parts = {"section": section_of(event), "time_slot": TimeSlotFactory(event=event)}
        parts["location"] = LocationFactory(event=event)
        delete = {"section": sections, "time_slot": time_slots, "location": locations}[what].delete
        section = parts["section"]
        make = partial(shifts.create, section, by=staff, time_slot=parts["time_slot"], location=parts["location"])
        results = race(make, partial(delete, parts[what], by=staff), make)
        good(results)
        assert all(isinstance(error, DomainError) for error in errors(results))
        assert {type(error) for error in errors(results)} <= {Conflict, Missing, Invalid}
        left = Shift.objects.filter(section=section)
        assert left.count() == len([one for one in results if isinstance(one, Shift)])


def test_control_without_locks_a_shift_is_lost(staff, monkeypatch):
    """The planner is told that there is a shift, or the database refuses."""
    event = event_with()
    section, slot = section_of(event), TimeSlotFactory(event=event)
    switch_row_locks_off(monkeypatch)
    meet_before(monkeypatch, audit, "record", 2)
    results = race(
        partial(shifts.create, section, by=staff, time_slot=slot), partial(sections.delete, section, by=staff)
    )
    assert errors(results, IntegrityError) or (isinstance(results[0], Shift) and not Shift.objects.exists())


def test_slots_made_while_the_time_zone_changes_are_in_the_new_one(staff):
    event = event_with()
    calls = [partial(time_slots.create, event, by=staff, **SLOT) for _number in range(8)]
    race(*calls, partial(event_editing.change, event, by=staff, timezone="Asia/Kolkata"))
    event.refresh_from_db()
    assert event.timezone == "Asia/Kolkata"
    moments = {time_slots.moments(event, one.date, one.start_time, one.end_time) for one in event.time_slots.all()}
    assert {(one.starts_at, one.ends_at) for one in event.time_slots.all()} == moments
    assert len(moments) == 1


def test_control_without_locks_one_is_in_the_old_one(staff, monkeypatch):
    event = event_with()
    switch_row_locks_off(monkeypatch)
    meeting = Barrier(2, timeout=20)
    come_to(meeting, monkeypatch, time_slots, "_settle")
    come_to(meeting, monkeypatch, time_slots, "recompute")
    race(
        partial(time_slots.create, event, by=staff, **SLOT),
        partial(event_editing.change, event, by=staff, timezone="Asia/Kolkata"),
    )
    event.refresh_from_db()
    [slot] = event.time_slots.all()
    assert (slot.starts_at, slot.ends_at) != time_slots.moments(event, slot.date, slot.start_time, slot.end_time)
