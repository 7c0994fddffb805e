"""The scanner's eyes and hands: a code before the camera, a scanner that types, sound and vibration."""

import pytest
import segno
from playwright.sync_api import expect

from accounts.factories import SuperAdminFactory
from bookings.door import devices
from bookings.models import Scan
from eventify.tests.browser import chromium
from eventify.tests.browser.door_world import PHONE, Scanner, night, payloads

pytestmark = pytest.mark.django_db(transaction=True)
WIDTH, HEIGHT, MODULE = 640, 480, 6
FELT = """() => { window.felt = []; window.heard = [];
    navigator.vibrate = pattern => window.felt.push(JSON.stringify(pattern));
    const start = OscillatorNode.prototype.start;
    OscillatorNode.prototype.start = function (at) { window.heard.push(this.type); return start.call(this, at); }; }"""


def film(text: str) -> bytes:
    """A film (Y4M) of one grey picture with the QR code of this text."""
    rows = [list(row) for row in segno.make_qr(text, error="m").matrix_iter(scale=MODULE, border=4)]
    assert len(rows) <= HEIGHT
    left, top = (WIDTH - len(rows)) // 2, (HEIGHT - len(rows)) // 2
    light = bytearray([225]) * (WIDTH * HEIGHT)
    for y, row in enumerate(rows):
        start = (top + y) * WIDTH + left
        light[start : start + len(row)] = bytes(20 if dark else 225 for dark in row)
    frame = b"FRAME\n" + bytes(light) + bytes([128]) * (WIDTH * HEIGHT // 2)
    return f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F10:1 Ip A1:1 C420jpeg\n".encode() + frame * 3


def test_a_ticket_before_the_camera(browser, live_server, tmp_path):
    """By zxing: Debian's Chromium has no BarcodeDetector for QR codes. The code stays, and is one scan."""
    event, tickets = night(1)
    (tmp_path / "ticket.y4m").write_bytes(film(payloads(tickets)[0]))
    context = browser.browser_type.launch_persistent_context(
        tmp_path / "profile",
        executable_path=chromium.find(),
        base_url=live_server.url,
        viewport=PHONE,
        permissions=["camera"],
        args=[
            "--no-sandbox",
            "--use-fake-ui-for-media-stream",
            "--use-fake-device-for-media-stream",
            f"--use-file-for-fake-video-capture={tmp_path / 'ticket.y4m'}",
        ],
    )
    page = context.new_page()
    anna = Scanner.of(context, page)
    page.on("pageerror", lambda error: anna.errors.append(str(error)))
    page.on("console", lambda said: anna.errors.append(said.text) if "Security Policy" in said.text else None)
    _device, code = devices.invite(event, by=SuperAdminFactory(), name="Anna", gate="North")
    page.goto(f"/door/#enrol={code}")
    anna.is_ready()
    page.get_by_role("button", name="Try the camera").click()
    # Codes are read on every screen: the result is shown where one scans.
    expect(page.locator("#result strong")).to_have_text("Go in", timeout=20_000)
    expect(page.locator("video")).to_be_visible()
    page.screenshot(path=tmp_path / "good-with-camera.png")
    page.wait_for_timeout(5000)
    assert Scan.objects.count() == 1
    expect(page.locator("body")).not_to_have_attribute("data-result", "bad")
    anna.close()


def test_a_scanner_that_types_needs_no_focus(browser, live_server):
    """With real keys, on a button, in a field of another form, and on another screen."""
    event, tickets = night(3)
    valid = payloads(tickets)
    anna = Scanner(browser, live_server, event)
    page = anna.page
    page.get_by_role("button", name="Try the sound").focus()
    page.keyboard.type(valid[0] + "\n")
    expect(page.locator("#result strong")).to_have_text("Go in")
    expect(page.get_by_role("link", name="Scan", exact=True)).to_have_attribute("aria-current", "page")
    page.get_by_label("Code of the ticket").focus()
    page.keyboard.type(valid[1] + "\n")
    page.wait_for_function("() => document.querySelector('#code').value === ''")
    page.get_by_role("link", name="Recent").click()
    expect(page.locator("#recent .good")).to_have_count(2)
    page.get_by_role("button", name="Undo").first.click()
    page.get_by_label("Another reason").check()
    page.get_by_label("The reason", exact=True).fill("Went home")
    page.get_by_role("button", name="Keep it").click()
    page.keyboard.type(valid[2] + "\n")
    expect(page.locator("#result strong")).to_have_text("Go in")
    assert Scan.objects.filter(verdict="admitted").count() == 3 == Scan.objects.count()
    anna.close()


def test_good_and_bad_are_told_apart_by_ear_and_hand_and_it_can_be_quiet(browser, live_server):
    event, tickets = night(2)
    valid = payloads(tickets)
    anna = Scanner(browser, live_server, event)
    anna.page.evaluate(FELT)
    anna.begin()
    anna.scan(valid[0])
    anna.scan(valid[0])
    assert anna.page.evaluate("window.felt") == ["80", "[250,80,250]"]
    assert anna.page.evaluate("window.heard") == ["sine", "sine", "square", "square"]
    anna.page.get_by_role("button", name="Sound is on").click()
    anna.scan(valid[1])
    assert len(anna.page.evaluate("window.heard")) == 4
    assert len(anna.page.evaluate("window.felt")) == 3
    anna.close()
