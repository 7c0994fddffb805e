"""Every list, and every detail, costs the same for one row and for three."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import audit, bans, notify, roles
from accounts.factories import UserFactory
from accounts.models import Role
from eventify.contracts.command_center.tests import test_routes
from eventify.contracts.command_center.tests.conftest import API, client_of, data_of, with_role
from partners import contacts, members, payouts
from partners.models import Partner
from partners.tests.money import event_of, rich_partner, sell
from partners.tests.papers import uploaded

OWN = {"GET partners", "GET financials/entries", "GET financials/payouts", "GET notifications"}
LISTS = sorted(name for name in test_routes.TABLE if name.startswith("GET") and "<" not in name and "auth" not in name)
FIXED = {"GET dashboard/metrics", "GET dashboard/revenue-chart", "GET admin/permissions"}  # as long whatever there is
ROWS = [(name, "staff") for name in LISTS] + [(name, "member") for name in sorted(OWN)]


@pytest.fixture
def world(admin, private):
    """The people who ask, and a way to add one row to every list."""
    second, org_admin = with_role("Finance"), UserFactory()

    def add_row() -> Partner:
        partner = rich_partner()
        sell(partner, 5, event=event_of(partner))
        members.add(partner, org_admin, "org_admin", by=None)
        contacts.add(partner, name="C", email="c@example.com", by=admin)
        uploaded(partner, by=org_admin)
        payouts.approve(payouts.create(partners=[partner], by=admin), by=second)
        bans.ban(UserFactory(), reason="spam", by=admin)
        role = roles.create(f"Role {Role.objects.count()}", by=admin)
        roles.set_permissions(role, ["view_users", "check_in"], by=admin)
        roles.assign(UserFactory(), role, by=admin)
        for person in (admin, org_admin):
            notify.notify(person, "Hello")
        audit.record("DID_SOMETHING", partner, by=UserFactory())
        return partner

    return {"staff": admin, "member": org_admin}, add_row


def cost(client, path: str) -> tuple[int, object]:
    with CaptureQueriesContext(connection) as counted:
        answer = client.get(path)
    return len(counted), data_of(answer)


@pytest.mark.parametrize("name, who", ROWS)
def test_a_list_costs_the_same_for_any_length(world, name, who):
    people, add_row = world
    client, path = client_of(people[who]), API + name.split()[1] + "?per_page=100"
    add_row()
    client.get(path)  # content types are cached from now on
    one, rows = cost(client, path)
    add_row()
    add_row()
    three, more = cost(client, path)
    assert one == three
    assert name in FIXED or len(more) >= len(rows) + 2
    assert one <= 14, one


def test_a_partner_costs_the_same_for_any_number_of_papers_and_contacts(world, admin):
    people, add_row = world
    partner, client, costs = add_row(), client_of(admin), []
    paths = [f"{API}partners/{partner.uid}{part}" for part in ("", "/documents", "/contacts")]
    for number in (1, 3):
        costs.append([cost(client, path)[0] for path in paths])
        for _more in range(2):
            uploaded(partner, by=people["member"])
            contacts.add(partner, name=f"C{number}", email="c@example.com", by=admin)
    assert costs[0] == costs[1]


def test_a_batch_costs_the_same_for_any_number_of_payouts(admin):
    costs = []
    for number in (1, 3):
        batch = payouts.create(partners=[rich_partner() for _partner in range(number)], by=admin)
        client = client_of(admin)
        client.get(f"{API}financials/payouts/{batch.uid}")
        costs.append(cost(client, f"{API}financials/payouts/{batch.uid}")[0])
    assert costs[0] == costs[1]


def test_me_costs_the_same_for_any_number_of_organisations(world):
    people, add_row = world
    client, path, costs = client_of(people["member"]), f"{API}auth/me", []
    for _number in range(2):
        add_row()
        costs.append(cost(client, path)[0])
    assert costs[0] == costs[1]
