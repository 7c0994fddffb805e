"""The tally is what the rows say: at any moment, whatever changed, and whoever wrote meanwhile."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from threading import Event as Signal
from threading import Thread
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.factories import SuperAdminFactory, UserFactory
from accounts.tests.racing import good, race
from analytics import tally, tasks
from analytics.models import Correction, Counted, Tally
from bookings import cancelling
from bookings.models import Booking, Order, Ticket
from bookings.tests.scenes import book, buy, pay, people, scene
from events.models import Event
from partners.factories import PartnerFactory
from partners.models import Entry, Partner
from partners.tests.money import refund, sell

NOW = datetime(2030, 3, 15, 10, tzinfo=UTC)
ZONES = [ZoneInfo(name) for name in ("UTC", "Asia/Kathmandu", "America/New_York")]
MOMENTS = [tally.EVER, NOW - timedelta(days=40), NOW - timedelta(days=3), NOW - timedelta(minutes=15), NOW]
INR = [f"INR:{kind}{end}" for kind in ("sale", "refund", "fee", "fee_return") for end in ("", ":house")]

pytestmark = pytest.mark.django_db


@pytest.fixture
def clock():
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


def ago(**time):
    return time_machine.travel(NOW - timedelta(**time), tick=False)


def truth() -> dict[str, list[tuple]]:
    """(moment, amount) of all that counts, from the rows themselves."""
    owed = Entry.objects.filter(account="partner_payable", transfer__currency="INR")
    live = Ticket.objects.exclude(status="cancelled")
    return {
        tally.TICKETS: [(at, 0) for at in live.values_list("created_at", flat=True)],
        tally.BOOKINGS: [(at, 0) for at in Booking.objects.values_list("created_at", flat=True)],
        tally.LEDGER: [(one.created_at, one.credit - one.debit) for one in owed],
    }


def check() -> None:
    """What the tally says is what the rows say, and of each event as well."""
    events = {one.pk: one.starts_at for one in Event.objects.exclude(starts_at=None)}
    live = Ticket.objects.exclude(status="cancelled").values_list("event", "created_at")
    days = Counter((pk, (events[pk] - tally.quarter(at).replace(minute=0)) // timedelta(days=1)) for pk, at in live)
    found = tally.by_days_before(events)
    assert {(pk, day): n for pk, each in found.items() for day, n in each.items() if n} == dict(days)
    for what, rows in truth().items():
        details = INR if what == tally.LEDGER else [""]
        found = tally.since(what, *MOMENTS, details=details)
        expected = [[amount for at, amount in rows if at >= tally.quarter(moment)] for moment in MOMENTS]
        assert [(one.number, one.amount) for one in found] == [(len(one), sum(one)) for one in expected], what
        for zone in ZONES:
            days = tally.by_start(what, "day", tally.EVER, zone, details)
            counts = Counter(at.astimezone(zone).date() for at, _amount in rows)
            assert {day: one.number for day, one in days.items() if one.number} == dict(counts), (what, zone)


def shop(**options):
    when = {"starts_at": NOW + timedelta(days=30), "ends_at": NOW + timedelta(days=31)}
    return scene(**{"capacity": 100, **when, **options})


def test_it_is_what_the_rows_say_after_every_step(clock):
    event, kind = shop(price=10)
    (buyer, other), staff = people(2), SuperAdminFactory()
    check()
    with ago(days=45, minutes=7):
        first = pay(buy(buyer, kind, qty=3))
    with ago(days=2, minutes=14, seconds=59):
        second = pay(buy(other, kind, qty=2))
    check()
    tally.catch_up()
    check()
    third = pay(buy(buyer, kind))
    check()
    cancelling.cancel(first, by=staff)  # counted
    cancelling.cancel(third, by=staff)  # not yet
    check()
    assert Correction.objects.count() == 4 * 2  # for the platform, and for the event
    tally.catch_up()
    check()
    assert not Correction.objects.exists()
    cancelling.cancel(second, by=staff)
    tally.catch_up()
    check()
    assert Ticket.objects.exclude(status="cancelled").count() == 0 == tally.since(tally.TICKETS, tally.EVER)[0].number
    sell(Partner.objects.get(is_house=True), 70, days_ago=1)
    partner = PartnerFactory()
    sell(partner, 50, fee=5, days_ago=50)
    refund(partner, 20)
    sell(partner, 9, currency="EUR")
    check()
    tally.catch_up()
    check()


def test_rows_that_move_or_go_are_followed(clock):
    event, kind = shop()
    book(event, UserFactory(), 3)
    for counted in (False, True):
        if counted:
            tally.catch_up()
        Ticket.objects.filter(pk__in=Ticket.objects.values("pk")[:1]).update(created_at=NOW - timedelta(days=4))
        Booking.objects.update(created_at=NOW - timedelta(days=5, hours=3 * counted))
        check()
    Ticket.objects.all().delete()
    Booking.objects.all().delete()
    Order.objects.all().delete()
    check()
    tally.catch_up()
    check()


def test_a_ticket_that_is_used_needs_no_correction(clock):
    event, kind = shop()
    book(event, UserFactory(), 2)
    tally.catch_up()
    Ticket.objects.update(status="used", used_at=NOW)
    Booking.objects.update(given_back=0)
    assert not Correction.objects.exists()
    check()


def test_a_sale_writes_nothing(clock):
    event, kind = shop(price=5)
    with CaptureQueriesContext(connection) as asked:
        pay(buy(UserFactory(), kind))
    assert not [one for one in asked if "analytics_" in one["sql"]]
    assert not Correction.objects.exists() and not Tally.objects.exists()


def test_it_is_counted_in_parts(clock, monkeypatch):
    event, kind = shop()
    book(event, UserFactory(), 1)
    tally.catch_up()  # past the ids of earlier tests, of which there are many
    for number in range(7):
        with ago(days=number):
            book(event, UserFactory(), 1)
    monkeypatch.setattr(tally, "AT_ONCE", 2)
    assert tasks.count_what_is_new() > 7
    check()
    assert Counted.objects.get(what="tickets").up_to == Ticket.objects.latest("pk").pk
    assert tasks.count_what_is_new() == 0


def test_figures_of_one_quarter_are_one_row(clock):
    event, kind = shop()
    for _number in range(3):
        book(event, UserFactory(), 2)
    tally.catch_up()
    assert list(Tally.objects.filter(what="tickets").values_list("at", "number")) == [(NOW, 6)]


def test_one_query_whatever_there_is(clock):
    def cost() -> int:
        with CaptureQueriesContext(connection) as asked:
            tally.since(tally.TICKETS, NOW, tally.EVER)
            tally.by_start(tally.LEDGER, "month", tally.EVER, ZONES[0], INR)
        return len(asked)

    event, kind = shop()
    assert cost() == 2
    for _number in range(3):
        book(event, UserFactory(), 1)
        tally.catch_up()
        assert cost() == 2


def test_new_rows_are_found_by_their_ids(clock):
    """Of many tickets only those are read that are not in the tally yet."""
    event, kind = shop(capacity=1000)
    book(event, UserFactory(), 1000)
    tally.catch_up()
    sql = tally._ALL.format(columns="sum(number)", source=tally.SOURCES[tally.TICKETS], grouped="")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE bookings_ticket")
        cursor.execute(f"EXPLAIN {sql}", {"what": tally.TICKETS, "since": tally.EVER, "details": [""]})
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "Index Scan using bookings_ticket_pkey on bookings_ticket" in plan, plan
    assert "Seq Scan on bookings_ticket" not in plan, plan


# --- While others write -------------------------------------------------------------------------------


def sell_and_cancel(event, user) -> None:
    """What a sale looks like: some bookings, of which some end."""
    for number in range(6):
        booking = book(event, user, 2)
        if number % 2:
            cancelling.cancel_booking(booking, by=user)


def count_often() -> None:
    for _time in range(12):
        tally.catch_up()


@pytest.mark.django_db(transaction=True)
def test_whoever_writes_while_it_counts():
    event, kind = shop()
    buyers = people(3)
    calls = [lambda one=one: sell_and_cancel(event, one) for one in buyers]
    good(race(*calls, count_often, count_often))
    check()
    tally.catch_up()
    check()


class Slow:
    """Somebody whose transaction is open from `began` on until it is told to `end`."""

    def __init__(self, act):
        self.began, self.end = Signal(), Signal()
        self.thread = Thread(target=self._run, args=(act,))
        self.thread.start()
        assert self.began.wait(10)

    def _run(self, act):
        try:
            with transaction.atomic():
                act()
                self.began.set()
                self.end.wait(10)
        finally:
            connection.close()

    def commit(self):
        self.end.set()
        self.thread.join(10)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("waits", [True, False])
def test_ids_of_transactions_that_are_still_open_are_not_passed(monkeypatch, waits):
    """The control does not wait for the open transaction, and loses what it sells."""
    (event, _kind), (other, _other_kind) = shop(), shop()
    one, two = people(2)
    monkeypatch.setattr(tally, "PATIENCE", 0.2)
    if not waits:
        monkeypatch.setattr(tally, "_have_ended", lambda began: True)
    slow = Slow(lambda: book(event, one, 2))
    book(other, two, 3)
    tally.catch_up()
    slow.commit()
    found = tally.since(tally.TICKETS, tally.EVER)[0].number
    assert found == (5 if waits else 3)
    if waits:
        check()
        tally.catch_up()
        check()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("corrects", [True, False])
def test_a_cancellation_while_it_counts(monkeypatch, corrects):
    """Its rows are counted as they were, and its corrections come with its commit. Without the trigger they do not."""
    event, _kind = shop()
    user = UserFactory()
    booking = book(event, user, 2)
    if not corrects:
        switch_trigger("DISABLE")
    slow = []

    def others_begin(began) -> bool:
        if not slow:
            slow.append(Slow(lambda: cancelling.cancel_booking(booking, by=user)))
        return True

    monkeypatch.setattr(tally, "_have_ended", others_begin)
    try:
        tally.catch_up()
        assert tally.since(tally.TICKETS, tally.EVER)[0].number == 2
        slow[0].commit()
        assert tally.since(tally.TICKETS, tally.EVER)[0].number == (0 if corrects else 2)
    finally:
        switch_trigger("ENABLE")
    if corrects:
        tally.catch_up()
        check()
        assert Tally.objects.get(what="tickets").number == 0


def switch_trigger(how: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE bookings_ticket {how} TRIGGER analytics_correct")
