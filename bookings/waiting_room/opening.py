"""What an organiser does with a waiting room: make it, change it, start it, hold it, end it. Each is in the audit log.

Each verb locks the event and then the room. Nobody is let in while it holds them.
"""

import hashlib
import secrets
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import User
from bookings import inventory
from bookings.models import WaitingRoom
from eventify.lib import sealed
from eventify.lib.errors import Because, Conflict, Invalid
from events.models import Event
from events.signals import event_changed

SEED = 32  # bytes
MINUTES_MAX = 240  # that an admission lasts
INSIDE_MAX = 100_000
RATE_MAX = 100_000  # admissions a minute
LONGEST = timedelta(days=60)  # from now to the draw
_LIMITS = {"rate": (1, RATE_MAX), "max_inside": (1, INSIDE_MAX), "minutes": (1, MINUTES_MAX)}
_SETTINGS = ("opens_at", "draw_at", "rate", "max_inside", "minutes", "needs_login")


class AlreadyDrawn(Conflict):
    """The list of people is closed, so when it opens, when it draws and who may come in stay as they are."""

    code = "already_drawn"


def live(event: Event) -> WaitingRoom | None:
    """The room through which the event is sold now; None when there is none."""
    return WaitingRoom.objects.filter(event=event, ended_at=None).first()


def live_of(event: Event) -> WaitingRoom:
    """The room through which the event is sold now, with the event; Conflict when there is none."""
    room = live(event)
    if room is None:
        raise Conflict(Because("no_room", _("This event has no waiting room.")))
    room.event = event
    return room


def newest(event: Event) -> WaitingRoom | None:
    """The room that is live, or the last one that was."""
    return WaitingRoom.objects.filter(event=event).order_by("-id").first()


@transaction.atomic
def make(event: Event, *, by: User, **values) -> WaitingRoom:
    """Sell the event only through a room from now on. `values` are the settings of WaitingRoom (times are moments).

    A new random seed is made and sealed; its hash is told at once. Invalid for impossible settings, Conflict when the
    event has a room.
    """
    event = inventory.lock([event.pk])[event.pk]
    if live(event):
        sentence = _("%(event)s has a waiting room already.") % {"event": event.name}
        raise Conflict(Because("has_room", sentence))
    _check(values, is_new=True)
    seed = secrets.token_bytes(SEED)
    room = WaitingRoom(event=event, seed_hash=hashlib.sha256(seed).hexdigest(), **values)
    room.sealed_seed = sealed.seal(seed, **seal_of(room))
    room.save(force_insert=True)
    _mark(event, has_room=True)
    audit.record("MADE_WAITING_ROOM", event, by=by, seed_sha256=room.seed_hash, after=_told(room))
    return room


def seal_of(room: WaitingRoom) -> dict[str, str]:
    """What its seed is sealed for: it opens for no other room."""
    # A plain word, from when nothing else was sealed in this way; another one would open none of them.
    return {"purpose": "sealed", "about": f"waiting room {room.uid}"}


def reseal(room: WaitingRoom) -> bool:
    """Seal its seed with SECRET_KEY where a fallback has sealed it; whether it had to. Locked as sealed.unseal."""
    anew = sealed.reseal(room.sealed_seed, **seal_of(room))
    if anew:
        WaitingRoom.objects.filter(pk=room.pk).update(sealed_seed=anew)
    return bool(anew)


@transaction.atomic
def change(room: WaitingRoom, *, by: User, **values) -> WaitingRoom:
    """Change settings. AlreadyDrawn for its moments and `needs_login` once the list is closed; Invalid, Conflict.

    Who is inside stays when fewer may be; a shorter admission holds for the next ones.
    """
    room = lock(room)
    before = _told(room)
    values = {name: value for name, value in values.items() if getattr(room, name) != value}
    if room.closed_at and values.keys() & {"opens_at", "draw_at", "needs_login"}:
        raise AlreadyDrawn(_("The list is closed, so this stays: when it opens, when it draws, who may come in."))
    _check({**{name: getattr(room, name) for name in _SETTINGS}, **values}, is_new=False)
    for name, value in values.items():
        setattr(room, name, value)
    if "max_inside" in values:
        room.limited_at = timezone.now()
    if "rate" in values:
        room.credit_at = timezone.now()
    room.save()
    audit.record("CHANGED_WAITING_ROOM", room.event, by=by, before=before, after=_told(room))
    return room


@transaction.atomic
def start(room: WaitingRoom, *, by: User) -> WaitingRoom:
    """Open the room if it is not, and let the draw be due now; Conflict when the list is closed already."""
    room = lock(room)
    if room.closed_at:
        raise AlreadyDrawn(_("The lots are drawn already."))
    now = timezone.now()
    room.opens_at, room.draw_at = min(room.opens_at, now), now
    room.save()
    audit.record("STARTED_WAITING_ROOM", room.event, by=by, after=_told(room))
    return room


@transaction.atomic
def pause(room: WaitingRoom, *, by: User) -> WaitingRoom:
    """Let nobody in until `resume`. Who is inside goes on; a draw that is due waits. Twice is once."""
    room = lock(room)
    if room.paused_at is None:
        room.paused_at = timezone.now()
        room.save()
        audit.record("PAUSED_WAITING_ROOM", room.event, by=by)
    return room


@transaction.atomic
def resume(room: WaitingRoom, *, by: User) -> WaitingRoom:
    """Let people in again; the time of the pause is not made up for. Twice is once."""
    room = lock(room)
    if room.paused_at:
        room.paused_at, room.credit_at = None, timezone.now()
        room.save()
        audit.record("RESUMED_WAITING_ROOM", room.event, by=by)
    return room


@transaction.atomic
def end(room: WaitingRoom, *, by: User) -> dict:
    """Send nobody through the room any more: everybody may book at once. Returns its facts (waiting, inside)."""
    room = lock(room)
    entries = room.entries.all()
    facts = {one: entries.filter(status=one).count() for one in ("waiting", "inside")}
    room.ended_at = timezone.now()
    room.save()
    _mark(room.event, has_room=False)
    audit.record("ENDED_WAITING_ROOM", room.event, by=by, **facts)
    return facts


def lock(room: WaitingRoom) -> WaitingRoom:
    """Lock the event and the live room, and read both afresh; Conflict when it has ended."""
    event = inventory.lock([room.event_id])[room.event_id]
    room = WaitingRoom.objects.select_for_update().get(pk=room.pk)
    room.event = event
    if room.ended_at:
        raise Conflict(Because("room_ended", _("This waiting room has ended.")))
    return room


def _mark(event: Event, *, has_room: bool) -> None:
    Event.objects.filter(pk=event.pk).update(has_waiting_room=has_room, updated_at=timezone.now())
    transaction.on_commit(lambda: event_changed.send(Event, event=event), robust=True)


def _told(room: WaitingRoom) -> dict:
    values = {name: getattr(room, name) for name in _SETTINGS}
    return {name: one.isoformat() if isinstance(one, datetime) else one for name, one in values.items()}


def _check(values: dict, *, is_new: bool) -> None:
    errors: dict[str, list] = {}
    for name, (least, most) in _LIMITS.items():
        value = values.get(name)
        if (value is None and name != "rate") or (value is not None and not least <= value <= most):
            errors[name] = [_("Use a number from %(least)s to %(most)s.") % {"least": least, "most": f"{most:,}"}]
    if values["draw_at"] < values["opens_at"]:
        errors["draw_at"] = [_("The sale cannot begin before the room opens.")]
    elif is_new and values["draw_at"] <= timezone.now():
        errors["draw_at"] = [_("This moment is over. Choose one that is to come.")]
    elif values["draw_at"] > timezone.now() + LONGEST:
        errors["draw_at"] = [_("Choose a moment within the next %(days)s days.") % {"days": LONGEST.days}]
    if errors:
        raise Invalid(errors=errors)
