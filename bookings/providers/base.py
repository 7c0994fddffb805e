"""What a payment provider does for us. The rest of the code knows only this."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from eventify.lib.errors import DomainError


class Unreachable(DomainError):
    """The provider does not answer; ask again later (503). Nothing is known, nothing is assumed."""

    status = 503
    code = "provider_unreachable"


class NotPayable(Unreachable):
    """The provider cannot take or send this amount in this currency."""

    code = "not_payable"
    message = _("This amount cannot be paid in this currency. Please contact us.")


class UnknownProvider(Unreachable):
    """A row names a provider that this code does not have: nobody can be asked about it, and nothing is sent."""

    code = "unknown_provider"

    def __init__(self, name: str):
        super().__init__(_("There is no payment provider called %(name)s.") % {"name": name})


class RefundRefused(DomainError):
    """The provider has tried to pay a refund out and could not; asking again changes nothing."""

    code = "refund_refused"


class BadSignature(DomainError):
    """A webhook that the provider did not sign (400)."""

    status = 400
    code = "bad_signature"


class Checkout(NamedTuple):
    """Where the buyer pays."""

    reference: str  # the provider's own name for it
    url: str


class Report(NamedTuple):
    """What the provider says of one payment: `status` is open, paid or failed."""

    payment: UUID | None  # our reference; None: the message is not about one of our payments
    status: str
    reference: str
    method: str
    delivery: str  # the provider's id of this message; "" when we asked
    at: datetime | None = None  # when it happened; None: now


class RefundReport(NamedTuple):
    """The provider could not pay a refund out, though it may have taken it before."""

    refund: UUID
    attempt: int
    reason: str
    delivery: str
    at: datetime | None = None


class Provider(Protocol):
    """Every call is idempotent by the reference that we choose (the uid of the Payment or Refund)."""

    name: str
    signature_header: str  # the header of a webhook that signs it
    outlives: timedelta  # how long after the hold a page that we could not close can still be paid on

    def open_checkout(self, payment, *, description: str, return_url: str) -> Checkout:
        """Make the hosted page for this payment (or return the one that exists). Unreachable when it cannot say."""

    def ask(self, payment) -> Report:
        """What has become of the payment. Unreachable when the provider cannot say."""

    def close(self, payment) -> Report:
        """End the page of an order that cannot be paid any more; what was paid before stays. Unreachable as `ask`."""

    def pages(self, payments: Iterable) -> dict[UUID, list[Report]]:
        """Every page that carries the uid of one of these payments, also those that we never heard of. Unreachable.

        Payments are looked up together, so that a provider that can only be asked for a time is asked once.
        """

    def refund(self, refund) -> None:
        """Send the money back, once per refund.reference. Unreachable when it cannot be known; RefundRefused."""

    def read_webhook(self, body: bytes, headers, received_at: datetime | None = None) -> Report | RefundReport:
        """Verify and read a message that came then (now). BadSignature when it is not the provider's."""


def is_name(text) -> bool:
    """Whether this can be a provider's name for something."""
    return isinstance(text, str) and len(text) <= 100 and text.isprintable()
