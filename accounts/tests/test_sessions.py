"""Coming in, and being put out at once: log-out, ban, password change, old age."""

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
import time_machine
from django.conf import settings

from accounts import bans, sessions, signup, tasks
from accounts.factories import SuperAdminFactory, UserFactory
from accounts.models import AuditLog, DeviceToken, Session, User
from accounts.sessions import WrongCredentials
from accounts.tests.racing import good, race
from eventify.lib.errors import Conflict, Invalid

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "identifier", ["maya@example.com", "MAYA@EXAMPLE.COM", "Maya.R", "+919876543210", "98765 43210"]
)
def test_log_in_by_address_username_or_phone(identifier):
    user = UserFactory(email="Maya@example.com", username="maya.r", phone="+919876543210")
    assert sessions.check_credentials(identifier, "secret") == user
    user.refresh_from_db()
    assert user.last_active_at is not None


@pytest.mark.parametrize(
    ("identifier", "password"),
    [
        ("maya@example.com", "wrong"),
        ("nobody@example.com", "secret"),
        ("", "secret"),
        ("maya@example.com", ""),
        ("maya@example.com\x00", "secret"),
        ("maya@example.com", "secret\x00"),
        ("\ud800", "secret"),
        ("maya@example.com", "\ud800"),
        ("x" * 1_000_000, "x" * 1_000_000),
        (None, "secret"),
        ("maya@example.com", 7),
    ],
)
def test_wrong_credentials_get_one_answer(identifier, password):
    UserFactory(email="maya@example.com")
    with pytest.raises(WrongCredentials) as refusal:
        sessions.check_credentials(identifier, password)
    assert (refusal.value.status, str(refusal.value.message)) == (401, "Invalid credentials.")


def test_an_address_comes_before_a_username_and_no_name_locks_another_out():
    owner = UserFactory(email="maya@example.com", phone="+919876543210")
    squatter = UserFactory(username="maya@example.com", password="other")
    other = UserFactory(username="9876543210", password="other")
    assert sessions.check_credentials("maya@example.com", "secret") == owner
    assert sessions.check_credentials("maya@example.com", "other") == squatter
    assert sessions.check_credentials("9876543210", "secret") == owner
    assert sessions.check_credentials("9876543210", "other") == other


def log_in(user: User) -> tuple[str, str]:
    """A bearer token and a device token, both good."""
    tokens = sessions.start(user)[1], sessions.new_device_token(user)
    assert are_good(tokens, user)
    return tokens


def are_good(tokens: tuple[str, str], user: User) -> bool:
    found = sessions.find(tokens[0]), sessions.find_device_token(tokens[1])
    assert (found[0] is None) == (found[1] is None)
    return found[0] is not None and found[0].user == found[1].user == user


def test_log_out_ends_one_session():
    user = UserFactory()
    session, token = sessions.start(user)
    other = sessions.start(user)[1]
    sessions.end(session)
    assert (sessions.find(token), sessions.find(other).user) == (None, user)


def test_a_ban_ends_everything_at_once_and_is_on_record():
    user, admin = UserFactory(), SuperAdminFactory()
    tokens = log_in(user)
    bans.ban(user, reason="spam", by=admin)
    assert not are_good(tokens, user)
    with pytest.raises(WrongCredentials):
        sessions.check_credentials(user.email, "secret")
    assert not user.can("view_events")
    bans.unban(user, by=admin)
    assert not are_good(tokens, user)  # what was ended stays ended
    assert are_good(log_in(sessions.check_credentials(user.email, "secret")), user)
    assert list(AuditLog.objects.order_by("id").values_list("action", "actor", "details")) == [
        ("BANNED_USER", admin.pk, {"reason": "spam"}),
        ("UNBANNED_USER", admin.pk, {}),
    ]


def test_nobody_bans_themselves_or_a_super_admin():
    admin, other, user = SuperAdminFactory(), SuperAdminFactory(), UserFactory()
    for who, by in ((admin, admin), (other, admin), (user, user)):
        with pytest.raises(Conflict):
            bans.ban(who, reason="x", by=by)
    stale = User.objects.get(pk=user.pk)
    User.objects.filter(pk=user.pk).update(is_superuser=True)
    with pytest.raises(Conflict):
        bans.ban(stale, reason="x", by=admin)


def test_a_password_change_ends_everything():
    user = UserFactory()
    tokens = log_in(user)
    with pytest.raises(Invalid):
        signup.change_password(user, old="wrong", new="other")
    assert are_good(tokens, user)
    signup.change_password(user, old="secret", new="other")
    assert not are_good(tokens, user)
    assert sessions.check_credentials(user.email, "other") == user


def test_a_closed_account_is_out():
    user = UserFactory()
    tokens = log_in(user)
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert not are_good(tokens, user)


def come_in(email: str) -> str:
    return sessions.start(sessions.check_credentials(email, "secret"))[1]


def come_in_with_a_device(email: str) -> str:
    return sessions.new_device_token(sessions.check_credentials(email, "secret"))


def test_a_log_in_with_the_old_password_does_not_outlive_its_change():
    for _round in range(6):
        user = UserFactory()
        change = partial(signup.set_password, User.objects.get(pk=user.pk), "other")
        ways = [partial(come_in, user.email), partial(come_in_with_a_device, user.email)] * 4
        good(race(*ways, change))
        assert user.sessions.filter(ended_at=None).count() == user.device_tokens.count() == 0


def test_control_a_log_in_between_check_and_session_would_outlive_it(monkeypatch):
    user = UserFactory()
    checked = sessions.check_credentials(user.email, "secret")
    signup.set_password(User.objects.get(pk=user.pk), "other")
    for begin in (sessions.start, sessions.new_device_token):
        with pytest.raises(WrongCredentials):
            begin(checked)
    monkeypatch.setattr(sessions, "_check_unchanged", lambda _user: None)
    assert sessions.find(sessions.start(checked)[1]) is not None


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "é", "\x00", "x" * 100_000])
def test_tokens_that_are_none(token):
    assert sessions.find(token) is None
    assert sessions.find_device_token(token) is None


def test_an_access_token_grows_old(settings):
    with time_machine.travel(NOW, tick=False) as clock:
        token = sessions.start(UserFactory())[1]
        clock.shift(timedelta(minutes=119))
        assert sessions.find(token)
        clock.shift(timedelta(minutes=2))
        assert sessions.find(token) is None


def test_a_device_token_lives_as_long_as_it_is_used():
    with time_machine.travel(NOW, tick=False) as clock:
        user = UserFactory()
        used, unused = sessions.new_device_token(user), sessions.new_device_token(user)
        assert len(used) == 40
        assert used not in str(list(DeviceToken.objects.values()))
        clock.shift(timedelta(days=179))
        assert sessions.find_device_token(used).user == user
        clock.shift(timedelta(days=2))
        assert sessions.find_device_token(used).user == user
        assert sessions.find_device_token(unused) is None
        assert sessions.forget_expired_device_tokens() == 1
        assert sessions.forget_expired_device_tokens() == 0
        assert Session.objects.count() == 0


def test_old_sessions_are_forgotten_and_young_ones_kept():
    with time_machine.travel(NOW, tick=False) as clock:
        sessions.start(UserFactory())
        clock.shift(timedelta(days=settings.EVENTIFY_SESSION_DAYS, hours=-1))
        young, token = sessions.start(UserFactory())
        clock.shift(timedelta(hours=1))
        assert tasks.forget_expired_tokens() == 1
        assert Session.objects.get() == young
        assert sessions.find(token) == young
