"""Every screen of the scanner: what axe says of it, nothing wider than the window, no sentence in colour alone."""

import pytest
from playwright.sync_api import expect

from accounts.factories import SuperAdminFactory, UserFactory
from accounts.models import User
from bookings.door import devices
from bookings.models import Ticket
from bookings.tests.scenes import book, scene
from eventify.tests.browser.door_world import Scanner, night, payloads
from eventify.tests.browser.judging import AXE, JUDGE, LOOKS, faults, window

pytestmark = pytest.mark.django_db(transaction=True)
SIZES = {"phone": {"width": 360, "height": 740}, "desk": {"width": 1440, "height": 900}}
WIDER = """() => document.scrollingElement.scrollWidth <= innerWidth ? [] :
    [...document.querySelectorAll("body *")].filter(one => one.getBoundingClientRect().right > innerWidth)
        .map(one => one.id || one.className).slice(0, 5)"""


class Look:
    """Looks at each screen: a picture, axe, and that nothing is wider than the window."""

    def __init__(self, page, folder):
        self.page, self.folder, self.number, self.wrong = page, folder, 0, []

    def at(self, name: str) -> None:
        self.number += 1
        self.page.wait_for_timeout(200)
        self.page.screenshot(path=self.folder / f"{self.number:02}-{name}.png")
        self.page.evaluate(AXE)
        self.wrong += [f"{name}: {fault}" for fault in self.page.evaluate(JUDGE)]
        wide = self.page.evaluate(WIDER)
        self.wrong += [f"{name}: {one} is wider than the window" for one in wide]


@pytest.mark.parametrize("size", SIZES)
def test_every_screen(browser, live_server, tmp_path, size):
    event, tickets = night(6)
    codes = payloads(tickets)
    event.ticket_types.update(name="Balcony, left, with a view of the stage")
    other = book(scene(name="Another night")[0], UserFactory()).tickets.get()

    context = browser.new_context(base_url=live_server.url, viewport=SIZES[size], bypass_csp=True)
    page = context.new_page()
    look = Look(page, tmp_path)
    page.goto("/door/")
    expect(page.get_by_role("heading", name="Make this device a scanner")).to_be_visible()
    look.at("not-enrolled")
    page.get_by_label("Code of the device").fill("wrong")
    page.get_by_role("button", name="Enrol").click()
    expect(page.get_by_text("This device may not scan here.")).to_be_visible()
    look.at("not-enrolled-refused")
    context.close()

    anna = Scanner(browser, live_server, event, "Anna's phone", "North gate", viewport=SIZES[size], bypass_csp=True)
    look.page = page = anna.page
    expect(page.locator('[data-check="shell"][data-good="true"]')).to_be_visible()
    look.at("readiness")
    anna.begin()
    look.at("scanning")
    for name, code, word in (
        ("good", codes[0], "Go in"),
        ("used", codes[0], "Already in"),
        ("forged", codes[1][:-8] + "AAAAAAAA", "Not a real ticket"),
        ("unknown", "HTTPS://EXAMPLE.COM", "No such ticket"),
        ("wrong-event", payloads([other])[0], "Another event"),
    ):
        assert anna.scan(code) == word
        look.at(name)
    page.locator("#result").click()
    page.get_by_role("link", name="Recent").click()
    expect(page.locator("#recent li").first).to_be_visible()
    expect(page.locator("#recent li", has_text="Not a real ticket")).to_contain_text("Its signature is wrong.")
    expect(page.locator("#recent li", has_text="Already in")).to_contain_text("undo the first scan.")
    look.at("recent")
    page.get_by_role("button", name="Undo").first.click()
    look.at("undo")
    page.get_by_label("Scanned by mistake").check()
    page.get_by_role("button", name="Undo the scan").click()
    expect(page.get_by_text("Undone: Scanned by mistake")).to_be_visible()
    expect(page.locator("#queue")).to_have_text("All sent")
    assert Ticket.objects.get(pk=tickets[0].pk).status == Ticket.Status.VALID
    look.at("undone")
    assert anna.scan(codes[3]) == "Go in"
    page.get_by_role("link", name="Counts").click()
    expect(page.locator("#count-inside")).to_have_text("1")
    look.at("counts")
    anna.offline()
    page.get_by_role("link", name="Scan", exact=True).click()
    assert anna.scan(codes[4]) == "Go in"
    look.at("good-offline")
    assert anna.scan(tickets[5].ticket_code) == "Cannot be checked"
    look.at("typed-offline")
    page.get_by_role("link", name="Ready?").click()
    look.at("readiness-offline")
    page.get_by_role("button", name="Forget this device").click()
    look.at("forget")
    page.get_by_role("button", name="Keep it").click()
    devices.revoke(anna.device, by=User.objects.get(pk=anna.device.enrolled_by_id))
    anna.online()
    expect(page.get_by_role("heading", name="This device may not scan any more")).to_be_visible(timeout=15_000)
    look.at("revoked")
    anna.close()
    assert look.wrong == []


@pytest.mark.parametrize("look", LOOKS)
def test_the_way_in_with_an_account(browser, live_server, tmp_path, look):
    """The list of events in light and dark; then the scanner, which is always dark; and for who has no door."""
    night(1)
    scene(name="Another night with a name that is long enough for two lines on a phone")
    page = window(browser, live_server, look, SuperAdminFactory(full_name="Vera Chief"))
    wrong = faults(page, "/door/mine/")
    page.screenshot(path=tmp_path / "mine.png")
    page.get_by_label("Gate").first.fill("North gate")
    page.get_by_role("button", name="Use this browser as a scanner").first.click()
    page.wait_for_url("**/door/#ready")
    expect(page.locator('[data-check="keys"][data-good="true"]')).to_be_visible()
    expect(page.locator("#gate-name")).to_have_text("North gate")
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"
    page.context.close()
    page = window(browser, live_server, look, UserFactory())
    wrong += faults(page, "/door/mine/")
    page.context.close()
    assert wrong == []
