"""Registration, log-in, status, log-out, and the life of a token."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.conf import settings

from accounts import bans, roles, signup
from accounts.factories import SuperAdminFactory, UserFactory
from accounts.models import DeviceToken, Role, User
from eventify.contracts.eventify_plus.tests.calling import WITH_TOKEN, Caller, post

pytestmark = pytest.mark.django_db
NEWCOMER = {"email": "john@example.com", "phone_number": "+1234567890", "password": "securepassword123"}


def test_register_answers_a_token_that_works_at_once():
    answer = post("user/register/", NEWCOMER)
    assert answer.status_code == 201
    token = answer.json()["token"]
    assert answer.json() == {"message": "User registered successfully", "token": token}
    assert re.fullmatch(r"[0-9a-f]{40}", token)
    user = User.objects.get()
    assert (user.email, user.phone, user.username) == ("john@example.com", "+1234567890", "john")
    assert user.check_password("securepassword123")
    status = post("user/status", {"token": token, "username": "john"})
    assert status.status_code == 200
    assert status.json() == {"status": "logged_in", "username": "john", "email": "john@example.com"}


def test_the_token_is_stored_only_as_a_hash():
    token = post("user/register", NEWCOMER).json()["token"]
    assert token not in DeviceToken.objects.get().key_hash


def test_register_takes_the_whole_profile():
    profile = {
        "username": "johnny",
        "first_name": "John",
        "last_name": "van Doe",
        "pincode": "560001",
        "district": "Bangalore Urban",
        "state": "Karnataka",
        "country": "India",
        "place": "Bangalore",
        "latitude": "12.9716",
        "longitude": 77.5946,
    }
    assert post("user/register/", NEWCOMER | profile).status_code == 201
    user = User.objects.get()
    assert user.full_name == "John van Doe"
    assert (user.latitude, user.longitude) == (Decimal("12.9716"), Decimal("77.5946"))
    answer = post("user/login/", {"username": "JOHNNY", "password": "securepassword123"})
    assert answer.status_code == 200
    expected = {"message": "Login successful", "token": answer.json()["token"], "username": "johnny"}
    expected |= {"email": "john@example.com", "phone_number": "+1234567890"}
    expected |= {"first_name": "John", "last_name": "van Doe", "role": "user"}
    expected |= profile | {"longitude": "77.5946"}
    assert answer.json() == expected
    order = "message token username email phone_number first_name last_name role pincode district state country place"
    assert list(answer.json()) == [*order.split(), "latitude", "longitude"]


def test_register_names_each_field_that_somebody_has():
    post("user/register", NEWCOMER)
    answer = post("user/register", NEWCOMER | {"email": "JOHN@example.com", "phone_number": "+1 (234) 567-890"})
    assert answer.status_code == 400
    taken = {"email": ["Email is already registered."], "phone_number": ["Phone number is already registered."]}
    assert answer.json() == {"errors": taken}
    assert User.objects.count() == 1


def test_register_names_each_field_that_is_missing():
    answer = post("user/register", {"phone_number": "  "})
    assert answer.status_code == 400
    blank, required = ["This field may not be blank."], ["This field is required."]
    assert answer.json() == {"errors": {"email": required, "phone_number": blank, "password": required}}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", "no address"),
        ("email", 7),
        ("email", ["a@example.com"]),
        ("email", "a" * 300 + "@example.com"),
        ("email", "x" * 1_000_000),
        ("phone_number", "call me"),
        ("phone_number", 1234567890),
        ("phone_number", "+49 123456789012345"),
        ("password", True),
        ("password", "x" * 1_000_000),
        ("username", "with@sign"),
        ("username", "x" * 151),
        ("username", {}),
        ("first_name", "x" * 100),
        ("pincode", "1234567890123"),
        ("pincode", 560001),
        ("place", "x" * 101),
        ("latitude", "90.1"),
        ("latitude", "north"),
        ("latitude", True),
        ("longitude", -181),
        ("longitude", 1e300),
        ("longitude", []),
        ("is_staff", True),
    ],
)
def test_register_refuses_a_bad_value_by_its_name(field, value):
    answer = post("user/register", NEWCOMER | {field: value})
    assert answer.status_code == 400
    assert list(answer.json()) == ["errors"]
    assert list(answer.json()["errors"]) == [field]
    assert not User.objects.exists()


def test_usernames_are_chosen_from_the_address_and_are_unique():
    post("user/register", NEWCOMER)
    post("user/register", NEWCOMER | {"email": "john@example.org", "phone_number": "+1234567891"})
    assert set(User.objects.values_list("username", flat=True)) == {"john", "john2"}


def test_login_by_address_whatever_its_case():
    user = UserFactory(full_name="", phone=None)
    answer = post("user/login", {"username": user.email.upper(), "password": "secret"})
    assert answer.status_code == 200
    empty = {name: "" for name in ("phone_number", "first_name", "last_name")}
    empty |= {name: "" for name in ("pincode", "district", "state", "country", "place")}
    place = {"latitude": None, "longitude": None, "role": "user"}
    known = {"message": "Login successful", "token": answer.json()["token"], "username": user.username}
    assert answer.json() == known | {"email": user.email} | empty | place


@pytest.mark.parametrize("who", ["unknown@example.com", "person", "person@example.com"])
def test_login_with_wrong_credentials(who):
    UserFactory(email="person@example.com", username="person")
    answer = post("user/login", {"username": who, "password": "wrong"})
    assert answer.status_code == 401
    assert answer.json() == {"errors": {"username": ["Invalid credentials."]}}


def test_login_with_missing_and_wrong_fields():
    assert post("user/login", {}).status_code == 400
    required = ["This field is required."]
    assert post("user/login", {}).json() == {"errors": {"username": required, "password": required}}
    answer = post("user/login", {"username": 7, "password": "x", "pin": "1"})
    assert answer.status_code == 400
    assert answer.json() == {"errors": {"pin": ["Unknown field."], "username": ["Not a valid string."]}}


@pytest.mark.parametrize(("role", "word"), [("Super Admin", "admin"), ("Gate", "staff")])
def test_login_tells_the_role(role, word):
    user = roles.assign(UserFactory(), Role.objects.get(name=role), by=None)
    assert post("user/login", {"username": user.username, "password": "secret"}).json()["role"] == word


def test_a_banned_user_cannot_log_in_and_loses_every_token():
    caller = Caller()
    bans.ban(caller.user, reason="spam", by=SuperAdminFactory())
    assert caller.post("user/status").json() == {"status": "invalid_token"}
    answer = post("user/login", {"username": caller.user.username, "password": "secret"})
    assert answer.status_code == 401
    assert answer.json() == {"errors": {"username": ["Invalid credentials."]}}


def test_a_new_password_ends_every_token():
    caller = Caller()
    signup.change_password(caller.user, old="secret", new="another secret")
    assert caller.post("user/status").status_code == 401


def test_logout_ends_this_device_only():
    phone = Caller()
    tablet = post("user/login", {"username": phone.user.username, "password": "secret"}).json()["token"]
    answer = phone.post("user/logout/")
    assert answer.status_code == 200
    assert answer.json() == {"status": "logged_out", "message": "Logout successful"}
    assert phone.post("user/status").status_code == 401
    assert post("user/status", {"token": tablet, "username": phone.user.username}).status_code == 200


def test_a_token_lives_180_days_after_its_last_use():
    start = datetime(2026, 1, 1, tzinfo=UTC)
    with time_machine.travel(start, tick=False) as clock:
        caller = Caller()
        clock.shift(timedelta(days=179))
        assert caller.post("user/status").status_code == 200
        clock.shift(timedelta(days=179))
        assert caller.post("user/status").status_code == 200
        clock.shift(timedelta(days=180))
        answer = caller.post("user/status")
        assert answer.status_code == 401
        assert answer.json() == {"status": "invalid_token"}


@pytest.mark.parametrize("path", WITH_TOKEN)
@pytest.mark.parametrize(
    "credentials",
    [{}, {"token": "x"}, {"username": "x"}, {"token": "", "username": "x"}, {"token": None, "username": None}],
)
def test_credentials_are_required(path, credentials):
    answer = post(path, credentials)
    assert answer.status_code == 400
    assert answer.json() == {"status": "error", "message": "token and username required"}


@pytest.mark.parametrize("path", WITH_TOKEN)
def test_an_unknown_token_is_refused_before_the_fields_are_judged(path):
    answer = post(path, {"token": "9944b09199c62bcf9418ad846dd0e4bbdfc6ee4b", "username": "x", "strange": 1})
    assert answer.status_code == 401
    assert answer.json() == {"status": "invalid_token"}


@pytest.mark.parametrize("path", WITH_TOKEN)
def test_the_token_of_somebody_else(path):
    caller, other = Caller(), UserFactory()
    answer = post(path, {"token": caller.token, "username": other.username})
    assert answer.status_code == 401
    assert answer.json() == {"status": "error", "message": "token does not match user"}


@pytest.mark.parametrize("name", ["username", "email"])
def test_the_owner_may_be_named_by_username_or_address_in_any_case(name):
    caller = Caller()
    answer = post("user/status", {"token": caller.token, "username": getattr(caller.user, name).upper()})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("path", "limit", "body"),
    [("user/login", "login", {"username": "x", "password": "y"}), ("user/register", "signup", {})],
)
def test_limits(settings, path, limit, body):
    settings.EVENTIFY_RATE_LIMITS = True
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, limit: (2, 60)}
    assert [post(path, body).status_code, post(f"{path}/", body).status_code].count(429) == 0
    answer = post(path, body)
    assert answer.status_code == 429
    seconds = answer.headers["Retry-After"]
    assert 1 <= int(seconds) <= 60
    assert answer.json() == {"status": "error", "message": f"Too many requests. Try again in {seconds} s."}


def test_the_limits_are_on_in_the_settings():
    assert settings.RATE_LIMITS["login"] == (5, 60)
    assert settings.RATE_LIMITS["signup"] == (20, 60)
