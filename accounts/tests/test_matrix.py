"""What roles may do, who hands it out, and who works here."""

from functools import partial

import pytest
from django.db import IntegrityError

from accounts import audit, mail, password_links, roles, sessions
from accounts.factories import SuperAdminFactory, UserFactory
from accounts.models import AuditLog, OutgoingMail, Role, User
from accounts.password_links import LinkExpired
from accounts.permissions import IDS, SUPER_ADMIN
from accounts.signup import Taken
from accounts.tests.racing import errors, good, meet_after, meet_before, race, switch_row_locks_off
from eventify.lib.errors import Conflict, Forbidden, Invalid

pytestmark = pytest.mark.django_db(transaction=True)


def role(name: str) -> Role:
    return Role.objects.get(name=name)


def manager(*permissions: str) -> User:
    """A member of staff who holds exactly these."""
    made = roles.create(f"Role {Role.objects.count()}", by=None)
    return roles.assign(UserFactory(), roles.set_permissions(made, list(permissions), by=None), by=None)


def last_line() -> tuple:
    line = AuditLog.objects.latest("id")
    return line.action, line.actor, line.details


def test_a_role_is_made_changed_and_deleted():
    admin = SuperAdminFactory()
    made = roles.create("  Night shift ", "Looks after the doors.", by=admin)
    assert (made.name, made.description, made.is_system) == ("Night shift", "Looks after the doors.", False)
    after = {"name": "Night shift", "description": "Looks after the doors."}
    assert last_line() == ("CREATED_ROLE", admin, {"after": after})
    roles.change(made, description="Doors.", requires_two_factor=True, by=admin)
    assert last_line() == (
        "CHANGED_ROLE",
        admin,
        {
            "before": {"description": "Looks after the doors.", "requires_two_factor": False},
            "after": {"description": "Doors.", "requires_two_factor": True},
        },
    )
    lines = AuditLog.objects.count()
    roles.change(made, description="Doors.", requires_two_factor=True, by=admin)
    assert AuditLog.objects.count() == lines  # nothing changed
    roles.delete(made, by=admin)
    assert last_line() == ("DELETED_ROLE", admin, {"before": {"name": "Night shift", "permissions": []}})
    for verb in (roles.delete, roles.change, partial(roles.set_permissions, ids=[])):
        with pytest.raises(Conflict):
            verb(made, by=admin)


@pytest.mark.parametrize("name", ["", "  ", "x" * 151, "\x00", "\ud800", None, 7])
def test_a_bad_name_is_refused(name):
    with pytest.raises(Invalid) as refusal:
        roles.create(name, by=None)
    assert list(refusal.value.errors) == ["name"]


@pytest.mark.parametrize("name", ["Gate", "gate", " GATE "])
def test_a_name_is_taken_once(name):
    with pytest.raises(Conflict):
        roles.create(name, by=None)


def test_one_name_at_once_is_taken_once():
    results = race(*[partial(roles.create, "Night shift", by=None)] * 6)
    assert (len(good(results)), len(errors(results, Conflict))) == (1, 5)


def test_permissions_are_replaced_and_count_from_the_next_request():
    admin, user = SuperAdminFactory(), UserFactory()
    roles.assign(user, role("Gate"), by=admin)
    changed = roles.set_permissions(role("Gate"), ["check_in", "view_users", "check_in"], by=admin)
    assert roles.permissions_of(changed) == ["view_users", "check_in"]
    assert {one for one in IDS if User.objects.get(pk=user.pk).can(one)} == {"view_users", "check_in"}
    assert last_line() == (
        "CHANGED_ROLE",
        admin,
        {
            "before": {"permissions": ["view_events", "check_in"]},
            "after": {"permissions": ["view_users", "check_in"]},
            "gained": ["view_users"],
            "lost": ["view_events"],
            "people": 1,
        },
    )
    lines = AuditLog.objects.count()
    roles.set_permissions(role("Gate"), ["view_users", "check_in"], by=admin)
    assert AuditLog.objects.count() == lines


@pytest.mark.parametrize("ids", [["fly"], ["check_in", "\x00"], ["\ud800"], [7], [None], [["check_in"]], [{}]])
def test_an_unknown_permission_is_refused_by_name(ids):
    with pytest.raises(Invalid) as refusal:
        roles.set_permissions(role("Gate"), ids, by=None)
    assert list(refusal.value.errors) == ["permissions"]
    assert roles.permissions_of(role("Gate")) == ["view_events", "check_in"]


def test_the_super_admin_role_stays_as_it_is():
    admin, lead = SuperAdminFactory(), manager("manage_roles")
    super_admin = role(SUPER_ADMIN)
    for verb in (
        partial(roles.set_permissions, ids=["check_in"]),
        partial(roles.change, description="Less."),
        roles.delete,
    ):
        with pytest.raises(Conflict):
            verb(super_admin, by=admin)
    with pytest.raises(Forbidden):
        roles.change(super_admin, requires_two_factor=True, by=lead)
    assert roles.change(super_admin, requires_two_factor=True, by=admin).requires_two_factor
    assert roles.permissions_of(role(SUPER_ADMIN)) == list(IDS)


def test_a_role_in_use_is_not_deleted():
    roles.assign(UserFactory(), role("Gate"), by=None)
    with pytest.raises(Conflict) as refusal:
        roles.delete(role("Gate"), by=None)
    assert "Give them another one first" in str(refusal.value.message)


def test_a_role_that_is_deleted_while_it_is_given_is_either():
    for number in range(6):
        made, user = roles.create(f"Short-lived {number}", by=None), UserFactory()
        results = race(partial(roles.assign, user, made, by=None), partial(roles.delete, made, by=None))
        assert len(good(results)) == 1
        assert User.objects.get(pk=user.pk).is_staff == Role.objects.filter(pk=made.pk).exists()


def test_control_without_the_lock_a_role_is_given_and_gone(monkeypatch):
    made, user = roles.create("Short-lived", by=None), UserFactory()
    switch_row_locks_off(monkeypatch)
    meet_before(monkeypatch, audit, "record", 2)  # nobody has it when one looks, and it is given before anybody commits
    results = race(partial(roles.assign, user, made, by=None), partial(roles.delete, made, by=None))
    assert len([one for one in results if not isinstance(one, Exception)]) == 2 or errors(results, IntegrityError)


# --- Nobody hands out what they do not hold ---------------------------------------------------------------


def test_nobody_adds_a_permission_that_they_do_not_hold():
    lead = manager("manage_roles", "check_in", "view_events")
    gate = role("Gate")
    with pytest.raises(Forbidden) as refusal:
        roles.set_permissions(gate, ["check_in", "manage_payouts"], by=lead)
    assert "Manage payouts" in str(refusal.value.message)
    assert roles.permissions_of(roles.set_permissions(gate, ["check_in"], by=lead)) == ["check_in"]
    finance = role("Finance")
    kept = [one for one in roles.permissions_of(finance) if one != "view_analytics"]
    assert roles.permissions_of(roles.set_permissions(finance, kept, by=lead)) == kept  # what was there may stay


def test_nobody_gives_a_role_that_may_more_than_they():
    lead, user = manager("manage_staff", "check_in", "view_events"), UserFactory()
    for name in ("Finance", SUPER_ADMIN):
        with pytest.raises(Forbidden):
            roles.assign(user, role(name), by=lead)
    assert roles.assign(user, role("Gate"), by=lead).role.name == "Gate"
    with pytest.raises(Forbidden):
        roles.create_staff("new@example.com", "New", role("Finance"), by=lead)
    assert not User.objects.filter(email="new@example.com").exists()


def test_nobody_touches_a_super_admin_who_is_none_nor_their_own_role():
    admin, lead = SuperAdminFactory(), manager("manage_staff")
    SuperAdminFactory()
    for verb in (partial(roles.assign, role=None), partial(roles.assign, role=role("Gate")), roles.revoke):
        with pytest.raises(Forbidden):
            verb(admin, by=lead)
    for verb in (partial(roles.assign, role=None), roles.revoke):
        with pytest.raises(Conflict):
            verb(lead, by=lead)
    assert roles.assign(lead, lead.role, by=lead).is_staff  # which changes nothing


# --- Coming to work here, and leaving -----------------------------------------------------------------------


def test_new_staff_are_mailed_a_link_that_works_once(mailoutbox, settings):
    admin = SuperAdminFactory(full_name="Asha Rao")
    user = roles.create_staff("New@Example.com", "Nia Okoro", role("Gate"), by=admin)
    assert (user.email, user.full_name, user.role.name) == ("New@example.com", "Nia Okoro", "Gate")
    assert not user.has_usable_password() and user.is_staff
    mail.send_pending()
    path = password_links.path_for(user)
    assert f" {settings.SITE_URL}/account/set-password/{user.uid}/" in mailoutbox[0].body
    assert "Asha Rao" in mailoutbox[0].subject and "as Gate" in mailoutbox[0].body
    token = path.split("/")[-2]
    assert password_links.find(user.uid, token) == user
    password_links.use(user.uid, token, "a good one")
    assert sessions.check_credentials("new@example.com", "a good one").email_confirmed_at
    for again in (password_links.find, partial(password_links.use, password="mine")):
        with pytest.raises(LinkExpired):
            again(user.uid, token)
    with pytest.raises(Conflict):
        roles.invite(user, by=admin)


def test_a_link_at_once_works_once():
    user = roles.create_staff("new@example.com", "New", role("Gate"), by=SuperAdminFactory())
    token = password_links.path_for(user).split("/")[-2]
    results = race(*[partial(password_links.use, user.uid, token, f"password {n}") for n in range(6)])
    assert (len(good(results)), len(errors(results, LinkExpired))) == (1, 5)


def test_control_without_the_lock_a_link_works_more_often(monkeypatch):
    user = roles.create_staff("new@example.com", "New", role("Gate"), by=SuperAdminFactory())
    token = password_links.path_for(user).split("/")[-2]
    switch_row_locks_off(monkeypatch)
    meet_after(monkeypatch, password_links, "find", 4)
    results = race(*[partial(password_links.use, user.uid, token, f"password {n}") for n in range(4)])
    assert len(good(results)) > 1


@pytest.mark.parametrize("token", ["", "x", "a-b", "\x00", "\ud800", "x" * 100_000])
def test_links_that_are_none(token):
    user = roles.create_staff("new@example.com", "New", role("Gate"), by=SuperAdminFactory())
    with pytest.raises(LinkExpired):
        password_links.find(user.uid, token)


def test_staff_with_a_password_need_no_mail_and_an_address_is_one_account():
    admin = SuperAdminFactory()
    user = roles.create_staff("new@example.com", "New", role("Gate"), "a good one", by=admin)
    assert sessions.check_credentials("new@example.com", "a good one") == user
    assert not OutgoingMail.objects.exists()
    with pytest.raises(Taken):
        roles.create_staff("NEW@example.com", "New", role("Gate"), by=admin)


def test_revoking_leaves_the_account_and_ends_the_sessions():
    admin = SuperAdminFactory()
    user = roles.create_staff("new@example.com", "New", role("Gate"), "a good one", by=admin)
    token = sessions.start(user)[1]
    roles.revoke(user, by=admin)
    user = User.objects.get(pk=user.pk)
    assert (user.is_active, user.is_staff, user.role, sessions.find(token)) == (True, False, None, None)
    assert sessions.check_credentials("new@example.com", "a good one") == user
    assert last_line() == ("REVOKED_STAFF", admin, {})
    with pytest.raises(Conflict):
        roles.revoke(user, by=admin)
    with pytest.raises(Conflict):
        roles.revoke(admin, by=admin)
