"""Coming into a waiting room, leaving it, and finding one's place again: by the account, or by a signed cookie.

The cookie is also an account's, so that asking where one stands needs no session. It opens nothing by itself: who buys
must be whom the place belongs to (bookings/waiting_room/gate.py).
"""

from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from accounts.models import User
from bookings.models import RoomEntry, WaitingRoom
from bookings.waiting_room import gate, opening, telling
from eventify.lib.dates import date_format
from eventify.lib.errors import Because, Conflict, Forbidden
from eventify.lib.ratelimit import client_address, hit
from eventify.lib.wire import moment
from events.models import Event

S, P = RoomEntry.Status, WaitingRoom.Phase
KEPT = timedelta(days=60)  # that a browser knows its place
_SALT = "bookings.waiting_room"
# The room is locked so that its list cannot be closed between the look at it and the writing, and many come at once.
_ROOM = """
    WITH room AS (SELECT id, closed_at IS NULL AND clock_timestamp() < draw_at AS is_open
        FROM bookings_waitingroom WHERE id = %(room)s AND ended_at IS NULL FOR KEY SHARE)
"""
_COME = f"""{_ROOM}
    INSERT INTO bookings_roomentry (uid, room_id, user_id, holder, status, is_early, joined_at)
    SELECT gen_random_uuid(), id, %(user)s, %(holder)s, 'waiting', is_open, clock_timestamp() FROM room
    ON CONFLICT DO NOTHING
"""
# Who is in the list that was closed stays in it, whatever becomes of them.
_COME_AGAIN = f"""{_ROOM}
    UPDATE bookings_roomentry SET status = 'waiting', place = NULL, is_early = is_early OR room.is_open,
        joined_at = clock_timestamp(), ended_at = NULL, admitted_at = NULL, expires_at = NULL
    FROM room WHERE bookings_roomentry.id = %(entry)s AND status IN ('bought', 'lapsed', 'left')
"""
_LEAVE = f"""{_ROOM}
    UPDATE bookings_roomentry SET status = 'left', is_early = is_early AND NOT room.is_open,
        ended_at = clock_timestamp()
    FROM room WHERE bookings_roomentry.id = %(entry)s AND status IN ('waiting', 'inside')
"""


class LogInFirst(Forbidden):
    """This room has one place for each account."""

    code = "log_in_first"


def cookie_name(room: int) -> str:
    """What the cookie of a room (by its id) is called."""
    return f"{settings.COOKIE_PREFIX}waiting_room_{room}"


def cookie_of(entry: RoomEntry) -> str:
    """The cookie's value, which nobody else can make."""
    return signing.dumps(entry.uid.hex, salt=f"{_SALT}.{entry.room_id}")


def uid_in(request, room: int) -> UUID | None:
    """The entry that the browser's cookie names; None for one that is not ours, of another room, or too old."""
    value = request.COOKIES.get(cookie_name(room), "")
    try:
        return UUID(signing.loads(value, salt=f"{_SALT}.{room}", max_age=KEPT)) if value else None
    except signing.BadSignature:
        return None


def set_cookie(response, entry: RoomEntry) -> None:
    """Let the browser know its place."""
    how = {"httponly": True, "samesite": "Lax", "secure": settings.SESSION_COOKIE_SECURE}
    response.set_cookie(cookie_name(entry.room_id), cookie_of(entry), max_age=KEPT, **how)


def entry_of(request, room: WaitingRoom) -> RoomEntry | None:
    """The place of this visitor: the account's own, else the one of the browser unless it is another account's."""
    entries = RoomEntry.objects.filter(room=room).select_related("user", "order")
    user = request.user if request.user.is_authenticated else None
    own = user and entries.filter(user=user).first()
    if own:
        return own
    uid = uid_in(request, room.pk)
    entry = uid and entries.filter(uid=uid).first()
    is_accounts = entry and entry.user and not entry.user.is_guest
    return None if is_accounts or (room.needs_login and user is None) else entry


def come(request, room: WaitingRoom) -> RoomEntry:
    """A place for this visitor, the same one however often they come; a new one at the end for who was in already.

    LogInFirst, Conflict (not open yet, or over), TooManyRequests (new places of an address without an account; all
    tries of an account, for thousands of phones may share one address).
    """
    user = request.user if request.user.is_authenticated else None
    check_may_come(room, user)
    entry = entry_of(request, room)
    if user or entry is None:
        hit("room", f"user {user.pk}" if user else client_address(request))
    return join(room, user=user, entry=entry, browser=request.COOKIES.get(settings.CSRF_COOKIE_NAME, ""))


def check_may_come(room: WaitingRoom, user: User | None) -> None:
    """Conflict while the room is not open yet, or over; LogInFirst for nobody where it needs an account."""
    phase = room.phase_at(timezone.now())
    if phase == P.SHUT:
        opens = date_format(room.opens_at.astimezone(room.event.zone), "D j M, H:i")
        sentence = _("The waiting room opens at %(when)s.") % {"when": opens}
        raise Conflict(Because("room_not_open", sentence, starts_at=moment(room.opens_at)))
    if phase == P.ENDED:
        raise Conflict(Because("room_ended", _("This waiting room has ended.")))
    if room.needs_login and user is None:
        raise LogInFirst(_("Log in first: everybody has one place, with their account."))


def join(
    room: WaitingRoom, *, user: User | None = None, entry: RoomEntry | None = None, browser: str = ""
) -> RoomEntry:
    """The place of an account, or of a browser that a secret text names (empty: a new one each time).

    `entry` is the place that it is known to have. Who comes while the list is closed waits behind all others.
    Conflict when the room ends in this moment.
    """
    values = {"room": room.pk, "user": user and user.pk, "holder": _holder(room, user, browser)}
    with connection.cursor() as cursor:
        if entry is None:
            cursor.execute(_COME, values)
            entry = _found(room, user, values["holder"])
        cursor.execute(_COME_AGAIN, {"room": room.pk, "entry": entry.pk})
    if user and entry.user_id != user.pk:
        _take(entry, user)
    return RoomEntry.objects.get(pk=entry.pk)


def _found(room: WaitingRoom, user: User | None, holder: str) -> RoomEntry:
    entries = RoomEntry.objects.filter(room=room)
    entry = entries.filter(holder=holder).first() or (user and entries.filter(user=user).first())
    if not entry:
        raise Conflict(_("This waiting room has ended."))
    return entry


def _holder(room: WaitingRoom, user: User | None, browser: str) -> str:
    """Two tabs of one browser have one place: both send the cookie of its forms."""
    if user:
        return f"user {user.pk}"
    name = f"{room.pk}\x00{browser}" if browser else signing.dumps(str(timezone.now()))
    return salted_hmac(_SALT, name, algorithm="sha256").hexdigest()


def _take(entry: RoomEntry, user: User) -> None:
    """The place becomes the account's; not if the account has one by now, or the place is another's."""
    try:
        with transaction.atomic():
            RoomEntry.objects.filter(pk=entry.pk, user=None).update(user=user)
    except IntegrityError:
        return


def leave(entry: RoomEntry) -> None:
    """Give the place up; who is inside makes room for the next one. An order that was placed stays."""
    with connection.cursor() as cursor:
        cursor.execute(_LEAVE, {"room": entry.room_id, "entry": entry.pk})


def inside(request, event: Event) -> RoomEntry | None:
    """The admission of this visitor to an event that is behind a room; None when there is no room. gate.MustWait.

    Whether it has bought already is asked by the sale itself, which knows a form that was sent twice.
    """
    room = opening.live(event) if event.has_waiting_room else None
    if room is None:
        return None
    entry = entry_of(request, room)
    if entry is None or not gate.is_inside(entry):
        raise gate.MustWait(event, entry)
    return entry


def turn_of(request, event: Event) -> dict | None:
    """What the event's page says of its room: `until` when this visitor may choose; None when there is no room."""
    room = opening.live(event) if event.has_waiting_room else None
    if room is None:
        return None
    entry = entry_of(request, room)
    if entry is None or not gate.is_inside(entry):
        return {"room": room, "until": None}
    telling.saw(entry)
    return {"room": room, "until": entry.expires_at}


def bind(entry: RoomEntry, buyer: User) -> None:
    """The admission of a browser becomes that of the guest, or account, who buys with it. The first one has it."""
    if entry.user_id is None:
        _take(entry, buyer)
