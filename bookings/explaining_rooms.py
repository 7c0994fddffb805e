"""Why not? What can be asked about waiting rooms: running one as its organiser, and coming into one."""

from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from accounts.explaining import Action, Fix, Input, one_of
from accounts.models import User
from bookings.waiting_room import joining, opening
from eventify.lib.errors import Conflict
from events import explaining as of_events
from events.models import Event
from partners.explaining import FIXES, need

_SOON = timedelta(minutes=30)


def _make(event: Event, by: User) -> None:
    now = timezone.now()
    opening.make(event, by=by, opens_at=now, draw_at=now + _SOON, max_inside=1, rate=None, minutes=10, needs_login=True)


def _change(event: Event, by: User) -> None:
    """Nothing of its settings: whether it can be changed at all."""
    opening.change(opening.live_of(event), by=by)


def _of_room(verb):
    return lambda event, by: verb(opening.live_of(event), by=by)


_ACTS = {
    "start": _of_room(opening.start),
    "pause": _of_room(opening.pause),
    "resume": _of_room(opening.resume),
    "end": _of_room(opening.end),
    "make": _make,
    "change": _change,
}


def _run(event: Event, *, by: User, act: str = "start") -> None:
    need(by, "manage_events", on=event)
    _ACTS[act](event, by)


def _join(event: Event, *, by: User | None) -> None:
    """A place in the room; a guest is nobody there."""
    room = opening.newest(event)
    if room is None:
        raise Conflict(_("This event has no waiting room."))
    room.event, user = event, None if by is None or by.is_guest else by
    joining.check_may_come(room, user)
    joining.join(room, user=user)


_FIXES = {
    **FIXES,
    "log_in_first": Fix(gettext_lazy("Log in."), lambda _row: "/login/"),
    "room_ended": Fix(gettext_lazy("Everybody can book now."), lambda event: f"/e/{event.slug}/"),
    "no_room": Fix(gettext_lazy("Everybody can book now."), lambda event: f"/e/{event.slug}/"),
}
_EVENT = gettext_noop("the uid of an event")
ACTIONS = (
    Action("run_room", gettext_lazy("Run the waiting room of an event"), _EVENT, of_events.seen, _run,
           (Input("act", one_of(*_ACTS), "start (default), pause, resume, end, make or change"),), fixes=_FIXES),
    Action("join_room", gettext_lazy("Come into a waiting room"), _EVENT, of_events.seen, _join, needs_account=False,
           fixes=_FIXES),
)  # fmt: skip
