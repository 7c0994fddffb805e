"""The search of events."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.factories import UserFactory
from bookings import orders
from bookings.factories import TicketTypeFactory
from eventify.lib import brief
from events import search, states
from events.factories import CategoryFactory, EventFactory, EventImageFactory
from events.models import ON_SALE, Event
from partners.factories import PartnerFactory

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 6, 10, 12, tzinfo=UTC)  # a Wednesday


def names(response) -> list[str]:
    """The names of the events on the page, in order."""
    return [event.name for event in response.context["events"]]


def full_row() -> Event:
    """An event with everything that a card shows, of rows of its own."""
    event = EventFactory(partner=PartnerFactory(), category=CategoryFactory(), place=f"City {Event.objects.count()}")
    EventImageFactory(event=event, is_primary=True)
    TicketTypeFactory(event=event, price=500)
    TicketTypeFactory(event=event, price=900)
    return event


def test_the_indexes_hold_what_is_on_sale():
    assert ON_SALE.children == [("state__in", tuple(str(state) for state in states.ON_SALE))]


@pytest.mark.parametrize("query", [{}, {"q": "event"}, {"free": "on", "sort": "price"}])
def test_three_rows_ask_as_many_queries_as_one(client, query):
    query = query if query != {"free": "on", "sort": "price"} else {"price_min": "1", "sort": "price"}
    full_row()
    with CaptureQueriesContext(connection) as few:
        client.get("/whats-on/", query)
    cache.clear()
    brief.forget_all()
    full_row()
    full_row()
    with CaptureQueriesContext(connection) as many:
        assert len(names(client.get("/whats-on/", query))) == 3
    assert len(many) == len(few) <= 10


@time_machine.travel(NOW, tick=False)
def test_a_card_says_when_where_and_for_how_much(client):
    event = EventFactory(
        name="Raga & Rain",
        starts_at=datetime(2026, 6, 12, 14, tzinfo=UTC),
        timezone="Asia/Kolkata",
        venue_name="Opera House",
        place="Mumbai",
    )
    TicketTypeFactory(event=event, price=1200)
    TicketTypeFactory(event=event, price=3000, position=1)
    page = client.get("/whats-on/").content.decode()
    for words in ("Fri 12 Jun, 19:30", "Raga &amp; Rain", "Opera House, Mumbai", "From ₹1,200", f'"/e/{event.slug}/"'):
        assert words in page
    assert "style=" not in page


def test_free_and_sold_out(client):
    TicketTypeFactory(event=EventFactory(name="Gratis"))
    full = TicketTypeFactory(event=EventFactory(capacity=1))
    orders.book(full.event.pk, 1, by=UserFactory())
    page = client.get("/whats-on/").content.decode()
    assert "Free" in page and "Sold out" in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"q": "jazz"}, ["Jazz night"]),
        ({"q": "NIGHT pune"}, ["Jazz night"]),
        ({"q": "comedy"}, ["Open mic"]),
        ({"q": "%"}, []),
        ({"q": "zzz"}, []),
        ({"city": "Pune"}, ["Jazz night"]),
        ({"city": "PUNÉ"}, ["Jazz night"]),
        ({"city": "Nowhere"}, []),
        ({"category": "comedy"}, ["Open mic"]),
        ({"since": "2026-06-20", "until": "2026-06-20"}, ["Open mic"]),
        ({"since": "2026-06-13"}, ["Open mic"]),
        ({"until": "2026-06-12"}, ["Jazz night"]),
        ({"city": "Pune", "category": "comedy"}, []),
        ({"pincode": "411001"}, ["Jazz night"]),
        ({"free": "on"}, ["Open mic"]),
        ({"price_max": "0"}, ["Open mic"]),
        ({"price_max": "49.99"}, ["Open mic"]),
        ({"price_min": "10"}, ["Jazz night"]),
        ({"price_min": "10", "price_max": "50"}, ["Jazz night"]),
        ({"price_min": "51"}, []),
        ({"sort": "name"}, ["Jazz night", "Open mic"]),
        ({"sort": "price"}, ["Open mic", "Jazz night"]),
    ],
)
@time_machine.travel(NOW, tick=False)
def test_filters(client, query, found):
    jazz = EventFactory(
        name="Jazz night", place="Pune", pincode="411001", starts_at=datetime(2026, 6, 12, 14, tzinfo=UTC)
    )
    comedy = CategoryFactory(name="Comedy", slug="comedy")
    # 20 June where it happens, 19 June in UTC.
    starts = datetime(2026, 6, 19, 20, tzinfo=UTC)
    mic = EventFactory(name="Open mic", place="Goa", category=comedy, starts_at=starts, timezone="Asia/Kolkata")
    TicketTypeFactory(event=jazz, price=Decimal(50))
    TicketTypeFactory(event=jazz, price=Decimal(1), status="hidden")
    TicketTypeFactory(event=mic)
    response = client.get("/whats-on/", query)
    assert response.status_code == 200
    assert names(response) == found
    assert not response.context["form"].errors


@pytest.mark.parametrize(
    ("words", "is_found"),
    [
        ("cafe", True), ("CAFÉ", True), ("café", True), ("cafe\u0301", True), ("zurich", True), ("oneill", True),
        ("o’neill's", True), ("r&b", True), ("r b", True), ("b", True), ("nacht", True), ("senor pune", True),
        ("salsa", True), ("opera", True), ("fé", False), ("house late", True), ("b52", False), ("   ", True),
        ("-", True), ("_", True), ("\\", False),
    ],
)  # fmt: skip
def test_words_are_found_whatever_their_accents(words, is_found):
    EventFactory(
        name="Café Zürich – O’Neill's R&B",
        title="Late",
        venue_name="Opera House",
        place="Puné",
        category=CategoryFactory(name="Salsa"),
        partner=PartnerFactory(name="Señor Nacht"),
    )
    assert bool(search.first(search.Wanted(q=words), 5)) is is_found


def test_a_partners_new_name_is_found_at_once():
    partner = PartnerFactory(name="Old")
    event = EventFactory(partner=partner)
    partner.name = "Brand New"
    partner.save()
    assert search.first(search.Wanted(q="brand"), 5) == [event.pk]
    assert search.first(search.Wanted(q="old"), 5) == []


def test_the_best_match_comes_first(client):
    for name in ("Late-night opera", "The opera night", "Night at the opera", "Opera night"):
        EventFactory(name=name, venue_name="Club")
    best = ["Opera night", "The opera night", "Late-night opera", "Night at the opera"]
    assert names(client.get("/whats-on/", {"q": "opera night"})) == best
    by_name = client.get("/whats-on/", {"q": "opera night", "sort": "name"})
    assert names(by_name) == sorted(best)


def test_a_festival_stands_for_its_parts_until_one_searches(client):
    festival = EventFactory(name="Monsoon Fields", kind="festival")
    EventFactory(name="Opening", parent=festival)
    assert names(client.get("/whats-on/")) == ["Monsoon Fields"]
    assert names(client.get("/whats-on/", {"q": "opening"})) == ["Opening"]


def test_pages_keep_the_filters(client):
    EventFactory.create_batch(25, place="Pune")
    response = client.get("/whats-on/", {"city": "Pune"})
    assert len(names(response)) == 24
    assert "?city=Pune&amp;page=2" in response.content.decode()
    assert len(names(client.get("/whats-on/", {"city": "Pune", "page": 2}))) == 1


def test_past_the_most_it_says_so(client, monkeypatch):
    monkeypatch.setattr(search, "MOST", 2)
    EventFactory.create_batch(3)
    response = client.get("/whats-on/")
    assert len(names(response)) == 2 and response.context["is_cut"]


@time_machine.travel(NOW, tick=False)
def test_each_filter_in_use_can_be_taken_away(client):
    CategoryFactory(name="Comedy", slug="comedy")
    query = {"q": "a b", "category": "comedy", "city": "Goa", "price_min": "5", "price_max": "10"}
    form = client.get("/whats-on/", {**query, "since": "2026-06-13", "until": "2026-06-14"}).context["form"]
    assert {chip["label"]: chip["query"] for chip in form.chips()} == {
        "“a b”": "category=comedy&city=Goa&price_min=5&price_max=10&since=2026-06-13&until=2026-06-14",
        "Comedy": "q=a+b&city=Goa&price_min=5&price_max=10&since=2026-06-13&until=2026-06-14",
        "Goa": "q=a+b&category=comedy&price_min=5&price_max=10&since=2026-06-13&until=2026-06-14",
        "₹5 – ₹10": "q=a+b&category=comedy&city=Goa&since=2026-06-13&until=2026-06-14",
        "This weekend": "q=a+b&category=comedy&city=Goa&price_min=5&price_max=10",
    }


@pytest.mark.parametrize(
    ("query", "label"),
    [
        ("since=2026-06-10&until=2026-06-10", "Today"),
        ("since=2026-06-20&until=2026-06-20", "Sat 20 Jun"),
        ("since=2026-06-20&until=2027-01-02", "Sat 20 Jun – Sat 2 Jan 2027"),
        ("since=2026-06-20", "From Sat 20 Jun"),
        ("until=2026-06-20", "Until Sat 20 Jun"),
        ("free=on", "Free"),
        ("price_max=100", "Up to ₹100"),
        ("price_min=100", "From ₹100"),
    ],
)
@time_machine.travel(NOW, tick=False)
def test_a_filter_is_said_as_people_say_it(client, query, label):
    assert [chip["label"] for chip in client.get(f"/whats-on/?{query}").context["form"].chips()] == [label]


@time_machine.travel(datetime(2026, 6, 14, 12, tzinfo=UTC))
def test_on_a_sunday_the_weekend_is_that_day(client):
    days = {day["label"]: day["query"] for day in client.get("/whats-on/?city=Goa").context["form"].days()}
    assert days["This weekend"] == days["Today"] == "city=Goa&since=2026-06-14&until=2026-06-14"


@time_machine.travel(NOW, tick=False)
def test_nothing_found_offers_other_days_and_a_way_back(client):
    EventFactory(name="Far", place="Goa", starts_at=datetime(2026, 6, 30, tzinfo=UTC))
    EventFactory(name="Elsewhere", place="Pune", starts_at=datetime(2026, 6, 12, tzinfo=UTC))
    response = client.get("/whats-on/?city=Goa&since=2026-06-11&until=2026-06-12")
    assert [event.name for event in response.context["others"]["events"]] == ["Far"]
    page = response.content.decode()
    assert "Nothing fits these filters" in page and "On other days" in page
    response = client.get("/whats-on/?q=zzz&since=2026-06-11")
    assert "On other days" not in response.content.decode()
    assert [event.name for event in response.context["others"]["events"]] == ["Elsewhere", "Far"]
    assert 'value="zzz"' in response.content.decode()


@pytest.mark.parametrize(
    ("bad", "field"),
    [
        ("price_min=-1", "price_min"), ("price_max=x", "price_max"), ("price_max=1e999", "price_max"),
        ("price_min=NaN", "price_min"), ("price_min=20&price_max=10", "price_max"), ("pincode=a%00", "pincode"),
        ("category=nope", "category"), ("since=soon", "since"), ("until=2026-02-30", "until"),
        ("since=2031-01-02&until=2031-01-01", "until"), ("sort=size", "sort"), ("q=" + "x" * 201, "q"),
    ],
)  # fmt: skip
def test_what_cannot_narrow_says_so_and_does_not(client, bad, field):
    TicketTypeFactory(event=EventFactory(name="Near", ends_at=datetime(2032, 1, 1, tzinfo=UTC)), price=30)
    response = client.get(f"/whats-on/?{bad}")
    assert response.status_code == 200 and names(response) == ["Near"]
    assert set(response.context["form"].errors) == {field}
    [sentence] = response.context["form"].errors[field]
    assert sentence in response.content.decode().replace("&#x27;", "'")


NAMES = [
    "q",
    "category",
    "city",
    "pincode",
    "price_min",
    "price_max",
    "free",
    "since",
    "until",
    "sort",
    "page",
    "other",
]


@pytest.mark.parametrize("path", ["/whats-on/", "/calendar/2031/6/", "/"])
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "value", ["\x00", "x" * 300, "99999999999999999999", "-1", "0001-01-01", "9999-12-31", "é%_\\", " ", "[]"]
)
def test_no_query_is_a_server_error(client, path, name, value):
    EventFactory()
    assert client.get(path, {name: value}, follow=True).status_code == 200


def test_empty_filters_leave_the_address(client):
    answer = client.get("/whats-on/?q=jazz&city=&category=&since=&page=3")
    assert (answer.status_code, answer["Location"]) == (302, "/whats-on/?q=jazz")
    assert client.get("/calendar/2031/6/?q=&city=")["Location"] == "/calendar/2031/6/"


@pytest.mark.parametrize(
    ("query", "canonical"),
    [
        ("", "/whats-on/"),
        ("?city=Goa", "/whats-on/?city=Goa"),
        ("?utm_source=x", "/whats-on/"),
        ("?q=jazz", None),
        ("?city=Goa&category=comedy", None),
        ("?since=2031-01-01", None),
        ("?sort=name", None),
    ],
)
def test_search_engines_are_told_which_pages_are_one(client, settings, query, canonical):
    CategoryFactory(name="Comedy", slug="comedy")
    page = client.get(f"/whats-on/{query}").content.decode()
    if canonical:
        assert f'<link rel="canonical" href="{settings.SITE_URL}{canonical}">' in page and "noindex" not in page
    else:
        assert '<meta name="robots" content="noindex, follow">' in page and "canonical" not in page
