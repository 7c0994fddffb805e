"""What the books tell: sums, who may read which line, and statements from the total down to the booking."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import roles
from accounts.factories import SuperAdminFactory, UserFactory
from accounts.models import Role
from eventify.lib.errors import Invalid
from eventify.lib.ids import new_uid
from events.factories import EventFactory
from partners import books, fees, ledger, members
from partners.books import Totals
from partners.factories import PartnerFactory
from partners.ledger import Line
from partners.models import Entry, Member, Partner
from partners.models.ledger import Account, Kind

pytestmark = pytest.mark.django_db
D = Decimal
DAY = datetime(2026, 6, 10, 12, tzinfo=UTC)


def move(kind: str, partner: Partner, amount, other: str, currency="INR", **about) -> None:
    """One transfer between the partner and another account; above 0 is the partner's."""
    amount = D(amount)
    mine, theirs = ("credit", "debit") if amount > 0 else ("debit", "credit")
    lines = [
        Line(Account.PARTNER_PAYABLE, partner=partner, **{mine: abs(amount)}, **about),
        Line(other, **{theirs: abs(amount)}, **about),
    ]
    ledger.post(kind, f"{kind}:{new_uid()}", currency, lines)


def sell(partner, amount, fee=0, currency="INR", **about) -> dict:
    """A sale and its fee; returns what it is about."""
    about = {"event_uid": new_uid(), "order_uid": new_uid(), "booking_uid": new_uid(), **about}
    move(Kind.SALE, partner, amount, Account.CASH, currency, **about)
    if fee:
        move(Kind.FEE, partner, -D(fee), Account.PLATFORM_FEES, currency, **about)
    return about


def give_back(partner, amount, fee, about) -> None:
    """A refund, and the fee for it."""
    move(Kind.REFUND, partner, -D(amount), Account.BUYER_PAYABLE, **about)
    move(Kind.FEE_RETURN, partner, fee, Account.PLATFORM_FEES, **about)


@pytest.fixture
def partner():
    return PartnerFactory()


def test_revenue_and_open_balance_by_currency(partner):
    assert (books.revenue(partner), books.open_balance(partner)) == ({}, {})
    give_back(partner, 40, 2, sell(partner, 100, 5))
    sell(partner, "9.99", "0.50", "EUR")
    move(Kind.PAYOUT, partner, -30, Account.PAYOUTS_IN_TRANSIT)
    move(Kind.PAYOUT_RETURNED, partner, 10, Account.PAYOUTS_IN_TRANSIT)
    sell(PartnerFactory(), 1000, 50)
    assert books.revenue(partner) == {"EUR": D("9.99"), "INR": D(60)}
    assert books.open_balance(partner) == {"EUR": D("9.49"), "INR": D(37)}
    assert books.totals() == {
        "EUR": Totals(sold=D("9.99"), fees=D("0.50"), open_balance=D("9.49")),
        "INR": Totals(sold=D(1100), given_back=D(40), fees=D(53), paid_out=D(20), open_balance=D(987)),
    }
    assert books.totals()["INR"].revenue == 1060
    assert books.accounts() == {
        "EUR": {
            "cash": D("9.99"),
            "partner_payable": D("-9.49"),
            "buyer_payable": 0,
            "platform_fees": D("-0.50"),
            "payouts_in_transit": 0,
        },
        "INR": {
            "cash": 1100,
            "partner_payable": -987,
            "buyer_payable": -40,
            "platform_fees": -53,
            "payouts_in_transit": -20,
        },
    }


def test_a_list_of_partners_has_its_totals_in_one_query(partner):
    sell(partner, 100, 5)
    sell(partner, 50, currency="EUR")
    others = PartnerFactory.create_batch(2)
    rows = books.with_totals(Partner.objects.filter(pk__in=[partner.pk, *(one.pk for one in others)]).order_by("pk"))
    with CaptureQueriesContext(connection) as asked:
        assert [(one.total_revenue, one.open_balance) for one in rows] == [(100, 95), (0, 0), (0, 0)]
    assert len(asked) == 1
    assert books.with_totals(Partner.objects.filter(pk=partner.pk), "EUR").get().open_balance == 50
    assert list(rows.order_by("-open_balance"))[0] == partner


def test_who_sees_which_lines(partner):
    sell(partner, 100, 5)
    sell(PartnerFactory(), 10)
    own, colleague, finance, support = UserFactory.create_batch(4)
    members.add(partner, own, Member.Role.ADMIN, by=None)
    members.add(partner, colleague, Member.Role.EVENT_MANAGER, by=None)
    boss = SuperAdminFactory()
    for user, role in ((finance, "Finance"), (support, "Support")):
        roles.assign(user, Role.objects.get(name=role), by=boss)
        user.refresh_from_db()
    assert {books.entries_visible_to(user).count() for user in (boss, finance)} == {Entry.objects.count()} == {6}
    assert set(books.entries_visible_to(own)) == set(Entry.objects.filter(partner=partner))
    assert [books.entries_visible_to(user).count() for user in (colleague, support, UserFactory())] == [0, 0, 0]


def june(partner):
    """A sale in May; two orders of one event, one of another, a refund and a payout in June; a sale in July."""
    first, second = (EventFactory(partner=partner, name=name) for name in ("Jazz", "Opera"))
    with time_machine.travel(DAY, tick=False) as clock:
        clock.shift(timedelta(days=-30))
        sell(partner, 1000, 50)
        clock.shift(timedelta(days=30))
        order = new_uid()
        one = sell(partner, 100, 5, event_uid=first.uid, order_uid=order)
        sell(partner, 60, 3, event_uid=first.uid, order_uid=order)
        clock.shift(timedelta(hours=1))
        sell(partner, 10, event_uid=second.uid)
        sell(partner, 7, event_uid=first.uid)
        sell(partner, 999, currency="EUR")
        clock.shift(timedelta(days=1))
        give_back(partner, 100, 5, one)
        move(Kind.PAYOUT, partner, -500, Account.PAYOUTS_IN_TRANSIT)
        clock.shift(timedelta(days=30))
        sell(partner, 4000)
    return first, second, one


def shown(parts) -> list:
    """(name, total, parts) all the way down."""
    return [(part.name, float(part.total), shown(part.parts)) for part in parts]


def test_a_statement_goes_from_the_total_to_the_booking(partner):
    first, second, one = june(partner)
    whole = books.statement(partner, "INR", date(2026, 6, 1), date(2026, 6, 30))
    assert (whole.opening, whole.whole.total, whole.closing) == (950, -426, 524)
    assert shown(whole.events) == [
        ("Jazz", 64, [("", 57, [("", 0, []), ("", 57, [])]), ("", 7, [("", 7, [])])]),
        ("Opera", 10, [("", 10, [("", 10, [])])]),
        ("", -500, [("", -500, [("", -500, [])])]),
    ]
    assert [part.uid for part in whole.events] == [first.uid, second.uid, None]
    assert whole.whole.amounts == {"sale": 177, "fee": -8, "refund": -100, "fee_return": 5, "payout": -500}


def test_drilling_down_narrows(partner):
    first, _second, one = june(partner)
    days = (date(2026, 6, 1), date(2026, 6, 30))
    assert shown(books.statement(partner, "INR", *days, depth=1).events)[0] == ("Jazz", 64, [])
    orders = books.statement(partner, "INR", *days, depth=2, event=first.uid)
    assert [float(part.total) for part in orders.events[0].parts] == [57, 7]
    bookings = books.statement(partner, "INR", *days, event=first.uid, order=one["order_uid"])
    assert [float(part.total) for part in bookings.events[0].parts[0].parts] == [0, 57]
    assert bookings.events[0].parts[0].parts[0].amounts == {"sale": 100, "fee": -5, "refund": -100, "fee_return": 5}


def test_days_are_of_the_platform_s_zone(partner, settings):
    settings.EVENTIFY_TIME_ZONE = "Asia/Kolkata"
    with time_machine.travel(datetime(2026, 6, 10, 20, tzinfo=UTC), tick=False):  # 01:30 on the 11th in India
        sell(partner, 100)
    assert books.statement(partner, "INR", date(2026, 6, 10), date(2026, 6, 10)).closing == 0
    after = books.statement(partner, "INR", date(2026, 6, 11), date(2026, 6, 11))
    assert (after.opening, after.closing) == (0, 100)


def test_impossible_and_far_days(partner):
    sell(partner, 100)
    with pytest.raises(Invalid):
        books.statement(partner, "INR", date(2026, 6, 2), date(2026, 6, 1))
    ever = books.statement(partner, "INR", date.min, date.max)
    assert (ever.opening, ever.closing) == (0, 100)
    assert books.statement(partner, "INR", date.max, date.max).closing == 100
    assert books.statement(partner, "XXX", date.min, date.max).closing == 0


def test_a_statement_takes_three_queries_however_long(partner):
    june(partner)
    with CaptureQueriesContext(connection) as few:
        books.statement(partner, "INR", date(2026, 6, 1), date(2026, 6, 30))
    for _again in range(3):
        june(partner)
    with CaptureQueriesContext(connection) as many:
        books.statement(partner, "INR", date(2026, 6, 1), date(2026, 6, 30))
    assert len(few) == len(many) == 3


@pytest.mark.parametrize(
    ("amount", "currency", "percent", "fee"),
    [
        ("10", "INR", "5", "0.50"),
        ("0.09", "INR", "5", "0.00"),
        ("0.10", "INR", "5", "0.01"),
        ("1", "INR", "33.33", "0.33"),
        ("750", "JPY", "5", "38"),
        ("9", "JPY", "5", "0"),
        ("10.50", "JPY", "100", "10.50"),  # a price that the currency does not have is never exceeded by its fee
        ("1.50", "KWD", "5", "0.08"),
    ],
)
def test_fees(amount, currency, percent, fee):
    assert fees.fee(D(amount), D(percent), currency) == D(fee)


def test_whose_percentage(settings):
    settings.EVENTIFY_FEE_PERCENT = D(7)
    house = Partner.objects.get(is_house=True)
    assert [fees.percent_of(one) for one in (PartnerFactory(), PartnerFactory(fee_percent=0), house)] == [7, 0, 0]
