"""Where somebody stands: what a page that waits asks for again and again, so it costs next to nothing.

What all have in common is read once a second by a process (`Shared`: by one of a server's); of each person only the
place is kept, which does not change. Whoever reads anew also moves the room on, so that it moves while somebody waits.
"""

import math
import random
from bisect import bisect_left
from datetime import datetime, timedelta
from threading import Lock
from typing import NamedTuple
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bookings.models import RoomEntry, WaitingRoom
from bookings.waiting_room import admitting, gate
from eventify.lib.brief import Brief, Shared
from eventify.lib.dates import date_format

S, P = RoomEntry.Status, WaitingRoom.Phase
FRESH = 1.0  # seconds
KEPT = 60  # seconds that the place of a person is kept
MEASURED = timedelta(minutes=5)  # over which the speed is measured
BEGINNING = timedelta(seconds=30)  # after the draw, which does not count
A_SECOND = 300  # questions a second that the pauses aim at
SOONEST, LATEST = 4, 60  # seconds between two questions of a page
MOST_ROOMS = 1000  # that a process remembers
JITTER = 0.25  # of a pause, so that nobody's questions come all at once


class Common(NamedTuple):
    """What is the same for all who wait in a room. `per_minute` None: not known; `gaps` are places that were left."""

    room: int
    phase: str
    zone: object
    slug: str
    opens_at: datetime
    draw_at: datetime
    present: int
    head: int
    last: int
    gaps: tuple[int, ...]
    per_minute: float | None
    is_full: bool

    @property
    def waiting(self) -> int:
        """About how many wait: of places that were given."""
        return max(0, self.last - self.head - len(self.gaps))


class Standing(NamedTuple):
    """Where one person stands. `state` is the room's phase, or inside or out of it; `ahead` people come before."""

    state: str
    sentence: str
    more: str
    ahead: int | None
    done: int  # of `of`: how far the way is
    of: int
    pause: int  # seconds until it is worth asking again, without jitter

    def told(self) -> dict:
        """As a page that waits is told it."""
        told = self._asdict()
        del told["pause"]
        return told


_common, _places = Shared(FRESH), Brief(KEPT, 50_000)
_last: dict[int, Common] = {}  # room -> what was read last, for those who come while another thread reads
_reading = Lock()


def common(room: int) -> Common | None:
    """What all in the room of this id have in common, at most some seconds old; None when there is no such room."""
    found = _common.get(room)
    if found is None:
        is_mine = _reading.acquire(blocking=room not in _last)
        if not is_mine:
            return _last[room]
        try:
            found = _common.get(room) or _read_and_move(room)
        finally:
            _reading.release()
    return found


def _read_and_move(key: int) -> Common | None:
    room = WaitingRoom.objects.select_related("event").filter(pk=key).first()
    if room is None:
        return None
    if not room.ended_at and timezone.now() >= room.draw_at and admitting.move(room) >= 0:
        room = WaitingRoom.objects.select_related("event").get(pk=key)
    found = read(room)
    _common.put(key, found)
    if len(_last) > MOST_ROOMS:
        _last.clear()
    _last[key] = found
    return found


def read(room: WaitingRoom) -> Common:
    """What all in the room have in common now."""
    entries, event = RoomEntry.objects.filter(room=room), room.event
    is_drawn = room.drawn_at is not None
    gaps = entries.filter(status=S.LEFT, place__gt=room.head).order_by("place").values_list("place", flat=True)
    return Common(
        room=room.pk,
        phase=room.phase_at(timezone.now()),
        zone=event.zone,
        slug=event.slug,
        opens_at=room.opens_at,
        draw_at=room.draw_at,
        present=room.entry_count if room.closed_at else entries.filter(is_early=True).count(),
        head=room.head,
        last=room.last_place,
        gaps=tuple(gaps) if is_drawn else (),
        per_minute=speed(room) if is_drawn else room.rate and float(room.rate),
        is_full=event.places_left <= 0,
    )


def speed(room: WaitingRoom) -> float | None:
    """Admissions a minute: of the last five minutes, or what the settings promise at least while there is no such.

    Those who come in together when the room begins say nothing of how fast the others go.
    """
    now = timezone.now()
    since = max(room.drawn_at + BEGINNING, now - MEASURED)
    minutes = (now - since).total_seconds() / 60
    seen = RoomEntry.objects.filter(room=room, admitted_at__gt=since).count() if minutes >= 1 else 0
    if seen:
        return seen / minutes
    return min(room.rate or math.inf, room.max_inside / room.minutes)


def of(room: int, uid: UUID) -> Standing | None:
    """Where the person of this entry stands; None when there is no such room or entry."""
    shared = common(room)
    if shared is None:
        return None
    place = _places.get(uid)
    if place is None or place <= shared.head or _is_gap(shared, place) or shared.phase not in (P.MOVING, P.PAUSED):
        entry = RoomEntry.objects.select_related("order").filter(room=room, uid=uid).first()
        return of_entry(shared, entry) if entry else None
    return _waiting(shared, place)


def of_entry(shared: Common, entry: RoomEntry) -> Standing:
    """Where this person stands, of their row as it is now."""
    if shared.phase == P.ENDED:
        return _ended(shared)
    if gate.is_inside(entry):
        until = _clock(shared, entry.expires_at)
        more = _("Choose until %(until)s.") % {"until": until}
        return Standing("inside", _("It is your turn."), more, 0, 1, 1, SOONEST)
    if entry.status != S.WAITING:
        return _out(entry)
    if shared.phase in (P.SHUT, P.GATHERING, P.DRAWING):
        return before_the_draw(shared)
    if entry.place:
        _places.put(entry.uid, entry.place)
    return _waiting(shared, entry.place or shared.last + 1)


def before_the_draw(shared: Common) -> Standing:
    """What all are told until the lots are drawn."""
    if shared.phase == P.DRAWING:
        sentence = _("The lots are being drawn.")
        return Standing(P.DRAWING.value, sentence, _("This takes a moment. Stay here."), None, 0, 1, _spread(shared, 5))
    wait = (shared.draw_at - timezone.now()).total_seconds()
    present = max(1, shared.present)  # who asks is here, whatever was counted a moment ago
    here = ngettext("%(many)s person is here.", "%(many)s people are here.", present)
    sentence = _("You are in. The lots are drawn at %(when)s.") % {"when": _moment(shared, shared.draw_at)}
    same = _("Coming earlier gains nothing: everybody has the same chance.")
    more = f"{here % {'many': present}} {same}"
    return Standing(P.GATHERING.value, sentence, more, None, 0, 1, _spread(shared, wait / 4))


def _waiting(shared: Common, place: int) -> Standing:
    ahead = max(0, place - shared.head - 1 - bisect_left(shared.gaps, place))
    minutes = (ahead + 1) / shared.per_minute if shared.per_minute else None
    sentence = ngettext("%(many)s person is before you.", "%(many)s people are before you.", ahead) % {"many": ahead}
    if not ahead:
        sentence = _("You are next.")
    if shared.phase == P.PAUSED:
        more, pause = _("Nobody is let in at the moment. Your place is safe."), _spread(shared, 15)
    else:
        more, pause = about(minutes), _spread(shared, minutes * 15 if minutes is not None else 15)
    if shared.is_full:
        more += " " + _("All tickets are sold or held right now; some may come back.")
    return Standing(shared.phase, sentence, more, ahead, min(shared.head, place - 1), max(1, place - 1), pause)


def about(minutes: float | None) -> str:
    """How long it takes, said as roughly as it is known."""
    if minutes is None:
        return _("How long it takes is not known yet.")
    if minutes < 1:
        return _("About a minute.")
    if minutes < 90:
        whole = math.ceil(minutes) if minutes < 20 else 5 * math.ceil(minutes / 5)
        return ngettext("About %(many)s minute.", "About %(many)s minutes.", whole) % {"many": whole}
    hours = math.ceil(minutes / 60)
    return ngettext("About %(many)s hour.", "About %(many)s hours.", hours) % {"many": hours}


def _out(entry: RoomEntry) -> Standing:
    said = {
        S.BOUGHT: _("You have bought your tickets."),
        S.LEFT: _("You have left the waiting room."),
    }.get(entry.status, _("Your turn is over."))
    return Standing("out", said, _("You can come in again, at the end."), None, 0, 1, LATEST)


def _ended(shared: Common) -> Standing:
    return Standing(P.ENDED.value, _("The waiting room has ended."), _("Everybody can book now."), None, 0, 1, LATEST)


def _is_gap(shared: Common, place: int) -> bool:
    found = bisect_left(shared.gaps, place)
    return found < len(shared.gaps) and shared.gaps[found] == place


def _spread(shared: Common, wanted: float) -> int:
    """A pause (seconds) between what is bearable for who asks and for who answers so many."""
    many = shared.waiting if shared.last else shared.present
    return round(min(LATEST, max(SOONEST, wanted, many / A_SECOND)))


def jittered(pause: int) -> int:
    """The pause, a little longer or shorter each time."""
    return max(1, round(pause * random.uniform(1 - JITTER, 1 + JITTER)))  # noqa: S311 - no secret


def _clock(shared: Common, moment: datetime) -> str:
    return date_format(moment.astimezone(shared.zone), "H:i")


def _moment(shared: Common, moment: datetime) -> str:
    return date_format(moment.astimezone(shared.zone), "D j M, H:i")
