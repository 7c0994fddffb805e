"""A hall with two prices in a real browser: seats chosen by keyboard through to the checkout, and its own page."""

import re
from decimal import Decimal

import pytest
from playwright.sync_api import expect

from accounts.factories import SuperAdminFactory, UserFactory
from bookings import hall_text, halls, ticket_types
from bookings.models import Order
from bookings.tests import invariants
from bookings.tests.scenes import book, scene
from eventify.tests.browser.judging import LOOKS, window
from eventify.tests.browser.test_purchase import PHONE
from eventify.tests.browser.test_seats import focused, judge, press

pytestmark = pytest.mark.django_db(transaction=True)
PLAN = "[Stalls]\nA: W1 C2 3-6 | 7-12\nB: 1-6 | 7-12\n~\n[Balcony]\nC: 5-1/2 | 2-6/2\n"


@pytest.fixture
def hall():
    """Stalls for 45 and a balcony for 19.50; B-1 and B-2 are taken."""
    event, stalls = scene(capacity=1, price=45, currency="EUR", name="Tulip Play")
    by = UserFactory()
    halls.save(event, hall_text.read(PLAN), by=by)
    ticket_types.change(stalls, by=by, area="Stalls")
    ticket_types.create(event, by=by, name="Balcony", price=Decimal("19.50"), area="Balcony")
    book(event, by, 2, chosen=("B-1", "B-2"))
    return event


@pytest.mark.parametrize("look", LOOKS)
def test_two_seats_of_two_prices_by_keyboard(browser, live_server, tmp_path, hall, look):
    page = window(browser, live_server, look)
    page.set_viewport_size(PHONE)
    page.goto(f"/e/{hall.slug}/seats/")
    judge(page)
    expect(page.get_by_role("list", name="Prices")).to_contain_text("€45 Stalls")
    page.get_by_role("checkbox", name="Row A seat 3, Stalls, €45, free").focus()
    press(page, "Space", "ArrowRight", "Space", "ArrowDown", "ArrowDown")
    assert focused(page).startswith("C-")
    press(page, "Home", "Space")
    assert focused(page) == "C-5"
    expect(page.locator("[data-summary]")).to_have_text("3 seats: A-3, A-4, C-5")
    expect(page.locator("[data-total]")).to_have_text(re.compile(r"109[.,]50 in all"))
    page.screenshot(path=tmp_path / "prices.png", full_page=True)
    press(page, "Tab", "Enter")
    page.wait_for_url("**/checkout/")
    order = Order.objects.latest("pk")
    sold = {booking.ticket_type.area: booking.seat_labels for booking in order.bookings.all()}
    assert (sold, str(order.total_amount)) == ({"Stalls": ["A-3", "A-4"], "Balcony": ["C-5"]}, "109.50")
    invariants.check(hall)
    page.context.close()


def test_the_best_of_one_area_and_larger_seats(page, hall):
    page.set_viewport_size(PHONE)
    page.goto(f"/e/{hall.slug}/seats/")
    page.get_by_label("Best seats together for").fill("2")
    page.get_by_label("Where").select_option("Balcony")
    page.get_by_role("button", name="Find them").click()
    expect(page.get_by_text("Chosen for you: C-5, C-3.")).to_be_visible()
    expect(page.locator("[data-total]")).to_have_text("€39 in all")
    size = "document.querySelector('.seat-row .seat').getBoundingClientRect().width"
    before = page.evaluate(size)
    assert before >= 24
    page.get_by_role("button", name="Larger").click()
    assert page.evaluate(size) >= 44 > before
    assert page.evaluate("document.scrollingElement.scrollWidth <= innerWidth")


def test_without_javascript_a_seat_chooses_its_price(browser, live_server, hall):
    context = browser.new_context(base_url=live_server.url, viewport=PHONE, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"/e/{hall.slug}/seats/?view=list")
    page.get_by_role("checkbox", name=re.compile("^Wheelchair place A-1 with companion seat A-2, Stalls, €45")).check()
    page.get_by_role("button", name="Book these seats").click()
    page.wait_for_url("**/checkout/")
    assert Order.objects.latest("pk").total_amount == 90
    context.close()


@pytest.mark.parametrize("look", LOOKS)
def test_the_hall_is_written_and_seen_at_once(browser, live_server, tmp_path, hall, look):
    page = window(browser, live_server, look, SuperAdminFactory())
    page.goto(f"/command-center/events/{hall.uid}/hall/")
    judge(page)
    rows = page.get_by_label("Rows", exact=True)
    rows.fill(f"{PLAN}D: 1-9\n")
    expect(page.locator("#hall-preview .seat-row")).to_have_count(4)
    rows.fill("A: 1-2")
    expect(page.get_by_text("Sold or held, and not in this plan: B-1, B-2.")).to_be_visible()
    rows.fill("A 1-2")
    expect(page.get_by_text("Line 1: begin with the name of the row and a colon")).to_be_visible()
    judge(page)
    rows.fill(f"{PLAN}D: 1-9\n")
    expect(page.locator("#hall-preview .seat-row")).to_have_count(4)
    page.screenshot(path=tmp_path / "hall.png", full_page=True)
    page.get_by_role("button", name="Save the hall").click()
    expect(page.get_by_text("The hall has 39 seats now.")).to_be_visible()
    invariants.check(hall)
    page.context.close()
