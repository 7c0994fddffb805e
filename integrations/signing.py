"""The signature of what is sent to an endpoint: the scheme of Standard Webhooks (standardwebhooks.com), version 1."""

import base64
import hashlib
import hmac
import secrets
from datetime import datetime

from eventify.lib import sealed
from integrations.models import Delivery, Endpoint

START = "whsec_"
_BYTES = 32


def new_secret() -> bytes:
    """A secret for an endpoint."""
    return secrets.token_bytes(_BYTES)


def shown(secret: bytes) -> str:
    """A secret as its owner is shown it, once."""
    return f"{START}{base64.b64encode(secret).decode()}"


def seal_of(endpoint: Endpoint) -> dict[str, str]:
    """What its secrets are sealed for: they open for no other endpoint."""
    return {"purpose": "webhook secrets", "about": f"endpoint {endpoint.uid}"}


def headers(delivery: Delivery, body: bytes, now: datetime) -> dict[str, str]:
    """The three headers of an attempt. During a rotation there are two signatures, either of which is good.

    sealed.Locked when its secret was sealed with a SECRET_KEY that is not known any more.
    """
    stamp = int(now.timestamp())
    signed = f"{delivery.uid}.{stamp}.".encode() + body
    signatures = [f"v1,{_signature(secret, signed)}" for secret in _secrets(delivery.endpoint, now)]
    return {
        "webhook-id": str(delivery.uid),
        "webhook-timestamp": str(stamp),
        "webhook-signature": " ".join(signatures),
    }


def _secrets(endpoint: Endpoint, now: datetime) -> list[bytes]:
    found = [sealed.unseal(endpoint.secret, **seal_of(endpoint))]
    if endpoint.old_secret and endpoint.old_secret_until and endpoint.old_secret_until > now:
        found.append(sealed.unseal(endpoint.old_secret, **seal_of(endpoint)))
    return found


def _signature(secret: bytes, signed: bytes) -> str:
    return base64.b64encode(hmac.digest(secret, signed, hashlib.sha256)).decode()
