"""Tags of an organisation, who has them, and the categories in use."""

import pytest

from accounts.factories import UserFactory
from crew.factories import PersonFactory, PersonTagFactory, SectionFactory
from crew.models import PersonTag, UserTag
from eventify.contracts.crewli.tests.conftest import (
    client_of,
    data_of,
    errors_of,
    list_of,
    member,
    refusal_of,
    ulid,
)  # fmt: skip
from eventify.lib.wire import moment
from events.factories import EventFactory
from partners.factories import PartnerFactory

SELF, ORGANISER = "self_reported", "organiser_assigned"


@pytest.fixture
def tags(path):
    return f"{path}/person-tags"


@pytest.fixture
def tag(org):
    return PersonTagFactory(partner=org, name="First aid", category="Care", icon="cross", color="#ff0000")


def shown(tag: PersonTag, **changed) -> dict:
    return {
        "id": ulid(tag),
        "name": tag.name,
        "category": tag.category or None,
        "icon": tag.icon or None,
        "color": tag.color,
        "is_active": tag.is_active,
        "sort_order": tag.sort_order,
        "created_at": moment(tag.created_at),
        **changed,
    }


# --- Tags ---------------------------------------------------------------------------------------------


def test_the_active_ones_in_their_order(as_manager, org, tags, tag):
    last = PersonTagFactory(partner=org, name="A driver", sort_order=5)
    PersonTagFactory(partner=org, is_active=False)
    PersonTagFactory(partner=PartnerFactory())
    answer = as_manager.get(tags)
    assert list_of(answer) == [shown(tag, category="Care", icon="cross", color="#ff0000"), shown(last, sort_order=5)]
    assert answer.json()["meta"]["total"] == 2


def test_making_one(as_manager, org, tags):
    made = data_of(as_manager.post(tags, {"name": "Forklift"}), 201)
    row = PersonTag.objects.get()
    assert row.partner == org
    assert made == shown(row, category=None, icon=None, color="#6b7280", is_active=True, sort_order=0)
    full = {"name": "BHV", "category": "Care", "icon": "cross", "color": "#00ff00", "sort_order": 3}
    made = data_of(as_manager.post(tags, full), 201)
    assert {name: made[name] for name in full} == full


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 51}, "name"),
        ({"name": "FIRST AID"}, "name"),
        ({"category": "x" * 51}, "category"),
        ({"color": "green"}, "color"),
        ({"sort_order": -1}, "sort_order"),
        ({"sort_order": "1"}, "sort_order"),
        ({"sort_order": 2**40}, "sort_order"),
        ({"is_active": None}, "is_active"),
        ({"partner": 1}, "partner"),
    ],
)
def test_fields_that_cannot_be(as_manager, org, tags, tag, change, field):
    other = PersonTagFactory(partner=org, name="Other")
    before = list(PersonTag.objects.order_by("id").values())
    assert list(errors_of(as_manager.post(tags, {"name": "New", **change}))) == [field]
    assert list(errors_of(as_manager.put(f"{tags}/{ulid(other)}", change))) == [field]
    assert list(PersonTag.objects.order_by("id").values()) == before


def test_changing_some_fields(as_manager, tags, tag):
    address = f"{tags}/{ulid(tag)}"
    found = data_of(as_manager.put(address, {"category": None, "sort_order": 9}))
    assert found == shown(tag, category=None, sort_order=9)
    assert data_of(as_manager.put(address, found)) == found


def test_deleting_switches_off(as_manager, org, tags, tag, event):
    user = PersonFactory(event=event, user=UserFactory()).user
    UserTag.objects.create(user=user, tag=tag, source=SELF)
    for _again in range(2):
        assert as_manager.delete(f"{tags}/{ulid(tag)}").json() == {"data": None}
    tag.refresh_from_db()
    assert not tag.is_active and tag.user_tags.count() == 1
    assert list_of(as_manager.get(tags)) == []
    data_of(as_manager.post(tags, {"name": "First aid"}), 201)  # its name is free again
    assert list(errors_of(as_manager.put(f"{tags}/{ulid(tag)}", {"is_active": True}))) == ["name"]


def test_one_of_another_organisation_is_not_there(as_manager, tags):
    other = PersonTagFactory(partner=PartnerFactory())
    for method in ("put", "delete"):
        refusal_of(getattr(as_manager, method)(f"{tags}/{ulid(other)}"), 404, "not_found")


def test_categories(as_manager, org, path, tag):
    for name, fields in (("B", {"category": "Care"}), ("C", {"category": "Bar"}), ("D", {})):
        PersonTagFactory(partner=org, name=name, **fields)
    PersonTagFactory(partner=PartnerFactory(), category="Foreign")
    assert as_manager.get(f"{path}/person-tag-categories").json() == {"data": ["Bar", "Care"]}


def test_section_categories_of_all_events(as_manager, org, path, event):
    festival = EventFactory(partner=org, kind="festival", state="draft")
    for where, category in ((event, "Podium"), (event, "Bar"), (festival, "Bar"), (festival, "")):
        SectionFactory(event=where, category=category)
    SectionFactory(event=EventFactory(partner=PartnerFactory()), category="Foreign")
    assert as_manager.get(f"{path}/section-categories").json() == {"data": ["Bar", "Podium"]}


# --- Who has them -------------------------------------------------------------------------------------


@pytest.fixture
def vera(volunteer):
    """A person of the event, with an account."""
    return volunteer


@pytest.fixture
def hers(path, vera):
    return f"{path}/users/{ulid(vera)}/tags"


def held(row: UserTag, by=None, **changed) -> dict:
    return {
        "id": ulid(row),
        "person_tag": shown(row.tag),
        "source": row.source,
        "proficiency": None,
        "notes": None,
        "assigned_by": by and {"id": ulid(by), "name": by.full_name, "email": by.email},
        "assigned_at": moment(row.updated_at),
        "created_at": moment(row.created_at),
        **changed,
    }


def test_giving_and_taking_away(as_manager, manager, hers, vera, tag):
    body = {"person_tag_id": ulid(tag), "source": ORGANISER, "proficiency": "expert", "notes": "Until 2028."}
    made = data_of(as_manager.post(hers, body), 201)
    row = UserTag.objects.get()
    assert (row.user, row.tag, row.assigned_by) == (vera, tag, manager)
    assert made == held(row, manager, proficiency="expert", notes="Until 2028.")
    answer = as_manager.get(hers)
    assert list_of(answer) == [made]
    assert as_manager.delete(f"{hers}/{made['id']}").json() == {"data": None}
    refusal_of(as_manager.delete(f"{hers}/{made['id']}"), 404, "not_found")
    assert list_of(as_manager.get(hers)) == [] and not UserTag.objects.exists()


def test_a_tag_may_come_from_both_sources(as_manager, manager, hers, tag):
    for source in (SELF, ORGANISER):
        made = data_of(as_manager.post(hers, {"person_tag_id": str(tag.uid), "source": source}), 201)
        assert (made["proficiency"], made["notes"], made["source"]) == (None, None, source)
    assert [row["source"] for row in list_of(as_manager.get(hers))] == [SELF, ORGANISER]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"person_tag_id": None}, "person_tag_id"),
        ({"person_tag_id": "x"}, "person_tag_id"),
        ({"person_tag_id": "0" * 26}, "person_tag_id"),
        ({"source": "somebody"}, "source"),
        ({"source": None}, "source"),
        ({"proficiency": "god"}, "proficiency"),
        ({"notes": "x" * 2001}, "notes"),
        ({"assigned_by": 1}, "assigned_by"),
    ],
)
def test_what_cannot_be_given(as_manager, hers, tag, change, field):
    body = {"person_tag_id": ulid(tag), "source": ORGANISER, **change}
    assert list(errors_of(as_manager.post(hers, body))) == [field]
    assert not UserTag.objects.exists()


def test_a_tag_that_is_off_is_not_given(as_manager, org, hers):
    off = PersonTagFactory(partner=org, is_active=False)
    body = {"person_tag_id": ulid(off), "source": ORGANISER}
    assert list(errors_of(as_manager.post(hers, body))) == ["person_tag_id"]
    body = {"tag_ids": [ulid(off)], "source": ORGANISER}
    assert list(errors_of(as_manager.put(f"{hers}/sync", body))) == ["tag_ids"]


def test_syncing_one_source_leaves_the_other(as_manager, manager, org, hers, vera, tag):
    second, third = (PersonTagFactory(partner=org) for _tag in range(2))
    foreign = UserTag.objects.create(user=vera, tag=PersonTagFactory(partner=PartnerFactory()), source=SELF)
    kept = UserTag.objects.create(user=vera, tag=tag, source=ORGANISER)
    old = UserTag.objects.create(user=vera, tag=tag, source=SELF)
    stays = UserTag.objects.create(user=vera, tag=second, source=SELF, notes="Mine.")
    body = {"tag_ids": [ulid(second), ulid(third), ulid(third)], "source": SELF}
    found = data_of(as_manager.put(f"{hers}/sync", body))
    new = UserTag.objects.get(tag=third)
    expected = [held(kept), held(stays, notes="Mine."), held(new, manager)]
    assert sorted(found, key=lambda row: row["id"]) == expected
    assert set(UserTag.objects.filter(user=vera)) == {foreign, kept, stays, new}
    assert not UserTag.objects.filter(pk=old.pk).exists()
    body = {"tag_ids": [], "source": ORGANISER}
    assert [row["source"] for row in data_of(as_manager.put(f"{hers}/sync", body))] == [SELF, SELF]


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, ["source", "tag_ids"]),
        ({"tag_ids": None, "source": SELF}, ["tag_ids"]),
        ({"tag_ids": "x", "source": SELF}, ["tag_ids"]),
        ({"tag_ids": ["x"], "source": SELF}, ["tag_ids.0"]),
        ({"tag_ids": ["0" * 26], "source": SELF}, ["tag_ids.0"]),
        ({"tag_ids": ["0" * 26] * 101, "source": SELF}, ["tag_ids"]),
    ],
)
def test_what_cannot_be_synced(as_manager, hers, vera, tag, body, fields):
    row = UserTag.objects.create(user=vera, tag=tag, source=SELF)
    assert sorted(errors_of(as_manager.put(f"{hers}/sync", body))) == fields
    assert UserTag.objects.get() == row


def test_people_report_their_own(as_volunteer, hers, vera, tag):
    made = data_of(as_volunteer.post(hers, {"person_tag_id": ulid(tag), "source": SELF}), 201)
    assert made["assigned_by"]["id"] == ulid(vera)
    assert list_of(as_volunteer.get(hers)) == [made]
    refusal_of(as_volunteer.post(hers, {"person_tag_id": ulid(tag), "source": ORGANISER}), 403, "forbidden")
    refusal_of(as_volunteer.put(f"{hers}/sync", {"tag_ids": [], "source": ORGANISER}), 403, "forbidden")
    given = UserTag.objects.create(user=vera, tag=tag, source=ORGANISER)
    refusal_of(as_volunteer.delete(f"{hers}/{ulid(given)}"), 403, "forbidden")
    assert as_volunteer.delete(f"{hers}/{made['id']}").json() == {"data": None}
    assert [row["id"] for row in data_of(as_volunteer.put(f"{hers}/sync", {"tag_ids": [], "source": SELF}))] == [
        ulid(given)
    ]


def test_but_not_those_of_others(as_volunteer, path, event, tag):
    other = PersonFactory(event=event, user=UserFactory()).user
    theirs = f"{path}/users/{ulid(other)}/tags"
    for method, end in (("get", ""), ("post", ""), ("put", "/sync"), ("delete", "/x")):
        refusal_of(getattr(as_volunteer, method)(f"{theirs}{end}"), 403, "forbidden")


@pytest.mark.parametrize(("role", "read", "written"), [("org_member", 200, 403), ("crew_coordinator", 200, 422)])
def test_which_members(org, hers, role, read, written):
    client = client_of(member(org, role))
    assert (client.get(hers).status_code, client.post(hers, {}).status_code) == (read, written)


def test_people_who_have_no_part_in_the_organisation_are_not_there(as_manager, path, stranger, tag):
    theirs = f"{path}/users/{ulid(stranger)}/tags"
    body = {"person_tag_id": ulid(tag), "source": ORGANISER}
    refusal_of(as_manager.get(theirs), 404, "not_found")
    refusal_of(as_manager.post(theirs, body), 404, "not_found")
    refusal_of(as_manager.put(f"{theirs}/sync", {"tag_ids": [], "source": SELF}), 404, "not_found")
    assert not UserTag.objects.exists()


def test_a_tag_of_somebody_else_is_not_theirs(as_manager, hers, tag, event):
    other = PersonFactory(event=event, user=UserFactory()).user
    row = UserTag.objects.create(user=other, tag=tag, source=SELF)
    refusal_of(as_manager.delete(f"{hers}/{ulid(row)}"), 404, "not_found")
    assert UserTag.objects.get() == row
