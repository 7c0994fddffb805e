"""The same shift in several time slots, and the time slots of a day on another day."""

from datetime import timedelta

import pytest

from accounts.models import AuditLog
from crew import copying
from crew.factories import LocationFactory, TimeSlotFactory
from crew.models import Shift, TimeSlot
from crew.tests.board_world import Plan, festival
from eventify.lib.errors import Invalid

pytestmark = pytest.mark.django_db


@pytest.fixture
def plan():
    return Plan()


def test_one_shift_in_each_slot(plan):
    made = copying.create_in_slots(
        plan.bar, [plan.afternoon, plan.evening], by=None, title="Runner", slots_total=4, status="open"
    )
    assert [(one.time_slot, one.title, one.slots_total, one.status) for one in made] == [
        (plan.afternoon, "Runner", 4, "open"),
        (plan.evening, "Runner", 4, "open"),
    ]
    assert AuditLog.objects.filter(action="CREATED_SHIFT").count() == 2


def test_all_or_none(plan):
    strange = TimeSlotFactory()
    before = Shift.objects.count()
    with pytest.raises(Invalid) as refusal:
        copying.create_in_slots(plan.bar, [plan.evening, strange], by=None)
    assert list(refusal.value.errors) == ["time_slot"]
    assert Shift.objects.count() == before
    for slots in ([], [plan.evening] * (copying.SLOTS_MOST + 1)):
        with pytest.raises(Invalid) as refusal:
            copying.create_in_slots(plan.bar, slots, by=None)
        assert list(refusal.value.errors) == ["slots"]


def test_a_copy_has_no_people_and_is_a_draft(plan):
    where = LocationFactory(event=plan.event)
    plan.tap.location, plan.tap.instructions = where, "Bring an opener."
    plan.tap.save()
    [copy] = copying.copy_shift(plan.tap, [plan.afternoon], by=None)
    copy.refresh_from_db()
    assert (copy.title, copy.slots_total, copy.slots_open_for_claiming, copy.location, copy.instructions) == (
        "Bartender", 3, 3, where, "Bring an opener.",
    )  # fmt: skip
    assert (copy.status, copy.filled_slots, copy.pending_slots, copy.assignments.count()) == ("draft", 0, 0, 0)


def test_a_day_is_copied_once(plan):
    to = plan.day + timedelta(days=1)
    made = copying.copy_day(plan.event, plan.day, to, by=None)
    assert [(one.name, one.date, one.start_time, one.end_time) for one in made] == [
        ("Afternoon", to, plan.afternoon.start_time, plan.afternoon.end_time),
        ("Evening", to, plan.evening.start_time, plan.evening.end_time),
    ]
    assert all(
        one.starts_at - old.starts_at == timedelta(days=1)
        for one, old in zip(made, [plan.afternoon, plan.evening], strict=True)
    )
    with pytest.raises(Invalid):
        copying.copy_day(plan.event, plan.day, to, by=None)
    plan.slot("Night", 22, 2)
    assert [one.name for one in copying.copy_day(plan.event, plan.day, to, by=None)] == ["Night"]
    for day in (plan.day, plan.day - timedelta(days=9)):
        with pytest.raises(Invalid):
            copying.copy_day(plan.event, day, plan.day, by=None)


def test_a_part_copies_its_own_slots_alone():
    main, (first, _second) = festival()
    slot = TimeSlotFactory(event=main)
    own = TimeSlotFactory(event=first, name="Own", date=slot.date)
    copying.copy_day(first, slot.date, slot.date + timedelta(days=1), by=None)
    assert set(TimeSlot.objects.filter(date=slot.date + timedelta(days=1)).values_list("name", "event")) == {
        (own.name, first.pk)
    }
