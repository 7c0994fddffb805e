"""What a payout provider does for us. The rest of the code knows only this."""

from typing import NamedTuple, Protocol

from eventify.lib.errors import DomainError

UNKNOWN = "unknown"  # the provider has never heard of it
ACCEPTED = "accepted"  # it has it; what becomes of it is not known yet
PAID = "paid"
FAILED = "failed"


class Unreachable(DomainError):
    """The provider does not answer (503). Nothing is known, nothing is assumed: it is asked later."""

    status = 503
    code = "provider_unreachable"


class Report(NamedTuple):
    """What the provider says of one payout: `status` is unknown, accepted, paid or failed, with the reason."""

    status: str
    reference: str = ""  # the provider's own name for it
    reason: str = ""


class Provider(Protocol):
    """Every call is idempotent by the reference that we choose: payout.uid, for ever the same."""

    name: str
    is_manual: bool  # a person carries the money and says what became of it

    def check(self) -> None:
        """Conflict when the provider is not set up."""

    def send(self, payout) -> Report:
        """Pay once per payout.uid; Unreachable when it cannot be known whether that arrived."""

    def ask(self, payout) -> Report:
        """What has become of the payout. Unreachable when the provider cannot say."""
