"""Money on its way back: once, never more than was paid, whatever comes at once."""

import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial

import pytest
import time_machine
from django.db import transaction

from accounts.tests.racing import good, meet_after, race, switch_row_locks_off
from bookings import cancelling, refunds, seats, tasks, tickets
from bookings.models import Refund, SandboxCharge, Seat
from bookings.providers import sandbox
from bookings.tests.invariants import books, check
from bookings.tests.scenes import book, buy, decide, hear, pay, people, scene, settled
from eventify.lib.errors import Conflict
from events.models import Event

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
ROUNDS = 6


def cancel_against_payment():
    event, ticket_type = scene(capacity=2, price=10)
    order = buy(people(1)[0], ticket_type, qty=2)
    payment = decide(order)
    race(partial(hear, payment), partial(cancelling.cancel, order, by=order.user), tasks.expire_holds)
    return event, order


def test_cancelling_against_payment_gives_the_money_back_once():
    for _round in range(ROUNDS):
        event, order = cancel_against_payment()
        status, *facts = settled(order)
        assert (status in ("cancelled", "refunded"), facts) == (True, [0, 1, 0])
        event.refresh_from_db()
        assert event.booked_count == 0
        check(event)


def test_control_without_the_locks_cancelling_and_payment_lose_each_other(monkeypatch):
    switch_row_locks_off(monkeypatch)
    meet_after(monkeypatch, cancelling, "lock", 2)
    _event, order = cancel_against_payment()
    assert settled(order)[1:] != (0, 1, 0)


def test_cancelling_twice_at_once_refunds_once():
    for _round in range(ROUNDS):
        event, ticket_type = scene(price=10)
        order = pay(buy(people(1)[0], ticket_type))
        booking = order.bookings.get()
        whole, one = (
            partial(cancelling.cancel, order, by=order.user),
            partial(cancelling.cancel_booking, booking, by=order.user),
        )
        assert len(good(race(whole, one, whole, one))) == 1
        assert settled(order) == ("refunded", 0, 1, 0)
        check(event)


def test_control_without_the_locks_cancelling_twice_refunds_twice(monkeypatch):
    event, ticket_type = scene(price=10)
    order = pay(buy(people(1)[0], ticket_type))
    pay(buy(people(1)[0], ticket_type))
    switch_row_locks_off(monkeypatch)
    monkeypatch.setattr(tickets, "revoke", lambda _bookings: None)  # its UPDATE of the tickets is a lock too
    monkeypatch.setattr(refunds, "refunded", lambda _payment: Decimal(0))  # the last guard: never more than was paid
    meet_after(monkeypatch, cancelling, "_check_may_end", 2)
    race(*[partial(cancelling.cancel, order, by=order.user)] * 2)
    assert "refunds within payments" in [breach.check for breach in books()]


def count_refunds(monkeypatch) -> list:
    """What reaches the provider."""
    sent = []
    send = sandbox.SandboxProvider.refund

    def counted(provider, refund):
        time.sleep(0.05)
        sent.append(refund.uid)
        send(provider, refund)

    monkeypatch.setattr(sandbox.SandboxProvider, "refund", counted)
    return sent


def test_a_refund_is_sent_once_by_tasks_at_once(monkeypatch):
    _event, ticket_type = scene(price=10)
    order = pay(buy(people(1)[0], ticket_type))
    cancelling.cancel(order, by=order.user)
    sent = count_refunds(monkeypatch)
    refund = Refund.objects.get()
    assert sum(good(race(*[tasks.send_refunds] * 4, *[partial(tasks.send_refunds, refund.pk)] * 4))) == 1
    refund.refresh_from_db()
    assert (refund.status, sent) == ("done", [refund.uid])
    assert list(SandboxCharge.objects.get().refunds.values()) == ["10.00"]


def test_control_without_the_lock_a_refund_is_sent_again(monkeypatch):
    _event, ticket_type = scene(price=10)
    order = pay(buy(people(1)[0], ticket_type))
    cancelling.cancel(order, by=order.user)
    sent = count_refunds(monkeypatch)
    switch_row_locks_off(monkeypatch)
    meet_after(monkeypatch, refunds, "provider", 4)
    race(*[tasks.send_refunds] * 4)
    assert len(sent) > 1


def test_refunds_never_exceed_payments():
    _event, ticket_type = scene(price=10)
    order = pay(buy(people(1)[0], ticket_type, qty=3))
    with transaction.atomic():
        refunds.request(order, Decimal(20), reason="test")
    with pytest.raises(Conflict), transaction.atomic():
        refunds.request(order, Decimal(11), reason="test")
    assert Refund.objects.count() == 1


def test_one_booking_of_a_paid_order_gives_its_part_back():
    (first, a), (second, b) = scene(price=10), scene(price=30)
    order = pay(buy(people(1)[0], a, b))
    cancelling.cancel_booking(order.bookings.get(event=first), by=order.user)
    assert settled(order) == ("paid", 1, 1, 30)
    cancelling.cancel_booking(order.bookings.get(event=second), by=order.user)
    assert settled(order) == ("refunded", 0, 2, 0)
    check(first, second)


def test_an_event_that_has_begun_does_not_hold_the_other_one_back():
    soon = NOW + timedelta(hours=1)
    with time_machine.travel(NOW, tick=False) as clock:
        (first, a), (second, b) = scene(price=10, starts_at=soon), scene(price=30)
        order = pay(buy(people(1)[0], a, b))
        clock.shift(timedelta(hours=2))
        with pytest.raises(cancelling.NotCancellable):
            cancelling.cancel_booking(order.bookings.get(event=first), by=order.user)
        cancelling.cancel_booking(order.bookings.get(event=second), by=order.user)
        assert settled(order) == ("paid", 1, 1, 10)
        check(first, second)


def test_seats_come_back_with_the_money():
    event, ticket_type = scene(capacity=4, price=10, seating=Event.Seating.AUTOMATIC)
    seats.fit_grid(event)
    order = pay(buy(people(1)[0], ticket_type, qty=2))
    cancelling.cancel(order, by=order.user)
    assert Seat.objects.exclude(reserved_booking=None).count() == 0
    assert pay(book(event, people(1)[0], 1, chosen=("A-1",)).order).tickets.get().seat.label == "A-1"
    check(event)


def test_a_refund_of_a_provider_that_nobody_knows_stops_no_other():
    _event, ticket_type = scene(price=10)
    strange, good_one = (pay(buy(user, ticket_type)) for user in people(2))
    for order in (strange, good_one):
        cancelling.cancel(order, by=order.user)
    strange.payments.update(provider="paypal")
    assert refunds.send() == 1
    assert refunds.send() == 0
    assert [order.payments.get().refunds.get().status for order in (strange, good_one)] == ["requested", "done"]


def test_everything_that_asks_providers_goes_on_past_one_that_nobody_knows():
    _event, ticket_type = scene(price=10)
    open_one, owed = buy(people(1)[0], ticket_type), pay(buy(people(1)[0], ticket_type))
    cancelling.cancel(owed, by=owed.user)
    open_one.payments.update(provider="paypal", look_at=NOW)
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=5), tick=True):
        tasks.ask_providers()
    assert owed.payments.get().refunds.get().status == "done"
    assert open_one.payments.get().status == "open"
