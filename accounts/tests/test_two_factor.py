"""Two-factor: setting it up, coming in with it, codes that are good once, turning it off, staff's reset."""

import re
from functools import partial

import pytest
import time_machine
from django.utils import timezone
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts import codes, mail, roles, sessions, two_factor
from accounts.factories import SuperAdminFactory, UserFactory
from accounts.models import AuditLog, Notification, OutgoingMail, Role, User
from accounts.permissions import IDS
from accounts.sessions import OtpRequired, WrongCredentials, WrongOtp
from accounts.tests.coming_in import code_of, turn_on
from accounts.tests.racing import errors, good, meet_before, race, switch_row_locks_off
from accounts.two_factor import TwoFactorRequired
from eventify.lib.errors import Conflict, Forbidden, Invalid

pytestmark = pytest.mark.django_db(transaction=True)


def come_in(user: User, otp: str = "") -> User:
    return sessions.check_credentials(user.email, "secret", otp=otp)


def test_setting_it_up():
    user = UserFactory(email="maya@example.com", full_name="Maya Rao")
    setup = two_factor.begin(user)
    assert re.fullmatch(r"[A-Z2-7]{32}", setup.secret)
    assert setup.url == (
        f"otpauth://totp/Eventify%3Amaya%40example.com?secret={setup.secret}&issuer=Eventify&algorithm=SHA1"
        "&digits=6&period=30"
    )
    assert two_factor.pending(user) == setup
    assert come_in(user) == user  # it does not count yet
    for wrong in ("", "1", "abcdef", "000000", "\x00", "１２３４５６", "1" * 100_000, "\ud800"):
        with pytest.raises(Invalid) as refusal:
            two_factor.confirm(user, wrong)
        assert list(refusal.value.errors) == ["code"]
    shown = two_factor.confirm(user, code_of(user))
    assert two_factor.is_on(user) and two_factor.pending(user) is None
    assert len(set(shown)) == 10 and all(re.fullmatch(r"[a-z2-9]{5}-[a-z2-9]{5}", code) for code in shown)
    kept = str(list(StaticToken.objects.values()))
    assert not any(code in kept or code.replace("-", "") in kept for code in shown)
    assert list(AuditLog.objects.values_list("action", "actor", "details")) == [("ENABLED_2FA", user.pk, {})]
    assert OutgoingMail.objects.get().template == "two_factor_on"
    assert Notification.objects.get(recipient=user).title == "Two-factor is on now"


def test_beginning_again_gives_a_new_secret_and_not_while_it_is_on():
    user = UserFactory()
    first = two_factor.begin(user)
    assert two_factor.begin(user).secret != first.secret
    assert TOTPDevice.objects.count() == 1
    two_factor.confirm(user, code_of(user))
    with pytest.raises(Conflict):
        two_factor.begin(user)
    with pytest.raises(Conflict):
        two_factor.confirm(user, code_of(user, 1))


def test_setting_it_up_twice_at_once_turns_on_one_device():
    user = UserFactory()
    race(*[partial(two_factor.begin, user)] * 6)
    assert TOTPDevice.objects.count() == 1
    results = race(*[partial(two_factor.confirm, user, code_of(user))] * 6)
    assert (len(good(results)), len(errors(results, Conflict))) == (1, 5)
    assert StaticDevice.objects.count() == 1 and StaticToken.objects.count() == 10


def test_with_it_the_password_alone_does_not_open():
    user = UserFactory()
    recovery = turn_on(user)
    with pytest.raises(OtpRequired) as refusal:
        come_in(user)
    assert (refusal.value.status, refusal.value.code, refusal.value.user) == (401, "otp_required", user)
    for wrong in ("000000", "nonsense", "\x00", "\ud800", "x" * 100_000, 7):
        with pytest.raises(WrongOtp) as refusal:
            come_in(user, wrong)
    assert (refusal.value.status, refusal.value.code) == (401, "wrong_otp")
    assert come_in(user, code_of(user)) == user
    assert come_in(user, recovery[0].upper().replace("-", " ")) == user
    assert codes.recovery_codes_left(user) == 9
    assert AuditLog.objects.get(action="USED_RECOVERY_CODE").details == {"left": 9}


def test_a_wrong_password_says_nothing_about_the_code():
    user = UserFactory()
    turn_on(user)
    with pytest.raises(WrongCredentials) as refusal:
        sessions.check_credentials(user.email, "wrong", otp=code_of(user))
    assert refusal.value.code == "wrong_credentials"
    assert come_in(user, code_of(user))  # and the code was not used up


def test_a_code_is_good_once_and_not_for_long():
    user = UserFactory()
    with time_machine.travel(1_780_000_000, tick=False) as clock:
        turn_on(user)
        code = code_of(user)
        assert come_in(user, code)
        with pytest.raises(WrongOtp):
            come_in(user, code)
        late = code_of(user, 2)
        clock.shift(60 + 61)
        with pytest.raises(WrongOtp):
            come_in(user, late)


def test_somebody_elses_codes_open_nothing():
    user, other = UserFactory(), UserFactory()
    turn_on(user)
    recovery = turn_on(other)
    for code in (code_of(other), recovery[0]):
        with pytest.raises(WrongOtp):
            come_in(user, code)


def use_at_once(how_many: int, user: User, code: str) -> list:
    return race(*[partial(codes.use, user, code)] * how_many)


def test_recovery_codes_outlive_a_new_secret_key(settings):
    user = UserFactory()
    first, second, *_others = turn_on(user)
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "n" * 50
    assert come_in(user, first) == user
    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(WrongOtp):
        come_in(user, second)


@pytest.mark.parametrize("kind", ["totp", "recovery"])
def test_one_code_at_once_opens_once(kind):
    user = UserFactory()
    with time_machine.travel(1_780_000_000, tick=False) as clock:
        recovery = turn_on(user)
        for round_ in range(3):
            clock.shift(120)
            code = code_of(user) if kind == "totp" else recovery[round_]
            assert good(use_at_once(20, user, code)).count(True) == 1


@pytest.mark.parametrize("kind", ["totp", "recovery"])
def test_control_without_the_lock_it_opens_more_often(monkeypatch, kind):
    user = UserFactory()
    recovery = turn_on(user)
    switch_row_locks_off(monkeypatch)
    used = (TOTPDevice, "set_last_used_timestamp") if kind == "totp" else (StaticToken, "delete")
    meet_before(monkeypatch, *used, 6)  # all have found it unused
    code = code_of(user) if kind == "totp" else recovery[0]
    assert use_at_once(6, user, code).count(True) > 1


# --- What ends, and who is told -------------------------------------------------------------------------


def test_every_change_ends_the_other_sessions():
    user = UserFactory()
    for change in (turn_on_keeping, disable_keeping):
        kept, token = sessions.start(user)
        other, device = sessions.start(user)[1], sessions.new_device_token(user)
        change(user, kept)
        assert sessions.find(token) == kept
        assert sessions.find(other) is None and sessions.find_device_token(device) is None


def turn_on_keeping(user, session):
    two_factor.begin(user)
    two_factor.confirm(user, code_of(user), keep=session)


def disable_keeping(user, session):
    two_factor.disable(user, by=user, keep=session)


def test_turning_it_off_is_the_persons_own_business():
    user, admin = UserFactory(), SuperAdminFactory()
    with pytest.raises(Conflict):
        two_factor.disable(user, by=user)
    turn_on(user)
    with pytest.raises(Forbidden):
        two_factor.disable(user, by=admin)
    two_factor.disable(user, by=user)
    assert not two_factor.is_on(user) and not StaticToken.objects.exists()
    assert come_in(user) == user
    assert AuditLog.objects.latest("id").action == "DISABLED_2FA"


def test_new_recovery_codes_void_the_old_ones():
    user = UserFactory()
    with pytest.raises(Conflict):
        two_factor.new_recovery_codes(user, by=user)
    old = turn_on(user)
    new = two_factor.new_recovery_codes(user, by=user)
    assert not set(old) & set(new)
    with pytest.raises(WrongOtp):
        come_in(user, old[0])
    assert come_in(user, new[0])


def test_staff_reset_it_with_a_reason():
    user, support = UserFactory(full_name="Maya Rao"), UserFactory()
    turn_on(user)
    token = sessions.start(user)[1]
    for reason in ("", "  ", "x" * 501):
        with pytest.raises(Invalid) as refusal:
            two_factor.reset(user, reason=reason, by=support)
        assert list(refusal.value.errors) == ["reason"]
    two_factor.reset(user, reason="Lost the phone; called back.", by=support)
    assert not two_factor.is_on(user) and sessions.find(token) is None
    line = AuditLog.objects.latest("id")
    assert (line.action, line.actor, line.target_uid) == ("RESET_2FA", support, user.uid)
    assert line.details == {"reason": "Lost the phone; called back."}
    assert OutgoingMail.objects.latest("id").template == "two_factor_reset"
    assert Notification.objects.latest("id").title == "Your two-factor was reset"
    with pytest.raises(Conflict):
        two_factor.reset(user, reason="Again", by=support)


def test_a_super_admins_is_reset_by_a_super_admin_only_and_nobodys_own():
    admin, other, support = SuperAdminFactory(), SuperAdminFactory(), UserFactory()
    turn_on(admin)
    with pytest.raises(Forbidden):
        two_factor.reset(admin, reason="x", by=support)
    with pytest.raises(Conflict):
        two_factor.reset(admin, reason="x", by=admin)
    two_factor.reset(admin, reason="x", by=other)


@pytest.mark.parametrize("template", ["locked_out", "two_factor_on", "two_factor_off", "two_factor_reset"])
def test_every_mail_leads_to_the_accounts_security(template, settings, mailoutbox):
    mail.queue(template, "a@example.com", name="A & B", at="2026-01-01 10:00 UTC", address="203.0.113.7", minutes=15)
    assert mail.send_pending() == 1
    assert "A & B" in mailoutbox[0].body and f"{settings.SITE_URL}/account/security/" in mailoutbox[0].body
    assert "None" not in mailoutbox[0].body


@pytest.mark.parametrize(
    ("language", "zone", "said"),
    [("en", "Asia/Kolkata", "Sat 21 Nov 2026, 20:55 IST"), ("nl", "UTC", "za 21 nov 2026, 15:25 UTC")],
)
def test_the_mail_says_when_as_people_say_it(language, zone, said, settings, mailoutbox):
    settings.EVENTIFY_TIME_ZONE = zone
    user = UserFactory(language=language)
    with time_machine.travel("2026-11-21T15:25:10+00:00", tick=False):
        turn_on(user)
    OutgoingMail.objects.update(next_attempt_at=timezone.now())
    mail.send_pending()
    assert said in mailoutbox[0].body and "2026-11-21" not in mailoutbox[0].body


# --- Demanded by a role ---------------------------------------------------------------------------------


def held(user: User) -> set[str]:
    user = User.objects.get(pk=user.pk)
    return {permission for permission in IDS if user.can(permission)}


@pytest.mark.parametrize("name", ["Finance", "Super Admin"])
def test_a_role_that_demands_it_gives_nothing_before_it_is_set_up(name):
    admin, user = SuperAdminFactory(), UserFactory()
    turn_on(admin)
    role = Role.objects.get(name=name)
    roles.assign(user, role, by=admin)
    everything = held(user)
    assert everything
    roles.change(role, requires_two_factor=True, by=admin)
    fresh = User.objects.get(pk=user.pk)
    assert held(user) == set() and fresh.lacks_two_factor and not fresh.is_super_admin
    assert not fresh.has_module_perms("partners") and not fresh.get_all_permissions()
    with pytest.raises(TwoFactorRequired) as refusal:
        two_factor.check_set_up(fresh)
    assert (refusal.value.status, refusal.value.code) == (403, "two_factor_required")
    turn_on(fresh)
    assert held(user) == everything and not fresh.lacks_two_factor  # in the same request, too
    two_factor.disable(fresh, by=fresh)
    assert held(user) == set()
    roles.change(role, requires_two_factor=False, by=admin)
    assert held(user) == everything


def test_it_takes_nothing_from_who_is_no_staff():
    for user in (UserFactory(), User(email="unsaved@example.com")):
        assert not user.lacks_two_factor


@pytest.mark.parametrize("name", ["Finance", "Super Admin"])
@pytest.mark.parametrize("demands", [False, True])
def test_asking_costs_one_query_more_for_staff(django_assert_max_num_queries, name, demands):
    user = roles.assign(UserFactory(), Role.objects.get(name=name), by=None)
    Role.objects.filter(name=name).update(requires_two_factor=demands)
    user = User.objects.get(pk=user.pk)
    with django_assert_max_num_queries(3):  # that, the user's own and the role's permissions
        for permission in IDS:
            user.can(permission)
