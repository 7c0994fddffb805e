"""Payout providers. Settings choose the one of new batches; a batch keeps its own."""

from django.conf import settings

from partners.payout_providers.bank_file import BankFileProvider
from partners.payout_providers.base import Provider
from partners.payout_providers.sandbox import SandboxProvider

_PROVIDERS: dict[str, Provider] = {one.name: one for one in (SandboxProvider(), BankFileProvider())}
MANUAL = tuple(name for name, one in _PROVIDERS.items() if one.is_manual)


def provider(name: str) -> Provider:
    """The provider of this name; KeyError when there is none."""
    return _PROVIDERS[name]


def default_provider() -> Provider:
    """The provider of new batches."""
    return _PROVIDERS[settings.EVENTIFY_PAYOUT_PROVIDER]
