"""Logging in on pages: in two steps, locked out, and by the one log-in that the raw admin shares."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from accounts import bans, browser, sessions, signup
from accounts.factories import SuperAdminFactory, UserFactory
from accounts.models import Role, Session, User
from accounts.tests.coming_in import code_of, turn_on

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
SECRETS = {"identifier": "maya@example.com", "password": "secret"}


@pytest.fixture
def user() -> User:
    user = UserFactory(email="maya@example.com")
    turn_on(user)
    return user


def is_in(client) -> bool:
    return client.get("/account/security/").status_code == 200


def test_with_two_factor_nobody_is_in_before_the_code(client, user):
    answer = client.post("/login/", {**SECRETS, "next": "/orders/?a=1"})
    assert (answer.status_code, answer["Location"]) == (302, "/login/code/?next=%2Forders%2F%3Fa%3D1")
    assert "_auth_user_id" not in client.session and not is_in(client)
    page = client.get(answer["Location"])
    text = page.content.decode()
    assert page.status_code == 200 and "no-store" in page["Cache-Control"]
    assert "secret" not in text and "password" not in text and 'autocomplete="one-time-code"' in text
    assert "<script" not in text and "style=" not in text
    answer = client.post("/login/code/", {"code": "000 000", "next": "/orders/?a=1"})
    assert answer.status_code == 400
    assert "This code is not right, or was used before." in answer.content.decode() and not is_in(client)
    answer = client.post("/login/code/", {"code": code_of(user), "next": "/orders/?a=1"})
    assert (answer.status_code, answer["Location"]) == (302, "/orders/?a=1")
    assert is_in(client) and browser._PENDING not in client.session
    kept = Session.objects.get(ended_at=None)
    assert (str(kept.uid), kept.user, kept.address) == (client.session["session"], user, "127.0.0.1")


def test_the_session_key_changes_at_each_step(client, user):
    client.get("/login/")
    client.post("/login/", SECRETS)
    first = client.session.session_key
    client.post("/login/code/", {"code": code_of(user)})
    assert client.session.session_key != first


def test_without_the_password_the_second_step_is_closed(client, user):
    for answer in (
        client.get("/login/code/?next=/orders/"),
        client.post("/login/code/?next=/orders/", {"code": code_of(user)}),
    ):
        assert (answer.status_code, answer["Location"]) == (302, "/login/?next=%2Forders%2F")


def ban(user):
    bans.ban(user, reason="x", by=SuperAdminFactory())


@pytest.mark.parametrize("change", [lambda user: signup.set_password(user, "other"), ban])
def test_what_changes_between_the_steps_counts(client, user, change):
    client.post("/login/", SECRETS)
    change(User.objects.get(pk=user.pk))
    assert client.post("/login/code/", {"code": code_of(user)})["Location"] == "/login/"
    assert not is_in(client)


def test_the_second_step_waits_ten_minutes(client, user):
    with time_machine.travel(NOW, tick=False) as clock:
        client.post("/login/", SECRETS)
        clock.shift(timedelta(minutes=10, seconds=1))
        assert client.get("/login/code/")["Location"] == "/login/"


def test_codes_are_guessed_ten_times_at_most(client, user):
    client.post("/login/", SECRETS)
    for _time in range(10):
        assert client.post("/login/code/", {"code": "000000"}).status_code == 400
    answer = client.post("/login/code/", {"code": code_of(user)})
    assert answer.status_code == 429 and 899 <= int(answer["Retry-After"]) <= 900
    assert "Try again in 15 minutes." in answer.content.decode() and not is_in(client)


def test_a_locked_name_gets_a_page_that_says_how_long(client):
    UserFactory(email="maya@example.com")
    for _time in range(10):
        assert client.post("/login/", {**SECRETS, "password": "wrong"}).status_code == 400
    answer = client.post("/login/", SECRETS)
    page = answer.content.decode()
    assert answer.status_code == 429 and 899 <= int(answer["Retry-After"]) <= 900
    assert "Too many failed log-ins. Try again in 15 minutes." in page and 'value="maya@example.com"' in page


@pytest.mark.parametrize("code", ["\x00", "x" * 100_000, "<script>", "१२३४५६", "' OR 1=1 --", ""])
def test_no_code_is_a_server_error(client, user, code):
    client.post("/login/", SECRETS)
    assert client.post("/login/code/", {"code": code}).status_code == 400


# --- Being put out of a browser ---------------------------------------------------------------------------


@pytest.fixture
def inside(client) -> User:
    user = UserFactory(email="maya@example.com")
    client.post("/login/", SECRETS)
    assert is_in(client)
    return user


@pytest.mark.parametrize(
    "end",
    [
        sessions.end_all,
        ban,
        lambda user: signup.set_password(user, "other"),
        lambda user: sessions.end(user.sessions.get()),
        lambda user: User.objects.filter(pk=user.pk).update(is_active=False),
    ],
)
def test_what_ends_the_session_puts_the_browser_out(client, inside, end):
    end(User.objects.get(pk=inside.pk))
    assert not is_in(client)
    assert "_auth_user_id" not in client.session


def test_logging_out_ends_the_row_too(client, inside):
    client.post("/logout/")
    assert Session.objects.get().ended_at is not None


def test_a_page_asks_for_its_visitor_in_one_query(client, inside, django_assert_num_queries):
    with django_assert_num_queries(2):  # the cookie's session, and ours with its user
        client.get("/signup/?next=/wallet/")


# --- Staff whose role demands two-factor ------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/command-center/notifications/", "/command-center/audit/", "/django-admin/"])
def test_who_must_set_it_up_is_led_there(client, path):
    admin = SuperAdminFactory()
    client.force_login(admin)
    assert client.get(path).headers.get("Location") != "/account/security/"
    Role.objects.filter(name="Super Admin").update(requires_two_factor=True)
    answer = client.get(path)
    assert (answer.status_code, answer["Location"]) == (302, "/account/security/")
    answer = client.get(path, HTTP_HX_REQUEST="true")
    assert (answer.status_code, answer["HX-Redirect"]) == (403, "/account/security/")
    assert "demands two-factor" in client.get("/account/security/").content.decode()
    turn_on(admin)
    assert client.get(path).headers.get("Location") != "/account/security/"


def test_the_raw_admin_has_no_log_in_of_its_own(client):
    answer = client.get("/django-admin/", follow=True)
    assert [where for where, _status in answer.redirect_chain] == [
        "/django-admin/login/?next=/django-admin/",
        "/login/?next=%2Fdjango-admin%2F",
    ]
    user = UserFactory(email="maya@example.com")
    answer = client.post("/login/", {**SECRETS, "next": "/django-admin/"}, follow=True)
    assert answer.status_code == 403  # and no loop
    assert not re.search("password", client.get("/django-admin/login/").content.decode())
    User.objects.filter(pk=user.pk).update(is_staff=True, is_superuser=True)
    assert client.get("/django-admin/").status_code == 200
