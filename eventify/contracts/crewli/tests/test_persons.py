"""The people of an event: what is said of them, filters, tags with AND, decisions, and who plans."""

import pytest

from accounts.factories import UserFactory
from accounts.models import OutgoingMail
from crew.factories import CompanyFactory, CrowdTypeFactory, PersonFactory, PersonTagFactory, SectionFactory
from crew.models import IdentityMatch, Person, UserTag
from crew.tests.scenes import shift_at, take
from eventify.contracts.crewli.tests.conftest import data_of, errors_of, list_of, refusal_of, ulid
from eventify.contracts.crewli.tests.planning import (
    BAD_IDS,
    NO_ID,
    at,
    check_only_planners,
    made,
    volunteer_of,
)  # fmt: skip
from eventify.lib.wire import moment
from events.factories import EventFactory
from partners.factories import PartnerFactory


@pytest.fixture
def kind(org):
    return CrowdTypeFactory(partner=org, name="Crew")


def shown(person: Person, **changed) -> dict:
    person.refresh_from_db()
    return {
        "id": ulid(person),
        "event_id": ulid(person.event),
        "crowd_type_id": ulid(person.crowd_type),
        "company_id": None,
        "user_id": person.user and ulid(person.user),
        "name": person.name,
        "email": person.email or None,
        "phone": None,
        "status": "approved",
        "is_blacklisted": False,
        "notes": None,
        "tags": [],
        "pending_identity_match": None,
        "created_at": moment(person.created_at),
        **changed,
    }


def tag_shown(tag) -> dict:
    return {
        "id": ulid(tag),
        "name": tag.name,
        "category": None,
        "icon": None,
        "color": "#6b7280",
        "is_active": True,
        "sort_order": tag.sort_order,
        "created_at": moment(tag.created_at),
    }


def match_shown(match) -> dict:
    return {
        "match_id": ulid(match),
        "matched_user": {"id": ulid(match.user), "name": match.user.full_name, "email": match.user.email},
        "matched_on": "email",
        "confidence": "exact",
    }


def give(person: Person, *tags) -> None:
    for tag in tags:
        UserTag.objects.create(user=person.user, tag=tag, source="organiser_assigned")


def test_a_person_is_added_changed_and_deleted(as_manager, event, kind):
    path = at(event, "persons")
    bare = made(as_manager, path, {"crowd_type_id": ulid(kind), "name": " Jan "})
    assert bare == shown(Person.objects.get(), name="Jan", status="pending", email=None)
    company = CompanyFactory(partner=event.partner)
    said = {
        "name": "Ann",
        "email": "ann@example.nl",
        "phone": "+31612345678",
        "status": "invited",
        "notes": "Late\nriser",
    }
    body = {**said, "crowd_type_id": str(kind.uid), "company_id": ulid(company), "is_blacklisted": False}
    full = made(as_manager, path, {**body, "event_id": ulid(event)})
    ann = Person.objects.get(name="Ann")
    assert full == shown(ann, **said, company_id=ulid(company))
    assert list_of(as_manager.get(path)) == [full, bare]

    one = at(event, "persons", ann)
    assert data_of(as_manager.get(one)) == full
    other = CrowdTypeFactory(partner=event.partner)
    changes = {"crowd_type_id": ulid(other), "company_id": None, "phone": None, "notes": "", "status": "no_show"}
    changed = data_of(as_manager.put(one, changes))
    assert changed == shown(ann, **{**said, **changes, "notes": None})
    assert data_of(as_manager.put(one, changed)) == changed  # what is answered may come back
    assert data_of(as_manager.delete(one)) is None
    for method in ("GET", "PUT", "DELETE"):
        errors_of(as_manager.generic(method, one), 404, "not_found")
    assert list_of(as_manager.get(path)) == [bare]


@pytest.mark.parametrize("status", Person.Status.values)
def test_a_person_may_be_created_with_any_status(as_manager, event, kind, status):
    body = {"crowd_type_id": ulid(kind), "name": "Ann", "status": status}
    assert made(as_manager, at(event, "persons"), body)["status"] == status


def test_approving_tells_the_person(as_manager, event):
    person = PersonFactory(event=event, status="pending")
    approve = at(event, "persons", person, "approve")
    for _twice in range(2):
        assert data_of(as_manager.post(approve)) == shown(person)
    assert OutgoingMail.objects.filter(template="crew_approved", to=person.email).count() == 1
    errors_of(as_manager.post(at(event, "persons", PersonFactory(), "approve")), 404, "not_found")


def test_who_is_on_the_blacklist_is_not_approved(as_manager, event):
    person = PersonFactory(event=event, name="Bad Bob", status="pending", is_blacklisted=True)
    said = "Bad Bob is on the blacklist and cannot be approved."
    answer = as_manager.post(at(event, "persons", person, "approve"))
    assert refusal_of(answer, 409, "conflict")["message"] == said
    assert errors_of(as_manager.put(at(event, "persons", person), {"status": "approved"})) == {"status": [said]}
    person.refresh_from_db()
    assert person.status == "pending"


def test_a_person_is_in_an_event_once_per_address(as_manager, event, kind):
    PersonFactory(event=event, email="ann@example.nl")
    body = {"crowd_type_id": ulid(kind), "name": "Ann", "email": "ANN@example.NL"}
    said = {"email": ["Somebody with this e-mail address is in this event already."]}
    assert errors_of(as_manager.post(at(event, "persons"), body)) == said
    other = PersonFactory(event=event)
    assert errors_of(as_manager.put(at(event, "persons", other), {"email": "Ann@Example.nl"})) == said
    made(as_manager, at(EventFactory(partner=event.partner), "persons"), body)


def test_who_goes_loses_their_shifts(as_manager, event):
    shift = shift_at(SectionFactory(event=event))
    going, rejected, worked = (volunteer_of(event)[0] for _person in range(3))
    shift.slots_total = shift.slots_open_for_claiming = 3
    shift.save()
    for one in (going, rejected, worked):
        take(shift, one)
    worked.assignments.update(status="completed")
    assert data_of(as_manager.delete(at(event, "persons", going))) is None
    assert data_of(as_manager.put(at(event, "persons", rejected), {"status": "rejected"}))["status"] == "rejected"
    assert rejected.assignments.get().status == "cancelled"
    answer = as_manager.delete(at(event, "persons", worked))
    said = f"{worked.name} has worked at this event and stays in its records. Reject them instead."
    assert refusal_of(answer, 409, "conflict")["message"] == said


# --- Who they may be ----------------------------------------------------------------------------------


def test_a_pending_match_is_shown_inside_the_person(as_manager, event, kind):
    user = UserFactory(email="jan@example.nl", full_name="Jan")
    body = {"crowd_type_id": ulid(kind), "name": "Jan", "email": "Jan@Example.nl"}
    answered = made(as_manager, at(event, "persons"), body)
    match = IdentityMatch.objects.get()
    person = Person.objects.get()
    assert (match.user, match.person, person.user) == (user, person, None)
    expected = shown(person, status="pending", pending_identity_match=match_shown(match))
    assert answered == expected
    assert list_of(as_manager.get(at(event, "persons"))) == [expected]
    assert data_of(as_manager.get(at(event, "persons", person))) == expected
    changed = data_of(as_manager.put(at(event, "persons", person), {"email": None}))
    assert changed == shown(person, status="pending", email=None)
    assert not IdentityMatch.objects.exists()


# --- Filters ------------------------------------------------------------------------------------------


@pytest.fixture
def crowd(event, kind):
    company = CompanyFactory(partner=event.partner)
    common = {"event": event, "crowd_type": kind}
    ann = PersonFactory(name="Ann", email="a@example.com", phone="+31612345678", user=UserFactory(), **common)
    bob = PersonFactory(name="Bob", company=company, user=UserFactory(), **common)
    cas = PersonFactory(name="Cas", event=event, status="applied", email="", user=UserFactory())
    dee = PersonFactory(name="Dee", status="pending", **common)
    PersonFactory(name="Ann", email="a@example.com")  # of another organisation
    return {"Ann": ann, "Bob": bob, "Cas": cas, "Dee": dee, "company": company, "other": cas.crowd_type}


def names(answer) -> str:
    return " ".join(row["name"] for row in list_of(answer))


def test_people_are_filtered(as_manager, event, kind, crowd):
    path = at(event, "persons")
    for query, expected in [
        ("", "Ann Bob Cas Dee"),
        ("status=approved", "Ann Bob"),
        ("status=no_show", ""),
        (f"crowd_type_id={ulid(kind)}", "Ann Bob Dee"),
        (f"crowd_type_id={crowd['other'].uid}&status=applied", "Cas"),
        (f"company_id={ulid(crowd['company']).lower()}", "Bob"),
        (f"company_id={NO_ID}", ""),
        ("search=ANN", "Ann"),
        ("search=a@EX", "Ann"),
        ("search=612345", "Ann"),
        ("search=%25", ""),
        ("search=_", ""),
        ("search=  &nonsense=x&status=", "Ann Bob Cas Dee"),
    ]:
        assert names(as_manager.get(f"{path}?{query}")) == expected, query
    answer = as_manager.get(f"{path}?per_page=3&page=2").json()
    assert answer["meta"] == {"current_page": 2, "per_page": 3, "total": 4, "last_page": 2}
    assert [row["name"] for row in answer["data"]] == ["Dee"]


def test_tags_of_a_filter_are_all_needed(as_manager, event, crowd):
    first_aid, bar, unused = (PersonTagFactory(partner=event.partner, name=name) for name in ("First aid", "Bar", "X"))
    elsewhere = PersonTagFactory(partner=PartnerFactory())
    give(crowd["Ann"], first_aid, bar, elsewhere)
    UserTag.objects.create(user=crowd["Ann"].user, tag=bar, source="self_reported")
    give(crowd["Bob"], bar)
    path = at(event, "persons")
    rows = list_of(as_manager.get(path))
    assert [row["tags"] for row in rows] == [[tag_shown(bar), tag_shown(first_aid)], [tag_shown(bar)], [], []]
    for query, expected in [
        (f"tag={ulid(bar)}", "Ann Bob"),
        (f"tag={ulid(first_aid)}", "Ann"),
        (f"tags={ulid(bar)}", "Ann Bob"),
        (f"tags={ulid(bar)},{ulid(first_aid)}", "Ann"),
        (f"tags= {first_aid.uid} , {ulid(bar).lower()},", "Ann"),
        (f"tags={ulid(bar)},{ulid(unused)}", ""),
        (f"tags={ulid(bar)},{NO_ID}", ""),
        (f"tags={ulid(bar)},{ulid(bar)}", "Ann Bob"),
        (f"tags={ulid(bar)}&tag={ulid(first_aid)}", "Ann"),
        (f"tags={ulid(bar)}&status=applied", ""),
        (f"tag={ulid(elsewhere)}", ""),
        (f"tags={ulid(elsewhere)},{ulid(bar)}", ""),
        ("tags=&tag=", "Ann Bob Cas Dee"),
        ("tags=,", "Ann Bob Cas Dee"),
    ]:
        assert names(as_manager.get(f"{path}?{query}")) == expected, query


@pytest.mark.parametrize("name", ["status", "crowd_type_id", "company_id", "tag", "tags", "search", "page", "per_page"])
@pytest.mark.parametrize("value", ["%00", "x%00", "9" * 400, "a,b", "%F0%9F%92%A9,", "0" * 26 + "Z", "x" * 5000])
def test_a_filter_with_a_bad_value_is_refused(as_manager, event, name, value):
    answer = as_manager.get(f"{at(event, 'persons')}?{name}={value}")
    if name == "search" and len(value) <= 200 and "%00" not in value:
        assert list_of(answer) == []
    else:
        assert list(errors_of(answer)) == [name]


def test_at_most_100_tags_are_asked_for(as_manager, event):
    answer = as_manager.get(f"{at(event, 'persons')}?tags={','.join([NO_ID] * 101)}")
    assert errors_of(answer) == {"tags": ["Use at most 100 ids."]}


# --- What is refused ----------------------------------------------------------------------------------


@pytest.mark.parametrize("id", BAD_IDS)
def test_a_crowd_type_and_a_company_are_of_the_organisation(as_manager, event, kind, id):
    person = PersonFactory(event=event, crowd_type=kind)
    path, one = at(event, "persons"), at(event, "persons", person)
    for wrong in (id, ulid(CrowdTypeFactory())):
        assert list(errors_of(as_manager.post(path, {"name": "X", "crowd_type_id": wrong}))) == ["crowd_type_id"]
        assert list(errors_of(as_manager.put(one, {"crowd_type_id": wrong}))) == ["crowd_type_id"]
    for wrong in (id, ulid(CompanyFactory(partner=PartnerFactory()))):
        if wrong is not None:
            assert list(errors_of(as_manager.put(one, {"company_id": wrong}))) == ["company_id"]
    assert Person.objects.get() == person


def test_nobody_becomes_a_crowd_type_that_is_not_in_use(as_manager, event, org):
    old = CrowdTypeFactory(partner=org, name="Old", is_active=False)
    answer = as_manager.post(at(event, "persons"), {"name": "Ann", "crowd_type_id": ulid(old)})
    assert errors_of(answer) == {"crowd_type_id": ["Old is not in use any more."]}


@pytest.mark.parametrize(
    "changes, field, said",
    [
        ({"name": ""}, "name", "This field may not be blank."),
        ({"name": None}, "name", "This field may not be null."),
        ({"name": "x" * 201}, "name", "Ensure this field has no more than 200 characters."),
        ({"name": "a\nb"}, "name", "Write the name on one line."),
        ({"email": "no address"}, "email", "Enter a valid email address."),
        ({"email": "x" * 250 + "@example.com"}, "email", "Ensure this field has no more than 254 characters."),
        ({"phone": "call me"}, "phone", "Enter a phone number, for example +31 6 12345678."),
        ({"phone": 5}, "phone", "Not a valid string."),
        ({"status": "Approved"}, "status", "Choose one of: invited, applied, pending, approved, rejected, no_show."),
        ({"status": None}, "status", "This field may not be null."),
        ({"is_blacklisted": "perhaps"}, "is_blacklisted", "Must be a valid boolean."),
        ({"notes": "x" * 5001}, "notes", "Ensure this field has no more than 5000 characters."),
        ({"event_id": NO_ID}, "event_id", "This is not the one that the address names."),
        ({"colour": 1}, "colour", "This field is not known here."),
    ],
)
def test_what_a_person_cannot_be(as_manager, event, kind, changes, field, said):
    person = PersonFactory(event=event, crowd_type=kind)
    before = shown(person)
    body = {"name": "Ann", "crowd_type_id": ulid(kind), **changes}
    for answer in (as_manager.post(at(event, "persons"), body), as_manager.put(at(event, "persons", person), changes)):
        assert errors_of(answer) == {field: [said]}
    assert shown(Person.objects.get()) == before


def test_a_person_is_found_only_in_their_event(as_manager, event):
    for event_of_person in (EventFactory(partner=event.partner), EventFactory()):
        path = at(event, "persons", PersonFactory(event=event_of_person))
        for method in ("GET", "PUT", "DELETE"):
            errors_of(as_manager.generic(method, path), 404, "not_found")


@pytest.mark.parametrize(
    "method, parts",
    [("GET", ()), ("POST", ()), ("GET", ("it",)), ("PUT", ("it",)), ("DELETE", ("it",)), ("POST", ("it", "approve"))],
)
def test_only_planners_see_and_change_people(as_stranger, event, method, parts):
    person = PersonFactory(event=event)
    path = at(event, "persons", *(person if part == "it" else part for part in parts))
    check_only_planners(event, method, path, as_stranger)
