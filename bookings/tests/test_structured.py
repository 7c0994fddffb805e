"""What the event page says to search engines and to who shares it."""

import json
import re
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from bookings.factories import TicketTypeFactory
from events.factories import EventFactory

pytestmark = pytest.mark.django_db
START, END = datetime(2031, 6, 12, 19, 30, tzinfo=UTC), datetime(2031, 6, 12, 22, tzinfo=UTC)
HOSTILE = '</script><script>alert("x")</script>'


@pytest.fixture
def event():
    about = {"place": "Delft", "venue_name": "Hall A", "timezone": "Europe/Amsterdam", "currency": "EUR"}
    found = EventFactory(name=HOSTILE, slug="jazz", starts_at=START, ends_at=END, **about)
    TicketTypeFactory(event=found, name="Day", price=Decimal("12.50"), quantity_total=5)
    TicketTypeFactory(event=found, name="VIP", price=Decimal(40), quantity_total=0)
    TicketTypeFactory(event=found, name="Secret", price=Decimal(1), status="hidden")
    return found


def data_of(page: str) -> dict:
    [block] = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)
    return json.loads(block)


def test_the_event_for_search_engines(client, event, settings):
    event.partner.refresh_from_db()
    said = data_of(client.get("/e/jazz/").content.decode())
    url = f"{settings.SITE_URL}/e/jazz/"
    assert said.pop("description", event.description) == event.description
    offer = {"@type": "Offer", "priceCurrency": "EUR", "url": url}
    assert said == {
        "@context": "https://schema.org",
        "@type": "Event",
        "name": HOSTILE,
        "url": url,
        "startDate": "2031-06-12T21:30:00+02:00",
        "endDate": "2031-06-13T00:00:00+02:00",
        "eventStatus": "https://schema.org/EventScheduled",
        "eventAttendanceMode": "https://schema.org/OfflineEventAttendanceMode",
        "location": {
            "@type": "Place",
            "name": "Hall A",
            "address": {"@type": "PostalAddress", "addressLocality": "Delft"},
        },
        "organizer": {"@type": "Organization", "name": event.partner.name},
        "offers": [
            {**offer, "name": "Day", "price": "12.50", "availability": "https://schema.org/LimitedAvailability"},
            {**offer, "name": "VIP", "price": "40.00", "availability": "https://schema.org/SoldOut"},
        ],
    }


def test_a_name_cannot_end_the_block(client, event):
    page = client.get("/e/jazz/").content.decode()
    assert "<script>alert" not in page and data_of(page)["name"] == HOSTILE


def test_what_is_shared(client, event, settings):
    page = client.get("/e/jazz/").content.decode()
    assert f'<link rel="canonical" href="{settings.SITE_URL}/e/jazz/">' in page
    assert f'<meta property="og:url" content="{settings.SITE_URL}/e/jazz/">' in page
    assert "calendar.google.com/calendar/render?action=TEMPLATE" in page and "/e/jazz/calendar.ics" in page


def test_a_cancelled_event_says_so(client, event):
    event.state = "cancelled"
    event.save()
    said = data_of(client.get("/e/jazz/").content.decode())
    assert said["eventStatus"] == "https://schema.org/EventCancelled"
    assert {one["availability"] for one in said["offers"]} == {"https://schema.org/SoldOut"}
