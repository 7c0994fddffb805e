"""Crowd lists: how full they are, who is on them since when, and what adding somebody does."""

import pytest

from accounts.models import OutgoingMail
from crew import crowd_lists
from crew.factories import CompanyFactory, CrowdListFactory, CrowdTypeFactory, PersonFactory
from crew.models import CrowdList, CrowdListEntry
from eventify.contracts.crewli.tests import test_persons
from eventify.contracts.crewli.tests.conftest import data_of, errors_of, list_of, ulid
from eventify.contracts.crewli.tests.planning import BAD_IDS, NO_ID, at, check_only_planners, festival_of, made
from eventify.lib.wire import moment
from events.factories import EventFactory
from partners.factories import PartnerFactory


@pytest.fixture
def kind(org):
    return CrowdTypeFactory(partner=org, name="Guest", system_type="GUEST")


@pytest.fixture
def guests(event, kind):
    return CrowdListFactory(event=event, crowd_type=kind, name="Guests")


def shown(row: CrowdList, **changed) -> dict:
    row.refresh_from_db()
    return {
        "id": ulid(row),
        "event_id": ulid(row.event),
        "crowd_type_id": ulid(row.crowd_type),
        "name": row.name,
        "type": "internal",
        "recipient_company_id": None,
        "auto_approve": False,
        "max_persons": None,
        "is_full": False,
        "created_at": moment(row.created_at),
        "persons_count": 0,
        **changed,
    }


def on_list(person, user=None, **changed) -> dict:
    entry = CrowdListEntry.objects.get(person=person)
    pivot = {"added_at": moment(entry.added_at), "added_by_user_id": user and ulid(user)}
    return {**test_persons.shown(person, **changed), "crowd_list_pivot": pivot}


def test_a_list_is_made_changed_and_deleted(as_manager, event, kind):
    path = at(event, "crowd-lists")
    bare = made(as_manager, path, {"crowd_type_id": ulid(kind), "name": "Guests"})
    assert bare == shown(CrowdList.objects.get())
    company = CompanyFactory(partner=event.partner)
    said = {"name": "Artists", "type": "external", "auto_approve": True, "max_persons": 50}
    references = {"crowd_type_id": ulid(kind), "recipient_company_id": ulid(company)}
    full = made(as_manager, path, {**said, **references, "event_id": ulid(event)})
    row = CrowdList.objects.get(name="Artists")
    assert full == shown(row, **said, **references)
    assert list_of(as_manager.get(path)) == [full, bare]

    one = at(event, "crowd-lists", row)
    changes = {"name": "Bands", "type": "internal", "recipient_company_id": None, "max_persons": None}
    changed = data_of(as_manager.put(one, changes))
    assert changed == shown(row, auto_approve=True, **changes)
    assert data_of(as_manager.put(one, changed)) == changed  # what is answered may come back
    PersonFactory(event=event)
    assert data_of(as_manager.delete(one)) is None
    errors_of(as_manager.put(one, {}), 404, "not_found")
    assert list_of(as_manager.get(path)) == [bare]


# --- People on it -------------------------------------------------------------------------------------


def test_people_come_onto_a_list_and_go(as_manager, manager, event, guests):
    path = at(event, "crowd-lists", guests, "persons")
    zoe, ann = PersonFactory(event=event, name="Zoe"), PersonFactory(event=event, name="Ann", status="pending")
    for person in (zoe, ann):
        answered = made(as_manager, path, {"person_id": ulid(person)})
        assert answered == on_list(person, manager, status=person.status)
    first, second = on_list(ann, manager, status="pending"), on_list(zoe, manager)
    assert list_of(as_manager.get(path)) == [first, second]
    assert list_of(as_manager.get(at(event, "crowd-lists"))) == [shown(guests, persons_count=2)]
    one = at(event, "crowd-lists", guests, "persons", zoe)
    assert data_of(as_manager.delete(one)) is None
    errors_of(as_manager.delete(one), 404, "not_found")
    assert list_of(as_manager.get(path)) == [first]
    zoe.refresh_from_db()
    assert zoe.status == "approved"


def test_each_list_has_its_own_pivot(as_manager, event, guests):
    other, person = CrowdListFactory(event=event, name="Other"), PersonFactory(event=event)
    entries = [crowd_lists.add(one, person, by=None) for one in (guests, other)]
    shown_at = [
        list_of(as_manager.get(at(event, "crowd-lists", one, "persons")))[0]["crowd_list_pivot"]["added_at"]
        for one in (guests, other)
    ]
    assert shown_at == [moment(entry.added_at) for entry in entries]
    assert shown_at[0] != shown_at[1]


def test_50_people_of_a_list_are_a_page(as_manager, event, guests):
    for number in range(51):
        crowd_lists.add(guests, PersonFactory(event=event, name=f"P{number:02}"), by=None)
    path = at(event, "crowd-lists", guests, "persons")
    answer = as_manager.get(path).json()
    assert answer["meta"] == {"current_page": 1, "per_page": 50, "total": 51, "last_page": 2}
    assert [row["name"] for row in answer["data"]] == [f"P{number:02}" for number in range(50)]
    assert [row["name"] for row in list_of(as_manager.get(f"{path}?page=2"))] == ["P50"]
    assert len(list_of(as_manager.get(f"{path}?per_page=100"))) == 51


def test_a_full_list_takes_nobody(as_manager, event, guests):
    data_of(as_manager.put(at(event, "crowd-lists", guests), {"max_persons": 1}))
    path = at(event, "crowd-lists", guests, "persons")
    made(as_manager, path, {"person_id": ulid(PersonFactory(event=event))})
    said = {"person_id": ["Guests is full: it has room for 1 person."]}
    assert errors_of(as_manager.post(path, {"person_id": ulid(PersonFactory(event=event))})) == said
    full = shown(guests, max_persons=1, persons_count=1, is_full=True)
    assert list_of(as_manager.get(at(event, "crowd-lists"))) == [full]
    assert data_of(as_manager.put(at(event, "crowd-lists", guests), {"name": "Guests"})) == full
    assert CrowdListEntry.objects.count() == 1


def test_a_list_does_not_become_smaller_than_its_people(as_manager, event, guests):
    for _person in range(2):
        crowd_lists.add(guests, PersonFactory(event=event), by=None)
    answer = as_manager.put(at(event, "crowd-lists", guests), {"max_persons": 1})
    assert errors_of(answer) == {"max_persons": ["2 people are on the list already."]}


def test_somebody_is_on_a_list_once(as_manager, event, guests):
    person = PersonFactory(event=event, name="Ann")
    path = at(event, "crowd-lists", guests, "persons")
    made(as_manager, path, {"person_id": ulid(person)})
    assert errors_of(as_manager.post(path, {"person_id": ulid(person)})) == {
        "person_id": ["Ann is on this list already."]
    }


@pytest.mark.parametrize(
    "auto_approve, before, after",
    [(True, "pending", "approved"), (False, "pending", "pending"), (True, "applied", "applied"),
     (True, "rejected", "rejected")],
)  # fmt: skip
def test_a_list_may_approve_who_is_pending(as_manager, manager, event, guests, auto_approve, before, after):
    guests.auto_approve = auto_approve
    guests.save()
    person = PersonFactory(event=event, status=before)
    answered = made(as_manager, at(event, "crowd-lists", guests, "persons"), {"person_id": ulid(person)})
    assert answered == on_list(person, manager, status=after)
    assert OutgoingMail.objects.filter(template="crew_approved").count() == int(before != after)


def test_who_is_on_the_blacklist_comes_onto_no_list(as_manager, event, guests):
    person = PersonFactory(event=event, name="Bad Bob", is_blacklisted=True)
    answer = as_manager.post(at(event, "crowd-lists", guests, "persons"), {"person_id": ulid(person)})
    assert errors_of(answer) == {"person_id": ["Bad Bob is on the blacklist and cannot come onto a list."]}


@pytest.mark.parametrize("id", BAD_IDS)
def test_only_the_events_people_come_onto_its_lists(as_manager, org, id):
    fest = festival_of(org)
    row = CrowdListFactory(event=fest.friday)
    path = at(fest.friday, "crowd-lists", row, "persons")
    others = [PersonFactory(event=one) for one in (fest.festival, fest.saturday, EventFactory())]
    for one in (id, *(ulid(person) for person in others)):
        assert list(errors_of(as_manager.post(path, {"person_id": one}))) == ["person_id"]
    assert errors_of(as_manager.post(path, {})) == {"person_id": ["This field is required."]}
    for one in (*others, PersonFactory(event=fest.friday)):
        errors_of(as_manager.delete(at(fest.friday, "crowd-lists", row, "persons", one)), 404, "not_found")


# --- What is refused ----------------------------------------------------------------------------------


@pytest.mark.parametrize("id", BAD_IDS)
def test_a_crowd_type_and_a_company_are_of_the_organisation(as_manager, event, guests, id):
    path, one = at(event, "crowd-lists"), at(event, "crowd-lists", guests)
    for wrong in (id, ulid(CrowdTypeFactory())):
        assert list(errors_of(as_manager.post(path, {"name": "X", "crowd_type_id": wrong}))) == ["crowd_type_id"]
        assert list(errors_of(as_manager.put(one, {"crowd_type_id": wrong}))) == ["crowd_type_id"]
    for wrong in (id, ulid(CompanyFactory(partner=PartnerFactory()))):
        if wrong is not None:
            assert list(errors_of(as_manager.put(one, {"recipient_company_id": wrong}))) == ["recipient_company_id"]
    assert CrowdList.objects.get() == guests


@pytest.mark.parametrize(
    "changes, field, said",
    [
        ({"name": ""}, "name", "This field may not be blank."),
        ({"name": "x" * 201}, "name", "Ensure this field has no more than 200 characters."),
        ({"type": "secret"}, "type", "Choose one of: internal, external."),
        ({"auto_approve": "perhaps"}, "auto_approve", "Must be a valid boolean."),
        ({"max_persons": 0}, "max_persons", "Ensure this value is greater than or equal to 1."),
        ({"max_persons": 10**30}, "max_persons", "Ensure this value is less than or equal to 100000."),
        ({"max_persons": "50"}, "max_persons", "A valid integer is required."),
        ({"max_persons": 1.5}, "max_persons", "A valid integer is required."),
        ({"event_id": NO_ID}, "event_id", "This is not the one that the address names."),
        ({"colour": 1}, "colour", "This field is not known here."),
    ],
)
def test_what_a_list_cannot_be(as_manager, event, kind, guests, changes, field, said):
    body = {"name": "Artists", "crowd_type_id": ulid(kind), **changes}
    before = shown(guests)
    for answer in (
        as_manager.post(at(event, "crowd-lists"), body),
        as_manager.put(at(event, "crowd-lists", guests), changes),
    ):
        assert errors_of(answer) == {field: [said]}
    assert shown(CrowdList.objects.get()) == before


@pytest.mark.parametrize(
    "method, parts",
    [
        ("GET", ()),
        ("POST", ()),
        ("PUT", ("it",)),
        ("DELETE", ("it",)),
        ("GET", ("it", "persons")),
        ("POST", ("it", "persons")),
        ("DELETE", ("it", "persons", NO_ID)),
    ],
)
def test_only_planners_see_and_change_lists(as_stranger, event, guests, method, parts):
    path = at(event, "crowd-lists", *(guests if part == "it" else part for part in parts))
    check_only_planners(event, method, path, as_stranger)


def test_a_list_is_found_only_in_its_event(as_manager, event):
    for other in (EventFactory(partner=event.partner), EventFactory()):
        path = at(event, "crowd-lists", CrowdListFactory(event=other))
        for method, more in (("PUT", ""), ("DELETE", ""), ("GET", "/persons"), ("POST", "/persons")):
            errors_of(as_manager.generic(method, path + more), 404, "not_found")
