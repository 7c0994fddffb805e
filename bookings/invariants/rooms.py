"""A waiting room is fair: never too many inside, nobody passed by, and a draw that can be drawn again."""

from collections.abc import Iterator
from datetime import timedelta

from django.utils import timezone

from bookings.models import WaitingRoom
from bookings.waiting_room import draw
from eventify.lib.checks import RESTORE, Check, among

DRAWN_AGAIN = timedelta(days=30)  # so long each check draws it again
_ROOMS = f"SELECT count(*) FROM bookings_waitingroom r WHERE {among('r.event_id')}"
_ENTRIES = f"""SELECT count(*) FROM bookings_roomentry e JOIN bookings_waitingroom r ON r.id = e.room_id
    WHERE {among("r.event_id")}"""


def _drawn_wrongly(only: list[int] | None) -> Iterator[dict]:
    """Rooms whose published draw does not come out again."""
    rooms = WaitingRoom.objects.filter(drawn_at__isnull=False).select_related("event")
    recent = {"drawn_at__gt": timezone.now() - DRAWN_AGAIN} if only is None else {"event__in": only}
    for room in rooms.filter(**recent):
        for mistake in draw.mistakes(draw.told(room)):
            yield {"id": room.pk, "event_id": room.event_id, "mistake": mistake}


CHECKS = (
    Check(
        "events behind waiting rooms",
        f"SELECT count(*) FROM events_event e WHERE {among('e.id')}",
        f"""
        SELECT e.id, e.name, e.has_waiting_room, count(r.id) AS rooms
        FROM events_event e LEFT JOIN bookings_waitingroom r ON r.event_id = e.id AND r.ended_at IS NULL
        WHERE {among("e.id")} GROUP BY e.id HAVING e.has_waiting_room <> (count(r.id) > 0)
        """,
        "event {id} ({name}): behind a waiting room is {has_waiting_room}, and {rooms} are live",
    ),
    Check(
        "people inside waiting rooms",
        _ROOMS,
        # More than may be inside are there only where that was made fewer, and then nobody has come in since.
        f"""
        SELECT r.id, r.event_id, r.max_inside, count(e.id) AS inside
        FROM bookings_waitingroom r JOIN bookings_roomentry e ON e.room_id = r.id AND e.status = 'inside'
        WHERE {among("r.event_id")} GROUP BY r.id
        HAVING count(e.id) > r.max_inside AND max(e.admitted_at) > r.limited_at
        """,
        "waiting room {id} of event {event_id} has {inside} people inside, and {max_inside} may be",
    ),
    Check(
        "numbers of a draw",
        _ENTRIES,
        f"""
        SELECT r.id, r.event_id, r.entry_count, count(e.rank) AS ranks, count(DISTINCT e.rank) AS different,
               count(*) FILTER (WHERE e.is_early) AS early, max(e.rank) AS last
        FROM bookings_waitingroom r LEFT JOIN bookings_roomentry e ON e.room_id = r.id
        WHERE r.drawn_at IS NOT NULL AND {among("r.event_id")} GROUP BY r.id
        HAVING (r.entry_count, r.entry_count, r.entry_count, r.entry_count) IS DISTINCT FROM
               (count(e.rank), count(DISTINCT e.rank), count(*) FILTER (WHERE e.is_early), coalesce(max(e.rank), 0))
        """,
        "waiting room {id} of event {event_id} drew {entry_count} lots: {early} people, {ranks} numbers, "
        "{different} different, the last {last}",
    ),
    Check(
        "order of waiting rooms",
        _ENTRIES,
        f"""
        SELECT e.id, e.room_id, e.place, r.head
        FROM bookings_roomentry e JOIN bookings_waitingroom r ON r.id = e.room_id
        WHERE {among("r.event_id")} AND (
            (e.status = 'waiting' AND e.place <= r.head) OR (e.admitted_at IS NOT NULL AND e.place > r.head)
        )
        """,
        "entry {id} of waiting room {room_id} has place {place}, which does not go with {head} as the last let in",
    ),
    Check(
        "seeds and lists of draws",
        f"SELECT count(*) FROM bookings_waitingroom r WHERE r.drawn_at IS NOT NULL AND {among('r.event_id')}",
        _drawn_wrongly,
        "waiting room {id} of event {event_id}: {mistake}",
        "People have been told another order than they can compute. " + RESTORE,
    ),
)
