"""Time slots: stretches of a day in the event's own time zone. Every verb holds the event's lock."""

from datetime import UTC, date, datetime, time, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import User
from crew import editing, telling
from crew.models import Shift, TimeSlot
from eventify.lib.errors import Because, Conflict, Invalid
from events.locking import lock_one
from events.models import Event

FIRST, LAST = date(1970, 1, 1), date(2199, 12, 31)
_TIMES = {"date", "start_time", "end_time"}


def moments(event: Event, day: date, start: time, end: time) -> tuple[datetime, datetime]:
    """The moments (UTC) of local times; an end that is not after the start is on the next day.

    A time that the clocks skip is as long after the gap as it is into it; of a time that comes twice the first counts
    for the start, and for the end, too. Where the gap would put the end before the start, the slot lasts as long as
    the two times are apart.
    """
    until = day if end > start else day + timedelta(days=1)
    local = [datetime.combine(day, start), datetime.combine(until, end)]
    starts_at, ends_at = (moment.replace(tzinfo=event.zone).astimezone(UTC) for moment in local)
    return starts_at, ends_at if ends_at > starts_at else starts_at + (local[1] - local[0])


def recompute(event: Event) -> None:
    """Give the event's time slots the moments of their local times in its zone as it is now. Two queries."""
    slots = list(TimeSlot.objects.filter(event=event))
    for slot in slots:
        slot.starts_at, slot.ends_at = moments(event, slot.date, slot.start_time, slot.end_time)
    TimeSlot.objects.bulk_update(slots, ["starts_at", "ends_at"], batch_size=500)


@transaction.atomic
def create(
    event: Event, *, by: User | None, name: str, person_type: str, date: date, start_time: time, end_time: time
) -> TimeSlot:
    """Add a slot; its date and times are local to the event. Invalid for impossible values. Locks the event."""
    slot = TimeSlot(
        event=lock_one(event), name=name, person_type=person_type, date=date, start_time=start_time, end_time=end_time
    )
    _settle(slot)
    slot.save(force_insert=True)
    audit.record("CREATED_TIME_SLOT", slot, by=by, event=str(event.uid))
    return slot


@transaction.atomic
def change(slot: TimeSlot, *, by: User | None, **changes) -> TimeSlot:
    """Change what `create` gives; people whose shift moves are told. Invalid for impossible values.

    The new times may clash with what people have besides (crew/clashes.py shows it). Locks the event, and the shifts.
    """
    slot = editing.fresh(slot)
    affected = _peopled(slot) if _TIMES & changes.keys() else {}
    changed = editing.change(slot, changes)
    _settle(slot)
    if not changed:
        return slot
    slot.save(update_fields=[*changed, "starts_at", "ends_at", "updated_at"])
    audit.record("CHANGED_TIME_SLOT", slot, by=by, fields=sorted(changed))
    if _TIMES & set(changed):
        telling.shifts_changed(affected)
    return slot


def _peopled(slot: TimeSlot) -> dict[Shift, dict]:
    """The slot's shifts that people have, as they are noted now; locked, so that a claim comes before or after."""
    rows = Shift.objects.live().select_for_update(no_key=True, of=("self",)).filter(time_slot=slot)
    joined = rows.select_related("section", "time_slot__event").order_by("pk")
    ended = (Shift.Status.CANCELLED, Shift.Status.COMPLETED)
    peopled = (shift for shift in joined if shift.status not in ended and shift.filled_slots + shift.pending_slots)
    return {shift: telling.noted(shift) for shift in peopled}


@transaction.atomic
def delete(slot: TimeSlot, *, by: User | None) -> None:
    """Delete a slot that no shift uses; Conflict otherwise. Locks the event, as making a shift does."""
    slot = editing.fresh(slot)
    if slot.shifts.live().exists():
        sentence = _("%(slot)s has shifts. Delete those first.") % {"slot": slot.name}
        raise Conflict(Because("has_shifts", sentence))
    audit.record("DELETED_TIME_SLOT", slot, by=by, name=slot.name)
    slot.delete()


def _settle(slot: TimeSlot) -> None:
    """Check the slot's values and give it its moments."""
    if not FIRST <= slot.date <= LAST:
        raise Invalid.field("date", _("Use a day from %(first)s to %(last)s.") % {"first": FIRST, "last": LAST})
    slot.starts_at, slot.ends_at = moments(slot.event, slot.date, slot.start_time, slot.end_time)
    editing.check(slot)
