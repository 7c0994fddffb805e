"""Finding an event, and looking at its pictures, in a real browser."""

import pytest
from playwright.sync_api import expect

from bookings.factories import TicketTypeFactory
from events.factories import EventFactory, EventImageFactory

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_search_narrows_in_place_and_keeps_the_focus(page):
    TicketTypeFactory(event=EventFactory(name="Café night", place="Pune"), price=50)
    TicketTypeFactory(event=EventFactory(name="Open mic", place="Goa"), price=500)
    page.goto("/whats-on/")
    words = page.get_by_label("Event, venue, city or organiser")
    words.press_sequentially("cafe", delay=20)
    expect(page.get_by_role("heading", name="1 event", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name="Café night")).to_be_visible()
    expect(page.get_by_role("link", name="Open mic")).to_have_count(0)
    expect(words).to_be_focused()
    expect(words).to_have_value("cafe")
    assert page.url.endswith("/whats-on/?q=cafe")
    page.get_by_label("City", exact=True).select_option("Goa")
    expect(page.get_by_text("Nothing fits these filters")).to_be_visible()
    assert page.url.endswith("/whats-on/?q=cafe&city=Goa")
    page.get_by_role("link", name="Remove: “cafe”").click()
    expect(page.get_by_role("link", name="Open mic")).to_be_visible()
    assert page.url.endswith("/whats-on/?city=Goa")
    page.go_back()
    expect(page.get_by_text("Nothing fits these filters")).to_be_visible()


def test_a_wrong_value_is_said_at_its_field(page):
    TicketTypeFactory(event=EventFactory(name="Open mic"), price=500)
    page.goto("/whats-on/")
    page.get_by_text("Kind, price, dates and order").click()
    price = page.get_by_label("Price up to")
    price.fill("-5")
    price.press("Tab")
    expect(page.get_by_text("greater than or equal to 0")).to_be_visible()
    expect(price).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_role("link", name="Open mic")).to_be_visible()
    price.fill("20")
    price.press("Tab")
    expect(page.get_by_text("Nothing fits these filters")).to_be_visible()
    expect(price).not_to_have_attribute("aria-invalid", "true")


def test_pictures_are_turned_by_keyboard(page):
    event = EventFactory(name="Night")
    EventImageFactory.create_batch(3, event=event)
    page.goto(f"/e/{event.slug}/")
    second = page.get_by_role("link", name="Night, picture 2")
    second.focus()
    page.keyboard.press("Enter")
    window = page.get_by_role("dialog", name="Pictures")
    expect(window.get_by_text("2 / 3")).to_be_visible()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(window.get_by_role("img", name="Night, picture 1")).to_be_visible()
    page.keyboard.press("Escape")
    expect(window).to_have_count(0)
    expect(page.get_by_role("link", name="Night, picture 1")).to_be_focused()


def test_without_scripts_it_is_a_form_and_links(browser, live_server):
    EventFactory(name="Open mic", place="Goa")
    event = EventFactory(name="Night")
    EventImageFactory.create_batch(2, event=event)
    context = browser.new_context(base_url=live_server.url, java_script_enabled=False)
    page = context.new_page()
    page.goto("/")
    page.get_by_label("Event, venue, city or organiser").fill("mic goa")
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_role("link", name="Open mic")).to_be_visible()
    assert page.url.endswith("/whats-on/?q=mic+goa")
    page.goto(f"/e/{event.slug}/")
    page.get_by_role("link", name="Night, picture 2").click()
    assert "/media/event_images/" in page.url
    context.close()
