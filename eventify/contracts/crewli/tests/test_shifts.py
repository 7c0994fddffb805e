"""Shifts: what they refer to, what volunteers see of them, and what follows when they change or go."""

import pytest

from accounts.models import OutgoingMail
from crew.factories import LocationFactory, SectionFactory, ShiftFactory, TimeSlotFactory
from crew.models import Assignment, Shift
from crew.tests.scenes import DAY, shift_at, take
from eventify.contracts.crewli.tests.conftest import client_of, data_of, errors_of, list_of, refusal_of, ulid
from eventify.contracts.crewli.tests.planning import (
    BAD_IDS,
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
from events.factories import EventFactory


@pytest.fixture
def fest(org):
    made = festival_of(org)
    made.bar = SectionFactory(event=made.friday, name="Bar")
    made.slot = TimeSlotFactory(event=made.friday, name="Show", date=DAY)
    return made


def shown(shift: Shift, **changed) -> dict:
    shift.refresh_from_db()
    return {
        "id": ulid(shift),
        "section_id": ulid(shift.section),
        "time_slot_id": ulid(shift.time_slot),
        "location_id": shift.location and ulid(shift.location),
        "title": shift.title or None,
        "description": None,
        "instructions": None,
        "slots_total": 2,
        "slots_open_for_claiming": 2,
        "claimable_slots": 2,
        "report_time": None,
        "status": "open",
        "filled_slots": 0,
        "fill_rate": 0.0,
        "is_lead_role": False,
        "allow_overlap": False,
        "created_at": moment(shift.created_at),
        **changed,
    }


def shifts_of(section, *more) -> str:
    return at(section.event, "sections", section, "shifts", *more)


def test_a_shift_is_made_changed_and_deleted(as_manager, fest):
    path = shifts_of(fest.bar)
    bare = made(as_manager, path, {"time_slot_id": ulid(fest.slot)})
    draft = {"slots_total": 1, "slots_open_for_claiming": 0, "claimable_slots": 0, "status": "draft"}
    assert bare == shown(Shift.objects.get(), **draft)
    location = LocationFactory(event=fest.festival)
    said = {
        "title": "Tap", "description": "Pour", "instructions": "Cold", "slots_total": 4, "slots_open_for_claiming": 3,
        "report_time": "17:45", "status": "open", "is_lead_role": True, "allow_overlap": True,
    }  # fmt: skip
    references = {
        "time_slot_id": str(fest.slot.uid), "location_id": ulid(location).lower(), "section_id": ulid(fest.bar)
    }  # fmt: skip
    full = made(as_manager, path, {**said, **references})
    shift = Shift.objects.get(title="Tap")
    assert full == shown(shift, **said, claimable_slots=3)
    assert full["location_id"] == ulid(location)
    assert list_of(as_manager.get(path)) == [bare, full]

    one = shifts_of(fest.bar, shift)
    changes = {"title": None, "location_id": None, "report_time": None, "status": "draft", "slots_total": 6}
    changed = data_of(as_manager.put(one, changes))
    assert changed == shown(shift, **{**said, **changes}, claimable_slots=3)
    assert data_of(as_manager.put(one, changed)) == changed  # what is answered may come back
    assert data_of(as_manager.delete(one)) is None
    errors_of(as_manager.put(one, {}), 404, "not_found")
    assert list_of(as_manager.get(path)) == [bare]


def test_a_shift_moves_to_another_section_of_the_event(as_manager, fest):
    shift, other = ShiftFactory(section=fest.bar, time_slot=fest.slot), SectionFactory(event=fest.friday)
    answer = as_manager.put(shifts_of(fest.bar, shift), {"section_id": ulid(other)})
    assert data_of(answer) == shown(shift, section_id=ulid(other))
    assert list_of(as_manager.get(shifts_of(fest.bar))) == []
    errors_of(as_manager.put(shifts_of(fest.bar, shift), {}), 404, "not_found")
    answer = as_manager.put(shifts_of(other, shift), {"section_id": ulid(fest.camp)})
    assert errors_of(answer) == {"section_id": ["There is none with this id."]}


def test_shifts_come_by_their_start(as_manager, fest):
    late, early = (shift_at(fest.bar, "20:00-23:00", day=day_after(number)) for number in (1, 0))
    middle = shift_at(fest.bar, "21:00-23:00")
    expected = [ulid(early), ulid(middle), ulid(late)]
    assert [row["id"] for row in list_of(as_manager.get(shifts_of(fest.bar)))] == expected
    answer = as_manager.get(shifts_of(fest.bar) + "?page=2&per_page=2").json()
    assert [row["id"] for row in answer["data"]] == expected[2:]
    assert answer["meta"] == {"current_page": 2, "per_page": 2, "total": 3, "last_page": 2}


# --- References ---------------------------------------------------------------------------------------


def test_a_sub_events_shift_may_use_the_festivals_slots_and_locations(as_manager, fest):
    build, place = TimeSlotFactory(event=fest.festival), LocationFactory(event=fest.festival)
    body = {"time_slot_id": ulid(build), "location_id": ulid(place)}
    assert made(as_manager, shifts_of(fest.bar), body)["time_slot_id"] == ulid(build)


@pytest.mark.parametrize("field", ["time_slot_id", "location_id", "section_id"])
def test_a_shift_uses_nothing_of_other_events(as_manager, fest, field):
    make = {"time_slot_id": TimeSlotFactory, "location_id": LocationFactory, "section_id": SectionFactory}[field]
    shift = ShiftFactory(section=fest.bar, time_slot=fest.slot)
    for event in (fest.saturday, EventFactory(partner=fest.friday.partner), EventFactory()):
        changes = {field: ulid(make(event=event))}
        body = {"time_slot_id": ulid(fest.slot), **changes}
        assert list(errors_of(as_manager.post(shifts_of(fest.bar), body))) == [field]
        answer = as_manager.put(shifts_of(fest.bar, shift), changes)
        assert errors_of(answer) == {field: ["There is none with this id."]}
    # a festival's shift uses none of its sub-events'
    slot = TimeSlotFactory(event=fest.festival)
    body = {"time_slot_id": ulid(slot), field: ulid(make(event=fest.friday))}
    assert list(errors_of(as_manager.post(shifts_of(fest.camp), body))) == [field]
    assert Shift.objects.get() == shift


@pytest.mark.parametrize("id", BAD_IDS)
def test_ids_in_a_shift_are_ids(as_manager, fest, id):
    shift = ShiftFactory(section=fest.bar, time_slot=fest.slot)
    assert list(errors_of(as_manager.post(shifts_of(fest.bar), {"time_slot_id": id}))) == ["time_slot_id"]
    for field in ("time_slot_id", "location_id", "section_id"):
        answer = as_manager.put(shifts_of(fest.bar, shift), {field: id})
        if id is None and field == "location_id":
            assert data_of(answer)["location_id"] is None
        else:
            assert list(errors_of(answer)) == [field]


@pytest.mark.parametrize(
    "changes, field, said",
    [
        ({"title": "x" * 201}, "title", "Ensure this field has no more than 200 characters."),
        ({"description": "x" * 10_001}, "description", "Ensure this field has no more than 10000 characters."),
        ({"instructions": 5}, "instructions", "Not a valid string."),
        ({"slots_total": 0}, "slots_total", "A shift needs at least one place."),
        ({"slots_total": 10_001}, "slots_total", "Ensure this value is less than or equal to 10000."),
        ({"slots_total": "3"}, "slots_total", "A valid integer is required."),
        ({"slots_total": None}, "slots_total", "This field may not be null."),
        (
            {"slots_open_for_claiming": -1},
            "slots_open_for_claiming",
            "Ensure this value is greater than or equal to 0.",
        ),
        ({"slots_open_for_claiming": 3}, "slots_open_for_claiming", "Not more places can be claimed than there are."),
        ({"report_time": "5 o'clock"}, "report_time", "Use a time such as 18:30."),
        ({"status": "Open"}, "status", "Choose one of: draft, open, full, completed, cancelled."),
        ({"status": "completed"}, "status", None),
        ({"is_lead_role": "perhaps"}, "is_lead_role", "Must be a valid boolean."),
        ({"allow_overlap": None}, "allow_overlap", "This field may not be null."),
        ({"colour": 1}, "colour", "This field is not known here."),
    ],
)
def test_what_a_shift_cannot_be(as_manager, fest, changes, field, said):
    shift = ShiftFactory(section=fest.bar, time_slot=fest.slot)
    before = shown(shift)
    body = {"time_slot_id": ulid(fest.slot), "slots_total": 2, **changes}
    for answer in (as_manager.post(shifts_of(fest.bar), body), as_manager.put(shifts_of(fest.bar, shift), changes)):
        errors = errors_of(answer)
        assert list(errors) == [field] and (said is None or errors[field] == [said])
    assert shown(Shift.objects.get()) == before


@pytest.mark.parametrize("status", ["full", "cancelled", "completed"])
def test_a_new_shift_is_a_draft_or_open(as_manager, fest, status):
    answer = as_manager.post(shifts_of(fest.bar), {"time_slot_id": ulid(fest.slot), "status": status})
    assert errors_of(answer) == {"status": ["A new shift is a draft or open."]}


# --- A festival's shared section ----------------------------------------------------------------------


def test_shifts_of_a_shared_section_are_the_festivals(as_manager, fest):
    slot = TimeSlotFactory(event=fest.festival)
    body = {"time_slot_id": ulid(slot), "status": "open"}
    there = made(as_manager, shifts_of(fest.gate), body)
    said = "Gate is a section of Fest: use the id of that event in the address."
    shift = at(fest.friday, "sections", fest.gate, "shifts", there["id"])
    for method, path in [
        ("GET", shift.rsplit("/", 1)[0]),
        ("POST", shift.rsplit("/", 1)[0]),
        ("PUT", shift),
        ("DELETE", shift),
        ("POST", f"{shift}/assign"),
        ("POST", f"{shift}/claim"),
    ]:
        answer = as_manager.generic(method, path, "{}", content_type="application/json")
        assert errors_of(answer) == {"event": [said]}, (method, path)
    assert list_of(as_manager.get(shifts_of(fest.gate))) == [there]


def test_a_section_and_a_shift_that_do_not_belong_together_are_missing(as_manager, fest):
    shift, other = ShiftFactory(section=fest.bar, time_slot=fest.slot), SectionFactory(event=fest.friday)
    strange = ShiftFactory()
    for section, one in [(other, shift), (fest.bar, strange), (fest.bar, NO_ID), (strange.section, strange)]:
        path = at(fest.friday, "sections", section, "shifts", one)
        for method in ("PUT", "DELETE"):
            errors_of(as_manager.generic(method, path), 404, "not_found")
        for verb in ("assign", "claim"):
            errors_of(as_manager.post(f"{path}/{verb}", {}), 404, "not_found")
    errors_of(as_manager.get(at(fest.saturday, "sections", fest.bar, "shifts")), 404, "not_found")


# --- People in it -------------------------------------------------------------------------------------


def test_a_deleted_shift_ends_its_assignments_and_tells(as_manager, fest):
    person, _client = volunteer_of(fest.friday)
    shift = shift_at(fest.bar)
    taken = take(shift, person)
    assert list_of(as_manager.get(shifts_of(fest.bar))) == [
        shown(shift, filled_slots=1, fill_rate=0.5, claimable_slots=1)
    ]
    assert data_of(as_manager.delete(shifts_of(fest.bar, shift))) is None
    taken.refresh_from_db()
    assert (taken.status, taken.cancellation_source) == ("cancelled", "organiser")
    assert OutgoingMail.objects.filter(template="crew_cancelled", to=person.email).count() == 1


def test_a_shift_in_which_somebody_has_worked_stays(as_manager, fest):
    person, _client = volunteer_of(fest.friday)
    shift = shift_at(fest.bar)
    take(shift, person)
    Assignment.objects.update(status="completed")
    answer = as_manager.delete(shifts_of(fest.bar, shift))
    said = "Bar, Slot, Fri 13 Jun, 18:00 to 22:00: people have worked in it, so it stays."
    assert refusal_of(answer, 409, "conflict")["message"] == said


def test_fill_rate_and_status_follow_the_people(as_manager, fest):
    shift = shift_at(fest.bar, slots_total=1, slots_open_for_claiming=1)
    take(shift, volunteer_of(fest.friday)[0])
    said = {"slots_total": 1, "slots_open_for_claiming": 1, "claimable_slots": 0}
    full = shown(shift, status="full", filled_slots=1, fill_rate=1.0, **said)
    assert list_of(as_manager.get(shifts_of(fest.bar))) == [full]
    more = data_of(as_manager.put(shifts_of(fest.bar, shift), {"slots_total": 3, "status": "full"}))
    assert more == {**full, "slots_total": 3, "status": "open", "fill_rate": 0.3333}
    cancelled = data_of(as_manager.put(shifts_of(fest.bar, shift), {"status": "cancelled"}))
    assert cancelled == {**more, "status": "cancelled", "filled_slots": 0, "fill_rate": 0.0, "claimable_slots": 1}


# --- Who ----------------------------------------------------------------------------------------------


def test_volunteers_do_not_see_drafts(as_manager, as_stranger, fest):
    shift, draft = shift_at(fest.bar, "10:00-12:00"), shift_at(fest.bar, status="draft")
    people = insiders(fest.friday)
    everything = [shown(shift), shown(draft, status="draft")]
    assert list_of(as_manager.get(shifts_of(fest.bar))) == everything
    assert list_of(people["org_member"].get(shifts_of(fest.bar))) == everything
    assert list_of(people["volunteer"].get(shifts_of(fest.bar))) == everything[:1]
    errors_of(people["volunteer"].post(shifts_of(fest.bar, draft, "claim"), {}), 404, "not_found")
    for client in (as_stranger, people["a member who is a volunteer"]):
        errors_of(client.get(shifts_of(fest.bar)), 404, "not_found")
    errors_of(client_of().get(shifts_of(fest.bar)), 401, "unauthenticated")


def test_who_works_for_the_festival_sees_its_days_and_who_works_a_day_the_festival(fest):
    _person, of_festival = volunteer_of(fest.festival)
    _person, of_friday = volunteer_of(fest.friday)
    for client, seen in ((of_festival, 200), (of_friday, 404)):
        saturday = SectionFactory(event=fest.saturday)
        assert client.get(shifts_of(saturday)).status_code == seen
        assert client.get(shifts_of(fest.gate)).status_code == 200
        assert client.get(shifts_of(fest.bar)).status_code == 200


@pytest.mark.parametrize(
    "method, parts", [("POST", ()), ("PUT", ("it",)), ("DELETE", ("it",)), ("POST", ("it", "assign"))]
)
def test_only_planners_change_shifts(as_stranger, fest, method, parts):
    shift = shift_at(fest.bar)
    path = shifts_of(fest.bar, *(shift if part == "it" else part for part in parts))
    check_only_planners(fest.friday, method, path, as_stranger)
