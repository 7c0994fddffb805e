"""The waiting room on a phone of 360 x 740: somebody comes in before the sale, waits, loses the network for a moment,
reloads, is let in by the page itself, and buys."""

import pytest
from playwright.sync_api import expect

from accounts.factories import SuperAdminFactory, UserFactory
from bookings.tests.invariants import check
from bookings.tests.rooms import a_room, again, come
from bookings.tests.scenes import scene
from bookings.waiting_room import draw, joining, opening, standing
from eventify.tests.browser.judging import LOOKS, window
from eventify.tests.browser.test_purchase import PHONE

pytestmark = pytest.mark.django_db(transaction=True)


def is_narrow(page) -> bool:
    return not page.evaluate("document.scrollingElement.scrollWidth > innerWidth")


@pytest.mark.parametrize("look", LOOKS)
def test_from_the_event_to_the_tickets(browser, live_server, monkeypatch, look):
    monkeypatch.setattr(standing, "SOONEST", 1)
    monkeypatch.setattr(standing, "LATEST", 2)
    event, _kind = scene(capacity=50, price=40, name="Monsoon Jazz Night", venue_name="Opera House", place="Mumbai")
    room, _type = a_room(event=event, max_inside=1)
    asha, chief = UserFactory(full_name="Asha Rao"), SuperAdminFactory()
    page = window(browser, live_server, look, asha)
    if "phone" in look:
        page.set_viewport_size(PHONE)
    page.goto(f"/e/{event.slug}/")
    page.get_by_role("link", name="Go to the waiting room").last.click()
    page.get_by_role("button", name="Come in", exact=True).click()
    expect(page.get_by_role("heading", name="You are in.")).to_be_visible()
    others = come(room, 2)
    opening.start(room, by=chief)
    draw.run(again(room))
    opening.pause(room, by=chief)
    expect(page.get_by_text("Your place is safe.").first).to_be_visible()  # the page has asked by itself
    assert is_narrow(page)
    page.context.set_offline(True)
    expect(page.get_by_text("No connection at the moment.")).to_be_visible()
    page.context.set_offline(False)
    expect(page.get_by_text("No connection at the moment.")).to_be_hidden()
    page.reload()
    expect(page.get_by_text("Your place is safe.").first).to_be_visible()
    for entry in others:
        joining.leave(entry)
    opening.resume(room, by=chief)
    page.wait_for_url(f"**/e/{event.slug}/")  # moved on by itself
    expect(page.get_by_text("It is your turn.")).to_be_visible()
    assert is_narrow(page)
    page.locator("select.quantity").select_option("1")
    page.get_by_role("button", name="Book tickets").click()
    page.wait_for_url("**/checkout/**")
    assert room.entries.get(user=asha).order.user == asha
    page.context.close()
    check(event)
