"""The page of the API: it draws the document under the site's own policy, and reads nothing from elsewhere."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(("width", "colours"), [(360, "dark"), (1440, "light")])
def test_the_page_draws_a_contract(page, live_server, width, colours):
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=colours)
    page.goto("/api/docs/?of=evently")
    operation = page.locator(".opblock", has_text="/events/{id}/book")
    expect(operation).to_be_visible()
    operation.locator("button.opblock-summary-control").click()
    expect(operation.get_by_text("Idempotency-Key").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate("document.documentElement.classList.contains('dark-mode')") == (colours == "dark")
    assert [url for url in asked if not url.startswith((live_server.url, "data:"))] == []
    assert any(url.endswith("/api/schema/evently") for url in asked)
