"""Refresh tokens: each is good once; one that comes again later ends the session."""

from datetime import UTC, datetime, timedelta
from functools import partial

import jwt
import pytest
import time_machine

from accounts import bans, sessions, signup
from accounts.factories import SuperAdminFactory, UserFactory
from accounts.models import AuditLog, Notification, Session
from accounts.sessions import TokenRefused
from accounts.tests.racing import errors, good, meet_before, race

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


def start() -> tuple[Session, str]:
    session, _access = sessions.start(UserFactory(), address="203.0.113.7", user_agent="Firefox\x00\ud800" + "x" * 300)
    return session, sessions.refresh_token(session)


def claims(token: str) -> dict:
    return jwt.decode(token, options={"verify_signature": False})


def test_a_session_knows_where_it_came_from():
    session, token = start()
    kept = Session.objects.get()
    assert (kept.address, kept.user_agent) == ("203.0.113.7", f"Firefox?{'x' * 192}")
    assert kept.confirmed_at and kept.refresh_jti == claims(token)["jti"]
    assert claims(token)["sub"] == str(session.user.uid) and claims(token)["token_type"] == "refresh"


def test_it_is_exchanged_for_a_new_pair():
    session, token = start()
    same, access, newer = sessions.refresh(token)
    assert same == session and sessions.find(access) == session
    with pytest.raises(TokenRefused) as refusal:
        sessions.refresh(token)
    assert (refusal.value.status, refusal.value.code) == (401, "token_refused")
    assert sessions.refresh(newer)[0] == session


def test_the_two_kinds_are_not_taken_for_each_other():
    session, token = start()
    assert sessions.find(token) is None
    with pytest.raises(TokenRefused):
        sessions.refresh(sessions.access_token(session))


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "é", "\x00", "x" * 100_000, "\ud800", None, 7])
def test_tokens_that_are_none(token):
    with pytest.raises(TokenRefused):
        sessions.refresh(token)


def test_of_twenty_at_once_one_is_exchanged_and_the_session_lives():
    for _round in range(3):
        session, token = start()
        Session.objects.filter(pk=session.pk).update(refreshed_at=NOW)  # long ago
        results = race(*[partial(sessions.refresh, token)] * 20)
        assert (len(good(results)), len(errors(results, TokenRefused))) == (1, 19)
        [(_session, access, newer)] = good(results)
        assert sessions.find(access) == session and sessions.refresh(newer)


def test_control_read_then_written_more_are_exchanged(monkeypatch):
    _session, token = start()

    def read_then_write(rows, jti, now) -> bool:
        found = rows.first()
        wait()
        return found is not None and Session.objects.filter(pk=found.pk).update(refresh_jti=jti) == 1

    def wait():
        """Where all have read before anybody writes."""

    monkeypatch.setattr(sessions, "_rotate", read_then_write)
    holder = type("Holder", (), {"wait": staticmethod(wait)})
    meet_before(monkeypatch, holder, "wait", 6)
    wait = holder.wait
    assert len(good(race(*[partial(sessions.refresh, token)] * 6))) > 1


def test_a_token_that_comes_again_late_ends_the_session_and_the_owner_is_told():
    with time_machine.travel(NOW, tick=False) as clock:
        session, token = start()
        _session, access, newer = sessions.refresh(token)
        clock.shift(timedelta(seconds=30))
        with pytest.raises(TokenRefused):
            sessions.refresh(token)  # a repeated request, perhaps
        assert sessions.find(access)
        clock.shift(timedelta(seconds=1))
        for again in (token, newer):
            with pytest.raises(TokenRefused):
                sessions.refresh(again)
        assert sessions.find(access) is None
    line = AuditLog.objects.get()
    assert (line.action, line.target_uid) == ("REUSED_REFRESH_TOKEN", session.user.uid)
    assert line.details == {"session": str(session.uid), "address": "203.0.113.7"}
    assert Notification.objects.get().recipient == session.user


def test_it_grows_old():
    with time_machine.travel(NOW, tick=False) as clock:
        session, token = start()
        clock.shift(timedelta(days=29))
        token = sessions.refresh(token)[2]
        clock.shift(timedelta(days=31))
        with pytest.raises(TokenRefused):
            sessions.refresh(token)


def test_however_much_it_is_used_it_ends_at_last(settings):
    """After settings.EVENTIFY_SESSION_DAYS: by its tokens, and in a browser."""
    settings.EVENTIFY_SESSION_DAYS = 60
    with time_machine.travel(NOW, tick=False) as clock:
        session, token = start()
        for _week in range(8):
            clock.shift(timedelta(days=7))
            token = sessions.refresh(token)[2]
        assert sessions.find_by_uid(session.uid) == session
        clock.shift(timedelta(days=5))
        with pytest.raises(TokenRefused):
            sessions.refresh(token)
        assert sessions.find_by_uid(session.uid) is None
        assert sessions.forget_old_sessions() == 1


def test_an_apps_token_ends_after_a_year_however_much_it_is_used():
    with time_machine.travel(NOW, tick=False) as clock:
        token = sessions.new_device_token(UserFactory())
        for _month in range(12):
            clock.shift(timedelta(days=30))
            assert sessions.find_device_token(token)
        clock.shift(timedelta(days=6))
        assert sessions.find_device_token(token) is None
        clock.shift(sessions.DEVICE_TOKEN_LIFE)
        assert sessions.forget_expired_device_tokens() == 1


@pytest.mark.parametrize("audience", [None, "another-service", "eventify"])
def test_a_token_is_for_this_site(settings, audience):
    session, token = start()
    said = claims(token)
    assert said.pop("aud") == "eventify"
    other = jwt.encode(said | ({"aud": audience} if audience else {}), settings.JWT_SECRET, algorithm="HS256")
    if audience == "eventify":
        assert sessions.refresh(other)[0] == session
        return
    with pytest.raises(TokenRefused):
        sessions.refresh(other)


def ban(user):
    bans.ban(user, reason="spam", by=SuperAdminFactory())


@pytest.mark.parametrize(
    "end",
    [ban, partial(signup.set_password, new="other"), sessions.end_all, lambda user: sessions.end(user.sessions.get())],
)
def test_ban_password_change_and_log_out_end_both_at_once(end):
    session, token = start()
    access = sessions.access_token(session)
    end(session.user)
    assert sessions.find(access) is None
    with pytest.raises(TokenRefused):
        sessions.refresh(token)


def test_asking_costs_two_queries(django_assert_num_queries):
    _session, token = start()
    with django_assert_num_queries(2):
        sessions.refresh(token)
