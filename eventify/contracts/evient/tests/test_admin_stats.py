from datetime import UTC, datetime, timedelta

import time_machine

from accounts.factories import UserFactory
from analytics import statistics
from bookings import cancelling, checkin, orders
from bookings.factories import TicketTypeFactory
from eventify.contracts.evient.tests.conftest import client_of, data_of, pay, with_role
from events.factories import EventFactory

PATH = "/api/admin/stats"
ZERO = {
    "total_revenue": 0,
    "total_tickets": 0,
    "tickets_used": 0,
    "tickets_valid": 0,
    "tickets_sold_today": 0,
    "total_users": 1,
    "active_users": 1,
    "total_events": 0,
    "upcoming_events": 0,
    "total_orders": 0,
    "paid_orders": 0,
    "pending_orders": 0,
}


def numbers(data):
    return {name: value for name, value in data.items() if name not in ("revenue_by_day", "recent_orders")}


def test_an_empty_platform(as_admin):
    data = data_of(as_admin.get(PATH))
    assert numbers(data) == ZERO and data["recent_orders"] == []
    assert len(data["revenue_by_day"]) == 30 and {one["revenue"] for one in data["revenue_by_day"]} == {0.0}


def test_totals(admin, buyer, vip, free):
    noon = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)

    def order(kind, qty):
        return orders.place([orders.Line(kind.pk, qty)], by=buyer)

    with time_machine.travel(noon - timedelta(days=2), tick=False):
        pay(order(vip, 1))
    with time_machine.travel(noon, tick=False):
        gone = pay(order(vip, 2))
        cancelling.cancel(gone, by=buyer)
        waiting = order(vip, 1)
        ticket = order(free, 2).tickets.first()
        checkin.admit(ticket.ticket_code, by=None)
        UserFactory(is_active=False)
        data = data_of(client_of(admin).get(PATH))
    assert numbers(data) == {
        "total_revenue": 99.5,
        "total_tickets": 3,
        "tickets_used": 1,
        "tickets_valid": 2,
        "tickets_sold_today": 2,
        "total_users": 3,
        "active_users": 2,
        "total_events": 1,
        "upcoming_events": 1,
        "total_orders": 4,
        "paid_orders": 2,
        "pending_orders": 1,
    }
    today, before = data["revenue_by_day"][-1], data["revenue_by_day"][-3]
    assert today == {"date": f"{noon:%Y-%m-%d}", "revenue": 0.0, "orders": 1}
    assert before == {"date": f"{noon - timedelta(days=2):%Y-%m-%d}", "revenue": 99.5, "orders": 1}
    assert [one["id"] for one in data["recent_orders"]][1] == str(waiting.uid) and len(data["recent_orders"]) == 4


def test_money_in_another_currency_is_in_no_sum(admin, buyer):
    kind = TicketTypeFactory(event=EventFactory(currency="JPY"), price=5000)
    gone = pay(orders.place([orders.Line(kind.pk, 2)], by=buyer))
    cancelling.cancel(gone, by=buyer)
    pay(orders.place([orders.Line(kind.pk, 1)], by=buyer))
    data = data_of(client_of(admin).get(PATH))
    assert (data["total_revenue"], data["paid_orders"]) == (0, 1)
    assert [data["revenue_by_day"][-1][name] for name in ("revenue", "orders")] == [0, 2]


def test_orders_are_for_those_who_may_see_them(buyer, free):
    orders.place([orders.Line(free.pk, 1)], by=buyer)
    finance = client_of(with_role("Finance"))
    assert len(data_of(finance.get(PATH))["recent_orders"]) == 1


def test_the_figures_of_many_orders_are_remembered_for_a_moment(as_admin, buyer, free, monkeypatch):
    """Those of few are exact at any time."""
    for many, now, later in ((10, 1, 2), (3, 3, 3)):
        monkeypatch.setattr(statistics, "MANY", many)
        for shown in (now, later):
            orders.place([orders.Line(free.pk, 1)], by=buyer)
            assert data_of(as_admin.get(PATH))["total_orders"] == shown
