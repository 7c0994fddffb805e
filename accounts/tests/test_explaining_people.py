"""Why not, of people and roles: the reason is that of the verb, for every kind of person."""

from itertools import product

import pytest

from accounts import bans, closing, roles, two_factor
from accounts import explaining_people as explaining
from accounts.factories import SuperAdminFactory, UserFactory
from accounts.models import AuditLog, Role, Session
from accounts.tests.asking import asked
from accounts.tests.coming_in import turn_on
from eventify.lib.errors import Forbidden, Missing
from eventify.tests.lent import for_the_module

pytestmark = pytest.mark.django_db
ACTIONS = {one.id: one for one in explaining.ACTIONS}
HELD = ("manage_roles", "ban_users")
PEOPLE = ("view_users", "ban_users", "reset_2fa")
# action -> (what lets the page be opened, the permission of the deed)
NEEDS = {
    "ban_user": (PEOPLE, "ban_users"),
    "unban_user": (PEOPLE, "ban_users"),
    "log_out_user": (PEOPLE, "ban_users"),
    "reset_two_factor": (PEOPLE, "reset_2fa"),
    "take_access": ((*PEOPLE, "manage_staff"), "manage_staff"),
    "invite_staff_again": ((*PEOPLE, "manage_staff"), "manage_staff"),
    "give_role": ((*PEOPLE, "manage_staff"), "manage_staff"),
    "delete_role": (("manage_staff", "manage_roles"), "manage_roles"),
}


class World:
    """Staff of several roles, and people in each state."""

    def __init__(self):
        self.admin = SuperAdminFactory(full_name="Admin")
        self.role = roles.create("Night shift", by=None)
        roles.set_permissions(self.role, [*HELD], by=None)
        self.night = roles.assign(UserFactory(full_name="Night"), self.role, by=None)
        chief = roles.create("Chief", by=None)
        roles.set_permissions(chief, ["manage_staff", "view_users"], by=None)
        self.chief = roles.assign(UserFactory(full_name="Chief"), chief, by=None)
        self.gate = roles.assign(UserFactory(full_name="Gate"), Role.objects.get(name="Gate"), by=None)
        self.user, banned = UserFactory(full_name="User"), UserFactory(full_name="Banned")
        self.banned = bans.ban(banned, reason="x", by=self.admin)
        self.empty = roles.create("Nobody's", by=None)
        self.askers = [self.admin, self.night, self.chief, self.gate, self.user]
        self.invited = roles.create_staff("new@example.com", "New", self.gate.role, by=self.admin)
        turn_on(self.night)
        self.people = [*self.askers, self.banned, self.invited]


made = for_the_module(World)


def test_people_and_roles(made):
    verbs = {
        "ban_user": lambda whom, by: bans.ban(whom, reason="x", by=by),
        "unban_user": lambda whom, by: bans.unban(whom, by=by),
        "log_out_user": lambda whom, by: closing.end_sessions(whom, reason="x", by=by),
        "reset_two_factor": lambda whom, by: two_factor.reset(whom, reason="x", by=by),
        "invite_staff_again": invite_again,
        "take_access": lambda whom, by: roles.revoke(whom, by=by),
        "give_role": lambda whom, by: roles.assign(whom, made.role, by=by),
        "delete_role": lambda role, by: roles.delete(role, by=by),
    }
    every_role = [made.role, made.empty, Role.objects.get(name="Super Admin")]
    found = []
    for action, verb in verbs.items():
        for row, by in product(every_role if action == "delete_role" else made.people, made.askers):
            sees, may = NEEDS[action]

            def done(row=row, by=by, verb=verb, sees=sees, may=may):
                if not any(by.can(one) for one in sees):
                    raise Missing
                if not by.can(may):
                    raise Forbidden
                verb(type(row).objects.get(pk=row.pk), by)

            said = {"role": str(made.role.uid)} if action == "give_role" else {}
            found.append(((action, str(row), str(by)), asked(ACTIONS[action], row, by, done, **said)))
    assert [f"{case}: {one.answer}, done: {one.refusal!r}" for case, one in found if not one.agree] == []
    rules = {one.answer.rule for _case, one in found}
    assert rules >= {None, "permission", "not_found", "own_account", "super_admin", "staff", "role_held", "system_role",
                     "has_password"}  # fmt: skip


def invite_again(whom, by):
    """As the page does it: who is no member of staff is not there."""
    if not whom.is_staff:
        raise Missing
    roles.invite(whom, by=by)


def test_changing_a_role(made):
    """Its permissions, its two-factor and its description; what would change nothing is refused as on the page."""
    everything = Role.objects.get(name="Super Admin")
    changes = {
        ("permissions", "ban_users,manage_roles"): lambda role, by: roles.choose_permissions(role, [*HELD], by=by),
        ("permissions", "refund_orders"): lambda role, by: roles.choose_permissions(role, ["refund_orders"], by=by),
        ("permissions", ","): lambda role, by: roles.choose_permissions(role, [], by=by),
        ("two_factor", "yes"): lambda role, by: roles.demand_two_factor(role, True, by=by),
        ("two_factor", "no"): lambda role, by: roles.demand_two_factor(role, False, by=by),
        ("", ""): lambda role, by: roles.change(role, description="Another one", by=by),
    }
    found = []
    for ((name, value), verb), role, by in product(changes.items(), (made.role, everything), made.askers):

        def done(role=role, by=by, verb=verb):
            if not (by.can("manage_staff") or by.can("manage_roles")):
                raise Missing
            if not by.can("manage_roles"):
                raise Forbidden
            verb(role, by)

        one = asked(ACTIONS["change_role"], role, by, done, **({name: value} if name else {}))
        found.append(((name, value, str(role), str(by)), one))
    assert [f"{case}: {one.answer}, done: {one.refusal!r}" for case, one in found if not one.agree] == []
    rules = {one.answer.rule for _case, one in found}
    assert rules >= {None, "no_change", "super_admin", "forbidden", "permission", "not_found"}
    assert roles.permissions_of(Role.objects.get(pk=made.role.pk)) == [*HELD]
    answer = asked(ACTIONS["change_role"], made.role, made.admin, lambda: None, two_factor="perhaps").answer
    assert (answer.code, answer.sentence) == ("invalid", "This value cannot be read.")


def test_a_question_bans_nobody_and_ends_no_session(made):
    before = [AuditLog.objects.count(), Session.objects.filter(ended_at=None).count()]
    assert asked(ACTIONS["ban_user"], made.user, made.admin, lambda: None).answer.allowed
    assert asked(ACTIONS["delete_role"], made.empty, made.admin, lambda: None).answer.allowed
    assert [AuditLog.objects.count(), Session.objects.filter(ended_at=None).count()] == before
    made.user.refresh_from_db()
    assert not made.user.is_banned and Role.objects.filter(pk=made.empty.pk).exists()


def test_ones_own_two_factor(made):
    found = []
    turn_on(made.gate)
    verbs = {
        "begin": lambda whom, by: two_factor.begin(whom),
        "off": lambda whom, by: two_factor.disable(whom, by=by),
        "codes": lambda whom, by: two_factor.new_recovery_codes(whom, by=by),
    }
    for (act, verb), whom, by in product(verbs.items(), (made.gate, made.user), (made.gate, made.user)):

        def done(verb=verb, whom=whom, by=by):
            if whom != by:
                raise Missing
            verb(whom, by)

        found.append(((act, str(whom), str(by)), asked(ACTIONS["change_two_factor"], whom, by, done, act=act)))
    assert [f"{case}: {one.answer}, done: {one.refusal!r}" for case, one in found if not one.agree] == []
    assert {one.answer.code for _case, one in found} == {None, "conflict", "not_found"}
    assert two_factor.is_on(made.gate)


def test_a_role_must_be_named(made):
    answer = asked(ACTIONS["give_role"], made.user, made.admin, lambda: None).answer
    assert (answer.allowed, answer.sentence) == (False, "Say which role.")
