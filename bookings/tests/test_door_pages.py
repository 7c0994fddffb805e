"""The scanner's pages: one shell for everybody, the files that it keeps, and the ways in with an account."""

import json
import re
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest
import time_machine
from django.conf import settings
from django.contrib.staticfiles import finders
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.factories import SuperAdminFactory, UserFactory
from accounts.tests.coming_in import log_in
from bookings import views_door
from bookings.door import devices
from bookings.models import Device
from bookings.tests.scenes import scene, text
from crew.factories import TimeSlotFactory
from crew.tests.test_gate import at_gate
from events.models import Event
from partners import members
from partners.factories import PartnerFactory
from partners.models import Member

pytestmark = pytest.mark.django_db
NOBODY = ("/door/", "/door/manifest.webmanifest", "/door/sw.js")


@pytest.fixture
def member_client(client):
    """A client of somebody who may check in at the partner of `event`."""

    def make(event) -> Client:
        user = UserFactory(full_name="Ada Admin")
        members.add(event.partner, user, Member.Role.EVENT_MANAGER, by=SuperAdminFactory())
        return log_in(client, user)

    return make


def enrolled_in(response) -> dict:
    found = re.search(r'<script id="door-enrolled" type="application/json">(.*?)</script>', text(response))
    return json.loads(found[1])


def test_the_shell_is_the_same_for_everybody_and_names_nobody(client):
    event, _kind = scene(name="Secret Night")
    with CaptureQueriesContext(connection) as asked:
        nobody = client.get("/door/")
    assert (nobody.status_code, len(asked)) == (200, 0)
    assert not nobody.cookies and nobody["Cache-Control"] == "no-cache"
    chief = SuperAdminFactory(full_name="Vera Chief")
    somebody = log_in(client, chief).get("/door/")
    assert nobody.content == somebody.content
    assert event.name not in text(somebody) and chief.full_name not in text(somebody)
    policy = nobody["Content-Security-Policy"]
    assert "script-src 'self' 'wasm-unsafe-eval'" in policy and "unsafe-inline" not in policy
    assert "wasm-unsafe-eval" not in client.get("/door/mine/")["Content-Security-Policy"]


def test_it_can_be_installed(client):
    response = client.get("/door/manifest.webmanifest")
    found = json.loads(response.content)
    assert response["Content-Type"] == "application/manifest+json"
    assert (found["start_url"], found["scope"], found["display"]) == ("/door/", "/door/", "standalone")
    assert {(one["sizes"], one["purpose"]) for one in found["icons"]} == {
        (size, purpose) for size in ("192x192", "512x512") for purpose in ("any", "maskable")
    }
    assert all(finders.find(one["src"].removeprefix(settings.STATIC_URL)) for one in found["icons"])


def test_the_worker_keeps_every_file_of_the_scanner(client):
    response = client.get("/door/sw.js")
    assert response["Content-Type"].startswith("text/javascript") and response["Cache-Control"] == "no-cache"
    kept = set(re.findall(r'"(/static/[^"]+|/door/)"', text(response)))
    modules = {f"/static/js/door/{path.name}" for path in Path(finders.find("js/door")).glob("*.js")}
    assert modules - kept == {"/static/js/door/here.js"}  # which needs the network anyway
    assert "/door/" in kept and not any("/door/api/" in one for one in kept)
    missing = [one for one in kept if one.startswith("/static/") and not finders.find(one.removeprefix("/static/"))]
    assert missing == []
    named = re.findall(r'(?:src|href)="(/static/[^"]+)"', text(client.get("/door/")))
    assert set(named) <= kept


def test_another_release_or_language_has_another_cache(client, monkeypatch):
    def cache_now(**headers) -> str:
        return re.search(r'CACHE = "([^"]+)"', text(client.get("/door/sw.js", headers=headers)))[1]

    first = cache_now()
    assert first == cache_now() and first.startswith("door-")
    assert cache_now(**{"Accept-Language": "nl"}) != first
    monkeypatch.setattr(views_door, "KEPT", views_door.KEPT[:-1])
    with override_settings(DEBUG=True):
        assert cache_now() != first


@pytest.mark.parametrize("path", ["/door/mine/", "/door/here/"])
def test_the_ways_in_want_an_account(client, path):
    assert client.get(path)["Location"] == f"/login/?next={path}"


def test_this_browser_becomes_a_scanner(member_client):
    event, _kind = scene(name="Alpha Night")
    client = member_client(event)
    page = text(client.get("/door/mine/"))
    assert "Alpha Night" in page and 'value="Ada"' in page
    response = client.post("/door/here/", {"event": event.uid, "name": "Ada's phone", "gate": "North"})
    found = enrolled_in(response)
    device = Device.objects.get()
    assert found == {"token": found["token"], "device": str(device.uid), "name": "Ada's phone", "gate": "North"}
    assert devices.of(found["token"]) == device and device.enrolled_by.full_name == "Ada Admin"
    assert "no-store" in response["Cache-Control"]
    assert client.get("/door/here/").status_code == 405


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"event": "nothing", "name": "A"},
        {"event": "01a1fe29-696c-74f1-83a1-55bd70c27f66", "name": "A"},
        {"event": "EVENT", "name": ""},
        {"event": "EVENT", "name": "A\x00"},
        {"event": "EVENT", "name": "A" * 101},
        {"event": "EVENT", "name": "A", "gate": "G" * 1_000_000},
        {"event": "OTHER", "name": "A"},
    ],
)
def test_what_is_no_choice_leads_back(member_client, said):
    event, other = scene()[0], scene(partner=PartnerFactory())[0]
    named = {"EVENT": event.uid, "OTHER": other.uid}
    client = member_client(event)
    response = client.post("/door/here/", said | {"event": named.get(said.get("event"), said.get("event", ""))})
    assert (response.status_code, response["Location"]) == (302, "/door/mine/")
    assert "You may not scan there now." in text(client.get("/door/mine/"))
    assert not Device.objects.exists()


def test_a_shift_at_a_gate_opens_the_door_while_it_lasts(client):
    event = scene(name="Alpha Night")[0]
    scene(name="Beta Night")
    user = UserFactory()
    slot = at_gate(event, user).shift.time_slot
    log_in(client, user)
    for moment, is_there in (
        (slot.starts_at - timedelta(minutes=16), False),
        (slot.starts_at - timedelta(minutes=14), True),
        (slot.ends_at + timedelta(minutes=16), False),
    ):
        with time_machine.travel(moment, tick=False):
            log_in(client, user)
            page = text(client.get("/door/mine/"))
            assert ("Alpha Night" in page, "Beta Night" in page) == (is_there, False)
            assert ("No door for you now" in page) != is_there
            client.post("/door/here/", {"event": event.uid, "name": "Gate phone"})
            assert Device.objects.exists() == (is_there or moment > slot.starts_at)
    assert Device.objects.count() == 1


def test_events_that_are_over_or_not_public_are_not_listed():
    now = timezone.now()
    over = {"starts_at": now - timedelta(days=3), "ends_at": now - timedelta(days=2)}
    soon = {"starts_at": now + timedelta(hours=1), "ends_at": now + timedelta(hours=4)}
    scene(name="Over", **over)
    draft, shown = scene(name="Draft", **soon)[0], scene(name="Soon", **soon)[0]
    Event.objects.filter(pk=draft.pk).update(state=Event.State.DRAFT)
    assert views_door.scannable_by(SuperAdminFactory()) == [shown]


def test_the_list_asks_as_often_for_three_events_as_for_one(client):
    log_in(client, SuperAdminFactory())

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            client.get("/door/mine/")
        return len(queries)

    scene()
    asked()  # what is cached is cached
    once = asked()
    scene(), scene()
    assert asked() == once


def at_gates(user, how_many: int) -> list[Event]:
    """Events with a gate where the user has a shift now, each with a device at another gate."""
    events = [scene(name=f"Night {n}")[0] for n in range(how_many)]
    now = timezone.localtime()
    for event in events:
        slot = TimeSlotFactory(event=event, date=now.date(), start_time=time(0), end_time=time(23, 59))
        at_gate(event, user, slot=slot, name="North")
        devices.invite(event, by=SuperAdminFactory(), name="Phone", gate="Attic")
    return events


def test_the_list_of_a_volunteer_asks_as_often_for_three_events_as_for_one(client):
    with time_machine.travel(datetime(2026, 6, 1, 12, tzinfo=UTC), tick=False):
        user = UserFactory()
        log_in(client, user)

        def asked() -> tuple[int, int]:
            with CaptureQueriesContext(connection) as queries:
                page = client.get("/door/mine/")
            return len(queries), len(page.context["doors"])

        at_gates(user, 1)
        asked()
        once, one = asked()
        events = at_gates(user, 2)
        assert (one, asked()) == (1, (once, 3))
        page = text(client.get("/door/mine/"))
        for event in events:
            assert f'list="gates-{event.uid}"><datalist id="gates-{event.uid}"><option value="North">' in page
        assert client.get("/door/mine/").context["doors"][-1][1] == ["North", "Attic"]
        assert all(user.can("check_in", event) for event in views_door.scannable_by(user))
