"""Time slots: local days and times, a festival's beside those of its sub-events, and who may change them."""

from datetime import UTC, datetime

import pytest

from accounts.models import OutgoingMail
from crew.factories import ShiftFactory, TimeSlotFactory
from crew.models import TimeSlot
from crew.tests.scenes import take
from eventify.contracts.crewli.tests.conftest import client_of, data_of, errors_of, list_of, refusal_of, ulid
from eventify.contracts.crewli.tests.planning import (
    DAY,
    NO_ID,
    at,
    check_only_planners,
    day_after,
    festival_of,
    insiders,
    made,
    volunteer_of,
)  # fmt: skip
from eventify.lib.wire import moment

EVENING = {
    "name": "Evening", "person_type": "VOLUNTEER", "date": "2031-06-13", "start_time": "18:00", "end_time": "22:30",
}  # fmt: skip


@pytest.fixture
def fest(org):
    return festival_of(org)


def shown(slot: TimeSlot, **changed) -> dict:
    slot.refresh_from_db()
    return {
        "id": ulid(slot),
        "event_id": ulid(slot.event),
        "event_name": slot.event.name,
        "source": None,
        "name": slot.name,
        "person_type": "VOLUNTEER",
        "date": f"{slot.date:%F}",
        "start_time": "18:00",
        "end_time": "22:00",
        "duration_hours": 4.0,
        "created_at": moment(slot.created_at),
        **changed,
    }


def test_a_slot_is_made_changed_and_deleted(as_manager, fest):
    path = at(fest.friday, "time-slots")
    answered = made(as_manager, path, {**EVENING, "end_time": "22:30:00"})
    slot = TimeSlot.objects.get()
    said = {"source": "sub_event", "name": "Evening", "end_time": "22:30", "duration_hours": 4.5}
    assert answered == shown(slot, **said)
    assert (slot.starts_at, slot.ends_at) == (
        datetime(2031, 6, 13, 16, tzinfo=UTC),
        datetime(2031, 6, 13, 20, 30, tzinfo=UTC),
    )
    one = at(fest.friday, "time-slots", slot)
    night = {"start_time": "22:00", "end_time": "04:00", "person_type": "CREW", "name": "Night"}
    changed = data_of(as_manager.put(one, night))
    assert changed == shown(slot, source="sub_event", duration_hours=6.0, **night)
    assert TimeSlot.objects.get().ends_at == datetime(2031, 6, 14, 2, tzinfo=UTC)
    assert data_of(as_manager.put(one, changed)) == changed
    assert list_of(as_manager.get(path)) == [changed]
    assert data_of(as_manager.delete(one)) is None
    assert not TimeSlot.objects.exists()
    errors_of(as_manager.put(one, {}), 404, "not_found")


@pytest.mark.parametrize("day, hours", [("2031-03-30", 2.0), ("2031-10-26", 4.0)])
def test_a_night_in_which_the_clocks_change_is_as_long_as_it_is(as_manager, fest, day, hours):
    slot = {**EVENING, "date": day, "start_time": "01:00", "end_time": "04:00"}
    assert made(as_manager, at(fest.friday, "time-slots"), slot)["duration_hours"] == hours


def test_a_sub_event_shows_the_festivals_slots_when_asked(as_manager, fest):
    later = TimeSlotFactory(event=fest.friday, name="Show", date=day_after(1))
    first = TimeSlotFactory(event=fest.friday, name="Early", date=DAY)
    build = TimeSlotFactory(event=fest.festival, name="Build-up", date=day_after(-1))
    TimeSlotFactory(event=fest.saturday)
    path = at(fest.friday, "time-slots")
    own = [shown(first, source="sub_event"), shown(later, source="sub_event")]
    festivals = shown(build, source="festival", event_name="Fest")
    for query in ("", "?include_parent=false", "?include_parent=0", "?include_parent="):
        assert list_of(as_manager.get(path + query)) == own
    for query in ("?include_parent=true", "?include_parent=1"):
        assert list_of(as_manager.get(path + query)) == [festivals, *own]
    for query in ("", "?include_parent=true"):
        assert list_of(as_manager.get(at(fest.festival, "time-slots") + query)) == [festivals]
    assert list(errors_of(as_manager.get(f"{path}?include_parent=perhaps"))) == ["include_parent"]


def test_include_parent_changes_nothing_for_an_event_without_a_festival(as_manager, event, fest):
    slot = TimeSlotFactory(event=event)
    TimeSlotFactory(event=fest.festival)
    assert list_of(as_manager.get(f"{at(event, 'time-slots')}?include_parent=true")) == [shown(slot)]


def test_the_festivals_slot_is_not_changed_under_a_sub_events_id(as_manager, fest):
    slot = TimeSlotFactory(event=fest.festival)
    for path in (at(fest.friday, "time-slots", slot), at(fest.friday, "time-slots", NO_ID)):
        errors_of(as_manager.put(path, {"name": "X"}), 404, "not_found")
        errors_of(as_manager.delete(path), 404, "not_found")


def test_a_slot_that_shifts_use_stays_and_who_has_them_is_told_when_it_moves(as_manager, fest):
    person, _client = volunteer_of(fest.friday)
    slot = TimeSlotFactory(event=fest.friday, name="Show", date=DAY)
    shift = ShiftFactory(section__event=fest.friday, section__name="Bar", time_slot=slot)
    take(shift, person)
    path = at(fest.friday, "time-slots", slot)
    answer = as_manager.delete(path)
    assert refusal_of(answer, 409, "conflict")["message"] == "Show has shifts. Delete those first."
    data_of(as_manager.put(path, {"start_time": "19:00"}))
    letter = OutgoingMail.objects.get(template="crew_changed")
    assert letter.to == person.email
    assert letter.context["changes"] == [
        {
            "was": "Bar, Show, Fri 13 Jun, 18:00 to 22:00 (CEST)",
            "now": "Bar, Show, Fri 13 Jun, 19:00 to 22:00 (CEST)",
            "where": "",
        }
    ]


@pytest.mark.parametrize("field", list(EVENING))
def test_all_of_a_slot_is_needed(as_manager, event, field):
    body = {name: value for name, value in EVENING.items() if name != field}
    assert errors_of(as_manager.post(at(event, "time-slots"), body)) == {field: ["This field is required."]}
    body[field] = None
    assert errors_of(as_manager.post(at(event, "time-slots"), body)) == {field: ["This field may not be null."]}


_DAY = "Use a day such as 2026-07-31, from 1970 to 2199."
_CLOCK = "Use a time such as 18:30."


@pytest.mark.parametrize(
    "field, value, said",
    [
        ("person_type", "volunteer", "Choose one of: CREW, VOLUNTEER, GUEST, ARTIST, PRESS, PARTNER, SUPPLIER."),
        ("date", "13-06-2031", _DAY),
        ("date", "2031-02-30", _DAY),
        ("date", "0001-01-01", _DAY),
        ("date", "9999-12-31", _DAY),
        ("date", "2031-06-13T10:00:00Z", _DAY),
        ("date", 20310613, "Not a valid string."),
        ("start_time", "24:00", _CLOCK),
        ("start_time", "18.00", _CLOCK),
        ("start_time", "٠٨:٠٠", _CLOCK),
        ("end_time", "6pm", _CLOCK),
        ("end_time", 18, "Not a valid string."),
        ("name", "x" * 101, "Ensure this field has no more than 100 characters."),
        ("event_id", NO_ID, "This is not the one that the address names."),
    ],
)
def test_what_a_slot_cannot_be(as_manager, event, field, value, said):
    assert errors_of(as_manager.post(at(event, "time-slots"), {**EVENING, field: value})) == {field: [said]}
    slot = TimeSlotFactory(event=event)
    assert errors_of(as_manager.put(at(event, "time-slots", slot), {field: value})) == {field: [said]}
    assert TimeSlot.objects.get() == slot


# --- Who ----------------------------------------------------------------------------------------------


def test_everybody_of_the_event_reads_its_slots(as_stranger, event):
    slot, people = TimeSlotFactory(event=event), insiders(event)
    uninvolved = people.pop("a member who is a volunteer")
    for who, client in people.items():
        assert list_of(client.get(at(event, "time-slots"))) == [shown(slot)], who
    for client in (as_stranger, uninvolved):
        errors_of(client.get(at(event, "time-slots")), 404, "not_found")
    errors_of(client_of().get(at(event, "time-slots")), 401, "unauthenticated")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_only_planners_change_slots(as_stranger, event, method):
    parts = ["time-slots"] if method == "POST" else ["time-slots", TimeSlotFactory(event=event)]
    check_only_planners(event, method, at(event, *parts), as_stranger)
