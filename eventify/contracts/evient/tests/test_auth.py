import pytest
from django.test import override_settings
from rest_framework.test import APIClient

from accounts import sessions
from accounts.factories import UserFactory
from accounts.models import Session, User
from eventify.contracts.evient.tests.conftest import client_of, data_of, error_of
from eventify.lib.wire import moment

NEW = {"email": "new@example.com", "password": "secret", "full_name": "Nia New"}
LIMITS = {"login": (5, 60), "signup": (2, 60), "booking": (10, 60)}


def shape_of(user):
    return {
        "id": str(user.uid),
        "email": user.email,
        "full_name": user.full_name,
        "avatar_url": None,
        "role": "user",
        "is_active": True,
        "created_at": moment(user.created_at),
        "updated_at": moment(user.updated_at),
    }


def test_register_makes_an_account_and_logs_in(anybody):
    answer = anybody.post("/api/auth/register", NEW)
    data = data_of(answer, 201)
    user = User.objects.get(email="new@example.com")
    token = data.pop("token")
    assert data == {**shape_of(user), "user": shape_of(user)}
    assert sessions.find(token).user == user
    assert user.check_password("secret")


def test_register_takes_an_address_once_whatever_its_case(anybody):
    data_of(anybody.post("/api/auth/register", NEW), 201)
    details = error_of(anybody.post("/api/auth/register", {**NEW, "email": "NEW@example.com"}), 409, "taken")
    assert details == {"email": ["Email is already registered."]}
    assert User.objects.count() == 1


def test_register_names_every_bad_field(anybody):
    body = {"email": "", "password": 7, "surname": "x"}
    assert error_of(anybody.post("/api/auth/register", body), 422, "invalid") == {
        "surname": ["This field is not known here."],
        "email": ["This field may not be blank."],
        "password": ["Not a valid string."],
    }
    assert error_of(anybody.post("/api/auth/register", {**NEW, "email": "nobody"}), 422, "invalid") == {
        "email": ["Enter a valid email address."]
    }


def test_login_answers_token_user_and_the_users_fields(anybody):
    user = UserFactory(email="Bob@example.com")
    data = data_of(anybody.post("/api/auth/login/", {"email": "bob@EXAMPLE.com", "password": "secret"}))
    assert data.pop("token").count(".") == 2
    user.refresh_from_db()
    assert data == {**shape_of(user), "user": shape_of(user)}


@pytest.mark.parametrize("state", [{"is_active": False}, {"banned_at": "2026-01-01T00:00:00Z"}, {}])
def test_login_refuses_wrong_closed_and_banned_alike(anybody, state):
    UserFactory(email="bob@example.com", **state)
    password = "secret" if state else "wrong"
    answer = anybody.post("/api/auth/login", {"email": "bob@example.com", "password": password})
    assert error_of(answer, 401, "wrong_credentials") == {}
    assert answer.json()["message"] == "Invalid credentials."
    assert answer["WWW-Authenticate"].startswith("Bearer")
    assert not Session.objects.exists()


def test_login_works_with_an_outdated_token_in_the_header(anybody):
    UserFactory(email="bob@example.com")
    anybody.credentials(HTTP_AUTHORIZATION="Bearer outdated")
    data_of(anybody.post("/api/auth/login", {"email": "bob@example.com", "password": "secret"}))
    data_of(anybody.get("/api/events"))


def test_me(as_buyer, buyer):
    assert data_of(as_buyer.get("/api/auth/me")) == {**shape_of(buyer), "user": shape_of(buyer)}


@pytest.mark.parametrize("header", [None, "Bearer", "Bearer x", "Bearer \xff", "Basic x", "Token x"])
def test_me_without_a_good_token(db, header):
    client = APIClient()
    if header:
        client.credentials(HTTP_AUTHORIZATION=header)
    assert error_of(client.get("/api/auth/me"), 401, "unauthenticated") == {}


def test_logout_ends_the_session_only(buyer):
    one, other = client_of(buyer), client_of(buyer)
    assert data_of(one.post("/api/auth/logout")) is None
    error_of(one.get("/api/auth/me"), 401, "unauthenticated")
    data_of(other.get("/api/auth/me"))


@override_settings(EVENTIFY_RATE_LIMITS=True, RATE_LIMITS=LIMITS)
def test_login_is_limited_by_address_and_path(anybody):
    body = {"email": "bob@example.com", "password": "x"}
    for slash in ("", "/", "", "/", ""):
        error_of(anybody.post(f"/api/auth/login{slash}", body), 401, "wrong_credentials")
    answer = anybody.post("/api/auth/login", body)
    assert error_of(answer, 429, "too_many_requests") == {"retry_after": int(answer["Retry-After"])}
    assert 1 <= int(answer["Retry-After"]) <= 60
    elsewhere = anybody.post("/api/auth/login", body, REMOTE_ADDR="10.0.0.7")
    error_of(elsewhere, 401, "wrong_credentials")


@override_settings(EVENTIFY_RATE_LIMITS=True, RATE_LIMITS=LIMITS)
def test_register_is_limited(anybody):
    for number in range(2):
        data_of(anybody.post("/api/auth/register", {**NEW, "email": f"n{number}@example.com"}), 201)
    error_of(anybody.post("/api/auth/register", NEW), 429, "too_many_requests")
