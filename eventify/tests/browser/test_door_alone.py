"""A scanner without network: it decides as the server does, and keeps what it has when it is killed or revoked."""

import os
import random
import signal
from functools import partial
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from accounts.factories import SuperAdminFactory, UserFactory
from accounts.models import User
from bookings import cancelling
from bookings.door import codes, devices, handing_in, keys, lists, scanning
from bookings.models import Scan, Ticket
from bookings.tests.scenes import book, scene
from eventify.tests.browser import chromium
from eventify.tests.browser.door_world import PHONE, Scanner, night, payloads

pytestmark = pytest.mark.django_db(transaction=True)
SHARED = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567.-0189é "
JUDGE = """async ({list, codes, byScript}) => {
    const core = await import("/static/js/door/core.js");
    const dead = new Set(list.dead), used = new Set(list.used.map(one => one.hash ?? one));
    const about = {event: list.event.uid, keys: list.keys};
    const found = [];
    for (const code of codes) {
        const text = core.tidy(code), said = await core.read(text, about), parts = core.parse(text);
        const known = {isDead: dead.has(said.hash), isUsed: used.has(said.hash), isCancelled: list.event.is_cancelled};
        const key = parts?.signature && list.keys.find(one => one.number === parts.key);
        if (byScript && key && parts.event === list.event.uid) {
            const raw = Uint8Array.from(atob(key.public_key), letter => letter.charCodeAt(0));
            const isGood = await core.isSignedByScript(raw, parts.signature, parts.message);
            said.refused = isGood ? "" : "forged";
        }
        found.push(core.decide(said, known));
    }
    return found;
}"""


def rule(code: str, event, dead: set, used: set) -> str:
    """What DOOR's rule says of a code without network, by the server's own reading of codes."""
    clean = codes.tidy(code)
    try:
        found = codes.parse(clean)
    except codes.UnknownCode:
        return typed(clean, dead, used)
    if found.event_uid != event.uid:
        return "wrong_event"
    if not codes.is_ours(found):
        return "forged"
    hashed = codes.hashed(found.code)
    return "cancelled" if hashed in dead else "used" if hashed in used else "admitted"


def typed(clean: str, dead: set, used: set) -> str:
    hashed = codes.hashed(clean)
    return "cancelled" if hashed in dead else "used" if hashed in used else "unknown"


def mutations(payload: str, dice: random.Random) -> list[str]:
    """The code with one letter changed, missing, twice or moved; in other clothes, which changes nothing."""
    place, other = dice.randrange(len(payload)), dice.choice(SHARED)
    return [
        payload[:place] + other + payload[place + 1 :],
        payload[:place] + payload[place + 1 :],
        payload[:place] + payload[place] + payload[place:],
        payload[place:] + payload[:place],
        payload.lower(),
        "-".join([payload[:7], payload[7:]]) + " \n",
        payload[:26],
        payload[:26].lower(),
        payload[:26] + "." + "A" * 136,
    ]


def test_it_decides_as_the_server_does(page):
    """Also with the script that stands in for browsers whose WebCrypto lacks Ed25519."""
    event, tickets = night(30)
    cancelling.cancel_booking(tickets[0].booking, by=tickets[0].user)  # ten of them
    in_already = Ticket.objects.filter(pk__in=[one.pk for one in tickets[10:15]])
    in_already.update(status=Ticket.Status.USED, used_at=timezone.now())
    other = book(scene(name="Another night")[0], UserFactory()).tickets.get()
    dice = random.Random(20261121)
    valid = payloads(tickets)
    keys.rotate(event)
    valid += payloads(list(Ticket.objects.filter(pk__in=[one.pk for one in tickets])))
    cases = [*valid, *payloads([other]), "", ".", "A" * 26, "\x00" * 26, "é" * 26, "😀" * 300, "1" * 163]
    cases += [one for payload in valid for one in mutations(payload, dice)]
    swapped = [one[:27] + two[27:] for one, two in zip(valid, valid[1:], strict=False)]  # a real signature, not its own
    cases += swapped
    device, _code = devices.invite(event, by=SuperAdminFactory(), name="Anna")
    told = lists.of(device)
    dead, used = set(told["dead"]), {one["hash"] if isinstance(one, dict) else one for one in told["used"]}
    assert len(dead) == 10 and len(used) == 5
    right = [rule(one, event, dead, used) for one in cases]
    assert {*right} == {"admitted", "used", "cancelled", "wrong_event", "forged", "unknown"}
    page.goto("/door/")
    for by_script in (False, True):
        found = page.evaluate(JUDGE, {"list": told, "codes": cases, "byScript": by_script})
        wrong = [trio for trio in zip(cases, right, found, strict=True) if trio[1] != trio[2]]
        assert wrong == []
    assert len(cases) > 600


def test_without_network_bad_codes_stay_out(browser, live_server):
    event, tickets = night(13)
    valid = payloads(tickets)
    cancelling.cancel_booking(tickets[0].booking, by=tickets[0].user)
    other = payloads([book(scene(name="Another night")[0], UserFactory()).tickets.get()])[0]
    anna = Scanner(browser, live_server, event)
    anna.begin()
    assert anna.scan(valid[10]) == "Go in"
    expect(anna.page.locator("#queue")).to_have_text("All sent")
    anna.offline()
    said = {
        valid[0]: "Not valid any more",
        valid[10]: "Already in",
        valid[11][:-1] + ("A" if valid[11][-1] != "A" else "B"): "Not a real ticket",
        other: "Another event",
        "HELLO THERE": "No such ticket",
        tickets[11].ticket_code: "Cannot be checked",
        valid[11]: "Go in",
    }
    assert {code: anna.scan(code) for code in said} == said

    # Taken back without network, it may go in again; the server hears it all.
    anna.page.get_by_role("link", name="Recent").click()
    anna.page.get_by_role("button", name="Undo").first.click()
    anna.page.get_by_label("Another reason").check()
    anna.page.get_by_label("The reason", exact=True).fill("Came with the wrong friend")
    anna.page.get_by_role("button", name="Undo the scan").click()
    expect(anna.page.get_by_text("Undone: Came with the wrong friend")).to_be_visible()
    anna.begin()
    assert anna.scan(valid[11]) == "Go in"
    anna.online()
    anna.shows_queue("All sent")
    assert {one.pk for one in Ticket.objects.filter(status="used")} == {tickets[10].pk, tickets[11].pk}
    undone = Scan.objects.exclude(undone_at=None).get()
    assert (undone.ticket_id, undone.undo_reason) == (tickets[11].pk, "Came with the wrong friend")
    assert Scan.objects.count() == 9
    anna.close()


def kill(profile: Path) -> None:
    """The browser of this profile, and nothing else, is gone at once."""
    for found in Path("/proc").glob("[0-9]*/cmdline"):
        said = found.read_bytes().decode(errors="replace")
        if str(profile) in said and "--type=" not in said:
            os.kill(int(found.parent.name), signal.SIGKILL)


def test_a_browser_killed_with_a_full_queue_loses_nothing(browser, live_server, tmp_path):
    event, tickets = night(12)
    valid = payloads(tickets)
    start = partial(
        browser.browser_type.launch_persistent_context,
        tmp_path / "profile",
        executable_path=chromium.find(),
        args=["--no-sandbox"],
        viewport=PHONE,
        base_url=live_server.url,
    )
    first = start()
    page = first.new_page()
    _device, code = devices.invite(event, by=SuperAdminFactory(), name="Anna", gate="North")
    page.goto(f"/door/#enrol={code}")
    anna = Scanner.of(first, page)
    anna.is_ready()
    expect(page.locator('[data-check="shell"][data-good="true"]')).to_be_visible()
    anna.begin()
    anna.offline()
    assert {anna.scan(one) for one in valid} == {"Go in"}
    kill(tmp_path / "profile")  # the last result was shown, so its scan is on the disk
    assert Scan.objects.count() == 0

    # It opens without network, from what the service worker has kept, and knows what it let in.
    second = start()
    second.set_offline(True)
    page = second.new_page()
    page.goto("/door/#scan")
    anna = Scanner.of(second, page)
    anna.shows_queue("12 to send")
    assert anna.scan(valid[3]) == "Already in"
    anna.online()
    anna.shows_queue("All sent")
    assert Ticket.objects.filter(status="used").count() == 12
    assert Scan.objects.filter(verdict="admitted").count() == 12 and Scan.objects.count() == 13
    anna.close()


def test_a_revoked_device_says_so_and_keeps_what_it_has(browser, live_server, tmp_path):
    event, tickets = night(2)
    anna = Scanner(browser, live_server, event)
    anna.begin()
    anna.offline()
    assert anna.scan(payloads(tickets)[0]) == "Go in"
    devices.revoke(anna.device, by=User.objects.get(pk=anna.device.enrolled_by_id))
    anna.online()
    heading = anna.page.get_by_role("heading", name="This device may not scan any more")
    expect(heading).to_be_visible(timeout=15_000)
    expect(anna.page.get_by_text("1 scan could not be sent.")).to_be_visible()
    with anna.page.expect_download() as saved:
        anna.page.get_by_role("button", name="Save to a file").first.click()
    saved.value.save_as(tmp_path / "scans.json")
    assert tickets[0].ticket_code in (tmp_path / "scans.json").read_text()
    anna.page.reload()
    expect(heading).to_be_visible(timeout=15_000)
    assert Scan.objects.count() == 0
    with (tmp_path / "scans.json").open("rb") as file:
        found = handing_in.read(file, anna.device)
    assert scanning.hand_in(anna.device, found.said, by=anna.device.enrolled_by) == (1, 0)
    tickets[0].refresh_from_db()
    assert (tickets[0].status, tickets[0].used_gate) == (Ticket.Status.USED, "North")
    anna.close()
