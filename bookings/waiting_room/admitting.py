"""Who comes in: the next ones in order, as many as the rate and the room inside allow. Locks the room.

Beat moves every room each few seconds, and so does whoever asks where they stand: either is enough.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Case, Q, Value, When
from django.utils import timezone

from bookings.models import Order, RoomEntry, WaitingRoom
from bookings.waiting_room import draw

S = RoomEntry.Status
BURST = timedelta(seconds=10)  # of a rate that was not used, for which more may come in at once
_NUMBER = """
    UPDATE bookings_roomentry entry SET place = %(last)s + late.number
    FROM (
        SELECT id, row_number() OVER (ORDER BY joined_at, id) AS number
        FROM bookings_roomentry WHERE room_id = %(room)s AND status = 'waiting' AND place IS NULL
    ) late
    WHERE entry.id = late.id
"""


def move_all() -> int:
    """Move every room whose draw is due; returns how many people came in."""
    due = WaitingRoom.objects.filter(ended_at=None, draw_at__lte=timezone.now())
    return sum(move(room) for room in due)


def move(room: WaitingRoom) -> int:
    """Draw when it is due, end the admissions that are over and let the next people in; returns how many came in.

    Nothing when another process is just doing it.
    """
    if room.drawn_at is None and not draw.run(room):
        return 0
    with transaction.atomic():
        rows = WaitingRoom.objects.select_for_update(no_key=True, skip_locked=True)
        locked = rows.filter(pk=room.pk, ended_at=None, drawn_at__isnull=False).first()
        return _move(locked, timezone.now()) if locked else 0


def _move(room: WaitingRoom, now: datetime) -> int:
    end_over(room, now)
    before = (room.last_place, room.head, room.credit_at)
    room.last_place += _number_the_late(room)
    came_in = [] if room.paused_at else let_in(room, free_slots(room, now), now)
    if came_in:
        room.head = max(room.head, *came_in)
        room.credit_at = used_up_to(room, len(came_in), now)
    if before != (room.last_place, room.head, room.credit_at):
        room.save(update_fields=["last_place", "head", "credit_at", "updated_at"])
    return len(came_in)


def end_over(room: WaitingRoom, now: datetime) -> int:
    """End the admissions of who has bought, and those that ran out; returns how many places inside that frees."""
    has_bought = Q(order__status=Order.Status.PAID)
    inside = RoomEntry.objects.filter(room=room, status=S.INSIDE)
    over = list(inside.filter(has_bought | Q(expires_at__lte=now)).values_list("pk", "order__status"))
    bought = [key for key, status in over if status == Order.Status.PAID]
    became = Case(When(pk__in=bought, then=Value(S.BOUGHT)), default=Value(S.LAPSED))
    keys = [key for key, _status in over]
    return RoomEntry.objects.filter(pk__in=keys, status=S.INSIDE).update(status=became, ended_at=now) if keys else 0


def _number_the_late(room: WaitingRoom) -> int:
    """Who came after the draw, or waits again, is put behind the last in order of coming; returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(_NUMBER, {"room": room.pk, "last": room.last_place})
        return cursor.rowcount


def free_slots(room: WaitingRoom, now: datetime) -> int:
    """How many may come in now: as many as are missing inside, and not more than the rate has saved up."""
    inside = RoomEntry.objects.filter(room=room, status=S.INSIDE).count()
    free = max(0, room.max_inside - inside)
    if not room.rate:
        return free
    saved = (now - _unused_since(room, now)).total_seconds() * room.rate / 60
    return min(free, int(saved + 1e-6))


def used_up_to(room: WaitingRoom, how_many: int, now: datetime) -> datetime:
    """Up to which moment the rate is used when so many have come in; what was not used for longer is lost."""
    if not room.rate:
        return now
    return _unused_since(room, now) + timedelta(seconds=how_many * 60 / room.rate)


def _unused_since(room: WaitingRoom, now: datetime) -> datetime:
    """A slow rate saves up one admission, however long that takes."""
    return max(room.credit_at or now, now - max(BURST, timedelta(seconds=60 / room.rate)))


def let_in(room: WaitingRoom, how_many: int, now: datetime) -> list[int]:
    """Let the next ones in; returns their places."""
    if not how_many:
        return []
    waiting = RoomEntry.objects.filter(room=room, status=S.WAITING, place__gt=room.head)
    found = list(waiting.order_by("place").values_list("pk", "place")[:how_many])
    _write([key for key, _place in found], now, now + timedelta(minutes=room.minutes))
    return [place for _key, place in found]


def _write(keys: Iterable[int], now: datetime, until: datetime) -> None:
    chosen = RoomEntry.objects.filter(pk__in=list(keys), status=S.WAITING)
    chosen.update(status=S.INSIDE, admitted_at=now, expires_at=until, ended_at=None, order=None)
