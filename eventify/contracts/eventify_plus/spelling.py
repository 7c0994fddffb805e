"""How this contract spells an event: calendar fields in the event's own time zone, every URL absolute."""

from datetime import datetime
from decimal import Decimal
from urllib.parse import urljoin, urlsplit

from django.db.models import CharField, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, NullIf
from django.http import HttpRequest

from events import queries
from events.models import Event, EventImage

NOTHING = "NA"  # what the document shows for an empty reason or outside address
_COMPLETED = (Event.State.TEARDOWN, Event.State.CLOSED)


def listed() -> QuerySet[Event]:
    """The events that this contract shows, soonest first: all but drafts and those without dates.

    `picture` and `small_picture` are the files of the first image (the primary one), in the same query.
    """
    first = EventImage.objects.filter(event=OuterRef("pk")).order_by("-is_primary", "position", "id")
    text = CharField()
    small = Coalesce(NullIf("thumbnail", Value(""), output_field=text), "image", output_field=text)
    dated = queries.public().filter(starts_at__isnull=False, ends_at__isnull=False).defer("content")
    return dated.annotate(
        picture=Subquery(first.values("image")[:1]),
        small_picture=Subquery(first.annotate(small=small).values("small")[:1]),
    ).order_by("starts_at", "id")


def event_fields(event: Event) -> dict:
    """The fields that every full answer has, in the document's order."""
    start_date, start_time = _calendar(event, event.starts_at)
    end_date, end_time = _calendar(event, event.ends_at)
    return {
        "id": event.pk,
        "name": event.name,
        "description": event.description,
        "start_date": start_date,
        "end_date": end_date,
        "start_time": start_time,
        "end_time": end_time,
        "latitude": coordinate(event.latitude),
        "longitude": coordinate(event.longitude),
        "pincode": event.pincode,
        "district": event.district,
        "state": event.state_name,
        "place": event.place,
        "is_bookable": event.is_bookable,
        "is_eventify_event": event.is_eventify_event,
        "outside_event_url": event.outside_event_url or NOTHING,
        "event_type": event.category_id,
        "event_status": status(event),
        "cancelled_reason": event.cancelled_reason or NOTHING,
        "title": event.headline,
        "important_information": event.important_information,
        "venue_name": event.venue_name,
    }


def listed_event(event: Event, request: HttpRequest) -> dict:
    """An event of a list, with its thumbnail."""
    return {**event_fields(event), "thumb_img": thumbnail(event, request)}


def dated_event(event: Event, request: HttpRequest) -> dict:
    """An event of a day's list: also tells on which day it was made."""
    fields = listed_event(event, request)
    return {"id": fields.pop("id"), "created_date": _calendar(event, event.created_at)[0], **fields}


def short_event(event: Event, request: HttpRequest) -> dict:
    """An event of a category's list."""
    return {
        "id": event.pk,
        "name": event.name,
        "description": event.description,
        "start_date": _calendar(event, event.starts_at)[0],
        "end_date": _calendar(event, event.ends_at)[0],
        "event_type": event.category_id,
        "event_image": absolute(request, _file(event.picture) or event.banner_image or event.thumbnail_image),
    }


def status(event: Event) -> str:
    """pending, completed or cancelled."""
    if event.state == Event.State.CANCELLED:
        return "cancelled"
    return "completed" if event.state in _COMPLETED or event.is_over else "pending"


def thumbnail(event: Event, request: HttpRequest) -> str:
    """The small picture's address, or "" when there is none."""
    return absolute(request, _file(event.small_picture) or event.thumbnail_image)


def images(event: Event, request: HttpRequest) -> list[dict]:
    """Every picture with whether it is the primary one, that one first; the banner where no file was uploaded."""
    found = [{"is_primary": row.is_primary, "image": absolute(request, row.image.url)} for row in event.images.all()]
    if found or not event.banner_image:
        return found
    banner = absolute(request, event.banner_image)
    return [{"is_primary": True, "image": banner}] if banner else []


def absolute(request: HttpRequest, address: str) -> str:
    """The absolute http(s) address; "" for none, or for one that no client could open."""
    if not address:
        return ""
    try:
        whole = urljoin(request.build_absolute_uri("/"), address)
        return whole if urlsplit(whole).scheme in ("http", "https") else ""
    except ValueError:
        return ""


def coordinate(degrees: Decimal | None) -> str | None:
    """Degrees as a string without trailing zeros, or None."""
    return None if degrees is None else f"{degrees.normalize():f}"


def _calendar(event: Event, moment: datetime) -> tuple[str, str]:
    day, clock = event.local(moment)
    return day.isoformat(), clock.strftime("%H:%M:%S")


def _file(name: str | None) -> str:
    return EventImage._meta.get_field("image").storage.url(name) if name else ""
