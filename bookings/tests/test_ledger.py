"""What each fact of an order posts to the ledger."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.tests.racing import good, race
from bookings import cancelling, ledger_checks, payments, tasks
from bookings.tests.scenes import buy, decide, hear, pay, people, scene
from eventify.lib.errors import Invalid
from events import editing, states
from events.models import Event
from partners import books
from partners.factories import PartnerFactory
from partners.models import Balance, Entry, Partner, Transfer
from partners.models.ledger import Account

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
PAYABLE, CASH, BUYER, FEES = Account.PARTNER_PAYABLE, Account.CASH, Account.BUYER_PAYABLE, Account.PLATFORM_FEES


def lines(kind: str) -> list[tuple]:
    """(account, partner, debit, credit) of the one transfer of this kind, in the order of posting."""
    transfer = Transfer.objects.get(kind=kind)
    found = transfer.entries.order_by("id").values_list("account", "partner", "debit", "credit")
    return [(account, owner, float(debit), float(credit)) for account, owner, debit, credit in found]


def kinds() -> list[str]:
    """What has been posted, in order."""
    return list(Transfer.objects.order_by("id").values_list("kind", flat=True))


def clean() -> None:
    """Nothing differs."""
    assert [breach.sentence for breach in ledger_checks.breaches()] == []


def shop(price="33.33", fee=None, **more) -> tuple[Event, object]:
    """An event of a partner that pays a fee, and its type."""
    return scene(price=price, partner=PartnerFactory(fee_percent=fee), **more)


def test_a_sale_and_its_fee():
    event, ticket_type = shop()
    order = pay(buy(people(1)[0], ticket_type, qty=2))
    own = event.partner_id
    assert kinds() == ["sale", "fee"]
    assert lines("sale") == [(CASH, None, 66.66, 0), (PAYABLE, own, 0, 66.66)]
    assert lines("fee") == [(FEES, None, 0, 3.33), (PAYABLE, own, 3.33, 0)]
    payment, booking = order.payments.get(), order.bookings.get()
    sale, fee = Transfer.objects.order_by("id")
    assert (sale.key, sale.currency, sale.note) == (f"sale:{payment.uid}", "INR", "Fee 5.00 %.")
    assert (fee.key, fee.currency, fee.note) == (f"fee:{payment.uid}", "INR", "")
    assert {len(sale.seal), len(fee.seal)} == {64}
    names = ("event_uid", "order_uid", "booking_uid")
    assert set(Entry.objects.exclude(account=CASH).values_list(*names)) == {(event.uid, order.uid, booking.uid)}
    assert set(Entry.objects.filter(account=CASH).values_list(*names)) == {(None, order.uid, None)}
    assert books.open_balance(event.partner) == {"INR": Decimal("63.33")}
    assert books.revenue(event.partner) == {"INR": Decimal("66.66")}
    clean()


def test_an_order_of_two_partners_is_one_sale_and_one_fee():
    (first, a), (second, b) = shop("100", fee="2.50"), shop("0.10", fee="5")
    order = pay(buy(people(1)[0], a, b))
    low, high = first.partner_id, second.partner_id
    assert lines("sale") == [(CASH, None, 100.10, 0), (PAYABLE, low, 0, 100), (PAYABLE, high, 0, 0.10)]
    assert lines("fee") == [
        (FEES, None, 0, 2.5),
        (FEES, None, 0, 0.01),
        (PAYABLE, low, 2.5, 0),
        (PAYABLE, high, 0.01, 0),
    ]
    assert Transfer.objects.get(kind="sale").note == "Fee 2.50 5.00 %."
    cancelling.cancel_booking(order.bookings.get(event=first), by=order.user)
    assert kinds() == ["sale", "fee", "refund", "fee_return"]
    assert lines("refund") == [(BUYER, None, 0, 100), (PAYABLE, low, 100, 0)]
    assert lines("fee_return") == [(FEES, None, 2.5, 0), (PAYABLE, low, 0, 2.5)]
    assert (books.open_balance(first.partner), books.open_balance(second.partner)) == (
        {"INR": 0},
        {"INR": Decimal("0.09")},
    )
    clean()


@pytest.mark.parametrize(
    ("price", "percent", "fee"),
    [("0.09", "5", None), ("0.10", "5", "0.01"), ("0.30", "5", "0.02"), ("10", "0", None), ("10", "100", "10.00")],
)
def test_fees_are_rounded_half_up_and_zero_posts_nothing(price, percent, fee):
    _event, ticket_type = shop(price, fee=percent)
    pay(buy(people(1)[0], ticket_type))
    taken = Entry.objects.filter(account=FEES).values_list("credit", flat=True).first()
    assert taken == (None if fee is None else Decimal(fee))
    clean()


def test_the_house_pays_no_fee_and_free_orders_post_nothing():
    pay(buy(people(1)[0], scene(price=10)[1]))
    assert kinds() == ["sale"]
    free, also_free = shop(0)[1], shop(0)[1]
    order = buy(people(1)[0], free, also_free)
    cancelling.cancel(order, by=order.user)
    assert kinds() == ["sale"]
    clean()


def test_a_free_ticket_beside_a_paid_one_has_no_line():
    (first, a), (_second, b) = shop("10"), shop(0)
    order = pay(buy(people(1)[0], a, b))
    assert lines("sale") == [(CASH, None, 10, 0), (PAYABLE, first.partner_id, 0, 10)]
    cancelling.cancel(order, by=order.user)
    assert kinds() == ["sale", "fee", "refund", "fee_return"]
    clean()


def test_a_refund_returns_exactly_the_fee_that_was_taken():
    event, ticket_type = shop("99.99", fee="7.77")
    order = pay(buy(people(1)[0], ticket_type))
    Partner.objects.update(fee_percent=50)
    cancelling.cancel(order, by=order.user)
    assert lines("refund") == [(BUYER, None, 0, 99.99), (PAYABLE, event.partner_id, 99.99, 0)]
    assert lines("fee_return") == [(FEES, None, 7.77, 0), (PAYABLE, event.partner_id, 0, 7.77)]
    assert tasks.send_refunds() == 1
    assert lines("refund_sent") == [(BUYER, None, 99.99, 0), (CASH, None, 0, 99.99)]
    assert books.open_balance(event.partner) == {"INR": 0}
    assert books.accounts() == {"INR": dict.fromkeys(Account.values, Decimal(0))}
    clean()


def test_paid_late_is_unmatched_and_goes_back():
    with time_machine.travel(NOW, tick=False) as clock:
        _event, ticket_type = shop("10", capacity=1)
        order = buy(people(1)[0], ticket_type)
        payment = decide(order)
        clock.shift(timedelta(minutes=16))
        buy(people(1)[0], ticket_type)
        hear(payment)
        assert (kinds(), lines("unmatched")) == (["unmatched"], [(CASH, None, 10, 0), (BUYER, None, 0, 10)])
        tasks.send_refunds()
        assert kinds() == ["unmatched", "refund_sent"]
        clean()


def test_paid_late_with_places_left_is_a_sale():
    with time_machine.travel(NOW, tick=False) as clock:
        order = buy(people(1)[0], shop("10")[1])
        payment = decide(order)
        clock.shift(timedelta(minutes=16))
        tasks.expire_holds()
        hear(payment)
        assert kinds() == ["sale", "fee"]
        clean()


def test_paid_twice_posts_the_second_as_unmatched():
    order = buy(people(1)[0], shop("10")[1])
    first = decide(order, "failed")
    hear(first, "failed")
    payments.try_again(order)
    hear(decide(order))
    hear(first)
    assert kinds() == ["sale", "fee", "unmatched"]
    assert Transfer.objects.get(kind="unmatched").key == f"unmatched:{first.uid}"
    tasks.send_refunds()
    clean()


def test_paid_for_a_cancelled_event_is_unmatched():
    event, ticket_type = shop("10")
    order = buy(people(1)[0], ticket_type)
    states.transition(event, Event.State.CANCELLED, by=people(1)[0], reason="Rain")
    pay(order)
    assert kinds() == ["unmatched"]
    clean()


def test_the_same_payment_reported_20_times_at_once_posts_once():
    event, ticket_type = shop("10")
    order = buy(people(1)[0], ticket_type)
    payment = decide(order)
    good(race(*[partial(hear, payment)] * 20))
    assert kinds() == ["sale", "fee"]
    assert books.open_balance(event.partner) == {"INR": Decimal("9.50")}
    clean()


def test_two_refunds_at_once_post_once_each():
    _event, ticket_type = shop("10")
    order = pay(buy(people(1)[0], ticket_type, shop("20")[1]))
    race(*[partial(cancelling.cancel_booking, one, by=order.user) for one in order.bookings.all()] * 3)
    race(*[tasks.send_refunds] * 4)
    assert sorted(kinds()) == sorted(["sale", "fee", *["refund", "fee_return", "refund_sent"] * 2])
    clean()


def test_partners_who_trade_at_once_do_not_wait_for_each_other_in_a_circle():
    """Orders of the same two partners in both orders: the balances are locked in one order."""
    shops = [shop("10", capacity=50)[1] for _number in range(3)]
    orders = [buy(user, *(shops if n % 2 else reversed(shops))) for n, user in enumerate(people(8))]
    good(race(*[partial(pay, order) for order in orders]))
    good(race(*[partial(cancelling.cancel, order, by=order.user) for order in orders]))
    good(race(*[tasks.send_refunds] * 2))
    assert set(Balance.objects.values_list("kind", "entries")) == {
        (kind, 8) for kind in ("sale", "fee", "refund", "fee_return")
    }
    clean()


def test_the_payment_path_pays_three_statements_for_the_books():
    order = buy(people(1)[0], shop("10")[1], shop("20")[1])
    payment = decide(order)
    with CaptureQueriesContext(connection) as asked:
        hear(payment)
    ours = [query["sql"] for query in asked if "partners_transfer" in query["sql"] or "partners_entry" in query["sql"]]
    assert [sql.split()[0] for sql in ours] == ["INSERT", "SELECT", "INSERT"]


def test_an_event_that_was_booked_stays_with_its_partner():
    event, ticket_type = shop("10")
    other = PartnerFactory()
    editing.change(event, by=people(1)[0], partner=other)
    buy(people(1)[0], ticket_type)
    with pytest.raises(Invalid) as refusal:
        editing.change(event, by=people(1)[0], partner=PartnerFactory())
    assert list(refusal.value.errors) == ["partner"]
    assert editing.change(event, by=people(1)[0], partner=other, name="New").partner == other
