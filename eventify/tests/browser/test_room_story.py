"""The waiting room on a phone of 360 x 740: somebody comes in before the sale, waits, loses the network for a moment,
reloads, is let in by the page itself, and buys."""

import re

import pytest
from playwright.sync_api import expect

from accounts.factories import SuperAdminFactory, UserFactory
from bookings.tests.invariants import check
from bookings.tests.rooms import a_room, again, come
from bookings.tests.scenes import scene
from bookings.waiting_room import admitting, draw, joining, opening, standing
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


ELSEWHERE = """
    window.isElsewhere = false; window.told = [];
    Object.defineProperty(document, "visibilityState", { get: () => window.isElsewhere ? "hidden" : "visible" });
    window.Notification = class extends Notification {
        constructor(title, options) { super(title, options); window.told.push([title, options.silent]); }
    };
"""


def test_who_looks_elsewhere_is_told_by_the_title_and_if_wanted_by_the_browser(browser, live_server, monkeypatch):
    """The page of a tab that nobody sees stays, says whose turn it is, and goes on when somebody looks."""
    monkeypatch.setattr(standing, "SOONEST", 1)
    monkeypatch.setattr(standing, "LATEST", 2)
    room, _type = a_room(event=scene(capacity=50, name="Monsoon Jazz Night")[0], max_inside=1)
    page = window(browser, live_server, "light, desk", asha := UserFactory())
    page.context.grant_permissions(["notifications"], origin=live_server.url)
    page.add_init_script(ELSEWHERE)
    page.goto(f"/e/{room.event.slug}/room/")
    page.get_by_role("button", name="Come in", exact=True).click()
    expect(page.get_by_text("we mail you")).to_be_visible()
    page.get_by_role("button", name="Tell me when it is my turn").click()
    expect(page.get_by_text("This browser tells you when it is your turn")).to_be_visible()
    expect(page.get_by_role("button", name="Tell me when it is my turn")).to_be_hidden()
    assert page.evaluate("told.length") == 1  # tried at once
    page.evaluate("window.isElsewhere = true")
    opening.start(room, by=SuperAdminFactory())
    admitting.move(again(room))
    expect(page).to_have_title("It is your turn. · Waiting room · Monsoon Jazz Night · Eventify")
    page.wait_for_function("told.length === 2")
    assert page.evaluate("told[1]") == ["It is your turn.", True]
    assert room.entries.get(user=asha).status == "inside" and page.url.endswith("/room/")
    page.evaluate("window.isElsewhere = false; document.dispatchEvent(new Event('visibilitychange'))")
    page.wait_for_url(f"**/e/{room.event.slug}/")
    expect(page).to_have_title(re.compile(r"^\d+:\d\d left · It is your turn. · Monsoon Jazz Night · Eventify$"))
    page.context.close()
