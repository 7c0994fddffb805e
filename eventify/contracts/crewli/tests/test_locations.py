"""Locations: places on the terrain, degrees as numbers, and who may change them."""

from decimal import Decimal

import pytest

from crew.factories import LocationFactory, ShiftFactory
from crew.models import Location
from eventify.contracts.crewli.tests.conftest import client_of, data_of, errors_of, list_of, ulid
from eventify.contracts.crewli.tests.planning import NO_ID, at, check_only_planners, festival_of, insiders, made
from eventify.lib.wire import moment


def shown(location: Location, **changed) -> dict:
    location.refresh_from_db()
    return {
        "id": ulid(location),
        "event_id": ulid(location.event),
        "name": location.name,
        "address": None,
        "latitude": None,
        "longitude": None,
        "instructions": None,
        "created_at": moment(location.created_at),
        **changed,
    }


def test_a_location_is_made_changed_and_deleted(as_manager, event):
    path = at(event, "locations")
    bare = made(as_manager, path, {"name": "Tent"})
    assert bare == shown(Location.objects.get())
    said = {"name": "Gate", "address": "Dam 1", "latitude": 52.370216, "longitude": -4.8, "instructions": "Ring\nonce"}
    full = made(as_manager, path, said)
    gate = Location.objects.get(name="Gate")
    assert full == shown(gate, **said)
    assert (gate.latitude, gate.longitude) == (Decimal("52.370216"), Decimal("-4.8"))
    assert list_of(as_manager.get(path)) == [full, bare]
    one = at(event, "locations", gate)
    changed = data_of(as_manager.put(one, {"latitude": None, "longitude": None, "address": ""}))
    assert changed == shown(gate, name="Gate", instructions="Ring\nonce")
    assert data_of(as_manager.put(one, changed)) == changed
    shift = ShiftFactory(section__event=event, location=gate)
    assert data_of(as_manager.delete(one)) is None
    shift.refresh_from_db()
    assert shift.location is None
    errors_of(as_manager.delete(one), 404, "not_found")


@pytest.mark.parametrize(
    "sent, stored", [("52.3702157", 52.370216), (5, 5.0), (4.89516789, 4.895168), (-0.0000001, 0.0), ("-4", -4.0)]
)
def test_degrees_are_numbers_or_texts_of_them_with_six_places(as_manager, event, sent, stored):
    answer = made(as_manager, at(event, "locations"), {"name": "Gate", "latitude": sent, "longitude": sent})
    assert str((answer["latitude"], answer["longitude"])) == str((stored, stored))


@pytest.mark.parametrize("field, most", [("latitude", 90), ("longitude", 180)])
@pytest.mark.parametrize("value", [180.5, -181, 1e308, 10**400, "NaN", "inf", "x", True, [], {}, "", "9" * 5000])
def test_what_degrees_cannot_be(as_manager, event, field, most, value):
    errors = errors_of(as_manager.post(at(event, "locations"), {"name": "Gate", field: value}))
    assert list(errors) == [field] and len(errors[field]) == 1
    assert not Location.objects.exists()


def test_a_latitude_ends_at_the_poles(as_manager, event):
    answer = as_manager.post(at(event, "locations"), {"name": "Gate", "latitude": 90.1, "longitude": 90.1})
    assert errors_of(answer) == {"latitude": ["Use degrees from -90 to 90."]}


@pytest.mark.parametrize(
    "field, value, said",
    [
        ("name", "", "This field may not be blank."),
        ("name", "x" * 201, "Ensure this field has no more than 200 characters."),
        ("address", "x" * 301, "Ensure this field has no more than 300 characters."),
        ("address", 5, "Not a valid string."),
        ("instructions", "x" * 10_001, "Ensure this field has no more than 10000 characters."),
        ("event_id", NO_ID, "This is not the one that the address names."),
    ],
)
def test_what_a_location_cannot_be(as_manager, event, field, value, said):
    assert errors_of(as_manager.post(at(event, "locations"), {"name": "Gate", field: value})) == {field: [said]}


def test_a_festivals_location_is_not_the_sub_events(as_manager, org):
    fest = festival_of(org)
    location = LocationFactory(event=fest.festival)
    assert list_of(as_manager.get(at(fest.friday, "locations"))) == []
    errors_of(as_manager.put(at(fest.friday, "locations", location), {}), 404, "not_found")
    errors_of(as_manager.delete(at(fest.friday, "locations", location)), 404, "not_found")


def test_everybody_of_the_event_reads_its_locations(as_stranger, event):
    location, people = LocationFactory(event=event), insiders(event)
    uninvolved = people.pop("a member who is a volunteer")
    for who, client in people.items():
        assert list_of(client.get(at(event, "locations"))) == [shown(location)], who
    for client in (as_stranger, uninvolved):
        errors_of(client.get(at(event, "locations")), 404, "not_found")
    errors_of(client_of().get(at(event, "locations")), 401, "unauthenticated")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_only_planners_change_locations(as_stranger, event, method):
    parts = ["locations"] if method == "POST" else ["locations", LocationFactory(event=event)]
    check_only_planners(event, method, at(event, *parts), as_stranger)
