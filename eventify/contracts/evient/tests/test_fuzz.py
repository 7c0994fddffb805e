"""Whatever comes in, a clear 4xx (or a success) in the envelope goes out, and nothing is a server error."""

import json

import pytest

from bookings import orders
from eventify.contracts.evient.tests.conftest import client_of, error_of
from eventify.contracts.evient.tests.test_permissions import TABLE
from events.models import Banner

BIG = 99999999999999999999
VALUES = [
    None, True, -1, 1.5, 2**31, 2**63, BIG, 1e308, "", "x", "\ud800", "١", str(BIG), "NaN", "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59Z", "9999-12-31T23:59:59-14:00", "x" * 300_000, [], [None], {"a": {}}, [1, "x"], "a\u2028b💥",
]  # fmt: skip
FIELDS = {
    "POST auth/login": ["email", "password"],
    "POST auth/register": ["email", "password", "full_name"],
    "PUT users/profile": ["full_name", "avatar_url", "old_password", "new_password"],
    "POST orders": ["ticket_items"],
    "POST orders/<id>/cancel": ["reason"],
    "POST admin/scanners/checkin": ["code", "gate", "event_id"],
    "POST admin/users": ["email", "password", "full_name", "avatar_url", "role", "is_active"],
    "PUT admin/users/<id>": ["email", "password", "full_name", "avatar_url", "role", "is_active"],
    "POST admin/events": [
        "title", "slug", "description", "content", "location", "city", "start_time", "end_time", "timezone",
        "banner_image", "thumbnail_image", "category", "status", "is_hot", "capacity", "ticket_types",
    ],
    "POST admin/events/<id>/ticket-types": [
        "name", "description", "price", "original_price", "quantity_total", "status", "min_per_order", "max_per_order",
        "max_per_person", "sales_start", "sales_end", "id",
    ],
    "PUT admin/orders/<id>": ["status", "reason"],
    "POST admin/orders/<id>/refund": ["reason"],
    "PUT admin/tickets/<id>": ["status"],
    "POST admin/banners": ["title", "image_url", "link_url", "event_id", "priority", "is_active"],
}  # fmt: skip
FIELDS["PUT admin/events/<id>"] = FIELDS["POST admin/events"]
FIELDS["PUT admin/events/<id>/ticket-types/<type_id>"] = FIELDS["POST admin/events/<id>/ticket-types"]
FIELDS["PUT admin/banners/<id>"] = FIELDS["POST admin/banners"]
GOOD = {
    "POST auth/register": {"email": "f@example.com", "password": "x"},
    "POST auth/login": {"email": "f@example.com", "password": "x"},
    "POST admin/users": {"email": "f@example.com", "password": "x"},
    "POST admin/events": {"title": "T"},
    "POST admin/events/<id>/ticket-types": {"name": "T", "quantity_total": 1},
    "POST admin/banners": {"title": "T", "image_url": "/t.png"},
    "POST admin/scanners/checkin": {"code": "X"},
    "PUT admin/orders/<id>": {"status": "cancelled"},
}
QUERIES = [
    "page", "limit", "status", "category", "search", "city", "date", "date_from", "date_to", "code", "event_id",
    "user_id", "order_id", "role", "is_active", "is_read", "type", "format",
]  # fmt: skip
QUERY_VALUES = ["", "\x00", "a\x00b", str(BIG), "-1", "%", "0001-01-01", "9999-12-31", "é💥", "x" * 5000, "[]"]
IDS = ["0", "-1", str(BIG), "x", "%00", "a%00b", "%ff%fe", "%ED%A0%80", "💥", "..", "{}", "x" * 3000, "%0a", "true"]


@pytest.fixture
def world(buyer, admin, event, vip, free):
    """Clients and the real ids of things, so that bodies reach the code behind the look-up."""
    order = orders.place([orders.Line(free.pk, 1)], by=buyer)
    banner = Banner.objects.create(title="B", image_url="/b.png")
    ids = {
        "admin/users": buyer.uid, "admin/events": event.uid, "admin/orders": order.uid, "orders": order.uid,
        "admin/tickets": order.tickets.get().uid, "admin/banners": banner.pk, "events": event.uid,
        "notifications": order.uid,
    }  # fmt: skip
    return {"ids": ids, "type": free.uid, "buyer": buyer, "admin": admin}


def path_of(world, name: str) -> str:
    path = name.split()[1]
    what = path.split("/<id>")[0]
    return "/api/" + path.replace("<type_id>", str(world["type"])).replace("<id>", str(world["ids"].get(what)))


def client_for(world, name: str):
    return client_of(world["admin"] if " admin/" in name else world["buyer"])


def check(answer, what):
    assert answer.status_code < 500, what
    body = json.loads(answer.content)
    assert set(body) - {"pagination"} == {"success", "data", "message", "error"}, what
    assert body["success"] == (answer.status_code < 400) == (body["error"] is None), what
    if body["error"]:
        assert set(body["error"]) == {"code", "details"} and body["message"] and body["data"] is None, what


@pytest.mark.parametrize("name", sorted(FIELDS))
def test_any_value_in_any_field(world, name):
    client = client_for(world, name)
    for field in FIELDS[name]:
        for value in VALUES:
            body = json.dumps({**GOOD.get(name, {}), field: value})
            answer = client.generic(name.split()[0], path_of(world, name), body, content_type="application/json")
            check(answer, (name, field, str(value)[:50]))
            if answer.status_code == 401 and name != "POST auth/login":
                client = client_for(world, name)  # the password was changed


@pytest.mark.parametrize("field", ["ticket_type_id", "quantity", "unknown"])
def test_any_value_in_an_item(world, field):
    client = client_of(world["buyer"])
    for value in VALUES:
        item = {"ticket_type_id": str(world["type"]), "quantity": 1, field: value}
        body = json.dumps({"ticket_items": [item]})
        check(client.generic("POST", "/api/orders", body, content_type="application/json"), (field, str(value)[:50]))


@pytest.mark.parametrize("field", FIELDS["POST admin/events/<id>/ticket-types"])
def test_any_value_in_a_nested_ticket_type(world, field):
    client = client_of(world["admin"])
    for value in VALUES:
        body = json.dumps({"title": "T", "capacity": 5, "ticket_types": [{"name": "N", field: value}]})
        answer = client.generic("POST", "/api/admin/events", body, content_type="application/json")
        check(answer, (field, str(value)[:50]))


@pytest.mark.parametrize("name", sorted(name for name in TABLE if not name.startswith("GET")))
def test_bodies_that_are_no_object(world, name):
    bodies = [b"{", b"[]", b"5", b'"x"', b"null", b"\xff\xfe", b'{"a": NaN}', b'{"a": "\\u0000"}', b"[" * 100_000]
    for body in [*bodies, b"9" * 5000, b'{"a": 1e999}', b'{"a": 1, "a": 2}']:
        answer = client_for(world, name).generic(
            name.split()[0], path_of(world, name), body, content_type="application/json"
        )
        check(answer, (name, body[:30]))


@pytest.mark.parametrize("name", sorted(name for name in TABLE if name.startswith("POST") and name not in FIELDS))
def test_malformed_json_is_refused_also_where_nothing_is_wanted(world, name):
    for body in (b"{", b"\xff\xfe", b'{"a": "\\u0000"}'):
        answer = client_for(world, name).generic("POST", path_of(world, name), body, content_type="application/json")
        error_of(answer, 400, "malformed")


@pytest.mark.parametrize("name", sorted(FIELDS))
def test_malformed_json_is_400_and_another_type_415(world, name):
    client, method, path = client_for(world, name), name.split()[0], path_of(world, name)
    for body in (b"{", b"[1]", b"5", b'{"\\ud800": 1}', b'{"a": "\\u0000"}'):
        error_of(client.generic(method, path, body, content_type="application/json"), 400, "malformed")
    error_of(client.generic(method, path, b"a=1", content_type="text/csv"), 415, "unsupported_media_type")
    answer = client.generic(method, path, b'{"nonsense": 1}', content_type="application/json")
    assert error_of(answer, 422, "invalid")["nonsense"] == ["This field is not known here."]


@pytest.mark.parametrize("name", sorted(name for name in TABLE if name.startswith("GET")))
def test_any_query(world, name):
    client = client_for(world, name)
    for value in QUERY_VALUES:
        check(client.get(path_of(world, name), dict.fromkeys(QUERIES, value)), (name, value[:20]))
    for parameter in QUERIES:
        for value in ("a\x00b", str(BIG), "9999-12-31"):
            check(client.get(path_of(world, name), {parameter: value}), (name, parameter, value))
    check(client.generic("GET", path_of(world, name), QUERY_STRING="page=%ff&search=%ED%A0%80&%00=1"), name)


@pytest.mark.parametrize("name", sorted(name for name in TABLE if "<" in name))
def test_any_id(world, name):
    client = client_for(world, name)
    for id in IDS:
        path = "/api/" + name.split()[1].replace("<id>", id).replace("<type_id>", id)
        answer = client.generic(name.split()[0], path, "{}", content_type="application/json")
        check(answer, (name, id[:20]))
        assert answer.status_code == 404, (name, id[:20], answer.status_code)


def test_unknown_paths_and_wrong_methods(world):
    anybody = client_of()
    for path in ("/api/", "/api/nothing", "/api/events/x/y", "/api/admin", "/api/orders//", "/api/%00"):
        error_of(anybody.get(path), 404, "not_found")
    for name in TABLE:
        client = client_for(world, name)
        answer = client.generic("PATCH", path_of(world, name), "{}", content_type="application/json")
        assert error_of(answer, 405, "method_not_allowed") == {}
        assert name.split()[0] in answer["Allow"]
        check(client.options(path_of(world, name)), name)
    error_of(anybody.generic("NEEDS", "/api/events"), 405, "method_not_allowed")
    assert anybody.head("/api/events").status_code == 200


@pytest.mark.parametrize("key", ["x" * 5000, "é", "%00", " ", "\x7f"])
def test_any_idempotency_key(world, key):
    body = {"ticket_items": [{"ticket_type_id": str(world["type"]), "quantity": 1}]}
    check(client_of(world["buyer"]).post("/api/orders", body, HTTP_IDEMPOTENCY_KEY=key), key)
