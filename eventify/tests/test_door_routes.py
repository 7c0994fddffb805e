"""A phone at a door reaches its own event and its own scans: every route of /door/api/, every kind of caller, every
door's tickets, scans and codes. What contracts and pages give is in test_foreign_ids.py and test_page_routes.py.
"""

import re
from pathlib import Path

import pytest
from django.conf import settings

from bookings.door import devices, lists, scanning
from bookings.models import Scan
from eventify.tests.door_walk import ASKERS, ROUTES, A, B, DoorWorld, Walk, bodies, routes
from eventify.tests.lent import for_the_module

whole_world = for_the_module(DoorWorld)


@pytest.fixture
def world(whole_world, db, settings):
    settings.EVENTIFY_RATE_LIMITS = False
    return whole_world


def test_every_route_is_known(world):
    assert routes() == ROUTES.keys()
    assert all(bodies(route, world.doors[A]) != [{}] for route in ROUTES if route not in ("event", "counts"))


@pytest.mark.parametrize("asker", ASKERS)
def test_a_phone_reaches_its_own_door_only(world, asker):
    walked = Walk(world, asker).run()
    assert not walked.wrong, "\n".join(walked.wrong)
    expected = {route for route, (_method, need) in ROUTES.items() if need in ASKERS[asker].holds}
    assert walked.reached == expected, "own rows must be reached, or refusals prove nothing"


def test_control_a_phone_that_is_believed_for_ever_is_noticed(world, monkeypatch):
    monkeypatch.setattr(devices, "check_still_good", lambda *_device: None)
    wrong = Walk(world, "its person is banned").run().wrong
    assert any("GET counts" in one and "200, though it may not" in one for one in wrong)
    assert any("POST scan" in one and "changed bookings_ticket" in one for one in wrong)


def test_control_a_ticket_of_another_event_that_is_let_in_is_noticed(world, monkeypatch):
    monkeypatch.setattr(scanning, "verdict_of", lambda *_about: Scan.Verdict.ADMITTED)
    wrong = Walk(world, "phone of B").run().wrong
    assert any("POST scan, of A: changed bookings_ticket" in one for one in wrong)
    assert any("POST scan, of A: ['admitted'] of another event" in one for one in wrong)


def test_control_another_phones_scan_that_is_undone_is_noticed(world, monkeypatch):
    def undo(device, client_uid, *, reason):
        return scanning._undone(Scan.objects.get(client_uid=client_uid), by=device.enrolled_by, reason=reason)

    monkeypatch.setattr(scanning, "undo", undo)
    wrong = Walk(world, "phone of B").run().wrong
    assert any("POST undo, of other phone of A: 200: a scan of another phone" in one for one in wrong)
    assert any("POST undo, of A: changed bookings_scan" in one for one in wrong)


def test_control_the_list_of_another_event_is_noticed(world, monkeypatch):
    theirs, of = world.doors[B].device, lists.of
    monkeypatch.setattr(lists, "of", lambda device, since=None: of(theirs, since))
    wrong = Walk(world, "phone of A").run().wrong
    assert any("GET event" in one and "shows Wombat Night" in one for one in wrong)
    assert any("GET event" in one and re.search(r"shows [0-9a-f]{64}$", one) for one in wrong)


def test_how_much_is_walked(world):
    """The numbers that docs/security.md gives."""
    cases = len(ASKERS) * sum(len(bodies(route, door)) for route in ROUTES for door in world.doors.values())
    text = (Path(settings.BASE_DIR) / "docs" / "security.md").read_text()
    said = re.search(r"(\d+) routes of the door, (\d+) callers, ([\d,]+) cases", text)
    assert said, "docs/security.md must say how much is walked"
    counted = [len(routes()), len(ASKERS), cases]
    assert counted == [int(number.replace(",", "")) for number in said.groups()], counted
