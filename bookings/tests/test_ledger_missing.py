"""Sales from before the ledger: posted afterwards, once, and then the books hold."""

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
import time_machine
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.tests.racing import good, race
from bookings import cancelling, ledger_checks, ledger_missing, payments, refunds
from bookings.models import Order, Refund
from bookings.tests.scenes import buy, decide, hear, pay, people, scene
from partners.factories import PartnerFactory
from partners.models import Balance, Transfer

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
EVERYTHING = {"payments": 3, "bookings": 2, "refunds": 2}


def shop(price: int):
    """A ticket type of a partner that pays the usual fee."""
    return scene(price=price, partner=PartnerFactory())[1]


def old_world() -> None:
    """Two orders, one refunded in part, one paid twice and refunded but not sent yet; the ledger knows nothing."""
    order = pay(buy(people(1)[0], shop(10), shop(20), shop(0)))
    cancelling.cancel_booking(order.bookings.order_by("id")[0], by=order.user)
    twice = buy(people(1)[0], shop(50))
    first = decide(twice, "failed")
    hear(first, "failed")
    payments.try_again(twice)
    hear(decide(twice))
    hear(first)
    refunds.send()
    cancelling.cancel(twice, by=twice.user)
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE partners_entry, partners_transfer, partners_balance")


def clean() -> bool:
    """Whether nothing differs."""
    return not list(ledger_checks.breaches())


def test_what_is_missing_is_posted_once():
    with time_machine.travel(NOW, tick=False):
        old_world()
    assert not clean()
    with time_machine.travel(NOW + timedelta(days=30), tick=False):
        assert ledger_missing.post_missing() == EVERYTHING
    assert clean()
    assert ledger_missing.post_missing() == dict.fromkeys(EVERYTHING, 0)
    notes = set(Transfer.objects.values_list("kind", "note"))
    later = "Posted later, at 2026-07-01 12:00 UTC."
    same = {(kind, later) for kind in ("unmatched", "refund", "fee_return", "refund_sent")}
    assert notes == {("sale", f"Fee 5.00 %. {later}"), ("fee", ""), *same}
    assert Transfer.objects.filter(created_at=NOW).count() == Transfer.objects.count() == 11


def test_what_follows_an_old_sale_is_posted_too():
    """A refund of a sale that the ledger does not know waits for its sale."""
    order = pay(buy(people(1)[0], shop(10)))
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE partners_entry, partners_transfer, partners_balance")
    cancelling.cancel(order, by=order.user)
    assert (Transfer.objects.count(), Refund.objects.count()) == (0, 1)
    refunds.send()
    assert ledger_missing.post_missing() == {"payments": 1, "bookings": 1, "refunds": 0}
    assert clean()


def test_at_once_everything_is_posted_once():
    old_world()
    results = good(race(*[ledger_missing.post_missing] * 4, partial(call_command, "ledger_post_missing", verbosity=0)))
    for what, number in EVERYTHING.items():
        assert sum(result[what] for result in results if result) <= number
    assert clean()
    assert set(Balance.objects.values_list("entries", flat=True)) == {1}


def test_nothing_missing_costs_three_queries(capsys):
    old_world()
    ledger_missing.post_missing()
    with CaptureQueriesContext(connection) as asked:
        call_command("ledger_post_missing")
    assert (len(asked), capsys.readouterr().out) == (3, "The ledger knows everything.\n")


def test_the_command_says_what_it_did(capsys):
    old_world()
    Order.objects.filter(bookings=None).delete()
    call_command("ledger_post_missing")
    assert capsys.readouterr().out == "Posted to the ledger: 3 payments, 2 bookings, 2 refunds.\n"
