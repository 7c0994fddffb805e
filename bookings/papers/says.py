"""Words that papers share. Unlike a page, a paper lives for years, so its days always name their year."""

from datetime import datetime

from django.utils.translation import gettext as _

from eventify.lib.dates import date_format, full_moment
from events.models import Event
from events.templatetags.say import address, zone_at


def day(moment: datetime, event: Event) -> str:
    """`Fri 12 Jun 2026` in the event's zone."""
    return date_format(moment.astimezone(event.zone), "D j M Y")


def clock(moment: datetime, event: Event) -> str:
    """`19:30` in the event's zone."""
    return date_format(moment.astimezone(event.zone), "H:i")


def moment(value: datetime, event: Event) -> str:
    """`Fri 12 Jun 2026, 19:30 IST`: in the event's zone, which is named."""
    return full_moment(value.astimezone(event.zone))


def when(event: Event) -> str:
    """`Fri 12 Jun 2026, 19:30 – 22:30 IST`; with the last day when it ends on another one."""
    if event.starts_at is None:
        return _("Date to be announced")
    said = f"{day(event.starts_at, event)}, {clock(event.starts_at, event)}"
    if event.ends_at is not None:
        is_one_day = event.local(event.starts_at)[0] == event.local(event.ends_at)[0]
        end = clock(event.ends_at, event)
        said += f" – {end if is_one_day else f'{day(event.ends_at, event)}, {end}'}"
    return f"{said} {zone_at(event, event.starts_at)}"


def where(event: Event) -> str:
    """The whole address in one line, or that it is not known yet."""
    return ", ".join(address(event)) or _("Place to be announced")
