"""Fields of passwords: masked, open to password managers, and taken as they were typed."""

import re

import pytest

from accounts import sessions, signup
from accounts.factories import UserFactory

pytestmark = pytest.mark.django_db(transaction=True)
INPUT = re.compile(r"<input[^>]*>")
LONG = "  Ünïcode and blanks, " * 11 + " "  # 253 letters


@pytest.mark.parametrize(("path", "completes"), [("/login/", "current-password"), ("/signup/", "new-password")])
def test_they_are_masked_and_may_be_filled_in(client, path, completes):
    fields = [one for one in INPUT.findall(client.get(path).content.decode()) if 'name="password' in one]
    assert fields
    assert all('type="password"' in one and f'autocomplete="{completes}"' in one for one in fields)
    assert not any("onpaste" in one for one in fields)
    assert all(int(most) >= 64 for one in fields for most in re.findall(r'maxlength="(\d+)"', one))


def test_a_password_counts_as_it_was_typed():
    """Long, with blanks at both ends and letters of any kind: neither cut nor trimmed, and case matters."""
    user = UserFactory()
    signup.set_password(user, LONG)
    assert sessions.check_credentials(user.email, LONG) == user
    for other in (LONG.strip(), LONG.lower(), LONG[:72], LONG + " "):
        with pytest.raises(sessions.WrongCredentials):
            sessions.check_credentials(user.email, other)


@pytest.mark.parametrize("path", ["/api/v1/auth/login", "/api/auth/login"])
def test_the_contracts_take_it_as_it_was_typed(client, path):
    user = UserFactory()
    signup.set_password(user, LONG)
    for password, status in ((LONG, 200), (LONG.strip(), 401)):
        sent = {"email": user.email, "password": password}
        assert client.post(path, sent, content_type="application/json").status_code == status


def test_the_page_takes_it_as_it_was_typed(client):
    user = UserFactory()
    signup.set_password(user, LONG)
    assert client.post("/login/", {"identifier": user.email, "password": LONG.strip()}).status_code == 400
    assert client.post("/login/", {"identifier": user.email, "password": LONG}).status_code == 302
