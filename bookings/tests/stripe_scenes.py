"""What the tests of Stripe start from; the fixture `stripe` (conftest.py) runs the stand-in."""

from bookings import webhooks
from bookings.tests.scenes import buy, people, scene
from bookings.tests.stripe_stand_in import signed


def started(price=10, qty=1, **event):
    """An order on its way to Stripe's page: event, order, payment."""
    event, kind = scene(price=price, **event)
    order = buy(people(1)[0], kind, qty=qty)
    return event, order, order.payments.get()


def hear(event, **how):
    return webhooks.receive("stripe", *signed(event, **how))


def paid(stripe, payment):
    """The buyer pays, and the message arrives."""
    stripe.pay(stripe.of(payment))
    hear(stripe.messages[-1])
