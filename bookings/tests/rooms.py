"""What the tests of waiting rooms start from."""

from datetime import timedelta

from django.db import connection
from django.utils import timezone

from accounts.factories import SuperAdminFactory
from accounts.models import User
from bookings.models import RoomEntry, TicketType, WaitingRoom
from bookings.tests.scenes import people, scene
from bookings.waiting_room import admitting, joining, opening
from events.models import Event

HOUR = timedelta(hours=1)


def a_room(*, event: Event | None = None, price=0, **values) -> tuple[WaitingRoom, TicketType]:
    """A room that people may come into, of an event on sale, and the one type of that."""
    event, ticket_type = (event, event.ticket_types.get()) if event else scene(capacity=100, price=price)
    now = timezone.now()
    values = {"opens_at": now - HOUR, "draw_at": now + HOUR, "max_inside": 2, "minutes": 10, "rate": None} | values
    return opening.make(event, by=SuperAdminFactory(), **values), ticket_type


def come(room: WaitingRoom, how_many: int) -> list[RoomEntry]:
    """So many people with accounts come in."""
    return [joining.join(room, user=user) for user in people(how_many)]


def come_quickly(room: WaitingRoom, how_many: int) -> None:
    """So many nobodies come in before the draw, by one statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO bookings_roomentry (uid, room_id, holder, status, is_early, joined_at) "
            "SELECT gen_random_uuid(), %s, md5(n::text), 'waiting', true, now() FROM generate_series(1, %s) n",
            [room.pk, how_many],
        )


def begin(room: WaitingRoom) -> WaitingRoom:
    """The draw is due now, and the first people come in."""
    opening.start(room, by=SuperAdminFactory())
    admitting.move(again(room))
    return again(room)


def again(room: WaitingRoom) -> WaitingRoom:
    """The room as it is now."""
    return WaitingRoom.objects.select_related("event").get(pk=room.pk)


def in_order(room: WaitingRoom) -> list[RoomEntry]:
    """The people in the order of their places."""
    return list(room.entries.filter(place__isnull=False).select_related("user", "order").order_by("place"))


def let_time_pass(room: WaitingRoom, **span) -> None:
    """So much later: the room's clocks and its admissions are set back by that."""
    ago = timedelta(**span)
    for name in ("credit_at", "drawn_at", "closed_at", "limited_at"):
        if getattr(again(room), name):
            WaitingRoom.objects.filter(pk=room.pk).update(**{name: getattr(again(room), name) - ago})
    for entry in room.entries.exclude(admitted_at=None):
        moved = {"admitted_at": entry.admitted_at - ago, "expires_at": entry.expires_at - ago}
        RoomEntry.objects.filter(pk=entry.pk).update(**moved)


def first_inside(room: WaitingRoom) -> User:
    """Who has the lowest place of those inside."""
    return room.entries.filter(status="inside").select_related("user").order_by("place")[0].user
