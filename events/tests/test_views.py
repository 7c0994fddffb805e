"""The home page."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.factories import UserFactory
from bookings import orders
from bookings.factories import TicketTypeFactory
from events.factories import CategoryFactory, EventFactory, EventImageFactory
from events.models import Banner, Event
from events.templatetags import say
from partners.factories import PartnerFactory

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 6, 10, 12, tzinfo=UTC)  # a Wednesday


def names(response) -> list[str]:
    """The names of the events on the page, in order."""
    return [event.name for event in response.context["page"].object_list]


def full_row() -> Event:
    """An event with everything that a card shows, of rows of its own."""
    event = EventFactory(partner=PartnerFactory(), category=CategoryFactory(), place=f"City {Event.objects.count()}")
    EventImageFactory(event=event, is_primary=True)
    TicketTypeFactory(event=event, price=500)
    TicketTypeFactory(event=event, price=900)
    return event


def test_three_rows_ask_as_many_queries_as_one(client):
    full_row()
    client.get("/")
    with CaptureQueriesContext(connection) as few:
        client.get("/")
    full_row()
    full_row()
    with CaptureQueriesContext(connection) as many:
        assert len(names(client.get("/"))) == 3
    assert len(many) == len(few) <= 10


def test_only_what_can_still_be_attended_soonest_first(client):
    now = timezone.now()
    later = EventFactory(name="Later", starts_at=now + timedelta(days=9))
    sooner = EventFactory(name="Sooner", starts_at=now + timedelta(days=2))
    EventFactory(name="Past", starts_at=now - timedelta(days=2))
    for state in ("draft", "cancelled", "teardown", "closed"):
        EventFactory(name=state, state=state)
    assert names(client.get("/")) == [sooner.name, later.name]


def test_a_card_says_when_where_and_for_how_much(client):
    with time_machine.travel(NOW, tick=False):
        event = EventFactory(
            name="Raga & Rain",
            starts_at=datetime(2026, 6, 12, 14, tzinfo=UTC),
            timezone="Asia/Kolkata",
            venue_name="Opera House",
            place="Mumbai",
        )
        TicketTypeFactory(event=event, price=1200)
        TicketTypeFactory(event=event, price=3000, position=1)
        page = client.get("/").content.decode()
    assert "Fri 12 Jun, 19:30" in page
    assert "Raga &amp; Rain" in page
    assert "Opera House, Mumbai" in page
    assert "From ₹1,200" in page
    assert f'href="/e/{event.slug}/"' in page
    assert "<script" not in page
    assert "style=" not in page


def test_free_and_sold_out(client):
    TicketTypeFactory(event=EventFactory(name="Gratis"))
    full = TicketTypeFactory(event=EventFactory(capacity=1))
    orders.book(full.event, 1, by=UserFactory())
    page = client.get("/").content.decode()
    assert "Free" in page
    assert "Sold out" in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"q": "jazz"}, ["Jazz night"]),
        ({"q": "NIGHT pune"}, ["Jazz night"]),
        ({"q": "comedy"}, ["Open mic"]),
        ({"q": "%"}, []),
        ({"city": "Pune"}, ["Jazz night"]),
        ({"category": "comedy"}, ["Open mic"]),
        ({"since": "2026-06-20", "until": "2026-06-20"}, ["Open mic"]),
        ({"since": "2026-06-13"}, ["Open mic"]),
        ({"until": "2026-06-12"}, ["Jazz night"]),
        ({"city": "Pune", "category": "comedy"}, []),
        ({"category": "nope"}, ["Jazz night", "Open mic"]),
        ({"since": "soon"}, ["Jazz night", "Open mic"]),
    ],
)
@time_machine.travel(NOW, tick=False)
def test_filters(client, query, found):
    EventFactory(name="Jazz night", place="Pune", starts_at=datetime(2026, 6, 12, 14, tzinfo=UTC))
    comedy = CategoryFactory(name="Comedy", slug="comedy")
    # 20 June where it happens, 19 June in UTC.
    starts = datetime(2026, 6, 19, 20, tzinfo=UTC)
    EventFactory(name="Open mic", place="Goa", category=comedy, starts_at=starts, timezone="Asia/Kolkata")
    response = client.get("/", query)
    assert response.status_code == 200
    assert names(response) == found


def test_nothing_found_offers_a_way_back(client):
    page = client.get("/", {"q": "zzz"}).content.decode()
    assert "Nothing fits these filters" in page
    assert 'value="zzz"' in page
    assert "No events are announced right now" in client.get("/").content.decode()


def test_a_festival_stands_for_its_parts_until_one_searches(client):
    festival = EventFactory(name="Monsoon Fields", kind="festival")
    EventFactory(name="Opening", parent=festival)
    assert names(client.get("/")) == ["Monsoon Fields"]
    assert names(client.get("/", {"q": "opening"})) == ["Opening"]


def test_pages_keep_the_filters(client):
    EventFactory.create_batch(25, place="Pune")
    response = client.get("/", {"city": "Pune"})
    assert len(names(response)) == 24
    assert "?city=Pune&amp;page=2" in response.content.decode()
    assert len(names(client.get("/", {"city": "Pune", "page": 2}))) == 1


def test_the_hero_is_a_banner_or_else_the_next_hot_event(client):
    hot = EventFactory(name="Hot one", is_hot=True)
    assert client.get("/").context["heroes"][0]["event"] == hot
    Banner.objects.create(title="Harmful", image_url="/x.png", link_url="javascript:alert(1)", priority=1)
    Banner.objects.create(title="Off", image_url="/x.png", is_active=False, priority=9)
    Banner.objects.create(title="Over", image_url="/x.png", event=EventFactory(state="cancelled"), priority=9)
    response = client.get("/")
    assert [hero["title"] for hero in response.context["heroes"]] == ["Harmful"]
    assert "javascript:" not in response.content.decode()
    assert client.get("/", {"q": "x"}).context["heroes"] == []


@pytest.mark.parametrize("name", ["q", "category", "city", "since", "until", "page", "unknown"])
@pytest.mark.parametrize(
    "value", ["\x00", "x" * 300, "99999999999999999999", "-1", "0001-01-01", "9999-12-31", "é%_\\"]
)
def test_no_query_is_a_server_error(client, name, value):
    EventFactory()
    assert client.get("/", {name: value}).status_code == 200


def test_pictures_of_this_site_load_under_any_of_its_names(client, settings):
    settings.SITE_URL = "https://eventify.example"
    EventFactory(thumbnail_image="https://eventify.example/media/event_images/a.png")
    EventFactory(thumbnail_image="https://cdn.example/b.png")
    page = client.get("/").content.decode()
    assert 'src="/media/event_images/a.png" width="640" height="360"' in page
    assert 'src="https://cdn.example/b.png"' in page


@pytest.mark.parametrize(
    ("hours", "short", "long"),
    [
        (3, "Fri 12 Jun, 19:30", "Fri 12 Jun, 19:30 – 22:30"),
        (10, "Fri 12 Jun, 19:30", "Fri 12 Jun, 19:30 – 05:30"),
        (48, "Fri 12 Jun – Sun 14 Jun", "Fri 12 Jun, 19:30 – Sun 14 Jun, 19:30"),
    ],
)
@time_machine.travel(NOW, tick=False)
def test_days_and_hours_as_people_say_them(hours, short, long):
    starts = datetime(2026, 6, 12, 14, tzinfo=UTC)
    ends = starts + timedelta(hours=hours)
    event = Event(starts_at=starts, ends_at=ends, timezone="Asia/Kolkata")
    assert (say.short_span(event), say.span(event), say.zone_name(event)) == (short, long, "IST")
    assert say.day(starts.replace(year=2027), event) == "Sat 12 Jun 2027"


@time_machine.travel(NOW, tick=False)
def test_a_long_day_is_one_day_and_a_zone_without_letters_has_a_number():
    starts = datetime(2026, 6, 11, 17, 30, tzinfo=UTC)
    event = Event(starts_at=starts, ends_at=starts + timedelta(hours=23), timezone="Asia/Ho_Chi_Minh")
    assert say.short_span(event) == "Fri 12 Jun, 00:30"
    assert (say.span(event), say.zone_name(event)) == ("Fri 12 Jun, 00:30 – 23:30", "UTC+7")
    assert say.span(Event()) == "Date to be announced"


@pytest.mark.parametrize(
    ("amount", "currency", "said"),
    [("0", "INR", "Free"), ("1200", "INR", "₹1,200"), ("99.5", "USD", "$99.50"), ("10", "CHF", "CHF 10")],
)
def test_money_as_people_say_it(amount, currency, said):
    assert say.money(Decimal(amount), currency) == said


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "//evil.example", "/\\evil.example", "data:text/html,x", " /x", ""]
)
def test_a_link_that_could_do_harm_is_none(url):
    assert say.safe_link(url) == ""
    assert say.safe_link("https://a.example/x") == "https://a.example/x"
    assert say.safe_link("/e/x/") == "/e/x/"


def test_narrowed_by_postcode_and_price(client):
    near = EventFactory(name="Near", pincode="2611", place="Delft")
    dear = EventFactory(name="Dear", pincode="1011", place="Amsterdam")
    TicketTypeFactory(event=near, price=Decimal(0))
    TicketTypeFactory(event=near, price=Decimal(5), status="hidden")
    TicketTypeFactory(event=dear, price=Decimal(50))
    TicketTypeFactory(event=dear, price=Decimal(1), status="hidden")
    assert names(client.get("/", {"pincode": "2611"})) == ["Near"]
    assert names(client.get("/", {"price": "0"})) == ["Near"]
    assert names(client.get("/", {"price": "49.99"})) == ["Near"]
    assert sorted(names(client.get("/", {"price": "50"}))) == ["Dear", "Near"]


@pytest.mark.parametrize(
    "bad", [{"price": "-1"}, {"price": "x"}, {"price": "1e999"}, {"pincode": "a\x00"}, {"price": "NaN"}]
)
def test_what_cannot_narrow_says_so(client, bad):
    EventFactory(name="Near")
    response = client.get("/", bad)
    assert response.status_code == 200 and response.context["form"].errors and names(response) == ["Near"]
