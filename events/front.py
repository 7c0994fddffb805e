"""What the home page shows: banners, and short rows of events, none of them twice."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from urllib.parse import urlencode

from django.db.models import Q, QuerySet, prefetch_related_objects
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.pages import own_path
from events import queries, search, states
from events.filters import today, weekend
from events.models import Banner, Event

HEROES = 5
_ROW, _REST = 8, 12  # events of a row, and of what comes at the end
_LONG_TEXTS = ("description", "content", "important_information", "search_text")  # of which a card shows nothing


@dataclass
class Row:
    """A heading, its events, and where there are more."""

    name: str
    title: str
    more: str
    events: list[Event] = field(default_factory=list)


def cards(ids: Iterable[int]) -> list[Event]:
    """The events with these ids, in their order, with all that a card shows. Three queries."""
    events = Event.objects.select_related("partner").prefetch_related("images", "ticket_types").defer(*_LONG_TEXTS)
    found = events.in_bulk(list(ids))
    return [found[pk] for pk in ids if pk in found]


def heroes() -> list[dict]:
    """The banners, or else the next hot event, as title, image, link and event."""
    upcoming = queries.upcoming()
    can_be_attended = Q(event__state__in=states.ON_SALE, event__ends_at__gt=timezone.now())
    shown = Banner.objects.filter(Q(event=None) | can_be_attended, is_active=True)
    banners = shown.select_related("event").prefetch_related("event__images")[:HEROES]
    found = [{"title": b.title, "image": own_path(b.image_url), "link": b.link_url, "event": b.event} for b in banners]
    if found:
        return found
    hot = upcoming.filter(is_hot=True).prefetch_related("images").first()
    return [{"title": hot.headline, "image": "", "link": "", "event": hot}] if hot else []


def rows(city: str, shown: Iterable[int]) -> list[Row]:
    """The rows with something in them, without the events that are `shown` already. One query for each row."""
    shown, made = set(shown), []
    for row, events, most in _rows(city, today()):
        row.events = list(events.exclude(pk__in=shown).select_related("partner").defer(*_LONG_TEXTS)[:most])
        shown |= {event.pk for event in row.events}
        made.append(row)
    prefetch_related_objects([event for row in made for event in row.events], "images", "ticket_types")
    return [row for row in made if row.events]


def _rows(city: str, day: date) -> Iterable[tuple[Row, QuerySet[Event], int]]:
    events = queries.top_level(queries.upcoming())
    if city:
        near = Row("near", _("In %(city)s") % {"city": city}, _address(city=city))
        yield near, search.in_city(events, city), _ROW
    yield Row("today", _("Today"), _address(since=day, until=day)), queries.on_day(events, day), _ROW
    first, last = weekend(day)
    yield (
        Row("weekend", _("This weekend"), _address(since=first, until=last)),
        queries.on_day(events, first, last),
        _ROW,
    )
    yield Row("featured", _("Not to be missed"), ""), events.filter(is_hot=True), _ROW
    yield Row("soon", _("Coming up"), "/whats-on/"), events, _REST


def _address(**query) -> str:
    return f"/whats-on/?{urlencode(query)}"
