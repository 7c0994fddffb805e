"""Scans that a device saved to a file and that staff hand in: once, with a trace, and only what is the device's."""

import json
from functools import partial
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext

from accounts.factories import UserFactory
from accounts.models import AuditLog
from accounts.tests.racing import errors, good, meet_after, race, switch_row_locks_off
from bookings.door import devices, fields, handing_in, reading, scanning
from bookings.models import Device, DoubleAdmission, Scan, Ticket
from bookings.tests.desk import DESK, member, said, shown, staff
from bookings.tests.doors import START, device_of, tickets_of
from bookings.tests.doors import said as told
from bookings.tests.invariants import check
from eventify.lib.errors import Conflict, Forbidden
from eventify.lib.wire import moment
from partners.factories import PartnerFactory
from partners.models import Member

pytestmark = pytest.mark.django_db


def saved(device: Device, ticket: Ticket, verdict: str = "admitted", **more) -> dict:
    """A scan as static/js/door/app.js saves it, with what the server does not ask for."""
    own = {"client_uid": str(uuid4()), "code": ticket.ticket_code, "scanned_at": moment(START), "verdict": verdict}
    place = {"skew_ms": 0, "gate": device.gate, "event": str(device.event.uid), "device": str(device.uid)}
    return {**own, **place, "state": "waiting", "version": 1, "type": "", **more}


def file_of(scans, **more) -> SimpleUploadedFile:
    text = scans if isinstance(scans, bytes) else json.dumps({"device": "Phone", "scans": scans, **more}).encode()
    return SimpleUploadedFile("door-scans.json", text, content_type="application/json")


def page(device: Device) -> str:
    return f"{DESK}/door/devices/{device.uid}/scans/"


def hand_in(client, device: Device, scans):
    return client.post(page(device), {"file": file_of(scans)})


def facts() -> list[tuple]:
    tickets = Ticket.objects.order_by("pk").values_list("status", "used_at", "used_gate")
    return [list(tickets), list(Scan.objects.order_by("pk").values_list("pk", "verdict", "ticket", "undone_at"))]


def test_a_revoked_device_loses_nothing(client):
    tickets = tickets_of(3)
    north, south = device_of(tickets[0].event), device_of(tickets[0].event, "South")
    scanning.take(south, told(tickets[1], "admitted", 5))
    user = staff(client, "Gate")
    devices.revoke(north, by=user)
    undone = {"undone_at": moment(START), "undo_reason": "Scanned by mistake"}
    scans = [saved(north, tickets[0]), saved(north, tickets[1]), saved(north, tickets[2], **undone)]
    assert "Handing it in twice changes nothing" in client.get(page(north)).content.decode()
    answer = hand_in(client, north, scans)
    assert answer["Location"] == f"{DESK}/events/{north.event.uid}/door/scans/?device={north.uid}"
    assert said(answer) == ["3 scans are taken in."]
    assert [one.status for one in Ticket.objects.order_by("pk")] == ["used", "used", "valid"]
    assert DoubleAdmission.objects.get().ticket == tickets[1]
    assert set(north.scans.values_list("is_offline", "by")) == {(True, north.enrolled_by_id)}
    before = facts()
    assert said(hand_in(client, north, scans))[-1:] == ["Nothing new: all scans in the file were here already."]
    assert facts() == before
    more = [*scans, saved(north, tickets[0], "used")]
    assert said(hand_in(client, north, more))[-1:] == ["1 scan is taken in. 3 were here already."]
    lines = AuditLog.objects.filter(action="HANDED_IN_SCANS").order_by("pk")
    assert [(one.actor, one.target_uid, one.details) for one in lines] == [
        (user, north.uid, {"scans": 3, "new": 3}),
        (user, north.uid, {"scans": 3, "new": 0}),
        (user, north.uid, {"scans": 4, "new": 1}),
    ]
    check()


def test_what_was_sent_before_is_known(client):
    [ticket] = tickets_of()
    device = device_of(ticket.event)
    scan = saved(device, ticket)
    scanning.take(device, fields.said(scan, is_offline=True))
    staff(client, "Gate")
    assert said(hand_in(client, device, [scan])) == ["Nothing new: all scans in the file were here already."]
    assert Scan.objects.count() == 1


BAD = {
    b"": "This is not a file of a scanner",
    b"nothing": "This is not a file of a scanner",
    b"\xff\xfe": "This is not a file of a scanner",
    b"[" * 100_000: "This is not a file of a scanner",
    b"[]": "This is not a file of a scanner",
    b'{"scans": {}}': "This is not a file of a scanner",
    b'{"scans": [1]}': "This is not a file of a scanner",
    b'{"scans": ' + b"9" * 5000 + b"}": "This is not a file of a scanner",
    b'{"scans": []}': "There are no scans in this file.",
    b'{"scans": [{}]}': "The scans in this file are of another device.",
    b'{"scans": [{"device": [1]}]}': "The scans in this file are of another device.",
    b'{"scans": [' + b",".join([b"{}"] * 5001) + b"]}": "The file holds more than 5000 scans.",
    b" " * (handing_in.MOST_BYTES + 1): "The file is too large",
}


@pytest.mark.parametrize("text", BAD, ids=lambda text: text[:12].decode("latin-1").strip() or f"{len(text)} bytes")
def test_a_file_that_is_no_such_file_says_why(client, text):
    device = device_of(tickets_of()[0].event)
    staff(client, "Gate")
    answer = hand_in(client, device, text)
    assert answer.status_code == 422 and BAD[text] in answer.content.decode()
    assert not Scan.objects.exists() and not AuditLog.objects.filter(action="HANDED_IN_SCANS").exists()


def test_no_file_at_all(client):
    device = device_of(tickets_of()[0].event)
    staff(client, "Gate")
    answer = client.post(page(device))
    assert answer.status_code == 400 and "Choose a file first." in answer.content.decode()


def test_scans_of_another_event_or_device_stay_out(client):
    [ticket], [foreign] = tickets_of(), tickets_of()
    north, south, far = device_of(ticket.event), device_of(ticket.event, "South"), device_of(foreign.event)
    staff(client, "Gate")
    answer = hand_in(client, north, [saved(far, foreign)])
    assert answer.status_code == 422 and "of another device" in answer.content.decode()
    answer = hand_in(client, north, [saved(north, ticket, event=str(far.event.uid))])
    assert answer.status_code == 422 and "of another event" in answer.content.decode()
    assert not Scan.objects.exists()
    both = [saved(north, ticket, event=None), saved(south, ticket)]
    assert said(hand_in(client, north, both)) == [
        "1 scan in the file is of another device: hand the file in there, too.",
        "1 scan is taken in.",
    ]
    assert [one.device for one in Scan.objects.all()] == [north]


HOSTILE = (
    {"client_uid": "x"},
    {"client_uid": None},
    {"code": "a\x00b"},
    {"code": "\ud800"},
    {"code": "A" * 401},
    {"verdict": ["admitted"]},
    {"verdict": ""},
    {"scanned_at": "0001-01-01T00:00:00Z"},
    {"scanned_at": "1970-01-01"},
    {"skew_ms": 10**40},
    {"skew_ms": 1.5},
    {"gate": 7},
    {"undone_at": moment(START)},
)


@pytest.mark.parametrize("wrong", HOSTILE, ids=[f"{place} {next(iter(one))}" for place, one in enumerate(HOSTILE)])
def test_a_scan_that_cannot_be_read_does_not_keep_the_others_out(client, wrong):
    tickets = tickets_of(2)
    device = device_of(tickets[0].event)
    staff(client, "Gate")
    bad = saved(device, tickets[0], **wrong)
    answer = hand_in(client, device, [bad])
    assert answer.status_code == 422 and "No scan in this file can be read" in answer.content.decode()
    assert said(hand_in(client, device, [bad, saved(device, tickets[1])])) == [
        "1 scan in the file cannot be read and is left out. Keep the file.",
        "1 scan is taken in.",
    ]
    assert [one.ticket for one in Scan.objects.all()] == [tickets[1]]


def test_who_may_hand_in(client):
    [ticket] = tickets_of(partner=PartnerFactory())
    device = device_of(ticket.event)
    scans = [saved(device, ticket)]
    member(client, PartnerFactory(), Member.Role.ADMIN)
    assert hand_in(client, device, scans).status_code == 404
    staff(client, "Support")
    assert hand_in(client, device, scans).status_code == 403
    with pytest.raises(Forbidden):
        scanning.hand_in(device, [], by=UserFactory())
    assert not Scan.objects.exists()
    member(client, ticket.event.partner, Member.Role.EVENT_MANAGER)
    assert hand_in(client, device, scans).status_code == 302


def test_a_device_that_was_never_enrolled_has_no_scans(client):
    [ticket] = tickets_of()
    user = staff(client, "Gate")
    device, _code = devices.invite(ticket.event, by=user, name="Phone")
    with pytest.raises(Conflict):
        scanning.hand_in(device, [], by=user)
    assert hand_in(client, device, [saved(device, ticket)]).status_code == 409
    assert not Scan.objects.exists()


def test_many_scans_cost_what_one_costs(client):
    tickets = tickets_of(10)
    device = device_of(tickets[0].event)
    staff(client, "Gate")
    url = page(device)

    def asked(rows: list[Ticket]) -> int:
        file = {"file": file_of([saved(device, one) for one in rows])}
        with CaptureQueriesContext(connection) as found:
            assert client.post(url, file).status_code == 302
        return len(found)

    asked(tickets[:1])
    assert asked(tickets[1:2]) == asked(tickets[2:])
    assert len(shown(client.get(f"{DESK}/events/{device.event.uid}/door/scans/?device={device.uid}"))) == 10


def from_desks(tickets: list[Ticket]) -> list:
    """The results of four desks that hand the same file in at once."""
    device = device_of(tickets[0].event)
    scans = [fields.said(saved(device, one), is_offline=True) for one in tickets]
    return race(*[partial(scanning.hand_in, device, scans, by=device.enrolled_by)] * 4)


@pytest.mark.django_db(transaction=True)
def test_the_same_file_from_many_desks_is_taken_in_once():
    assert sorted(good(from_desks(tickets_of(3)))) == [(0, 3), (0, 3), (0, 3), (3, 0)]
    assert Scan.objects.count() == 3
    check()


@pytest.mark.django_db(transaction=True)
def test_without_the_devices_lock_desks_would_collide(monkeypatch):
    """The control."""
    switch_row_locks_off(monkeypatch)
    meet_after(monkeypatch, reading, "meant", 4)
    assert errors(from_desks(tickets_of(3)), DatabaseError)
