"""The lots, so that anyone can draw them again.

Before anybody comes in, a random seed is made and its SHA-256 told. At the draw the list of entries is closed and its
SHA-256 told; that is committed before the seed is used. Then each entry has the key
HMAC-SHA256(seed, "<hash of the list>:<entry>"), and the smallest key is number 1. Seed and list are published.

The hash of the list is part of what is hashed, so one entry more or less gives everybody another number.
"""

import hashlib
import hmac
import logging
from collections.abc import Iterable

from django.db import connection, transaction
from django.utils import timezone

from accounts import audit
from bookings.models import RoomEntry, WaitingRoom
from bookings.waiting_room import opening
from eventify.lib import sealed
from eventify.lib.failpoints import failpoint

logger = logging.getLogger(__name__)
_BLOCK = 64  # bytes of a block of SHA-256
METHOD = "HMAC-SHA256(seed, '<sha256 of the sorted entries, one a line>:<entry>'), smallest first"
# HMAC as RFC 2104 has it, of SHA-256, which PostgreSQL computes by itself.
_DRAW = """
    UPDATE bookings_roomentry entry SET rank = drawn.number, place = drawn.number
    FROM (
        SELECT id, row_number() OVER (
            ORDER BY sha256(%(outer)s || sha256(%(inner)s || convert_to(%(list)s::text || ':' || uid::text, 'UTF8')))
        ) AS number
        FROM bookings_roomentry WHERE room_id = %(room)s AND is_early
    ) drawn
    WHERE entry.id = drawn.id
"""
_LIST = """
    SELECT count(*), encode(sha256(convert_to(coalesce(string_agg(uid::text, E'\\n' ORDER BY uid), ''), 'UTF8')), 'hex')
    FROM bookings_roomentry WHERE room_id = %s AND is_early
"""


def hash_of(entries: Iterable[str]) -> str:
    """The SHA-256 (hexadecimal) of a list of entries, whatever its order."""
    return hashlib.sha256("\n".join(sorted(entries)).encode()).hexdigest()


def order_of(seed: bytes, entries: Iterable[str]) -> list[str]:
    """These entries in the order of the draw."""
    entries = list(entries)
    of_list = hash_of(entries)
    return sorted(entries, key=lambda one: hmac.digest(seed, f"{of_list}:{one}".encode(), "sha256"))


def run(room: WaitingRoom) -> bool:
    """Draw if it is due and nobody has; whether the lots are drawn. Whoever is killed on the way, the next goes on."""
    if not close(room):
        return False
    failpoint("waiting_room.after_close")
    try:
        return publish(room)
    except sealed.Locked:
        logger.error(
            "The waiting room of event %s cannot draw: its seed was sealed with another SECRET_KEY. Name that one in "
            "SECRET_KEY_FALLBACKS, or end the room and make a new one.",
            room.event_id,
        )
        return False


@transaction.atomic
def close(room: WaitingRoom) -> bool:
    """Close the list of entries of a room whose draw is due; whether it is closed. Locks the room against joining."""
    room = WaitingRoom.objects.select_for_update().select_related("event").get(pk=room.pk)
    if room.closed_at:
        return True
    now = timezone.now()
    if room.ended_at or room.paused_at or now < room.draw_at:
        return False
    with connection.cursor() as cursor:
        cursor.execute(_LIST, [room.pk])
        room.entry_count, room.list_hash = cursor.fetchone()
    room.closed_at = now
    room.save()
    audit.record("CLOSED_WAITING_ROOM", room.event, by=None, entries=room.entry_count, list_sha256=room.list_hash)
    return True


@transaction.atomic
def publish(room: WaitingRoom) -> bool:
    """Give the entries of a closed list their numbers, and tell the seed, once. Locked when the seed does not open."""
    room = WaitingRoom.objects.select_for_update().select_related("event").get(pk=room.pk)
    if room.drawn_at:
        return True
    if room.ended_at:
        return False
    seed = sealed.unseal(room.sealed_seed, **opening.seal_of(room))
    _give_numbers(room, seed)
    now = timezone.now()
    room.seed, room.last_place, room.drawn_at, room.credit_at = seed.hex(), room.entry_count, now, now
    room.save()
    audit.record("DREW_WAITING_ROOM", room.event, by=None, seed=room.seed, entries=room.entry_count)
    return True


def _give_numbers(room: WaitingRoom, seed: bytes) -> None:
    """One statement, however many they are."""
    key = seed.ljust(_BLOCK, b"\0")
    inner, outer = (bytes(one ^ pad for one in key) for pad in (0x36, 0x5C))
    with connection.cursor() as cursor:
        cursor.execute(_DRAW, {"room": room.pk, "list": room.list_hash, "inner": inner, "outer": outer})


def told(room: WaitingRoom) -> dict:
    """What is published of a room whose lots are drawn: entries only, no people."""
    drawn = RoomEntry.objects.filter(room=room, is_early=True).order_by("rank")
    return {
        "room": str(room.uid),
        "event": room.event.name,
        "method": METHOD,
        "opens_at": room.opens_at.isoformat(),
        "closed_at": room.closed_at.isoformat(),
        "drawn_at": room.drawn_at.isoformat(),
        "seed_sha256": room.seed_hash,
        "seed": room.seed,
        "list_sha256": room.list_hash,
        "order": [str(uid) for uid in drawn.values_list("uid", flat=True)],
    }


def mistakes(published: dict) -> list[str]:
    """What is wrong with a published draw; nothing when the seed, the list and the order belong together."""
    seed, order = bytes.fromhex(published["seed"]), published["order"]
    found = []
    if hashlib.sha256(seed).hexdigest() != published["seed_sha256"]:
        found.append("The seed is not the one whose hash was told before the draw.")
    if hash_of(order) != published["list_sha256"]:
        found.append("The entries are not those of the list that was closed.")
    if len(set(order)) != len(order):
        found.append("An entry is in the list twice.")
    if order_of(seed, order) != order:
        found.append("The order is not the one that the seed gives.")
    return found
