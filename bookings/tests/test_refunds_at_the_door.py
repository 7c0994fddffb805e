"""Money that goes back while people are let in: a ticket either lets in or is refunded, and once ended stays ended."""

from collections.abc import Callable
from functools import partial
from importlib import import_module
from threading import Event as Signal
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection

from accounts.factories import SuperAdminFactory
from accounts.tests.coming_in import log_in
from accounts.tests.racing import good, race
from bookings import calling_off, cancelling, checkin, tasks, tickets
from bookings.command_center.door_scans import afterwards
from bookings.door import codes, lists, merging, paper, scanning
from bookings.models import Refund, Scan, Ticket
from bookings.tests.doors import device_of, said
from bookings.tests.invariants import broken, check
from bookings.tests.scenes import buy, pay, people, scene, settled, text
from events import states
from events.models import Event
from partners.factories import PartnerFactory

pytestmark = pytest.mark.django_db(transaction=True)
PATIENCE = 1  # seconds that the one in the middle gives the other one


@pytest.fixture
def boss():
    return SuperAdminFactory()


def concert(buyers: int = 1):
    """An event whose tickets cost money, and one paid order for each buyer."""
    event, kind = scene(price=10, partner=PartnerFactory())
    return event, [pay(buy(user, kind)) for user in people(buyers)]


def in_the_middle(monkeypatch, owner, name: str, other) -> Callable:
    """Before `owner.name` goes on, `other` gets a moment. Returns what is raced with who calls it."""
    begun, done, verb = Signal(), Signal(), getattr(owner, name)

    def paused(*args, **options):
        begun.set()
        done.wait(timeout=PATIENCE)
        return verb(*args, **options)

    def after():
        begun.wait(timeout=20)
        found = other()
        done.set()
        return found

    monkeypatch.setattr(owner, name, paused)
    return after


def lock_nothing(monkeypatch) -> None:
    """For a control: the tickets are looked at, and not locked."""
    monkeypatch.setattr(tickets, "lock", lambda rows: list(rows.order_by("pk")))


def outcome(order) -> tuple:
    """(the order's status, the ticket's status, is somebody inside, how often money went back)"""
    ticket = order.tickets.get()
    order.refresh_from_db()
    return order.status, ticket.status, ticket.used_at is not None, Refund.objects.filter(payment__order=order).count()


LEFT_OUT, ENDED = ("paid", "used", True, 0), ("refunded", "cancelled", False, 1)


# --- A mass refund ---------------------------------------------------------------------------------------


def refunded_while_scanned(monkeypatch, boss, verdict: str):
    """A mass refund has chosen the only buyer when a device sends a scan; (event, order, verdict of the scan)."""
    event, [order] = concert()
    told = said(order.tickets.get(), verdict)
    device = device_of(event)
    calling_off.refund_event(event, reason="Postponed", by=boss)
    scan = in_the_middle(monkeypatch, cancelling, "end", partial(scanning.take, device, told))
    _swept, taken = good(race(tasks.refund_cancelled_events, scan))
    return event, order, taken.scan


@pytest.mark.parametrize("verdict", ["", "admitted"])
def test_who_scans_after_the_mass_refund_has_looked_is_refused(monkeypatch, boss, verdict):
    event, order, scan = refunded_while_scanned(monkeypatch, boss, verdict)
    assert outcome(order) == ENDED
    assert (scan.verdict, scan.was_let_in) == ("cancelled", verdict == "admitted")
    check(event)


def test_control_without_the_lock_somebody_is_inside_for_nothing(monkeypatch, boss):
    lock_nothing(monkeypatch)
    event, order, scan = refunded_while_scanned(monkeypatch, boss, "")
    assert (scan.verdict, *outcome(order)) == ("admitted", "refunded", "cancelled", True, 1)
    assert any("somebody is inside on it" in sentence for sentence in broken(event))


def test_who_is_let_in_before_the_mass_refund_looks_is_left_out(monkeypatch, boss):
    """The sweep had its name on the list already."""
    event, orders = concert(2)
    calling_off.refund_event(event, reason="Postponed", by=boss)
    device, told = device_of(event), said(orders[1].tickets.get(), "admitted")
    scan = in_the_middle(monkeypatch, calling_off, "_lock", partial(scanning.take, device, told))
    assert good(race(tasks.refund_cancelled_events, scan))[0] == 1
    assert [outcome(order) for order in orders] == [ENDED, LEFT_OUT]
    check(event)


def test_a_mass_refund_among_scans_ends_one_way_or_the_other(boss):
    for _round in range(3):
        event, orders = concert(6)
        calling_off.refund_event(event, reason="Postponed", by=boss)
        told = [said(order.tickets.get(), "admitted", n) for n, order in enumerate(orders)]
        north, south = device_of(event), device_of(event, "South")
        batches = [partial(scanning.take_all, north, told[3:][::-1]), partial(scanning.take_all, south, told[:3])]
        desk = [partial(checkin.admit, told[0].code, by=None)]
        good(race(tasks.refund_cancelled_events, tasks.refund_cancelled_events, *batches, *desk))
        tasks.refund_cancelled_events()
        assert {outcome(order) for order in orders} <= {LEFT_OUT, ENDED}
        listed = set(event.scans.filter(was_let_in=True).values_list("ticket", flat=True))
        ended = Ticket.objects.filter(order__in=orders, status="cancelled")
        assert listed == set(ended.values_list("pk", flat=True))
        check(event)


def waiting_in_a_circle(monkeypatch, boss) -> list:
    """A device's batch and the end of two orders whose tickets lie the other way round than the orders themselves."""
    event, kind = scene(price=10, partner=PartnerFactory())
    [buyer] = people(1)
    orders = [buy(buyer, kind), buy(buyer, kind)]
    for order in orders[::-1]:
        pay(order)
    device = device_of(event)
    told = [said(order.tickets.get(), "admitted") for order in orders]
    calling_off.cancel_event(event, reason="Storm", by=boss)
    batch = in_the_middle(monkeypatch, cancelling, "_end", partial(scanning.take_all, device, told))
    results = race(tasks.refund_cancelled_events, batch)
    check(event)
    return results


def test_a_batch_and_the_end_of_several_orders_never_wait_in_a_circle(monkeypatch, boss):
    good(waiting_in_a_circle(monkeypatch, boss))


def test_control_order_by_order_they_wait_in_a_circle(monkeypatch, boss):
    monkeypatch.setattr(calling_off, "tickets", type("Unlocked", (), {"lock": lambda _rows: None}))
    results = waiting_in_a_circle(monkeypatch, boss)
    assert any(isinstance(one, DatabaseError) and "deadlock" in str(one) for one in results)


# --- One order -------------------------------------------------------------------------------------------


def cancelled_while(monkeypatch, order, other):
    """The buyer cancels, and has looked at the tickets when `other` comes; the results of both."""
    meanwhile = in_the_middle(monkeypatch, tickets, "revoke", other)
    return race(partial(cancelling.cancel, order, by=order.user), meanwhile)


def test_who_scans_after_a_cancellation_has_looked_is_refused(monkeypatch):
    event, [order] = concert()
    device, told = device_of(event), said(order.tickets.get(), "admitted")
    _order, taken = good(cancelled_while(monkeypatch, order, partial(scanning.take, device, told)))
    assert (outcome(order), taken.scan.verdict, taken.scan.was_let_in) == (ENDED, "cancelled", True)
    check(event)


def test_control_without_the_lock_somebody_is_inside_and_has_the_money(monkeypatch):
    event, [order] = concert()
    device, told = device_of(event), said(order.tickets.get(), "admitted")
    lock_nothing(monkeypatch)
    good(cancelled_while(monkeypatch, order, partial(scanning.take, device, told)))
    assert outcome(order) == ("refunded", "cancelled", True, 1)
    assert any("somebody is inside on it" in sentence for sentence in broken(event))


def test_a_cancellation_while_the_scan_is_taken_back(boss):
    """Either it came first and the order stays, or the ticket was good again and ends with the order."""
    for _round in range(6):
        event, [order] = concert()
        scan = scanning.take(device_of(event), said(order.tickets.get())).scan
        undo = partial(scanning.undo_as_staff, scan, by=boss, reason="wrong person")
        good(race(partial(cancelling.cancel, order, by=order.user), undo))
        assert outcome(order) in [("paid", "valid", False, 0), ENDED]
        check(event)


def test_control_looked_at_only_after_it_a_good_ticket_is_left_behind(monkeypatch, boss):
    """As it was: what is valid is cancelled, then what is used is looked for, and in between the scan is taken back."""
    event, [order] = concert()
    scan = scanning.take(device_of(event), said(order.tickets.get())).scan

    def only_what_is_good(rows):
        return list(rows.filter(status=Ticket.Status.VALID))

    monkeypatch.setattr(tickets, "lock", only_what_is_good)
    undo = partial(scanning.undo_as_staff, scan, by=boss, reason="wrong person")
    good(cancelled_while(monkeypatch, order, undo))
    assert outcome(order) == ("refunded", "valid", False, 1)
    assert any("live tickets" in sentence for sentence in broken(event))


# --- A cancelled event, and what is taken back afterwards ------------------------------------------------


def cancelled_with_one_inside(boss):
    """(event, its order, the scan that let its holder in, the device); everything is refunded."""
    event, [order] = concert()
    device = device_of(event)
    scan = scanning.take(device, said(order.tickets.get())).scan
    calling_off.cancel_event(event, reason="Storm", by=boss)
    tasks.refund_cancelled_events()
    assert settled(order) == ("refunded", 0, 1, 0)
    return event, order, scan, device


def test_who_is_inside_a_cancelled_event_stays_counted(boss):
    event, order, _scan, device = cancelled_with_one_inside(boss)
    assert outcome(order) == ("refunded", "cancelled", True, 1)
    assert lists.counts(event) == {"sold": 1, "inside": 1, "gates": {"North": 1}}
    assert [one.pk for one in paper.listed(event)] == [order.tickets.get().pk]
    told = lists.of(device)
    assert (len(told["dead"]), told["used"], told["free"]) == (1, [], [])
    check(event)


@pytest.mark.parametrize("is_staff", [True, False])
def test_no_undo_makes_a_refunded_ticket_good(boss, is_staff):
    event, order, scan, device = cancelled_with_one_inside(boss)
    if is_staff:
        scanning.undo_as_staff(scan, by=boss, reason="wrong person")
    else:
        scanning.undo(device, scan.client_uid, reason="wrong person")
    assert outcome(order) == ENDED
    assert lists.counts(event) == {"sold": 0, "inside": 0, "gates": {}}
    states.advance(event, Event.State.DRAFT, by=boss)  # it may take place after all
    event.refresh_from_db()
    ticket = order.tickets.get()
    assert scanning.take(device_of(event, "South"), said(ticket)).scan.verdict == "cancelled"
    with pytest.raises(checkin.NotValid):
        checkin.admit(ticket.ticket_code, by=None)
    check(event)


def test_staff_who_take_it_back_are_told_that_it_stays_cancelled(boss, client):
    event, order, scan, _device = cancelled_with_one_inside(boss)
    log_in(client, boss)
    client.post(f"/command-center/door/scans/{scan.uid}/undo/", {"reason": "wrong person"})
    page = text(client.get(f"/command-center/events/{event.uid}/door/scans/"))
    assert "The scan is taken back. The ticket still lets nobody in." in page
    assert outcome(order) == ENDED


def test_control_an_undo_that_asks_nobody_makes_it_good(boss, monkeypatch):
    event, _order, scan, _device = cancelled_with_one_inside(boss)
    follow = merging.follow

    def follow_blindly(ticket, winner):
        ticket.status = Ticket.Status.USED
        return follow(ticket, winner)

    monkeypatch.setattr(merging, "follow", follow_blindly)
    scanning.undo_as_staff(scan, by=boss, reason="wrong person")
    assert any("live tickets" in sentence for sentence in broken(event))


# --- Let in without network though it had ended ----------------------------------------------------------


def accounts_of(ticket) -> list:
    """One scan as three requests: asked of the server, decided alone after no answer came, and again with a gate."""
    uid = uuid4()
    return [said(ticket, "", 1, uid), said(ticket, "admitted", 1, uid), said(ticket, "admitted", 0, uid, gate="West")]


@pytest.mark.parametrize("order_of_arrival", [(0, 1, 2), (2, 1, 0), (1, 0, 2)])
def test_let_in_without_network_on_a_cancelled_ticket_is_listed(order_of_arrival, boss):
    event, [order] = concert()
    ticket, device = order.tickets.get(), device_of(event)
    cancelling.cancel(order, by=boss)
    told = accounts_of(ticket)
    for n in order_of_arrival:
        scanning.take(device, told[n])
    [scan] = Scan.objects.all()
    assert (scan.verdict, scan.was_let_in, scan.ticket_id, scan.is_offline) == ("cancelled", True, ticket.pk, True)
    assert afterwards(scan) == "Let in without network"
    assert lists.counts(event)["inside"] == 0 and outcome(order) == ENDED
    check(event)


def test_a_code_that_was_passed_on_meanwhile_lets_nobody_in_by_a_late_answer():
    """The server said "used", nobody heard it; the first scan was taken back and the ticket has another holder now."""
    event, [order] = concert()
    ticket, north, south = order.tickets.get(), device_of(event), device_of(event, "South")
    first, late = scanning.take(north, said(ticket)).scan, said(ticket)
    assert scanning.take(south, late).scan.verdict == "used"
    scanning.undo(north, first.client_uid, reason="did not go in")
    Ticket.objects.filter(pk=ticket.pk).update(ticket_code=tickets.new_code())
    found = scanning.take(south, said(ticket, "admitted", uid=late.client_uid))
    assert (found.scan.verdict, found.scan.was_let_in, found.ticket.status) == ("used", True, "valid")
    check(event)


def test_control_a_device_whose_word_always_counts_lets_in_on_a_dead_ticket(monkeypatch, boss):
    event, [order] = concert()
    ticket = order.tickets.get()
    cancelling.cancel(order, by=boss)
    monkeypatch.setattr(scanning, "_is_good", lambda ticket, *_about: ticket is not None)
    scan = scanning.take(device_of(event), said(ticket, "admitted")).scan
    assert (scan.verdict, scan.was_let_in, lists.counts(event)["inside"]) == ("admitted", False, 1)


def test_what_was_left_used_or_counted_before_is_put_right(boss):
    """The migration, on what the door used to leave behind."""
    event, orders = concert(2)
    device = device_of(event)
    used, late = (order.tickets.get() for order in orders)
    scanning.take(device, said(used))
    calling_off.cancel_event(event, reason="Storm", by=boss)
    tasks.refund_cancelled_events()
    Ticket.objects.filter(pk=used.pk).update(status="used")
    used.revoked_codes.all().delete()
    scanning.take(device, said(late, "admitted"))
    Scan.objects.filter(ticket=late).update(verdict="admitted", was_let_in=False)
    assert len(broken(event)) == 2
    [act] = import_module("bookings.migrations.0015_tickets_that_ended").Migration.operations
    with connection.cursor() as cursor:
        for statement in act.sql:
            cursor.execute(statement)
    assert [outcome(order)[1:3] for order in orders] == [("cancelled", True), ("cancelled", False)]
    assert used.revoked_codes.get().code_hash == codes.hashed(used.ticket_code)
    assert list(Scan.objects.filter(was_let_in=True).values_list("ticket", "verdict")) == [(late.pk, "cancelled")]
    check(event)
