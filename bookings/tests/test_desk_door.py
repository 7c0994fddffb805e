"""The door in the command center: figures, devices, scans, conflicts and the paper list."""

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import AuditLog
from bookings.door import conflicts, devices, scanning
from bookings.models import Device, DoubleAdmission, Scan, Ticket
from bookings.tests.desk import DESK, HOSTILE, member, queries_of, said, shown, staff
from bookings.tests.doors import device_of, doubled, enrolled, tickets_of
from bookings.tests.doors import said as told
from bookings.tests.scenes import book, people, text
from partners.factories import PartnerFactory
from partners.models import Member

pytestmark = pytest.mark.django_db


def door(event, page: str = "") -> str:
    return f"{DESK}/events/{event.uid}/door/{page}"


PAGES = ("", "enrol/", "scans/", "paper/")


@pytest.mark.parametrize("page", PAGES)
def test_who_may_open_the_door(client, page):
    [ticket] = tickets_of(partner=PartnerFactory())
    member(client, PartnerFactory(), Member.Role.ADMIN)
    assert client.get(door(ticket.event, page)).status_code == 404
    member(client, ticket.event.partner, Member.Role.EVENT_MANAGER)
    assert client.get(door(ticket.event, page)).status_code == 200
    staff(client, "Support")
    assert client.get(door(ticket.event, page)).status_code == 403
    staff(client, "Gate")
    assert client.get(door(ticket.event, page)).status_code == 200


def test_what_belongs_to_another_partner_is_not_there(client):
    [ticket] = tickets_of(partner=PartnerFactory())
    north, south = device_of(ticket.event), device_of(ticket.event, "South")
    doubled(ticket, north, south)
    member(client, PartnerFactory(), Member.Role.ADMIN)
    scan, conflict = Scan.objects.first(), DoubleAdmission.objects.get()
    for url in (f"devices/{north.uid}/revoke/", f"scans/{scan.uid}/undo/", f"conflicts/{conflict.uid}/"):
        assert client.get(f"{DESK}/door/{url}").status_code == 404
        assert client.post(f"{DESK}/door/{url}", {"reason": "x"}).status_code == 404
    assert client.post(door(ticket.event, "paper/"), {"form": "csv"}).status_code == 404
    assert shown(client.get(f"{DESK}/door/conflicts/")) == []
    assert client.get(f"{DESK}/door/conflicts/?event={ticket.event.uid}").status_code == 200
    assert not AuditLog.objects.filter(action="TOOK_DOOR_LIST").exists()


def test_the_figures_are_the_rows(client):
    tickets = tickets_of(4)
    event = tickets[0].event
    north, south = device_of(event), device_of(event, "South")
    scanning.take(north, told(tickets[0], minute=0))
    scanning.take(south, told(tickets[1], minute=20))
    scanning.take(south, told(tickets[1], minute=21))
    scanning.take(south, told(tickets[2], "admitted", 40))
    staff(client, "Gate")
    page = client.get(door(event))
    assert [(one["label"], one["value"]) for one in page.context["metrics"]] == [
        ("Inside", "3"),
        ("Still to come", "1"),
        ("Refused", "1"),
    ]
    assert [(one.name, one.inside, one.refused) for one in page.context["gates"]] == [("North", 1, 0), ("South", 2, 1)]
    assert [(str(label), many) for label, many, _url in page.context["refusals"]] == [("Used before", 1)]
    assert sum(page.context["chart"].series[0].values) == 3


def test_an_empty_door_says_what_comes_next(client):
    event = tickets_of()[0].event
    staff(client, "Gate")
    assert "No device scans here yet" in text(client.get(door(event)))
    assert "Nothing was scanned yet" in text(client.get(door(event, "scans/")))
    assert "No conflicts" in text(client.get(f"{DESK}/door/conflicts/"))


def test_a_device_is_enrolled_with_a_code_that_is_shown_once(client):
    event = tickets_of()[0].event
    user = staff(client, "Gate")
    page = client.post(door(event, "enrol/"), {"name": "Phone 3", "gate": "West"})
    [device] = Device.objects.all()
    code = page.context["code"]
    assert (device.name, device.gate, device.enrolled_by) == ("Phone 3", "West", user)
    assert (device.enrolment_hash, page.status_code) == (devices.hashed(code), 200)
    assert text(page).count(f"/door/#enrol={code}") == 2 and "<svg" in text(page)
    assert page["Cache-Control"] and "no-store" in page["Cache-Control"]
    assert code not in text(client.get(door(event))) and code not in str(AuditLog.objects.values())
    assert devices.enrol(code)[0] == device
    assert client.post(door(event, "enrol/"), {"name": ""}).status_code == 400


@pytest.mark.parametrize("word", HOSTILE)
def test_hostile_words_are_no_failure(client, word):
    tickets = tickets_of()
    scanning.take(device_of(tickets[0].event), told(tickets[0]))
    staff(client, "Gate")
    assert client.post(door(tickets[0].event, "enrol/"), {"name": word, "gate": word}).status_code in (200, 400)
    for query in ("q", "gate", "verdict", "device", "undone", "was_let_in", "sort", "page"):
        assert client.get(door(tickets[0].event, "scans/"), {query: word}).status_code == 200
    for query in ("q", "event", "state"):
        assert client.get(f"{DESK}/door/conflicts/", {query: word}).status_code == 200
    undo = f"{DESK}/door/scans/{Scan.objects.get().uid}/undo/"
    assert client.post(undo, {"reason": word}).status_code in (302, 400)


def test_a_device_says_what_it_lacks_with_the_fix(client):
    event, now = tickets_of()[0].event, timezone.now()
    device = device_of(event)
    devices.seen(device, list_at=now, readiness={"camera": "ok"}, clock_skew_ms=2000)
    staff(client, "Gate")
    assert client.get(door(event)).context["devices"][0].troubles == []
    silent = {"last_seen_at": now - timedelta(minutes=20), "list_at": now - timedelta(hours=1)}
    bad = {"clock_skew_ms": -2001, "queue_length": 3, "readiness": {"camera": "denied", "storage": "none"}}
    Device.objects.filter(pk=device.pk).update(**silent, **bad)
    page = text(client.get(door(event)))
    for sentence in (
        "Not heard for 20\xa0minutes.",
        "Its list is 1\xa0hour old.",
        "Its clock is off by -2.0 s.",
        "3 scans wait to be sent.",
        "It cannot use its camera.",
        "It may lose what it keeps.",
    ):
        assert sentence in page
    assert "Set its date and time to automatic." in page


def test_a_device_that_was_not_opened_in_time_says_so(client):
    event = tickets_of()[0].event
    user = staff(client, "Gate")
    device, _code = devices.invite(event, by=user, name="Phone")
    assert "Scan its code with the device before" in text(client.get(door(event)))
    Device.objects.filter(pk=device.pk).update(enrolment_expires_at=timezone.now())
    assert "Its code was not scanned in time." in text(client.get(door(event)))


def test_revoking_asks_first_and_is_told_once(client):
    event = tickets_of()[0].event
    device, token = enrolled(event)
    user = staff(client, "Gate")
    url = f"{DESK}/door/devices/{device.uid}/revoke/"
    assert "scans no more" in text(client.get(url))
    assert devices.of(token) == device
    for _twice in range(2):
        assert said(client.post(url))[-1:] == ["Phone North may scan no more."]
    device.refresh_from_db()
    assert (device.revoked_by, AuditLog.objects.filter(action="REVOKED_DEVICE").count()) == (user, 1)
    with pytest.raises(devices.NotEnrolled):
        devices.of(token)


def test_scans_are_found_and_taken_back(client):
    tickets = tickets_of(3)
    event = tickets[0].event
    north, south = device_of(event), device_of(event, "South")
    first = scanning.take(north, told(tickets[0], minute=0)).scan
    again = scanning.take(south, told(tickets[0], minute=1)).scan
    other = scanning.take(south, told(tickets[1], "admitted", 2)).scan
    user = staff(client, "Gate")
    url = door(event, "scans/")

    def found(**query):
        return shown(client.get(url, query))

    assert found() == [other, again, first]
    assert found(verdict="used") == [again]
    assert (found(gate="North"), found(device=str(south.uid))) == ([first], [other, again])
    assert found(q=tickets[1].ticket_code[-6:]) == [other] and found(q=tickets[0].ticket_code) == [again, first]
    undo = f"{DESK}/door/scans/{first.uid}/undo/"
    assert client.post(undo, {"reason": " "}).status_code == 400
    assert said(client.post(undo, {"reason": "wrong person"})) == [
        "The scan is taken back. The ticket may be used again."
    ]
    tickets[0].refresh_from_db()
    assert (tickets[0].status, found(undone="true")) == ("valid", [first])
    line = AuditLog.objects.get(action="UNDID_SCAN")
    assert (line.actor, line.details["reason"]) == (user, "wrong person")
    assert client.post(undo, {"reason": "again"}).status_code == 302
    first.refresh_from_db()
    assert (first.undo_reason, first.undone_by, AuditLog.objects.filter(action="UNDID_SCAN").count()) == (
        "wrong person",
        user,
        1,
    )
    assert client.get(f"{DESK}/door/scans/{again.uid}/undo/").status_code == 404


def test_what_a_device_let_in_on_a_dead_code_is_told(client):
    [ticket] = tickets_of()
    device = device_of(ticket.event)
    told_it = told(ticket, "admitted")
    Ticket.objects.filter(pk=ticket.pk).update(ticket_code="A" * 26)
    assert scanning.take(device, told_it).scan.was_let_in
    staff(client, "Gate")
    page = client.get(door(ticket.event))
    assert page.context["let_in_anyway"] == 1 and "let in 1 person on a code that was not good" in text(page)
    assert len(shown(client.get(door(ticket.event, "scans/"), {"was_let_in": "true"}))) == 1


def test_a_door_without_conflicts_leads_to_an_empty_list(client):
    """Not to those of other events."""
    [quiet], [ticket] = tickets_of(), tickets_of()
    doubled(ticket, device_of(ticket.event, "North"), device_of(ticket.event, "South"))
    staff(client, "Gate")
    [tab] = [one for one in client.get(door(quiet.event)).context["tabs"] if "conflicts" in one["url"]]
    page = client.get(tab["url"])
    assert page.context["filters"].form.errors == {} and shown(page) == []
    assert shown(client.get(tab["url"].replace(str(quiet.event.uid), str(ticket.event.uid)))) != []


def test_a_conflict_is_listed_once_settled_and_opened_again(client):
    tickets = tickets_of(2)
    event = tickets[0].event
    north, south, west = (device_of(event, gate) for gate in ("North", "South", "West"))
    doubled(tickets[0], north, south)
    scanning.take(north, told(tickets[1]))
    user = staff(client, "Gate")
    [conflict] = shown(client.get(f"{DESK}/door/conflicts/"))
    assert conflict.ticket == tickets[0]
    page = client.get(f"{DESK}/door/conflicts/")
    assert "(Phone North)" in text(page) and "(Phone South)" in text(page)
    assert "1 ticket let in more than one person." in text(client.get(f"{DESK}/"))
    url = f"{DESK}/door/conflicts/{conflict.uid}/"
    assert "2 people were let in." in text(client.get(url))
    for note in ("A screenshot", "Another"):
        assert client.post(url, {"note": note}).status_code == 302
    conflict.refresh_from_db()
    assert (conflict.settled_by, conflict.note) == (user, "A screenshot")
    assert AuditLog.objects.filter(action="SETTLED_DOUBLE_ADMISSION").count() == 1
    assert shown(client.get(f"{DESK}/door/conflicts/?state=open")) == []
    assert "let in more than one person" not in text(client.get(f"{DESK}/"))
    scanning.take(north, told(tickets[0], "used", 7))
    conflict.refresh_from_db()
    assert conflict.settled_at
    scanning.take(west, told(tickets[0], "admitted", 8))
    conflict.refresh_from_db()
    assert (conflict.settled_at, conflict.settled_by, conflict.note) == (None, None, "A screenshot")
    assert DoubleAdmission.objects.count() == 1 and "3 people were let in." in text(client.get(url))


def test_only_who_may_check_in_settles(client):
    [ticket] = tickets_of()
    doubled(ticket, device_of(ticket.event), device_of(ticket.event, "South"))
    support = staff(client, "Support")
    with pytest.raises(conflicts.Forbidden):
        conflicts.settle(DoubleAdmission.objects.get(), by=support)
    assert client.get(f"{DESK}/door/conflicts/").status_code == 403


@time_machine.travel(datetime(2026, 6, 1, 12, tzinfo=UTC), tick=False)
def test_the_code_of_a_device_says_for_how_long_it_is_good_and_in_which_zone(client):
    [ticket] = tickets_of(timezone="Asia/Kolkata", starts_at=None, ends_at=None)
    staff(client, "Gate")
    page = text(client.post(door(ticket.event, "enrol/"), {"name": "Phone 3"}))
    assert "The code works once, for 10 minutes, until 17:40 (Asia/Kolkata)." in page
    page = text(client.get(door(ticket.event)))
    assert "Scan its code with the device before 17:40 (Asia/Kolkata)." in page


@time_machine.travel(datetime(2026, 6, 1, 12, tzinfo=UTC), tick=False)
def test_each_sheet_of_the_paper_list_begins_with_the_event_its_date_and_when_it_was_made(client):
    start = datetime(2026, 6, 14, 18, 30, tzinfo=UTC)
    [ticket] = tickets_of(name="Garden <Nights>", timezone="Europe/Amsterdam", starts_at=start, ends_at=None)
    staff(client, "Gate")
    page = text(client.post(door(ticket.event, "paper/"), {"form": "page"}))
    head = page[page.index("<thead>") : page.index("</thead>")]  # a table's head is printed on every sheet
    assert "Garden <Nights>" in head
    assert "Sun 14 Jun 2026, 20:30 CEST · 1 ticket · as of Mon 1 Jun 2026, 14:00 CEST" in head


def test_the_paper_list_has_everybody_by_name_and_is_audited(client):
    tickets = tickets_of(3)
    event, [gone] = tickets[0].event, tickets[2:]
    for ticket, name in zip(tickets, ("=Zed", "Annabel", "Gone"), strict=True):
        Ticket.objects.filter(pk=ticket.pk).update(attendee_name=name)
    Ticket.objects.filter(pk=gone.pk).update(status="cancelled")
    scanning.take(device_of(event), told(tickets[1]))
    user = staff(client, "Gate")
    assert "Annabel" not in text(client.get(door(event, "paper/")))
    page = client.post(door(event, "paper/"), {"form": "page"})
    assert sorted(one.person for one, _code in page.context["rows"]) == ["=Zed", "Annabel"]
    answer = client.post(door(event, "paper/"), {"form": "csv"})
    lines = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
    assert lines[0] == ["Name", "Type", "Seat", "Code", "Inside since", "Gate"]
    assert {(line[0], line[3], line[5]) for line in lines[1:]} == {
        ("Annabel", tickets[1].ticket_code[-6:], "North"),
        ("'=Zed", tickets[0].ticket_code[-6:], ""),
    }
    assert tickets[0].ticket_code not in text(page)
    taken = AuditLog.objects.filter(action="TOOK_DOOR_LIST").order_by("pk")
    assert [(one.actor, one.target_uid, one.details) for one in taken] == [
        (user, event.uid, {"form": "page", "rows": 2}),
        (user, event.uid, {"form": "csv", "rows": 2}),
    ]


def test_the_paper_list_costs_the_same_however_long_it_is(client):
    event = tickets_of(1)[0].event
    staff(client, "Gate")

    def asked() -> int:
        with CaptureQueriesContext(connection) as found:
            assert client.post(door(event, "paper/")).status_code == 200
        return len(found)

    asked()
    before = asked()
    book(event, people(1)[0], 2)
    assert asked() == before


def test_pages_ask_the_same_with_one_and_with_three_rows(client):
    tickets = tickets_of(1)
    event = tickets[0].event
    gates = [device_of(event), device_of(event, "South")]
    doubled(tickets[0], *gates)
    staff(client, "Gate")
    urls = [door(event), door(event, "scans/"), door(event, "paper/"), f"{DESK}/door/conflicts/"]
    urls.append(f"{DESK}/door/conflicts/{DoubleAdmission.objects.get().uid}/")
    for url in urls:
        client.get(url)
    before = [queries_of(client, url) for url in urls]
    gates += [device_of(event, "West")]
    for ticket in book(event, people(1)[0], 2).tickets.all():
        doubled(ticket, *gates[1:])
    scanning.take(gates[2], told(tickets[0], "admitted", 9))
    assert [queries_of(client, url) for url in urls] == before
