"""The dashboard's figures against things that were sold, given back, uploaded and made at known moments."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.factories import SuperAdminFactory, UserFactory
from analytics import dashboard, tally
from analytics.dashboard import Metric, Point
from bookings import cancelling
from bookings.tests.scenes import buy, pay, scene
from events.factories import EventFactory
from events.models import Event
from partners.factories import PartnerFactory
from partners.models import Partner
from partners.tests.money import paper, refund, sell

pytestmark = pytest.mark.django_db
NOW = datetime(2030, 3, 15, 10, tzinfo=UTC)


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


def ago(days: float):
    """A context in which it is so many days ago."""
    return time_machine.travel(NOW - timedelta(days=days), tick=False)


def metric(name: str, partners=None) -> Metric:
    return dashboard.metrics(partners)[name]


@pytest.mark.parametrize(
    "current, previous, change",
    [
        (150, 100, 50.0),
        (50, 100, -50.0),
        (0, 3, -100.0),
        (1, 3, -66.7),
        (5, 0, None),
        (0, 0, None),
        (Decimal("10"), Decimal("-20"), 150.0),
    ],
)
def test_change_in_percent(current, previous, change):
    assert Metric(current, current, previous).change == change


def test_nothing_at_all():
    figures = dashboard.metrics()
    assert list(figures) == [
        "total_revenue", "active_partners", "pending_kyc", "total_users", "tickets_sold", "upcoming_events",
        "open_balance",
    ]  # fmt: skip
    assert {(one.value, one.current, one.previous, one.change) for one in figures.values()} == {(0, 0, 0, None)}


def test_revenue_of_the_ledger_by_periods():
    partner = PartnerFactory()
    for days, amount in ((70, 1000), (59, 40), (31, 60), (29, 100), (0, 50)):
        sell(partner, amount, days_ago=days, fee=1)
    refund(partner, 30, fee=1)
    sell(partner, 7, currency="EUR", days_ago=1)
    assert metric("total_revenue") == Metric(Decimal(1220), Decimal(120), Decimal(100))
    assert metric("total_revenue").change == 20.0


def test_an_order_that_is_paid_and_refunded_over_the_shop():
    event, kind = scene(price="100.00", starts_at=NOW + timedelta(days=5), ends_at=NOW + timedelta(days=6))
    order = pay(buy(UserFactory(), kind, qty=2))
    assert metric("total_revenue").value == Decimal(200) and metric("tickets_sold").value == 2
    assert dashboard.revenue_chart("7d")[-1] == Point(NOW.date(), Decimal(200), 1)
    cancelling.cancel(order, by=SuperAdminFactory(), reason="")
    assert metric("total_revenue").value == 0 and metric("tickets_sold").value == 0
    assert dashboard.revenue_chart("7d")[-1] == Point(NOW.date(), Decimal(0), 1)


def test_open_balance_now_and_before():
    partner, house = PartnerFactory(), Partner.objects.get(is_house=True)
    sell(partner, 100, fee=10, days_ago=40)
    sell(partner, 50, fee=5, days_ago=10)
    sell(house, 1000, days_ago=40)
    sell(house, 1000, days_ago=1)
    assert metric("open_balance") == Metric(Decimal(135), Decimal(135), Decimal(90))


def test_active_partners():
    for days, status in ((40, "Active"), (10, "Active"), (40, "Suspended"), (5, "Invited")):
        PartnerFactory(status=status, joined_at=NOW - timedelta(days=days))
    assert metric("active_partners") == Metric(2, 2, 1)


def test_pending_kyc():
    partner = PartnerFactory()
    with ago(40):
        waiting = paper(partner, "PAN", status="Pending")
        decided_late = paper(partner, "Cheque", status="Verified")
        decided_soon = paper(partner, "Other", status="Verified")
    for document, days in ((decided_late, 20), (decided_soon, 35)):
        document.reviewed_at = NOW - timedelta(days=days)
        document.save()
    paper(partner, "Company_Reg", status="Pending")
    assert waiting.status == "Pending"
    assert metric("pending_kyc") == Metric(2, 2, 2)


def test_users_are_not_staff():
    SuperAdminFactory()
    UserFactory()
    with ago(31):
        UserFactory.create_batch(2)
    assert metric("total_users") == Metric(3, 3, 2)


def test_tickets_by_periods():
    event, kind = scene(capacity=100, starts_at=NOW + timedelta(days=5), ends_at=NOW + timedelta(days=6))
    for days, qty in ((70, 1), (45, 2), (3, 3)):
        with ago(days):
            buy(UserFactory(), kind, qty=qty)
    assert metric("tickets_sold") == Metric(6, 3, 2)


def test_upcoming_events_now_and_before():
    day = timedelta(days=1)
    with ago(40):
        EventFactory(starts_at=NOW + day, ends_at=NOW + 2 * day)
        EventFactory(starts_at=NOW - 10 * day, ends_at=NOW - 9 * day)
        EventFactory(starts_at=NOW + day, ends_at=NOW + 2 * day, state=Event.State.DRAFT)
    EventFactory(starts_at=NOW + day, ends_at=NOW + 2 * day)
    assert metric("upcoming_events") == Metric(2, 2, 2)


def test_figures_of_some_partners_only():
    mine, other = PartnerFactory(), PartnerFactory()
    own = Partner.objects.filter(pk=mine.pk)
    for partner in (mine, other):
        event, kind = scene(price=10, partner=partner, starts_at=NOW + timedelta(1), ends_at=NOW + timedelta(2))
        pay(buy(UserFactory(), kind))
        paper(partner, "PAN", status="Pending")
    figures = dashboard.metrics(own)
    assert {name: one.value for name, one in figures.items()} == {
        "total_revenue": Decimal(10),
        "active_partners": 1,
        "pending_kyc": 1,
        "total_users": 1,
        "tickets_sold": 1,
        "upcoming_events": 1,
        "open_balance": Decimal("9.50"),
    }
    assert dashboard.revenue_chart("7d", own)[-1] == Point(NOW.date(), Decimal(10), 1)
    none = dashboard.metrics(Partner.objects.none())
    assert {one.value for one in none.values()} == {0}


@pytest.mark.parametrize(
    "range_, number, first", [("7d", 7, "2030-03-09"), ("30d", 30, "2030-02-14"), ("90d", 90, "2029-12-16")]
)
def test_days_without_gaps(range_, number, first):
    points = dashboard.revenue_chart(range_)
    assert [one.date for one in points] == [date.fromisoformat(first) + timedelta(days=n) for n in range(number)]
    assert points[-1] == Point(date(2030, 3, 15), Decimal(0), 0)


def test_months_without_gaps():
    partner = PartnerFactory()
    for moment, amount in ((datetime(2029, 3, 31, 23, tzinfo=UTC), 5), (datetime(2029, 4, 1, tzinfo=UTC), 7)):
        with time_machine.travel(moment, tick=False):
            sell(partner, amount, days_ago=0)
    with time_machine.travel(datetime(2030, 2, 28, 12, tzinfo=UTC), tick=False):
        sell(partner, 11, days_ago=0)
        refund(partner, 20)
    points = dashboard.revenue_chart("12m")
    assert [one.date.isoformat()[:7] for one in points] == [
        "2029-04", "2029-05", "2029-06", "2029-07", "2029-08", "2029-09", "2029-10", "2029-11", "2029-12", "2030-01",
        "2030-02", "2030-03",
    ]  # fmt: skip
    assert all(one.date.day == 1 for one in points)
    assert [one.revenue for one in points] == [7, *[0] * 9, -9, 0]


@pytest.mark.parametrize(
    "zone, day",
    [("UTC", date(2030, 3, 13)), ("Pacific/Kiritimati", date(2030, 3, 14)), ("Pacific/Niue", date(2030, 3, 13))],
)
def test_a_day_is_one_of_the_platforms_zone(settings, zone, day):
    settings.EVENTIFY_TIME_ZONE = zone
    partner = PartnerFactory()
    with time_machine.travel(datetime(2030, 3, 13, 12, tzinfo=UTC), tick=False):
        sell(partner, 10, days_ago=0)
    points = dashboard.revenue_chart("7d")
    assert [one.date for one in points if one.revenue] == [day]
    assert points[-1].date == timezone.now().astimezone(dashboard._zone()).date()


def test_the_day_when_clocks_change(settings):
    settings.EVENTIFY_TIME_ZONE = "America/New_York"  # 10 March 2030 has 23 hours
    partner = PartnerFactory()
    for moment in (datetime(2030, 3, 10, 5, tzinfo=UTC), datetime(2030, 3, 11, 3, 59, tzinfo=UTC)):
        with time_machine.travel(moment, tick=False):
            sell(partner, 1, days_ago=0)
    found = {one.date: one.revenue for one in dashboard.revenue_chart("7d")}
    assert found[date(2030, 3, 10)] == 2 and sum(found.values()) == 2


def test_as_many_queries_whatever_there_is():
    def cost() -> int:
        with CaptureQueriesContext(connection) as counted:
            dashboard.metrics()
            for range_ in dashboard.RANGES:
                dashboard.revenue_chart(range_)
        return len(counted)

    empty = cost()
    for _number in range(3):
        sell(PartnerFactory(), 10, days_ago=3)
        event, kind = scene(starts_at=NOW + timedelta(1), ends_at=NOW + timedelta(2))
        buy(UserFactory(), kind)
    assert cost() == empty == 10 + 2 * len(dashboard.RANGES)


def test_a_period_begins_with_a_quarter_of_an_hour(clock):
    """The same for everybody as for the partners that are asked for one by one."""
    clock.shift(timedelta(minutes=7, seconds=30))
    partner, everybody = PartnerFactory(), Partner.objects.all()
    event, kind = scene(partner=partner, starts_at=NOW + timedelta(1), ends_at=NOW + timedelta(2))
    for minutes in (-1, 0, 7):
        with time_machine.travel(NOW - timedelta(days=30) + timedelta(minutes=minutes), tick=False):
            buy(UserFactory(), kind)
    assert dashboard.starts(timezone.now()) == (NOW - timedelta(days=30), NOW - timedelta(days=60))
    assert metric("tickets_sold") == metric("tickets_sold", everybody) == Metric(3, 2, 1)


@pytest.mark.parametrize("is_counted", [False, True])
def test_everybody_is_the_sum_of_all_partners(is_counted):
    for partner in PartnerFactory.create_batch(2):
        event, kind = scene(price=10, partner=partner, starts_at=NOW + timedelta(1), ends_at=NOW + timedelta(2))
        for days in (45, 9, 0):
            with ago(days):
                order = pay(buy(UserFactory(), kind, qty=2))
        cancelling.cancel(order, by=SuperAdminFactory(), reason="")
    if is_counted:
        tally.catch_up()
    everybody = Partner.objects.all()
    own = dashboard.metrics(everybody)
    figures = {name: one for name, one in dashboard.metrics().items() if name != "total_users"}  # not buyers alone
    assert figures == {name: own[name] for name in figures}
    for range_ in dashboard.RANGES:
        assert dashboard.revenue_chart(range_) == dashboard.revenue_chart(range_, everybody)
