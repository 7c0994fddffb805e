"""What the provider tells us, or we ask it: repeated, reordered, lost, forged."""

import json
import time
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
import time_machine

from accounts.factories import SuperAdminFactory
from accounts.models import AuditLog
from accounts.tests.racing import errors, good, meet_before, race, switch_row_locks_off
from bookings import payments, webhooks
from bookings.models import Payment, WebhookDelivery
from bookings.providers import sandbox
from bookings.providers.base import BadSignature
from bookings.tests.invariants import check
from bookings.tests.scenes import buy, decide, hear, people, scene, settled, webhook
from eventify.lib.errors import Forbidden, Missing

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
ROUNDS = 6
URL = "/webhooks/payments/sandbox/"


@pytest.fixture
def clock():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def test_a_repeated_webhook_changes_nothing():
    event, ticket_type = scene(price=10)
    order = buy(people(1)[0], ticket_type)
    payment = decide(order)
    message = webhook(payment)
    good(race(*[partial(webhooks.receive, "sandbox", *message)] * 10))
    webhooks.receive("sandbox", *message)
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


def webhook_against_questions(switch_off=lambda: None):
    event, ticket_type = scene(price=10)
    order = buy(people(1)[0], ticket_type, qty=2)
    payment = decide(order)
    switch_off()
    hears, asks = partial(hear, payment), partial(payments.ask, payment)
    return event, order, race(hears, asks, partial(payments.refresh, order), hears, asks)


def test_webhook_and_questions_at_once_pay_once():
    for _round in range(ROUNDS):
        event, order, results = webhook_against_questions()
        good(results)
        assert settled(order) == ("paid", 2, 0, 20)
        check(event)


def test_control_without_the_locks_an_order_is_confirmed_again(monkeypatch):
    def switch_off():
        switch_row_locks_off(monkeypatch)
        meet_before(monkeypatch, Payment, "save", 2)

    _event, _order, results = webhook_against_questions(switch_off)
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
        webhooks.receive("sandbox", BODY, {HEADERS: signature})
    delivery = WebhookDelivery.objects.get()
    assert (delivery.body, bytes(delivery.raw_body), delivery.headers) == ({}, BODY, {HEADERS: signature})
    assert (delivery.attempts, delivery.processed_at) == (1, None)
    assert delivery.error in ("The signature is missing or too old.", "The signature is wrong.")


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
            webhooks.receive("sandbox", tampered, {HEADERS: signature})
    assert settled(order) == ("pending", 0, 0, 0)
    webhooks.receive("sandbox", body, headers)
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
        webhooks.receive("sandbox", body, {HEADERS: sandbox.sign(body)})
    assert settled(order) == ("pending", 0, 0, 0)


@pytest.mark.parametrize("body", [b"", b"[]", b"7", b"{", b"{}", b"\xff", b'"text"', b"null"])
def test_a_signed_message_of_another_shape_is_refused(body):
    with pytest.raises(BadSignature):
        webhooks.receive("sandbox", body, {HEADERS: sandbox.sign(body)})


def test_a_message_about_a_payment_that_is_not_ours_is_missing():
    stranger = Payment(uid=Payment().uid)
    with pytest.raises(Missing):
        webhooks.receive("sandbox", *webhook(stranger))


def forged(number: int = 0) -> None:
    with pytest.raises(BadSignature):
        webhooks.receive("sandbox", b"%d" % number, {HEADERS: "x"})


def test_junk_cannot_fill_the_disk(monkeypatch, clock):
    monkeypatch.setattr(webhooks, "UNSIGNED_KEPT", 3)
    _event, kind = scene(price=10)
    hear(decide(buy(people(1)[0], kind)))
    for number in range(6):
        forged(number)
    junk = WebhookDelivery.objects.filter(processed_at=None).order_by("pk")
    assert [bytes(one.raw_body) for one in junk] == [b"3", b"4", b"5"]
    assert WebhookDelivery.objects.count() == 4
    clock.shift(timedelta(days=8))
    webhooks.sweep()
    assert not junk.all() and WebhookDelivery.objects.count() == 1
    clock.shift(timedelta(days=180))
    webhooks.sweep()
    assert not WebhookDelivery.objects.exists()


@pytest.mark.parametrize(
    ("body", "signature", "status", "sentence"),
    [
        (b"x" * (128 * 1024 + 1), "x", 413, "The message is too large."),
        (b"x", "x" * 2001, 400, "The signature is missing, wrong or too old."),
    ],
    ids=["body", "signature"],
)
def test_what_is_too_large_is_not_stored(client, body, signature, status, sentence):
    response = client.post(URL, body, content_type="application/json", headers={HEADERS: signature})
    assert (response.status_code, response.json()["message"]) == (status, sentence)
    assert not WebhookDelivery.objects.exists()


def test_messages_are_counted(client, settings):
    settings.EVENTIFY_RATE_LIMITS = True
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "webhook": (2, 60)}
    assert [client.post(URL, b"{}", content_type="application/json").status_code for _time in range(3)] == [
        400,
        400,
        429,
    ]
    assert WebhookDelivery.objects.count() == 2


def test_a_message_that_failed_keeps_its_error_and_is_applied_by_the_sweep(clock):
    event, kind = scene(price=10)
    order = buy(people(1)[0], kind)
    payment = decide(order)
    Payment.objects.filter(pk=payment.pk).update(uid="11111111-1111-4111-8111-111111111111")
    with pytest.raises(Missing):
        hear(payment)
    delivery = WebhookDelivery.objects.get()
    assert (delivery.delivery_id, delivery.attempts) == (f"evt_{payment.uid.hex}_paid", 1)
    assert (delivery.error, delivery.processed_at) == ("There is no such payment.", None)
    Payment.objects.filter(pk=payment.pk).update(uid=payment.uid)
    assert webhooks.sweep() == 0  # it may be at work
    clock.shift(timedelta(hours=2))  # the signature is old by now, but was good when it came
    assert webhooks.sweep() == 1
    delivery.refresh_from_db()
    assert (delivery.attempts, delivery.error, delivery.processed_at) == (2, "", NOW + timedelta(hours=2))
    assert webhooks.sweep() == 0
    check(event)


def test_the_sweep_gives_up_after_days(clock):
    _event, kind = scene(price=10)
    payment = decide(buy(people(1)[0], kind))
    Payment.objects.filter(pk=payment.pk).update(uid="11111111-1111-4111-8111-111111111111")
    with pytest.raises(Missing):
        hear(payment)
    forged()
    clock.shift(timedelta(days=4))
    webhooks.sweep()
    assert set(WebhookDelivery.objects.values_list("attempts", flat=True)) == {1}


def test_staff_replays_what_was_not_believed_with_a_wrong_secret(settings):
    event, kind = scene(price=10)
    order = buy(people(1)[0], kind)
    message = webhook(decide(order))
    right, settings.SANDBOX_WEBHOOK_SECRET = settings.SANDBOX_WEBHOOK_SECRET, "wrong" * 10
    with pytest.raises(BadSignature):
        webhooks.receive("sandbox", *message)
    delivery, boss = WebhookDelivery.objects.get(), SuperAdminFactory()
    with pytest.raises(BadSignature):
        webhooks.replay(delivery, by=boss)
    settings.SANDBOX_WEBHOOK_SECRET = right
    with pytest.raises(Forbidden):
        webhooks.replay(delivery, by=order.user)
    assert settled(order)[0] == "pending"
    assert webhooks.replay(delivery, by=boss).processed_at is not None
    webhooks.replay(WebhookDelivery.objects.get(), by=boss)  # once more does nothing
    assert settled(order) == ("paid", 1, 0, 10)
    assert AuditLog.objects.filter(action="REPLAYED_WEBHOOK", actor=boss).count() == 3
    check(event)
