"""Whatever comes in, a clear 4xx (or a success) in the contract's shape goes out, and nothing is a server error."""

import json

import pytest
from django.db import transaction

from eventify.contracts.crewli.tests import bodies
from eventify.contracts.crewli.tests.conftest import API, client_of, errors_of, list_of, raw, refusal_of, with_role
from eventify.contracts.crewli.tests.world import declared, organisation, parameters, spelled
from eventify.tests.lent import for_the_module

BIG = 99999999999999999999
VALUES = [
    None, True, -1, 0, 1.5, 2**31, 2**63, BIG, 1e308, "", " ", "x", "\ud800", "١", str(BIG), "NaN", "x" * 100_000,
    [], [None], [[]], {"a": {}}, [1, "x"], "a\u2028b💥", "a\x00b", "0001-01-01", "9999-12-31", "2030-02-30", "24:00",
    "23:60", "00:00", "#ffffff", "=cmd()", "<script>", "' OR 1=1 --", ["x"] * 2000, "0" * 26, "8" + "Z" * 25,
    "ſ" * 26, "01900000-0000-7000-8000-000000000000", ["0" * 26] * 101, "europe/amsterdam", "../../etc/passwd",
    "published", "self_reported", "2030-07-01",
]  # fmt: skip
QUERIES = sorted(
    {"type", "status", "search", "include_children", "include_parent", "tag", "tags", "page", "per_page", "format", "x"}
    | {"crowd_type_id", "company_id", "crowd_type", "person_type", "date", "sort"}
)
QUERY_VALUES = [
    "", " ", "\x00", "a\x00b", str(BIG), "-1", "%", "0001-01-01", "9999-12-31", "é💥", "\u2028", "x" * 5000, "[]", "-",
    ",", ",,", "0" * 26, ",".join(["0" * 26] * 300), "null", "true", "festival", "published", "\\", "ſ" * 26,
]  # fmt: skip
IDS = [
    "1", "0", "-1", str(BIG), "x", "%00", "%ff", "..", "%2e%2e", "é", "💥", "01M7Y2MYMMFZ0R6NVG1R25C34W", "null",
    "x" * 2000, "01900000-0000-7000-8000-00000000000g", "{01900000-0000-7000-8000-000000000000}", "'", "a%20b",
    "%ED%A0%80", "8" + "Z" * 25, "U" * 26, "%C5%BF" * 26, "0" * 26 + "%00", "sync",
]  # fmt: skip
NAMES = sorted(declared())
EACH = 3  # a field gets one of so many values
NOT_JSON = [b"{", b"[]", b"5", b'"x"', b"null", b"\xff\xfe", b'{"a": NaN}', b'{"a": "\\u0000"}', b"[" * 100_000]


whole_world = for_the_module(organisation)


@pytest.fixture
def world(whole_world, db):
    """What a test changes in it is taken back."""
    return whole_world


@pytest.fixture
def client(db):
    return client_of(with_role("Super Admin"))


def send(client, world, name: str, body, **other):
    """Send it; what it changes is undone, so that each value meets the same world."""
    with transaction.atomic():
        answer = raw(client, name.split()[0], spelled(name, world, **other), body)
        transaction.set_rollback(True)
    return answer


def check(answer, what) -> None:
    assert answer.status_code < 500, what
    assert answer["Content-Type"] == "application/json", what
    body = json.loads(answer.content)
    if answer.status_code < 400:
        assert "data" in body and set(body) <= {"data", "meta"}, what
    else:
        assert {"message", "errors", "code"} <= set(body) and body["message"] and body["code"], what
        assert isinstance(body["errors"], dict) and "data" not in body, what


@pytest.mark.parametrize("name", sorted(bodies.BODIES))
def test_any_value_in_any_field(world, client, name):
    """Each route gets every value, and each field a third of them: fields of one kind are read by the same code."""
    good = bodies.good_for(name, world)
    for turn, field in enumerate([*bodies.BODIES[name]().fields, "unknown"]):
        for value in VALUES[turn % EACH :: EACH]:
            answer = send(client, world, name, {**good, field: value})
            check(answer, (name, field, str(value)[:50]))
            if value in ("\ud800", "a\x00b"):
                assert answer.status_code == 400, (name, field)
            if field == "unknown":
                assert answer.status_code in (400, 422), (name, value)


@pytest.mark.parametrize("name", [name for name in NAMES if not name.startswith("GET")])
def test_bodies_that_are_no_object(world, client, name):
    for body in [*NOT_JSON, b"", b"9" * 5000, b'{"a": 1e999}', b'{"a": 1, "a": 2}', b"x" * 3_000_000]:
        check(send(client, world, name, body), (name, body[:30]))
    for kind in ("text/csv", "", "multipart/form-data", "application/json; charset=rot13"):
        with transaction.atomic():
            check(client.generic(name.split()[0], spelled(name, world), b"{}", content_type=kind), (name, kind))
            transaction.set_rollback(True)


@pytest.mark.parametrize("name", sorted(bodies.BODIES))
def test_malformed_json_is_400_and_another_type_415(world, client, name):
    for body in (b"{", b"[1]", b"5", b'{"\\ud800": 1}', b'{"a": "\\u0000"}'):
        errors_of(send(client, world, name, body), 400, "malformed")
    answer = client.generic(name.split()[0], spelled(name, world), b"a=1", content_type="text/csv")
    errors_of(answer, 415, "unsupported_media_type")
    found = errors_of(send(client, world, name, {"nonsense": 1}))
    assert found["nonsense"] == ["This field is not known here."]


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("POST") and name not in bodies.BODIES])
def test_malformed_json_is_refused_also_where_nothing_is_wanted(world, client, name):
    for body in (b"{", b"\xff\xfe", b'{"a": "\\u0000"}'):
        errors_of(send(client, world, name, body), 400, "malformed")


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("GET")])
def test_any_query(world, client, name):
    address = spelled(name, world)
    for value in QUERY_VALUES:
        check(client.get(address, dict.fromkeys(QUERIES, value)), (name, value[:20]))
    for parameter in QUERIES:
        for value in ("a\x00b", str(BIG), "9999-12-31", "-", "x" * 5000, "0" * 26):
            answer = client.get(address, {parameter: value})
            check(answer, (name, parameter, value[:20]))
            assert answer.status_code in (200, 404, 422), (name, parameter, value[:20])
    check(client.generic("GET", address, QUERY_STRING="page=%ff&search=%ED%A0%80&%00=1&tag=%C0&tags=%ff,"), name)


@pytest.mark.parametrize("name", [name for name in NAMES if "<" in name])
def test_any_id(world, client, name):
    for place in parameters(name):
        for id in IDS:
            answer = send(client, world, name, {}, **{place: id})
            check(answer, (name, place, id[:20]))
            expected = (404, 405) if id == "sync" else (404,)
            if id in ("..", "%2e%2e"):
                expected = (404, 405, 200, 401, 422)  # a test client may leave the folder; a browser does
            assert answer.status_code in expected, (name, place, id[:20], answer.status_code)


@pytest.mark.parametrize("name", NAMES)
def test_wrong_methods(world, client, name):
    answer = client.generic("TRACE", spelled(name, world))
    assert errors_of(answer, 405, "method_not_allowed") == {}
    assert name.split()[0] in answer["Allow"]
    check(client.options(spelled(name, world)), name)
    assert client.generic("NEEDS", spelled(name, world)).status_code == 405
    if name.startswith("GET"):
        assert client.head(spelled(name, world)).status_code == 200


def test_unknown_paths(db):
    anybody = client_of()
    for path in ("organisations/x/y/z", "organisations//events", "events", "events/x", "invitations", "invitations/x"):
        for slash in ("", "/"):
            refusal_of(anybody.get(f"{API}{path}{slash}"), 404, "not_found")


def test_what_people_type_comes_back_as_it_was(world, client):
    name = "=cmd() <script>alert(1)</script> é💥"
    made = raw(client, "POST", spelled("POST organisations/<org>/events", world), {"name": name}).json()["data"]
    assert made["name"] == name
    rows = list_of(client.get(spelled("GET organisations/<org>/events", world) + "?status=draft"))
    assert rows[0]["name"] == name
