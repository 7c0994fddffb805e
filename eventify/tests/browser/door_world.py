"""Scanners in a real browser, for the tests of the door."""

from playwright.sync_api import Page, expect

from accounts.factories import SuperAdminFactory, UserFactory
from bookings.door import codes, devices
from bookings.models import Ticket
from bookings.tests.scenes import book, scene
from events.models import Event

PHONE = {"width": 360, "height": 740}
# A scanner that types a letter each 0.1 ms, however busy this machine is
TYPE = """code => { const begun = performance.now(); [...code, "Enter"].forEach((key, place) => {
    const event = new KeyboardEvent("keydown", {key, bubbles: true, cancelable: true});
    Object.defineProperty(event, "timeStamp", {value: begun + place / 10});
    document.activeElement.dispatchEvent(event); }); }"""


def night(tickets: int, **options) -> tuple[Event, list[Ticket]]:
    """An event with so many tickets."""
    event, _kind = scene(capacity=max(tickets, 1) * 2, name="Monsoon Jazz Night", **options)
    for first in range(0, tickets, 10):
        book(event, UserFactory(), qty=min(10, tickets - first))
    found = Ticket.objects.filter(event=event).select_related("event", "ticket_type").order_by("pk")
    return event, list(found)


def payloads(tickets: list[Ticket]) -> list[str]:
    """What their QR codes say."""
    return [codes.payload(one) for one in tickets]


class Scanner:
    """A browser that is a device of the event."""

    def __init__(self, browser, live_server, event: Event, name: str = "Anna", gate: str = "North", **context):
        options = {"base_url": live_server.url, "viewport": PHONE, **context}
        self.context = browser.new_context(**options)
        self.errors: list[str] = []
        self.page = self.open()
        self.device, code = devices.invite(event, by=SuperAdminFactory(), name=name, gate=gate)
        self.page.goto(f"/door/#enrol={code}")
        self.is_ready()

    @classmethod
    def of(cls, context, page: Page) -> "Scanner":
        """A browser that is a device already."""
        found = cls.__new__(cls)
        found.context, found.page, found.errors = context, page, []
        return found

    def open(self) -> Page:
        """A window of this browser, which keeps its errors."""
        page = self.context.new_page()
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda said: self.errors.append(said.text) if "Security Policy" in said.text else None)
        return page

    def is_ready(self) -> None:
        """Enrolled, and the list is there."""
        expect(self.page.locator('[data-check="keys"][data-good="true"]')).to_be_visible()
        expect(self.page.locator('[data-check="network"][data-good="true"]')).to_be_visible()

    def begin(self) -> None:
        self.page.get_by_role("link", name="Scan", exact=True).click()
        expect(self.page.get_by_label("Code of the ticket")).to_be_visible()

    def scan(self, code: str) -> str:
        """Through the keyboard wedge; the word of the result."""
        before = self.page.evaluate("document.body.dataset.scan ?? ''")
        self.page.evaluate(TYPE, code)
        self.page.wait_for_function("before => (document.body.dataset.scan ?? '') !== before", arg=before)
        return self.page.locator("#result strong").inner_text()

    def offline(self) -> None:
        self.context.set_offline(True)
        self.shows_network("No network: checking here")

    def online(self) -> None:
        self.context.set_offline(False)

    def shows_network(self, word: str) -> None:
        expect(self.page.locator("#state-word")).to_have_text(word, timeout=15_000)

    def shows_queue(self, word: str) -> None:
        expect(self.page.locator("#queue")).to_have_text(word, timeout=20_000)

    def close(self) -> None:
        self.context.close()
        assert self.errors == []
