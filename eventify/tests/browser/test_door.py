"""The scanner in a real browser: two devices without network, a server that decides, and one that is slow."""

import time
from contextlib import contextmanager

import pytest
from playwright.sync_api import expect

from accounts.factories import SuperAdminFactory
from bookings.door import devices
from bookings.models import DoubleAdmission, Scan, Ticket
from eventify.tests.browser.door_world import PHONE, Scanner, night, payloads

pytestmark = pytest.mark.django_db(transaction=True)


def used(event) -> int:
    return Ticket.objects.filter(event=event, status=Ticket.Status.USED).count()


def test_two_devices_without_network_and_five_tickets_at_both_doors(browser, live_server):
    event, tickets = night(100)
    codes = payloads(tickets)
    north = Scanner(browser, live_server, event, "Anna", "North")
    south = Scanner(browser, live_server, event, "Bo", "South")
    for device, mine in ((north, codes[:55]), (south, codes[50:])):
        device.begin()
        device.offline()
        assert {device.scan(code) for code in mine} == {"Go in"}
        assert device.scan(mine[0]) == "Already in"
        device.shows_queue(f"{len(mine) + 1} to send")
    assert Scan.objects.count() == 0
    for device in (north, south):
        device.online()
    for device in (north, south):
        device.shows_queue("All sent")
        device.shows_network("Online")
    assert used(event) == 100
    assert DoubleAdmission.objects.filter(event=event).count() == 5
    assert Scan.objects.count() == 107 and Scan.objects.filter(verdict="admitted").count() == 105
    assert Scan.objects.values("device", "client_uid").distinct().count() == 107
    assert {one.ticket_id for one in DoubleAdmission.objects.all()} == {one.pk for one in tickets[50:55]}

    # Whoever came second at both doors hears of it, and the counts are exact.
    for device in (north, south):
        device.page.get_by_role("link", name="Recent").click()
        expect(device.page.locator("#recent li").first).to_be_visible()
        if device is south:
            expect(device.page.get_by_text("Let in twice")).to_have_count(5, timeout=45_000)
        else:
            assert device.page.get_by_text("Let in twice").count() == 0
        device.page.get_by_role("link", name="Counts").click()
        expect(device.page.locator("#count-inside")).to_have_text("100")
        device.close()


def test_online_the_server_decides_and_says_who_and_where(browser, live_server):
    event, tickets = night(2)
    codes = payloads(tickets)
    north = Scanner(browser, live_server, event, "Anna", "North gate")
    south = Scanner(browser, live_server, event, "Bo", "South")
    north.begin()
    south.begin()
    assert north.scan(codes[0]) == "Go in"
    assert south.scan(codes[0]) == "Already in"
    expect(south.page.locator(".door-before")).to_contain_text("North gate")
    assert Scan.objects.filter(is_offline=False).count() == 2

    # By hand: case, blanks and dashes do not matter.
    typed = "-".join([tickets[1].ticket_code[:13].lower(), tickets[1].ticket_code[13:]])
    south.page.get_by_label("Code of the ticket").fill(f" {typed} ")
    south.page.get_by_role("button", name="Check").click()
    expect(south.page.locator("#result strong")).to_have_text("Go in")
    north.close()
    south.close()


@contextmanager
def slow(monkeypatch, seconds: float):
    """The server needs this long before it looks at what a device sends."""
    look_up = devices.of

    def late(*args, **kwargs):
        time.sleep(seconds)
        return look_up(*args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(devices, "of", late)
        yield


def test_a_slow_server_is_not_waited_for(browser, live_server, monkeypatch):
    event, tickets = night(3)
    codes = payloads(tickets)
    anna = Scanner(browser, live_server, event)
    anna.begin()
    with slow(monkeypatch, 3):
        begun = time.monotonic()
        assert anna.scan(codes[0]) == "Go in"
        assert 1.4 < time.monotonic() - begun < 2.9
        expect(anna.page.locator(".door-how")).to_have_text("Checked without network")
        anna.shows_network("No network: checking here")
        begun = time.monotonic()
        assert anna.scan(codes[1]) == "Go in"  # nobody is asked any more
        assert time.monotonic() - begun < 1.4
        anna.shows_queue("All sent")  # what waits is brought to a slow server, too
        anna.shows_network("No network: checking here")
    anna.shows_network("Online")
    assert anna.scan(codes[2]) == "Go in"
    assert used(event) == 3 and Scan.objects.count() == 3  # the late answer and the queue are one scan
    assert DoubleAdmission.objects.count() == 0
    anna.close()


def test_a_page_that_is_reloaded_while_it_enrols_is_the_device_all_the_same(browser, live_server):
    event, tickets = night(1)
    device, code = devices.invite(event, by=SuperAdminFactory(), name="Anna", gate="North")
    context = browser.new_context(base_url=live_server.url, viewport=PHONE)
    page = context.new_page()
    page.route("**/door/api/enrol/", lambda route: (route.fetch(), route.abort()))  # the answer gets lost
    page.goto(f"/door/#enrol={code}")
    expect(page.locator("#enrol-error")).to_have_text("No answer. Find the network and try again.")
    device.refresh_from_db()
    assert device.enrolled_at
    page.unroute("**/door/api/enrol/")
    page.goto("/door/")
    anna = Scanner.of(context, page)
    anna.is_ready()
    anna.begin()
    assert anna.scan(payloads(tickets)[0]) == "Go in"
    assert Scan.objects.get().device == device

    # Somebody else who has photographed the code; and the code is kept no longer than it is of use.
    other = browser.new_context(base_url=live_server.url, viewport=PHONE)
    thief = other.new_page()
    thief.goto(f"/door/#enrol={code}")
    expect(thief.locator("#enrol-error")).to_contain_text("This device may not scan here.")
    for one in (page, thief):
        kept = "async () => (await (await import('/static/js/door/store.js')).get('enrolling')) ?? null"
        assert one.evaluate(kept) is None
    other.close()
    anna.close()
