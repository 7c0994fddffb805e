"""Stripe Checkout, spoken over HTTP with a local stand-in: pages, payments, questions and refunds, and all trouble."""

import json
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine

from accounts.factories import SuperAdminFactory, UserFactory
from bookings import cancelling, checkout, payments, refunds, tasks
from bookings.models import Order, Payment, Refund, WebhookDelivery
from bookings.providers import stripe as ours
from bookings.providers.base import NotPayable, Unreachable
from bookings.tests.invariants import check
from bookings.tests.scenes import buy, people, scene, settled
from bookings.tests.stripe_scenes import hear, paid, started

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_page_is_made_with_what_stripe_needs(stripe):
    _event, order, payment = started(price="12.50", qty=2, currency="EUR")
    payment.refresh_from_db()
    (name,) = stripe.sessions
    assert (payment.provider, payment.provider_reference) == ("stripe", name)
    assert checkout.url(order) == stripe.sessions[name]["url"] and len(checkout.url(order)) > 600
    (method, path, form) = stripe.requests[0]
    back = checkout.order_page(order)
    assert (method, path) == ("POST", "/v1/checkout/sessions")
    assert form == {
        "mode": "payment",
        "client_reference_id": str(payment.uid),
        "success_url": back,
        "cancel_url": back,
        "customer_email": order.mail_to,
        "expires_at": str(int(order.expires_at.timestamp()) + 31 * 60),
        "line_items[0][quantity]": "1",
        "line_items[0][price_data][currency]": "eur",
        "line_items[0][price_data][unit_amount]": "2500",
        "line_items[0][price_data][product_data][name]": f"Eventify order {order.uid}",
        "metadata[payment]": str(payment.uid),
        "payment_intent_data[metadata][payment]": str(payment.uid),
    }


def test_a_redirect_is_not_followed(stripe):
    _event, order, payment = started(price=10, currency="EUR")
    asked = len(stripe.requests)
    stripe.trouble = ["moved"]
    with pytest.raises(Unreachable):
        ours.StripeProvider().open_checkout(payment, description="x", return_url="https://tickets.example.com/")
    assert (stripe.trouble, len(stripe.requests)) == ([], asked)


@pytest.mark.parametrize(
    ("currency", "price", "units"), [("JPY", 1200, 1200), ("VND", 50000, 50000), ("INR", "0.01", 1)]
)
def test_currencies_without_cents(stripe, currency, price, units):
    _event, _order, payment = started(price=price, currency=currency)
    assert stripe.sessions[stripe.of(payment)]["amount_total"] == units


def test_half_a_yen_cannot_be_paid(stripe):
    _event, _order, payment = started(price="10.50", currency="JPY")
    assert not stripe.sessions
    with pytest.raises(NotPayable):
        ours.StripeProvider().open_checkout(payment, description="x", return_url="x")


def test_paid(stripe):
    event, order, payment = started(qty=2)
    paid(stripe, payment)
    assert settled(order) == ("paid", 2, 0, 20)
    order.refresh_from_db()
    assert (order.payment_method, order.payment_transaction_id) == ("stripe", stripe.of(payment))
    delivery = WebhookDelivery.objects.get()
    assert (delivery.delivery_id, delivery.attempts, delivery.error) == (stripe.messages[0]["id"], 1, "")
    assert json.loads(bytes(delivery.raw_body)) == stripe.messages[0]
    check(event)


def test_a_method_that_takes_days(stripe):
    event, order, payment = started()
    stripe.pay(stripe.of(payment), status="unpaid")
    hear(stripe.messages[-1])
    assert settled(order)[0] == "pending"
    stripe.settle(stripe.of(payment), succeeds=True)
    hear(stripe.messages[-1])
    assert settled(order) == ("paid", 1, 0, 10)
    check(event)


def test_a_method_that_fails_in_the_end_leaves_the_order_to_be_paid_again(stripe):
    _event, order, payment = started()
    stripe.pay(stripe.of(payment), status="unpaid")
    stripe.settle(stripe.of(payment), succeeds=False)
    for message in reversed(stripe.messages):
        hear(message)
    payment.refresh_from_db()
    assert payment.status == "failed"
    payments.try_again(order)
    paid(stripe, order.payments.get(status="open"))
    assert settled(order) == ("paid", 1, 0, 10)


@pytest.mark.parametrize("trouble", ["lose", "drop", "slow", "busy", "broken"])
def test_a_page_that_could_not_be_made_is_made_later_once(stripe, trouble):
    stripe.trouble = [trouble]
    _event, order, payment = started()
    payment.refresh_from_db()
    assert payment.checkout_url == ""
    assert payments.ask(payment) is None  # nobody has seen the page
    time.sleep(1.1 if trouble == "slow" else 0)
    url = checkout.open_page(Order.objects.get(pk=order.pk))
    assert len(stripe.sessions) == 1 and url == stripe.sessions[stripe.of(payment)]["url"]


def test_a_page_whose_answer_was_lost_is_made_for_the_corrected_address(stripe):
    stripe.trouble = ["lose"]
    _event, order, payment = started()
    Order.objects.filter(pk=order.pk).update(buyer_email="right@example.com")
    checkout.open_page(Order.objects.get(pk=order.pk))
    assert [form["customer_email"] for _method, _path, form in stripe.requests] == [
        order.user.email,
        "right@example.com",
    ]
    paid(stripe, payment)
    assert settled(order) == ("paid", 1, 0, 10)


def test_a_page_that_was_opened_slowly_does_not_hide_which_one_was_paid(stripe, monkeypatch):
    """Two clicks open the page, the first is slow; meanwhile another page of the payment is paid, and heard of."""
    event, kind = scene(price=10)
    stripe.trouble = ["drop"]
    order = buy(people(1)[0], kind)
    payment, create = order.payments.get(), stripe.create_session

    def slowly(form):
        made = create(form)
        monkeypatch.setattr(stripe, "create_session", create)
        stripe.sessions["cs_other"] = {**made[1], "id": "cs_other"}
        stripe.pay("cs_other")
        hear(stripe.messages[-1])
        return made

    monkeypatch.setattr(stripe, "create_session", slowly)
    checkout.open_page(Order.objects.get(pk=order.pk))
    payment.refresh_from_db()
    assert (payment.status, payment.provider_reference) == ("paid", "cs_other")
    check(event)


def test_a_guest_without_an_address_gets_none_at_stripe(stripe):
    _event, kind = scene(price=10)
    buy(UserFactory(is_guest=True, email="guest-1@guests.invalid"), kind)
    assert "customer_email" not in stripe.requests[0][2]


def test_a_wrong_key_is_no_crash(stripe, settings):
    settings.STRIPE_SECRET_KEY = "sk_test_wrong"  # noqa: S105
    _event, order, payment = started()
    assert checkout.url(order) == f"{checkout.order_page(order)}pay/"


@pytest.mark.parametrize("trouble", ["", "lose", "slow", "broken"])
def test_a_lost_message_is_found_by_asking(stripe, trouble):
    event, order, payment = started()
    stripe.pay(stripe.of(payment))
    stripe.trouble = [trouble]
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=3)):
        tasks.ask_providers()
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=9)):
        tasks.ask_providers()
    assert settled(order) == ("paid", 1, 0, 10)
    check(event)


def test_the_page_ends_with_the_hold(stripe):
    event, order, payment = started()
    with time_machine.travel(order.expires_at + timedelta(seconds=5)):
        tasks.expire_holds()
        tasks.ask_providers()
    assert stripe.sessions[stripe.of(payment)]["status"] == "expired"
    payment.refresh_from_db()
    assert payment.status == "failed"
    check(event)


def test_paid_in_the_moment_the_hold_ends(stripe):
    """The page cannot be closed any more: the places are taken again, for they are free."""
    event, order, payment = started()
    stripe.pay(stripe.of(payment))
    with time_machine.travel(order.expires_at + timedelta(seconds=5)):
        tasks.expire_holds()
        tasks.ask_providers()
    assert settled(order) == ("paid", 1, 0, 10)
    check(event)


def test_paid_too_late_for_a_place_goes_back_once(stripe):
    event, order, payment = started(capacity=1)
    stripe.pay(stripe.of(payment))
    with time_machine.travel(order.expires_at + timedelta(seconds=5)):
        tasks.expire_holds()
    other = buy(people(1)[0], event.ticket_types.get())
    paid(stripe, other.payments.get())
    hear(stripe.messages[0])
    tasks.ask_providers()
    tasks.ask_providers()
    assert settled(order) == ("cancelled", 0, 1, 0)
    assert [one["amount"] for one in stripe.refunds.values()] == [1000]
    check(event)


def test_paid_on_two_pages_goes_back_once(stripe):
    """The payment was failed and tried again, and both pages were paid in the end."""
    event, order, first = started()
    stripe.tell("checkout.session.async_payment_failed", stripe.of(first))
    hear(stripe.messages[-1])
    payments.try_again(order)
    second = order.payments.get(status="open")
    paid(stripe, second)
    paid(stripe, first)
    for message in stripe.messages:
        hear(message)
    tasks.send_refunds()
    assert settled(order) == ("paid", 1, 1, 10)
    assert [one["payment_intent"] for one in stripe.refunds.values()] == [
        stripe.sessions[stripe.of(first)]["payment_intent"]
    ]
    check(event)


def test_one_payment_paid_on_two_of_stripes_pages_goes_back_once(stripe):
    event, order, payment = started()
    twin = {**stripe.sessions[stripe.of(payment)], "id": "cs_test_twin"}
    stripe.sessions["cs_test_twin"] = twin
    for name in list(stripe.sessions):
        stripe.pay(name)
    for message in stripe.messages * 2:
        hear(message)
    tasks.send_refunds()
    assert settled(order) == ("paid", 1, 1, 10)
    assert list(Payment.objects.order_by("pk").values_list("status", "amount")) == [("paid", 10), ("paid", 10)]
    check(event)


@pytest.mark.parametrize(
    "trouble", [[], ["lose"], ["", "lose"], ["", "", "lose"], ["", "", "slow"], ["", "", "broken"]]
)
def test_a_refund_is_sent_once_whatever_gets_lost(stripe, trouble):
    event, order, payment = started(qty=3)
    paid(stripe, payment)
    refunds.give(order, Decimal("7.50"), by=SuperAdminFactory(), reason="Late")
    cancelling.cancel_tickets(order, order.tickets.all()[:1], by=order.user)
    stripe.trouble = list(trouble)
    for _time in range(3):
        refunds.send()
    assert sorted(one["amount"] for one in stripe.refunds.values()) == [750, 750]
    assert set(Refund.objects.values_list("status", flat=True)) == {"done"}
    check(event)


def test_a_refund_whose_idempotency_key_is_forgotten_is_not_sent_again(stripe):
    """Stripe forgets keys after a day; what it made it knows for ever."""
    event, order, payment = started(qty=2)
    paid(stripe, payment)
    cancelling.cancel_tickets(order, order.tickets.all()[:1], by=order.user)
    stripe.trouble = ["", "", "lose"]
    assert refunds.send() == 0
    stripe.answers.clear()
    assert refunds.send() == 1
    assert len(stripe.refunds) == 1
    check(event)


def test_control_without_looking_first_it_would_be_sent_again(stripe, monkeypatch):
    _event, order, payment = started(qty=2)
    paid(stripe, payment)
    cancelling.cancel_tickets(order, order.tickets.all()[:1], by=order.user)
    stripe.trouble = ["", "", "lose"]
    refunds.send()
    stripe.answers.clear()
    act = stripe.act
    blind = {"object": "list", "data": [], "has_more": False}
    monkeypatch.setattr(
        stripe, "act", lambda m, p, f: (200, blind) if (m, p) == ("GET", "/v1/refunds") else act(m, p, f)
    )
    refunds.send()
    assert len(stripe.refunds) == 2
