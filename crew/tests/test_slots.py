"""Time slots: local times as moments, across midnight and where the clocks change, and what hangs on them."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from accounts.models import AuditLog, OutgoingMail
from crew import assignments, shifts, time_slots
from crew.assignments import Refused
from crew.models import TimeSlot
from crew.tests.scenes import DAY, ZONE, counters, event_with, section_of, shift_at, take, volunteer, volunteers
from eventify.lib.errors import Conflict, Invalid, Missing
from events import editing
from events.factories import EventFactory

pytestmark = pytest.mark.django_db
FIELDS = {"name": "Evening", "person_type": "VOLUNTEER", "date": DAY, "start_time": time(18), "end_time": time(22)}


def slot_of(event, day, hours, **fields):
    """A slot made by the verb."""
    start, end = (time.fromisoformat(text) for text in hours.split("-"))
    times = {"date": day, "start_time": start, "end_time": end}
    return time_slots.create(event, by=None, **{**FIELDS, **times, **fields})


def utc(slot) -> tuple[str, str]:
    """The slot's moments as the database has them."""
    slot = TimeSlot.objects.get(pk=slot.pk)
    return f"{slot.starts_at.astimezone(UTC):%m-%d %H:%M}", f"{slot.ends_at.astimezone(UTC):%m-%d %H:%M}"


@pytest.mark.parametrize(
    ("zone", "day", "hours", "moments", "lasts"),
    [
        # Europe/Amsterdam: forward on 2026-03-29 and 2027-03-28, back on 2026-10-25 and 2027-10-31
        (ZONE, "2026-03-28", "22:00-06:00", ("03-28 21:00", "03-29 04:00"), 7),
        (ZONE, "2027-03-27", "22:00-06:00", ("03-27 21:00", "03-28 04:00"), 7),
        (ZONE, "2026-10-24", "22:00-06:00", ("10-24 20:00", "10-25 05:00"), 9),
        (ZONE, "2027-10-30", "22:00-06:00", ("10-30 20:00", "10-31 05:00"), 9),
        (ZONE, "2027-03-26", "22:00-06:00", ("03-26 21:00", "03-27 05:00"), 8),
        (ZONE, "2026-03-28", "18:00-18:00", ("03-28 17:00", "03-29 16:00"), 23),
        (ZONE, "2026-10-24", "18:00-18:00", ("10-24 16:00", "10-25 17:00"), 25),
        # the hour that comes twice: the first one counts
        (ZONE, "2026-10-25", "02:30-06:00", ("10-25 00:30", "10-25 05:00"), 4.5),
        (ZONE, "2026-10-24", "22:00-02:30", ("10-24 20:00", "10-25 00:30"), 4.5),
        # the hour that is skipped: as long after the gap as into it
        (ZONE, "2026-03-29", "02:30-06:00", ("03-29 01:30", "03-29 04:00"), 2.5),
        (ZONE, "2026-03-28", "22:00-02:30", ("03-28 21:00", "03-29 01:30"), 4.5),
        (ZONE, "2026-03-29", "02:15-02:45", ("03-29 01:15", "03-29 01:45"), 0.5),
        # whose start in the gap would come behind its end
        (ZONE, "2026-03-29", "02:30-03:15", ("03-29 01:30", "03-29 02:15"), 0.75),
        ("Asia/Kolkata", "2026-03-28", "22:00-06:00", ("03-28 16:30", "03-29 00:30"), 8),
        ("Asia/Kolkata", "2026-10-24", "02:00-02:15", ("10-23 20:30", "10-23 20:45"), 0.25),
        # a day that Samoa skipped
        ("Pacific/Apia", "2011-12-30", "06:00-05:00", ("12-30 16:00", "12-31 15:00"), 23),
        ("UTC", "1970-01-01", "00:00-00:00", ("01-01 00:00", "01-02 00:00"), 24),
        ("UTC", "2199-12-31", "23:00-01:00", ("12-31 23:00", "01-01 01:00"), 2),
    ],
)
def test_local_times_as_moments(zone, day, hours, moments, lasts):
    slot = slot_of(event_with(timezone=zone), date.fromisoformat(day), hours)
    assert utc(slot) == moments
    assert slot.duration_hours == TimeSlot.objects.get().duration_hours == lasts


@pytest.mark.parametrize("day", [date(2026, 3, 28), date(2026, 3, 29), date(2026, 10, 24), date(2026, 10, 25)])
def test_every_slot_around_a_change_of_clocks_has_length(day):
    event = EventFactory.build(timezone=ZONE)
    for begin in range(0, 24 * 60, 15):
        for minutes in range(15, 24 * 60 + 1, 15):
            start, end = ((datetime.min + timedelta(minutes=at)).time() for at in (begin, begin + minutes))
            starts_at, ends_at = time_slots.moments(event, day, start, end)
            assert timedelta(0) < ends_at - starts_at
            assert abs(ends_at - starts_at - timedelta(minutes=minutes)) <= timedelta(hours=1)


def test_another_time_zone_keeps_the_wall_clock(planner):
    event = event_with()
    slot = slot_of(event, date(2027, 3, 27), "22:00-06:00")
    editing.change(event, by=planner, timezone="Asia/Kolkata")
    found = TimeSlot.objects.get(pk=slot.pk)
    assert (found.date, found.start_time, found.end_time) == (date(2027, 3, 27), time(22), time(6))
    assert utc(slot) == ("03-27 16:30", "03-28 00:30")
    later = slot_of(event, DAY, "10:00-11:00")  # by somebody who had read the event before
    assert utc(later) == ("06-13 04:30", "06-13 05:30")
    time_slots.change(slot, by=planner, end_time=time(7))
    assert utc(slot) == ("03-27 16:30", "03-28 01:30")


def test_another_time_zone_into_which_a_gap_falls(planner):
    event = event_with(timezone="UTC")
    slot = slot_of(event, date(2026, 3, 29), "02:30-03:15")
    editing.change(event, by=planner, timezone=ZONE)
    assert utc(slot) == ("03-29 01:30", "03-29 02:15")


@pytest.mark.parametrize(("rest", "is_enough"), [(9, True), (10, False)])
def test_rest_is_counted_in_real_hours(rest, is_enough, planner):
    event = event_with(rest=rest * 60)
    person = volunteer(event)
    # 22:00 to 08:00 are 10 hours on the clock, but 9 in this night.
    assignments.assign(shift_at(event, "18:00-22:00", date(2027, 3, 27)), person, by=planner)
    morning = shift_at(event, "08:00-12:00", date(2027, 3, 28))
    if is_enough:
        assert assignments.assign(morning, person, by=planner)
    else:
        with pytest.raises(Refused) as refusal:
            assignments.assign(morning, person, by=planner)
        assert refusal.value.code == "rest"


def test_shifts_across_midnight_overlap_those_of_the_next_day(planner):
    event = event_with()
    person = volunteer(event)
    assignments.assign(shift_at(event, "22:00-06:00", DAY), person, by=planner)
    with pytest.raises(Refused) as refusal:
        assignments.assign(shift_at(event, "05:00-09:00", DAY + timedelta(days=1)), person, by=planner)
    assert refusal.value.code == "overlap"
    assert assignments.assign(shift_at(event, "06:00-09:00", DAY + timedelta(days=1)), person, by=planner)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "  "),
        ("name", "x" * 101),
        ("name", "a\x00b"),
        ("name", "\ud800"),
        ("person_type", "volunteer"),
        ("person_type", ""),
        ("date", date(1969, 12, 31)),
        ("date", date(2200, 1, 1)),
        ("date", date.max),
        ("date", date.min),
    ],
)
def test_impossible_values_are_refused_at_their_field(field, value, planner):
    event = event_with()
    slot = slot_of(event, DAY, "18:00-22:00")
    for verb in (
        lambda: time_slots.create(event, by=None, **{**FIELDS, field: value}),
        lambda: time_slots.change(slot, by=planner, **{field: value}),
    ):
        with pytest.raises(Invalid) as refusal:
            verb()
        assert list(refusal.value.errors) == [field]
    assert TimeSlot.objects.count() == 1


def test_what_is_made_changed_and_deleted_is_audited(planner):
    event = event_with()
    slot = time_slots.create(event, by=planner, **FIELDS)
    assert time_slots.change(slot, by=planner, name="Late", person_type="CREW").name == "Late"
    time_slots.change(slot, by=planner, name="Late")
    time_slots.delete(slot, by=planner)
    assert not TimeSlot.objects.exists()
    actions = ["CREATED_TIME_SLOT", "CHANGED_TIME_SLOT", "DELETED_TIME_SLOT"]
    mine = AuditLog.objects.filter(actor=planner).order_by("pk")
    assert list(mine.values_list("action", flat=True)) == actions
    for verb in (lambda: time_slots.change(slot, by=planner, name="X"), lambda: time_slots.delete(slot, by=planner)):
        with pytest.raises(Missing):
            verb()


def test_a_slot_in_use_stays(planner):
    event = event_with()
    shift = shift_at(event)
    with pytest.raises(Conflict) as refusal:
        time_slots.delete(shift.time_slot, by=planner)
    assert refusal.value.message == "Slot has shifts. Delete those first."
    shifts.delete(shift, by=planner)
    time_slots.delete(shift.time_slot, by=planner)
    assert not TimeSlot.objects.exists()


def told() -> list[tuple]:
    return list(OutgoingMail.objects.filter(template="crew_changed").order_by("to").values_list("to", flat=True))


def test_people_whose_shift_moves_are_told(planner):
    event = event_with()
    bar = section_of(event)
    mine, empty = shift_at(bar), shift_at(bar)
    one, two = volunteers(event, 2, waits=True)
    take(mine, one), assignments.assign(mine, two, by=planner)
    time_slots.change(mine.time_slot, by=planner, name="Late")
    time_slots.change(empty.time_slot, by=planner, end_time=time(23))
    assert told() == []
    slot = time_slots.change(mine.time_slot, by=planner, end_time=time(23), start_time=time(18))
    assert told() == sorted([one.email, two.email])
    assert utc(slot) == ("06-13 16:00", "06-13 21:00")
    letter = OutgoingMail.objects.filter(template="crew_changed").first()
    [change] = letter.context["changes"]
    assert change["was"].startswith("Bar, Late, Fri 13 Jun, 18:00 to 22:00")
    assert change["now"].startswith("Bar, Late, Fri 13 Jun, 18:00 to 23:00")
    assert counters(mine) == ("open", 1, 1, 1)
