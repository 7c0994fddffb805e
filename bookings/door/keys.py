"""The key pairs that sign the tickets of an event; the private part is sealed with a key that SECRET_KEY gives."""

import hashlib
import secrets

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import transaction

from bookings.models import DoorKey
from events.models import Event

_NONCE = 12  # bytes


def signing(event: Event) -> DoorKey:
    """The event's newest key; its first one is made here. Two at once make one: the row's constraint decides."""
    newest = DoorKey.objects.filter(event=event).order_by("-number").first()
    return newest or _make(event, 1)


@transaction.atomic
def rotate(event: Event) -> DoorKey:
    """A newer key, which signs from now on; codes of the older ones stay good. Locks the event."""
    Event.objects.select_for_update(no_key=True).get(pk=event.pk)
    return _make(event, signing(event).number + 1)


def private(key: DoorKey) -> Ed25519PrivateKey:
    """The part that signs. InvalidTag (of cryptography) when SECRET_KEY is another than when it was sealed."""
    sealed = bytes(key.sealed_private_key)
    opened = AESGCM(_sealing_key()).decrypt(sealed[:_NONCE], sealed[_NONCE:], str(key.event_id).encode())
    return Ed25519PrivateKey.from_private_bytes(opened)


def is_signed(key: DoorKey, signature: bytes, message: bytes) -> bool:
    """Whether this key made the signature of this message."""
    try:
        Ed25519PublicKey.from_public_bytes(bytes(key.public_key)).verify(signature, message)
    except InvalidSignature:
        return False
    return True


def _make(event: Event, number: int) -> DoorKey:
    pair = Ed25519PrivateKey.generate()
    nonce = secrets.token_bytes(_NONCE)
    sealed = nonce + AESGCM(_sealing_key()).encrypt(nonce, pair.private_bytes_raw(), str(event.pk).encode())
    values = {"public_key": pair.public_key().public_bytes_raw(), "sealed_private_key": sealed}
    return DoorKey.objects.get_or_create(event=event, number=number, defaults=values)[0]


def _sealing_key() -> bytes:
    return hashlib.sha256(b"eventify door keys\0" + settings.SECRET_KEY.encode()).digest()
