"""The command center's shell in a real browser: by keyboard, on a phone, and without JavaScript."""

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import expect

from accounts import audit, notify
from accounts.factories import SuperAdminFactory, UserFactory

pytestmark = pytest.mark.django_db(transaction=True)
AUDIT = "/command-center/audit/"
LONG = "Wolfeschlegelsteinhausenbergerdorff" * 5


@pytest.fixture
def admin():
    """Somebody who may do everything, with something to look at."""
    user = SuperAdminFactory(full_name="Zed Admin", email="zed@example.com")
    for action in ("BANNED_USER", "RESET_2FA", "APPROVED_KYC"):
        audit.record(action, UserFactory(full_name=f"{action} {LONG}"), by=user, reason=LONG)
    notify.notify(user, f"Look at this {LONG}", LONG)
    return user


def log_in(context, user) -> None:
    client = Client()
    client.force_login(user)
    value = client.cookies[settings.SESSION_COOKIE_NAME].value
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": value, "domain": "localhost", "path": "/"}])


def focused(page) -> str:
    return page.evaluate("document.activeElement.textContent.trim()")


def test_a_list_is_used_by_keyboard(page, admin):
    log_in(page.context, admin)
    page.goto("/command-center/notifications/")
    page.keyboard.press("g")
    page.keyboard.press("a")
    page.wait_for_url(f"**{AUDIT}")
    page.keyboard.press("j")
    page.keyboard.press("j")
    assert focused(page) == "Reset 2FA"
    page.keyboard.press("k")
    assert focused(page) == "Approved KYC"
    page.keyboard.press("?")
    assert page.locator("#keys").is_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{AUDIT}*-*/")
    expect(page.locator("h1")).to_have_text("Approved KYC")


def test_everything_is_searched_by_keyboard(page, admin):
    log_in(page.context, admin)
    page.goto(AUDIT)
    page.keyboard.press("Control+k")
    page.keyboard.type("zed")
    page.locator("[data-hit]").first.wait_for()
    page.keyboard.press("ArrowDown")
    assert focused(page) == "Zed Adminzed@example.com"
    page.keyboard.press("ArrowUp")
    assert page.evaluate("document.activeElement.id") == "search-everything"
    page.keyboard.press("Escape")
    expect(page.locator("[data-hit]")).to_have_count(0)


def test_a_list_narrows_while_one_types_and_comes_back(page, admin):
    log_in(page.context, admin)
    page.goto(AUDIT)
    page.locator("#sort-created_at").click()
    page.wait_for_url("**?sort=created_at")
    assert page.evaluate("document.activeElement.id") == "sort-created_at"
    page.keyboard.press("f")
    page.keyboard.type("banned")
    page.wait_for_url("**?q=banned&sort=created_at")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.go_back()
    page.wait_for_url("**?sort=created_at")
    page.locator("tbody tr").nth(2).wait_for()


def test_the_bell_opens_and_closes(page, admin):
    log_in(page.context, admin)
    page.goto(AUDIT)
    page.locator(".bell summary").click()
    page.locator(".bell strong").wait_for()
    page.keyboard.press("Escape")
    expect(page.locator(".bell strong")).not_to_be_visible()


@pytest.mark.parametrize("width", [360, 768, 1440])
@pytest.mark.parametrize(
    "path", [AUDIT, f"{AUDIT}?actor=x", "/command-center/notifications/", "/command-center/search/?q=ban"]
)
def test_long_names_fit_every_screen(page, admin, width, path):
    log_in(page.context, admin)
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(path)
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0


def test_the_places_are_in_a_drawer_on_a_phone(page, admin):
    log_in(page.context, admin)
    page.set_viewport_size({"width": 360, "height": 700})
    page.goto(AUDIT)
    places = page.get_by_role("navigation", name="Command center")
    assert not places.is_visible()
    page.get_by_role("button", name="Menu", exact=True).click()
    assert places.is_visible()
    page.keyboard.press("Escape")
    assert not places.is_visible()


def test_without_javascript_everything_is_a_link_or_a_form(browser, live_server, admin):
    context = browser.new_context(base_url=live_server.url, java_script_enabled=False)
    log_in(context, admin)
    page = context.new_page()
    page.goto(AUDIT)
    page.locator("#id_q").fill("banned")
    page.get_by_role("button", name="Search", exact=True).click()
    expect(page.locator("tbody tr")).to_have_count(1)
    page.locator("#sort-created_at").click()
    assert "q=banned" in page.url and "sort=created_at" in page.url
    page.get_by_text("Zed Admin").first.click()
    page.get_by_role("button", name="Dark").click()
    assert page.locator("html").get_attribute("data-theme") == "dark"
    context.close()
