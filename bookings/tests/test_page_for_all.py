"""The page of an event that all strangers share: drawn once, stock never stale, what is personal never shared."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.factories import SuperAdminFactory, UserFactory
from accounts.tests.coming_in import log_in
from bookings import capacity, orders, page_for_all
from bookings.factories import TicketTypeFactory
from bookings.forms import field_name
from bookings.models import Order
from eventify.lib import brief
from events.factories import EventFactory, EventImageFactory
from events.models import Event

pytestmark = pytest.mark.django_db
PERSONAL = re.compile(r'name="(csrfmiddlewaretoken|key|wait_key)" value="([^"]+)"')


@pytest.fixture
def event():
    event = EventFactory(name="Jazz night", slug="jazz", capacity=3)
    TicketTypeFactory(event=event, name="Standing", price=0)
    return event


def look(client=None, path="/e/jazz/", **headers) -> tuple[str, int]:
    """The page, and how many queries it took."""
    with CaptureQueriesContext(connection) as asked:
        response = (client or Client()).get(path, headers=headers)
    assert response.status_code == 200
    return response.content.decode(), len(asked)


def test_it_is_drawn_once_and_then_costs_one_query(event):
    first, many = look()
    again, one = look()
    assert (many > 3, one) == (True, 1)
    assert PERSONAL.sub("", first) == PERSONAL.sub("", again)


def test_what_another_process_has_drawn_is_not_drawn_again(event):
    look()
    brief.Brief.forget(page_for_all._pages)  # as in a process that has not drawn it
    assert look()[1] == 1
    brief.Brief.forget(page_for_all._pages)
    cache.clear()
    assert look()[1] > 1


def test_a_server_that_is_started_anew_finds_nothing_of_the_one_before(event):
    look()
    page_for_all._pages.forget()
    assert look()[1] > 1


def test_drawing_costs_as_much_for_one_type_and_picture_as_for_three(event):
    def drawn() -> int:
        brief.forget_all()
        return look()[1]

    TicketTypeFactory(event=event)
    EventImageFactory(event=event)
    EventFactory(parent=event)
    drawn()  # compiles what is prepared
    one = drawn()
    for _more in range(2):
        TicketTypeFactory(event=event)
        EventImageFactory(event=event)
        EventFactory(parent=event)
    assert drawn() == one


def test_strangers_see_the_page_that_a_new_member_sees(event):
    TicketTypeFactory(event=event, name="Seated", price=5, position=1)
    EventImageFactory(event=event)
    EventImageFactory(event=event, is_primary=True)
    EventFactory(parent=event, name="Workshop", slug="workshop")
    member = Client()
    log_in(member, UserFactory())
    main = re.compile(r'<article class="event-page">.*</article>', re.DOTALL)
    pages = [PERSONAL.sub("", main.search(look(who)[0]).group()) for who in (Client(), member)]
    assert pages[0] == pages[1] and "Workshop" in pages[0]


def test_tokens_and_keys_are_everybodys_own_and_good(event):
    look()
    found = [PERSONAL.findall(look()[0]) for _visitor in range(2)]
    assert [name for name, _value in found[0]] == ["csrfmiddlewaretoken", "key"]
    assert not {value for _name, value in found[0]} & {value for _name, value in found[1]}
    client = Client(enforce_csrf_checks=True)
    page, asked = look(client)
    assert asked == 1
    data = {**dict(PERSONAL.findall(page)), field_name(event.ticket_types.get()): "1"}
    assert client.post("/e/jazz/", data).status_code == 302
    assert Order.objects.count() == 1


def test_stock_is_never_stale(event):
    look()
    orders.book(event.pk, 3, by=UserFactory())
    page, asked = look()
    assert asked > 1 and "Sold out" in page
    assert look()[1] == 1


@pytest.mark.parametrize("seating", ["none", "automatic"])
def test_many_places_are_as_good_as_very_many(event, seating):
    """Down to the last one the page that is kept is the one that would be drawn."""
    Event.objects.update(capacity=45, seating=seating)
    event.ticket_types.update(quantity_total=30)
    TicketTypeFactory(event=event, name="Seated", price=0, position=1)
    pages, drawn = set(), 0
    for _sale in range(22):
        kept, asked = look()
        brief.forget_all()
        anew = PERSONAL.sub("", look()[0])
        assert PERSONAL.sub("", kept) == anew
        pages.add(anew)
        drawn += asked > 1
        orders.book(event.pk, 2, by=UserFactory())
    assert 10 < len(pages) <= drawn
    assert (drawn < 22) == (seating == "none")


def test_a_new_picture_is_seen_at_once(event):
    look()
    EventImageFactory(event=event)
    assert look()[1] > 1


def test_more_places_are_seen_at_once(event):
    orders.book(event.pk, 3, by=UserFactory())
    assert "Sold out" in look()[0]
    capacity.change(event, 5, by=SuperAdminFactory())
    page, asked = look()
    assert asked > 1 and "Sold out" not in page


def test_what_is_withdrawn_or_cancelled_is_seen_at_once(event):
    for change in ({"is_bookable": False}, {"state": "cancelled"}):
        look()
        Event.objects.update(**change)
        assert look()[1] > 1


def test_what_is_changed_is_seen(event):
    look()
    Event.objects.get().save()  # any change moves `updated_at`
    assert look()[1] > 1


def test_what_is_on_sale_is_seen_in_that_second(event):
    now = timezone.now()
    with time_machine.travel(now, tick=False) as clock:
        event.ticket_types.update(sales_start_at=now + timedelta(seconds=3), sales_end_at=now + timedelta(seconds=6))
        assert "Get tickets" not in look()[0]
        for on_sale in (True, False):
            clock.shift(3)
            page, asked = look()
            assert ("Get tickets" in page, asked > 1) == (on_sale, True)
        assert look()[1] == 1
        Event.objects.update(starts_at=now, ends_at=now + timedelta(seconds=7))
        look()
        clock.shift(1)
        assert "This event is over" in look()[0]


def test_the_stock_of_a_sub_event_counts(event):
    Event.objects.filter(pk=event.pk).update(kind="festival")
    child = EventFactory(parent=event, capacity=1)
    TicketTypeFactory(event=child, price=0)
    look()
    orders.book(child.pk, 1, by=UserFactory())
    assert look()[1] > 1


def test_languages_and_looks_are_kept_apart(event):
    assert look()[1] > look(**{"Accept-Language": "en"})[1] == 1
    dutch, asked = look(**{"Accept-Language": "nl"})
    assert asked > 1 and 'lang="nl"' in dutch
    dark = Client()
    dark.cookies["theme"] = "dark"
    page, asked = look(dark)
    assert asked > 1 and 'data-theme="dark"' in page
    assert 'data-theme="dark"' not in look()[0]


def test_who_is_somebody_or_asks_for_more_gets_a_page_of_their_own(event):
    look()
    client = Client()
    log_in(client, UserFactory(full_name="Ada"))
    page, asked = look(client)
    assert asked > 1 and "Log out" in page
    assert "Log out" not in look()[0]
    assert look(path="/e/jazz/?code=ABC")[1] > 1
    message = Client()
    message.cookies["messages"] = "something"
    assert look(message)[1] > 1


def test_a_draft_is_nobodys_business(event):
    look()
    Event.objects.update(state="draft")
    assert Client().get("/e/jazz/").status_code == Client().get("/e/no-such/").status_code == 404
