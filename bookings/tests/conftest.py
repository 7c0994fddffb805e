"""What the tests of the pages share, and Stripe's stand-in."""

import pytest

from accounts.factories import UserFactory
from bookings.providers import stripe as ours
from bookings.tests import stripe_stand_in


@pytest.fixture
def me(client):
    """The person whose browser the client is."""
    user = UserFactory()
    client.force_login(user)
    return user


@pytest.fixture
def stripe(settings, monkeypatch):
    """Stripe's stand-in, which takes the payments of new orders."""
    with stripe_stand_in.running() as stand_in:
        settings.EVENTIFY_PAYMENT_PROVIDER = "stripe"
        settings.STRIPE_SECRET_KEY = stripe_stand_in.KEY
        settings.STRIPE_WEBHOOK_SECRET = stripe_stand_in.SECRET
        settings.STRIPE_API_BASE = stand_in.url
        monkeypatch.setattr(ours, "TIMEOUT", 0.5)
        yield stand_in
