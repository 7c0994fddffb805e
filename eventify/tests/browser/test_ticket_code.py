"""The code of a ticket on a small phone, without network, and printed from the browser: a scanner reads it."""

import io
from datetime import timedelta

import pytest
from django.utils import timezone
from PIL import Image

from accounts.factories import UserFactory
from bookings.door import codes
from bookings.tests import reading
from bookings.tests.scenes import buy, pay, scene
from eventify.tests.browser.judging import LOOKS, window

pytestmark = pytest.mark.django_db(transaction=True)
PHONE = {"width": 360, "height": 740}
LEAST = 250  # CSS pixels of the code with its frame
KEPT = """async (path) => {
  for (let left = 100; left; left--) {
    const kept = await caches.open("tickets-1");
    if (await kept.match(path)) return true;
    await new Promise((done) => setTimeout(done, 100));
  }
  return false;
}"""


@pytest.fixture
def tickets():
    """Two tickets of one order."""
    start = timezone.now() + timedelta(days=3)
    _event, kind = scene(price=100, starts_at=start, ends_at=start + timedelta(hours=3))
    return list(pay(buy(UserFactory(), kind, qty=2)).tickets.order_by("pk"))


@pytest.fixture
def phone(browser, live_server, tickets, request):
    page = window(browser, live_server, getattr(request, "param", next(iter(LOOKS))), tickets[0].user)
    page.set_viewport_size(PHONE)
    return page


def seen(page) -> list[str]:
    """The letters of the signed codes that a scanner reads of the screen in black and white, each verified."""
    found = []
    for code in page.locator(".ticket-code svg").all():
        assert code.bounding_box()["width"] >= LEAST
        found += reading.of_picture(Image.open(io.BytesIO(code.locator("..").screenshot())))
    assert all(len(one) == 163 for one in found), found
    return [codes.read(one) for one in found]


@pytest.mark.parametrize("phone", LOOKS, indirect=True)
def test_a_scanner_reads_the_phone_in_light_and_dark(phone, tickets):
    wanted = [one.ticket_code for one in tickets]
    for path in (f"/orders/{tickets[0].order.uid}/", "/wallet/"):
        phone.goto(path)
        assert seen(phone) == wanted, path
    phone.goto(f"/tickets/{tickets[0].uid}/")
    assert seen(phone) == wanted[:1]


def test_a_ticket_that_was_opened_is_read_without_network(phone, tickets):
    path = f"/tickets/{tickets[0].uid}/"
    phone.goto(path)
    assert phone.evaluate(KEPT, path)
    phone.context.set_offline(True)
    phone.reload()
    assert seen(phone) == [tickets[0].ticket_code]


def test_a_scanner_reads_what_the_browser_prints(phone, tickets):
    wanted = [one.ticket_code for one in tickets]
    for path, printed in ((f"/orders/{tickets[0].order.uid}/", wanted), (f"/tickets/{tickets[1].uid}/", wanted[1:])):
        phone.goto(path)
        texts = reading.of_pdf(phone.pdf(format="A4"), 2)
        assert [codes.read(one) for one in texts] == printed and all(len(one) == 163 for one in texts), path
