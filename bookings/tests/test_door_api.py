"""What devices ask and send: shapes, cost, and whatever else a wire may carry."""

import json
from datetime import UTC, timedelta
from functools import partial
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from accounts.tests.racing import good, race
from bookings import cancelling, checkin
from bookings.door import codes, devices, lists, scanning
from bookings.models import Device, DoubleAdmission, RevokedCode, Scan, Ticket
from bookings.tests.doors import START, device_of, enrolled, get, post, said, tickets_of
from bookings.tests.invariants import check
from bookings.tests.scenes import book, people
from eventify.lib.wire import moment

pytestmark = pytest.mark.django_db(transaction=True)
BATCH, AGAIN = 14, 12  # queries of a batch of new scans, and of one that we have (no scan is written), any length


def one(ticket, verdict="admitted", **more) -> dict:
    """A scan as devices send it."""
    about = {"client_uid": str(uuid4()), "code": ticket.ticket_code, "scanned_at": moment(START), "verdict": verdict}
    return {**about, **more}


def test_what_a_device_loads(client):
    tickets = tickets_of(3)
    event = tickets[0].event
    device, token = enrolled(event)
    other = device_of(event, "South")
    used = scanning.take(other, said(tickets[0])).scan
    cancelled = tickets[1]
    codes.kill([cancelled])
    Ticket.objects.filter(pk=cancelled.pk).update(status="cancelled")
    found = get(client, "event", token).json()
    assert found["event"] == {
        "uid": str(event.uid),
        "name": event.name,
        "is_cancelled": False,
        "starts_at": moment(event.starts_at),
        "ends_at": moment(event.ends_at),
        "time_zone": event.timezone,
    }
    assert found["device"] == {"uid": str(device.uid), "name": "Phone North", "gate": "North"}
    at = moment(used.scanned_at)
    assert found["used"] == [{"hash": codes.hashed(tickets[0].ticket_code), "at": at, "gate": "South"}]
    assert (found["dead"], found["free"]) == ([codes.hashed(cancelled.ticket_code)], [])
    assert found["counts"] == {"sold": 2, "inside": 1, "gates": {"South": 1}}
    assert (found["gates"], len(found["keys"]), len(found["types"])) == (["North", "South"], 1, 1)
    device.refresh_from_db()
    assert moment(device.list_at) == found["cursor"] == found["server_time"]


def test_with_a_cursor_only_what_changed_comes(client):
    tickets = tickets_of(4)
    event = tickets[0].event
    device, token = enrolled(event)
    scanning.take(device, said(tickets[0]))
    cancelled = tickets[1]
    codes.kill([cancelled])
    Ticket.objects.filter(pk=cancelled.pk).update(status="cancelled")
    long_ago = timezone.now() - timedelta(hours=1)
    Ticket.objects.update(updated_at=long_ago)
    RevokedCode.objects.update(at=long_ago)
    cursor = get(client, "event", token).json()["cursor"]
    found = get(client, "event", token, cursor=cursor).json()
    assert (found["dead"], found["used"], found["free"]) == ([], [], [])
    took = scanning.take(device, said(tickets[2])).scan
    codes.kill([tickets[3]])
    found = get(client, "event", token, cursor=cursor).json()
    assert (found["dead"], [used["hash"] for used in found["used"]]) == (
        [codes.hashed(tickets[3].ticket_code)],
        [codes.hashed(tickets[2].ticket_code)],
    )
    scanning.undo(device, took.client_uid, reason="error")
    found = get(client, "event", token, cursor=cursor).json()
    assert (found["used"], found["free"]) == ([], [codes.hashed(tickets[2].ticket_code)])


def test_a_second_use_says_who_and_where_but_never_the_holder(client):
    tickets = tickets_of(2)
    event = tickets[0].event
    _device, token = enrolled(event)
    first = scanning.take(device_of(event, "South"), said(tickets[0])).scan
    answer = post(client, "scan", one(tickets[0]), token).json()
    about = {"verdict": "used", "undone_at": None, "type": "General admission", "used_gate": "South"}
    assert {name: answer[name] for name in about} == about
    assert (answer["used_at"], answer["used_by"]) == (moment(first.scanned_at), "Phone South")
    staff = people(1)[0]
    staff.full_name, staff.is_superuser = "Gita Gate", True
    staff.save()
    checkin.admit(tickets[1].ticket_code, by=staff, gate="Desk")
    answer = post(client, "scan", one(tickets[1]), token)
    assert answer.json()["used_by"] == "Gita Gate"
    assert tickets[1].user.full_name not in answer.content.decode()


def test_a_heartbeat_says_how_the_device_is(client):
    event = tickets_of()[0].event
    device, token = enrolled(event)
    ready = {"camera": "ok", "list_age_s": 12, "offline": True, "storage": None, "ratio": 0.5}
    answer = post(client, "sync", {"scans": [], "skew_ms": -2001, "queue": 3, "readiness": ready}, token)
    assert answer.json().keys() == {"scans", "server_time"} and answer.json()["scans"] == []
    device.refresh_from_db()
    assert (device.readiness, device.clock_skew_ms, device.queue_length, device.is_clock_off) == (ready, -2001, 3, True)
    post(client, "sync", {"scans": [], "skew_ms": 2000}, token)
    device.refresh_from_db()
    assert (device.is_clock_off, device.readiness) == (False, ready)


def test_a_batch_costs_the_same_however_long_it_is(client):
    tickets = tickets_of(35)
    event = tickets[0].event
    _device, token = enrolled(event)
    south = device_of(event, "South")
    scanning.take_all(south, [said(ticket, "admitted", 3) for ticket in tickets])
    batches = [tickets[:1], tickets[1:4], tickets[4:]]
    bodies = [{"scans": [one(ticket, code=codes.payload(ticket)) for ticket in some]} for some in batches]
    asked = [_queries(partial(post, client, "sync", body, token)) for body in bodies]
    again = [_queries(partial(post, client, "sync", body, token)) for body in bodies]
    assert (asked, again) == ([BATCH] * 3, [AGAIN] * 3)
    assert DoubleAdmission.objects.count() == 35


@pytest.mark.parametrize("name", ["event", "counts"])
def test_lists_cost_the_same_however_long_they_are(client, name):
    [ticket] = tickets_of()
    device, token = enrolled(ticket.event)
    scanning.take(device, said(ticket))
    before = _queries(partial(get, client, name, token))
    for other in book(ticket.event, people(1)[0], 2).tickets.all():
        scanning.take(device_of(ticket.event, f"Gate {other.pk}"), said(other))
    assert _queries(partial(get, client, name, token)) == before


@pytest.mark.parametrize("name", ["scan", "undo"])
def test_one_scan_costs_the_same_among_many(client, name):
    tickets = tickets_of(4)
    _device, token = enrolled(tickets[0].event)
    costs = []
    for ticket in tickets[1:]:
        body = one(ticket)
        costs.append(_queries(partial(post, client, "scan", body, token)))
        undo = {"client_uid": body["client_uid"], "reason": "error"}
        costs[-1] = _queries(partial(post, client, "undo", undo, token)) if name == "undo" else costs[-1]
    assert len(set(costs)) == 1


def _queries(ask) -> int:
    with CaptureQueriesContext(connection) as asked:
        assert ask().status_code == 200
    return len(asked)


BAD = ["\x00", "\ud800", "a\x00", "x" * 500, 7, None, [], {}, True, 10**30, 1e300, "", "9" * 20]


@pytest.mark.parametrize("name", ["client_uid", "code", "scanned_at", "verdict", "skew_ms", "gate", "undone_at"])
@pytest.mark.parametrize("path", ["sync", "scan"])
def test_any_value_of_a_scan_is_taken_or_refused(client, path, name):
    [ticket] = tickets_of()
    _device, token = enrolled(ticket.event)
    for bad in BAD:
        body = one(ticket) | {name: bad}
        answer = post(client, path, json.dumps({"scans": [body]} if path == "sync" else body), token)
        assert answer.status_code in (200, 422), (bad, answer.content)
    check(ticket.event)


@pytest.mark.parametrize("name", ["scans", "skew_ms", "queue", "readiness"])
def test_any_value_of_a_batch_is_taken_or_refused(client, name):
    _device, token = enrolled(tickets_of()[0].event)
    for bad in [*BAD, -1, [None], [[]], {"a": {}}, {"a": []}, {"": 1}, {"a": "x" * 201}, {"\ud800": 1}, {"a": "\x00"}]:
        answer = post(client, "sync", json.dumps({"scans": [], name: bad}), token)
        assert answer.status_code in (200, 422), (bad, answer.content)
    for raw in ('{"scans": [], "readiness": {"a": NaN}}', '{"scans": [], "readiness": {"a": 1e999}}'):
        assert post(client, "sync", raw, token).status_code == 422
    many = {str(n): n for n in range(31)}
    assert post(client, "sync", {"scans": [], "readiness": many}, token).status_code == 422


@pytest.mark.parametrize("raw", ["", "[]", "null", "{", "\x00", "[" * 100_000, '{"a":' * 5000, "9" * 5000, '"\\ud800"'])
@pytest.mark.parametrize("name", ["enrol", "scan", "sync", "undo"])
def test_what_is_no_object_is_refused(client, name, raw):
    _device, token = enrolled(tickets_of()[0].event)
    assert post(client, name, raw, token).status_code == 422
    assert post(client, name, "x" * 3_000_000, token).status_code in (413, 422)


@pytest.mark.parametrize(
    "cursor", ["x", "\x00", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59-14:00", "2026-01-01", "9" * 99]
)
def test_bad_cursors_are_refused(client, cursor):
    _device, token = enrolled(tickets_of()[0].event)
    assert get(client, "event", token, cursor=cursor).status_code == 422


@pytest.mark.parametrize("at", ["2026-06-01T12:00:00+23:59", "2026-06-01 12:00:00-23:59", "2000-01-01T00:00:00+16:00"])
def test_moments_of_any_offset_are_taken(client, at):
    """PostgreSQL itself refuses offsets of 16 hours and more."""
    [ticket] = tickets_of()
    _device, token = enrolled(ticket.event)
    scan = one(ticket, scanned_at=at, undone_at=at, undo_reason="error")
    assert post(client, "sync", {"scans": [scan]}, token).status_code == 200
    assert Scan.objects.get().scanned_at.isoformat() == parse_datetime(at).astimezone(UTC).isoformat()
    assert get(client, "event", token, cursor=at).status_code == 200


@pytest.mark.parametrize("reason", ["", "  ", None, 7, "x" * 201])
def test_an_undo_needs_a_reason(client, reason):
    [ticket] = tickets_of()
    _device, token = enrolled(ticket.event)
    body = one(ticket)
    post(client, "scan", body, token)
    assert post(client, "undo", {"client_uid": body["client_uid"], "reason": reason}, token).status_code == 422
    late = {**body, "undone_at": moment(START), "undo_reason": reason}
    assert post(client, "sync", {"scans": [late]}, token).status_code == 422
    ticket.refresh_from_db()
    assert ticket.status == "used"


def test_a_device_has_nothing_to_say_of_what_another_one_scanned(client):
    [ticket] = tickets_of()
    other = device_of(ticket.event, "South")
    scan = scanning.take(other, said(ticket)).scan
    _device, token = enrolled(ticket.event)
    undo = {"client_uid": str(scan.client_uid), "reason": "error"}
    assert post(client, "undo", undo, token).status_code == 404
    same = one(ticket, client_uid=str(scan.client_uid), undone_at=moment(START), undo_reason="error")
    post(client, "sync", {"scans": [same]}, token)
    scan.refresh_from_db()
    assert (scan.undone_at, Scan.objects.count()) == (None, 2)
    check(ticket.event)


def test_a_ticket_of_another_event_is_never_let_in(client):
    [ticket], [foreign] = tickets_of(), tickets_of()
    _device, token = enrolled(ticket.event)
    body = one(foreign, verdict="admitted")
    first = post(client, "scan", body, token).json()
    assert (first["verdict"], first["type"]) == ("wrong_event", "")
    for _twice in range(2):  # as if the device had not heard the answer, and decided alone
        [late] = post(client, "sync", {"scans": [body]}, token).json()["scans"]
        assert late["verdict"] == "wrong_event"
    foreign.refresh_from_db()
    [scan] = Scan.objects.all()
    assert (foreign.status, scan.was_let_in, scan.is_offline) == ("valid", True, True)
    check(ticket.event, foreign.event)


def test_a_device_that_is_revoked_midway_is_heard_no_more(client):
    tickets = tickets_of(2)
    device, token = enrolled(tickets[0].event)
    held = devices.of(token)
    assert post(client, "sync", {"scans": [one(tickets[0])]}, token).status_code == 200
    devices.revoke(device, by=device.enrolled_by)
    assert post(client, "sync", {"scans": [one(tickets[1])]}, token).status_code == 401
    with pytest.raises(devices.NotEnrolled):  # it came in before, and takes its scan after
        scanning.take(held, said(tickets[1]))
    tickets[1].refresh_from_db()
    assert (tickets[1].status, Scan.objects.count()) == ("valid", 1)


def test_what_was_decided_before_the_shift_ended_is_still_taken(client):
    [ticket] = tickets_of()
    user = people(1)[0]
    user.is_superuser = True
    user.save()
    _device, token = enrolled(ticket.event, by=user)
    type(user).objects.filter(pk=user.pk).update(is_superuser=False)
    for name in ("event", "counts"):
        assert get(client, name, token).status_code == 401
    assert post(client, "scan", one(ticket), token).status_code == 401
    assert post(client, "sync", {"scans": []}, token).status_code == 401
    assert post(client, "sync", {"scans": [one(ticket)]}, token).status_code == 200
    ticket.refresh_from_db()
    assert ticket.status == "used"
    type(user).objects.filter(pk=user.pk).update(is_active=False)
    assert post(client, "sync", {"scans": [one(ticket)]}, token).status_code == 401


def refused(event) -> list[tuple]:
    """The refusals that are kept of an event."""
    rows = event.scans.exclude(verdict="admitted").order_by("pk")
    return list(rows.values_list("verdict", "gate", "ticket", "device"))


def test_refusals_without_a_device_are_kept_too():
    tickets = tickets_of(2)
    event, other = tickets[0].event, tickets_of()[0].event
    checkin.admit(tickets[0].ticket_code, by=None, gate="A")
    signed = codes.payload(tickets[1])
    dead = tickets[1].ticket_code
    codes.kill([tickets[1]])
    Ticket.objects.filter(pk=tickets[1].pk).update(ticket_code="B" * 26)
    attempts = [(tickets[0].ticket_code, None), (dead, None), ("C" * 26, event), (signed[:-9] + "AAAAAAAAA", event)]
    for code, at in attempts:
        with pytest.raises((checkin.NotValid, checkin.UnknownCode)):
            checkin.admit(code, by=None, gate="A", event=at)
    with pytest.raises(checkin.NotValid):
        checkin.admit(tickets[0].ticket_code, by=None, gate="B", event=other)
    with pytest.raises(checkin.UnknownCode):
        checkin.admit("D" * 26, by=None)  # nobody's code at nobody's door
    assert refused(event) == [
        ("used", "A", tickets[0].pk, None),
        ("cancelled", "A", None, None),
        ("unknown", "A", None, None),
        ("forged", "A", None, None),
    ]
    assert refused(other) == [("wrong_event", "B", tickets[0].pk, None)]
    assert Scan.objects.count() == 6
    check(event, other)


def test_many_devices_send_the_same_tickets_at_once():
    tickets = tickets_of(10)
    event = tickets[0].event
    gates = [device_of(event, f"Gate {n}") for n in range(6)]
    batches = [[said(ticket, "admitted", n) for ticket in tickets[n:] + tickets[:n]] for n in range(6)]
    good(race(*(partial(scanning.take_all, *pair) for pair in zip(gates, batches, strict=True))))
    assert (Scan.objects.count(), DoubleAdmission.objects.count()) == (60, 10)
    assert lists.counts(event) == {"sold": 10, "inside": 10, "gates": {"Gate 0": 10}}
    check(event)


def test_a_batch_against_cancellations_ends_one_way_or_the_other():
    for _round in range(5):
        tickets = tickets_of(6)
        event, order = tickets[0].event, tickets[0].order
        device = device_of(event)
        batch = [said(ticket, "admitted", n) for n, ticket in enumerate(tickets[::-1])]
        good(race(partial(scanning.take_all, device, batch), partial(cancelling.cancel, order, by=order.user)))
        assert len(set(event.tickets.values_list("status", flat=True))) == 1
        check(event)


def test_control_without_the_tickets_lock_a_conflict_is_lost(monkeypatch):
    tickets = tickets_of(3)
    event = tickets[0].event
    gates = [device_of(event, f"Gate {n}") for n in range(4)]
    opened, meeting = scanning.open_book, []
    monkeypatch.setattr(scanning, "open_book", lambda ids: _unlocked(opened, ids, meeting, len(gates)))
    race(*(partial(scanning.take_all, one, [said(ticket, "admitted") for ticket in tickets]) for one in gates))
    assert DoubleAdmission.objects.count() < 3


def _unlocked(opened, ids, meeting, parties):
    """Wrong: reads the tickets before the others have written, and locks none."""
    rows = Ticket.objects.select_related("event", "ticket_type").filter(pk__in=set(ids) - {None})
    book = scanning._Book({ticket.pk: ticket for ticket in rows}, {ticket.pk: {} for ticket in rows})
    meeting.append(1)
    give_up = timezone.now() + timedelta(seconds=5)
    while len(meeting) < parties and timezone.now() < give_up:
        pass
    return book


def test_pages_of_the_door_never_make_a_device_known_by_its_token():
    device, token = enrolled(tickets_of()[0].event)
    assert token not in str(Device.objects.values()) and device.token_hash == devices.hashed(token)
