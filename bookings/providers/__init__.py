"""Payment providers: objects of `Provider`'s shape; a setting chooses the one of new payments."""

from django.conf import settings

from bookings.providers.base import Provider, UnknownProvider
from bookings.providers.sandbox import SandboxProvider
from bookings.providers.stripe import StripeProvider

_PROVIDERS: dict[str, Provider] = {provider.name: provider for provider in (SandboxProvider(), StripeProvider())}


NAMES = tuple(_PROVIDERS)


def provider(name: str) -> Provider:
    """The provider of this name; UnknownProvider when there is none."""
    if name not in _PROVIDERS:
        raise UnknownProvider(name)
    return _PROVIDERS[name]


def default_provider() -> Provider:
    """The provider of new payments."""
    return _PROVIDERS[settings.EVENTIFY_PAYMENT_PROVIDER]
