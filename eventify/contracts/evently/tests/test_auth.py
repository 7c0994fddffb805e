"""Signing up, coming in, going out."""

import pytest

from accounts import bans
from accounts.factories import SuperAdminFactory, UserFactory
from accounts.models import Session, User
from eventify.contracts.evently.tests.calling import Caller

NEW = {"name": "Asha Rao", "email": "asha@example.com", "password": "root"}


def test_sign_up_log_in_me(anyone):
    made = anyone.post("/auth/signup", NEW)
    user = User.objects.get()
    assert made.status_code == 200
    assert made.json() == {"id": user.pk, "name": "Asha Rao", "email": "asha@example.com", "role": "user"}
    came_in = anyone.post("/auth/login", {"email": "ASHA@example.com", "password": "root"})
    assert came_in.status_code == 200
    assert came_in.json() == {"access_token": came_in.json()["access_token"], "token_type": "bearer"}
    me = anyone.get("/auth/me", Authorization=f"Bearer {came_in.json()['access_token']}")
    assert (me.status_code, me.json()) == (200, made.json())
    assert User.objects.get().last_active_at is not None


def test_json_is_compact_and_says_so(anyone):
    answer = anyone.get("/healthz")
    assert answer.content == b'{"status":"ok"}'
    assert answer["Content-Type"] == "application/json"


def test_taken_email_is_400(anyone):
    UserFactory(email="asha@example.com")
    answer = anyone.post("/auth/signup", {**NEW, "email": "Asha@Example.com"})
    assert (answer.status_code, answer.json()) == (400, {"detail": "Email is already registered."})
    assert User.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"email": "nobody"}, {"loc": ["body", "email"], "msg": "Enter a valid email address.", "type": "invalid"}),
        ({"name": 5}, {"loc": ["body", "name"], "msg": "Not a valid string.", "type": "invalid"}),
        ({"name": None}, {"loc": ["body", "name"], "msg": "This field may not be null.", "type": "missing"}),
        ({"name": " "}, {"loc": ["body", "name"], "msg": "This field may not be blank.", "type": "blank"}),
        ({"password": ""}, {"loc": ["body", "password"], "msg": "This field may not be blank.", "type": "blank"}),
        ({"nick": "A"}, {"loc": ["body", "nick"], "msg": "Unknown field: nick.", "type": "extra_forbidden"}),
    ],
)
def test_wrong_fields_are_named(anyone, change, problem):
    answer = anyone.post("/auth/signup", {**NEW, **change})
    assert (answer.status_code, answer.json()) == (422, {"detail": [problem]})
    assert not User.objects.exists()


def test_missing_fields_are_named(anyone):
    answer = anyone.post("/auth/signup", {"name": "A"})
    assert answer.status_code == 422
    assert answer.json()["detail"] == [
        {"loc": ["body", "email"], "msg": "This field is required.", "type": "missing"},
        {"loc": ["body", "password"], "msg": "This field is required.", "type": "missing"},
    ]


@pytest.mark.parametrize("password", ["wrong", "Root", " root"])
def test_wrong_password_and_unknown_account_get_the_same_answer(anyone, password):
    anyone.post("/auth/signup", NEW)
    for email in ("asha@example.com", "nobody@example.com"):
        answer = anyone.post("/auth/login", {"email": email, "password": password})
        assert (answer.status_code, answer.json()) == (401, {"detail": "Invalid credentials."})
    assert not Session.objects.exists()


def test_banned_and_closed_accounts_stay_out(anyone):
    admin = SuperAdminFactory()
    user = UserFactory()
    caller = Caller(user)
    bans.ban(user, reason="spam", by=admin)
    assert caller.get("/auth/me").status_code == 401
    assert anyone.post("/auth/login", {"email": user.email, "password": "secret"}).status_code == 401


def test_log_out_ends_the_token(buyer):
    answer = buyer.post("/auth/logout")
    assert (answer.status_code, answer.json()) == (200, {"detail": "Logged out."})
    again = buyer.get("/auth/me")
    assert again.status_code == 401
    assert again.json() == {"detail": "The token is invalid or has expired. Log in again."}
    assert again["WWW-Authenticate"].startswith("Bearer")


def test_without_a_token_401(anyone):
    for method, path in (
        ("GET", "/auth/me"),
        ("POST", "/auth/logout"),
        ("GET", "/me/bookings"),
        ("POST", "/events/1/book"),
        ("DELETE", "/bookings/1"),
        ("POST", "/admin/events"),
        ("GET", "/admin/analytics/summary"),
    ):
        answer = anyone.send(method, path)
        assert answer.status_code == 401, path
        assert answer.json() == {"detail": "Authentication credentials were not provided."}


def test_role_admin_is_the_super_admin(admin):
    assert admin.get("/auth/me").json() == {
        "id": admin.user.pk,
        "name": "Admin",
        "email": "boss@example.com",
        "role": "admin",
    }


def test_an_expired_token_still_reads_public_pages(anyone):
    for path in ("/events", "/stats/homepage", "/healthz"):
        assert anyone.get(path, Authorization="Bearer gone").status_code == 200
