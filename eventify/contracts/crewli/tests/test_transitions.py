"""The way through the states: every step, what is missing, festivals, and suspended organisations."""

import pytest

from accounts.models import AuditLog
from crew.factories import SectionFactory, TimeSlotFactory
from eventify.contracts.crewli.tests.conftest import data_of, errors_of, refusal_of, ulid
from events.factories import EventFactory
from events.models import Event
from events.tests.test_states import STEPS
from partners.models import Partner

NOT_A_STEP = "An event cannot go from {} to {}."
SPOKEN = {"registration_open": "registration open", "buildup": "build-up", "showday": "show day"}
NO_SLOT = "To open registration an event needs at least one time slot."
NO_SECTION = "To open registration an event needs at least one section."


def planned(org, state: str, **fields) -> Event:
    event = EventFactory(partner=org, state=state, **fields)
    TimeSlotFactory(event=event)
    SectionFactory(event=event)
    return event


def send(client, path: str, event: Event, body):
    return client.post(f"{path}/events/{ulid(event)}/transition", body)


def allowed(state: str) -> set[str]:
    return {to for start, to in STEPS if start == state}


@pytest.mark.parametrize("state", Event.State)
def test_every_step(as_manager, manager, org, path, state):
    for to in Event.State:
        event = planned(org, state)
        answer = send(as_manager, path, event, {"status": to.value})
        if (state, to) in STEPS:
            found = data_of(answer)
            assert (found["id"], found["status"]) == (ulid(event), to)
            assert set(found["allowed_transitions"]) == allowed(to)
            line = AuditLog.objects.filter(action="CHANGED_EVENT_STATE", actor=manager).first()
            assert line.details == {"before": state, "after": to, "reason": ""}
        else:
            body = refusal_of(answer, 422, "invalid_transition")
            sentence = NOT_A_STEP.format(SPOKEN.get(state, state.value), SPOKEN.get(to, to.value))
            assert body == {
                "message": sentence,
                "errors": {"status": [sentence]},
                "code": "invalid_transition",
                "current_status": state,
                "requested_status": to,
                "allowed_transitions": body["allowed_transitions"],
            }
            assert set(body["allowed_transitions"]) == allowed(state)
            event.refresh_from_db()
            assert event.state == state


@pytest.mark.parametrize("word", ["open", "PUBLISHED", "Published ", "é💥"])
def test_unknown_words(as_manager, org, path, word):
    event = EventFactory(partner=org)
    body = refusal_of(send(as_manager, path, event, {"status": word}), 422, "invalid_transition")
    assert (body["current_status"], body["requested_status"]) == ("published", word.strip())
    assert set(body["allowed_transitions"]) == allowed("published")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "status"),
        ({"status": None}, "status"),
        ({"status": 5}, "status"),
        ({"status": ["published"]}, "status"),
        ({"status": "x" * 101}, "status"),
        ({"status": "draft", "reason": 5}, "reason"),
        ({"status": "draft", "to": "draft"}, "to"),
    ],
)
def test_bodies_that_are_no_step(as_manager, org, path, body, field):
    event = EventFactory(partner=org)
    assert list(errors_of(send(as_manager, path, event, body))) == [field]


@pytest.mark.parametrize("lacking", [{"starts_at": None}, {"ends_at": None}, {"starts_at": None, "ends_at": None}])
def test_to_be_published_an_event_needs_dates(as_manager, org, path, lacking):
    event = EventFactory(partner=org, state="draft", **lacking)
    body = refusal_of(send(as_manager, path, event, {"status": "published"}), 422, "invalid_transition")
    sentence = "To be published an event needs a name, a start and an end."
    assert body == {
        "message": sentence,
        "errors": {"status": [sentence]},
        "code": "invalid_transition",
        "current_status": "draft",
        "requested_status": "published",
        "allowed_transitions": ["published", "cancelled"],
    }


def test_to_open_registration_an_event_needs_a_slot_and_a_section(as_manager, org, path):
    event = EventFactory(partner=org)
    body = refusal_of(send(as_manager, path, event, {"status": "registration_open"}), 422, "invalid_transition")
    assert body["errors"] == {"status": [NO_SLOT, NO_SECTION]}
    assert body["current_status"] == "published" and body["requested_status"] == "registration_open"
    SectionFactory(event=event)
    body = refusal_of(send(as_manager, path, event, {"status": "registration_open"}), 422, "invalid_transition")
    assert body["errors"] == {"status": [NO_SLOT]}
    TimeSlotFactory(event=event)
    assert data_of(send(as_manager, path, event, {"status": "registration_open"}))["status"] == "registration_open"


def test_a_suspended_organisation_goes_on_planning_but_publishes_nothing(as_manager, org, path):
    draft, running = EventFactory(partner=org, state="draft"), planned(org, "published")
    Partner.objects.filter(pk=org.pk).update(status="Suspended")
    body = refusal_of(send(as_manager, path, draft, {"status": "published"}), 422, "invalid_transition")
    assert body["errors"] == {"status": ["The organisation is suspended and cannot publish events."]}
    assert data_of(send(as_manager, path, running, {"status": "registration_open"}))["status"] == "registration_open"
    assert data_of(as_manager.put(f"{path}/events/{ulid(draft)}", {"name": "Renamed"}))["name"] == "Renamed"


def test_a_cancellation_says_why(as_manager, org, path):
    event = EventFactory(partner=org)
    assert data_of(send(as_manager, path, event, {"status": "cancelled", "reason": "Storm"}))["status"] == "cancelled"
    event.refresh_from_db()
    assert event.cancelled_reason == "Storm"


def test_a_festival_takes_its_sub_events_along(as_manager, org, path):
    festival = EventFactory(partner=org, kind="festival", state="buildup")
    states = ("draft", "published", "buildup", "showday", "teardown", "cancelled")
    for number, state in enumerate(states):
        EventFactory(partner=org, parent=festival, state=state, name=f"Day {number}")
    found = data_of(send(as_manager, path, festival, {"status": "showday"}))
    after = {child["name"]: child["status"] for child in found["children"]}
    assert list(after.values()).count("showday") == 4
    assert (after["Day 4"], after["Day 5"]) == ("teardown", "cancelled")
    found = data_of(send(as_manager, path, festival, {"status": "teardown"}))
    assert [child["status"] for child in found["children"]].count("teardown") == 5
    found = data_of(send(as_manager, path, festival, {"status": "closed"}))
    assert {child["status"] for child in found["children"]} == {"closed", "cancelled"}
    assert found["allowed_transitions"] == []
