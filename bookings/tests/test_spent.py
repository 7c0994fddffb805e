"""What people have spent: one sum in the platform's currency, the others beside it, and never added up."""

from decimal import Decimal
from functools import partial
from importlib import import_module
from types import SimpleNamespace

import pytest
from django.core.management import call_command
from django.db import connection

from accounts.factories import SuperAdminFactory, UserFactory
from accounts.models import User
from accounts.tests.coming_in import log_in
from accounts.tests.racing import good, race
from bookings import cancelling, guests, refunds, spent
from bookings.models import Order
from bookings.tests.invariants import check
from bookings.tests.scenes import buy, decide, hear, pay, people, scene, text

D = Decimal
PRICES = {"INR": "10", "EUR": "30", "JPY": "500", "USD": "7"}


def paid(user: User, currency: str, qty: int = 1) -> Order:
    return pay(buy(user, scene(price=PRICES[currency], currency=currency)[1], qty=qty))


def sums(user: User) -> tuple[Decimal, dict]:
    """(the account's own sum, each currency's)."""
    known = spent.with_currencies(User.objects.all()).get(pk=user.pk)
    return known.total_spent, spent.in_each(known)


def misstated() -> list[str]:
    """What the proof says of this."""
    return [f"{one['total_spent']} for {one['spent']}" for one in spent.different()]


@pytest.fixture
def asha(db) -> User:
    """Who has bought in four currencies, got some of it back in two, and all of it in one."""
    (user,) = people(1)
    orders = {currency: paid(user, currency, qty=2) for currency in PRICES}
    for currency in ("INR", "EUR"):
        refunds.give(orders[currency], D(3), by=SuperAdminFactory(), reason="Late")
    cancelling.cancel(orders["USD"], by=user)
    return user


def test_currencies_are_not_added_up(asha):
    assert sums(asha) == (D(17), {"EUR": D(57), "INR": D(17), "JPY": D(1000)})
    assert sums(people(1)[0]) == (0, {})
    check(*(booking.event for order in asha.orders.all() for booking in order.bookings.all()))


def test_the_page_of_a_person_names_each_currency(client, asha):
    log_in(client, SuperAdminFactory())
    page = text(client.get(f"/command-center/users/{asha.uid}/"))
    assert "€57.00, ₹17.00, ¥1,000" in page
    assert "₹17.00" in text(client.get("/command-center/users/"))


def test_an_order_that_is_claimed_takes_along_what_it_cost(asha):
    guest = UserFactory(is_guest=True)
    for currency in ("EUR", "INR"):
        paid(guest, currency)
    guests.claim(guest, asha)
    assert sums(guest) == (0, {})
    assert sums(asha) == (D(27), {"EUR": D(87), "INR": D(27), "JPY": D(1000)})
    assert misstated() == []


def test_another_currency_of_the_platform_and_sums_of_before(asha, settings, capsys):
    User.objects.filter(pk=asha.pk).update(total_spent=D(1074))  # all currencies, as it was counted once
    assert misstated() == ["1074.00 for 17.00"]
    call_command("spent_recount")
    assert (capsys.readouterr().out, sums(asha)[0]) == ("Counted anew for 1 accounts.\n", 17)
    settings.EVENTIFY_CURRENCY = "JPY"
    assert misstated() == ["17.00 for 1000.00"]
    call_command("spent_recount")
    assert (capsys.readouterr().out, sums(asha)[0], misstated()) == ("Counted anew for 1 accounts.\n", 1000, [])
    call_command("spent_recount")
    assert capsys.readouterr().out == "All sums are right.\n"
    paid(asha, "INR")
    paid(asha, "JPY")
    assert sums(asha)[0] == 1500


def test_the_update_counts_anew_who_paid_in_several_currencies(asha):
    User.objects.filter(pk=asha.pk).update(total_spent=D(1074))
    migration = import_module("bookings.migrations.0024_spent_in_our_currency")
    migration.recount(None, SimpleNamespace(connection=connection))
    assert (sums(asha)[0], misstated()) == (17, [])


@pytest.mark.django_db(transaction=True)
def test_counting_anew_beside_payments_loses_none():
    user, (event, kind) = people(1)[0], scene(price=10, capacity=20)
    orders = [buy(user, kind) for _number in range(6)]
    for order in orders:
        decide(order)
    User.objects.filter(pk=user.pk).update(total_spent=99)
    messages = [partial(hear, order.payments.get()) for order in orders]
    good(race(*messages, *[partial(spent._recount, user.pk)] * 3))
    spent.recount()
    assert sums(user) == (D(60), {"INR": D(60)})
    check(event)
