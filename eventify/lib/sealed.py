"""Secrets that lie in the database: sealed with a key that SECRET_KEY gives, so that a copy of the rows tells nothing.

What an earlier SECRET_KEY has sealed opens as long as that is one of SECRET_KEY_FALLBACKS.
"""

import hashlib
import secrets
from collections.abc import Iterable

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

_NONCE = 12  # bytes


class Locked(Exception):
    """Neither SECRET_KEY nor one of SECRET_KEY_FALLBACKS opens it."""


def seal(content: bytes, about: str) -> bytes:
    """The content, so that only `unseal` with the same `about` reads it."""
    nonce = secrets.token_bytes(_NONCE)
    return nonce + AESGCM(_key(settings.SECRET_KEY)).encrypt(nonce, content, about.encode())


def unseal(sealed: bytes, about: str) -> bytes:
    """What was sealed. Locked when no secret of ours has sealed it for this."""
    return _opened(sealed, about, (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS))


def reseal(sealed: bytes, about: str) -> bytes | None:
    """The same sealed with SECRET_KEY, None when it is already. Locked as `unseal`."""
    try:
        _opened(sealed, about, (settings.SECRET_KEY,))
    except Locked:
        return seal(unseal(sealed, about), about)
    return None


def _opened(sealed: bytes, about: str, keys: Iterable[str]) -> bytes:
    for secret in keys:
        try:
            return AESGCM(_key(secret)).decrypt(sealed[:_NONCE], sealed[_NONCE:], about.encode())
        except (InvalidTag, ValueError):  # ValueError: too short to be sealed at all
            continue
    raise Locked


def _key(secret: str) -> bytes:
    return hashlib.sha256(b"eventify sealed\0" + secret.encode()).digest()
