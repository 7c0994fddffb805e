"""Callers of the API, and things to sell."""

import pytest
from rest_framework.test import APIClient

from accounts import roles, sessions
from accounts.factories import SuperAdminFactory, UserFactory
from accounts.models import Role
from bookings import payments
from bookings.factories import TicketTypeFactory
from bookings.models import SandboxCharge
from events.factories import EventFactory
from partners import members
from partners.factories import PartnerFactory


def client_of(user=None) -> APIClient:
    """A client that sends the user's bearer token."""
    client = APIClient()
    if user:
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {sessions.start(user)[1]}")
    return client


def with_role(name: str):
    """A member of staff in one of the default roles."""
    return roles.assign(UserFactory(), Role.objects.get(name=name), by=None)


def member(partner=None, role="org_admin"):
    """Somebody who works for a partner (a new one)."""
    user = UserFactory()
    members.add(partner or PartnerFactory(), user, role, by=None)
    return user


def pay(order, status="paid"):
    """The buyer pays (or fails) on the provider's page, and the provider is asked about it."""
    SandboxCharge.objects.filter(reference=order.payments.get().uid).update(status=status)
    return payments.refresh(order)


def error_of(answer, status: int, code: str) -> dict:
    """The error's details; fails unless the answer is this refusal in the contract's envelope."""
    body = answer.json()
    assert answer.status_code == status, body
    assert set(body) == {"success", "data", "message", "error"}
    assert body["success"] is False and body["data"] is None and isinstance(body["message"], str) and body["message"]
    assert set(body["error"]) == {"code", "details"} and body["error"]["code"] == code, body
    return body["error"]["details"]


def data_of(answer, status: int = 200):
    """The data of a success; fails unless the answer is one in the contract's envelope."""
    body = answer.json()
    assert answer.status_code == status, body
    assert body["success"] is True and body["error"] is None
    assert set(body) - {"pagination"} == {"success", "data", "message", "error"}
    return body["data"]


@pytest.fixture
def anybody(db):
    return client_of()


@pytest.fixture
def buyer(db):
    return UserFactory(email="buyer@example.com", full_name="Bea Buyer")


@pytest.fixture
def as_buyer(buyer):
    return client_of(buyer)


@pytest.fixture
def admin(db):
    return SuperAdminFactory(email="admin@example.com")


@pytest.fixture
def as_admin(admin):
    return client_of(admin)


@pytest.fixture
def event(db):
    return EventFactory(name="Summer Night", slug="summer-night", capacity=10)


@pytest.fixture
def free(event):
    return TicketTypeFactory(event=event, name="Guest", quantity_total=5)


@pytest.fixture
def vip(event):
    return TicketTypeFactory(event=event, name="VIP", price="99.50", quantity_total=4)
