"""Guessing: counted before it is checked, the same for everybody's name, and told to the owner."""

from datetime import UTC, datetime, timedelta
from functools import partial
from threading import Barrier

import pytest
import time_machine
from django.db import transaction

from accounts import lockout, sessions, tasks
from accounts.factories import UserFactory
from accounts.lockout import LockedOut
from accounts.models import AuditLog, LoginLock, Notification, OutgoingMail
from accounts.sessions import OtpRequired, WrongCredentials, WrongOtp
from accounts.tests.coming_in import code_of, turn_on
from accounts.tests.racing import errors, good, race

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
HERE, THERE = "203.0.113.7", "198.51.100.9"


def guess(name: str = "maya@example.com", password: str = "wrong", address: str = HERE, **more):
    return sessions.check_credentials(name, password, address=address, **more)


def guess_wrong(times: int, **how) -> None:
    for _time in range(times):
        with pytest.raises(WrongCredentials):
            guess(**how)


@pytest.mark.parametrize("name", ["maya@example.com", "nobody@example.com"])
def test_after_ten_failures_the_right_password_must_wait_too(name):
    UserFactory(email="maya@example.com")
    with time_machine.travel(NOW, tick=False) as clock:
        guess_wrong(10, name=name)
        clock.shift(60)
        with pytest.raises(LockedOut) as refusal:
            guess(name, "secret")
        assert (refusal.value.status, refusal.value.code, refusal.value.retry_after) == (429, "locked_out", 14 * 60)
        assert str(refusal.value.message) == "Too many failed log-ins. Try again in 14 minutes."
        clock.shift(14 * 60 + 1)
        if name.startswith("maya"):
            assert guess(name, "secret").email == name
        else:
            guess_wrong(1, name=name, password="secret")


def test_the_lock_begins_at_the_last_failure_and_refused_attempts_do_not_prolong_it():
    UserFactory(email="maya@example.com")
    with time_machine.travel(NOW, tick=False) as clock:
        guess_wrong(9)
        clock.shift(timedelta(minutes=14))
        guess_wrong(1)
        for _minute in range(14):
            clock.shift(timedelta(minutes=1))
            with pytest.raises(LockedOut):
                guess(password="secret")
        clock.shift(timedelta(minutes=1))
        assert guess(password="secret")


def test_failures_grow_old():
    UserFactory(email="maya@example.com")
    with time_machine.travel(NOW, tick=False) as clock:
        for _window in range(4):
            guess_wrong(9)
            clock.shift(timedelta(minutes=15))
        assert guess(password="secret")


def test_a_good_log_in_forgets_the_failures():
    UserFactory(email="maya@example.com")
    for _round in range(3):
        guess_wrong(9)
        assert guess(password="secret")
    assert LoginLock.objects.get().failures == 27  # of the name from anywhere


def test_good_log_ins_are_not_counted_at_all():
    UserFactory(email="maya@example.com")
    for _time in range(40):
        guess(password="secret")
    assert LoginLock.objects.get().failures == 0


def test_one_address_does_not_keep_the_owner_out():
    UserFactory(email="maya@example.com")
    guess_wrong(10, address=THERE)
    for _time in range(60):
        with pytest.raises(LockedOut):
            guess(address=THERE)
    assert guess(password="secret", address=HERE)


def test_many_addresses_together_are_stopped():
    UserFactory(email="maya@example.com")
    for number in range(30):
        guess_wrong(1, address=f"198.51.100.{number}")
    with pytest.raises(LockedOut):
        guess(password="secret", address="198.51.100.99")


def test_all_spellings_of_a_name_are_one_name():
    UserFactory(email="maya@example.com", phone="+919876543210")
    for name in ("98765 43210", "+91 98765-43210", "9876543210", "(+91) 9876543210", "09876543210") * 2:
        guess_wrong(1, name=name)
    with pytest.raises(LockedOut):
        guess("+919876543210", "secret")
    for name in ("maya@example.com", "MAYA@example.com") * 5:
        guess_wrong(1, name=name)
    with pytest.raises(LockedOut):
        guess("Maya@Example.com", "secret")


def test_the_owner_is_told_once_per_lock():
    user = UserFactory(email="maya@example.com", full_name="Maya Rao")
    with time_machine.travel(NOW, tick=False) as clock:
        for _lock in range(2):
            guess_wrong(10)
            for _time in range(5):
                with pytest.raises(LockedOut):
                    guess()
            clock.shift(timedelta(minutes=16))
    told = OutgoingMail.objects.values_list("to", "template", "context")
    assert list(told) == [(user.email, "locked_out", {"name": "Maya", "address": HERE, "minutes": 15})] * 2
    inbox = Notification.objects.values_list("recipient", "level", "title")
    assert list(inbox) == [(user.pk, "critical", "Your account was locked for a while")] * 2
    lines = AuditLog.objects.order_by("id").values_list("action", "actor", "target_resource", "details")
    assert list(lines)[0] == (
        "LOCKED_OUT",
        None,
        f"user_{user.pk}",
        {"address": HERE, "until": "2026-06-01T12:15:00+00:00"},
    )
    assert len(lines) == 2


def test_for_a_name_that_is_nobodys_nobody_is_told():
    guess_wrong(10, name="nobody@example.com")
    assert not OutgoingMail.objects.exists() and not AuditLog.objects.exists()


def test_what_people_type_as_a_name_is_not_kept():
    guess_wrong(1, name="my-password")
    assert "my-password" not in str(list(LoginLock.objects.values()))


# --- Parallel attempts ----------------------------------------------------------------------------------


def rush(how_many: int, password="wrong"):
    return race(*[partial(guess, password=password)] * how_many)


def test_parallel_guesses_do_not_pass():
    user = UserFactory(email="maya@example.com")
    results = rush(24)
    assert (len(errors(results, WrongCredentials)), len(errors(results, LockedOut))) == (10, 14)
    assert OutgoingMail.objects.filter(to=user.email).count() == 1


def test_control_counted_afterwards_they_would_pass(monkeypatch):
    UserFactory(email="maya@example.com")

    def read_then_write(key, limit):
        """What counting without the one statement does: all read the same number."""
        lock, _made = LoginLock.objects.get_or_create(key_hash=key, defaults={"window_ends_at": NOW})
        waiting.wait(timeout=20)
        LoginLock.objects.filter(pk=lock.pk).update(failures=lock.failures + 1)
        return lock.failures + 1, NOW

    threads = 16
    waiting = Barrier(threads)
    monkeypatch.setattr(lockout, "_count", read_then_write)
    assert len(errors(rush(threads), WrongCredentials)) > 10


def test_parallel_guesses_among_good_log_ins_do_not_fail_for_another_reason():
    UserFactory(email="maya@example.com")
    calls = [partial(guess, password="secret"), partial(guess)] * 6
    results = race(*calls)
    good(results)  # refusals only, no deadlock


def test_no_transaction_around_it_can_take_a_count_back():
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        guess()
    assert not LoginLock.objects.exists()


# --- The second step ------------------------------------------------------------------------------------


def test_wrong_codes_are_counted_and_a_right_password_does_not_reset_them():
    user = UserFactory(email="maya@example.com")
    turn_on(user)
    for _time in range(10):
        with pytest.raises(OtpRequired):
            guess(password="secret")
        with pytest.raises(WrongOtp):
            guess(password="secret", otp="000000")
    with pytest.raises(LockedOut):
        guess(password="secret", otp=code_of(user))
    assert OutgoingMail.objects.filter(template="locked_out").count() == 1


def test_old_counters_are_forgotten():
    with time_machine.travel(NOW, tick=False) as clock:
        guess_wrong(1, name="a")
        clock.shift(timedelta(minutes=10))
        guess_wrong(1, name="b")
        clock.shift(timedelta(minutes=6))
        assert tasks.forget_expired_tokens() == 2
        assert LoginLock.objects.count() == 2


@pytest.mark.parametrize("name", ["maya@example.com", "nobody@example.com"])
def test_known_and_unknown_names_cost_the_same(django_assert_num_queries, name):
    """The same queries and one password hash for both, so that time does not tell them apart."""
    UserFactory(email="maya@example.com")
    with django_assert_num_queries(8):  # two counters in a transaction each, twice the look-up
        guess_wrong(1, name=name)
