"""Promo codes: what they are good for, their limits under the lock, and what comes back when a booking ends."""

from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine
from django.db.models import QuerySet
from django.utils import timezone

from accounts.factories import SuperAdminFactory
from accounts.models import AuditLog
from accounts.tests.racing import errors, good, meet_after, race, switch_row_locks_off, without_constraint
from bookings import cancelling, carts, keys, promos, sales, ticket_types
from bookings.factories import TicketTypeFactory
from bookings.models import Booking, Order, PromoCode, TicketType
from bookings.tests import invariants
from bookings.tests.scenes import buy, decide, hear, pay, people, scene
from eventify.lib.errors import Invalid

pytestmark = pytest.mark.django_db
HOSTILE = ["", " ", "\x00", "a\x00", "\ud800", "x" * 100_000, "%", "' OR 1=1", "é", "ÄÖ", "-", "1" * 41, "[]"]


def code(event, name="SPRING", **fields) -> PromoCode:
    fields = fields or {"percent_off": Decimal(10)}
    return promos.create(event, by=None, code=name, **fields)


def hidden(event, **fields) -> TicketType:
    return TicketTypeFactory(event=event, status=TicketType.Status.HIDDEN, name="Press", **fields)


def used(promo: PromoCode) -> int:
    promo.refresh_from_db()
    return promo.used_places


def line(order: Order) -> Booking:
    return Booking.objects.get(order=order)


def refusal(call) -> str:
    with pytest.raises(Invalid) as refused:
        call()
    return refused.value.errors[promos.FIELD][0]


@pytest.mark.parametrize(
    ("price", "fields", "currency", "expected"),
    [
        ("100.00", {"percent_off": Decimal("12.50")}, "EUR", "87.50"),
        ("9.99", {"percent_off": Decimal("33.33")}, "EUR", "6.66"),
        ("999", {"percent_off": Decimal("33.33")}, "JPY", "666"),
        ("100", {"percent_off": Decimal(100)}, "EUR", "0"),
        ("100", {"amount_off": Decimal("30.50")}, "EUR", "69.50"),
        ("20", {"amount_off": Decimal("30.50")}, "EUR", "0"),
    ],
)
def test_a_code_takes_its_part_off_each_place(price, fields, currency, expected):
    event, kind = scene(price=Decimal(price), currency=currency)
    promo = code(event, **fields)
    order = buy(people(1)[0], kind, qty=2, promo=" spring ")
    booking = line(order)
    assert (booking.unit_price, booking.list_price) == (Decimal(expected), Decimal(price))
    assert (booking.promo_code, order.total_amount) == (promo, 2 * Decimal(expected))
    assert used(promo) == 2
    assert order.status == ("pending" if order.total_amount else "paid")
    invariants.check(event)


def test_what_was_paid_with_a_code_is_what_the_books_and_the_refund_say():
    event, kind = scene(price=100)
    promo = code(event, percent_off=Decimal(25))
    order = pay(buy(people(1)[0], kind, qty=2, promo="SPRING"))
    assert list(order.tickets.values_list("price_at_purchase", flat=True)) == [75, 75]
    invariants.check(event)
    cancelling.cancel(order, by=order.user)
    assert used(promo) == 0
    invariants.check(event)


def test_a_code_for_some_types_leaves_the_others_alone():
    event, kind = scene(price=100)
    other = TicketTypeFactory(event=event, price=50)
    promo = code(event, percent_off=Decimal(10), ticket_types=[kind])
    order = buy(people(1)[0], kind, other, promo="SPRING")
    assert order.total_amount == 140
    assert list(order.bookings.order_by("pk").values_list("promo_code", "list_price")) == [
        (promo.pk, 100),
        (None, None),
    ]
    assert used(promo) == 1
    assert refusal(lambda: buy(people(1)[0], other, promo="SPRING")) == "This code is for other tickets."


def test_a_hidden_type_is_bought_with_its_code_only():
    event, _kind = scene()
    press = hidden(event, price=10)
    code(event, unlocks_hidden=True, ticket_types=[press])
    code(event, "TEN", percent_off=Decimal(10))
    (buyer,) = people(1)
    with pytest.raises(sales.NotOnSale):
        buy(buyer, press)
    assert refusal(lambda: buy(buyer, press, promo="TEN")) == "This code is for other tickets."
    order = buy(buyer, press, promo="SPRING")
    assert (order.total_amount, line(order).promo_code.code) == (10, "SPRING")


def test_a_closed_sale_stays_closed_with_a_code():
    event, _kind = scene()
    press = hidden(event, sales_end_at=timezone.now() - timedelta(days=1))
    code(event, unlocks_hidden=True, ticket_types=[press])
    with pytest.raises(sales.NotOnSale):
        buy(people(1)[0], press, promo="SPRING")


def test_the_sentences_of_codes_that_cannot_be_used():
    event, kind = scene(price=10)
    (buyer,) = people(1)
    now = timezone.now()
    promo = code(event, starts_at=now + timedelta(hours=1), ends_at=now + timedelta(hours=2), percent_off=Decimal(1))
    assert refusal(lambda: buy(buyer, kind, promo="SPRING")) == "This code is not valid yet."
    with time_machine.travel(now + timedelta(hours=2)):
        assert refusal(lambda: buy(buyer, kind, promo="SPRING")) == "This code is not valid any more."
    promos.change(promo, by=SuperAdminFactory(), is_active=False)
    with time_machine.travel(now + timedelta(hours=1)):
        assert refusal(lambda: buy(buyer, kind, promo="SPRING")) == "This code is not valid any more."
    assert not Order.objects.exists()


@pytest.mark.parametrize("text", HOSTILE[1:])
def test_hostile_codes_are_no_codes(text):
    event, kind = scene(price=10)
    code(event)
    sentence = "There is no such code for this event. Check how it is spelled."
    assert refusal(lambda: buy(people(1)[0], kind, promo=text)) == sentence
    assert promos.known(event, text) is None


def test_a_code_of_another_event_is_none():
    event, kind = scene(price=10)
    code(scene()[0])
    assert refusal(lambda: promos.find(event, "SPRING")).startswith("There is no such code")
    with pytest.raises(Invalid):
        buy(people(1)[0], kind, promo="SPRING")


def test_limits_in_all_and_per_person():
    event, kind = scene(price=10)
    promo = code(event, percent_off=Decimal(10), max_places=5, max_places_per_person=3)
    one, two = people(2)
    assert refusal(lambda: buy(one, kind, qty=4, promo="SPRING")) == "Each person may use this code for 3 tickets."
    buy(one, kind, qty=3, promo="SPRING")
    assert refusal(lambda: buy(one, kind, promo="SPRING")) == "Each person may use this code for 3 tickets."
    sentence = "This code is good for 2 more tickets. Choose fewer, or leave the code away."
    assert refusal(lambda: buy(two, kind, qty=3, promo="SPRING")) == sentence
    buy(two, kind, qty=2, promo="SPRING")
    assert refusal(lambda: buy(two, kind, promo="SPRING")) == "This code has been used up."
    assert used(promo) == 5


def test_a_hold_that_runs_out_gives_the_code_back_and_a_late_payment_takes_it_again():
    event, kind = scene(price=10)
    promo = code(event, percent_off=Decimal(10), max_places=1)
    first, second = people(2)
    order = buy(first, kind, promo="SPRING")
    with time_machine.travel(timezone.now() + timedelta(hours=2)):
        other = buy(second, kind, promo="SPRING")  # lets the overdue hold go by itself
        assert used(promo) == 1
        cancelling.cancel(other, by=second)
        assert used(promo) == 0
        hear(decide(order))
        order.refresh_from_db()
        assert (order.status, used(promo)) == ("paid", 1)
    invariants.check(event)


def test_a_late_payment_goes_back_when_its_code_is_used_up():
    event, kind = scene(price=10)
    promo = code(event, percent_off=Decimal(10), max_places=1)
    first, second = people(2)
    order = buy(first, kind, promo="SPRING")
    with time_machine.travel(timezone.now() + timedelta(hours=2)):
        pay(buy(second, kind, promo="SPRING"))
        hear(decide(order))
        order.refresh_from_db()
    assert (order.status, used(promo)) == ("cancelled", 1)
    assert order.payments.get().refunds.get().amount == 9
    invariants.check(event)


def test_the_same_key_with_another_code_is_another_order():
    event, kind = scene(price=10)
    code(event)
    (buyer,) = people(1)
    order = buy(buyer, kind, key="k", promo="SPRING")
    assert buy(buyer, kind, key="k", promo="spring") == order
    with pytest.raises(keys.KeyReused):
        buy(buyer, kind, key="k")


# --- Changing the code of an order that waits at its checkout ---------------------------------------------


def test_a_code_at_the_checkout_changes_the_price_and_can_be_left_away():
    event, kind = scene(price=100)
    ten, half = code(event, "TEN", percent_off=Decimal(10)), code(event, "HALF", percent_off=Decimal(50))
    order = buy(people(1)[0], kind, qty=2, at_checkout=True)
    assert carts.use_code(order, "ten").total_amount == 180
    assert carts.use_code(order, "TEN").total_amount == 180
    assert carts.use_code(order, "half").total_amount == 100
    assert (used(ten), used(half), line(order).list_price) == (0, 2, 100)
    assert carts.drop_code(order).total_amount == 200
    assert (used(half), line(order).list_price, line(order).promo_code) == (0, None, None)
    invariants.check(event)


def test_a_refused_code_leaves_the_order_as_it_was():
    event, kind = scene(price=100)
    ten = code(event, "TEN", percent_off=Decimal(10))
    code(event, "ONE", percent_off=Decimal(50), max_places=1)
    order = carts.use_code(buy(people(1)[0], kind, qty=2, at_checkout=True), "TEN")
    for name in ("ONE", "NONE", "\x00"):
        with pytest.raises(Invalid):
            carts.use_code(order, name)
    order.refresh_from_db()
    assert (order.total_amount, used(ten), line(order).promo_code) == (180, 2, ten)


def test_the_limit_of_a_person_counts_other_orders_not_this_one():
    event, kind = scene(price=100)
    code(event, percent_off=Decimal(10), max_places_per_person=2)
    (buyer,) = people(1)
    order = carts.use_code(buy(buyer, kind, qty=2, at_checkout=True), "SPRING")
    assert carts.use_code(order, "SPRING").total_amount == 180
    another = buy(buyer, kind, at_checkout=True)
    assert refusal(lambda: carts.use_code(another, "SPRING")) == "Each person may use this code for 2 tickets."


def test_the_price_stays_once_a_payment_has_begun():
    event, kind = scene(price=100)
    code(event)
    order = buy(people(1)[0], kind)
    with pytest.raises(carts.PriceStays):
        carts.use_code(order, "SPRING")
    with pytest.raises(carts.PriceStays):
        carts.drop_code(order)


def test_the_code_that_unlocked_a_ticket_stays():
    event, _kind = scene(price=100)
    press = hidden(event, price=10)
    code(event, unlocks_hidden=True, ticket_types=[press])
    code(event, "TEN", percent_off=Decimal(10))
    order = buy(people(1)[0], press, promo="SPRING", at_checkout=True)
    sentence = "Your tickets can only be bought with the code that you used."
    assert refusal(lambda: carts.drop_code(order)) == sentence
    assert refusal(lambda: carts.use_code(order, "TEN")) == sentence


# --- Races ------------------------------------------------------------------------------------------------


def _contenders(at_checkout: bool):
    event, kind = scene(capacity=100, price=10)
    promo = code(event, percent_off=Decimal(10), max_places=3)
    buyers = people(8)
    if not at_checkout:
        return event, promo, [lambda user=user: buy(user, kind, promo="SPRING") for user in buyers]
    waiting = [buy(user, kind, at_checkout=True) for user in buyers]
    return event, promo, [lambda order=order: carts.use_code(order, "SPRING") for order in waiting]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("at_checkout", [False, True])
def test_a_code_is_never_overused(at_checkout):
    event, promo, calls = _contenders(at_checkout)
    results = race(*calls)
    assert len(good(results)) == 3
    assert len(errors(results, promos.UsedUp)) == 5
    assert used(promo) == 3
    assert Booking.objects.filter(promo_code=promo).count() == 3
    invariants.check(event)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("at_checkout", [False, True])
def test_without_the_lock_it_would_be(monkeypatch, at_checkout):
    """Control: no row locks, no constraint, and all have read what is left before anybody takes it."""
    _event, promo, calls = _contenders(at_checkout)
    switch_row_locks_off(monkeypatch)
    meet_after(monkeypatch, promos, "check_person", parties=8)
    with without_constraint(PromoCode, "promo_not_overused"):
        race(*calls)
        overused = used(promo) > 3
        PromoCode.objects.filter(pk=promo.pk).update(max_places=None)
    assert overused


@pytest.mark.django_db(transaction=True)
def test_the_limit_cannot_be_lowered_below_what_is_bought_meanwhile():
    event, kind = scene(capacity=100, price=10)
    promo = code(event, percent_off=Decimal(10), max_places=10)
    admin, buyers = SuperAdminFactory(), people(4)
    calls = [lambda user=user: buy(user, kind, promo="SPRING") for user in buyers]
    race(*calls, lambda: promos.change(promo, by=admin, max_places=2))
    assert used(promo) <= promo.max_places
    invariants.check(event)


# --- Staff ------------------------------------------------------------------------------------------------


def test_making_and_changing_are_noted():
    event, kind = scene()
    admin = SuperAdminFactory()
    promo = promos.create(event, by=admin, code=" new-1 ", percent_off=Decimal(5), ticket_types=[kind])
    assert (promo.code, list(promo.ticket_types.all())) == ("NEW-1", [kind])
    promos.change(promo, by=admin, percent_off=Decimal(0), amount_off=Decimal(3), ticket_types=[])
    promo.refresh_from_db()
    assert (promo.percent_off, promo.amount_off, promo.ticket_types.count()) == (0, 3, 0)
    actions = AuditLog.objects.order_by("pk").values_list("action", flat=True)
    assert list(actions) == ["CREATED_PROMO_CODE", "CHANGED_PROMO_CODE"]


@pytest.mark.parametrize(
    ("field", "fields"),
    [
        ("code", {"code": "A B"}),
        ("code", {"code": "x" * 41}),
        ("code", {"code": "\x00"}),
        ("percent_off", {"percent_off": Decimal("100.01")}),
        ("percent_off", {"percent_off": Decimal(-1)}),
        ("percent_off", {"percent_off": Decimal(0)}),
        ("amount_off", {"percent_off": Decimal(0), "amount_off": Decimal(-1)}),
        ("amount_off", {"percent_off": Decimal(0), "amount_off": Decimal("1e12")}),
        ("amount_off", {"amount_off": Decimal(1)}),
        ("max_places", {"max_places": 0}),
        ("max_places", {"max_places": 2**70}),
        ("max_places_per_person", {"max_places_per_person": -1}),
        ("ticket_types", {"unlocks_hidden": True}),
    ],
)
def test_codes_that_make_no_sense_are_refused(field, fields):
    event, _kind = scene()
    with pytest.raises(Invalid) as refused:
        promos.create(event, by=None, **{"code": "OK", "percent_off": Decimal(5), **fields})
    assert list(refused.value.errors) == [field]
    assert not PromoCode.objects.exists()


def test_dates_types_names_and_limits_are_judged():
    event, kind = scene(price=10)
    now = timezone.now()
    wrong_dates = {"starts_at": now, "ends_at": now}
    for name, fields in (("ends_at", wrong_dates), ("ticket_types", {"ticket_types": [scene()[1]]})):
        with pytest.raises(Invalid) as refused:
            code(event, percent_off=Decimal(1), **fields)
        assert list(refused.value.errors) == [name]
    promo = code(event, percent_off=Decimal(10))
    with pytest.raises(Invalid, match="a code of this name already"):
        code(event, "spring")
    buy(people(1)[0], kind, qty=2, promo="SPRING")
    with pytest.raises(Invalid, match="2 places are bought with it already"):
        promos.change(promo, by=SuperAdminFactory(), max_places=1)


def test_a_code_of_a_type_that_is_not_hidden_any_more_can_be_switched_off():
    event, _kind = scene()
    press = hidden(event)
    promo = code(event, unlocks_hidden=True, ticket_types=[press])
    press.status = TicketType.Status.ACTIVE
    press.save()
    assert not promos.change(promo, by=SuperAdminFactory(), is_active=False).is_active


def test_the_tax_rate_is_copied_when_it_is_sold():
    event, kind = scene(price=100)
    admin = SuperAdminFactory()
    kind = ticket_types.change(kind, by=admin, tax_rate=Decimal("9.00"))
    order = buy(people(1)[0], kind)
    ticket_types.change(kind, by=admin, tax_rate=Decimal("21.00"))
    assert line(order).tax_rate == 9
    for wrong in (Decimal(-1), Decimal("100.01")):
        with pytest.raises(Invalid) as refused:
            ticket_types.change(kind, by=admin, tax_rate=wrong)
        assert list(refused.value.errors) == ["tax_rate"]


def test_looking_at_a_code_asks_the_database_as_often_with_many_types(django_assert_num_queries):
    event, _kind = scene(price=10)
    code(event, percent_off=Decimal(10), ticket_types=[TicketTypeFactory(event=event, price=n) for n in range(3)])
    assert isinstance(PromoCode.objects.all(), QuerySet)
    kinds = list(event.ticket_types.all())
    with django_assert_num_queries(2):
        promo = promos.find(event, "SPRING")
        assert len([promos.price(one, promo) for one in kinds]) == 4
