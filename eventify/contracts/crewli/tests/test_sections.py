"""Sections: an event's own and those of its festival, their order, and who may change them."""

import pytest

from accounts.models import AuditLog
from crew.factories import SectionFactory, ShiftFactory
from crew.models import Section
from eventify.contracts.crewli.tests.conftest import client_of, data_of, errors_of, list_of, member, refusal_of, ulid
from eventify.contracts.crewli.tests.planning import (
    BAD_IDS,
    NO_ID,
    at,
    check_only_planners,
    festival_of,
    insiders,
    made,
)  # fmt: skip
from eventify.lib.wire import moment
from events.factories import EventFactory


@pytest.fixture
def fest(org):
    return festival_of(org)


def shown(section: Section, **changed) -> dict:
    section.refresh_from_db()
    return {
        "id": ulid(section),
        "event_id": ulid(section.event),
        "name": section.name,
        "category": section.category or None,
        "type": "standard",
        "sort_order": section.sort_order,
        "crew_need": None,
        "is_gate": False,
        "created_at": moment(section.created_at),
        **changed,
    }


def test_a_section_is_made_changed_and_deleted(as_manager, event):
    path = at(event, "sections")
    first = made(as_manager, path, {"name": " Bar "})
    assert first == shown(Section.objects.get(), name="Bar", sort_order=0)
    body = {"name": "Stage", "category": "Podium", "crew_need": 12, "is_gate": True, "event_id": ulid(event)}
    second = made(as_manager, path, {**body, "type": "standard"})
    row = Section.objects.get(name="Stage")
    said = {"category": "Podium", "crew_need": 12, "is_gate": True, "sort_order": 1}
    assert second == shown(row, **said)
    assert list_of(as_manager.get(path)) == [first, second]

    one = at(event, "sections", row)
    changed = data_of(as_manager.put(one, {"category": None, "crew_need": None, "sort_order": 7}))
    assert changed == shown(row, category=None, is_gate=True, sort_order=7)
    assert data_of(as_manager.put(one, changed)) == changed  # what is answered may come back
    assert data_of(as_manager.delete(one)) is None
    assert list(Section.objects.values_list("name", flat=True)) == ["Bar"]
    errors_of(as_manager.delete(one), 404, "not_found")
    written = AuditLog.objects.filter(action__contains="SECTION").order_by("id").values_list("action", flat=True)
    assert list(written) == ["CREATED_SECTION", "CREATED_SECTION", "CHANGED_SECTION", "DELETED_SECTION"]


def test_a_sub_event_has_its_own_sections_and_those_of_the_festival_that_serve_it(as_manager, fest):
    bar = SectionFactory(event=fest.friday, name="Bar", sort_order=5)
    SectionFactory(event=fest.saturday, name="Tent")
    gate = shown(fest.gate, type="cross_event", is_gate=True)
    assert list_of(as_manager.get(at(fest.friday, "sections"))) == [shown(bar), gate]
    assert list_of(as_manager.get(at(fest.festival, "sections"))) == [shown(fest.camp), gate]


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_the_festivals_section_is_changed_under_the_festivals_id(as_manager, fest, method):
    answer = as_manager.generic(method, at(fest.friday, "sections", fest.gate))
    said = "Gate is a section of Fest: use the id of that event in the address."
    body = refusal_of(answer, 422, "invalid")
    assert body == {"message": said, "errors": {"event": [said]}, "code": "invalid"}
    for path in (at(fest.friday, "sections", fest.camp), at(fest.saturday, "sections", NO_ID)):
        errors_of(as_manager.generic(method, path), 404, "not_found")


def test_only_a_festival_has_sections_that_serve_its_sub_events(as_manager, event, fest):
    for one in (event, fest.friday):
        answer = as_manager.post(at(one, "sections"), {"name": "Gate", "type": "cross_event"})
        said = "Only a festival or a series has sections that serve all its sub-events."
        assert errors_of(answer) == {"type": [said]}
    made(as_manager, at(fest.festival, "sections"), {"name": "Exit", "type": "cross_event"})


def test_a_section_with_shifts_stays(as_manager, event):
    section = ShiftFactory(section__event=event, section__name="Bar").section
    answer = as_manager.delete(at(event, "sections", section))
    assert refusal_of(answer, 409, "conflict")["message"] == "Bar has shifts. Delete those first."
    assert Section.objects.filter(pk=section.pk).exists()


@pytest.mark.parametrize(
    "body, field, said",
    [
        ({}, "name", "This field is required."),
        ({"name": ""}, "name", "This field may not be blank."),
        ({"name": None}, "name", "This field may not be null."),
        ({"name": 5}, "name", "Not a valid string."),
        ({"name": "x" * 101}, "name", "Ensure this field has no more than 100 characters."),
        ({"category": "x" * 51}, "category", "Ensure this field has no more than 50 characters."),
        ({"type": "Standard"}, "type", "Choose one of: standard, cross_event."),
        ({"crew_need": -1}, "crew_need", "Ensure this value is greater than or equal to 0."),
        ({"crew_need": 10**30}, "crew_need", "Ensure this value is less than or equal to 100000."),
        ({"crew_need": "many"}, "crew_need", "A valid integer is required."),
        ({"crew_need": True}, "crew_need", "A valid integer is required."),
        ({"sort_order": 2**63}, "sort_order", "Ensure this value is less than or equal to 1000000."),
        ({"is_gate": "perhaps"}, "is_gate", "Must be a valid boolean."),
        ({"event_id": NO_ID}, "event_id", "This is not the one that the address names."),
        ({"color": "red"}, "color", "This field is not known here."),
    ],
)
def test_what_a_section_cannot_be(as_manager, event, body, field, said):
    sent = body if field == "name" else {"name": "Bar", **body}
    assert errors_of(as_manager.post(at(event, "sections"), sent)) == {field: [said]}
    assert not Section.objects.exists()


# --- Their order --------------------------------------------------------------------------------------


def test_sections_are_put_into_another_order(as_manager, fest):
    rows = [SectionFactory(event=fest.friday, name=name) for name in ("A", "B", "C")]
    path = at(fest.friday, "sections")
    answer = as_manager.post(f"{path}/reorder", {"sections": [ulid(rows[2]), str(rows[0].uid)]})
    expected = [shown(rows[2]), shown(rows[0]), shown(rows[1])]
    assert data_of(answer) == expected
    assert [row["sort_order"] for row in expected] == [0, 1, 2]
    assert list_of(as_manager.get(path))[:3] == expected


@pytest.mark.parametrize("id", BAD_IDS)
def test_an_order_has_only_ids_of_the_events_own_sections(as_manager, fest, id):
    own = SectionFactory(event=fest.friday, sort_order=3)
    path = at(fest.friday, "sections", "reorder")
    others = (ulid(fest.gate), ulid(SectionFactory(event=EventFactory())))
    for ids in ([ulid(own), id], [ulid(own)] * 2, [others[0]], [others[1], ulid(own)], [ulid(own)] * 2001):
        errors = errors_of(as_manager.post(path, {"sections": ids}))
        assert all(name.startswith("sections") for name in errors), errors
    for body in ({}, {"sections": None}, {"sections": "x"}, {"sections": {}}):
        assert list(errors_of(as_manager.post(path, body))) == ["sections"]
    own.refresh_from_db()
    assert own.sort_order == 3


# --- Who ----------------------------------------------------------------------------------------------


def test_everybody_of_the_event_reads_its_sections(as_stranger, event):
    section = SectionFactory(event=event)
    people = insiders(event)
    uninvolved = people.pop("a member who is a volunteer")
    for who, client in people.items():
        assert list_of(client.get(at(event, "sections"))) == [shown(section)], who
    for client in (as_stranger, uninvolved, client_of(member(EventFactory().partner))):
        errors_of(client.get(at(event, "sections")), 404, "not_found")
    errors_of(client_of().get(at(event, "sections")), 401, "unauthenticated")


def test_a_draft_is_only_for_those_who_plan_or_see_events(as_manager, org):
    draft = EventFactory(partner=org, state="draft")
    SectionFactory(event=draft)
    people = insiders(draft)
    assert len(list_of(as_manager.get(at(draft, "sections")))) == 1
    assert len(list_of(people["org_member"].get(at(draft, "sections")))) == 1
    errors_of(people["volunteer"].get(at(draft, "sections")), 404, "not_found")


@pytest.mark.parametrize("method, parts", [("POST", ()), ("PUT", ("it",)), ("DELETE", ("it",)), ("POST", ("reorder",))])
def test_only_planners_change_sections(as_stranger, event, method, parts):
    section = SectionFactory(event=event)
    path = at(event, "sections", *(section if part == "it" else part for part in parts))
    check_only_planners(event, method, path, as_stranger)
