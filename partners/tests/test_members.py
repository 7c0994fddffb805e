"""What the members of a partner may do: with what is the partner's, and with nothing else."""

from functools import partial

import pytest
from guardian.models import UserObjectPermission

from accounts import bans, roles
from accounts.factories import SuperAdminFactory, UserFactory
from accounts.models import AuditLog, Role, User
from accounts.permissions import IDS
from accounts.tests.racing import errors, meet_after, race
from eventify.lib.errors import Conflict
from partners import house, members
from partners.factories import PartnerFactory
from partners.members import GRANTS
from partners.models import Member, Partner

pytestmark = pytest.mark.django_db(transaction=True)


def fresh(user: User) -> User:
    """The user as the next request reads it."""
    return User.objects.get(pk=user.pk)


def may(user: User, on) -> set[str]:
    user = fresh(user)
    return {permission for permission in IDS if user.can(permission, on=on)}


@pytest.mark.parametrize("role", Member.Role)
def test_a_member_may_do_what_the_role_says_at_home_and_nothing_elsewhere(role):
    home, abroad, user = PartnerFactory(), PartnerFactory(), UserFactory()
    members.add(home, user, role, by=None)
    assert may(user, home) == set(GRANTS[role])
    assert may(user, abroad) == may(user, None) == set()


def test_a_new_role_replaces_the_old_one():
    partner, user, admin = PartnerFactory(), UserFactory(), SuperAdminFactory()
    members.add(partner, user, Member.Role.EVENT_MANAGER, by=admin)
    members.add(partner, user, Member.Role.MEMBER, by=admin)
    assert may(user, partner) == set(GRANTS[Member.Role.MEMBER])
    assert Member.objects.count() == 1
    members.remove(Member.objects.get(), by=admin)
    assert (may(user, partner), Member.objects.count()) == (set(), 0)
    lines = AuditLog.objects.order_by("id").values_list("action", "target_resource", "actor", "details__role")
    assert list(lines) == [
        ("ADDED_MEMBER", f"partner_{partner.pk}", admin.pk, "event_manager"),
        ("ADDED_MEMBER", f"partner_{partner.pk}", admin.pk, "org_member"),
        ("REMOVED_MEMBER", f"partner_{partner.pk}", admin.pk, None),
    ]


def test_membership_of_one_does_not_touch_that_of_another():
    one, other, user = PartnerFactory(), PartnerFactory(), UserFactory()
    for partner in (one, other):
        members.add(partner, user, Member.Role.EVENT_MANAGER, by=None)
    members.remove(one.members.get(), by=None)
    assert (may(user, one), may(user, other)) == (set(), set(GRANTS[Member.Role.EVENT_MANAGER]))


def test_adding_at_once_makes_one_member():
    partner, user = PartnerFactory(), UserFactory()
    members.add(partner, UserFactory(), Member.Role.ADMIN, by=None)
    results = race(*(partial(members.add, partner, user, role, by=None) for role in list(Member.Role) * 3))
    assert errors(results) == []
    member = user.memberships.get()
    assert may(user, partner) == set(GRANTS[Member.Role(member.role)])


def test_staff_may_everywhere_what_their_role_says():
    user = UserFactory()
    roles.assign(user, Role.objects.get(name="Gate"), by=None)
    assert may(user, PartnerFactory()) == may(user, None) == {"view_events", "check_in"}


def test_a_banned_or_closed_member_may_nothing():
    partner, user = PartnerFactory(), UserFactory()
    members.add(partner, user, Member.Role.ADMIN, by=None)
    bans.ban(user, reason="x", by=SuperAdminFactory())
    assert may(user, partner) == set()
    closed = SuperAdminFactory(is_active=False)
    assert may(closed, partner) == set()


def test_where_one_may_what():
    home, user = PartnerFactory(), UserFactory()
    members.add(home, user, Member.Role.EVENT_MANAGER, by=None)
    assert list(members.partners_where(fresh(user), "manage_events")) == [home]
    assert list(members.partners_where(fresh(user), "manage_partners")) == []
    assert set(members.partners_where(SuperAdminFactory(), "manage_partners")) == set(Partner.objects.all())
    assert members.home_of(fresh(user), "manage_events") == home
    assert members.home_of(UserFactory(), "manage_events") is None


def test_there_is_one_house_from_the_start():
    house = Partner.objects.get(is_house=True)
    assert (house.slug, house.status, house.verification_status) == ("eventify", "Active", "Verified")


def leave(partner: Partner, user: User) -> None:
    members.remove(partner.members.get(user=user), by=user)


def step_down(partner: Partner, user: User) -> None:
    members.add(partner, user, Member.Role.MEMBER, by=user)


@pytest.mark.parametrize("go", [leave, step_down])
def test_the_last_administrator_stays(go):
    partner, two = PartnerFactory(), UserFactory.create_batch(2)
    for user in two:
        members.add(partner, user, Member.Role.ADMIN, by=None)
    results = race(*(partial(go, partner, user) for user in two))
    assert len(errors(results, Conflict)) == 1
    assert partner.members.filter(role=Member.Role.ADMIN).count() == 1


def test_without_the_lock_both_administrators_leave(monkeypatch):
    """The control: what the lock of the partner is for."""
    partner, two = PartnerFactory(), UserFactory.create_batch(2)
    for user in two:
        members.add(partner, user, Member.Role.ADMIN, by=None)
    meet_after(monkeypatch, members, "_check_administrator_stays", 2)
    monkeypatch.setattr(members, "lock_one", lambda partner: partner)
    race(*(partial(leave, partner, user) for user in two))
    assert not partner.members.filter(role=Member.Role.ADMIN).exists()


def test_a_permission_that_a_role_was_given_later_reaches_its_members():
    """As after an update: an administrator of before, and somebody in a role that lacks the permission."""
    partner, admin, helper = PartnerFactory(), UserFactory(), UserFactory()
    members.add(partner, admin, Member.Role.ADMIN, by=None)
    members.add(partner, helper, Member.Role.VOLUNTEER, by=None)
    UserObjectPermission.objects.filter(permission__codename="manage_integrations").delete()
    house.ensure()
    house.ensure()
    found = UserObjectPermission.objects.filter(permission__codename="manage_integrations")
    assert list(found.values_list("user", "object_pk")) == [(admin.pk, str(partner.pk))]
