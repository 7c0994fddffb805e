"""Callers of the API, an organisation with people and an event, and another one that must not be seen."""

import json

import pytest
from rest_framework.test import APIClient

from accounts import roles, sessions
from accounts.factories import UserFactory
from accounts.models import Role
from crew.factories import PersonFactory
from eventify.lib.ids import to_ulid
from events.factories import EventFactory
from partners import members
from partners.factories import PartnerFactory

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


def member(partner, role="org_admin", **fields):
    """Somebody who works for an organisation."""
    user = UserFactory(**fields)
    members.add(partner, user, role, by=None)
    return user


def ulid(row) -> str:
    """The row's id on this wire."""
    return to_ulid(row.uid)


def data_of(answer, status: int = 200):
    """The data of a success; fails unless the answer is one in the contract's shape."""
    body = answer.json()
    assert answer.status_code == status, body
    assert set(body) - {"meta"} == {"data"}, body
    return body["data"]


def list_of(answer) -> list:
    """The rows of a list, which must have its paging."""
    body = answer.json()
    assert set(body.get("meta", {})) == {"current_page", "per_page", "total", "last_page"}, body
    return data_of(answer)


def refusal_of(answer, status: int, code: str) -> dict:
    """The body of a refusal; fails unless the answer is this one in the contract's shape."""
    body = answer.json()
    assert answer.status_code == status, body
    assert {"message", "errors", "code"} <= set(body), body
    assert body["message"] and isinstance(body["message"], str) and body["code"] == code, body
    return body


def errors_of(answer, status: int = 422, code: str = "invalid") -> dict:
    """The errors of a refusal."""
    return refusal_of(answer, status, code)["errors"]


def raw(client, method: str, path: str, body=None):
    """Send anything as JSON; a string goes as it is."""
    sent = body if isinstance(body, str | bytes) else json.dumps({} if body is None else body)
    return client.generic(method, path, sent, content_type="application/json")


@pytest.fixture
def org(db):
    """The organisation that most tests are about."""
    return PartnerFactory(name="Blue Fields", slug="blue-fields", contact_email="hello@blue.example")


@pytest.fixture
def path(org):
    """Its address."""
    return f"{API}organisations/{ulid(org)}"


@pytest.fixture
def admin(db):
    return with_role("Super Admin", email="admin@example.com", full_name="Ada Admin")


@pytest.fixture
def as_admin(admin):
    return client_of(admin)


@pytest.fixture
def manager(org):
    """An event manager of the organisation: events and crew."""
    return member(org, "event_manager", email="mara@example.com", full_name="Mara Manager")


@pytest.fixture
def as_manager(manager):
    return client_of(manager)


@pytest.fixture
def org_admin(org):
    return member(org, "org_admin", email="omar@example.com", full_name="Omar Org")


@pytest.fixture
def as_org_admin(org_admin):
    return client_of(org_admin)


@pytest.fixture
def stranger(db):
    """The administrator of another organisation."""
    return member(PartnerFactory(name="Red Barn", slug="red-barn"), "org_admin")


@pytest.fixture
def as_stranger(stranger):
    return client_of(stranger)


@pytest.fixture
def event(org):
    return EventFactory(partner=org, name="Spring Fair", slug="spring-fair")


@pytest.fixture
def volunteer(event):
    """A person of the event, with an account, and no member of anything."""
    return PersonFactory(event=event, user=UserFactory(email="vera@example.com", full_name="Vera Volunteer")).user


@pytest.fixture
def as_volunteer(volunteer):
    return client_of(volunteer)
