"""A festival and its days as one plan: what is shared, what is not, and one human with a part in several of them."""

import pytest

from crew import plans
from crew.factories import CrowdTypeFactory, PersonFactory, SectionFactory, TimeSlotFactory
from crew.models import CrewPlan
from crew.tests import invariants
from crew.tests.scenes import DAY, shift_at, take
from eventify.contracts.crewli.tests.conftest import client_of, data_of, errors_of, list_of, refusal_of, ulid
from eventify.contracts.crewli.tests.planning import at, festival_of, made, volunteer_of


@pytest.fixture
def fest(org):
    return festival_of(org)


def claim(shift) -> str:
    return at(shift.section.event, "sections", shift.section, "shifts", shift, "claim")


def test_a_shared_section_is_planned_at_the_festival_and_worked_by_the_people_of_a_day(as_manager, fest):
    slot = made(as_manager, at(fest.festival, "time-slots"), {
        "name": "Doors", "person_type": "CREW", "date": "2031-06-13", "start_time": "16:00", "end_time": "23:30",
    })  # fmt: skip
    body = {"time_slot_id": slot["id"], "slots_total": 2, "slots_open_for_claiming": 2, "status": "open"}
    shifts = at(fest.festival, "sections", fest.gate, "shifts")
    shift = made(as_manager, shifts, body)
    person, client = volunteer_of(fest.friday)
    seen = [row["id"] for row in list_of(client.get(at(fest.friday, "sections")))]
    assert seen == [ulid(fest.gate)]
    wrong = at(fest.friday, "sections", fest.gate, "shifts", shift["id"], "claim")
    said = "Gate is a section of Fest: use the id of that event in the address."
    assert errors_of(client.post(wrong, {})) == {"event": [said]}
    claimed = made(client, f"{shifts}/{shift['id']}/claim", {})
    assert (claimed["person_id"], claimed["status"]) == (ulid(person), "approved")
    assert list_of(client.get(at(fest.festival, "shift-assignments"))) == [claimed]
    assert list_of(client.get(at(fest.friday, "shift-assignments"))) == []
    assert list_of(client.get(shifts))[0]["filled_slots"] == 1


def test_a_day_uses_the_festivals_slots_and_keeps_them_from_being_deleted(as_manager, fest):
    build = TimeSlotFactory(event=fest.festival, name="Build-up", date=DAY)
    section = SectionFactory(event=fest.friday)
    body = {"time_slot_id": ulid(build)}
    made(as_manager, at(fest.friday, "sections", section, "shifts"), body)
    answer = as_manager.delete(at(fest.festival, "time-slots", build))
    assert refusal_of(answer, 409, "conflict")["message"] == "Build-up has shifts. Delete those first."


def test_the_festivals_minimum_rest_counts_at_its_days(as_manager, fest):
    path = f"/api/v1/organisations/{ulid(fest.festival.partner)}/events/{ulid(fest.festival)}"
    data_of(as_manager.put(path, {"minimum_rest_minutes": 120}))
    assert CrewPlan.objects.get().event == fest.festival
    assert plans.plan_for(fest.friday).minimum_rest_minutes == 120
    bar = SectionFactory(event=fest.friday, name="Bar")
    first, close, far = (shift_at(bar, hours) for hours in ("10:00-12:00", "13:59-15:00", "14:00-16:00"))
    _person, client = volunteer_of(fest.friday)
    made(client, claim(first), {})
    said = (
        "Bar, Slot, Fri 13 Jun, 13:59 to 15:00 is too close to Bar, Slot, Fri 13 Jun, 10:00 to 12:00: "
        "there have to be 2 hours of rest between them."
    )
    assert refusal_of(client.post(claim(close), {}), 422, "rest")["message"] == said
    made(client, claim(far), {})


@pytest.mark.parametrize("alike", ["user", "email"])
def test_one_human_with_two_parts_does_not_work_twice_at_a_time(as_manager, fest, alike):
    friday, client = volunteer_of(fest.friday)
    same = {alike: getattr(friday, alike)}
    saturday = PersonFactory(event=fest.saturday, crowd_type=friday.crowd_type, **same)
    bar, tent = SectionFactory(event=fest.friday, name="Bar"), SectionFactory(event=fest.saturday, name="Tent")
    first, second = shift_at(bar, "18:00-02:00"), shift_at(tent, "01:00-03:00")
    night = shift_at(tent, "01:00-03:00", day=DAY.replace(day=14))
    made(client, claim(first), {})
    assign = at(fest.saturday, "sections", tent, "shifts", night, "assign")
    answer = as_manager.post(assign, {"person_id": ulid(saturday)})
    assert refusal_of(answer, 422, "overlap")["message"] == (
        "Tent, Slot, Sat 14 Jun, 01:00 to 03:00 is at the same time as Bar, Slot, Fri 13 Jun, 18:00 to 02:00."
    )
    made(as_manager, assign.replace(ulid(night), ulid(second)), {"person_id": ulid(saturday)})
    invariants.check(fest.friday)
    invariants.check(fest.saturday)


def test_the_people_of_a_day_are_not_the_festivals_and_not_another_days(as_manager, fest):
    person = PersonFactory(event=fest.friday)
    assert [row["id"] for row in list_of(as_manager.get(at(fest.friday, "persons")))] == [ulid(person)]
    for event in (fest.festival, fest.saturday):
        assert list_of(as_manager.get(at(event, "persons"))) == []
        errors_of(as_manager.get(at(event, "persons", person)), 404, "not_found")


def test_a_claim_waits_for_the_planners_of_the_festival(as_manager, fest):
    kind = CrowdTypeFactory(partner=fest.festival.partner, claims_need_approval=True)
    person, client = volunteer_of(fest.festival, crowd_type=kind)
    bar = SectionFactory(event=fest.saturday, name="Bar")
    one = take(shift_at(bar), person)
    path = at(fest.saturday, "shift-assignments")
    assert [row["status"] for row in list_of(as_manager.get(f"{path}?status=pending_approval"))] == ["pending_approval"]
    approved = data_of(as_manager.post(f"{path}/{ulid(one)}/approve", {}))
    assert list_of(client.get(path)) == [approved]
    assert list_of(client_of(volunteer_of(fest.saturday)[0].user).get(path)) == []
