"""Secrets that have to be read again, sealed with a key that follows from SECRET_KEY."""

import base64
import hashlib
import hmac

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

_PURPOSE = b"webhook secrets"


class Locked(Exception):
    """Neither SECRET_KEY nor one of SECRET_KEY_FALLBACKS opens the secret."""


def seal(secret: bytes) -> bytes:
    """What is kept in the database."""
    return _box().encrypt(secret)


def open_(sealed: bytes) -> bytes:
    """The secret. Locked when it was sealed with a SECRET_KEY that is not known any more."""
    try:
        return _box().decrypt(bytes(sealed))
    except InvalidToken:
        raise Locked from None


def reseal(sealed: bytes) -> bytes | None:
    """The same sealed with SECRET_KEY, None when it is already. Locked as `open_`."""
    try:
        Fernet(_key(settings.SECRET_KEY)).decrypt(bytes(sealed))
    except InvalidToken:
        return seal(open_(sealed))
    return None


def _box() -> MultiFernet:
    """The first key seals, all of them open."""
    return MultiFernet([Fernet(_key(one)) for one in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)])


def _key(secret: str) -> bytes:
    return base64.urlsafe_b64encode(hmac.digest(secret.encode(), _PURPOSE, hashlib.sha256))
