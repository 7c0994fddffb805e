"""How moments, money and addresses are said to people."""

import re
from datetime import datetime, timedelta
from decimal import Decimal

from django import template
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.pages import own_path
from eventify.lib import addresses
from eventify.lib.currencies import short
from eventify.lib.dates import date_format, zone_of
from events import kinds
from events.models import Event
from partners import countries

register = template.Library()
TILES = 6
A_NIGHT = timedelta(hours=18)
_LETTER_HYPHEN = re.compile(r"(?<=\b\w)-(?=\w)")


@register.filter
def money(amount: Decimal, currency: str) -> str:
    """`₹1,200`, `₹99.50`, or "Free" for zero."""
    return short(amount, currency) if amount else _("Free")


@register.filter
def day(moment: datetime | None, event: Event) -> str:
    """`Fri 12 Jun` in the event's zone; with the year when it is not this one."""
    if moment is None:
        return _("Date to be announced")
    there = moment.astimezone(event.zone)
    is_this_year = there.year == timezone.now().astimezone(event.zone).year
    return date_format(there, "D j M" if is_this_year else "D j M Y")


@register.filter
def clock(moment: datetime, event: Event) -> str:
    """`19:30` in the event's zone."""
    return date_format(moment.astimezone(event.zone), "H:i")


@register.filter
def moment(value: datetime | None, event: Event) -> str:
    """`Fri 12 Jun, 19:30` in the event's zone."""
    return day(value, event) if value is None else f"{day(value, event)}, {clock(value, event)}"


@register.filter
def span(event: Event) -> str:
    """From when to when: `Fri 12 Jun, 19:30 – 22:30`, or with the last day when it lasts for days."""
    if event.starts_at is None or event.ends_at is None:
        return moment(event.starts_at, event)
    end = moment(event.ends_at, event) if _lasts_for_days(event) else clock(event.ends_at, event)
    return f"{moment(event.starts_at, event)} – {end}"


@register.filter
def short_span(event: Event) -> str:
    """For a card: the start, or the days of something that lasts for days."""
    if event.starts_at and event.ends_at and _lasts_for_days(event):
        return f"{day(event.starts_at, event)} – {day(event.ends_at, event)}"
    return moment(event.starts_at, event)


def _lasts_for_days(event: Event) -> bool:
    """Whether it ends on another day; a night that ends in the morning is one evening."""
    (first, _start), (last, _end) = event.local(event.starts_at), event.local(event.ends_at)
    return first != last and event.ends_at - event.starts_at >= A_NIGHT


@register.filter
def moment_of_start(event: Event) -> str:
    """When it starts, in its zone."""
    return moment(event.starts_at, event)


@register.filter
def zone_name(event: Event) -> str:
    """The zone's name at the start of the event."""
    return zone_at(event, event.starts_at) if event.starts_at else event.timezone


@register.filter
def zone_at(event: Event, value: datetime) -> str:
    """`IST`, or `UTC+7` where the zone has no letters."""
    return zone_of(value.astimezone(event.zone))


@register.filter
def address(event: Event) -> list[str]:
    """Where it is, for who has to find it: venue and street, then the place as its country lays addresses out."""
    street = event.location.removesuffix(event.place).rstrip(" ,") if event.place else event.location
    above = [event.venue_name if event.venue_name not in event.location else "", street]
    if event.place in event.location and not (event.pincode or event.state_name):
        return [line for line in (above[0], event.location or event.place) if line]
    country, place = countries.code_of(event.country), {"city": event.place, "district": event.district}
    return [*filter(None, above), *addresses.lines(country, **place, state=event.state_name, postcode=event.pincode)]


@register.filter
def kind_name(name: str) -> str:
    """The name of a category in the reader's language."""
    return kinds.said(name)


@register.filter
def unbroken(words: str) -> str:
    """The words for a heading or button, where `e-mail` stays on one line: with hyphens at which no line ends."""
    return _LETTER_HYPHEN.sub("\N{NON-BREAKING HYPHEN}", words)


@register.filter
def safe_link(url: str) -> str:
    """The address when a click on it can do no harm (http, https, or a path of this site); empty otherwise."""
    url = own_path(url)
    is_path = url.startswith("/") and not url.startswith(("//", "/\\"))
    return url if is_path or url.startswith(("https://", "http://")) else ""


@register.filter
def large_image(event: Event) -> str:
    """The address of the event's picture for its page; empty when it has none. Uses prefetched images."""
    first = next(iter(event.images.all()), None)
    return own_path(event.banner_image or (first.image.url if first else event.thumbnail_image))


@register.filter
def small_image(event: Event) -> str:
    """The address of the event's picture for a card; empty when it has none. Uses prefetched images."""
    first = next(iter(event.images.all()), None)
    if event.thumbnail_image or first is None:
        return own_path(event.thumbnail_image or event.banner_image)
    return (first.thumbnail or first.image).url


@register.filter
def tile(event: Event) -> str:
    """The class of the tile that stands where a picture is missing."""
    return f"tile-{event.pk % TILES}"
