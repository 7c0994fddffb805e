"""A ticket that is being paid for against everything that may happen to it at that moment."""

from functools import partial

import pytest

from accounts.tests.racing import good, race, switch_row_locks_off
from bookings import cancelling, checkin, checkout, queries, resales
from bookings.models import Booking, Refund, Resale
from bookings.tests.invariants import broken, check
from bookings.tests.scenes import buy, decide, hear, pay, people, scene, settled, wait
from partners.factories import PartnerFactory

pytestmark = pytest.mark.django_db(transaction=True)


def held(qty=1):
    """The seller's ticket is held for somebody who has paid the provider; (event, seller's order, payment)."""
    event, kind = scene(capacity=qty, price=10, partner=PartnerFactory())
    order = pay(buy(people(1)[0], kind, qty=qty))
    late = wait(event, people(1)[0], qty)
    for ticket in order.tickets.all():
        resales.offer(ticket, by=order.user)
    late.refresh_from_db()
    checkout.open_page(late.order)
    return event, order, decide(late.order)


def live(event) -> int:
    """How many people the door would have let in, or lets in."""
    return event.tickets.filter(queries.AT_DOOR).count()


@pytest.mark.parametrize("_time", range(3))
def test_paid_or_scanned(_time):
    event, order, payment = held()
    ticket = order.tickets.get()
    race(partial(hear, payment), partial(checkin.admit, ticket.ticket_code, by=None))
    ticket.refresh_from_db()
    is_sold = Resale.objects.get().status == "sold"
    assert ticket.status == ("cancelled" if is_sold else "used")
    assert live(event) == 1 and Refund.objects.count() == 1  # the seller's, or that of who paid in vain
    check(event)


def test_control_without_locks_both_have_the_place(monkeypatch):
    event, order, payment = held()
    code = order.tickets.get().ticket_code
    switch_row_locks_off(monkeypatch)
    settle = resales.settle

    def scanned_first(*args):
        assert good(race(partial(checkin.admit, code, by=None)))
        settle(*args)

    monkeypatch.setattr(resales, "settle", scanned_first)
    hear(payment)
    assert live(event) == 2 and broken(event)


@pytest.mark.parametrize("_time", range(3))
def test_paid_or_cancelled_by_the_seller(_time):
    event, order, payment = held()
    race(partial(hear, payment), partial(cancelling.cancel, order, by=order.user))
    assert settled(order)[:2] == ("refunded", 0)
    assert Booking.objects.filter(event=event, status__in=["pending", "confirmed"]).count() == 1
    check(event)


@pytest.mark.parametrize("_time", range(3))
def test_paid_or_expired(_time):
    event, order, payment = held()
    type(order).objects.filter(pk=payment.order_id).update(expires_at=order.created_at)
    race(partial(hear, payment), partial(cancelling.expire_overdue))
    assert live(event) == 1
    check(event)


def test_the_message_comes_many_times_at_once():
    event, order, payment = held(2)
    assert len(good(race(*[partial(hear, payment)] * 4))) == 4
    assert settled(order) == ("refunded", 0, 1, 0) and Refund.objects.get().amount == 20
    check(event)


def test_offered_by_many_at_once():
    """Many sellers and many who wait: everybody gets one ticket."""
    event, kind = scene(capacity=6, price=10)
    orders = [pay(buy(user, kind)) for user in people(6)]
    late = [wait(event, user) for user in people(6)]
    assert len(good(race(*(partial(resales.offer, one.tickets.get(), by=one.user) for one in orders)))) == 6
    for one in late:
        one.refresh_from_db()
        checkout.open_page(one.order)
    payments = [decide(one.order) for one in late]
    assert len(good(race(*(partial(hear, one) for one in payments)))) == 6
    assert {settled(order)[0] for order in orders} == {"refunded"} and live(event) == 6
    check(event)


def test_two_who_buy_from_each_other_do_not_deadlock():
    (one, a), (two, b) = (scene(capacity=1, price=10) for _number in range(2))
    ann, ben = people(2)
    sold = [pay(buy(ann, a)), pay(buy(ben, b))]
    late = [wait(two, ann), wait(one, ben)]
    for order in sold:
        resales.offer(order.tickets.get(), by=order.user)
    for booking in late:
        booking.refresh_from_db()
        checkout.open_page(booking.order)
    payments = [decide(booking.order) for booking in late]
    assert len(good(race(*(partial(hear, payment) for payment in payments)))) == 2
    assert {settled(order)[0] for order in sold} == {"refunded"}
    check(one, two)
