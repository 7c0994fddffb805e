"""What Stripe tells us: foreign, forged, of any shape, in any order, often or never."""

import random
import time
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import uuid4

import pytest
import time_machine
from django.urls import reverse

from accounts.tests.racing import good, race
from bookings import checkout, tasks, webhooks
from bookings.models import Order, Payment, Refund, WebhookDelivery
from bookings.providers import stripe as ours
from bookings.providers.base import BadSignature
from bookings.tests import stripe_stand_in
from bookings.tests.invariants import check
from bookings.tests.scenes import buy, people, scene, settled
from bookings.tests.stripe_scenes import hear, started
from eventify.lib.errors import Missing

pytestmark = pytest.mark.django_db(transaction=True)


def test_messages_about_other_things_are_kept_and_done(stripe):
    event = {"id": "evt_x", "type": "customer.created", "created": 1, "data": {"object": {"id": "cus_1"}}}
    stranger = {"id": "evt_y", "type": "checkout.session.completed", "created": 1, "data": {"object": {"metadata": {}}}}
    for one in (event, stranger):
        assert hear(one).processed_at is not None
    assert not Payment.objects.exists()


def test_a_session_of_ours_that_nobody_knows_is_missing(stripe):
    _event, _order, payment = started()
    stripe.tell("checkout.session.completed", stripe.of(payment))
    stripe.messages[-1]["data"]["object"]["metadata"]["payment"] = str(uuid4())
    stripe.messages[-1]["data"]["object"]["payment_status"] = "paid"
    with pytest.raises(Missing):
        hear(stripe.messages[-1])
    assert WebhookDelivery.objects.get().error == "There is no such payment."


@pytest.mark.parametrize(
    "how", [{"secret": "whsec_wrong"}, {"at": int(time.time()) - 4000}], ids=["another secret", "old"]
)
def test_a_forged_or_old_message_is_kept_but_not_believed(stripe, how):
    _event, order, payment = started()
    stripe.pay(stripe.of(payment))
    with pytest.raises(BadSignature):
        hear(stripe.messages[0], **how)
    delivery = WebhookDelivery.objects.get()
    assert (delivery.body, delivery.processed_at, delivery.attempts) == ({}, None, 1)
    assert delivery.error == "The signature is missing, wrong or too old."
    assert settled(order)[0] == "pending"


@pytest.mark.parametrize("header", ["", "t=1", "t=²,v1=é", "t=x,v1=y", f"t={'9' * 1900},v1=0", "v1=,,,==,", "\x00"])
def test_any_signature_is_answered(stripe, client, header):
    url = reverse("payment-webhook", args=["stripe"])
    response = client.post(url, b"{}", content_type="application/json", headers={"Stripe-Signature": header})
    assert response.status_code == 400
    assert response.json() == {"received": False, "message": "The signature is missing, wrong or too old."}


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"7", b"null", b"{}", b"\xff", b'{"data": {"object": 7}}', b"[" * 50_000, b'{"id": 5}']
)
def test_a_signed_message_of_any_shape_is_answered(stripe, client, body):
    text = body.decode("utf-8", "replace")
    header = ours.stripe.WebhookSignature.generate_signature_header(text, stripe_stand_in.SECRET)
    with pytest.raises(BadSignature):
        webhooks.receive("stripe", body, {"Stripe-Signature": header})


def test_messages_in_any_order_some_often_and_some_never(stripe):
    luck = random.Random(5)  # noqa: S311
    event, kind = scene(price=10, capacity=25)
    orders = [buy(user, kind) for user in people(20)]
    for order in orders:
        fate = luck.random()
        if fate < 0.8:
            stripe.pay(stripe.of(order.payments.get()))
        elif fate < 0.9:
            stripe.expire_session(stripe.of(order.payments.get()))
    messages = luck.choices(stripe.messages, k=40)
    for number in range(0, len(messages), 4):
        good(race(*[partial(hear, one) for one in messages[number : number + 4]]))
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=5)):
        tasks.ask_providers()
    bought = sum(one["payment_status"] == "paid" for one in stripe.sessions.values())
    assert Order.objects.filter(status="paid").count() == bought > 10
    assert not Refund.objects.exists()
    check(event)


def test_many_checkouts_against_all_trouble_at_once(stripe):
    """Answers are lost, slow or wrong, messages are repeated, reordered and lost: nobody pays twice or for nothing."""
    luck, checkouts = random.Random(11), 60  # noqa: S311
    stripe.trouble = luck.choices(["", "", "lose", "drop", "broken", "busy"], k=checkouts)
    event, kind = scene(price=10, capacity=checkouts - 10)
    orders = [buy(user, kind) for user in people(checkouts - 10)]
    for order in orders:
        while not order.payments.get().checkout_url:
            checkout.open_page(Order.objects.get(pk=order.pk))
    assert len(stripe.sessions) == len(orders)
    payers = luck.sample(orders, 40)
    for order in payers:
        stripe.pay(stripe.of(order.payments.get()))
    with time_machine.travel(max(order.expires_at for order in orders) + timedelta(seconds=5), tick=False):
        tasks.expire_holds()  # all of them: who paid gets the places again, if others do not have them
    late = [buy(user, kind) for user in people(20)]
    for order in late:
        stripe.pay(stripe.of(order.payments.get()))
    messages = luck.choices(stripe.messages, k=90)
    stripe.trouble = luck.choices(["", "lose", "broken"], k=60)
    for number in range(0, len(messages), 3):
        good(race(*[partial(hear, one) for one in messages[number : number + 3]]))
    for minutes in (5, 12, 30, 60, 120):
        with time_machine.travel(datetime.now(UTC) + timedelta(minutes=minutes), tick=False):
            tasks.ask_providers()
    paid_there = {one["client_reference_id"] for one in stripe.sessions.values() if one["payment_status"] == "paid"}
    assert len(paid_there) == 60 == Payment.objects.filter(status="paid").count()
    bought = Order.objects.filter(status="paid").count()
    returned = Refund.objects.filter(status="done").count()
    assert bought + returned == 60 and bought <= event.capacity
    assert sum(one["amount"] for one in stripe.refunds.values()) == returned * 1000
    assert len({one["metadata"]["refund"] for one in stripe.refunds.values()}) == returned == len(stripe.refunds)
    check(event)
