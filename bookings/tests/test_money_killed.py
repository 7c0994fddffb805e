"""A process that takes or returns money is killed (SIGKILL) between any two steps, and the work is taken up again."""

import json
import signal
from datetime import timedelta
from decimal import Decimal

import pytest

from accounts.factories import SuperAdminFactory, UserFactory
from accounts.tests.processes import run_until, steps
from bookings import cancelling, checkout, payments, refunds, webhooks
from bookings.models import Order, Refund, WebhookDelivery
from bookings.providers import stripe as ours
from bookings.tests import money_process, stripe_stand_in
from bookings.tests.invariants import check
from bookings.tests.scenes import scene
from partners.factories import PartnerFactory

pytestmark = pytest.mark.django_db(transaction=True)
STEPS = set(steps(cancelling, checkout, payments, refunds, webhooks))
SETTINGS = {
    "EVENTIFY_PAYMENT_PROVIDER": "stripe",
    "STRIPE_SECRET_KEY": stripe_stand_in.KEY,
    "STRIPE_WEBHOOK_SECRET": stripe_stand_in.SECRET,
}
WEBHOOK = [
    "webhooks.after_store",
    "webhooks.after_verify",
    "payments.after_status",
    "payments.after_tickets",
    "payments.before_commit",
    "webhooks.after_apply",
]
CANCEL = [
    "cancelling.after_split",
    "cancelling.after_refund",
    "cancelling.after_release",
    "cancelling.before_commit",
]
GIVE = ["refunds.after_record", "refunds.before_commit"]
SEND = ["refunds.after_provider", "refunds.after_sent"]


class World:
    """A stand-in of Stripe, an event, and processes that are killed."""

    def __init__(self, stripe):
        self.stripe = stripe
        UserFactory(email="buyer@example.com")
        self.boss = SuperAdminFactory()
        self.event, _type = scene(price="9.99", partner=PartnerFactory(fee_percent="33.33"))

    def killed(self, act: str, failpoint: str, *wrongs: str, message: dict | None = None) -> None:
        """Another process does it, and is killed at the failpoint."""
        found = {**SETTINGS, "STRIPE_API_BASE": self.stripe.url, "MESSAGE": json.dumps(message or {})}
        assert run_until("bookings.tests.money_process", failpoint, act, *wrongs, **found) == -signal.SIGKILL

    @property
    def order(self) -> Order:
        return Order.objects.get()

    def pay(self) -> dict:
        """The buyer pays; returns the message about it."""
        self.stripe.pay(self.stripe.of(self.order.payments.get()))
        body, headers = stripe_stand_in.signed(self.stripe.messages[-1])
        return {"body": body.decode(), "headers": headers}

    def bought(self) -> None:
        money_process.order()
        message = self.pay()
        webhooks.receive("stripe", message["body"].encode(), message["headers"])

    def is_right(self, status: str, tickets: int, back: list[str]) -> None:
        order = self.order
        assert (order.status, order.tickets.filter(status="valid").count()) == (status, tickets)
        assert [str(one.amount) for one in Refund.objects.order_by("pk")] == back
        refunds.send()
        assert sorted(one["amount"] for one in self.stripe.refunds.values()) == [
            int(Decimal(one) * 100) for one in back
        ]
        check(self.event)


@pytest.fixture
def world(settings):
    with stripe_stand_in.running() as stripe:
        for name, value in SETTINGS.items():
            setattr(settings, name, value)
        settings.STRIPE_API_BASE = stripe.url
        ours._made.cache_clear()
        yield World(stripe)


def test_no_step_is_forgotten():
    assert {"checkout.after_provider", *WEBHOOK, *CANCEL, *GIVE, *SEND} == STEPS


def test_killed_before_the_page_is_noted(world):
    world.killed("order", "checkout.after_provider")
    money_process.order()
    assert Order.objects.count() == 1 and len(world.stripe.sessions) == 1
    assert world.order.payments.get().checkout_url
    check(world.event)


def hear(world, message):
    webhooks.receive("stripe", message["body"].encode(), message["headers"])


def sweep(_world, _message):
    webhooks.sweep()


def ask(world, _message):
    payments.ask(world.order.payments.get())


@pytest.mark.parametrize("again", [hear, sweep, ask])
@pytest.mark.parametrize("step", WEBHOOK)
def test_killed_while_a_payment_is_applied(world, monkeypatch, step, again):
    monkeypatch.setattr(webhooks, "AGAIN_AFTER", timedelta(0))
    money_process.order()
    message = world.pay()
    world.killed("hear", step, message=message)
    again(world, message)
    world.is_right("paid", 3, [])
    hear(world, message)
    webhooks.sweep()
    assert WebhookDelivery.objects.exclude(processed_at=None).count() == 1
    world.is_right("paid", 3, [])


def test_control_a_message_that_is_marked_first_is_lost(world):
    money_process.order()
    message = world.pay()
    world.killed("hear", "payments.before_commit", "mark_first", message=message)
    hear(world, message)
    webhooks.sweep()
    assert world.order.status == "pending"


@pytest.mark.parametrize("step", CANCEL)
def test_killed_while_a_ticket_is_cancelled(world, step):
    world.bought()
    world.killed("cancel", step)
    check(world.event)
    assert world.order.tickets.filter(status="valid").count() == 3  # nothing of it happened
    money_process.cancel()
    world.is_right("paid", 2, ["9.99"])


@pytest.mark.parametrize("step", CANCEL)
def test_killed_while_tickets_are_cancelled_without_a_refund(world, step):
    world.bought()
    world.killed("forfeit", step)
    money_process.forfeit()
    world.is_right("paid", 1, [])


@pytest.mark.parametrize("step", GIVE)
def test_killed_while_money_is_given(world, step):
    world.bought()
    world.killed("give", step)
    check(world.event)
    money_process.give()
    world.is_right("paid", 3, ["7.77"])


@pytest.mark.parametrize("step", SEND)
def test_killed_while_a_refund_is_sent(world, step):
    world.bought()
    money_process.cancel()
    world.killed("send", step)
    assert Refund.objects.get().status == "requested"
    money_process.send()
    assert Refund.objects.get().status == "done" and len(world.stripe.refunds) == 1
    world.is_right("paid", 2, ["9.99"])
