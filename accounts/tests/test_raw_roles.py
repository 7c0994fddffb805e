"""The raw admin changes roles through the verbs, and does not show anybody's two-factor secrets."""

import pytest
from django.contrib.auth.models import Permission

from accounts import roles
from accounts.factories import SuperAdminFactory, UserFactory
from accounts.models import AuditLog, Role
from accounts.tests.coming_in import turn_on

pytestmark = pytest.mark.django_db
PATH = "/django-admin/accounts/role/"


@pytest.fixture
def admin(client):
    user = SuperAdminFactory()
    client.force_login(user)
    return user


def keys(*ids: str) -> list[int]:
    return list(Permission.objects.filter(codename__in=ids).values_list("pk", flat=True))


def test_a_role_is_made_changed_and_deleted_on_record(client, admin):
    data = {"name": "Night shift", "description": "Doors", "permissions": keys("check_in")}
    assert client.post(f"{PATH}add/", data).status_code == 302
    role = Role.objects.get(name="Night shift")
    assert roles.permissions_of(role) == ["check_in"]
    data = {"description": "All doors", "requires_two_factor": "on", "permissions": keys("view_users")}
    assert client.post(f"{PATH}{role.pk}/change/", data).status_code == 302
    role = Role.objects.get(pk=role.pk)
    assert (role.description, role.requires_two_factor, roles.permissions_of(role)) == (
        "All doors",
        True,
        ["view_users"],
    )
    assert client.post(f"{PATH}{role.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not Role.objects.filter(pk=role.pk).exists()
    lines = AuditLog.objects.order_by("id").values_list("action", "actor")
    assert list(lines) == [(action, admin.pk) for action in ("CREATED_ROLE", *["CHANGED_ROLE"] * 3, "DELETED_ROLE")]


def test_a_role_in_use_is_kept_with_a_sentence(client, admin):
    role = Role.objects.get(name="Gate")
    roles.assign(UserFactory(), role, by=None)
    answer = client.post(f"{PATH}{role.pk}/delete/", {"post": "yes"}, follow=True)
    assert "Give them another one first." in answer.content.decode()
    assert Role.objects.filter(pk=role.pk).exists()


@pytest.mark.parametrize("model", ["otp_totp/totpdevice", "otp_static/staticdevice"])
def test_secrets_have_no_page(client, admin, model):
    turn_on(admin)
    assert client.get(f"/django-admin/{model}/").status_code == 404
