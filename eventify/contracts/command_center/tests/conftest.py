"""Callers of the API, and partners with people, papers and money."""

import pytest
from rest_framework.test import APIClient

from accounts import roles, sessions
from accounts.factories import UserFactory
from accounts.models import Role
from partners import members
from partners.factories import PartnerFactory
from partners.tests.conftest import private  # noqa: F401  (a folder of the test's own for documents)

API = "/api/v1/"


def client_of(user=None) -> APIClient:
    """A client that sends the user's bearer token, of a log-in of this moment."""
    client = APIClient()
    if user:
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {sessions.start(user)[1]}")
    return client


def with_role(name: str, **fields):
    """A member of staff in one of the default roles."""
    return roles.assign(UserFactory(**fields), Role.objects.get(name=name), by=None)


def member(partner=None, role="org_admin", **fields):
    """Somebody who works for a partner (a new one)."""
    user = UserFactory(**fields)
    members.add(partner or PartnerFactory(), user, role, by=None)
    return user


def data_of(answer, status: int = 200):
    """The data of a success; fails unless the answer is one in the contract's shape."""
    body = answer.json()
    assert answer.status_code == status, body
    assert set(body) - {"meta"} == {"data"}, body
    return body["data"]


def meta_of(answer) -> dict:
    """The paging of a list."""
    assert answer.status_code == 200, answer.json()
    return answer.json()["meta"]


def errors_of(answer, status: int, code: str) -> dict:
    """The errors of a refusal; fails unless the answer is this one in the contract's shape."""
    body = answer.json()
    assert answer.status_code == status, body
    assert {"message", "errors", "code"} <= set(body), body
    assert body["message"] and isinstance(body["message"], str) and body["code"] == code, body
    return body["errors"]


@pytest.fixture
def anybody(db):
    return client_of()


@pytest.fixture
def admin(db):
    return with_role("Super Admin", email="admin@example.com", full_name="Ada Admin")


@pytest.fixture
def as_admin(admin):
    return client_of(admin)


@pytest.fixture
def partner(db):
    return PartnerFactory(name="Blue Hall", slug="blue-hall", contact_email="hall@example.com")


@pytest.fixture
def org_admin(partner):
    return member(partner, email="omar@example.com", full_name="Omar Org")


@pytest.fixture
def as_org_admin(org_admin):
    return client_of(org_admin)
