"""The home page, and how it says moments, money and links."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bookings.factories import TicketTypeFactory
from eventify.lib import brief
from events.factories import CategoryFactory, EventFactory, EventImageFactory
from events.models import Banner, Event
from events.templatetags import say
from partners.factories import PartnerFactory

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 6, 10, 12, tzinfo=UTC)  # a Wednesday


def look(client):
    """The home page as it is now, not as it was some seconds ago."""
    cache.clear()
    brief.forget_all()
    return client.get("/")


def rows(response) -> dict[str, list[str]]:
    """The names of the events on the page, row by row."""
    return {row.name: [event.name for event in row.events] for row in response.context["rows"]}


def full_row() -> Event:
    """An event with everything that a card shows, of rows of its own."""
    event = EventFactory(partner=PartnerFactory(), category=CategoryFactory(), place=f"City {Event.objects.count()}")
    EventImageFactory(event=event, is_primary=True)
    TicketTypeFactory(event=event, price=500)
    TicketTypeFactory(event=event, price=900)
    return event


def at(day: int, hour: int = 18, **fields) -> Event:
    """An event of June 2026 (12 June is a Friday) that lasts for three hours."""
    return EventFactory(starts_at=datetime(2026, 6, day, hour, tzinfo=UTC), **fields)


def test_three_rows_ask_as_many_queries_as_one(client):
    full_row()
    with CaptureQueriesContext(connection) as few:
        client.get("/")
    cache.clear()
    brief.forget_all()
    full_row()
    full_row()
    with CaptureQueriesContext(connection) as many:
        assert len(rows(look(client))["soon"]) == 3
    assert len(many) == len(few) <= 12


@time_machine.travel(NOW, tick=False)
def test_today_the_weekend_and_what_is_hot_each_event_once(client):
    at(10, name="Tonight")
    at(10, 1, name="Over")
    at(13, name="Saturday", is_hot=True)
    at(14, name="Sunday")
    at(25, name="Hot", is_hot=True)
    at(20, name="Later")
    at(20, name="Draft", state="draft")
    hero = at(13, name="Banner")
    Banner.objects.create(title="Look", image_url="/x.png", event=hero)
    assert rows(look(client)) == {
        "today": ["Tonight"],
        "weekend": ["Saturday", "Sunday"],
        "featured": ["Hot"],
        "soon": ["Later"],
    }


def test_a_festival_stands_for_its_parts(client):
    festival = EventFactory(name="Monsoon Fields", kind="festival")
    EventFactory(name="Opening", parent=festival)
    assert rows(look(client))["soon"] == ["Monsoon Fields"]
    Event.objects.filter(pk=festival.pk).update(state="draft")
    assert rows(look(client))["soon"] == ["Opening"]


def test_the_city_that_was_chosen_is_remembered(client):
    EventFactory(name="Here", place="Zürich")
    EventFactory(name="There", place="Pune")
    assert rows(look(client)) == {"soon": ["Here", "There"]}
    answer = client.get("/near/", {"city": "Zürich"})
    assert (answer.status_code, answer["Location"]) == (302, "/")
    cookie = client.cookies["city"]
    assert (cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (True, "Lax", 365 * 24 * 60 * 60)
    page = look(client)
    assert rows(page) == {"near": ["Here"], "soon": ["There"]}
    assert "In Zürich" in page.content.decode()
    client.get("/near/")
    assert rows(look(client)) == {"soon": ["Here", "There"]}


@pytest.mark.parametrize("city", ["\x00", "x" * 5000, "a\r\nb", "%00", "é%_\\", "\u202e"])
def test_no_city_is_a_server_error(client, city):
    assert client.get("/near/", {"city": city}).status_code == 302
    assert client.get("/").status_code == 200
    client.cookies["city"] = "%00%FF"
    assert client.get("/").status_code == 200


def test_kinds_and_cities_say_how_much_they_have(client):
    comedy, quiet = CategoryFactory(name="Comedy", slug="comedy"), CategoryFactory(name="Quiet")
    EventFactory.create_batch(2, category=comedy, place="Pune")
    EventFactory(category=comedy, place="Goa", state="cancelled")
    EventFactory(category=quiet, place="Goa", parent=EventFactory(kind="festival", category=comedy))
    page = client.get("/")
    assert [(kind.name, kind.total) for kind in page.context["kinds"]] == [("Comedy", 3)]
    assert [tuple(city) for city in page.context["cities"]] == [("Pune", 2)]
    assert 'href="/whats-on/?category=comedy"' in page.content.decode()


def test_only_the_page_of_nobody_may_be_kept_by_anybody(client, admin_user):
    stranger = client.get("/")
    assert stranger["Cache-Control"] == "public, max-age=30" and not stranger.cookies
    assert {"Cookie", "Accept-Language"} <= set(stranger["Vary"].split(", "))
    client.get("/near/", {"city": "Pune"})
    assert client.get("/")["Cache-Control"] == "private, no-cache"


@pytest.mark.parametrize(
    ("query", "there"),
    [
        ("q=jazz&city=&category=", "/whats-on/?q=jazz"),
        ("price=0&city=Pune&page=2", "/whats-on/?city=Pune&page=2&price_max=0"),
        ("since=2026-06-12&until=2026-06-13&utm=x", "/whats-on/?since=2026-06-12&until=2026-06-13"),
    ],
)
def test_addresses_of_the_old_search_lead_to_the_new_one(client, query, there):
    answer = client.get(f"/?{query}")
    assert (answer.status_code, answer["Location"]) == (301, there)


def test_what_names_no_filter_stays(client):
    assert client.get("/?q=&utm_source=mail").status_code == 200


def test_nothing_at_all(client):
    assert "No events are announced right now" in client.get("/").content.decode()


def test_the_hero_is_a_banner_or_else_the_next_hot_event(client):
    hot = EventFactory(name="Hot one", is_hot=True)
    assert look(client).context["heroes"][0]["event"] == hot
    Banner.objects.create(title="Harmful", image_url="/x.png", link_url="javascript:alert(1)", priority=1)
    Banner.objects.create(title="Off", image_url="/x.png", is_active=False, priority=9)
    Banner.objects.create(title="Over", image_url="/x.png", event=EventFactory(state="cancelled"), priority=9)
    response = look(client)
    assert [hero["title"] for hero in response.context["heroes"]] == ["Harmful"]
    assert "javascript:" not in response.content.decode()


def test_three_banners_ask_as_many_queries_as_one(client):
    def banner():
        Banner.objects.create(title="Look", image_url="/x.png", event=full_row())

    banner()
    with CaptureQueriesContext(connection) as few:
        client.get("/")
    cache.clear()
    brief.forget_all()
    banner()
    banner()
    with CaptureQueriesContext(connection) as many:
        assert len(look(client).context["heroes"]) == 3
    assert len(many) == len(few)


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


def test_strangers_share_a_page_for_some_seconds_and_nobody_else_gets_it(client, django_assert_num_queries):
    EventFactory(name="First")
    shown = look(client).content
    EventFactory(name="Second")
    with django_assert_num_queries(0):
        assert client.get("/").content == shown
    client.cookies["city"] = "Pune"
    assert b"Second" in client.get("/").content
    client.cookies.clear()
    for language in ("nl", "en", "nl"):
        page = client.get("/", headers={"accept-language": language}).content.decode()
        assert f'<html lang="{language}"' in page
