"""An event as an entry for anybody's calendar."""

from collections.abc import Iterator
from datetime import UTC
from urllib.parse import urlencode

from django.conf import settings

from eventify.lib import ics
from events.models import Event

_GOOGLE = "https://calendar.google.com/calendar/render"


def page_of(event: Event) -> str:
    """The absolute address of the event's page."""
    return f"{settings.SITE_URL}/e/{event.slug}/"


def of_event(event: Event) -> bytes | None:
    """The event as an iCalendar file; None while it has no date. A cancelled one says so."""
    if event.starts_at is None:
        return None
    is_cancelled = event.state == Event.State.CANCELLED
    return ics.calendar(_entry(event, is_cancelled), product="Events", method="CANCEL" if is_cancelled else "PUBLISH")


def google_link(event: Event) -> str:
    """The address where Google's calendar offers to add the event; empty while it has no date."""
    if event.starts_at is None:
        return ""
    ends_at = event.ends_at or event.starts_at
    dates = "/".join(f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}" for moment in (event.starts_at, ends_at))
    about = {"text": event.headline, "dates": dates, "location": event.where, "details": page_of(event)}
    return f"{_GOOGLE}?{urlencode({'action': 'TEMPLATE', **about})}"


def _entry(event: Event, is_cancelled: bool) -> Iterator[str]:
    yield "BEGIN:VEVENT"
    yield f"UID:event-{event.uid}@eventify"
    yield f"DTSTAMP:{ics.moment(event.updated_at)}"
    yield f"SEQUENCE:{ics.sequence(event.updated_at)}"
    yield f"DTSTART:{ics.moment(event.starts_at)}"
    if event.ends_at and event.ends_at > event.starts_at:
        yield f"DTEND:{ics.moment(event.ends_at)}"
    yield f"SUMMARY:{ics.text(event.headline)}"
    if event.where:
        yield f"LOCATION:{ics.text(event.where)}"
    yield f"URL:{page_of(event)}"
    yield f"STATUS:{'CANCELLED' if is_cancelled else 'CONFIRMED'}"
    yield "END:VEVENT"
