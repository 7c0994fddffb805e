"""Staff, roles and the permission matrix."""

import pytest

from accounts.factories import UserFactory
from accounts.models import AuditLog, OutgoingMail, Role, User
from accounts.permissions import CATALOGUE
from eventify.contracts.command_center.tests.conftest import client_of, data_of, errors_of, meta_of, with_role
from eventify.lib.wire import moment

USERS, ROLES = "/api/v1/admin/users", "/api/v1/admin/roles"


def role_id(name: str) -> str:
    return str(Role.objects.get(name=name).uid)


def emails(answer) -> list[str]:
    return [one["email"] for one in data_of(answer)]


def staff_row(user: User, role: str | None, status: str = "Active") -> dict:
    """A member of staff as the list shows them."""
    return {
        "id": str(user.uid),
        "email": user.email,
        "full_name": user.full_name,
        "role_id": role and role_id(role),
        "role": role and {"id": role_id(role), "name": role},
        "status": status,
        "last_active_at": moment(user.last_active_at),
        "created_at": moment(user.created_at),
    }


def test_the_staff_newest_first(as_admin, admin):
    UserFactory()
    gate = with_role("Gate", email="gus@example.com")
    answer = as_admin.get(USERS)
    assert data_of(answer) == [staff_row(gate, "Gate"), staff_row(admin, "Super Admin")]
    assert meta_of(answer)["total"] == 2


def test_filters(as_admin, admin):
    with_role("Gate", email="gus@example.com", full_name="Gus")
    with_role("Gate", email="off@example.com", full_name="Off", is_active=False)
    for query, found in (
        ("search=GUS", ["gus@example.com"]),
        ("status=Inactive", ["off@example.com"]),
        (f"role_id={role_id('Gate')}&status=Active", ["gus@example.com"]),
        ("sort=full_name", ["admin@example.com", "gus@example.com", "off@example.com"]),
    ):
        assert emails(as_admin.get(f"{USERS}?{query}")) == found, query
    assert set(errors_of(as_admin.get(f"{USERS}?status=x&role_id=y&sort=z"), 422, "invalid")) == {
        "status", "role_id", "sort",
    }  # fmt: skip


def test_new_staff_with_a_password_logs_in(as_admin, admin, anybody):
    body = {"email": "gus@example.com", "full_name": "Gus", "role_id": role_id("Gate"), "password": "pw-of-gus"}
    made = data_of(as_admin.post(USERS, body), 201)
    user = User.objects.get(email="gus@example.com")
    assert made == staff_row(user, "Gate") and user.is_staff and not user.is_superuser
    data_of(anybody.post("/api/v1/auth/login", {"email": "gus@example.com", "password": "pw-of-gus"}))
    assert AuditLog.objects.filter(action="ASSIGNED_ROLE", actor=admin, target_uid=user.uid).exists()


def test_new_staff_without_a_password_gets_a_mail(as_admin):
    for number, password in enumerate(({}, {"password": None})):
        body = {"email": f"gus{number}@example.com", "full_name": "Gus", "role_id": role_id("Gate"), **password}
        data_of(as_admin.post(USERS, body), 201)
        assert OutgoingMail.objects.filter(template="staff_invited", to=f"gus{number}@example.com").count() == 1


def test_what_new_staff_needs(as_admin, admin):
    good = {"email": "gus@example.com", "full_name": "Gus", "role_id": role_id("Gate")}
    unknown = "01900000-0000-7000-8000-000000000000"
    for change, field in (
        ({"email": "gus"}, "email"),
        ({"full_name": ""}, "full_name"),
        ({"role_id": unknown}, "role_id"),
        ({"role_id": None}, "role_id"),
        ({"is_superuser": True}, "is_superuser"),
    ):
        assert list(errors_of(as_admin.post(USERS, {**good, **change}), 422, "invalid")) == [field]
    taken = errors_of(as_admin.post(USERS, {**good, "email": "ADMIN@example.com"}), 409, "taken")
    assert list(taken) == ["email"]
    assert not User.objects.filter(full_name="Gus").exists()


def test_another_role_counts_from_the_next_request(as_admin):
    gate = with_role("Gate")
    client = client_of(gate)
    assert client.get("/api/v1/users").status_code == 403
    found = data_of(as_admin.patch(f"{USERS}/{gate.uid}/role", {"role_id": role_id("Support")}))
    assert found["role"]["name"] == "Support"
    assert client.get("/api/v1/users").status_code == 200


def test_somebody_with_an_account_joins_the_team(as_admin):
    user = UserFactory()
    found = data_of(as_admin.patch(f"{USERS}/{user.uid}/role", {"role_id": role_id("Gate")}))
    assert found == staff_row(user, "Gate")


def test_revoking_access_keeps_the_row(as_admin, admin):
    gate = with_role("Gate")
    client = client_of(gate)
    found = data_of(as_admin.delete(f"{USERS}/{gate.uid}"))
    assert found == staff_row(gate, None, "Inactive")
    errors_of(client.get("/api/v1/auth/me"), 401, "unauthenticated")
    assert data_of(as_admin.get(f"{USERS}?status=Inactive")) == [found]
    assert AuditLog.objects.filter(action="REVOKED_STAFF", actor=admin, target_uid=gate.uid).count() == 1
    errors_of(as_admin.delete(f"{USERS}/{gate.uid}"), 409, "conflict")
    assert data_of(client_of(gate).get("/api/v1/auth/me"))["permissions"] == []
    back = data_of(as_admin.patch(f"{USERS}/{gate.uid}/role", {"role_id": role_id("Gate")}))
    assert back["status"] == "Active"


def test_nobody_revokes_or_demotes_themselves_or_the_last_super_admin(as_admin, admin):
    errors_of(as_admin.delete(f"{USERS}/{admin.uid}"), 409, "conflict")
    errors_of(as_admin.patch(f"{USERS}/{admin.uid}/role", {"role_id": role_id("Gate")}), 409, "conflict")
    admin.refresh_from_db()
    assert admin.is_superuser and admin.role.name == "Super Admin"
    other = with_role("Super Admin")
    data_of(as_admin.delete(f"{USERS}/{other.uid}"))
    assert User.objects.filter(is_superuser=True).count() == 1


def test_only_a_super_admin_makes_one_and_nobody_hands_out_what_they_do_not_hold(db):
    role = Role.objects.create(name="People")
    role.permissions.set(Role.objects.get(name="Super Admin").permissions.filter(codename__in=["manage_staff"]))
    people = UserFactory()
    people.groups.add(role)
    User.objects.filter(pk=people.pk).update(is_staff=True)
    client, gate = client_of(people), with_role("Gate")
    for name in ("Super Admin", "Finance"):
        errors_of(client.patch(f"{USERS}/{gate.uid}/role", {"role_id": role_id(name)}), 403, "forbidden")
    gate.refresh_from_db()
    assert gate.role.name == "Gate"


# --- Roles --------------------------------------------------------------------------------------------


def test_the_roles_with_their_permissions(as_admin, admin):
    found = {one["name"]: one for one in data_of(as_admin.get(ROLES))}
    assert found.keys() == {"Super Admin", "Finance", "Content Moderator", "Support", "Gate"}
    assert found["Gate"] == {
        "id": role_id("Gate"),
        "name": "Gate",
        "description": "Scans tickets at the door.",
        "is_system": False,
        "requires_two_factor": False,
        "permissions": ["view_events", "check_in"],
        "users_count": 0,
    }
    assert found["Super Admin"]["is_system"] is True and found["Super Admin"]["users_count"] == 1
    assert found["Super Admin"]["permissions"] == [entry.id for entry in CATALOGUE]


def test_the_catalogue_is_grouped(as_admin):
    groups = data_of(as_admin.get("/api/v1/admin/permissions"))
    assert [one["group"] for one in groups] == ["Team", "Partners", "Users", "Events", "Finance", "Crew", "Analytics"]
    assert groups[1] == {
        "group": "Partners",
        "permissions": [
            {"id": "view_partners", "name": "View partners", "group": "Partners"},
            {"id": "manage_partners", "name": "Manage partners", "group": "Partners"},
            {"id": "review_kyc", "name": "Review KYC documents", "group": "Partners"},
            {"id": "manage_integrations", "name": "Manage webhooks and API keys", "group": "Partners"},
        ],
    }


def test_a_role_is_made_filled_used_emptied_and_deleted(as_admin, admin):
    made = data_of(as_admin.post(ROLES, {"name": "Night desk", "description": "At night."}), 201)
    assert made == {
        "id": role_id("Night desk"),
        "name": "Night desk",
        "description": "At night.",
        "is_system": False,
        "requires_two_factor": False,
        "permissions": [],
        "users_count": 0,
    }
    path, user = f"{ROLES}/{made['id']}", with_role("Gate")
    data_of(as_admin.patch(f"{USERS}/{user.uid}/role", {"role_id": made["id"]}))
    client = client_of(user)
    assert client.get("/api/v1/users").status_code == 403
    filled = data_of(as_admin.put(f"{path}/permissions", {"permissions": ["view_users", "check_in", "view_users"]}))
    assert filled == {**made, "permissions": ["view_users", "check_in"], "users_count": 1}
    assert client.get("/api/v1/users").status_code == 200
    assert data_of(as_admin.put(f"{path}/permissions", {"permissions": []}))["permissions"] == []
    assert client.get("/api/v1/users").status_code == 403
    errors_of(as_admin.delete(path), 409, "conflict")
    data_of(as_admin.delete(f"{USERS}/{user.uid}"))
    assert as_admin.delete(path).json() == {"data": None}
    errors_of(as_admin.delete(path), 404, "not_found")
    line = AuditLog.objects.filter(action="CHANGED_ROLE", actor=admin).order_by("id").first()
    assert line.details["after"] == {"permissions": ["view_users", "check_in"]}


def test_what_the_matrix_refuses(as_admin):
    path = f"{ROLES}/{role_id('Gate')}/permissions"
    for body, field in (
        ({"permissions": ["fly"]}, "permissions.0"),
        ({"permissions": [1]}, "permissions.0"),
        ({"permissions": "view_users"}, "permissions"),
        ({"permissions": None}, "permissions"),
        ({}, "permissions"),
    ):
        assert list(errors_of(as_admin.put(path, body), 422, "invalid")) == [field], body
    assert data_of(as_admin.get(ROLES))[0]["name"] and Role.objects.get(name="Gate").permissions.count() == 2


def test_the_super_admin_role_stays_as_it_is(as_admin):
    path = f"{ROLES}/{role_id('Super Admin')}"
    errors_of(as_admin.put(f"{path}/permissions", {"permissions": ["check_in"]}), 409, "conflict")
    errors_of(as_admin.delete(path), 409, "conflict")
    assert Role.objects.get(name="Super Admin").permissions.count() == len(CATALOGUE)


@pytest.mark.parametrize("name", ["", " ", "x" * 151, None, 5, ["a"]])
def test_what_a_name_of_a_role_must_be(as_admin, name):
    assert list(errors_of(as_admin.post(ROLES, {"name": name}), 422, "invalid")) == ["name"]


def test_a_name_of_a_role_is_taken_once(as_admin):
    errors_of(as_admin.post(ROLES, {"name": "gate"}), 409, "conflict")
