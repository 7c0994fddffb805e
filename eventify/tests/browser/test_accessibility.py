"""Every page judged by axe in a real browser: WCAG 2.2 AA, in light and in dark, on a desk and on a phone; nothing is
wider than the window, also on a tablet, at 200 % zoom and at 320 px; the focus is seen; the page's security policy
refuses nothing.

The pages come from the URL map, so a new one is judged, too.
"""

import re

import pytest
from django.conf import settings
from django.urls import URLResolver, get_resolver

from eventify.lib.desk.pages import ActionPage
from eventify.tests.browser.judging import ASKS_FOR_WIDTH, Walk
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
def test_the_command_center(browser, live_server, part):
    world = World()
    walk = Walk(browser, live_server, world.chief)
    pages = shown("command-center/")
    assert len(pages) > 50
    for path, name in pages[part::PARTS]:
        walk.look_at(world.address(path, name))
    assert walk.close() == []


def test_a_partners_own_pages_and_ones_account(browser, live_server):
    world = World()
    walk = Walk(browser, live_server, world.admin)
    pages = [*shown("partner/<"), *(page for page in shown("account/") if "<" not in page[0])]
    assert len(pages) > 11
    for path, name in pages:
        walk.look_at(world.address(path, name))
    assert walk.close() == []


def test_the_volunteers_portal(browser, live_server):
    """For who has a shift; and its public pages for who may sign up."""
    world = World()
    pages = [*shown("crew/"), *shown("wallet/")]
    assert len(pages) > 7
    walk = Walk(browser, live_server, world.volunteer)
    for path, name in pages:
        walk.look_at(world.address(path, name))
    assert walk.close() == []
    walk = Walk(browser, live_server, world.buyer)
    for path, name in shown("crew/"):
        if "uuid" not in path:
            walk.look_at(world.address(path, name))
    assert walk.close() == []


def test_the_site(browser, live_server):
    """Every page for buyers and for whoever looks, and what they see when something is wrong."""
    site, walks = Site(), {}
    for who, address_in in (one for pages in PAGES.values() for one in pages):
        address = address_in(site)
        walk = walks.get(who) or walks.setdefault(who, Walk(browser, live_server, client=site.client(who)))
        walk.look_at(address)
        walk.wrong += led_elsewhere(walk.page, live_server.url + address)
    walk = walks[NOBODY]
    walk.look_at("/nothing-here/", (404,))
    for name, text in went_wrong(site).items():
        walk.page.route(f"**/wrong-{name}/", shows(text))
        walk.look_at(f"/wrong-{name}/")
    assert [fault for one in walks.values() for fault in one.close()] == []


def led_elsewhere(page, url: str) -> list[str]:
    """A page that was not shown was not judged."""
    return [] if page.url.partition("?")[0] == url.partition("?")[0] else [f"{url} leads to {page.url}"]


FAULTY = """<!doctype html><html lang="en"><head><title>Faulty</title><style>
    :root {{ color-scheme: light dark; }} a {{ outline: none; display: inline-block; color: CanvasText; }} {rule}
</style></head><body><main><h1>Faulty</h1><a href="/">There</a></main></body></html>"""
RULES_THAT_HURT = {  # and what is found
    "@media (prefers-color-scheme: light) { h1 { color: #bbb; background: #fff; } }": [
        "light, desk: color-contrast",
        "dark, phone: light: color-contrast",
    ],
    "@media (prefers-color-scheme: dark) { h1 { color: #444; background: #000; } }": [
        "light, desk: dark: color-contrast",
        "dark, phone: color-contrast",
    ],
    "main { width: 350px; } body { margin: 0; }": ["dark, phone: wider than the window of 320 px"],
    "main { width: 500px; }": ["dark, phone: wider than the window", "dark, phone: wider than the window of 320 px"],
    "main { width: 650px; }": [
        "light, desk: wider than the window of 640 px",
        "dark, phone: wider than the window",
        "dark, phone: wider than the window of 320 px",
    ],
    "main { width: 800px; }": [
        "light, desk: wider than the window of 768 px",
        "light, desk: wider than the window of 720 px",
        "light, desk: wider than the window of 640 px",
        "dark, phone: wider than the window",
        "dark, phone: wider than the window of 320 px",
    ],
    "main { clip-path: inset(50%); }": ["light, desk: focus is cut away", "dark, phone: focus is cut away"],
    "": [],
}


@pytest.mark.parametrize("rule", RULES_THAT_HURT)
def test_the_judge_sees(browser, live_server, rule):
    """Each fault is found in each look where it is; the focus, which no link of the page shows, in both."""
    walk = Walk(browser, live_server)
    walk.page.route("**/faulty/", shows(FAULTY.format(rule=rule)))
    walk.look_at("/faulty/")
    found = [fault.removeprefix("/faulty/: ") for fault in walk.close()]
    expected = [*RULES_THAT_HURT[rule], "light, desk: focus is not seen", "dark, phone: focus is not seen"]
    assert len(found) == len(expected)
    assert all(any(one.startswith(start) for one in found) for start in expected), found


def test_the_judge_hears_the_security_policy(browser, live_server):
    """What a page's policy refuses is wrong with it; and so is a script that fails."""
    walk = Walk(browser, live_server)
    policy, text = {"Content-Security-Policy": "script-src 'self'"}, FAULTY.format(rule="a:focus { color: red; }")
    faulty = text.replace("</main>", "</main><script>alert(1)</script><script src='/own.js'></script>")
    walk.page.route("**/faulty/", lambda route: route.fulfill(body=faulty, content_type="text/html", headers=policy))
    walk.page.route("**/own.js", lambda route: route.fulfill(body="nothing()", content_type="text/javascript"))
    walk.look_at("/faulty/")
    found = walk.close()
    assert any("Content Security Policy" in one for one in found) and any(
        "nothing is not defined" in one for one in found
    )


def test_scripts_that_ask_for_the_width_are_known():
    """A page with such a script must be opened in each look."""
    asking = re.compile(r"(min|max)-width:|(inner|client|offset|outer)Width|screen\.width")
    scripts = (settings.BASE_DIR / "static" / "js").rglob("*.js")
    ours = [one for one in scripts if "vendor" not in one.parts]
    assert {one.name for one in ours if asking.search(one.read_text())} == set(ASKS_FOR_WIDTH)


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
