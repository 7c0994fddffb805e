"""Whatever comes in, a clear 4xx in the contract's shape goes out."""

import pytest

from bookings.models import Booking
from eventify.contracts.evently.tests.calling import NEW_EVENT, make_event
from events.models import Event

BODIES = {
    "/auth/signup": {"name": "A", "email": "a@example.com", "password": "root"},
    "/auth/login": {"email": "a@example.com", "password": "root"},
    "/events/{id}/book": {"qty": 1, "quantity": 1, "seat_ids": ["A-1"], "waitlist": True},
    "/admin/events": {**NEW_EVENT, "description": "", "price": "1.00", "currency": "INR", "status": "active"},
    "/admin/events/{id}": {**NEW_EVENT, "status": "active"},
    "/admin/events/{id}/seats/generate": {"rows": 2, "cols": 2, "seats_per_row": 2, "per_row": 2},
    "/admin/users": {"name": "A", "email": "b@example.com", "password": "root", "role": "user"},
    "/admin/users/{id}/role": {"role": "user"},
    "/admin/events/{id}/deactivate": {},
    "/auth/logout": {},
}
METHODS = {"/admin/events/{id}": "PATCH", "/admin/users/{id}/role": "PATCH"}
STRANGE = [None, True, -1, 1.5, 1e308, 10**20, 2**31, 2**63, "", " ", "x" * 1_000_000, "\ud800", "a\x00b", [], [[]], {}]
STRANGE += [{"a": {"b": None}}, ["A-1", None], "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59", "NaN", "٣", 0]
RAW = [
    b"",
    b"{",
    b"[]",
    b"null",
    b"1",
    b'"x"',
    b"\xff\xfe",
    b"{" * 100_000,
    b"[" * 100_000,
    b'{"a":NaN}',
    b'{"\\ud800":1}',
]
RAW += [
    b'{"name":' + b"9" * 5000 + b"}",
    b'{"a\\u0000b":1}',
    b'{"name":"a","name":"b"}',
    b"name=a&email=b",
    b"\x00",
    b'{"name":"' + b"x" * 3_000_000 + b'"}',
]
FIELDS = [(path, name) for path, body in BODIES.items() for name in [*body, "unknown"]]


def check(answer):
    assert answer.status_code < 500
    if answer.status_code >= 400:
        assert set(answer.json()) == {"detail"}
        assert answer.status_code in (400, 401, 404, 409, 413, 415, 422), answer.content
        for problem in answer.json()["detail"] if isinstance(answer.json()["detail"], list) else []:
            assert set(problem) == {"loc", "msg", "type"}
            assert len(problem["msg"]) <= 500


@pytest.mark.parametrize(("path", "name"), FIELDS)
def test_strange_values(admin, path, name):
    event = make_event(capacity=5)
    target = path.format(id=admin.user.pk if "users" in path else event.pk)
    for value in STRANGE:
        body = {**BODIES[path], name: value}
        check(admin.send(METHODS.get(path, "POST"), target, body, Idempotency_Key=f"k{len(str(value))}"))


@pytest.mark.parametrize("path", BODIES)
@pytest.mark.parametrize(
    "kind", ["application/json", "application/json; charset=utf-16", "text/plain", "", "multipart/form-data"]
)
def test_strange_bodies(admin, path, kind):
    target = path.format(id=admin.user.pk if "users" in path else make_event().pk)
    for raw in RAW:
        method, headers = METHODS.get(path, "POST"), {**admin.headers, "Idempotency-Key": "k"}
        check(admin.client.generic(method, target, data=raw, content_type=kind, headers=headers))


@pytest.mark.parametrize("raw", [b"{", b"{'name': 1}", b"nothing"])
def test_malformed_json_is_400(admin, raw):
    for path in ("/auth/login", "/admin/events"):
        answer = admin.client.generic("POST", path, data=raw, content_type="application/json", headers=admin.headers)
        assert answer.status_code == 400
        assert answer.json()["detail"].startswith("JSON parse error")


def test_a_body_that_is_too_large_is_413(anyone):
    answer = anyone.post("/auth/login", {"email": "x" * 3_000_000, "password": "root"})
    assert (answer.status_code, answer.json()) == (413, {"detail": "The body is too large. Send less."})


@pytest.mark.parametrize("raw", [b"[]", b"1", b'"x"', b"null", b"[1,2]"])
def test_json_that_is_no_object_is_422(anyone, raw):
    answer = anyone.client.generic("POST", "/auth/login", data=raw, content_type="application/json")
    problem = {"loc": ["body"], "msg": "Send a JSON object.", "type": "object"}
    if raw == b"null":
        problem = {**problem, "msg": "No data provided", "type": "missing"}
    assert (answer.status_code, answer.json()) == (422, {"detail": [problem]})


@pytest.mark.parametrize("name", ["page", "page_size", "q", "venue", "status", "date_from", "date_to", "sort", "order"])
def test_strange_queries(admin, name):
    values = ["%00", "%ff", "-1", "0", "1e9", "9" * 30, "9" * 5000, "%ED%A0%80", "x" * 5000, "%2B", "2030-01-01", "[]"]
    values += [
        "9999-12-31T23:59:59-23:59",
        "0001-01-01T00:00:00%2B23:59",
        "%",
        "%25",
        "_",
        "\\",
        "%5C",
        "'",
        "2030-13-45",
    ]
    for value in values:
        for path in ("/events", "/me/bookings", "/admin/bookings", "/admin/users", "/admin/events"):
            check(admin.get(f"{path}?{name}={value}"))
        check(admin.get(f"/admin/analytics/summary?refresh={value}"))


@pytest.mark.parametrize(
    "id", ["%00", "%ff", "-1", "9" * 30, "9" * 5000, "a%0Ab", "1%0A", "%F0%9F%98%80", "..%2F", "%25"]
)
def test_strange_ids(admin, id):
    for method, path in (
        ("GET", f"/events/{id}"),
        ("GET", f"/events/{id}/seats"),
        ("POST", f"/events/{id}/book"),
        ("GET", f"/bookings/{id}"),
        ("DELETE", f"/bookings/{id}"),
        ("PATCH", f"/admin/events/{id}"),
        ("DELETE", f"/admin/events/{id}"),
        ("POST", f"/admin/events/{id}/deactivate"),
        ("POST", f"/admin/events/{id}/seats/generate"),
        ("PATCH", f"/admin/users/{id}/role"),
    ):
        answer = admin.send(method, path)
        check(answer)
        assert answer.status_code == 404


@pytest.mark.parametrize(
    "token", ["", "Bearer", "Bearer x", "Basic x", "Bearer a.b.c", "Bearer \xff", "Bearer " + "x" * 9000]
)
def test_strange_tokens(anyone, token):
    for path in ("/auth/me", "/events/1/seats", "/admin/users"):
        check(anyone.get(path, Authorization=token))


def test_keys_of_any_kind(buyer):
    event = make_event()
    for key in ("é", "\x7f", "k" * 10_000, "日本", "'; --"):
        check(buyer.book(event, key=key.encode().decode("latin-1")))
    assert Booking.objects.exists()
    assert Event.objects.get().booked_count == sum(Booking.objects.values_list("qty", flat=True))
