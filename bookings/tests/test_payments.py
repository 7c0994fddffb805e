"""Money: an order is paid at most once, and what arrives too late ends in a ticket or a refund, never both."""

import json
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial

import pytest
import time_machine
from django.db import transaction

from accounts.models import OutgoingMail
from accounts.tests.racing import errors, good, pause_after, race, switch_row_locks_off
from bookings import cancelling, capacity, checkout, payments, refunds, seats, tasks
from bookings.models import Order, Payment, Refund, SandboxCharge, Seat, Ticket, WebhookDelivery
from bookings.providers import sandbox
from bookings.providers.base import BadSignature
from bookings.tests.invariants import check
from bookings.tests.scenes import book, buy, charge_of, decide, hear, pay, people, scene, wait, webhook
from eventify.lib.errors import Conflict, Missing
from events.models import Event

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
ROUNDS = 6


@pytest.fixture
def clock():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def spent(order: Order) -> Decimal:
    """What the buyer's account says was spent."""
    order.user.refresh_from_db()
    return order.user.total_spent


def settled(order: Order) -> tuple:
    """(status of the order, tickets that open the door, refunds, total spent)."""
    order.refresh_from_db()
    live = order.tickets.exclude(status=Ticket.Status.CANCELLED).count()
    return order.status, live, Refund.objects.filter(payment__order=order).count(), spent(order)


def test_paid_in_time(clock):
    event, ticket_type = scene(price="12.50")
    order = buy(people(1)[0], ticket_type, qty=2)
    payment = order.payments.get()
    assert checkout.url(order).endswith(f"/sandbox/pay/{payment.uid}/")
    assert (order.status, order.total_amount, order.tickets.count()) == ("pending", 25, 0)
    pay(order)
    assert settled(order) == ("paid", 2, 0, 25)
    order.refresh_from_db()
    assert (order.paid_at, order.payment_method) == (NOW, "sandbox card")
    assert order.payment_transaction_id == f"sbx_{payment.uid.hex}"
    assert checkout.url(order) is None
    mail = OutgoingMail.objects.get()
    assert (mail.template, mail.to) == ("tickets", order.user.email)
    assert mail.context == {"order": str(order.uid), "event": event.name, "qty": 2}
    check(event)


def test_a_payment_before_the_sweep_found_the_hold_overdue_counts(clock):
    event, ticket_type = scene(capacity=1, price=10)
    order = buy(people(1)[0], ticket_type)
    clock.shift(timedelta(minutes=16))
    pay(order)
    assert settled(order) == ("paid", 1, 0, 10)
    assert tasks.expire_holds() == 0
    check(event)


def late(clock, order: Order) -> Payment:
    """The buyer has paid, but the hold ran out before we heard of it."""
    payment = decide(order)
    clock.shift(timedelta(minutes=16))
    assert tasks.expire_holds() >= 1
    return payment


def test_paid_late_with_the_stock_still_free(clock):
    event, ticket_type = scene(capacity=4, price=10, seating=Event.Seating.AUTOMATIC)
    order = buy(people(1)[0], ticket_type, qty=2)
    hear(late(clock, order))
    assert settled(order) == ("paid", 2, 0, 20)
    assert (order.has_expired, order.cancelled_at) == (False, None)
    assert sorted(order.tickets.values_list("seat__label", flat=True)) == ["A-1", "A-2"]
    check(event)


def test_paid_late_with_the_stock_gone(clock):
    event, ticket_type = scene(capacity=2, price=10)
    order = buy(people(1)[0], ticket_type, qty=2)
    payment = late(clock, order)
    buy(people(1)[0], ticket_type)
    hear(payment)
    assert settled(order) == ("cancelled", 0, 1, 0)
    assert Refund.objects.get().amount == 20
    assert OutgoingMail.objects.get(template="payment_returned").context["amount"] == "20.00"
    assert tasks.ask_providers() == 1
    assert list(charge_of(payment).refunds.values()) == ["20.00"]
    check(event)


def test_paid_late_for_two_events_of_which_one_is_gone(clock):
    (first, a), (second, b) = scene(capacity=2, price=10), scene(capacity=1, price=10)
    order = buy(people(1)[0], a, b)
    payment = late(clock, order)
    buy(people(1)[0], b)
    hear(payment)
    assert settled(order) == ("cancelled", 0, 1, 0)
    check(first, second)


def test_paid_late_while_others_wait(clock):
    """The place went to the queue as an offer: it is not taken back."""
    event, ticket_type = scene(capacity=1, price=10)
    order = buy(people(1)[0], ticket_type)
    waiter = wait(event, people(1)[0])
    hear(late(clock, order))
    assert settled(order) == ("cancelled", 0, 1, 0)
    assert Order.objects.get(bookings=waiter).status == "pending"
    check(event)


def test_paid_late_when_a_seat_is_not_in_the_grid_any_more(clock):
    event, ticket_type = scene(capacity=20, price=10, seating=Event.Seating.AUTOMATIC)
    buyer = people(1)[0]
    order = book(event, buyer, 1, chosen=("B-10",)).order
    payment = late(clock, order)
    capacity.change(event, 5, by=buyer)
    hear(payment)
    assert settled(order) == ("cancelled", 0, 1, 0)
    check(event)


def test_paid_late_past_the_limit_of_a_person(clock):
    event, ticket_type = scene(price=10)
    ticket_type.max_per_person = 2
    ticket_type.save()
    buyer = people(1)[0]
    order = buy(buyer, ticket_type, qty=2)
    payment = late(clock, order)
    buy(buyer, ticket_type, qty=2)
    hear(payment)
    assert settled(order) == ("cancelled", 0, 1, 0)
    check(event)


def test_paid_after_the_buyer_cancelled():
    event, ticket_type = scene(capacity=1, price=10)
    order = buy(people(1)[0], ticket_type)
    payment = decide(order)
    cancelling.cancel(order, by=order.user)
    hear(payment)
    assert settled(order) == ("cancelled", 0, 1, 0)
    check(event)


def test_paid_twice():
    """Two payments of one order, as after a failed one that was paid in the end: the second goes back."""
    event, ticket_type = scene(price=10)
    order = buy(people(1)[0], ticket_type)
    first = decide(order, "failed")
    hear(first, "failed")
    payments.try_again(order)
    hear(decide(order))
    hear(first)
    assert settled(order) == ("paid", 1, 1, 10)
    assert Refund.objects.get().payment == first
    check(event)


def test_a_failed_payment_can_be_tried_again():
    event, ticket_type = scene(price=10)
    order = buy(people(1)[0], ticket_type)
    hear(decide(order, "failed"), "failed")
    assert settled(order) == ("pending", 0, 0, 0)
    assert checkout.url(order).endswith(f"/orders/{order.uid}/pay/")
    address = payments.try_again(order)
    assert address == payments.try_again(order)
    assert [one.status for one in order.payments.order_by("id")] == ["failed", "open"]
    pay(order)
    assert settled(order) == ("paid", 1, 0, 10)
    check(event)


def test_trying_again_at_once_makes_one_payment():
    _event, ticket_type = scene(price=10)
    order = buy(people(1)[0], ticket_type)
    hear(decide(order, "failed"), "failed")
    assert len(set(good(race(*[partial(payments.try_again, order)] * 8)))) == 1
    assert order.payments.filter(status="open").count() == 1


def test_an_order_that_is_over_is_not_tried_again(clock):
    _event, ticket_type = scene(price=10)
    overdue, paid = (buy(people(1)[0], ticket_type) for _again in range(2))
    pay(paid)
    clock.shift(timedelta(minutes=15))
    for order in (overdue, paid):
        with pytest.raises(Conflict) as refusal:
            payments.try_again(order)
        assert str(refusal.value.message) == "This order cannot be paid any more. Please order again."


def test_a_repeated_webhook_changes_nothing():
    event, ticket_type = scene(price=10)
    order = buy(people(1)[0], ticket_type)
    payment = decide(order)
    message = webhook(payment)
    good(race(*[partial(payments.receive, "sandbox", *message)] * 10))
    payments.receive("sandbox", *message)
    assert settled(order) == ("paid", 1, 0, 10)
    assert WebhookDelivery.objects.exclude(processed_at=None).count() == WebhookDelivery.objects.count() == 1
    check(event)


def test_webhooks_in_the_wrong_order():
    """'failed' that arrives after 'paid' is old news."""
    event, ticket_type = scene(price=10)
    order = buy(people(1)[0], ticket_type)
    payment = decide(order)
    hear(payment, "paid")
    hear(payment, "failed")
    hear(payment, "open")
    assert settled(order) == ("paid", 1, 0, 10)
    payment.refresh_from_db()
    assert payment.status == "paid"
    check(event)


def webhook_against_questions():
    event, ticket_type = scene(price=10)
    order = buy(people(1)[0], ticket_type, qty=2)
    payment = decide(order)
    hears, asks = partial(hear, payment), partial(payments.ask, payment)
    return event, order, race(hears, asks, partial(payments.refresh, order), hears, asks)


def test_webhook_and_questions_at_once_pay_once():
    for _round in range(ROUNDS):
        event, order, results = webhook_against_questions()
        good(results)
        assert settled(order) == ("paid", 2, 0, 20)
        check(event)


def test_control_without_the_locks_an_order_is_confirmed_again(monkeypatch):
    switch_row_locks_off(monkeypatch)
    pause_after(monkeypatch, cancelling, "lock")
    _event, _order, results = webhook_against_questions()
    assert errors(results, IndexError)  # nothing is left to confirm for the second


def test_a_lost_webhook_is_found_by_asking(clock):
    event, ticket_type = scene(price=10)
    order = buy(people(1)[0], ticket_type)
    decide(order)
    assert payments.ask_open() == 0  # too early
    clock.shift(timedelta(minutes=3))
    assert payments.ask_open() == 1
    assert settled(order) == ("paid", 1, 0, 10)
    check(event)


def test_the_pauses_between_questions_grow_and_end(clock):
    _event, ticket_type = scene(price=10)
    buy(people(1)[0], ticket_type)
    asked = []
    for minutes in (4, 4.5, 5.5, 60, 70, 80, 71 * 60, 73 * 60):
        clock.move_to(NOW + timedelta(minutes=minutes))
        asked.append(payments.ask_open())
    assert asked == [1, 0, 1, 1, 0, 1, 1, 0]


def test_those_never_asked_about_are_asked_first(clock, monkeypatch):
    _event, ticket_type = scene(price=10)
    first, second = (buy(people(1)[0], ticket_type).payments.get() for _again in range(2))
    clock.shift(timedelta(hours=1))
    Payment.objects.filter(pk=first.pk).update(asked_at=NOW)
    monkeypatch.setattr(payments, "ASK_AT_ONCE", 1)
    payments.ask_open()
    second.refresh_from_db()
    assert second.asked_at == NOW + timedelta(hours=1)


BODY, HEADERS = b'{"id": "e", "payment": "x", "status": "paid", "reference": "r"}', sandbox.SIGNATURE_HEADER


@pytest.mark.parametrize(
    "signature",
    ["", "nonsense", "t=,v1=", "t=1,v1=ab", "v1=" + "0" * 64, "t=99999999999999999999,v1=" + "0" * 64, "t=²,v1=é"],
)
def test_a_forged_signature_is_refused(signature):
    with pytest.raises(BadSignature):
        payments.receive("sandbox", BODY, {HEADERS: signature})
    assert WebhookDelivery.objects.count() == 0


def test_an_old_or_tampered_message_is_refused():
    _event, ticket_type = scene(price=10)
    order = buy(people(1)[0], ticket_type)
    body, headers = webhook(order.payments.get())
    at = int(time.time())
    for tampered, signature in (
        (body.replace(b"paid", b"open"), headers[HEADERS]),
        (body, sandbox.sign(body, at - sandbox.TOLERANCE - 5)),
        (body, sandbox.sign(body, at + sandbox.TOLERANCE + 5)),
        (body, sandbox.sign(body, at).replace(f"t={at}", f"t={at - 1}")),
        (body, sandbox.sign(body, at)[:-1]),
    ):
        with pytest.raises(BadSignature):
            payments.receive("sandbox", tampered, {HEADERS: signature})
    assert settled(order) == ("pending", 0, 0, 0)
    payments.receive("sandbox", body, headers)
    assert settled(order) == ("paid", 1, 0, 10)


@pytest.mark.parametrize(
    "change",
    [
        {"status": "refunded"},
        {"status": "x" * 500},
        {"status": None},
        {"id": 5},
        {"id": "x" * 101},
        {"id": "\x00"},
        {"reference": "r" * 101},
        {"payment": "no-uuid"},
        {"payment": 7},
    ],
)
def test_a_signed_message_that_makes_no_sense_is_refused(change):
    _event, ticket_type = scene(price=10)
    order = buy(people(1)[0], ticket_type)
    said = json.loads(webhook(order.payments.get())[0]) | change
    body = json.dumps(said).encode()
    with pytest.raises(BadSignature):
        payments.receive("sandbox", body, {HEADERS: sandbox.sign(body)})
    assert settled(order) == ("pending", 0, 0, 0)


@pytest.mark.parametrize("body", [b"", b"[]", b"7", b"{", b"{}", b"\xff", b'"text"', b"null"])
def test_a_signed_message_of_another_shape_is_refused(body):
    with pytest.raises(BadSignature):
        payments.receive("sandbox", body, {HEADERS: sandbox.sign(body)})


def test_a_message_about_a_payment_that_is_not_ours_is_missing():
    stranger = Payment(uid=Payment().uid)
    with pytest.raises(Missing):
        payments.receive("sandbox", *webhook(stranger))


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
    pause_after(monkeypatch, cancelling, "lock")
    _event, order = cancel_against_payment()
    assert settled(order)[1:] != (0, 1, 0)


def test_cancelling_twice_at_once_refunds_once():
    for _round in range(ROUNDS):
        event, ticket_type = scene(price=10)
        order = pay(buy(people(1)[0], ticket_type))
        booking = order.bookings.get()
        whole, one = partial(cancelling.cancel, order, by=order.user), partial(
            cancelling.cancel_booking, booking, by=order.user
        )
        assert len(good(race(whole, one, whole, one))) == 1
        assert settled(order) == ("refunded", 0, 1, 0)
        check(event)


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
