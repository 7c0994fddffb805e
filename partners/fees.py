"""The platform's share of a sale."""

from decimal import Decimal

from django.conf import settings

from eventify.lib import currencies
from partners.models import Partner


def percent_of(partner: Partner) -> Decimal:
    """The percentage that the partner pays now: its own, else everybody's; the house pays none."""
    if partner.is_house:
        return Decimal(0)
    return settings.EVENTIFY_FEE_PERCENT if partner.fee_percent is None else partner.fee_percent


def fee(amount: Decimal, percent: Decimal, currency: str) -> Decimal:
    """That percentage of the amount, rounded to what the currency can pay (halves up), and never above the amount."""
    return min(amount, currencies.rounded(amount * percent / 100, currency))
