"""Pictures of the main pages on a phone, in each language, to look at; a page that is wider than the phone fails.

Not part of the suite, for somebody has to look: `bin/test eventify/tests/browser/look_at_languages.py -n 0`.
The pictures are in the folder that EVENTIFY_PICTURES names, else in pictures/ of the system's temporary folder.
"""

import os
import tempfile
from pathlib import Path

import pytest
from django.conf import settings

from eventify.tests.browser.site import BUYER, NOBODY, Site

pytestmark = pytest.mark.django_db(transaction=True)
WIDTH, HEIGHT = 360, 740
FOLDER = Path(os.environ.get("EVENTIFY_PICTURES", Path(tempfile.gettempdir()) / "pictures"))
VOLUNTEER = "volunteer"
PAGES = {
    "home": (NOBODY, lambda site: "/"),
    "events": (NOBODY, lambda site: "/whats-on/"),
    "calendar": (NOBODY, lambda site: f"/calendar/{site.event.starts_at:%Y}/{site.event.starts_at.month}/"),
    "event": (NOBODY, lambda site: f"/e/{site.event.slug}/"),
    "seats": (NOBODY, lambda site: f"/e/{site.hall.slug}/seats/"),
    "signup": (NOBODY, lambda site: "/signup/"),
    "checkout": (BUYER, lambda site: f"/orders/{site.pending.uid}/checkout/"),
    "order": (BUYER, lambda site: f"/orders/{site.order.uid}/"),
    "ticket": (BUYER, lambda site: f"/tickets/{site.ticket.uid}/"),
    "wallet": (BUYER, lambda site: "/wallet/"),
    "crew": (VOLUNTEER, lambda site: "/crew/"),
    "shifts": (VOLUNTEER, lambda site: f"/crew/{site.event.slug}/"),
    "door": (NOBODY, lambda site: "/door/"),
}


@pytest.mark.parametrize("language", [code for code, _name in settings.LANGUAGES])
def test_look(browser, live_server, language):
    site, wide = Site(), []
    for name, (who, address) in PAGES.items():
        context = browser.new_context(
            base_url=live_server.url, viewport={"width": WIDTH, "height": HEIGHT}, locale=language
        )
        client = site.client(who) if who != NOBODY else None
        cookies = {key: one.value for key, one in client.cookies.items()} if client else {}
        cookies[settings.LANGUAGE_COOKIE_NAME] = language
        context.add_cookies([{"name": key, "value": value, "url": live_server.url} for key, value in cookies.items()])
        page = context.new_page()
        page.goto(address(site), wait_until="networkidle")
        page.screenshot(path=FOLDER / f"{name}-{language}.png", full_page=True)
        if page.evaluate("document.documentElement.scrollWidth") > WIDTH:
            wide.append(name)
        context.close()
    assert wide == []
