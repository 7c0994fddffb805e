"""Whatever comes in, a clear 4xx (or a success) in the contract's shape goes out, and nothing is a server error."""

import json

import pytest

from accounts import audit, notify
from accounts.factories import UserFactory
from accounts.models import Role, User
from accounts.tests.coming_in import turn_on
from eventify.contracts.command_center import auth, financials, logs, partners, team, users
from eventify.contracts.command_center.tests.conftest import API, client_of, errors_of, with_role
from eventify.contracts.command_center.tests.test_routes import TABLE
from eventify.tests.lent import for_the_module
from partners import contacts, payouts
from partners.tests.money import rich_partner, sell
from partners.tests.papers import file, picture, uploaded

BIG = 99999999999999999999
VALUES = [
    None, True, -1, 1.5, 2**31, 2**63, BIG, 1e308, "", " ", "x", "\ud800", "١", str(BIG), "NaN", "x" * 100_000,
    [], [None], [[]], {"a": {}}, [1, "x"], "a\u2028b💥", "a\x00b", "0001-01-01", "9999-12-31", "Active", "Verified",
    "Suspended", "9999-12-31T23:59:59-14:00", "=cmd()", "<script>", "' OR 1=1 --", ["x"] * 2000,
]  # fmt: skip
BODIES = {
    "POST auth/login": auth.Credentials,
    "POST auth/refresh": auth.Refreshing,
    "POST auth/step-up": auth.Proof,
    "POST partners": partners.NewPartner,
    "PATCH partners/<id>/status": partners.StatusChange,
    "POST partners/<id>/kyc/review": partners.Review,
    "POST partners/<id>/contacts": partners.ContactBody,
    "PATCH partners/<id>/contacts/<contact_id>": partners.ContactBody,
    "POST admin/users": team.NewStaff,
    "PATCH admin/users/<id>/role": team.RoleChoice,
    "POST admin/roles": team.NewRole,
    "PUT admin/roles/<id>/permissions": team.PermissionSet,
    "POST users/<id>/ban": users.Reason,
    "POST users/<id>/reset-2fa": users.Reason,
    "POST financials/payouts": financials.NewPayouts,
}
NO_BODY = {
    "POST auth/logout",
    "DELETE partners/<id>/contacts/<contact_id>",
    "DELETE admin/users/<id>",
    "DELETE admin/roles/<id>",
    "POST users/<id>/unban",
    "POST financials/payouts/<id>/approve",
    "POST financials/payouts/<id>/discard",
    "POST notifications/read-all",
    "POST notifications/<id>/read",
}
UPLOAD = "POST partners/<id>/documents"
FILTERS = (
    logs.NotificationFilters, logs.AuditFilters, partners.PartnerFilters, team.StaffFilters, users.UserFilters,
    financials.EntryFilters, financials.BatchFilters,
)  # fmt: skip
QUERIES = sorted({name for one in FILTERS for name in one.base_filters} | {"page", "per_page", "range", "format", "x"})
QUERY_VALUES = [
    "", " ", "\x00", "a\x00b", str(BIG), "-1", "%", "0001-01-01", "1969-12-31", "2199-12-31", "9999-12-31", "é💥",
    "\u2028", "x" * 5000, "[]", "-", "--created_at", "created_at,-created_at", "null", "true", "Active", "\\",
]  # fmt: skip
IDS = [
    "1", "0", "-1", str(BIG), "x", "%00", "%ff", "..", "%2e%2e", "é", "💥", "01M7Y2MYMMFZ0R6NVG1R25C34W", "null",
    "x" * 2000, "01900000-0000-7000-8000-00000000000g", "{01900000-0000-7000-8000-000000000000}", "'",
    "a%20b", "%ED%A0%80",
]  # fmt: skip


def things() -> dict:
    """The real ids of things, so that bodies reach the code behind the look-up."""
    admin = with_role("Super Admin", email="admin@example.com", full_name="Ada Admin")
    partner, user = rich_partner(), UserFactory()
    sell(partner, 5)
    turn_on(user)
    contact = contacts.add(partner, name="C", email="c@example.com", by=admin)
    batch = payouts.create(partners=[partner], by=admin)
    notice = notify.notify(admin, "Hello")
    audit.record("DID_SOMETHING", partner, by=admin)
    uploaded(partner, by=UserFactory())
    staff_ids = {"admin/users": with_role("Gate").uid, "admin/roles": Role.objects.get(name="Gate").uid}
    ids = {"partners": partner.uid, "users": user.uid, "financials/payouts": batch.uid, "notifications": notice.uid}
    return {"ids": {**ids, **staff_ids}, "contact": contact.uid, "admin": admin}


whole_world = for_the_module(things)


@pytest.fixture
def world(whole_world, db):
    """What a test changes in them is taken back."""
    return whole_world


def path_of(world, name: str) -> str:
    path = name.split()[1]
    own = world["ids"].get(path.split("/<id>")[0])
    return API + path.replace("<contact_id>", str(world["contact"])).replace("<id>", str(own))


def send(client, world, name: str, body, type="application/json"):
    return client.generic(name.split()[0], path_of(world, name), body, content_type=type)


def check(answer, what):
    assert answer.status_code < 500, what
    assert answer["Content-Type"] == "application/json", what
    body = json.loads(answer.content)
    if answer.status_code < 400:
        assert "data" in body and set(body) <= {"data", "meta"}, what
    else:
        assert {"message", "errors", "code"} <= set(body) and body["message"] and body["code"], what
        assert isinstance(body["errors"], dict) and "data" not in body, what


def good_for(world, name: str) -> dict:
    """A body that is fine, so that each field is the only one that is not."""
    role, email = str(world["ids"]["admin/roles"]), f"f{User.objects.count()}@example.com"
    return {
        "POST auth/login": {"email": "admin@example.com", "password": "secret"},
        "POST partners": {"name": "P", "type": "Venue", "contact": {"name": "C", "email": email}},
        "PATCH partners/<id>/status": {"status": "Active"},
        "POST partners/<id>/kyc/review": {"document_id": role, "decision": "Verified"},
        "POST partners/<id>/contacts": {"name": "C", "email": email},
        "POST admin/users": {"email": email, "full_name": "F", "role_id": role},
        "POST admin/roles": {"name": f"Role {email}"},
    }.get(name, {})


def test_every_route_that_takes_a_body_is_fuzzed():
    assert BODIES.keys() | NO_BODY | {UPLOAD} == {name for name in TABLE if not name.startswith("GET")}


@pytest.mark.parametrize("name", sorted(BODIES))
def test_any_value_in_any_field(world, name):
    client = client_of(world["admin"])
    for field in [*BODIES[name]().fields, "unknown"]:
        for value in VALUES:
            body = json.dumps({**good_for(world, name), field: value})
            answer = send(client, world, name, body)
            check(answer, (name, field, str(value)[:50]))
            if isinstance(value, str) and value in ("\ud800", "a\x00b"):
                assert answer.status_code == 400, (name, field)


@pytest.mark.parametrize("field", list(partners.NewContact().fields))
def test_any_value_in_a_nested_contact(world, field):
    client = client_of(world["admin"])
    for value in VALUES:
        contact = {"name": "C", "email": "c@example.com", field: value}
        body = json.dumps({"name": "P", "type": "Venue", "contact": contact})
        check(send(client, world, "POST partners", body), (field, str(value)[:50]))


@pytest.mark.parametrize("field", list(partners.NewDocument().fields))
def test_any_value_in_an_upload(world, field):
    client = client_of(world["admin"])
    for value in [
        "",
        "x",
        "PAN",
        "Other",
        "\x00",
        "\ud800",
        "x" * 200_000,
        "é💥",
        b"\xff\xfe",
        file(b"%PDF-1.7 broken"),
    ]:
        form = {"type": "PAN", "file": file(), field: value}
        if isinstance(value, str):
            form[field] = value.encode("utf-8", "surrogatepass")
        answer = client.post(path_of(world, UPLOAD), form, format="multipart")
        check(answer, (field, str(value)[:50]))


@pytest.mark.parametrize(
    "name", [b"\x00.png", b"../../etc/passwd", b"x" * 500, "é💥.png".encode(), b".", b"\xff", b"", b"a;b"]
)
def test_any_name_of_a_file(world, name):
    parts = [b'--x\r\nContent-Disposition: form-data; name="type"\r\n\r\nPAN', b"--x"]
    parts += [
        b'\r\nContent-Disposition: form-data; name="file"; filename="' + name + b'"\r\n\r\n' + picture(),
        b"\r\n--x--",
    ]
    body = parts[0] + b"\r\n" + parts[1] + parts[2] + parts[3] + b"\r\n"
    answer = send(client_of(world["admin"]), world, UPLOAD, body, "multipart/form-data; boundary=x")
    check(answer, name)
    if answer.status_code == 201:
        shown = answer.json()["data"]["name"]
        assert shown.endswith(".png") and "/" not in shown and shown.isprintable()


@pytest.mark.parametrize("name", sorted(BODIES.keys() | NO_BODY | {UPLOAD}))
def test_bodies_that_are_no_object(world, name):
    client = None
    bodies = [b"{", b"[]", b"5", b'"x"', b"null", b"\xff\xfe", b'{"a": NaN}', b'{"a": "\\u0000"}', b"[" * 100_000, b""]
    types = ["text/csv", "", "multipart/form-data", "application/json; charset=rot13"]
    sent = [(body, "application/json") for body in [*bodies, b"9" * 5000, b'{"a": 1e999}', b'{"a": 1, "a": 2}']]
    for body, type in [*sent, *((b"{}", type) for type in types), (b"x" * 3_000_000, "application/json")]:
        if client is None or name == "POST auth/logout":
            client = client_of(world["admin"])
        check(send(client, world, name, body, type), (name, body[:30], type))


@pytest.mark.parametrize("name", sorted(name for name in NO_BODY if name.startswith("POST")))
def test_malformed_json_is_refused_also_where_nothing_is_wanted(world, name):
    for body in (b"{", b"\xff\xfe", b'{"a": "\\u0000"}'):
        errors_of(send(client_of(world["admin"]), world, name, body), 400, "malformed")


@pytest.mark.parametrize("name", sorted(BODIES))
def test_malformed_json_is_400_and_another_type_415(world, name):
    client = client_of(world["admin"])
    for body in (b"{", b"[1]", b"5", b'{"\\ud800": 1}', b'{"a": "\\u0000"}'):
        errors_of(send(client, world, name, body), 400, "malformed")
    errors_of(send(client, world, name, b"a=1", "text/csv"), 415, "unsupported_media_type")
    found = errors_of(send(client, world, name, b'{"nonsense": 1}'), 422, "invalid")
    assert found["nonsense"] == ["This field is not known here."]


@pytest.mark.parametrize("name", sorted(name for name in TABLE if name.startswith("GET")))
def test_any_query(world, name):
    client, path = client_of(world["admin"]), path_of(world, name)
    for value in QUERY_VALUES:
        check(client.get(path, dict.fromkeys(QUERIES, value)), (name, value[:20]))
    for parameter in QUERIES:
        for value in ("a\x00b", str(BIG), "9999-12-31", "-", "x" * 5000):
            answer = client.get(path, {parameter: value})
            check(answer, (name, parameter, value[:20]))
            assert answer.status_code in (200, 422), (name, parameter, value[:20])
    check(client.generic("GET", path, QUERY_STRING="page=%ff&search=%ED%A0%80&%00=1&sort=%C0"), name)


@pytest.mark.parametrize("name", sorted(name for name in TABLE if "<" in name))
def test_any_id(world, name):
    client = client_of(world["admin"])
    for id in IDS:
        path = API + name.split()[1].replace("<contact_id>", id).replace("<id>", id)
        answer = client.generic(name.split()[0], path, "{}", content_type="application/json")
        check(answer, (name, id[:20]))
        assert answer.status_code == 404, (name, id[:20], answer.status_code)


def test_unknown_paths_and_wrong_methods(world):
    anybody = client_of()
    for path in (
        "",
        "nothing",
        "partners/x/y",
        "admin",
        "financials",
        "partners//",
        "%00",
        "events",
        "auth",
        "x" * 5000,
    ):
        for slash in ("", "/"):
            errors_of(anybody.get(f"/api/v1/{path}{slash}"), 404, "not_found")
    errors_of(anybody.get("/api/v1"), 404, "not_found")
    for name in TABLE:
        client = client_of(world["admin"])
        answer = client.generic("TRACE", path_of(world, name))
        assert errors_of(answer, 405, "method_not_allowed") == {}
        assert name.split()[0] in answer["Allow"]
        check(client.options(path_of(world, name)), name)
        assert client.generic("NEEDS", path_of(world, name)).status_code == 405
    assert client_of(world["admin"]).head("/api/v1/partners").status_code == 200


@pytest.mark.parametrize("key", ["x" * 5000, "é", "%00", " ", "\x7f", "\t", "a b"])
def test_any_idempotency_key(world, key):
    answer = client_of(world["admin"]).post("/api/v1/financials/payouts", {}, HTTP_IDEMPOTENCY_KEY=key)
    check(answer, key)
    assert answer.status_code in (409, 422)


@pytest.mark.parametrize(
    "header", ["Bearer", "Bearer ", "Bearer x", "Basic eDp4", "Bearer \xff", "x" * 20_000, "Bearer a b"]
)
def test_any_authorization(db, header):
    client = client_of()
    client.credentials(HTTP_AUTHORIZATION=header)
    errors_of(client.get("/api/v1/partners"), 401, "unauthenticated")


def test_what_people_type_comes_back_as_it_was(world):
    name = "=cmd() <script>alert(1)</script> é💥"
    answer = client_of(world["admin"]).post(
        "/api/v1/partners", {"name": name, "type": "Vendor", "contact": {"name": "C", "email": "c@d.io"}}
    )
    assert answer.json()["data"]["name"] == name
    assert answer["Content-Type"] == "application/json"
