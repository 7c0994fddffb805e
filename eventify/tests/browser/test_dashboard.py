"""The dashboard in a real browser: on every screen, live, by keyboard, and without JavaScript."""

import pytest
from playwright.sync_api import expect

from accounts.factories import SuperAdminFactory
from bookings.tests.scenes import scene
from eventify.tests.browser.test_shell import LONG, log_in
from partners import payouts
from partners.factories import PartnerFactory
from partners.tests.money import paper, rich_partner, sell

pytestmark = pytest.mark.django_db(transaction=True)
PATH = "/command-center/"


@pytest.fixture
def admin():
    """Somebody who may do everything."""
    return SuperAdminFactory(full_name="Zed Admin")


@pytest.fixture
def full():
    """Money, long names, and something of each kind that waits."""
    partner = PartnerFactory(name=LONG)
    sell(partner, "987654321.99", days_ago=1)
    sell(partner, "98765432.99", days_ago=40)
    paper(partner, "PAN", status="Pending")
    scene(name=LONG, capacity=100_000)
    payouts.create(partners=[rich_partner("87654321.50")], by=SuperAdminFactory())


def fits(page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0


@pytest.mark.parametrize("width", [360, 768, 1440])
def test_an_empty_one_fits(page, admin, width):
    log_in(page.context, admin)
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(PATH)
    expect(page.get_by_role("heading", name="Start here")).to_be_visible()
    assert fits(page)


@pytest.mark.parametrize("width", [360, 768, 1440])
def test_a_full_one_fits(page, admin, full, width):
    log_in(page.context, admin)
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(PATH)
    expect(page.get_by_text("wait for your approval")).to_be_visible()
    assert fits(page)
    page.get_by_text("Show the figures").click()
    expect(page.get_by_role("columnheader", name="Day")).to_be_visible()
    assert fits(page)


def test_the_range_changes_in_place_and_by_the_back_button(page, admin, full):
    log_in(page.context, admin)
    page.goto(PATH)
    page.get_by_role("link", name="12 months").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{PATH}?range=12m")
    page.get_by_text("orders in 12 months").wait_for()
    expect(page.locator("#revenue [aria-current]")).to_have_text("12 months")
    page.go_back()
    page.get_by_text("orders in 30 days").wait_for()
    assert page.url.endswith(PATH)


def test_what_waits_is_one_click_away(page, admin, full):
    log_in(page.context, admin)
    page.goto(PATH)
    page.get_by_role("link", name="Look and decide").click()
    page.wait_for_url("**/command-center/payouts/*/")
    expect(page.get_by_text("₹87,654,321.50").first).to_be_visible()


def test_without_javascript_the_range_is_a_link(browser, live_server, admin, full):
    context = browser.new_context(base_url=live_server.url, java_script_enabled=False)
    log_in(context, admin)
    page = context.new_page()
    page.goto(PATH)
    page.get_by_role("link", name="90 days").click()
    assert page.url.endswith("?range=90d") and page.get_by_text("orders in 90 days").is_visible()
    context.close()
