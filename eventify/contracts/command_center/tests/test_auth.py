"""Coming in, the profile, proving oneself again, and going out."""

import pytest
import time_machine
from django.test import Client

from accounts import bans, sessions
from accounts.factories import UserFactory
from accounts.models import Session
from accounts.tests.coming_in import code_of, turn_on
from eventify.contracts.command_center.tests.conftest import client_of, data_of, errors_of, member, with_role
from eventify.lib.ids import to_ulid
from eventify.lib.wire import moment

LOGIN, ME, REFRESH = "/api/v1/auth/login", "/api/v1/auth/me", "/api/v1/auth/refresh"
CREDENTIALS = {"email": "admin@example.com", "password": "secret"}
ALL_PERMISSIONS = [
    "ban_users", "check_in", "manage_crew", "manage_events", "manage_integrations", "manage_partners",
    "manage_payouts", "manage_privacy", "manage_roles", "manage_staff", "refund_orders", "reset_2fa", "review_kyc",
    "view_analytics",
    "view_audit", "view_events", "view_financials", "view_partners", "view_users",
]  # fmt: skip


def bearer(client, token: str):
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return client


def test_login_answers_tokens_and_the_profile(anybody, admin):
    found = data_of(anybody.post(LOGIN, CREDENTIALS))
    admin.refresh_from_db()
    assert found == {
        "access_token": found["access_token"],
        "refresh_token": found["refresh_token"],
        "token_type": "bearer",
        "expires_in": 7200,
        "user": {
            "id": str(admin.uid),
            "ulid": to_ulid(admin.uid),
            "email": "admin@example.com",
            "full_name": "Ada Admin",
            "phone": None,
            "avatar_url": None,
            "is_staff": True,
            "has_two_factor": False,
            "must_set_up_two_factor": False,
            "role": {"id": str(admin.role.uid), "name": "Super Admin"},
            "permissions": ALL_PERMISSIONS,
            "organisations": [],
            "last_active_at": moment(admin.last_active_at),
            "created_at": moment(admin.created_at),
        },
    }
    assert data_of(bearer(anybody, found["access_token"]).get(ME)) == found["user"]
    session = Session.objects.get(user=admin)
    assert session.address == "127.0.0.1" and session.confirmed_at is not None


@pytest.mark.parametrize("name", ["admin@example.com", "ADMIN@example.com", "ada", "+919812345678"])
def test_login_by_address_username_or_phone(anybody, db, name):
    UserFactory(email="admin@example.com", username="ada", phone="+919812345678")
    data_of(anybody.post(LOGIN, {"email": name, "password": "secret"}))


def test_a_member_logs_in_and_sees_the_organisations_with_their_roles(anybody, org_admin, partner):
    found = data_of(anybody.post(LOGIN, {"email": "omar@example.com", "password": "secret"}))["user"]
    assert found["role"] is None and found["permissions"] == [] and found["is_staff"] is False
    assert found["organisations"] == [
        {
            "id": str(partner.uid),
            "ulid": to_ulid(partner.uid),
            "name": "Blue Hall",
            "slug": "blue-hall",
            "type": "Promoter",
            "status": "Active",
            "role": "org_admin",
        }
    ]
    data_of(bearer(anybody, sessions.start(member(role="volunteer"))[1]).get(ME))


def test_wrong_credentials_are_one_answer_for_all(anybody, admin):
    bans.ban(UserFactory(email="bad@example.com"), reason="spam", by=admin)
    UserFactory(email="closed@example.com", is_active=False)
    told = set()
    for email, password in (
        ("admin@example.com", "wrong"), ("nobody@example.com", "secret"), ("bad@example.com", "secret"),
        ("closed@example.com", "secret"),
    ):  # fmt: skip
        answer = anybody.post(LOGIN, {"email": email, "password": password})
        assert errors_of(answer, 401, "wrong_credentials") == {}
        told.add(answer.content)
    assert len(told) == 1


def test_two_factor_wants_a_code_and_takes_each_once(anybody, admin):
    recovery = turn_on(admin)
    assert errors_of(anybody.post(LOGIN, CREDENTIALS), 401, "otp_required") == {}
    assert errors_of(anybody.post(LOGIN, {**CREDENTIALS, "otp": "000000"}), 401, "wrong_otp") == {}
    assert errors_of(anybody.post(LOGIN, {**CREDENTIALS, "password": "x", "otp": "1"}), 401, "wrong_credentials") == {}
    code = code_of(admin)
    found = data_of(anybody.post(LOGIN, {**CREDENTIALS, "otp": code}))
    assert found["user"]["has_two_factor"] is True
    assert errors_of(anybody.post(LOGIN, {**CREDENTIALS, "otp": code}), 401, "wrong_otp") == {}
    data_of(anybody.post(LOGIN, {**CREDENTIALS, "otp": recovery[0]}))
    assert errors_of(anybody.post(LOGIN, {**CREDENTIALS, "otp": recovery[0]}), 401, "wrong_otp") == {}


def test_the_sixth_login_of_a_minute_waits(anybody, admin, settings):
    settings.EVENTIFY_RATE_LIMITS = True
    for _attempt in range(5):
        anybody.post(LOGIN, CREDENTIALS)
    answer = anybody.post(LOGIN, CREDENTIALS)
    errors_of(answer, 429, "too_many_requests")
    assert 0 < int(answer["Retry-After"]) <= 60


def test_a_name_is_locked_after_too_many_failures(anybody, admin):
    for _attempt in range(10):
        errors_of(anybody.post(LOGIN, {**CREDENTIALS, "password": "wrong"}), 401, "wrong_credentials")
    answer = anybody.post(LOGIN, CREDENTIALS)
    errors_of(answer, 429, "locked_out")
    assert int(answer["Retry-After"]) > 60


def test_a_refresh_token_is_good_once(anybody, admin):
    first = data_of(anybody.post(LOGIN, CREDENTIALS))
    second = data_of(anybody.post(REFRESH, {"refresh_token": first["refresh_token"]}))
    assert second.keys() == first.keys() and second["refresh_token"] != first["refresh_token"]
    assert second["user"]["id"] == str(admin.uid)
    assert errors_of(anybody.post(REFRESH, {"refresh_token": first["refresh_token"]}), 401, "token_refused") == {}
    data_of(anybody.post(REFRESH, {"refresh_token": second["refresh_token"]}))
    for nonsense in (first["access_token"], "a.b.c", "x"):
        errors_of(anybody.post(REFRESH, {"refresh_token": nonsense}), 401, "token_refused")


def test_logout_ends_the_access_and_the_refresh_token_at_once(anybody, admin):
    found = data_of(anybody.post(LOGIN, CREDENTIALS))
    other = data_of(anybody.post(LOGIN, CREDENTIALS))
    assert bearer(anybody, found["access_token"]).post("/api/v1/auth/logout").json() == {"data": None}
    assert errors_of(anybody.get(ME), 401, "unauthenticated") == {}
    errors_of(anybody.post(REFRESH, {"refresh_token": found["refresh_token"]}), 401, "token_refused")
    data_of(bearer(anybody, other["access_token"]).get(ME))


def test_an_access_token_is_good_for_as_long_as_it_says(anybody, admin):
    with time_machine.travel("2030-01-01T10:00Z", tick=False) as clock:
        found = data_of(anybody.post(LOGIN, CREDENTIALS))
        bearer(anybody, found["access_token"])
        clock.shift(found["expires_in"] - 1)
        data_of(anybody.get(ME))
        clock.shift(2)
        errors_of(anybody.get(ME), 401, "unauthenticated")
        data_of(anybody.post(REFRESH, {"refresh_token": found["refresh_token"]}))


def test_a_ban_ends_every_token_at_once(anybody, as_admin):
    user = UserFactory(email="zoe@example.com")
    found = data_of(anybody.post(LOGIN, {"email": "zoe@example.com", "password": "secret"}))
    data_of(as_admin.post(f"/api/v1/users/{user.uid}/ban", {"reason": "spam"}))
    errors_of(bearer(anybody, found["access_token"]).get(ME), 401, "unauthenticated")
    errors_of(anybody.post(REFRESH, {"refresh_token": found["refresh_token"]}), 401, "token_refused")


def test_tokens_of_the_other_contracts_are_one_kind(admin):
    """A token of 001's log-in opens 000, and the other way round."""
    client = Client()
    theirs = client.post("/api/auth/login", CREDENTIALS, content_type="application/json").json()["data"]["token"]
    ours = client.post(LOGIN, CREDENTIALS, content_type="application/json").json()["data"]["access_token"]
    for token, path in ((theirs, ME), (ours, "/api/auth/me"), (ours, "/me/bookings")):
        assert client.get(path, headers={"Authorization": f"Bearer {token}"}).status_code == 200


def test_step_up_by_password_and_with_two_factor_by_code(admin):
    client = client_of(admin)
    path = "/api/v1/auth/step-up"
    assert data_of(client.post(path, {"password": "secret"})) == {"confirmed_for": 900}
    assert list(errors_of(client.post(path, {"password": "wrong"}), 422, "invalid")) == ["password"]
    turn_on(admin)
    client = client_of(admin)
    assert list(errors_of(client.post(path, {"password": "secret"}), 422, "invalid")) == ["otp"]
    data_of(client.post(path, {"otp": code_of(admin)}))


def test_the_profile_of_staff_in_a_role(db):
    user = with_role("Gate")
    found = data_of(client_of(user).get(ME))
    assert found["role"]["name"] == "Gate" and found["permissions"] == ["check_in", "view_events"]
