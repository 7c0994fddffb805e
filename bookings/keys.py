"""Idempotency keys: who asks again with the same key gets what was made the first time."""

import hashlib
import json
from typing import TypeVar

from django.utils.translation import gettext as _

from bookings.models import Booking, Order
from eventify.lib.errors import Invalid

KEY_MAX = 255  # characters of an idempotency key
T = TypeVar("T", Order, Booking)


class KeyReused(Invalid):
    """The idempotency key was used for something else before (422)."""

    code = "key_reused"


def check(key: str) -> None:
    """Invalid for a key that cannot be kept."""
    if len(key) > KEY_MAX or "\x00" in key:
        raise Invalid.field("Idempotency-Key", _("Use at most %(most)s characters.") % {"most": KEY_MAX})


def fingerprint(asked) -> str:
    """What was asked (JSON), short: the same key for something else is refused."""
    return hashlib.sha256(json.dumps(asked).encode()).hexdigest()


def same(known: T, fingerprint: str) -> T:
    """What the key has made; KeyReused when it was asked for something else."""
    if known.fingerprint != fingerprint:
        raise KeyReused(_("This Idempotency-Key was used for another request. Use a new one."))
    return known
