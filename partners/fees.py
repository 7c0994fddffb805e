"""The platform's share of a sale."""

from decimal import ROUND_HALF_UP, Decimal

from django.conf import settings

from partners.models import Partner

CENT = Decimal("0.01")


def percent_of(partner: Partner) -> Decimal:
    """The percentage that the partner pays now: its own, else everybody's; the house pays none."""
    if partner.is_house:
        return Decimal(0)
    return settings.EVENTIFY_FEE_PERCENT if partner.fee_percent is None else partner.fee_percent


def fee(amount: Decimal, percent: Decimal) -> Decimal:
    """That percentage of the amount, halves of a cent rounded up."""
    return (amount * percent / 100).quantize(CENT, ROUND_HALF_UP)
