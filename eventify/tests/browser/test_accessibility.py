"""Every page for staff, partners, crews and accounts, judged by axe in a real browser: WCAG 2.2 AA, in light and in
dark, on a desk and on a phone; nothing wider than the window, nothing that the page's security policy refuses.

The pages come from the URL map, so a new one is judged, too.
"""

from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.urls import URLResolver, get_resolver

from accounts.tests.coming_in import log_in
from eventify.lib.desk.pages import ActionPage
from eventify.tests.browser.world import World

pytestmark = pytest.mark.django_db(transaction=True)
AXE = (Path(__file__).parent / "vendor" / "axe-4.14.1.min.js").read_text()
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
JUDGE = f"""async () => {{
    const found = await axe.run(document, {{runOnly: {RULES}, resultTypes: ["violations"]}});
    return found.violations.map(one => one.id + ": " + one.nodes.map(node => node.target.join(" ")).slice(0, 3));
}}"""
NO_PAGE = {  # what answers with a file, a part of a page, or leads on
    "desk-document-file",
    "desk-payout-live",
    "desk-payout-file",
    "partner-document",
    "desk-crew-import-template",
    "crew-calendar",
    "crew-shift-ics",
    "crew-claim",
    "crew-roster-renew",
    "desk-invoice",
    "ticket-ics",
    "ticket-pass",
    "ticket-pdf",
    "ticket-worker",
}
PUBLIC = ("/login/", "/signup/", "/password/forgotten/", "/calendar/")
LOOKS = {"light, desk": ("light", 1440), "dark, phone": ("dark", 360)}


def walk(resolver, before: str = ""):
    """(path, pattern) of every route."""
    for pattern in resolver.url_patterns:
        path = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from walk(pattern, path)
        else:
            yield path, pattern


def shown(start: str) -> list[tuple[str, str]]:
    """(path, name) of the routes below `start` that show a page."""
    routes = [(path, pattern) for path, pattern in walk(get_resolver("eventify.urls")) if path.startswith(start)]
    named = [(path, pattern.name, pattern.callback) for path, pattern in routes if pattern.name]
    return [(path, name) for path, name, view in named if name not in NO_PAGE and is_page(view)]


def is_page(callback) -> bool:
    """Whether it shows something; a button does not."""
    view = getattr(callback, "view_class", None)
    if view is None:
        return True
    is_button = issubclass(view, ActionPage) or any(base.__name__ == "Act" for base in view.__mro__)
    return hasattr(view, "get") and not is_button


def window(browser, live_server, look: str, user=None):
    """A window of this look in which the person is logged in."""
    scheme, width = LOOKS[look]
    context = browser.new_context(
        base_url=live_server.url, color_scheme=scheme, viewport={"width": width, "height": 800}, bypass_csp=True
    )
    if user:
        value = log_in(Client(), user).cookies[settings.SESSION_COOKIE_NAME].value
        cookie = {"name": settings.SESSION_COOKIE_NAME, "value": value, "domain": "localhost", "path": "/"}
        context.add_cookies([cookie])
    return context.new_page()


def faults(page, address: str) -> list[str]:
    """What is wrong with one page."""
    response = page.goto(address)
    found = [] if response.status in (200, 409) else [f"status {response.status}"]
    page.evaluate(AXE)
    found += page.evaluate(JUDGE)
    if page.evaluate("document.scrollingElement.scrollWidth > innerWidth"):
        found.append("wider than the window")
    return [f"{address}: {fault}" for fault in found]


@pytest.mark.parametrize("look", LOOKS)
def test_the_command_center(browser, live_server, look):
    world = World()
    page = window(browser, live_server, look, world.chief)
    pages = shown("command-center/")
    assert len(pages) > 50
    wrong = [fault for path, name in pages for fault in faults(page, world.address(path, name))]
    page.context.close()
    assert wrong == []


@pytest.mark.parametrize("look", LOOKS)
def test_a_partners_own_pages_and_ones_account(browser, live_server, look):
    world = World()
    page = window(browser, live_server, look, world.admin)
    pages = [*shown("partner/<"), *(page for page in shown("account/") if "<" not in page[0])]
    assert len(pages) > 11
    wrong = [fault for path, name in pages for fault in faults(page, world.address(path, name))]
    page.context.close()
    assert wrong == []


@pytest.mark.parametrize("look", LOOKS)
def test_the_volunteers_portal(browser, live_server, look):
    """For who has a shift; and its public pages for who may sign up."""
    world = World()
    pages = [*shown("crew/"), *shown("wallet/")]
    assert len(pages) > 7
    page = window(browser, live_server, look, world.volunteer)
    wrong = [fault for path, name in pages for fault in faults(page, world.address(path, name))]
    page.context.close()
    page = window(browser, live_server, look, world.buyer)
    wrong += [
        fault
        for path, name in shown("crew/")
        if "uuid" not in path
        for fault in faults(page, world.address(path, name))
    ]
    page.context.close()
    assert wrong == []


@pytest.mark.parametrize("look", LOOKS)
def test_a_ticket(browser, live_server, look):
    """For its holder."""
    world = World()
    page, pages = window(browser, live_server, look, world.buyer), shown("tickets/<")
    assert pages
    wrong = [fault for path, name in pages for fault in faults(page, world.address(path, name))]
    page.context.close()
    assert wrong == []


@pytest.mark.parametrize("look", LOOKS)
def test_before_one_is_in(browser, live_server, look):
    page = window(browser, live_server, look)
    wrong = [fault for path in PUBLIC for fault in faults(page, path)]
    page.context.close()
    assert wrong == []


def test_no_page_breaks_its_own_security_policy(browser, live_server):
    """The same pages without the looser policy that axe needs."""
    world = World()
    page = window(browser, live_server, "light, desk", world.chief)
    value = page.context.cookies()
    page.context.close()
    context = browser.new_context(base_url=live_server.url)
    context.add_cookies(value)
    page, said = context.new_page(), []
    page.on("console", lambda line: said.append(line.text) if line.type == "error" and "409" not in line.text else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    for path, name in shown("command-center/"):
        page.goto(world.address(path, name))
    context.close()
    assert said == []
