"""Becoming a user: one account per e-mail, username and phone, whoever comes at once."""

from functools import partial

import pytest

from accounts import signup
from accounts.factories import UserFactory
from accounts.models import User
from accounts.phones import to_e164
from accounts.signup import Taken
from accounts.tests.racing import errors, good, meet_after, race, without_constraint
from eventify.lib.errors import Invalid

pytestmark = pytest.mark.django_db(transaction=True)
TWINS = 16


def register(email="maya@example.com", **fields) -> User:
    return signup.register(email=email, password="s3cret", **fields)


def test_a_new_account():
    user = register("Maya@Example.COM", full_name="Maya Rao", phone="98765 43210", place="Pune")
    user.refresh_from_db()
    assert (user.email, user.username, user.phone) == ("Maya@example.com", "Maya", "+919876543210")
    assert (user.full_name, user.first_name, user.last_name, user.place) == ("Maya Rao", "Maya", "Rao", "Pune")
    assert (user.is_staff, user.is_superuser, user.is_active, user.is_banned) == (False, False, True, False)
    assert user.check_password("s3cret")
    assert user.password != "s3cret"


@pytest.mark.parametrize(
    ("fields", "field", "sentence"),
    [
        ({"email": "MAYA@example.com"}, "email", "Email is already registered."),
        ({"phone": "+91 98765-43210"}, "phone_number", "Phone number is already registered."),
        ({"username": "MAYA"}, "username", "Username is already taken."),
    ],
)
def test_what_is_taken_is_named(fields, field, sentence):
    UserFactory(email="maya@example.com", username="maya", phone="+919876543210")
    with pytest.raises(Taken) as refusal:
        register(**{"email": "other@example.com"} | fields)
    assert refusal.value.errors == {field: [sentence]}
    assert User.objects.count() == 1


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({}, "email"),
        ({"username": "maya"}, "username"),
        ({"phone": "+919876543210"}, "phone_number"),
    ],
)
def test_the_same_registration_at_once_makes_one_account(fields, error):
    """With different e-mail addresses where it is the username or the phone that is the same."""
    emails = [f"maya{n if fields else ''}@example.com" for n in range(TWINS)]
    results = race(*(partial(register, email, **fields) for email in emails))
    assert len(good(results)) == User.objects.count() == 1
    assert {tuple(refusal.errors) for refusal in errors(results, Taken)} == {(error,)}
    assert len(errors(results, Taken)) == TWINS - 1


def test_control_without_the_constraint_an_address_is_registered_again(monkeypatch):
    meet_after(monkeypatch, signup, "check_free", TWINS)
    with without_constraint(User, "user_email_unique"):
        results = race(*(partial(register, username=f"maya{n}") for n in range(TWINS)))
        assert len(good(results)) > 1
        User.objects.all().delete()


def test_the_same_local_part_at_once_gives_each_a_username():
    results = race(*(partial(register, f"maya@host{n}.example") for n in range(TWINS)))
    assert errors(results) == []
    names = set(User.objects.values_list("username", flat=True))
    assert len(names) == TWINS
    assert "maya" in names
    assert all(name.startswith("maya") for name in names)


def test_usernames_are_numbered():
    names = [register(f"maya@host{n}.example").username for n in range(3)]
    assert names == ["maya", "maya2", "maya3"]
    assert register("a.b+c'd@example.com").username == "a.b+cd"
    assert register("''@example.com").username == "user"


@pytest.mark.parametrize(
    "email",
    ["", "maya", "maya@", "@example.com", "a b@example.com", "maya@example.com\x00", "a" * 250 + "@example.com",
     "\ud800@example.com", "maya@\ud800.com"],
)  # fmt: skip
def test_addresses_that_are_none(email):
    with pytest.raises(Invalid) as refusal:
        register(email)
    assert set(refusal.value.errors) == {"email"}


@pytest.mark.parametrize("username", ["a@b", "a b", "x" * 151, "\x00", "a/b"])
def test_usernames_that_are_none(username):
    with pytest.raises(Invalid) as refusal:
        register(username=username)
    assert set(refusal.value.errors) == {"username"}


@pytest.mark.parametrize("password", ["", "x" * 257])
def test_passwords_that_are_none(password):
    with pytest.raises(Invalid) as refusal:
        signup.register(email="maya@example.com", password=password)
    assert set(refusal.value.errors) == {"password"}


def test_production_judges_passwords(settings):
    rule = "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"
    settings.AUTH_PASSWORD_VALIDATORS = [{"NAME": rule}]
    with pytest.raises(Invalid):
        signup.register(email="maya@example.com", password="maya@example.com")


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("9876543210", "+919876543210"),
        ("098765 43210", "+919876543210"),
        ("+91 (987) 654-3210", "+919876543210"),
        ("0044 20 7946 0958", "+442079460958"),
        ("+1 650-253-0000", "+16502530000"),
        ("+1234567890", "+1234567890"),
    ],
)
def test_phones_are_kept_in_e164(typed, kept):
    assert to_e164(typed) == kept


@pytest.mark.parametrize(
    "typed", ["", "12", "abc", "+", "+0123456789", "1" * 40, "+49" + "1" * 15, "\x00", "+91\x00987"]
)
def test_phones_that_are_none(typed):
    with pytest.raises(Invalid) as refusal:
        to_e164(typed)
    assert set(refusal.value.errors) == {"phone_number"}


def test_the_profile_may_change_and_nothing_else():
    user = UserFactory()
    signup.change_profile(user, full_name="New Name", place="Goa")
    user.refresh_from_db()
    assert (user.full_name, user.place) == ("New Name", "Goa")
    with pytest.raises(TypeError):
        signup.change_profile(user, is_staff=True)
