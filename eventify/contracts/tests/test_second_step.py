"""Logging in with two-factor, and being locked out, in the words of contracts 001, 002 and 003."""

import json

import pytest

from accounts import sessions
from accounts.factories import SuperAdminFactory, UserFactory
from accounts.models import Role, User
from accounts.tests.coming_in import code_of, turn_on

pytestmark = pytest.mark.django_db
REQUIRED = "Enter the code of your authenticator app, or a recovery code."
WRONG = "This code is not right, or was used before."
SET_UP = "Your role demands two-factor. Set it up under /account/security/, then try again."
LOCKED = "Too many failed log-ins. Try again in 15 minutes."


def evient(code: str, sentence: str, **details) -> dict:
    return {"success": False, "data": None, "message": sentence, "error": {"code": code, "details": details}}


# contract -> path, name of the field for the name, the refusals, and where the token is
CONTRACTS = {
    "001": (
        "/api/auth/login",
        "email",
        {
            401: (evient("otp_required", REQUIRED), evient("wrong_otp", WRONG)),
            429: evient("locked_out", LOCKED, retry_after=900),
        },
        lambda body: sessions.find(body["data"]["token"]),
    ),
    "002": (
        "/auth/login",
        "email",
        {401: ({"detail": REQUIRED}, {"detail": WRONG}), 429: {"detail": LOCKED}},
        lambda body: sessions.find(body["access_token"]),
    ),
    "003": (
        "/api/user/login/",
        "username",
        {
            401: ({"errors": {"otp": [REQUIRED]}}, {"errors": {"otp": [WRONG]}}),
            429: {"status": "error", "message": LOCKED},
        },
        lambda body: sessions.find_device_token(body["token"]),
    ),
}


@pytest.fixture(params=CONTRACTS)
def contract(request):
    return CONTRACTS[request.param]


@pytest.fixture
def user() -> User:
    return UserFactory(email="maya@example.com")


def log_in(client, contract, **more):
    body = {contract[1]: "maya@example.com", "password": "secret", **more}
    return client.post(contract[0], json.dumps(body), content_type="application/json")


def test_the_code_is_asked_for_checked_and_taken_once(client, contract, user):
    turn_on(user)
    required, wrong = contract[2][401]
    for otp in ({}, {"otp": ""}):
        answer = log_in(client, contract, **otp)
        assert (answer.status_code, answer.json()) == (401, required)
    answer = log_in(client, contract, otp="000000")
    assert (answer.status_code, answer.json()) == (401, wrong)
    code = code_of(user)
    answer = log_in(client, contract, otp=code)
    assert answer.status_code == 200 and contract[3](answer.json()).user == user
    answer = log_in(client, contract, otp=code)
    assert (answer.status_code, answer.json()) == (401, wrong)


def test_without_two_factor_a_code_does_no_harm(client, contract, user):
    assert log_in(client, contract, otp="123456").status_code == 200


def test_after_ten_wrong_passwords_the_name_is_locked(client, contract, user):
    for _time in range(10):
        assert log_in(client, contract, password="wrong").status_code == 401
    answer = log_in(client, contract)
    assert (answer.status_code, answer.json(), answer["Retry-After"]) == (429, contract[2][429], "900")


@pytest.mark.parametrize("otp", [7, None, [], {}, "x" * 33, "x" * 1_000_000, "\x00", "\ud800"])
def test_a_code_of_any_kind_is_no_server_error(client, contract, user, otp):
    turn_on(user)
    assert log_in(client, contract, otp=otp).status_code in (400, 401, 422)


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("/api/admin/users", evient("two_factor_required", SET_UP)),
        ("/admin/users", {"detail": SET_UP}),
    ],
)
def test_staff_who_must_set_it_up_are_told_so(client, path, answer):
    admin = SuperAdminFactory()
    headers = {"Authorization": f"Bearer {sessions.start(admin)[1]}"}
    assert client.get(path, headers=headers).status_code == 200
    Role.objects.filter(name="Super Admin").update(requires_two_factor=True)
    got = client.get(path, headers=headers)
    assert (got.status_code, got.json()) == (403, answer)
