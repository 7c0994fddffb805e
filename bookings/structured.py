"""An event page as search engines read it: schema.org, in JSON."""

import json

from django.conf import settings
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe

from accounts.pages import own_path
from bookings import sales
from bookings.models import TicketType
from bookings.templatetags.sale import FEW
from events import states
from events.calendars import page_of
from events.models import Event
from events.templatetags.say import large_image

_SCHEMA = "https://schema.org"
_UNSAFE = {ord(letter): f"\\u{ord(letter):04x}" for letter in "<>&\u2028\u2029"}


def script(event: Event) -> SafeString:
    """The event as the content of a data block; it cannot end the block early."""
    text = json.dumps(of_event(event), ensure_ascii=False).translate(_UNSAFE)
    return mark_safe(f'<script type="application/ld+json">{text}</script>')


def of_event(event: Event) -> dict:
    """The event with its place, organiser, festival and what is on sale; what is not known is left out."""
    state = "EventCancelled" if event.state == Event.State.CANCELLED else "EventScheduled"
    facts = {
        "@context": _SCHEMA,
        "@type": "Event" if event.parent_id or event.kind == Event.Kind.EVENT else "Festival",
        "name": event.headline,
        "url": page_of(event),
        "description": event.description,
        "image": picture(event),
        "startDate": event.starts_at and event.starts_at.astimezone(event.zone).isoformat(),
        "endDate": event.ends_at and event.ends_at.astimezone(event.zone).isoformat(),
        "eventStatus": f"{_SCHEMA}/{state}",
        "eventAttendanceMode": f"{_SCHEMA}/OfflineEventAttendanceMode",
        "location": _place(event),
        "organizer": {"@type": "Organization", "name": event.partner.name},
        "superEvent": _festival(event.parent) if event.parent else None,
        "offers": [_offer(one, event) for one in sales.shown_types(event)],
    }
    return {name: value for name, value in facts.items() if value}


def picture(event: Event) -> str:
    """The absolute address of the event's picture; empty when it has none."""
    path = own_path(large_image(event))
    return f"{settings.SITE_URL}{path}" if path.startswith("/") else path


def _place(event: Event) -> dict:
    address = {
        "streetAddress": event.location,
        "addressLocality": event.place,
        "postalCode": event.pincode,
        "addressRegion": event.state_name,
        "addressCountry": event.country,
    }
    known = {name: value for name, value in address.items() if value} or {"streetAddress": event.where}
    place = {"@type": "Place", "name": event.venue_name or event.where, "address": {"@type": "PostalAddress", **known}}
    if event.latitude is not None and event.longitude is not None:
        where = {"latitude": float(event.latitude), "longitude": float(event.longitude)}
        place["geo"] = {"@type": "GeoCoordinates", **where}
    return place if event.where else {}


def _festival(parent: Event) -> dict:
    is_seen = parent.state in states.PUBLIC
    return {"@type": "Festival", "name": parent.headline, "url": page_of(parent)} if is_seen else {}


def _offer(ticket_type: TicketType, event: Event) -> dict:
    offer = {
        "@type": "Offer",
        "name": ticket_type.shown_name,
        "price": str(ticket_type.price),
        "priceCurrency": event.currency,
        "availability": f"{_SCHEMA}/{_availability(ticket_type, event)}",
        "validFrom": ticket_type.sales_start_at and ticket_type.sales_start_at.isoformat(),
        "validThrough": ticket_type.sales_end_at and ticket_type.sales_end_at.isoformat(),
        "url": page_of(event),
    }
    return {name: value for name, value in offer.items() if value}


def _availability(ticket_type: TicketType, event: Event) -> str:
    """What can be had now; sold out also when the sale is over; pre-order while it has not begun."""
    left = ticket_type.places_for_sale(event) if sales.is_open(event) else 0
    if not left or ticket_type.status != TicketType.Status.ACTIVE:
        return "SoldOut"
    if not sales.why_type_closed(ticket_type):
        return "LimitedAvailability" if left <= FEW else "InStock"
    has_begun = not ticket_type.sales_start_at or ticket_type.sales_start_at <= timezone.now()
    return "SoldOut" if has_begun else "PreOrder"
