"""Fees in currencies of 0, 2 and 3 places: the parts are the whole, and none is finer than what can be paid."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.factories import SuperAdminFactory
from bookings import bookkeeping, cancelling, refunds
from bookings.models import Order
from bookings.tests.invariants import check
from bookings.tests.scenes import buy, pay, people, scene
from eventify.lib import currencies
from partners import books, cover, fees
from partners.factories import PartnerFactory
from partners.models import Entry, Transfer
from partners.models.ledger import Kind

CURRENCIES = [("JPY", 0), ("VND", 0), ("INR", 2), ("EUR", 2), ("KWD", 3), ("BHD", 3)]
SOLD = {"JPY": "750", "INR": "7.50", "KWD": "7.50"}  # 5 % of it ends with a half
percents = st.decimals(0, 100, places=2)


def payable(amount: Decimal, currency: str) -> bool:
    """Whether a provider and a bank can move exactly this, and a row can keep it."""
    return currencies.minor(amount, currency) is not None and amount == round(amount, 2)


@pytest.mark.parametrize(("currency", "places"), CURRENCIES)
def test_the_smallest_unit(currency, places):
    assert currencies.places(currency) == places
    assert currencies.minor(Decimal("7"), currency) == 7 * 10**places


@given(units=st.integers(1, 10**9), percent=percents, money=st.sampled_from(CURRENCIES), data=st.data())
@settings(max_examples=300, deadline=None)
def test_a_fee_and_its_parts_that_go_back_are_payable_and_add_up(units, percent, money, data):
    currency = money[0]
    step = currencies.step(currency)
    amount = units * step
    fee = fees.fee(amount, percent, currency)
    assert 0 <= fee <= amount
    assert abs(fee - amount * percent / 100) <= step / 2
    sale = bookkeeping.Sale(currency=currency, step=step, sums={Kind.SALE: amount, Kind.FEE: fee})
    left, back = units, []
    while left:
        part = data.draw(st.integers(1, left)) if len(back) < 4 else left
        back.append(sale.give_back(part * step))
        left -= part
    assert sum(back) == fee
    assert min(back) >= 0
    assert all(payable(one, currency) for one in (fee, amount - fee, *back))


@given(amount=st.decimals("0.01", 10**7, places=2), percent=percents, money=st.sampled_from(CURRENCIES))
def test_an_amount_that_its_currency_does_not_have_is_no_less_than_its_fee(amount, percent, money):
    """Such a price can be typed; no provider takes it, but what was sold for it must stay provable."""
    fee = fees.fee(amount, percent, money[0])
    sale = bookkeeping.Sale(step=currencies.step(money[0]), sums={Kind.SALE: amount, Kind.FEE: fee})
    assert 0 <= sale.give_back(amount) == fee <= amount


def three_tickets(currency: str, price: str) -> Order:
    """An order of three tickets that is paid, of a partner whose fee is 5 %."""
    partner = PartnerFactory(fee_percent="5", trust="trusted")
    _event, kind = scene(price=Decimal(price) / 3, currency=currency, partner=partner)
    return pay(buy(people(1)[0], kind, qty=3))


def give_back_in_steps(order: Order) -> None:
    """Money without a cancellation, a ticket, and the rest."""
    refunds.give(order, currencies.step(order.currency) * 100, by=SuperAdminFactory(), reason="Late")
    cancelling.cancel_tickets(order, order.tickets.order_by("pk")[:1], by=order.user)
    check(order.bookings.first().event)
    cancelling.cancel(order, by=order.user)


def posted(order: Order, **of) -> list[Decimal]:
    """What was posted about the order."""
    entries = Entry.objects.filter(order_uid=order.uid, **of).order_by("pk")
    return [one.debit + one.credit for one in entries]


@pytest.mark.django_db
@pytest.mark.parametrize(("currency", "price"), SOLD.items())
def test_all_of_a_sale_can_be_paid_out_and_goes_back(currency, price, settings):
    settings.EVENTIFY_SETTLEMENT_DAYS = -1  # nothing is fresh
    order = three_tickets(currency, price)
    partner = order.bookings.get().event.partner
    owed = books.open_balance(partner)[currency]
    place = next(one for one in cover.positions([partner]) if one.currency == currency)
    assert (place.owed, place.covered) == (owed, owed)
    give_back_in_steps(order)
    assert books.open_balance(partner) == {currency: 0}
    assert all(payable(amount, currency) for amount in posted(order))
    check(order.bookings.first().event)


@pytest.mark.django_db
def test_sales_of_before_keep_their_half_yen_until_they_go_back(monkeypatch):
    with monkeypatch.context() as before:
        before.setattr(fees, "fee", lambda amount, percent, _: (amount * percent / 100).quantize(currencies.CENT))
        before.setattr(bookkeeping, "_rates", lambda *_sale: "Fee 5.00 %.")
        old = three_tickets("JPY", "750")
    new = three_tickets("JPY", "750")
    notes = Transfer.objects.filter(kind=Kind.SALE).order_by("pk").values_list("note", flat=True)
    assert list(notes) == ["Fee 5.00 %.", "Fee 5.00 % in whole JPY."]
    fee = {"transfer__kind": Kind.FEE, "account": "platform_fees"}
    assert (posted(old, **fee), posted(new, **fee)) == ([Decimal("37.50")], [Decimal("38")])
    partner = old.bookings.get().event.partner
    (place,) = cover.positions([partner])
    assert (place.owed, currencies.payable(place.owed, "JPY")) == (Decimal("712.50"), Decimal("712"))
    for order in (old, new):
        give_back_in_steps(order)
        assert sum(posted(order, transfer__kind=Kind.FEE_RETURN, account="platform_fees")) == sum(posted(order, **fee))
        check(order.bookings.first().event)
    assert books.open_balance(partner) == {"JPY": 0}


@pytest.mark.django_db
def test_control_a_sale_of_now_with_half_a_yen_is_found(monkeypatch):
    monkeypatch.setattr(fees, "fee", lambda amount, percent, _: (amount * percent / 100).quantize(currencies.CENT))
    order = three_tickets("JPY", "750")
    with pytest.raises(AssertionError, match=r"fees: .* sold for 750.00 at .*5.00.* the fee posted is 37.50"):
        check(order.bookings.get().event)
