"""Whatever is sent, the answer is a clear refusal in the contract's shape."""

import json

import pytest
from django.test import Client

from eventify.contracts.eventify_plus.conventions import plain_error
from eventify.contracts.eventify_plus.tests.calling import FIELDS, PATHS, WITH_TOKEN, Caller, post

pytestmark = pytest.mark.django_db
MALFORMED = [
    "",
    "{",
    "[]",
    '"text"',
    "null",
    "7",
    "[{}]",
    "{" * 100_000,
    "[" * 100_000,
    '{"a": 1e}',
    b"\xff\xfe",
    "NaN",
]
STRANGE = [None, True, 0, -1, 1.5, 1e308, 10**400, "", " ", "x" * 1_000_000, "é" * 300, [], {}, [[]], "9999-12-31"]
STRANGE += ["0001-01-01", "99999999999999999999", "%00", "' OR 1=1 --", "٣", "\u202e", "2025-08-15Z", "-0", "1e5"]


def has_a_shape(answer):
    body = answer.json()
    return body.keys() in ({"status", "message"}, {"errors"}, {"status"})


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["get", "put", "patch", "delete", "head"])
def test_post_only(path, method):
    answer = getattr(Client(), method)(f"/api/{path}/")
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "POST, OPTIONS"
    if method != "head":
        assert answer.json() == {"status": "error", "message": f'Method "{method.upper()}" not allowed.'}


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("body", MALFORMED)
def test_malformed_bodies(path, body):
    answer = post(path, body)
    assert answer.status_code == 400
    assert has_a_shape(answer)


@pytest.mark.parametrize("path", PATHS)
def test_texts_that_no_database_stores(path):
    for text in ('{"username": "\\ud800", "token": "x"}', '{"\\u0000": 1}', '{"email": ["\\u0000"]}'):
        answer = post(path, text)
        assert answer.status_code == 400
        sentence = "A text contains a NUL or half a character. Remove it and send again."
        assert answer.json() == {"status": "error", "message": sentence}


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
def test_json_only(kind):
    answer = Client().post("/api/user/login/", "username=a", content_type=kind)
    assert answer.status_code == 415
    assert has_a_shape(answer)


@pytest.mark.parametrize("path", PATHS)
def test_bodies_over_the_limit(path, settings):
    answer = post(path, {"token": "x" * settings.DATA_UPLOAD_MAX_MEMORY_SIZE})
    assert answer.status_code == 413
    assert answer.json() == {"status": "error", "message": "The body is too large. Send less."}


@pytest.mark.parametrize("charset", ["utf-16", "rot13", "base64", "nonsense", "latin-1"])
def test_json_is_utf_8_whatever_the_header_says(charset):
    kind = f"application/json; charset={charset}"
    answer = Client().generic("POST", "/api/user/login/", '{"username": "é"}'.encode(), kind)
    assert answer.status_code == 400
    assert answer.json() == {"errors": {"password": ["This field is required."]}}


@pytest.mark.parametrize("path", WITH_TOKEN)
def test_unknown_fields_are_refused(path):
    answer = Caller().post(path, **FIELDS.get(path, {}), zebra=1, page=2)
    assert answer.status_code == 400
    assert answer.json() == {"status": "error", "message": "Unknown field: page, zebra."}


@pytest.mark.parametrize("path", ["user/register", "user/login"])
def test_unknown_fields_are_refused_without_a_token_too(path):
    answer = post(path, {"email": "a@example.com", "x" * 90: 1})
    assert answer.status_code == 400
    assert answer.json()["errors"]["x" * 40 + "..."] == ["Unknown field."]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("value", STRANGE, ids=lambda value: repr(value)[:20])
def test_strange_values(path, value):
    caller = Caller()
    names = ("email", "phone_number", "password", "username", "token", "first_name", "pincode", "latitude", "place")
    if path in WITH_TOKEN:
        names = ("token", "username", *FIELDS.get(path, {"pincode": "", "x": 1}))
    good = {"token": caller.token, "username": caller.user.username} if path in WITH_TOKEN else {}
    for name in names:
        answer = post(path, {**good, **FIELDS.get(path, {}), name: value})
        assert answer.status_code in (200, 400, 401, 404)
        assert answer.status_code == 200 or has_a_shape(answer)


@pytest.mark.parametrize("path", ["/api/user/", "/api/user/nothing/", "/api/user/login/x", "/api/user/log%00in/"])
def test_unknown_paths(path):
    answer = Client().post(path, "{}", content_type="application/json")
    assert answer.status_code == 404
    assert answer.json() == {"status": "error", "message": "Not found."}


def test_a_query_string_is_ignored():
    for query in ("x=%00&page=-1", "format=xml", "format=api"):
        assert post(f"user/login/?{query}", {}).status_code == 400


@pytest.mark.parametrize("accepted", ["text/html", "application/xml", "image/png;q=0.1", "nonsense", ""])
def test_answers_are_json_whatever_is_accepted(accepted):
    answer = post("user/status/", {}, headers={"Accept": accepted})
    assert answer.status_code == 400
    assert answer.json() == {"status": "error", "message": "token and username required"}
    assert Client().get("/api/user/status/", headers={"Accept": accepted}).status_code == 405


def test_a_crash_has_the_documents_key_as_well():
    body = json.loads(plain_error(500, "Sorry.").content)
    assert body == {"status": "error", "message": "Sorry.", "error": "Sorry."}
