"""The page of an event, orders, payment, the wallet and the address that providers report to."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django import forms
from django.conf import settings
from django.db import connection
from django.test.html import parse_html
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from accounts.factories import SuperAdminFactory, UserFactory
from bookings import orders, ticket_types
from bookings.door import lists
from bookings.factories import TicketTypeFactory
from bookings.forms import Quantity
from bookings.models import Booking, Device, Order, TicketType
from bookings.papers import invoices
from bookings.tests.scenes import buy, scene, text, wait
from events.factories import EventFactory, EventImageFactory
from events.models import Event
from partners.factories import PartnerFactory
from partners.models import Partner

pytestmark = pytest.mark.django_db


def choose(*types, qty=1, key=None) -> dict:
    """What the form sends for `qty` of each type."""
    return {"key": key or str(uuid4()), **{f"qty_{one.pk}": qty for one in types}}


# --- The page of an event


@pytest.mark.parametrize("value", [None, 0, 1, "2", "9", "<b>"])
def test_a_list_of_quantities_is_what_django_would_write(value):
    own = {"choices": [(n, str(n)) for n in range(3)], "attrs": {"class": "quantity", "autocomplete": "off"}}
    more = {"id": "id_qty_1", "required": True, "aria-describedby": "a b"}
    wanted = forms.Select(**own).render("qty_1", value, more)
    assert parse_html(Quantity(**own).render("qty_1", value, more)) == parse_html(wanted)


def test_the_page_says_everything(client):
    event, gold = scene(
        capacity=10,
        price=1200,
        quantity_total=3,
        content="<p>Songs <b>and</b> rain</p>",
        important_information="Bring an ID.",
        venue_name="Opera House",
        place="Mumbai",
    )
    EventImageFactory.create_batch(3, event=event)
    page = text(client.get(f"/e/{event.slug}/"))
    for words in (
        event.name,
        "Opera House<br>Mumbai",
        "<p>Songs <b>and</b> rain</p>",
        "Bring an ID.",
        "₹1,200",
        "Only 3 left",
    ):
        assert words in page
    assert f'name="qty_{gold.pk}"' in page
    assert "Book tickets" in page
    scripts = re.findall(r"<script([^>]*)>", page)
    assert all("src=" in one or "application/ld+json" in one for one in scripts)  # nothing inline is run
    assert "style=" not in page


def test_as_many_queries_for_three_of_everything_as_for_one(client, me):
    festival = EventFactory(kind=Event.Kind.FESTIVAL)
    add_parts(festival, me)
    client.get(f"/e/{festival.slug}/")
    with CaptureQueriesContext(connection) as few:
        client.get(f"/e/{festival.slug}/")
    add_parts(festival, me)
    add_parts(festival, me)
    with CaptureQueriesContext(connection) as many:
        assert client.get(f"/e/{festival.slug}/").status_code == 200
    assert len(many) == len(few) <= 15


def add_parts(festival: Event, user) -> None:
    child = EventFactory(parent=festival, partner=PartnerFactory())
    TicketTypeFactory(event=child)
    EventImageFactory(event=child)
    EventImageFactory(event=festival)
    buy(user, TicketTypeFactory(event=festival))


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        (
            {"state": "cancelled", "cancelled_reason": "The singer is ill."},
            ["This event is cancelled", "The singer is ill."],
        ),
        ({"state": "closed"}, ["This event is over"]),
        ({"starts_at": timezone.now() - timedelta(days=2)}, ["This event is over"]),
        ({"is_bookable": False}, ["Booking is closed"]),
    ],
)
def test_an_event_that_cannot_be_booked_says_why(client, fields, words):
    event, gold = scene(**fields)
    page = text(client.get(f"/e/{event.slug}/"))
    for sentence in words:
        assert sentence in page
    assert f"qty_{gold.pk}" not in page


def test_the_events_of_a_suspended_partner_are_closed(client):
    event, _type = scene(partner=PartnerFactory(status=Partner.Status.SUSPENDED))
    assert "Booking is closed" in text(client.get(f"/e/{event.slug}/"))


def test_a_draft_is_seen_by_its_team_only(client):
    event, _type = scene(state="draft")
    assert client.get(f"/e/{event.slug}/").status_code == 404
    client.force_login(UserFactory())
    assert client.get(f"/e/{event.slug}/").status_code == 404
    client.force_login(SuperAdminFactory())
    page = text(client.get(f"/e/{event.slug}/"))
    assert "This is the preview of a draft." in page and f'href="/command-center/events/{event.uid}/"' in page
    opened = scene()[0]
    assert "/command-center/events/" not in text(client.get(f"/e/{opened.slug}/"))


@pytest.mark.parametrize("language", [code for code, _name in settings.LANGUAGES])
def test_the_name_that_nobody_chose_is_said_in_the_readers_language(client, language):
    """On the event's page, the ticket and its papers, and at the door; a name that somebody chose stays as it is."""
    event, kind = scene(price=0)
    TicketType.objects.filter(pk=kind.pk).update(name=ticket_types.GENERAL)
    own = TicketTypeFactory(event=event, name="Balcony")
    order = buy(UserFactory(), TicketType.objects.get(pk=kind.pk), own)
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    client.force_login(order.user)
    with translation.override(language):
        general = translation.gettext("General admission")
        assert [one.shown_name for one in event.ticket_types.order_by("pk")] == [general, "Balcony"]
        assert set(lists.of(Device(event=event))["types"].values()) == {general, "Balcony"}
    for address in (f"/e/{event.slug}/", f"/orders/{order.uid}/", f"/tickets/{order.tickets.order_by('pk')[0].uid}/"):
        page = text(client.get(address))
        assert general in page, address
        assert language == "en" or general == ticket_types.GENERAL or ticket_types.GENERAL not in page, address
    assert invoices.receipt_data(order, language)["lines"][0]["what"] == general


def test_an_unknown_event_is_404(client):
    for slug in ("nope", "%00", "a b", "..%2f..", "x" * 3000):
        assert client.get(f"/e/{slug}/").status_code == 404


def test_types_outside_their_sale_say_so(client):
    now = timezone.now()
    event, _open = scene()
    TicketTypeFactory(event=event, name="Early", sales_end_at=now - timedelta(days=1), position=1)
    TicketTypeFactory(event=event, name="Late", sales_start_at=now + timedelta(days=1), position=2)
    TicketTypeFactory(event=event, name="Secret", status="hidden", position=3)
    page = text(client.get(f"/e/{event.slug}/"))
    assert "Sale ended" in page
    assert "On sale from" in page
    assert "Secret" not in page
    assert page.count("<select") == 1
    assert '<option value="1" selected>' in page  # the one kind that can be bought: one ticket is chosen already


def test_nothing_is_chosen_where_there_is_a_choice(client):
    event, _gold = scene()
    assert "You pay on the next page." not in text(client.get(f"/e/{event.slug}/"))
    TicketTypeFactory(event=event, name="Balcony", price=10)
    page = text(client.get(f"/e/{event.slug}/"))
    assert '<option value="1" selected>' not in page and "You pay on the next page." in page


def test_a_full_event_asks_for_a_code_only_where_one_may_help(client):
    event, gold = scene(capacity=1)
    assert "Have a promo code?" in text(client.get(f"/e/{event.slug}/"))
    buy(UserFactory(), gold)
    assert "Have a promo code?" not in text(client.get(f"/e/{event.slug}/"))
    TicketTypeFactory(event=event, name="Secret", status="hidden", position=3)
    assert "Have a promo code?" in text(client.get(f"/e/{event.slug}/"))


# --- Booking


def test_a_free_ticket_is_held_for_the_checkout(client, me):
    event, free = scene()
    response = client.post(f"/e/{event.slug}/", choose(free, qty=2))
    order = Order.objects.get()
    assert (response.status_code, response["Location"]) == (302, f"/orders/{order.uid}/checkout/")
    assert (order.status, order.user, order.tickets.count(), order.payments.count()) == ("pending", me, 0, 0)


def test_a_double_click_makes_one_order(client, me):
    event, gold = scene(price=100)
    asked = choose(gold, qty=2)
    first, second = client.post(f"/e/{event.slug}/", asked), client.post(f"/e/{event.slug}/", asked)
    assert first["Location"] == second["Location"]
    assert Order.objects.count() == 1
    event.refresh_from_db()
    assert event.booked_count == 2


def test_another_choice_under_the_same_key_is_asked_again(client, me):
    event, gold = scene(price=100)
    asked = choose(gold, qty=2)
    client.post(f"/e/{event.slug}/", asked)
    response = client.post(f"/e/{event.slug}/", {**asked, f"qty_{gold.pk}": 3})
    assert response.status_code == 409
    assert "You have ordered from this page already." in text(response)
    assert asked["key"] not in text(response)
    assert Order.objects.count() == 1


def test_who_is_not_logged_in_buys_as_a_guest(client):
    event, gold = scene(price=100)
    response = client.post(f"/e/{event.slug}/", choose(gold, qty=3))
    order = Order.objects.get()
    assert (response.status_code, response["Location"]) == (302, f"/orders/{order.uid}/checkout/")
    assert (order.user.is_guest, order.status) == (True, "pending")


def test_a_choice_in_the_address_is_kept(client, me):
    event, gold = scene(price=100)
    page = text(client.get(f"/e/{event.slug}/?qty_{gold.pk}=3"))
    assert '<option value="3" selected>' in page


def test_a_refusal_stands_beside_the_form_and_keeps_the_choice(client, me):
    event, gold = scene(capacity=2, price=100)
    response = client.post(f"/e/{event.slug}/", choose(gold, qty=3))
    assert response.status_code == 409
    page = text(response)
    assert f"{event.name}, General admission: only 2 left." in page
    assert '<option value="3" selected>' in page
    assert Order.objects.count() == 0


@pytest.mark.parametrize("value", ["", "0", "-1", "abc", "99999999999999999999", "1.5", "\x00", "1001", "²"])
def test_a_wrong_number_is_said_beside_the_form(client, me, value):
    event, gold = scene(price=100)
    response = client.post(f"/e/{event.slug}/", choose(gold, qty=value))
    assert response.status_code == 400
    assert "error" in text(response) or "Choose how many tickets" in text(response)
    assert Order.objects.count() == 0
    assert client.get(f"/e/{event.slug}/", {f"qty_{gold.pk}": value}).status_code == 200


@pytest.mark.parametrize("key", ["", "\x00", "x" * 300])
def test_a_wrong_key_is_refused(client, me, key):
    event, gold = scene(price=100)
    assert client.post(f"/e/{event.slug}/", {"key": key, f"qty_{gold.pk}": 1}).status_code == 400
    assert Order.objects.count() == 0


def test_types_of_other_events_do_not_count(client, me):
    event, _gold = scene(price=100)
    _other, foreign = scene(price=1)
    assert client.post(f"/e/{event.slug}/", choose(foreign)).status_code == 400
    assert Order.objects.count() == 0


def test_a_closed_event_refuses_the_form_of_an_old_page(client, me):
    event, gold = scene(price=100, state="cancelled")
    assert client.post(f"/e/{event.slug}/", choose(gold)).status_code == 409
    assert Order.objects.count() == 0


def test_booking_is_limited(client, me, settings):
    settings.EVENTIFY_RATE_LIMITS = True
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "booking": (1, 60)}
    event, gold = scene()
    assert client.post(f"/e/{event.slug}/", choose(gold)).status_code == 302
    response = client.post(f"/e/{event.slug}/", choose(gold))
    assert response.status_code == 429
    assert int(response["Retry-After"]) >= 1
    assert Order.objects.count() == 1


# --- The waitlist


def test_a_full_event_offers_the_waitlist(client, me):
    event, gold = scene(capacity=1, price=100)
    assert "Join the waitlist" not in text(client.get(f"/e/{event.slug}/"))
    buy(UserFactory(), gold)
    assert "Join the waitlist" in text(client.get(f"/e/{event.slug}/"))
    asked = {"wait_key": str(uuid4()), "places": 2}
    for _click in range(2):
        response = client.post(f"/e/{event.slug}/", asked)
        assert (response.status_code, response["Location"]) == (302, f"/e/{event.slug}/#waitlist")
    booking = Booking.objects.get(user=me)
    assert (booking.status, booking.qty) == ("waitlisted", 2)
    assert "Waiting" in text(client.get("/orders/"))
    assert "You wait for 2 places." in text(client.get(f"/e/{event.slug}/"))


@pytest.mark.parametrize("places", ["0", "11", "x", "", "\x00"])
def test_a_wrong_number_of_places_is_refused(client, me, places):
    event, gold = scene(capacity=1)
    buy(UserFactory(), gold)
    response = client.post(f"/e/{event.slug}/", {"wait_key": "k", "places": places})
    assert response.status_code == 400
    assert not Booking.objects.filter(user=me).exists()


def test_leaving_the_waitlist_asks_first(client, me):
    event, gold = scene(capacity=1)
    buy(UserFactory(), gold)
    booking = wait(event, me)
    path = f"/waitlist/{booking.uid}/leave/"
    assert "Leave the waitlist?" in text(client.get(path))
    booking.refresh_from_db()
    assert booking.status == "waitlisted"
    assert client.post(path)["Location"] == "/orders/"
    booking.refresh_from_db()
    assert booking.status == "cancelled"
    stranger = wait(event, UserFactory())
    assert client.post(f"/waitlist/{stranger.uid}/leave/").status_code == 404


def test_what_was_booked_shows_on_the_event(client, me):
    event, gold = scene(price=100)
    order = buy(me, gold, qty=2)
    page = text(client.get(f"/e/{event.slug}/"))
    assert "2 tickets are held for you." in page
    assert f"/orders/{order.uid}/" in page


def test_the_sandbox_page_is_closed_where_real_money_is_meant(client, settings, db):
    order = orders.place([orders.Line(TicketTypeFactory(price=100).pk, 1)], by=UserFactory())
    address = f"/sandbox/pay/{order.payments.get().uid}/"
    assert client.get(address).status_code == 200
    settings.EVENTIFY_SANDBOX_PAYMENTS = False
    assert client.get(address).status_code == 404
    assert client.post(address, {"decision": "pay"}).status_code == 404
    order.refresh_from_db()
    assert order.status == "pending"
