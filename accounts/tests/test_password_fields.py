"""Fields of passwords: masked, open to password managers, taken as they were typed; and what none may be."""

import re
from hashlib import sha1

import pytest

from accounts import passwords, sessions, signup
from accounts.factories import UserFactory
from accounts.models import User
from eventify.lib.errors import Invalid

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


# --- What a new one may not be: accounts/passwords.py -------------------------------------------------------

WORDS_OF_THE_SITE = [
    "Eventify2026!",
    "eventify-tickets-99",
    "TICKETS",
    "Harbourhall1",
    "festival festival",
    "event!!abcd",
]
OTHERS = [
    "correct eventify horse",
    "seventeen-kites",
    "Harbour lights at noon",
    "ticket to the moonlight",
    "8642097531x",
]


@pytest.mark.parametrize("password", WORDS_OF_THE_SITE + OTHERS)
def test_words_of_this_site_make_no_password(settings, password):
    settings.ALLOWED_HOSTS = ["tickets.harbourhall.example.com"]
    settings.AUTH_PASSWORD_VALIDATORS = [{"NAME": "accounts.passwords.WordsOfThisSite"}]
    if password in OTHERS:
        signup.register(email="maya@example.com", password=password)
        return
    with pytest.raises(Invalid) as refusal:
        signup.register(email="maya@example.com", password=password)
    assert "the words of this site" in str(refusal.value.errors)
    assert not User.objects.exists()


@pytest.fixture
def breached(tmp_path, settings):
    """A file as haveibeenpwned.com's, of the passwords word-1 .. word-999; lines are not all of one length."""
    hashes = sorted(sha1(f"word-{n}".encode()).hexdigest().upper() for n in range(1, 1000))  # noqa: S324
    file = tmp_path / "breached.txt"
    file.write_text("".join(f"{one}:{10 ** (n % 7)}\r\n" for n, one in enumerate(hashes)))
    settings.BREACHED_PASSWORDS = str(file)
    settings.AUTH_PASSWORD_VALIDATORS = [{"NAME": "accounts.passwords.KnownFromBreaches"}]
    return file


def test_a_password_of_a_breach_is_refused_and_no_other(breached):
    assert [n for n in range(1, 1000) if not passwords.is_listed(breached, f"word-{n}")] == []
    assert [n for n in range(1000, 3000) if passwords.is_listed(breached, f"word-{n}")] == []
    with pytest.raises(Invalid) as refusal:
        signup.register(email="maya@example.com", password="word-500")
    assert "data breach" in str(refusal.value.errors)
    signup.register(email="maya@example.com", password="word-1000")


@pytest.mark.parametrize("lines", [0, 1, 2])
def test_a_list_of_few(tmp_path, lines):
    file = tmp_path / "few.txt"
    file.write_text("".join(f"{one}\n" for one in sorted(sha1(bytes([n])).hexdigest().upper() for n in range(lines))))  # noqa: S324
    assert [passwords.is_listed(file, chr(n)) for n in range(3)] == [n < lines for n in range(3)]
