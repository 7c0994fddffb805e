"""Payment providers. A provider is a module-level object of `Provider`'s shape; settings choose the default."""

from bookings.providers.base import Provider
from bookings.providers.sandbox import SandboxProvider

_PROVIDERS: dict[str, Provider] = {provider.name: provider for provider in (SandboxProvider(),)}
DEFAULT = SandboxProvider.name


def provider(name: str) -> Provider:
    """The provider of this name; KeyError when there is none."""
    return _PROVIDERS[name]


def default_provider() -> Provider:
    """The provider of new payments."""
    return _PROVIDERS[DEFAULT]
