"""The signed code stands wherever a ticket is shown, and every way to check in takes it and the bare letters."""

import json
import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.factories import SuperAdminFactory, UserFactory
from accounts.models import OutgoingMail
from bookings import checkin, checkout, resales, ticket_types, transfers
from bookings.door import codes, devices
from bookings.door.codes import UnknownCode
from bookings.models import DoorKey, Ticket
from bookings.papers import apple, attaching, of_tickets, tickets_pdf
from bookings.tests import reading
from bookings.tests.scenes import buy, pay, people, scene, wait
from bookings.tests.test_papers_apple import files, identity  # noqa: F401 - a fixture
from events.factories import EventFactory

pytestmark = pytest.mark.django_db
VERSION_7 = 'viewBox="0 0 49 49"'  # 45 modules and 2 of white on each side
LEAST = 35 / 25.4 * 72  # points: 35 mm
KEYS = re.compile("doorkey", re.IGNORECASE)


def bought(user, qty=2, **event):
    """The tickets of a paid order."""
    start = timezone.now() + timedelta(days=3)
    _event, kind = scene(price=100, capacity=50, starts_at=start, ends_at=start + timedelta(hours=3), **event)
    return list(pay(buy(user, kind, qty=qty)).tickets.order_by("pk"))


def letters_of(texts: list[str]) -> list[str]:
    """The letters of signed codes, each verified."""
    assert all(len(text) == 163 for text in texts), texts
    return [codes.read(text) for text in texts]


def wanted(tickets) -> list[str]:
    return [one.ticket_code for one in tickets]


# --- Where it is shown


@pytest.mark.parametrize("module", [2, 4, 6])  # dots a module on small and large screens
def test_pages_show_signed_codes(client, me, module):
    tickets = bought(me)
    for path in (f"/orders/{tickets[0].order.uid}/", "/wallet/"):
        page = client.get(path).content.decode()
        assert letters_of(reading.of_page(page, module)) == wanted(tickets), path
        assert page.count(VERSION_7) == 2
    page = client.get(f"/tickets/{tickets[1].uid}/").content.decode()
    assert letters_of(reading.of_page(page, module)) == wanted(tickets[1:])


def test_papers_hold_signed_codes(me, identity):  # noqa: F811
    tickets = bought(me)
    order, rows = tickets[0].order, list(of_tickets.joined(tickets[0].order.tickets))
    for scale in (1, 2, 4):
        assert letters_of(reading.of_pdf(tickets_pdf.of_order(order), scale)) == wanted(tickets)
        assert letters_of(reading.of_pdf(tickets_pdf.of_ticket(rows[1]), scale)) == wanted(tickets[1:])
    sent = attaching.tickets_of_order({"order": str(order.uid)})
    assert letters_of(reading.of_pdf(sent.attachments[0][1])) == wanted(tickets)
    said = json.loads(files(apple.of_ticket(rows[0]))["pass.json"])["barcodes"]
    assert letters_of([one["message"] for one in said]) == wanted(tickets[:1])
    assert tickets_pdf.QR * 45 / 53 > LEAST  # without its four modules of white


def test_pages_and_papers_write_nothing(client, me):
    [ticket] = bought(me, qty=1)
    DoorKey.objects.all().delete()
    paths = ("", "ticket.pdf", "ticket.ics")
    for path in (*(f"/tickets/{ticket.uid}/{path}" for path in paths), f"/orders/{ticket.order.uid}/", "/wallet/"):
        response = client.get(path)
        assert response.status_code == 200
        if path.endswith("/"):
            assert reading.of_page(response.content.decode()) == [ticket.ticket_code]
    assert not DoorKey.objects.exists()


def test_as_many_queries_for_three_as_for_one(client, me):
    one, many = bought(me, qty=1)[0], bought(me, qty=3)[0]
    for path in ("/orders/{0.order.uid}/", "/orders/{0.order.uid}/tickets.pdf", "/tickets/{0.uid}/"):
        small, large = asked(client, path.format(one)), asked(client, path.format(many))
        assert len(small) == len(large), path
        assert [len(KEYS.findall(" ".join(part))) > 0 for part in (small, large)] == [True, True]
    few = asked(client, "/wallet/")
    bought(me, qty=3)
    assert len(asked(client, "/wallet/")) == len(few)


def asked(client, path: str) -> list[str]:
    with CaptureQueriesContext(connection) as queries:
        assert client.get(path).status_code == 200
    return [one["sql"] for one in queries]


# --- Where the key comes from


def test_the_first_ticket_type_brings_the_key_and_a_sale_asks_nothing_of_it():
    event = EventFactory(capacity=10, is_capacity_fixed=True)
    for name in ("One", "Two"):
        kind = ticket_types.create(event, by=None, name=name, price=100)
    assert list(DoorKey.objects.values_list("event", "number")) == [(event.pk, 1)]
    with CaptureQueriesContext(connection) as queries:
        order = pay(buy(people(1)[0], kind, qty=3))
    assert not [one["sql"] for one in queries if KEYS.search(one["sql"])]
    assert letters_of([codes.payload(one) for one in order.tickets.all()]) == wanted(order.tickets.all())


# --- How it is checked in


def by_command(ticket, text):
    return checkin.admit(text, by=None, gate="North").pk == ticket.pk


def by_device(ticket, text):
    token = devices.enrol(devices.invite(ticket.event, by=SuperAdminFactory(), name="Phone")[1])[1]
    body = {"client_uid": str(uuid4()), "code": text, "scanned_at": timezone.now().isoformat()}
    headers = {"X-Door-Token": token}
    answer = Client().post("/door/api/scan/", body, content_type="application/json", headers=headers)
    return answer.json()["verdict"] == "admitted"


@pytest.mark.parametrize("way", [by_command, by_device])
@pytest.mark.parametrize("spelled", ["{0}", "{1}", "{2}", " {0}\n", "{3}"])
def test_signed_and_bare_codes_are_admitted(way, spelled):
    [ticket] = bought(people(1)[0], qty=1)
    text, bare = codes.payload(ticket), ticket.ticket_code
    typed = " ".join(re.findall("..", bare.lower()))
    assert way(ticket, spelled.format(text, bare, typed, text.lower()))
    ticket.refresh_from_db()
    assert ticket.status == "used"


# --- When the ticket changes hands


def refused(text: str) -> bool:
    with pytest.raises(UnknownCode):
        checkin.admit(text, by=None)
    return True


def test_a_passed_on_ticket_has_a_new_signature_and_the_old_is_dead():
    [ticket] = bought(people(1)[0], qty=1)
    old, friend = codes.payload(ticket), UserFactory()
    made = transfers.offer(ticket, "friend@example.org", by=ticket.user)
    assert codes.payload(Ticket.objects.get()) == old
    transfers.accept(transfers.token_of(made.seed), by=friend)
    new = codes.payload(Ticket.objects.get())
    assert new[26:] != old[26:] and refused(old) and refused(old[:26])
    browser = Client()
    browser.force_login(friend)
    assert reading.of_page(browser.get("/wallet/").content.decode()) == [new]
    owed = OutgoingMail.objects.get(template="ticket_received").context | {"to": friend.email}
    assert reading.of_pdf(attaching.one_ticket(owed).attachments[0][1]) == [new]
    assert checkin.admit(new, by=None).user == friend


def test_a_ticket_that_was_sold_back_has_a_new_signature_and_the_old_is_dead():
    event, kind = scene(capacity=1, price=10)
    ticket = pay(buy(people(1)[0], kind)).tickets.get()
    old = codes.payload(ticket)
    late = wait(event, people(1)[0])
    resales.offer(ticket, by=ticket.user)
    late.refresh_from_db()
    assert codes.read(old) == ticket.ticket_code
    checkout.open_page(late.order)
    bought_again = pay(late.order).tickets.get()
    new = codes.payload(bought_again)
    with pytest.raises(checkin.NotValid):
        checkin.admit(old, by=None)
    assert new != old and codes.hashed(old[:26]) in ticket.revoked_codes.values_list("code_hash", flat=True)
    assert checkin.admit(new, by=None) == bought_again
