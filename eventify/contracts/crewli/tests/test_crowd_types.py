"""The kinds of people of an organisation."""

import pytest

from crew.factories import CrowdListFactory, CrowdTypeFactory, PersonFactory
from crew.models import CrowdType, SystemType
from eventify.contracts.crewli.tests.conftest import data_of, errors_of, list_of, refusal_of, ulid
from eventify.lib.wire import moment
from partners.factories import PartnerFactory


@pytest.fixture
def kinds(path):
    return f"{path}/crowd-types"


@pytest.fixture
def kind(org):
    return CrowdTypeFactory(partner=org, name="Volunteer", color="#112233", icon="tabler-heart")


def shown(kind: CrowdType, **changed) -> dict:
    return {
        "id": ulid(kind),
        "name": "Volunteer",
        "system_type": "VOLUNTEER",
        "color": "#112233",
        "icon": "tabler-heart",
        "is_active": True,
        "created_at": moment(kind.created_at),
        **changed,
    }


def test_the_list_by_name(as_manager, org, kinds, kind):
    artist = CrowdTypeFactory(partner=org, name="Artist", system_type="ARTIST", is_active=False, color="#000000")
    CrowdTypeFactory(partner=PartnerFactory())
    changed = {"name": "Artist", "system_type": "ARTIST", "is_active": False, "color": "#000000", "icon": None}
    answer = as_manager.get(kinds)
    assert list_of(answer) == [shown(artist, **changed), shown(kind)]
    assert answer.json()["meta"] == {"current_page": 1, "per_page": 25, "total": 2, "last_page": 1}
    assert [row["name"] for row in list_of(as_manager.get(f"{kinds}?page=2&per_page=1"))] == ["Volunteer"]


def test_making_one(as_manager, org, kinds):
    made = data_of(as_manager.post(kinds, {"name": "Press", "system_type": "PRESS"}), 201)
    row = CrowdType.objects.get()
    changed = {"name": "Press", "system_type": "PRESS", "color": "#6b7280", "icon": None}
    assert row.partner == org and made == shown(row, **changed)
    full = {"name": "Guests", "system_type": "GUEST", "color": "#ABCDEF", "icon": "star", "is_active": False}
    made = data_of(as_manager.post(kinds, full), 201)
    assert {**{name: made[name] for name in full}, "color": made["color"].upper()} == full


@pytest.mark.parametrize("word", SystemType.values)
def test_every_system_type(as_manager, kinds, word):
    assert data_of(as_manager.post(kinds, {"name": "X", "system_type": word}), 201)["system_type"] == word


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"name": "VOLUNTEER"}, "name"),
        ({"system_type": "volunteer"}, "system_type"),
        ({"system_type": None}, "system_type"),
        ({"color": "red"}, "color"),
        ({"color": "#12345"}, "color"),
        ({"color": None}, "color"),
        ({"icon": "x" * 51}, "icon"),
        ({"is_active": "perhaps"}, "is_active"),
        ({"is_active": None}, "is_active"),
        ({"partner": 1}, "partner"),
    ],
)
def test_fields_that_cannot_be(as_manager, org, kinds, kind, change, field):
    other = CrowdTypeFactory(partner=org, name="Other")
    before = list(CrowdType.objects.order_by("id").values())
    good = {"name": "Press", "system_type": "PRESS"}
    assert list(errors_of(as_manager.post(kinds, {**good, **change}))) == [field]
    assert list(errors_of(as_manager.put(f"{kinds}/{ulid(other)}", {**good, **change}))) == [field]
    assert list(CrowdType.objects.order_by("id").values()) == before


def test_another_organisation_may_have_the_same_name(as_manager, kinds):
    CrowdTypeFactory(partner=PartnerFactory(), name="Press")
    data_of(as_manager.post(kinds, {"name": "Press", "system_type": "PRESS"}), 201)


def test_changing_some_fields(as_manager, kinds, kind):
    address = f"{kinds}/{ulid(kind)}"
    assert data_of(as_manager.put(address, {"icon": None, "name": "Crew"})) == shown(kind, name="Crew", icon=None)
    found = data_of(as_manager.put(address, {"is_active": False, "system_type": "CREW"}))
    assert found == shown(kind, name="Crew", icon=None, is_active=False, system_type="CREW")
    assert data_of(as_manager.put(address, found)) == found
    assert data_of(as_manager.put(address, {})) == found


def test_deleting_one_that_nobody_is(as_manager, kinds, kind, event):
    address = f"{kinds}/{ulid(kind)}"
    for used_by in (PersonFactory, CrowdListFactory):
        row = used_by(event=event, crowd_type=kind)
        assert refusal_of(as_manager.delete(address), 409, "conflict")["errors"] == {}
        row.delete()
    assert as_manager.delete(address).json() == {"data": None}
    refusal_of(as_manager.delete(address), 404, "not_found")
    assert not CrowdType.objects.exists()


def test_one_of_another_organisation_is_not_there(as_manager, kinds):
    other = CrowdTypeFactory(partner=PartnerFactory())
    for method in ("put", "delete"):
        refusal_of(getattr(as_manager, method)(f"{kinds}/{ulid(other)}"), 404, "not_found")
