"""Calendar entries of tickets: what RFC 5545 asks for."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from accounts.factories import UserFactory
from bookings import cancelling
from bookings.models import Ticket
from bookings.papers import calendar, of_tickets
from bookings.tests.scenes import buy, people, scene
from events.models import Event

pytestmark = pytest.mark.django_db
START = datetime(2026, 12, 12, 13, 30, tzinfo=UTC)


def bought(qty=1, **event):
    facts = {"starts_at": START, "ends_at": START + timedelta(hours=4), "timezone": "Asia/Kolkata", "place": "Pune"}
    _event, kind = scene(**(facts | event))
    return buy(people(1)[0], kind, qty=qty)


def lines(data: bytes) -> list[str]:
    """The content lines, unfolded; every line ends as it must and none is too long."""
    text = data.decode()
    assert text.endswith("\r\n") and "\n" not in text.replace("\r\n", "")
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    return text.replace("\r\n ", "").split("\r\n")[:-1]


def entry(data: bytes) -> dict:
    """The properties of the one entry."""
    found = lines(data)
    assert (found[0], found[-1]) == ("BEGIN:VCALENDAR", "END:VCALENDAR")
    inside = found[found.index("BEGIN:VEVENT") + 1 : found.index("END:VEVENT")]
    assert found.count("BEGIN:VEVENT") == 1
    return dict(line.split(":", 1) for line in inside)


def the_ticket(order) -> Ticket:
    return of_tickets.joined(Ticket.objects.filter(order=order)).first()


def test_an_entry_says_all_in_utc():
    order = bought(name="Wein, Weib; Gesang\\Tanz", important_information="Doors at six.\nNo bags.")
    ticket = the_ticket(order)
    data = calendar.of_ticket(ticket)
    found = entry(data)
    stamp = found.pop("DTSTAMP")
    assert stamp == found.pop("LAST-MODIFIED") and stamp.endswith("Z")
    assert int(found.pop("SEQUENCE")) > 0
    assert found == {
        "UID": f"{ticket.uid}@tickets.eventify",
        "DTSTART": "20261212T133000Z",
        "DTEND": "20261212T173000Z",
        "SUMMARY": "Wein\\, Weib\\; Gesang\\\\Tanz",
        "DESCRIPTION": f"General admission · {order.user}\\nDoors at six.\\nNo bags.",
        "LOCATION": found["LOCATION"],
        "URL": f"http://localhost:8000/tickets/{ticket.uid}/",
        "STATUS": "CONFIRMED",
        "TRANSP": "OPAQUE",
    }
    assert "Pune" in found["LOCATION"]
    assert lines(data)[:5] == [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Eventify//Tickets//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
    ]


def test_long_lines_are_folded_between_letters():
    data = calendar.of_ticket(the_ticket(bought(name="महोत्सव" * 25)))
    assert entry(data)["SUMMARY"] == "महोत्सव" * 25


def test_an_order_has_an_entry_per_ticket_that_is_its_buyers():
    order = bought(qty=3)
    Ticket.objects.filter(pk=order.tickets.first().pk).update(user=UserFactory())
    uids = [line for line in lines(calendar.of_order(order)) if line.startswith("UID:")]
    mine = order.tickets.filter(user=order.user).order_by("pk")
    assert uids == [f"UID:{one.uid}@tickets.eventify" for one in mine] and len(uids) == 2


@pytest.mark.parametrize("how", ["ticket", "event"])
def test_what_is_cancelled_takes_its_entry_back_under_the_same_uid(how):
    order = bought(starts_at=timezone.now() + timedelta(days=9), ends_at=timezone.now() + timedelta(days=10))
    before = entry(calendar.of_ticket(the_ticket(order)))
    if how == "ticket":
        cancelling.cancel(order, by=order.user)
    else:
        Event.objects.filter(tickets__order=order).update(state=Event.State.CANCELLED)
    data = calendar.of_ticket(the_ticket(order))
    after = entry(data)
    assert (after["UID"], after["STATUS"], after["TRANSP"]) == (before["UID"], "CANCELLED", "TRANSPARENT")
    assert int(after["SEQUENCE"]) > int(before["SEQUENCE"])
    assert "METHOD:CANCEL" in lines(data)


def test_a_change_of_the_event_is_a_new_revision():
    order = bought()
    before = entry(calendar.of_ticket(the_ticket(order)))
    event = Event.objects.get(tickets__order=order)
    Event.objects.filter(pk=event.pk).update(updated_at=event.updated_at + timedelta(minutes=1))
    after = entry(calendar.of_ticket(the_ticket(order)))
    assert int(after["SEQUENCE"]) == int(before["SEQUENCE"]) + 60 and after["UID"] == before["UID"]


def test_without_a_date_there_is_no_entry():
    order = bought(starts_at=None, ends_at=None)
    assert calendar.of_ticket(the_ticket(order)) is None and calendar.of_order(order) is None
