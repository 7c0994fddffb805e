"""Signed codes, devices, and scans that come in any order."""

import json
from datetime import timedelta
from functools import partial
from uuid import UUID, uuid4

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.factories import SuperAdminFactory
from accounts.tests.racing import good, meet_after, race, switch_row_locks_off
from bookings import checkin
from bookings.door import codes, devices, lists, merging, scanning
from bookings.door.scanning import Said
from bookings.models import DoubleAdmission, RevokedCode, Scan, Ticket
from bookings.tests.doors import START, device_of, post, said, tickets_of
from eventify.lib.wire import moment

pytestmark = pytest.mark.django_db(transaction=True)
DEVICES, FORGERIES = 50, 10_000


def test_a_code_is_read_back_and_its_alphabet_is_that_of_qr():
    [ticket] = tickets_of()
    text = codes.payload(ticket)
    assert (codes.read(text), codes.read(ticket.ticket_code.lower()), len(text)) == (ticket.ticket_code,) * 2 + (163,)
    found = codes.parse(text)
    assert (found.event_uid, found.type_number) == (ticket.event.uid, ticket.ticket_type_id)
    assert checkin.admit(text, by=None, gate="A").pk == ticket.pk
    assert list(Scan.objects.values_list("ticket", "verdict", "gate")) == [(ticket.pk, "admitted", "A")]


def test_ten_thousand_forged_codes_are_refused():
    [ticket] = tickets_of()
    letters, _dot, rest = codes.payload(ticket).partition(".")
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
    refused = 0
    for number in range(FORGERIES):
        place = number % len(rest)
        other = alphabet[(alphabet.index(rest[place]) + 1 + number // len(rest) % 31) % 32]
        try:
            codes.read(f"{letters}.{rest[:place]}{other}{rest[place + 1 :]}")
        except codes.UnknownCode:
            refused += 1
    assert refused == FORGERIES


def test_fifty_devices_admit_a_ticket_once():
    [ticket] = tickets_of()
    admin = SuperAdminFactory()
    all_devices = [device_of(ticket.event, f"Gate {n}", admin) for n in range(DEVICES)]
    scans = good(race(*(partial(scanning.take, one, said(ticket)) for one in all_devices)))
    assert sorted(one.scan.verdict for one in scans) == ["admitted"] + ["used"] * (DEVICES - 1)
    assert not DoubleAdmission.objects.exists()


def test_control_without_the_lock_devices_admit_many(monkeypatch):
    [ticket] = tickets_of()
    admin = SuperAdminFactory()
    few = [device_of(ticket.event, f"Gate {n}", admin) for n in range(8)]
    switch_row_locks_off(monkeypatch)
    meet_after(monkeypatch, scanning, "verdict_of", len(few))
    results = race(*(partial(scanning.take, one, said(ticket)) for one in few))
    assert [one.scan.verdict for one in good(results)].count("admitted") > 1


def test_the_same_scan_again_is_one_row_and_an_undo_frees_the_ticket():
    [ticket] = tickets_of()
    device, one = device_of(ticket.event), said(ticket)
    assert [scanning.take(device, one).scan.verdict for _n in range(3)] == ["admitted"] * 3
    assert Scan.objects.count() == 1
    scanning.undo(device, one.client_uid, reason="wrong person")
    ticket.refresh_from_db()
    assert (ticket.status, ticket.used_at) == ("valid", None)
    assert scanning.take(device, said(ticket, minute=5)).scan.verdict == "admitted"


def test_killed_codes_are_dead_and_kill_is_harmless_twice():
    [ticket] = tickets_of()
    old = codes.payload(ticket)
    codes.kill([ticket])
    codes.kill([ticket])
    Ticket.objects.filter(pk=ticket.pk).update(ticket_code="A" * 26)
    assert RevokedCode.objects.count() == 1
    device = device_of(ticket.event)
    assert scanning.take(device, Said(uuid4(), old, START)).scan.verdict == "cancelled"
    assert lists.of(device)["dead"] == [codes.hashed(old[:26])]


_ACCOUNT = st.tuples(
    st.integers(0, 1), st.integers(0, 2), st.sampled_from(["", "admitted", "used"]), st.integers(0, 3), st.booleans()
)


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(_ACCOUNT, min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_any_order_and_repetition_of_a_batch_converges(accounts, random):
    accounts = [(place, uid, verdict or "used", at, undone) for place, uid, verdict, at, undone in accounts]
    first, second = _state_after(accounts), _state_after(random.sample(accounts * 2, len(accounts) * 2))
    assert first == second


def _state_after(accounts) -> tuple:
    [ticket] = tickets_of()
    admin = SuperAdminFactory()
    pair = [device_of(ticket.event, gate, admin) for gate in ("North", "South")]
    uids = [uuid4() for _n in range(6)]
    for place, uid, verdict, at, undone in accounts:
        undo = {"undone_at": START + timedelta(minutes=9), "undo_reason": "error"} if undone else {}
        scanning.take(pair[place], said(ticket, verdict, at, uids[place * 3 + uid], **undo))
    ticket.refresh_from_db()
    return ticket.status, ticket.used_at, ticket.used_gate, DoubleAdmission.objects.filter(ticket=ticket).count()


def test_two_offline_gates_are_one_conflict_and_the_earlier_counts():
    some = tickets_of(3)
    north, south = device_of(some[0].event, "North"), device_of(some[0].event, "South")
    for _again in range(2):
        for n, ticket in enumerate(some):
            scanning.take(south, said(ticket, "admitted", 5, uid=_uid(south, n)))
    scanning.take(north, said(some[0], "admitted", 2))
    assert list(DoubleAdmission.objects.values_list("ticket", flat=True)) == [some[0].pk]
    some[0].refresh_from_db()
    assert some[0].used_gate == "North"
    assert lists.counts(some[0].event) == {"sold": 3, "inside": 3, "gates": {"North": 1, "South": 2}}
    assert len(merging.state(some[0].scans.all()).doubles) == 1


def _uid(device, n):
    return UUID(f"00000000-0000-4000-8000-{device.pk:06d}{n:06d}")


def test_the_api_enrols_once_scans_and_stops_when_revoked(client):
    [ticket] = tickets_of()
    admin = SuperAdminFactory()
    device, code = devices.invite(ticket.event, by=admin, name="Phone")
    enrolled = post(client, "enrol", {"code": code})
    assert post(client, "enrol", {"code": code}).status_code == 401
    token = enrolled.json()["token"]
    body = {"client_uid": str(uuid4()), "code": codes.payload(ticket), "scanned_at": moment(START)}
    assert post(client, "scan", body, token).json()["verdict"] == "admitted"
    assert post(client, "scan", {**body, "client_uid": str(uuid4())}, token).json()["verdict"] == "used"
    listed = client.get("/door/api/event/", headers={"X-Door-Token": token}).json()
    assert [one["hash"] for one in listed["used"]] == [codes.hashed(ticket.ticket_code)]
    assert ticket.user.email not in json.dumps(listed)
    devices.revoke(device, by=admin)
    assert post(client, "scan", body, token).status_code == 401


@pytest.mark.parametrize("raw", ["", "[]", "null", "{", '{"scans": 1}', '{"scans": [{"client_uid": "\\u0000"}]}'])
def test_bad_bodies_are_refused(client, raw):
    [ticket] = tickets_of()
    token = devices.enrol(devices.invite(ticket.event, by=SuperAdminFactory(), name="Phone")[1])[1]
    sent = client.post("/door/api/sync/", raw, content_type="application/json", headers={"X-Door-Token": token})
    assert sent.status_code == 422


ENDPOINTS = {"event": "GET", "scan": "POST", "sync": "POST", "undo": "POST", "counts": "GET"}


@pytest.mark.parametrize(("name", "method"), ENDPOINTS.items())
def test_every_endpoint_wants_a_device_and_its_method(client, name, method):
    [ticket] = tickets_of()
    token = devices.enrol(devices.invite(ticket.event, by=SuperAdminFactory(), name="Phone")[1])[1]
    path, wrong = f"/door/api/{name}/", "GET" if method == "POST" else "POST"
    assert client.generic(method, path).status_code == 401
    assert client.generic(method, path, headers={"X-Door-Token": "é" * 50}).status_code == 401
    assert client.generic(wrong, path, headers={"X-Door-Token": token}).status_code == 405


def test_a_device_stops_when_its_person_may_no_more_or_the_event_is_long_over(client):
    [ticket] = tickets_of()
    admin = SuperAdminFactory()
    token = devices.enrol(devices.invite(ticket.event, by=admin, name="Phone")[1])[1]
    assert client.get("/door/api/counts/", headers={"X-Door-Token": token}).status_code == 200
    type(admin).objects.filter(pk=admin.pk).update(is_active=False)
    assert client.get("/door/api/counts/", headers={"X-Door-Token": token}).status_code == 401
    type(admin).objects.filter(pk=admin.pk).update(is_active=True)
    long_ago = timezone.now() - timedelta(hours=25)
    ticket.event.starts_at, ticket.event.ends_at = long_ago - timedelta(hours=1), long_ago
    ticket.event.save()
    assert client.get("/door/api/counts/", headers={"X-Door-Token": token}).status_code == 401
