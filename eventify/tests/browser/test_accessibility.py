"""Every page judged by axe in a real browser: WCAG 2.2 AA, in light and in dark, on a desk and on a phone; nothing is
wider than the window, also at 200 % zoom and at 320 px; the focus is seen; the page's security policy refuses nothing.

The pages come from the URL map, so a new one is judged, too.
"""

import pytest
from django.urls import URLResolver, get_resolver

from eventify.lib.desk.pages import ActionPage
from eventify.tests.browser.judging import LOOKS, faults, window
from eventify.tests.browser.site import NOBODY, NOTHING_TO_SEE, PAGES, Site, went_wrong
from eventify.tests.browser.world import World
from eventify.tests.page_table import routes

pytestmark = pytest.mark.django_db(transaction=True)
PARTS = 3  # of the command center's pages: one test with all of them would keep one worker busy when all else is done
NO_PAGE = {  # what answers with a file, a part of a page, or leads on
    "desk-document-file",
    "desk-event-hall-csv",
    "desk-export-file",
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
    return view is None or is_shown(view)


def is_shown(view: type) -> bool:
    """Whether the class of a page answers GET with something to see."""
    is_button = issubclass(view, ActionPage) or any(base.__name__ in ("Act", "Pressed") for base in view.__mro__)
    return hasattr(view, "get") and not is_button


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("look", LOOKS)
def test_the_command_center(browser, live_server, look, part):
    world = World()
    page = window(browser, live_server, look, world.chief)
    pages = shown("command-center/")
    assert len(pages) > 50
    mine = pages[part::PARTS]
    wrong = [fault for path, name in mine for fault in faults(page, world.address(path, name), scheme=LOOKS[look][0])]
    page.context.close()
    assert wrong == []


@pytest.mark.parametrize("look", LOOKS)
def test_a_partners_own_pages_and_ones_account(browser, live_server, look):
    world = World()
    page = window(browser, live_server, look, world.admin)
    pages = [*shown("partner/<"), *(page for page in shown("account/") if "<" not in page[0])]
    assert len(pages) > 11
    wrong = [fault for path, name in pages for fault in faults(page, world.address(path, name), scheme=LOOKS[look][0])]
    page.context.close()
    assert wrong == []


@pytest.mark.parametrize("look", LOOKS)
def test_the_volunteers_portal(browser, live_server, look):
    """For who has a shift; and its public pages for who may sign up."""
    world = World()
    pages = [*shown("crew/"), *shown("wallet/")]
    assert len(pages) > 7
    page = window(browser, live_server, look, world.volunteer)
    wrong = [fault for path, name in pages for fault in faults(page, world.address(path, name), scheme=LOOKS[look][0])]
    page.context.close()
    page = window(browser, live_server, look, world.buyer)
    wrong += [
        fault
        for path, name in shown("crew/")
        if "uuid" not in path
        for fault in faults(page, world.address(path, name), scheme=LOOKS[look][0])
    ]
    page.context.close()
    assert wrong == []


@pytest.mark.parametrize("look", LOOKS)
def test_the_site(browser, live_server, look):
    """Every page for buyers and for whoever looks, and what they see when something is wrong."""
    site, scheme = Site(), LOOKS[look][0]
    windows, wrong = {}, []
    for who, address_in in (one for pages in PAGES.values() for one in pages):
        address = address_in(site)
        page = windows.get(who) or windows.setdefault(who, window(browser, live_server, look, client=site.client(who)))
        wrong += faults(page, address, scheme=scheme) + led_elsewhere(page, live_server.url + address)
    page = windows[NOBODY]
    wrong += faults(page, "/nothing-here/", (404,), scheme)
    for name, text in went_wrong(site).items():
        page.route(f"**/wrong-{name}/", shows(text))
        wrong += faults(page, f"/wrong-{name}/", scheme=scheme)
    for one in windows.values():
        one.context.close()
    assert wrong == []


def led_elsewhere(page, url: str) -> list[str]:
    """A page that was not shown was not judged."""
    return [] if page.url.partition("?")[0] == url.partition("?")[0] else [f"{url} leads to {page.url}"]


FAULTY = """<!doctype html><html lang="en"><head><title>Faulty</title><style>
    :root {{ color-scheme: light dark; }} a {{ outline: none; display: inline-block; color: CanvasText; }} {rule}
</style></head><body><main><h1>Faulty</h1><a href="/">There</a></main></body></html>"""
RULES_THAT_HURT = {
    "light: color-contrast": "@media (prefers-color-scheme: light) { h1 { color: #bbb; background: #fff; } }",
    "dark: color-contrast": "@media (prefers-color-scheme: dark) { h1 { color: #444; background: #000; } }",
    "wider than the window of 320 px": "main { width: 350px; } body { margin: 0; }",
    "wider than the window": "main { width: 500px; }",
    "focus is not seen": "",
}


@pytest.mark.parametrize("fault", RULES_THAT_HURT)
def test_the_judge_sees(browser, live_server, fault):
    """Each fault is found; and the focus is the only one of the page that has no other."""
    page = window(browser, live_server, "dark, phone")
    page.route("**/faulty/", shows(FAULTY.format(rule=RULES_THAT_HURT[fault])))
    found = faults(page, "/faulty/", scheme="dark")
    page.context.close()
    assert any(fault.removeprefix("dark: ") in one for one in found)
    assert len(found) == 1 or fault != "focus is not seen"


def shows(text: str):
    """What answers an address with this page."""
    return lambda route: route.fulfill(body=text, content_type="text/html; charset=utf-8")


def test_every_page_is_judged():
    """A page that is new belongs to one of the walks, or says why there is nothing to judge."""
    walked = ("command-center/", "partner/<", "crew/", "wallet/", "tickets/<")
    known = {path for path, _name in shown("") if path.startswith(walked)}
    known |= {path for path, _name in shown("account/") if "<" not in path}
    buttons = {route.path for route in routes() if route.name in NO_PAGE or (route.view and not is_shown(route.view))}
    assert {route.path for route in routes()} - known - buttons - set(PAGES) - set(NOTHING_TO_SEE) == set()
    assert {*PAGES, *NOTHING_TO_SEE} - {route.path for route in routes()} == set()


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
