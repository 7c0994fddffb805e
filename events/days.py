"""Events as people plan them: by days of the event's own time zone (004), which are kept as moments."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from events.models import Event

# day -> (the moment that it is kept as, the time of the day when none is known)
_DAYS = {"starts_on": ("starts_at", time(0)), "ends_on": ("ends_at", time(23, 59, 59))}


def into_moments(fields: dict, event: Event) -> dict:
    """The fields with `starts_on` and `ends_on` (local days, or None) made `starts_at` and `ends_at`.

    The time of the day that the event has stays as the clock there shows it, also when `timezone` is among the fields;
    a day that had none begins at midnight, and ends a second before the next.
    """
    zone = ZoneInfo(fields.get("timezone", event.timezone))
    rest = {name: value for name, value in fields.items() if name not in _DAYS}
    return rest | {_DAYS[name][0]: _moment(event, name, fields[name], zone) for name in fields.keys() & _DAYS.keys()}


def _moment(event: Event, name: str, day: date | None, zone: ZoneInfo) -> datetime | None:
    field, usual = _DAYS[name]
    _day, at = event.local(getattr(event, field))
    return day and datetime.combine(day, usual if at is None else at, tzinfo=zone)
