"""Secrets that have to be read again, sealed with keys that SECRET_KEY gives, so that a copy of the rows tells nothing.

Each purpose has a key of its own; its word makes that key, so it never changes. What an earlier SECRET_KEY has sealed
or signed stays good as long as that is one of SECRET_KEY_FALLBACKS; `manage.py reseal` seals it anew.
"""

import base64
import contextlib
import hashlib
import hmac
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

_NONCE = 12  # bytes
_WHAT_TO_DO = (
    "Neither SECRET_KEY nor one of SECRET_KEY_FALLBACKS opens it. Name the SECRET_KEY that sealed it in "
    "SECRET_KEY_FALLBACKS, restart, and run manage.py reseal."
)


class Locked(Exception):
    """No secret of ours has sealed it for this, or signed it; the text says what to do."""

    def __init__(self, message: str = _WHAT_TO_DO):
        super().__init__(message)


def seal(content: bytes, *, purpose: str, about: str) -> bytes:
    """The content, so that only `unseal` with the same purpose and `about` (which row it is for) reads it."""
    nonce = secrets.token_bytes(_NONCE)
    return nonce + AESGCM(_key(settings.SECRET_KEY, purpose)).encrypt(nonce, content, about.encode())


def unseal(sealed: bytes, *, purpose: str, about: str) -> bytes:
    """What was sealed. Locked when no secret of ours has sealed it for this, or it was changed."""
    for secret in _secrets():
        for opens in (_opened, _opened_fernet):
            content = opens(bytes(sealed), secret, purpose, about)
            if content is not None:
                return content
    raise Locked


def reseal(sealed: bytes, *, purpose: str, about: str) -> bytes | None:
    """The same as `seal` seals it now, None when it is so already. Locked as `unseal`."""
    if _opened(bytes(sealed), settings.SECRET_KEY, purpose, about) is not None:
        return None
    return seal(unseal(sealed, purpose=purpose, about=about), purpose=purpose, about=about)


def sign(content: bytes, *, purpose: str) -> str:
    """A signature that only who knows SECRET_KEY can make: the name of the key, a dot, an HMAC-SHA-256, in hex."""
    return _signature(content, _key(settings.SECRET_KEY, purpose))


def is_signed(signature: str, content: bytes, *, purpose: str) -> bool:
    """Whether `sign` made it of this content. Locked when the key that it names is none of ours."""
    for secret in _secrets():
        ours = _signature(content, _key(secret, purpose))
        if ours.partition(".")[0] == signature.partition(".")[0]:
            return hmac.compare_digest(ours.encode(), signature.encode())
    raise Locked


def _secrets() -> tuple[str, ...]:
    return (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)


def _key(secret: str, purpose: str) -> bytes:
    return hashlib.sha256(f"eventify {purpose}\0{secret}".encode()).digest()


def _opened(sealed: bytes, secret: str, purpose: str, about: str) -> bytes | None:
    with contextlib.suppress(InvalidTag, ValueError):  # ValueError: too short to be sealed at all
        return AESGCM(_key(secret, purpose)).decrypt(sealed[:_NONCE], sealed[_NONCE:], about.encode())
    return None


def _opened_fernet(sealed: bytes, secret: str, purpose: str, _about: str) -> bytes | None:
    """As the secrets of webhook endpoints were sealed before; `reseal` leaves none of these."""
    key = hmac.digest(secret.encode(), purpose.encode(), hashlib.sha256)
    with contextlib.suppress(InvalidToken):
        return Fernet(base64.urlsafe_b64encode(key)).decrypt(sealed)
    return None


def _signature(content: bytes, key: bytes) -> str:
    name = hashlib.sha256(key).hexdigest()[:16]
    return f"{name}.{hmac.digest(key, content, hashlib.sha256).hex()}"
