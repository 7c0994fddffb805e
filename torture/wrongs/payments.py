"""Of the payments."""

import json

from bookings import payments
from bookings.providers import stripe


def second_payment_is_kept() -> None:
    """The same payment was paid on another page as well, and nobody gives that back."""
    payments._paid_again = lambda _payment, _order, _report: None


def late_payment_is_kept() -> None:
    """Money that buys nothing stays."""
    payments._return = lambda _payment, _order: None


def unsigned_is_believed() -> None:
    """Whoever knows the address may say that something was paid."""
    stripe.StripeProvider.read_webhook = lambda _self, body, _headers, _received_at=None: stripe._read(json.loads(body))


WRONGS = (second_payment_is_kept, late_payment_is_kept, unsigned_is_believed)
