"""Staff roles: exactly one each, and always a Super Admin left."""

from functools import partial

import pytest

from accounts import bans, roles
from accounts.factories import SuperAdminFactory, UserFactory
from accounts.models import AuditLog, Role, User
from accounts.permissions import DEFAULT_ROLES, IDS, SUPER_ADMIN
from accounts.tests.racing import errors, good, meet_after, race, switch_row_locks_off
from eventify.lib.errors import Conflict

pytestmark = pytest.mark.django_db(transaction=True)


def role(name: str) -> Role:
    return Role.objects.get(name=name)


def super_admins():
    return User.objects.filter(is_superuser=True, is_active=True, banned_at=None)


@pytest.mark.parametrize("name", DEFAULT_ROLES)
def test_a_role_gives_exactly_its_permissions(name):
    user = UserFactory()
    roles.assign(user, role(name), by=None)
    user = User.objects.get(pk=user.pk)
    assert (user.role.name, user.is_staff, user.is_superuser) == (name, True, name == SUPER_ADMIN)
    assert {permission for permission in IDS if user.can(permission)} == set(DEFAULT_ROLES[name][1])


def test_a_new_role_replaces_the_old_one_and_none_takes_staff_access_away():
    user, admin = UserFactory(), SuperAdminFactory()
    for wanted in ("Finance", "Gate", None):
        roles.assign(user, wanted and role(wanted), by=admin)
        user = User.objects.get(pk=user.pk)
        assert (user.role and user.role.name, user.is_staff) == (wanted, wanted is not None)
    assert not any(user.can(permission) for permission in IDS)
    lines = AuditLog.objects.order_by("id").values_list("action", "target_resource", "actor", "details")
    steps = ((None, "Finance"), ("Finance", "Gate"), ("Gate", None))
    assert list(lines) == [
        ("ASSIGNED_ROLE", f"user_{user.pk}", admin.pk, {"before": {"role": old}, "after": {"role": new}})
        for old, new in steps
    ]


def test_nobody_demotes_themselves_or_the_last_super_admin():
    admin, other = SuperAdminFactory(), SuperAdminFactory()
    with pytest.raises(Conflict) as refusal:
        roles.assign(admin, role("Gate"), by=admin)
    assert "your own" in str(refusal.value.message)
    roles.assign(other, role("Gate"), by=admin)
    with pytest.raises(Conflict) as refusal:
        roles.assign(admin, None, by=other)
    assert str(refusal.value.message) == "This is the last Super Admin. Make another one first."
    assert list(super_admins()) == [admin]


def test_a_closed_super_admin_does_not_count():
    admin = SuperAdminFactory()
    SuperAdminFactory(is_active=False)
    with pytest.raises(Conflict):
        roles.assign(admin, None, by=None)


def demote_each_other(how_many: int, verb):
    admins = SuperAdminFactory.create_batch(how_many)
    return race(*[partial(verb, admin, by=as_read(admins[n - 1])) for n, admin in enumerate(admins)])


def as_read(user: User) -> User:
    """The actor as their request read them before any of the others wrote."""
    return User.objects.get(pk=user.pk)


def demote(user: User, *, by: User) -> User:
    return roles.assign(user, None, by=by)


VERBS = {"demote": demote, "revoke": roles.revoke}


@pytest.mark.parametrize("verb", ["demote", "revoke"])
def test_super_admins_who_demote_each_other_at_once_leave_one(verb):
    for _round in range(8):
        results = demote_each_other(2, VERBS[verb])
        assert (len(good(results)), len(errors(results, Conflict))) == (1, 1)
        assert super_admins().count() == 1
        super_admins().update(is_superuser=False)


def test_a_ring_of_super_admins_leaves_one():
    results = demote_each_other(8, demote)
    assert len(good(results)) == 7
    assert super_admins().count() == 1


@pytest.mark.parametrize("verb", ["demote", "revoke"])
def test_control_without_the_lock_nobody_is_left(monkeypatch, verb):
    switch_row_locks_off(monkeypatch)
    meet_after(monkeypatch, roles, "_check_demotion", 2)
    assert len(good(demote_each_other(2, VERBS[verb]))) == 2
    assert super_admins().count() == 0


def test_a_stale_row_does_not_hide_the_last_super_admin():
    """What the caller read before the lock does not count."""
    stale = UserFactory()
    User.objects.filter(pk=stale.pk).update(is_superuser=True, is_staff=True)
    with pytest.raises(Conflict):
        roles.assign(stale, None, by=None)
    assert super_admins().count() == 1


def test_a_ban_against_a_promotion_never_bans_a_super_admin():
    for _round in range(6):
        admin, user = SuperAdminFactory(), UserFactory()
        fresh = [User.objects.get(pk=user.pk) for _copy in range(2)]
        race(
            partial(bans.ban, fresh[0], reason="spam", by=admin),
            partial(roles.assign, fresh[1], role(SUPER_ADMIN), by=admin),
        )
        user.refresh_from_db()
        last = AuditLog.objects.order_by("id").last().action
        assert not (user.is_banned and user.is_superuser and last == "BANNED_USER")
        assert user.is_superuser or user.is_banned
