"""One effect per idempotency key, for ever: retries one after another, at once, and with another body."""

from functools import partial

import pytest

from accounts.tests.racing import good, meet_after, race, switch_row_locks_off, without_constraint
from bookings import at_once, cancelling, inventory, tasks
from bookings.inventory import SoldOut
from bookings.keys import KeyReused
from bookings.models import Booking, Order, Payment
from bookings.tests.invariants import check
from bookings.tests.scenes import book, buy, pay, people, scene, statuses
from eventify.lib.errors import Invalid

pytestmark = pytest.mark.django_db(transaction=True)
TWINS = 20


@pytest.mark.parametrize("price", [0, 250])
def test_twenty_orders_at_once_with_one_key_are_one(price):
    event, ticket_type = scene(capacity=50, price=price)
    user = people(1)[0]
    results = good(race(*[partial(buy, user, ticket_type, qty=2, key="again")] * TWINS))
    assert len(results) == TWINS
    assert len({order.pk for order in results}) == Order.objects.count() == Booking.objects.count() == 1
    assert Payment.objects.count() == (1 if price else 0)
    check(event)


@pytest.mark.parametrize("price", [0, 250])
def test_twenty_bookings_at_once_with_one_key_are_one(price):
    event, _type = scene(capacity=50, price=price)
    user = people(1)[0]
    results = good(race(*[partial(book, event, user, 2, key="again")] * TWINS))
    assert len(results) == TWINS
    assert len({booking.pk for booking in results}) == Booking.objects.count() == Order.objects.count() == 1
    check(event)


def test_twenty_waiters_at_once_with_one_key_are_one():
    event, _type = scene(capacity=1)
    first, user = people(2)
    book(event, first)
    results = good(race(*[partial(book, event, user, 1, key="again", waitlist_too=True)] * TWINS))
    assert len({booking.pk for booking in results}) == event.bookings.filter(user=user).count() == 1
    check(event)


def test_the_last_place_and_its_retries_are_one():
    """The twin that comes late finds its own order, not 'sold out'."""
    event, ticket_type = scene(capacity=1)
    user = people(1)[0]
    assert len(good(race(*[partial(buy, user, ticket_type, key="last")] * TWINS))) == TWINS
    check(event)


def test_one_key_for_two_events_at_once_is_one_order_and_refusals():
    (first, a), (second, b) = scene(), scene()
    user = people(1)[0]
    calls = [partial(buy, user, one, key="same") for one in (a, b) * 8]
    results = race(*calls)
    winners = good(results)
    assert len(winners) == 8
    assert {type(result) for result in results} == {Order, KeyReused}
    assert Order.objects.count() == 1
    check(first, second)


def test_control_without_lock_and_constraint_retries_are_sold_again(monkeypatch):
    _event, ticket_type = scene(capacity=50)
    user = people(1)[0]
    switch_row_locks_off(monkeypatch)
    meet_after(monkeypatch, at_once, "_is_simple", 8)  # nobody has found an order of this key
    with without_constraint(Order, "order_once_per_key"):
        results = race(*[partial(buy, user, ticket_type, key="again")] * 8)
        made = Order.objects.update(idempotency_key="")
    assert len(good(results)) == 8 and made > 1


@pytest.mark.parametrize("is_locked", [False, True])
def test_without_the_lock_the_constraint_still_leaves_one(monkeypatch, is_locked):
    """The second guard alone, in both ways of a sale: the loser of the race finds its twin's row."""
    event, ticket_type = scene(capacity=50)
    user = people(1)[0]
    switch_row_locks_off(monkeypatch)
    if is_locked:
        monkeypatch.setattr(at_once, "_is_simple", lambda _types: False)
        meet_after(monkeypatch, inventory, "lock", 8)
    else:
        meet_after(monkeypatch, at_once, "_is_simple", 8)
    results = good(race(*[partial(buy, user, ticket_type, key="again")] * 8))
    assert len({order.pk for order in results}) == 1
    check(event)


def test_another_body_under_the_key_is_refused():
    event, ticket_type = scene()
    user = people(1)[0]
    buy(user, ticket_type, key="k")
    book(event, user, 1, key="k")
    for other in (
        partial(buy, user, ticket_type, qty=2, key="k"),
        partial(book, event, user, 2, key="k"),
        partial(book, event, user, 1, key="k", waitlist_too=True),
    ):
        with pytest.raises(KeyReused) as refusal:
            other()
        assert refusal.value.status == 422
    assert Booking.objects.count() == 2
    check(event)


def test_the_key_stays_used_after_payment_and_cancellation():
    event, ticket_type = scene(price=10)
    user = people(1)[0]
    order = buy(user, ticket_type, key="k")
    assert buy(user, ticket_type, key="k") == pay(order) == order
    cancelling.cancel(order, by=user)
    again = buy(user, ticket_type, key="k")
    assert (again, again.status) == (order, Order.Status.REFUNDED)
    check(event)


def test_keys_of_two_people_or_two_events_are_not_the_same():
    (first, _a), (second, _b) = scene(), scene()
    one, other = people(2)
    made = {book(event, user, 1, key="k").pk for event in (first, second) for user in (one, other)}
    assert len(made) == 4


def test_a_refusal_does_not_use_the_key_up():
    event, _type = scene(capacity=1)
    one, other = people(2)
    taken = book(event, one)
    with pytest.raises(SoldOut):
        book(event, other, 1, key="k")
    cancelling.cancel_booking(taken, by=one)
    assert statuses(book(event, other, 1, key="k")) == ["confirmed"]


@pytest.mark.parametrize("key", ["k" * 256, "\x00"])
def test_impossible_keys_are_refused(key):
    event, ticket_type = scene()
    for ask in (partial(buy, people(1)[0], ticket_type, key=key), partial(book, event, people(1)[0], key=key)):
        with pytest.raises(Invalid) as refusal:
            ask()
        assert refusal.value.errors == {"Idempotency-Key": ["Use at most 255 characters."]}


def test_tasks_that_run_twice_change_nothing():
    event, ticket_type = scene(capacity=2, price=10)
    user = people(1)[0]
    pay(buy(user, ticket_type))
    before = list(Booking.objects.values()), list(Order.objects.values()), list(Payment.objects.values())
    for _again in range(2):
        assert (tasks.expire_holds(), tasks.promote_waitlists(), tasks.promote_waitlists(event.pk)) == (0, 0, 0)
        assert (tasks.ask_providers(), tasks.send_refunds(), tasks.promote_waitlists(10**9)) == (0, 0, 0)
    after = list(Booking.objects.values()), list(Order.objects.values()), list(Payment.objects.values())
    assert before == after
    check(event)
