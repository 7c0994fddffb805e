from datetime import timedelta

import pytest
from django.utils import timezone

from accounts import bans
from accounts.factories import SuperAdminFactory, UserFactory
from accounts.models import AuditLog, Role, Session, User
from eventify.contracts import lists
from eventify.contracts.evient.tests.conftest import client_of, data_of, error_of, with_role
from eventify.lib.wire import moment

PATH = "/api/admin/users"
NEW = {"email": "staff@example.com", "password": "pw", "full_name": "Sam Staff"}


def emails(answer):
    return [one["email"] for one in data_of(answer)]


@pytest.fixture
def moderator(db):
    return client_of(with_role("Content Moderator"))


def test_list_newest_first(as_admin, admin):
    user = UserFactory(email="zoe@example.com", full_name="Zoe Z", avatar_url="/z.png")
    answer = as_admin.get(PATH)
    assert data_of(answer)[0] == {
        "id": str(user.uid),
        "email": "zoe@example.com",
        "full_name": "Zoe Z",
        "avatar_url": "/z.png",
        "role": "user",
        "is_active": True,
        "created_at": moment(user.created_at),
        "updated_at": moment(user.updated_at),
    }
    assert emails(answer) == ["zoe@example.com", "admin@example.com"]
    assert answer.json()["pagination"]["total"] == 2


def test_filters(as_admin, admin):
    UserFactory(email="zoe@example.com", full_name="Zoe Z")
    UserFactory(email="off@example.com", full_name="O", is_active=False)
    bans.ban(UserFactory(email="bad@example.com", full_name="B"), reason="spam", by=admin)
    for query, found in (
        ("search=ZOE", ["zoe@example.com"]),
        ("role=admin", ["admin@example.com"]),
        ("role=user&status=active", ["zoe@example.com"]),
        ("status=inactive", ["off@example.com"]),
        ("status=banned", ["bad@example.com"]),
    ):
        assert emails(as_admin.get(f"{PATH}?{query}")) == found, query
    assert set(error_of(as_admin.get(f"{PATH}?role=root&status=x"), 422, "invalid")) == {"role", "status"}


def test_create_read_change_close(as_admin, admin, anybody):
    made = data_of(as_admin.post(PATH, NEW), 201)
    user = User.objects.get(email="staff@example.com")
    assert made["user"]["id"] == made["id"] == str(user.uid) and made["role"] == "user" and user.check_password("pw")
    assert data_of(as_admin.get(f"{PATH}/{user.uid}")) == made
    own = client_of(user)
    body = {**made, "full_name": "Samuel", "email": "sam@example.com", "avatar_url": None}
    changed = data_of(as_admin.put(f"{PATH}/{user.uid}", body))
    assert (changed["full_name"], changed["email"]) == ("Samuel", "sam@example.com")
    data_of(own.get("/api/auth/me"))
    data_of(as_admin.put(f"{PATH}/{user.uid}", {"password": "other"}))
    error_of(own.get("/api/auth/me"), 401, "unauthenticated")
    data_of(anybody.post("/api/auth/login", {"email": "sam@example.com", "password": "other"}))
    user.refresh_from_db()
    own = client_of(user)
    closed = data_of(as_admin.delete(f"{PATH}/{user.uid}"))
    assert closed["is_active"] is False and User.objects.filter(pk=user.pk, is_active=False).exists()
    error_of(own.get("/api/auth/me"), 401, "unauthenticated")
    assert data_of(as_admin.put(f"{PATH}/{user.uid}", {"is_active": True}))["is_active"] is True
    actions = AuditLog.objects.filter(actor=admin).order_by("id").values_list("action", flat=True)
    assert list(actions) == [
        "CREATED_USER",
        "CHANGED_USER",
        "CHANGED_USER",
        "CLOSED_ACCOUNT",
        "OPENED_ACCOUNT",
        "CHANGED_USER",
    ]


def test_create_an_admin_and_a_closed_account(as_admin):
    made = data_of(as_admin.post(PATH, {**NEW, "role": "admin"}), 201)
    user = User.objects.get(uid=made["id"])
    assert made["role"] == "admin" and user.is_superuser and user.role.name == "Super Admin"
    made = data_of(as_admin.post(PATH, {**NEW, "email": "x@example.com", "is_active": False}), 201)
    assert made["is_active"] is False


def test_roles_come_and_go(as_admin):
    user = UserFactory()
    assert data_of(as_admin.put(f"{PATH}/{user.uid}", {"role": "admin"}))["role"] == "admin"
    assert data_of(as_admin.put(f"{PATH}/{user.uid}", {"role": "user"}))["role"] == "user"
    user.refresh_from_db()
    assert not user.is_staff and not user.is_superuser and user.role is None
    gate = with_role("Gate")
    assert data_of(as_admin.put(f"{PATH}/{gate.uid}", {"role": "admin"}))["role"] == "admin"
    assert User.objects.get(pk=gate.pk).role.name == "Gate"


def test_nobody_locks_themselves_out(as_admin, admin):
    path = f"{PATH}/{admin.uid}"
    answers = (
        as_admin.delete(path),
        as_admin.put(path, {"is_active": False}),
        as_admin.put(path, {"role": "user", "full_name": "Gone"}),
    )
    for answer in answers:
        error_of(answer, 409, "conflict")
    admin.refresh_from_db()
    assert admin.is_active and admin.is_superuser and admin.full_name != "Gone"


def test_bad_values(as_admin):
    UserFactory(email="here@example.com")
    user = UserFactory()
    path = f"{PATH}/{user.uid}"
    assert set(error_of(as_admin.post(PATH, {}), 422, "invalid")) == {"email", "password"}
    for email in ("HERE@example.com",):
        error_of(as_admin.post(PATH, {**NEW, "email": email}), 409, "taken")
        error_of(as_admin.put(path, {"email": email}), 409, "taken")
    bad = {"role": "root", "is_active": "maybe", "email": 1, "avatar_url": "ftp://x", "points": 1}
    assert set(error_of(as_admin.put(path, bad), 422, "invalid")) == set(bad)
    assert set(error_of(as_admin.put(path, {"email": "x"}), 422, "invalid")) == {"email"}
    assert set(error_of(as_admin.put(path, {"password": "x" * 300}), 422, "invalid")) == {"password"}
    error_of(as_admin.get(f"{PATH}/99999999999999999999"), 404, "not_found")


def test_a_moderator_opens_and_closes_accounts_and_nothing_else(moderator, admin):
    user = UserFactory()
    path = f"{PATH}/{user.uid}"
    assert data_of(moderator.put(path, {"is_active": False}))["is_active"] is False
    assert data_of(moderator.put(path, {"is_active": True}))["is_active"] is True
    error_of(moderator.put(path, {"role": 5}), 403, "forbidden")
    error_of(moderator.delete(path), 403, "forbidden")
    error_of(moderator.post(PATH, NEW), 403, "forbidden")
    error_of(moderator.put(f"{PATH}/{admin.uid}", {"is_active": False}), 403, "forbidden")
    colleague = with_role("Finance")
    error_of(moderator.put(f"{PATH}/{colleague.uid}", {"is_active": False}), 403, "forbidden")
    assert User.objects.filter(is_active=False).count() == 0


def test_only_a_super_admin_makes_or_changes_one(admin):
    role = Role.objects.create(name="Team lead")
    role.permissions.set(Role.objects.get(name="Super Admin").permissions.all())
    lead = UserFactory(is_staff=True)
    lead.groups.add(role)
    client = client_of(lead)
    error_of(client.post(PATH, {**NEW, "role": "admin"}), 403, "forbidden")
    assert not User.objects.filter(email=NEW["email"]).exists()
    error_of(client.put(f"{PATH}/{UserFactory().uid}", {"role": "admin"}), 403, "forbidden")
    error_of(client.put(f"{PATH}/{admin.uid}", {"password": "mine"}), 403, "forbidden")
    error_of(client.delete(f"{PATH}/{SuperAdminFactory().uid}"), 403, "forbidden")
    data_of(client.post(PATH, NEW), 201)


def test_opening_a_banned_account_lifts_the_ban(as_admin, admin):
    user = UserFactory()
    bans.ban(user, reason="spam", by=admin)
    assert data_of(as_admin.get(f"{PATH}/{user.uid}"))["is_active"] is False
    assert data_of(as_admin.put(f"{PATH}/{user.uid}", {"is_active": True}))["is_active"] is True
    user.refresh_from_db()
    assert not user.is_banned


@pytest.mark.parametrize("change", [{"role": "admin"}, {"email": "mine@example.com"}, {"password": "mine"}])
def test_what_lets_one_become_another_needs_a_fresh_log_in(as_admin, admin, change):
    user = UserFactory()
    Session.objects.filter(user=admin).update(confirmed_at=timezone.now() - timedelta(hours=1))
    before = User.objects.values().get(pk=user.pk)
    error_of(as_admin.put(f"{PATH}/{user.uid}", change), 403, "step_up_required")
    assert User.objects.values().get(pk=user.pk) == before
    data_of(as_admin.put(f"{PATH}/{user.uid}", {"full_name": "Fine"}))
    Session.objects.filter(user=admin).update(confirmed_at=timezone.now())
    data_of(as_admin.put(f"{PATH}/{user.uid}", change))


def test_the_total_of_a_long_list_is_remembered_for_a_moment(as_admin, monkeypatch):
    """For who asks, and for what they ask; a short one is exact at any time."""

    def total(query=""):
        return as_admin.get(f"/api/admin/users{query}").json()["pagination"]["total"]

    assert total() == 1
    monkeypatch.setattr(lists, "EXACT", 1)
    for shown in (2, 2):
        UserFactory()
        assert total() == shown
    assert total("?page=2&limit=1") == 2 and total("?status=active") == 3
    assert client_of(SuperAdminFactory()).get("/api/admin/users").json()["pagination"]["total"] == 4
