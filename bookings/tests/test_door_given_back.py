"""A scan that comes to a ticket between somebody's admission and its undo: decided anew, never on a look alone."""

import pytest

from accounts.factories import SuperAdminFactory
from accounts.tests.racing import good, race
from bookings import checkin
from bookings.door import scanning
from bookings.models import Scan
from bookings.tests.doors import device_of, said, tickets_of
from bookings.tests.invariants import broken, check

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ticket(monkeypatch):
    """A ticket that a device lets in right after the desk has looked, and staff give back before it looks again."""
    [ticket] = tickets_of()
    north, boss = device_of(ticket.event), SuperAdminFactory()
    looked, look = [], checkin.look_up

    def elsewhere(verb, *args, **options):
        good(race(lambda: verb(*args, **options)))

    def look_up(code, *, by):
        if len(looked) == 1:
            scan = Scan.objects.get(device=north)
            elsewhere(scanning.undo_as_staff, scan, by=boss, reason="wrong person")
        found = look(code, by=by)
        if not looked:
            elsewhere(scanning.take, north, said(ticket))
        looked.append(found.status)
        return found

    monkeypatch.setattr(checkin, "look_up", look_up)
    return ticket


def let_in_of(ticket) -> list:
    rows = ticket.scans.filter(verdict="admitted", undone_at=None)
    return list(rows.values_list("gate", flat=True))


def test_who_is_let_in_has_used_the_ticket(ticket):
    checkin.admit(ticket.ticket_code, by=None, gate="Desk", event=ticket.event)
    ticket.refresh_from_db()
    assert (ticket.status, ticket.used_gate, let_in_of(ticket)) == ("used", "Desk", ["Desk"])
    check(ticket.event)


def test_control_let_in_on_the_second_look_the_ticket_stays_good(ticket, monkeypatch):
    admit = checkin._admit

    def looks_only(code, *, by, gate, event):
        found = checkin.look_up(code, by=by)
        checkin.check(found, event)
        scanning.note(found, by=by, gate=gate, at=found.updated_at)
        return found

    def once(*args, **options):
        monkeypatch.setattr(checkin, "_admit", looks_only)
        return admit(*args, **options)

    monkeypatch.setattr(checkin, "_admit", once)
    checkin.admit(ticket.ticket_code, by=None, gate="Desk", event=ticket.event)
    ticket.refresh_from_db()
    assert (ticket.status, let_in_of(ticket)) == ("valid", ["Desk"])
    assert any("add up to" in sentence for sentence in broken(ticket.event))
