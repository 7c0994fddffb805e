"""The dashboard over the API; the figures themselves are tested in analytics/tests/test_dashboard.py."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from accounts.factories import UserFactory
from eventify.contracts.command_center.tests.conftest import client_of, data_of, errors_of, member, with_role
from partners.factories import PartnerFactory
from partners.tests.money import paper, sell

NOW = datetime(2030, 3, 15, 10, tzinfo=UTC)
METRICS, CHART = "/api/v1/dashboard/metrics", "/api/v1/dashboard/revenue-chart"


@pytest.fixture
def clock():
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


def test_metrics(clock, as_admin, partner):
    sell(partner, "120.00", fee="6.00", days_ago=3)
    sell(partner, "80.00", fee="4.00", days_ago=40)
    paper(partner, "PAN", status="Pending")
    UserFactory()
    answer = as_admin.get(METRICS)

    def count(value, previous=0, change=None):
        return {"value": value, "current": value, "previous": previous, "change": change}

    assert answer.json() == {
        "data": {
            "total_revenue": {
                "value": "200.00",
                "current": "120.00",
                "previous": "80.00",
                "change": 50.0,
                "currency": "INR",
            },
            "active_partners": count(1),
            "pending_kyc": count(1),
            "total_users": count(1),
            "tickets_sold": count(0),
            "upcoming_events": count(0),
            "open_balance": {
                "value": "190.00",
                "current": "190.00",
                "previous": "76.00",
                "change": 150.0,
                "currency": "INR",
            },
        },
        "meta": {"from": "2030-02-13T10:00:00Z", "to": "2030-03-15T10:00:00Z"},
    }


def test_the_chart(clock, as_admin, partner):
    sell(partner, "120.00", days_ago=2)
    assert data_of(as_admin.get(f"{CHART}?range=7d")) == {
        "range": "7d",
        "currency": "INR",
        "timezone": "UTC",
        "points": [
            {"date": f"2030-03-{day:02}", "revenue": "120.00" if day == 13 else "0.00", "orders": 0}
            for day in range(9, 16)
        ],
    }
    for range_, number in (("30d", 30), ("90d", 90), ("12m", 12)):
        found = data_of(as_admin.get(f"{CHART}?range={range_}"))
        assert (found["range"], len(found["points"])) == (range_, number)
    assert data_of(as_admin.get(CHART))["range"] == "30d"
    for bad in ("1d", "7D", "-7d", "7"):
        assert list(errors_of(as_admin.get(f"{CHART}?range={bad}"), 422, "invalid")) == ["range"]


def test_members_see_the_figures_of_their_own(clock, partner):
    sell(partner, 10, days_ago=1)
    sell(PartnerFactory(), 990, days_ago=1)
    client = client_of(member(partner))
    assert data_of(client.get(METRICS))["total_revenue"]["value"] == "10.00"
    assert data_of(client.get(METRICS))["active_partners"]["value"] == 1
    assert data_of(client.get(f"{CHART}?range=7d"))["points"][-2]["revenue"] == "10.00"
    finance = client_of(with_role("Finance"))
    assert data_of(finance.get(METRICS))["total_revenue"]["value"] == "1000.00"
    errors_of(finance.get("/api/v1/dashboard/activity"), 403, "forbidden")


def test_the_activity_pages(clock, as_admin, partner):
    clock.shift(timedelta(minutes=1))
    body = {"status": "Suspended", "reason": "Complaints."}
    data_of(as_admin.patch(f"/api/v1/partners/{partner.uid}/status", body))
    newest = data_of(as_admin.get("/api/v1/dashboard/activity?per_page=1"))
    assert [(one["action"], one["target_id"]) for one in newest] == [("SUSPENDED_PARTNER", str(partner.uid))]
