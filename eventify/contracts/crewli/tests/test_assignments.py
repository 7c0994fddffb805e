"""Assignments: assign, claim, decide and cancel, and every reason why not."""

import pytest
import time_machine

from accounts.models import OutgoingMail
from crew.factories import CrowdTypeFactory, PersonFactory, SectionFactory
from crew.models import Assignment, CrewPlan, Shift
from crew.tests import invariants
from crew.tests.scenes import shift_at, take
from eventify.contracts.crewli.tests.conftest import client_of, data_of, errors_of, list_of, refusal_of, ulid
from eventify.contracts.crewli.tests.planning import (
    BAD_IDS,
    NO_ID,
    at,
    day_after,
    festival_of,
    insiders,
    made,
    volunteer_of,
)  # fmt: skip
from eventify.lib.wire import moment
from events.factories import EventFactory

SPOKEN = "Bar, Slot, Fri 13 Jun, 18:00 to 22:00"


@pytest.fixture
def fest(org):
    made = festival_of(org)
    made.bar = SectionFactory(event=made.friday, name="Bar")
    return made


@pytest.fixture
def shift(fest):
    return shift_at(fest.bar)


@pytest.fixture
def person(fest):
    return PersonFactory(event=fest.friday)


def shown(assignment: Assignment, **changed) -> dict:
    return {
        "id": ulid(assignment),
        "shift_id": ulid(assignment.shift),
        "person_id": ulid(assignment.person),
        "status": "approved",
        "assigned_by": None,
        "cancelled_by": None,
        "cancellation_source": None,
        "reason": None,
        "created_at": moment(assignment.created_at),
        **changed,
    }


def on(shift: Shift, *more) -> str:
    return at(shift.section.event, "sections", shift.section, "shifts", shift, *more)


def decision(assignment: Assignment, verb: str) -> str:
    return at(assignment.shift.section.event, "shift-assignments", assignment, verb)


def refused(answer, code: str, field: str, said: str) -> None:
    """That the answer is this refusal, whole."""
    assert answer.status_code == 422, answer.json()
    assert answer.json() == {"message": said, "errors": {field: [said]}, "code": code}


# --- Assign -------------------------------------------------------------------------------------------


def test_a_planner_assigns(as_manager, manager, shift, person):
    answered = made(as_manager, on(shift, "assign"), {"person_id": ulid(person)})
    assignment = Assignment.objects.get()
    assert answered == shown(assignment, assigned_by=ulid(manager))
    assert (assignment.person, assignment.origin) == (person, "assigned")
    shift.refresh_from_db()
    assert (shift.filled_slots, shift.status) == (1, "open")
    assert OutgoingMail.objects.filter(template="crew_assigned", to=person.email).count() == 1


def test_a_full_shift_is_overbooked_only_on_purpose(as_manager, fest, person):
    shift = shift_at(fest.bar, slots_total=1, slots_open_for_claiming=1)
    take(shift, volunteer_of(fest.friday)[0])
    body = {"person_id": ulid(person)}
    for wish in ({}, {"overbook": False}, {"allow_clash": True}):
        answer = as_manager.post(on(shift, "assign"), {**body, **wish})
        refused(answer, "full", "shift", f"{SPOKEN}: its only place is filled.")
    made(as_manager, on(shift, "assign"), {**body, "overbook": True})
    shift.refresh_from_db()
    assert (shift.filled_slots, shift.fill_rate, shift.status) == (2, 2.0, "full")
    invariants.check(fest.friday, overbooked=[shift])


def test_a_clash_is_accepted_only_on_purpose(as_manager, fest, shift, person):
    CrewPlan.objects.create(event=fest.festival, minimum_rest_minutes=90)
    body = {"person_id": ulid(person)}
    made(as_manager, on(shift, "assign"), body)
    overlapping, close = shift_at(fest.bar, "21:00-23:00"), shift_at(fest.bar, "16:00-17:00")
    there = "Bar, Slot, Fri 13 Jun, 21:00 to 23:00"
    refused(as_manager.post(on(overlapping, "assign"), {**body, "overbook": True}), "overlap", "shift",
            f"{there} is at the same time as {SPOKEN}.")  # fmt: skip
    there = "Bar, Slot, Fri 13 Jun, 16:00 to 17:00"
    refused(as_manager.post(on(close, "assign"), body), "rest", "shift",
            f"{there} is too close to {SPOKEN}: there have to be 1.5 hours of rest between them.")  # fmt: skip
    made(as_manager, on(close, "assign"), {**body, "allow_clash": True})
    refused(as_manager.post(on(shift, "assign"), {**body, "allow_clash": True}), "already", "shift",
            f"{SPOKEN}: this person has it already.")  # fmt: skip


@pytest.mark.parametrize(
    "fields, code, said",
    [
        ({"status": "pending"}, "not_approved", "{spoken}: {person} has to be approved first."),
        ({"status": "no_show"}, "not_approved", "{spoken}: {person} has to be approved first."),
        ({"is_blacklisted": True}, "blacklisted", "{spoken}: {person} cannot be given shifts."),
        ({"event": "saturday"}, "wrong_event", "{spoken}: {person} has no part in Friday."),
    ],
)
def test_who_cannot_be_assigned(as_manager, fest, shift, fields, code, said):
    event = getattr(fest, fields.get("event", "friday"))
    person = PersonFactory(**{**fields, "event": event})
    answer = as_manager.post(on(shift, "assign"), {"person_id": ulid(person), "overbook": True, "allow_clash": True})
    refused(answer, code, "person_id", said.format(spoken=SPOKEN, person=person.name))
    assert not Assignment.objects.exists()


@pytest.mark.parametrize("id", BAD_IDS)
def test_an_assignment_needs_a_person_of_the_organisation(as_manager, shift, id):
    for one in (id, ulid(PersonFactory())):
        assert list(errors_of(as_manager.post(on(shift, "assign"), {"person_id": one}))) == ["person_id"]
    assert errors_of(as_manager.post(on(shift, "assign"))) == {"person_id": ["This field is required."]}


@pytest.mark.parametrize("field", ["overbook", "allow_clash"])
def test_a_wish_is_true_or_false(as_manager, shift, person, field):
    for value in (None, "perhaps", [], 5):
        answer = as_manager.post(on(shift, "assign"), {"person_id": ulid(person), field: value})
        assert list(errors_of(answer)) == [field]


def test_the_festivals_people_work_in_its_sub_events_and_theirs_at_its_shared_sections(as_manager, fest, shift):
    of_festival, of_friday = PersonFactory(event=fest.festival), PersonFactory(event=fest.friday)
    gate, camp = shift_at(fest.gate, "10:00-12:00"), shift_at(fest.camp, "13:00-15:00")
    for one, person in ((shift, of_festival), (gate, of_festival), (gate, of_friday)):
        made(as_manager, on(one, "assign"), {"person_id": ulid(person)})
    answer = as_manager.post(on(camp, "assign"), {"person_id": ulid(of_friday)})
    assert answer.json()["code"] == "wrong_event"


# --- Claim --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("body", [None, {}, {"person_id": None}])
@pytest.mark.parametrize("waits, status", [(False, "approved"), (True, "pending_approval")])
def test_a_volunteer_claims_a_shift(fest, shift, body, waits, status):
    kind = CrowdTypeFactory(partner=fest.friday.partner, claims_need_approval=waits)
    person, client = volunteer_of(fest.friday, crowd_type=kind)
    answer = client.post(on(shift, "claim"), body) if body is not None else client.post(on(shift, "claim"))
    answered = data_of(answer, 201)
    assignment = Assignment.objects.get()
    assert answered == shown(assignment, status=status)
    assert (assignment.person, assignment.origin) == (person, "claimed")
    shift.refresh_from_db()
    assert (shift.filled_slots, shift.pending_slots, shift.claimed_slots) == (int(not waits), int(waits), 1)


def test_who_works_for_the_festival_claims_at_its_days_and_at_its_gate(fest, shift):
    person, client = volunteer_of(fest.festival)
    made(client, on(shift, "claim"), {})
    made(client, on(shift_at(fest.gate, "10:00-12:00"), "claim"), {"person_id": ulid(person)})
    of_friday, client = volunteer_of(fest.friday)
    gate = shift_at(fest.gate, "13:00-14:00")
    assert made(client, on(gate, "claim"), {})["person_id"] == ulid(of_friday)


def test_a_planner_claims_for_somebody(as_manager, manager, fest, shift):
    person, _client = volunteer_of(fest.friday)
    answered = made(as_manager, on(shift, "claim"), {"person_id": ulid(person)})
    assert answered == shown(Assignment.objects.get(), assigned_by=ulid(manager))
    answer = as_manager.post(on(shift, "claim"), {})
    said = "Say whose claim this is: you have no part in this event yourself."
    assert errors_of(answer) == {"person_id": [said]}
    assert list(errors_of(as_manager.post(on(shift, "claim"), {"person_id": ulid(PersonFactory())}))) == ["person_id"]


def test_nobody_else_claims_for_somebody(as_stranger, fest, shift, person):
    people = insiders(fest.friday)
    other = PersonFactory(event=fest.friday)
    for one in (ulid(other), NO_ID, ulid(PersonFactory())):
        errors_of(people["volunteer"].post(on(shift, "claim"), {"person_id": one}), 403, "forbidden")
    for body in ({}, {"nonsense": 1}, {"person_id": "x"}):
        errors_of(people["org_member"].post(on(shift, "claim"), body), 403, "forbidden")
        errors_of(as_stranger.post(on(shift, "claim"), body), 404, "not_found")
        errors_of(client_of().post(on(shift, "claim"), body), 401, "unauthenticated")
    assert not Assignment.objects.exists()


@pytest.mark.parametrize("id", [7, True, [], {}, "", "x", "0" * 27, str(10**30)])
def test_a_claim_with_a_bad_id(fest, shift, id):
    _person, client = volunteer_of(fest.friday)
    assert list(errors_of(client.post(on(shift, "claim"), {"person_id": id}))) == ["person_id"]


def test_a_claim_is_refused_with_section_slot_and_time(fest, shift):
    person, client = volunteer_of(fest.friday)
    claim = on(shift, "claim")

    def check(code, said, field="shift", **fields):
        before = Shift.objects.filter(pk=shift.pk).values(*fields).get() if fields else {}
        Shift.objects.filter(pk=shift.pk).update(**fields)
        refused(client.post(claim, {}), code, field, said)
        Shift.objects.filter(pk=shift.pk).update(**before)

    check("not_open", f"{SPOKEN} was cancelled.", status="cancelled")
    check("not_open", f"{SPOKEN} is over.", status="completed")
    check("no_slots", f"{SPOKEN}: no place is left to claim.", status="full")
    check("no_slots", f"{SPOKEN}: no place is left to claim.", slots_open_for_claiming=0)
    with time_machine.travel("2031-06-13T16:00:01Z", tick=False):
        late = client_of(person.user)
        refused(late.post(claim, {}), "not_open", "shift", f"{SPOKEN} has begun already.")
    person.status = "pending"
    person.save()
    check("not_approved", f"{SPOKEN}: {person.name} has to be approved first.", "person_id")
    assert not Assignment.objects.exists()


def test_a_claim_is_refused_beside_another_shift_and_too_close_to_it(fest, shift):
    CrewPlan.objects.create(event=fest.festival, minimum_rest_minutes=8 * 60)
    _person, client = volunteer_of(fest.friday)
    made(client, on(shift, "claim"), {})
    door = SectionFactory(event=fest.friday, name="Door")
    night, morning = shift_at(door, "21:00-03:00"), shift_at(door, "05:00-09:00", day=day_after(1))
    beside = shift_at(door, "19:00-20:00", allow_overlap=True)
    there = "Door, Slot, Fri 13 Jun, 21:00 to 03:00"
    said = f"{there} is at the same time as {SPOKEN}."
    refused(client.post(on(night, "claim"), {}), "overlap", "shift", said)
    there = "Door, Slot, Sat 14 Jun, 05:00 to 09:00"
    said = f"{there} is too close to {SPOKEN}: there have to be 8 hours of rest between them."
    refused(client.post(on(morning, "claim"), {}), "rest", "shift", said)
    refused(client.post(on(shift, "claim"), {}), "already", "shift", f"{SPOKEN}: this person has it already.")
    made(client, on(beside, "claim"), {})
    invariants.check(fest.friday)


# --- Decide -------------------------------------------------------------------------------------------


def waiting(fest, shift, **fields):
    """(a claim that waits, the client of who made it)"""
    kind = CrowdTypeFactory(partner=fest.friday.partner, claims_need_approval=True)
    person, client = volunteer_of(fest.friday, crowd_type=kind, **fields)
    return take(shift, person), client


def short(path: str, assignment: Assignment) -> str:
    """The same address below the assignment's shift."""
    return on(assignment.shift, *path.rstrip("/").split("/")[-3:])


@pytest.mark.parametrize("below_shift", [False, True])
def test_a_planner_approves_rejects_and_cancels(as_manager, manager, fest, shift, below_shift):
    spell = (lambda one, verb: short(decision(one, verb), one)) if below_shift else decision
    first, second = waiting(fest, shift)[0], waiting(fest, shift)[0]
    assert data_of(as_manager.post(spell(first, "approve"), {})) == shown(first)
    assert data_of(as_manager.post(spell(first, "cancel"), {"reason": "Rain"})) == shown(
        first, status="cancelled", cancelled_by=ulid(manager), cancellation_source="organiser", reason="Rain"
    )
    assert data_of(as_manager.post(spell(second, "reject"), {"reason": None})) == shown(second, status="rejected")
    shift.refresh_from_db()
    assert (shift.filled_slots, shift.pending_slots) == (0, 0)
    sent = OutgoingMail.objects.order_by("id").values_list("template", flat=True)
    assert list(sent) == ["crew_claim_approved", "crew_cancelled", "crew_claim_rejected"]
    invariants.check(fest.friday)


def test_what_is_decided_stays_decided(as_manager, fest, shift):
    one, _client = waiting(fest, shift)
    data_of(as_manager.post(decision(one, "reject"), {}))
    said = f"{SPOKEN}: what {one.person.name} has there was decided already."
    for verb in ("approve", "reject", "cancel"):
        assert refusal_of(as_manager.post(decision(one, verb), {}), 409, "conflict")["message"] == said


def test_an_approval_is_refused_as_an_assignment_is(as_manager, fest):
    shift = shift_at(fest.bar, slots_total=1, slots_open_for_claiming=1)
    one, _client = waiting(fest, shift)
    made(as_manager, on(shift, "assign"), {"person_id": ulid(PersonFactory(event=fest.friday))})
    answer = as_manager.post(decision(one, "approve"), {})
    refused(answer, "full", "shift", f"{SPOKEN}: its only place is filled.")
    assert data_of(as_manager.post(decision(one, "approve"), {"overbook": True}))["status"] == "approved"


def test_people_cancel_their_own_shift_in_time(fest, shift):
    (one, client), (other, _client) = waiting(fest, shift), waiting(fest, shift)
    Assignment.objects.update(status="approved")
    own = {"status": "cancelled", "cancelled_by": ulid(one.person.user), "cancellation_source": "person"}
    errors_of(client.post(decision(other, "cancel"), {}), 404, "not_found")
    with time_machine.travel("2031-06-12T16:00:00Z", tick=False):
        late = client_of(one.person.user)
        said = f"{SPOKEN}: it is too late to cancel it yourself. Ask the organisers."
        assert refusal_of(late.post(decision(one, "cancel"), {}), 409, "conflict")["message"] == said
    assert data_of(client.post(decision(one, "cancel"), {"reason": "Ill"})) == shown(one, reason="Ill", **own)
    assert not OutgoingMail.objects.exists()


@pytest.mark.parametrize("verb", ["approve", "reject", "cancel"])
def test_who_decides_what(as_stranger, fest, shift, verb):
    one, own = waiting(fest, shift)
    expected = {"org_member": 404, "volunteer": 404} if verb == "cancel" else {"org_member": 403, "volunteer": 403}
    expected["a member who is a volunteer"] = 404
    for who, client in insiders(fest.friday).items():
        assert client.post(decision(one, verb), {"nonsense": 1}).status_code == expected[who], who
    errors_of(as_stranger.post(decision(one, verb), {}), 404, "not_found")
    errors_of(client_of().post(decision(one, verb), {}), 401, "unauthenticated")
    if verb != "cancel":
        errors_of(own.post(decision(one, verb), {"nonsense": 1}), 403, "forbidden")
    one.refresh_from_db()
    assert one.status == "pending_approval"


@pytest.mark.parametrize("verb, field", [("approve", "overbook"), ("reject", "reason"), ("cancel", "reason")])
def test_a_decision_with_a_bad_body(as_manager, fest, shift, verb, field):
    one, _client = waiting(fest, shift)
    for value in (5, [], {}, "x" * 501):
        assert list(errors_of(as_manager.post(decision(one, verb), {field: value}))) == [field]
    assert list(errors_of(as_manager.post(decision(one, verb), {"nonsense": 1}))) == ["nonsense"]


def test_an_assignment_is_found_only_where_it_is(as_manager, fest, shift):
    one, _client = waiting(fest, shift)
    other, gate = shift_at(fest.bar, "10:00-12:00"), shift_at(fest.gate)
    wrong = [
        at(fest.saturday, "shift-assignments", one, "cancel"),
        at(fest.festival, "shift-assignments", one, "cancel"),
        at(fest.friday, "shift-assignments", NO_ID, "cancel"),
        at(fest.friday, "shift-assignments", "x", "cancel"),
        on(other, "shift-assignments", one, "cancel"),
        on(gate, "shift-assignments", one, "cancel"),
        at(fest.friday, "sections", fest.gate, "shifts", shift, "shift-assignments", one, "cancel"),
        at(fest.friday, "sections", fest.bar, "shifts", NO_ID, "shift-assignments", one, "cancel"),
    ]
    for path in wrong:
        errors_of(as_manager.post(path, {}), 404, "not_found")


# --- The list -----------------------------------------------------------------------------------------


def test_planners_list_all_of_the_event_and_filter(as_manager, fest, shift):
    one, _client = waiting(fest, shift)
    door = shift_at(SectionFactory(event=fest.friday), "10:00-12:00")
    two = take(door, one.person)
    take(shift_at(fest.gate, "13:00-14:00"), one.person)
    deleted = take(shift_at(fest.bar, "15:00-16:00"), one.person)
    data_of(as_manager.delete(on(deleted.shift)))
    path = at(fest.friday, "shift-assignments")
    first, second = shown(one, status="pending_approval"), shown(two, status="pending_approval")
    assert list_of(as_manager.get(path)) == [first, second]
    data_of(as_manager.post(decision(one, "approve"), {}))
    for query, expected in [
        ("status=approved", [shown(one)]),
        ("status=cancelled", []),
        (f"person_id={ulid(one.person)}", [shown(one), second]),
        (f"person_id={NO_ID}", []),
        (f"shift_id={ulid(door).lower()}", [second]),
        (f"section_id={door.section.uid}", [second]),
        (f"section_id={ulid(fest.bar)}&status=pending_approval", []),
        ("person_id=&status=&nonsense=x", [shown(one), second]),
    ]:
        assert list_of(as_manager.get(f"{path}?{query}")) == expected, query


@pytest.mark.parametrize("name", ["status", "person_id", "shift_id", "section_id"])
@pytest.mark.parametrize("value", ["x", "%00", "9" * 40, "é", "%F0%9F%92%A9", "0" * 26 + "Z", "x" * 5000])
def test_a_filter_with_a_bad_value_is_refused(as_manager, fest, name, value):
    answer = as_manager.get(f"{at(fest.friday, 'shift-assignments')}?{name}={value}")
    assert list(errors_of(answer)) == [name]


def test_everybody_else_sees_their_own(as_stranger, fest, shift):
    (one, client), _other = waiting(fest, shift), waiting(fest, shift)
    path = at(fest.friday, "shift-assignments")
    assert list_of(client.get(path)) == [shown(one, status="pending_approval")]
    people = insiders(fest.friday)
    for who in ("org_member", "volunteer"):
        assert list_of(people[who].get(path)) == []
    for outsider in (as_stranger, people["a member who is a volunteer"], volunteer_of(EventFactory())[1]):
        errors_of(outsider.get(path), 404, "not_found")
    errors_of(client_of().get(path), 401, "unauthenticated")
