"""What is asked of the person behind each request: few statements, and the same answers as Django and guardian give."""

import pytest
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import Group, Permission
from guardian.core import ObjectPermissionChecker
from guardian.shortcuts import assign_perm, remove_perm

from accounts import roles, sessions
from accounts.factories import SuperAdminFactory, UserFactory
from accounts.models import Role, User
from accounts.tests.coming_in import turn_on
from partners.factories import PartnerFactory

pytestmark = pytest.mark.django_db


def permission(name: str) -> Permission:
    return Permission.objects.get(content_type__app_label="partners", codename=name)


@pytest.fixture
def world():
    """A user who holds something in each way, and two partners."""
    user, group, partner, other = UserFactory(), Group.objects.create(name="G"), PartnerFactory(), PartnerFactory()
    user.groups.add(group)
    user.user_permissions.add(permission("view_audit"))
    group.permissions.add(permission("view_users"), permission("view_audit"))
    assign_perm("check_in", user, partner)
    assign_perm("manage_crew", group, partner)
    assign_perm("view_events", user, other)
    return user, group, partner, other


def fresh(user: User) -> User:
    return User.objects.get(pk=user.pk)


def test_what_is_held_everywhere_is_one_query(world, django_assert_num_queries):
    user = fresh(world[0])
    with django_assert_num_queries(1):
        held = {name for name in ("view_audit", "view_users", "check_in", "manage_staff") if user.can(name)}
    assert held == {"view_audit", "view_users"}
    assert user.get_all_permissions() == ModelBackend().get_all_permissions(fresh(user))


def test_what_is_held_on_an_object_is_one_query_more(world, django_assert_num_queries):
    user, _group, partner, other = world
    for name in ("check_in", "manage_crew", "view_events", "manage_staff"):
        for one in (partner, other):
            asked, theirs = fresh(user), ObjectPermissionChecker(fresh(user)).has_perm(name, one)
            with django_assert_num_queries(2):
                assert asked.can(name, on=one) is theirs
    assert fresh(user).can("view_users", on=partner)  # held everywhere


def test_what_is_taken_away_is_gone_with_the_next_request(world):
    user, group, partner, _other = world
    assert fresh(user).can("check_in", on=partner) and fresh(user).can("view_users")
    remove_perm("check_in", user, partner)
    group.permissions.clear()
    assert not fresh(user).can("check_in", on=partner) and not fresh(user).can("view_users")


def test_the_session_brings_whether_two_factor_lacks(django_assert_num_queries):
    for person, demands, has, lacks in (
        ("nobody", True, False, False),
        ("Gate", False, False, False),
        ("Gate", True, False, True),
        ("Gate", True, True, False),
        ("Super Admin", False, False, False),
        ("Super Admin", True, False, True),
        ("Super Admin", True, True, False),
    ):
        Role.objects.update(requires_two_factor=False)
        Role.objects.filter(name=person).update(requires_two_factor=demands)
        users = {"nobody": UserFactory, "Super Admin": SuperAdminFactory}
        make = users.get(person, lambda: roles.assign(UserFactory(), Role.objects.get(name="Gate"), by=None))
        user = make()
        if has:
            turn_on(user)
        token = sessions.start(user)[1]
        with django_assert_num_queries(1):
            found = sessions.find(token).user.lacks_two_factor
        assert found is lacks is fresh(user).lacks_two_factor, (person, demands, has)


def test_a_super_admin_without_the_role_is_bound_by_it_too():
    user = UserFactory(is_staff=True, is_superuser=True)
    Role.objects.filter(name="Super Admin").update(requires_two_factor=True)
    assert sessions.find(sessions.start(user)[1]).user.lacks_two_factor is fresh(user).lacks_two_factor is True


def test_a_token_is_judged_once_and_its_session_each_time():
    user = UserFactory()
    session, token = sessions.start(user)[:2]
    kept = sessions._signed.cache_info().hits
    assert sessions.find(token).user == sessions.find(token).user == user
    assert sessions._signed.cache_info().hits == kept + 1
    assert sessions.find(f"{token[:-4]}AAAA") is None
    sessions.end(session)
    assert sessions.find(token) is None
