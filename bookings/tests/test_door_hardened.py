"""What a device, or who has a key, cannot make true: other events' tickets, earlier moments, a second enrolment."""

import gzip
import json
from datetime import timedelta
from functools import partial
from uuid import UUID, uuid4

import pytest
import time_machine
from django.utils import timezone

from accounts.factories import SuperAdminFactory
from accounts.tests.racing import good, race
from bookings import checkin
from bookings.door import codes, devices, keys, scanning
from bookings.models import Device, Scan
from bookings.tests.doors import START, device_of, enrolled, get, post, said, tickets_of
from bookings.tests.invariants import check
from bookings.tests.scenes import book, people
from eventify.lib.wire import moment

pytestmark = pytest.mark.django_db(transaction=True)
RANDOM = UUID("a2c7bb3e-7c0b-4c9c-9a3b-5b7d7a6f1e11")


# --- What a code's head says -----------------------------------------------------------------------------


def signed_by(event, ticket) -> str:
    """The code of the ticket as who has the key of `event` can make it: its head names that event."""
    ticket.event, own = event, ticket.event
    text = codes.payload(ticket)
    ticket.event = own
    return text


def test_a_code_that_names_another_event_than_its_tickets_is_forged(client):
    [ticket], [other] = tickets_of(), tickets_of()
    text = signed_by(other.event, ticket)
    assert codes.is_ours(codes.parse(text)) and codes.read(text) == ticket.ticket_code
    for event in (ticket.event, other.event):
        _device, token = enrolled(event)
        body = {"client_uid": str(uuid4()), "code": text, "scanned_at": moment(START), "verdict": "admitted"}
        assert post(client, "scan", body, token).json()["verdict"] == "forged"
        [late] = post(client, "sync", {"scans": [body]}, token).json()["scans"]
        assert late["verdict"] == "forged"
        for at in (event, None):
            with pytest.raises(codes.Forged):
                checkin.admit(text, by=None, event=at)
    ticket.refresh_from_db()
    assert ticket.status == "valid"
    assert set(Scan.objects.values_list("verdict", "ticket")) == {("forged", None)}
    check(ticket.event, other.event)


def test_an_older_key_of_its_own_event_is_as_good_as_before():
    [ticket] = tickets_of()
    old = codes.payload(ticket)
    keys.rotate(ticket.event)
    assert scanning.take(device_of(ticket.event), scanning.Said(uuid4(), old, START)).scan.verdict == "admitted"


# --- Moments ---------------------------------------------------------------------------------------------


def test_a_device_dates_no_scan_back_to_before_it_was_one():
    """Who has a device could else be the one that counts, before a gate that let the ticket in long ago."""
    [ticket] = tickets_of()
    north, south = device_of(ticket.event), device_of(ticket.event, "South")
    scanning.take(north, said(ticket, "admitted", 0))
    Device.objects.filter(pk=south.pk).update(enrolled_at=START + timedelta(minutes=10))
    south.refresh_from_db()
    undone = {"undone_at": START - timedelta(days=1), "undo_reason": "error"}
    early, taken_back = said(ticket, "admitted", -500), said(ticket, "admitted", -500, **undone)
    for _again in range(2):
        found = [one.scan for one in scanning.take_all(south, [early, taken_back])]
        assert [one.scanned_at for one in found] == [south.enrolled_at] * 2
        assert [one.undone_at for one in found] == [None, south.enrolled_at]
    ticket.refresh_from_db()
    assert (ticket.used_at, ticket.used_gate) == (START, "North")
    check(ticket.event)


def test_what_is_handed_in_is_no_earlier_either():
    [ticket] = tickets_of()
    device = device_of(ticket.event)
    Device.objects.filter(pk=device.pk).update(enrolled_at=START)
    scanning.hand_in(device, [said(ticket, "admitted", -60)], by=SuperAdminFactory())
    assert Scan.objects.get().scanned_at == START


# --- Enrolling again -------------------------------------------------------------------------------------


@pytest.fixture
def invited():
    """An event, its device that is to be enrolled, and the code."""
    [ticket] = tickets_of()
    device, code = devices.invite(ticket.event, by=SuperAdminFactory(), name="Phone")
    return ticket.event, device, code


def test_the_same_browser_asks_again_and_is_the_same_device(client, invited):
    event, device, code = invited
    ask = {"code": code, "client_uid": str(RANDOM)}
    first, second = (post(client, "enrol", ask) for _twice in range(2))
    assert (first.status_code, first.json()) == (200, second.json())
    before = Device.objects.get(pk=device.pk)
    assert before.token_hash == devices.hashed(first.json()["token"])
    assert get(client, "counts", first.json()["token"]).status_code == 200
    for other in ({"client_uid": str(uuid4())}, {}):  # who has only seen the code
        assert post(client, "enrol", {"code": code, **other}).status_code == 401
    with time_machine.travel(timezone.now() + timedelta(minutes=11)):
        assert post(client, "enrol", ask).status_code == 401
    devices.revoke(device, by=device.enrolled_by)
    assert post(client, "enrol", ask).status_code == 401
    assert Device.objects.get(pk=device.pk).enrolled_at == before.enrolled_at
    assert event.door_devices.count() == 1


def test_without_a_uid_a_code_is_good_once(client, invited):
    _event, _device, code = invited
    assert post(client, "enrol", {"code": code}).status_code == 200
    for again in ({}, {"client_uid": str(RANDOM)}):
        assert post(client, "enrol", {"code": code, **again}).status_code == 401


@pytest.mark.parametrize("uid", [None, 1, "", "x", "a" * 36, "\x00", {}, "é" * 36, "1" * 1_000_000])
def test_a_uid_that_is_none_is_refused_and_burns_nothing(client, invited, uid):
    _event, _device, code = invited
    assert post(client, "enrol", {"code": code, "client_uid": uid}).status_code == 422
    assert post(client, "enrol", {"code": code}).status_code == 200


def test_of_two_browsers_with_one_code_one_is_the_device(invited):
    _event, _device, code = invited
    asked = [partial(devices.enrol, code, uid) for uid in (RANDOM, RANDOM, uuid4(), uuid4())]
    assert len({token for _device, token in good(race(*asked))}) == 1


# --- The list on the wire --------------------------------------------------------------------------------


def test_the_list_is_compressed_for_who_accepts_it(client):
    [ticket] = tickets_of()
    book(ticket.event, people(1)[0], 20)
    codes.kill(ticket.event.tickets.all())
    _device, token = enrolled(ticket.event)

    def asked(**headers):
        return client.get("/door/api/event/", headers={"X-Door-Token": token, **headers})

    plain, small = asked(), asked(**{"Accept-Encoding": "br, gzip"})
    assert (plain.get("Content-Encoding"), small["Content-Encoding"]) == (None, "gzip")
    assert "Accept-Encoding" in plain["Vary"] and "Accept-Encoding" in small["Vary"]
    assert "no-store" in small["Cache-Control"]
    assert json.loads(gzip.decompress(small.content))["dead"] == plain.json()["dead"]
    assert len(small.content) < len(plain.content) * 0.7
    assert asked(**{"Accept-Encoding": "identity"}).get("Content-Encoding") is None
    refused = client.get("/door/api/event/", headers={"X-Door-Token": "x", "Accept-Encoding": "gzip"})
    assert refused.status_code == 401
