"""An event page as search engines read it: schema.org, in JSON."""

import json

from django.conf import settings
from django.utils.safestring import SafeString, mark_safe

from accounts.pages import own_path
from bookings import sales
from bookings.models import TicketType
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
    """The event with its place, organiser and what is on sale; what is not known is left out."""
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
        "offers": [_offer(one, event) for one in sales.shown_types(event)],
    }
    return {name: value for name, value in facts.items() if value}


def picture(event: Event) -> str:
    """The absolute address of the event's picture; empty when it has none."""
    path = own_path(large_image(event))
    return f"{settings.SITE_URL}{path}" if path.startswith("/") else path


def _place(event: Event) -> dict:
    address = {
        "@type": "PostalAddress",
        "streetAddress": event.location,
        "addressLocality": event.place,
        "postalCode": event.pincode,
        "addressRegion": event.state_name,
        "addressCountry": event.country,
    }
    known = {name: value for name, value in address.items() if value}
    return {"@type": "Place", "name": event.venue_name or event.where, "address": known} if event.where else {}


def _offer(ticket_type: TicketType, event: Event) -> dict:
    can_be_had = not sales.why_type_closed(ticket_type) and sales.is_open(event) and ticket_type.places_left(event)
    return {
        "@type": "Offer",
        "name": ticket_type.name,
        "price": str(ticket_type.price),
        "priceCurrency": event.currency,
        "availability": f"{_SCHEMA}/{'InStock' if can_be_had else 'SoldOut'}",
        "url": page_of(event),
    }
