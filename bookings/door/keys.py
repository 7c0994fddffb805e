"""The key pairs that sign the tickets of an event; the private part is sealed with a key that SECRET_KEY gives.

An event has its first key since its first ticket type, so that neither a sale nor a page makes one. What an earlier
SECRET_KEY has sealed opens as long as that is one of SECRET_KEY_FALLBACKS; `manage.py door_keys` seals it anew.
"""

import logging

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext_lazy as _

from bookings.models import DoorKey
from eventify.lib import sealed
from eventify.lib.errors import Conflict
from events.models import Event

logger = logging.getLogger(__name__)
MOST = 255  # keys of one event: codes name theirs with one byte
_told: set[int] = set()  # keys that this process has complained about


class TooManyKeys(Conflict):
    """The event has as many keys as codes can tell apart."""

    code = "too_many_keys"
    message = _("This event has 255 keys, and cannot have more.")


def newest(event: Event) -> DoorKey | None:
    """The key that signs; None when the event has none yet. No query for events with `door_keys` prefetched."""
    return max(event.door_keys.all(), key=lambda one: one.number, default=None)


def signing(event: Event) -> DoorKey:
    """The event's newest key; its first one is made here. Two at once make one: the row's constraint decides."""
    found = DoorKey.objects.filter(event=event).order_by("-number").first()
    return found or _make(event, 1)


def missing() -> QuerySet[Event]:
    """The events that have ticket types and no key."""
    has = Exists(DoorKey.objects.filter(event=OuterRef("pk")))
    return Event.objects.filter(~has, ticket_types__isnull=False).distinct().order_by("pk")


@transaction.atomic
def rotate(event: Event) -> DoorKey:
    """A newer key, which signs from now on; codes of the older ones stay good, also of one that is locked.

    Locks the event. TooManyKeys after the 255th.
    """
    Event.objects.select_for_update(no_key=True).get(pk=event.pk)
    number = max(event.door_keys.values_list("number", flat=True), default=0) + 1
    if number > MOST:
        raise TooManyKeys
    return _make(event, number)


def private(key: DoorKey) -> Ed25519PrivateKey:
    """The part that signs. sealed.Locked when neither SECRET_KEY nor a fallback is what sealed it."""
    return Ed25519PrivateKey.from_private_bytes(sealed.unseal(key.sealed_private_key, **_seal_of(key.event_id)))


def private_or_none(key: DoorKey) -> Ed25519PrivateKey | None:
    """As `private`; None, with one line in the log of each process, when it is locked."""
    try:
        return private(key)
    except sealed.Locked:
        if key.pk not in _told:
            _told.add(key.pk)
            logger.error(
                "Tickets of event %s carry no signature, so scanners cannot check them without network: its key was "
                "sealed with another SECRET_KEY. Name that one in SECRET_KEY_FALLBACKS and run 'manage.py door_keys'; "
                "if it is lost, run 'manage.py door_keys --renew'.",
                key.event_id,
            )
        return None


def reseal(key: DoorKey) -> bool:
    """Seal the key with SECRET_KEY where a fallback has sealed it; whether it had to. Locked as `private`."""
    anew = sealed.reseal(key.sealed_private_key, **_seal_of(key.event_id))
    if anew:
        DoorKey.objects.filter(pk=key.pk).update(sealed_private_key=anew)
    return bool(anew)


def is_signed(key: DoorKey, signature: bytes, message: bytes) -> bool:
    """Whether this key made the signature of this message."""
    try:
        Ed25519PublicKey.from_public_bytes(bytes(key.public_key)).verify(signature, message)
    except InvalidSignature:
        return False
    return True


def new_pair(event_id: int) -> dict[str, bytes]:
    """A new key pair as the columns of a DoorKey of this event."""
    pair = Ed25519PrivateKey.generate()
    kept = sealed.seal(pair.private_bytes_raw(), **_seal_of(event_id))
    return {"public_key": pair.public_key().public_bytes_raw(), "sealed_private_key": kept}


def _make(event: Event, number: int) -> DoorKey:
    return DoorKey.objects.get_or_create(event=event, number=number, defaults=new_pair(event.pk))[0]


def _seal_of(event_id: int) -> dict[str, str]:
    """What a key is sealed for: it opens for no other event."""
    return {"purpose": "door keys", "about": str(event_id)}
