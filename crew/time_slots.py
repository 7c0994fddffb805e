"""Time slots: stretches of a day in the event's own time zone."""

from datetime import date, datetime, time, timedelta

from crew.models import TimeSlot
from events.models import Event


def moments(event: Event, day: date, start: time, end: time) -> tuple[datetime, datetime]:
    """The moments of local times; an end that is not after the start is on the next day.

    A time that the clocks skip is as long after the gap as it is into it; of a time that comes twice the first counts
    for the start, and for the end, too.
    """
    until = day if end > start else day + timedelta(days=1)
    return tuple(datetime.combine(on, at, tzinfo=event.zone) for on, at in ((day, start), (until, end)))


def recompute(event: Event) -> None:
    """Give the event's time slots the moments of their local times in its zone as it is now. Two queries."""
    slots = list(TimeSlot.objects.filter(event=event))
    for slot in slots:
        slot.starts_at, slot.ends_at = moments(event, slot.date, slot.start_time, slot.end_time)
    TimeSlot.objects.bulk_update(slots, ["starts_at", "ends_at"], batch_size=500)
