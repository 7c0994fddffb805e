"""Planning the same once more: a shift in several time slots, a day's time slots on another day."""

from collections.abc import Iterable
from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from crew import shifts, time_slots
from crew.models import Section, Shift, TimeSlot
from eventify.lib.errors import Invalid
from events.locking import lock, lock_one
from events.models import Event

SLOTS_MOST = 100  # in one act
_COPIED = (
    "location", "title", "description", "instructions", "slots_total", "slots_open_for_claiming", "report_time",
    "is_lead_role", "allow_overlap",
)  # fmt: skip


@transaction.atomic
def create_in_slots(section: Section, slots: Iterable[TimeSlot], *, by: User | None, **fields) -> list[Shift]:
    """The same new shift in each of these slots, all or none. Refused as shifts.create. Locks the events."""
    slots = list(slots)
    if not 0 < len(slots) <= SLOTS_MOST:
        raise Invalid.field("slots", _("Choose from 1 to %(most)s time slots.") % {"most": SLOTS_MOST})
    festival = {section.event.parent_id} - {None}
    lock({section.event_id, *festival, *(slot.event_id for slot in slots)})  # all at once, in the one order
    return [shifts.create(section, time_slot=slot, by=by, **fields) for slot in slots]


def copy_shift(shift: Shift, slots: Iterable[TimeSlot], *, by: User | None) -> list[Shift]:
    """The shift, without its people and as a draft, in each of these slots."""
    fields = {name: getattr(shift, name) for name in _COPIED}
    return create_in_slots(shift.section, slots, by=by, **fields)


@transaction.atomic
def copy_day(event: Event, day: date, to: date, *, by: User | None) -> list[TimeSlot]:
    """The event's own time slots of a day on another day, those left out that are there already. Locks the event.

    Invalid when there is nothing to copy.
    """
    event = lock_one(event)
    there = {_key(slot) for slot in TimeSlot.objects.filter(event=event, date=to)}
    wanted = [slot for slot in TimeSlot.objects.filter(event=event, date=day) if _key(slot) not in there]
    if not wanted or day == to:
        raise Invalid.field("to", _("There is nothing to copy: that day has these time slots already."))
    if len(wanted) > SLOTS_MOST:
        raise Invalid.field("day", _("Choose from 1 to %(most)s time slots.") % {"most": SLOTS_MOST})
    return [
        time_slots.create(
            event, by=by, date=to, name=slot.name, person_type=slot.person_type, start_time=slot.start_time,
            end_time=slot.end_time,
        )
        for slot in wanted
    ]  # fmt: skip


def _key(slot: TimeSlot) -> tuple:
    return slot.name, slot.person_type, slot.start_time, slot.end_time
