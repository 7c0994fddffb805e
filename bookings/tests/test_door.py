"""A ticket admits one person, once; its code cannot be guessed."""

import re
from datetime import timedelta
from functools import partial

import pytest
from django.utils import timezone

from accounts.factories import SuperAdminFactory
from accounts.tests.racing import errors, follow, good, race
from bookings import cancelling, checkin, tickets
from bookings.door import admission
from bookings.models import Ticket
from bookings.tests.invariants import check
from bookings.tests.scenes import book, buy, people, scene
from eventify.lib.errors import Forbidden
from events import states
from events.models import Event
from partners import members
from partners.factories import PartnerFactory
from partners.models import Member, Partner

pytestmark = pytest.mark.django_db(transaction=True)
SCANNERS = 20


def one_ticket(**event) -> Ticket:
    return book(scene(**event)[0], people(1)[0]).tickets.get()


def test_twenty_scans_at_once_admit_once():
    ticket = one_ticket()
    gates = [partial(checkin.admit, ticket.ticket_code, by=None, gate=f"Gate {n}") for n in range(SCANNERS)]
    results = race(*gates)
    [admitted] = good(results)
    refusals = errors(results, checkin.NotValid)
    assert len(refusals) == SCANNERS - 1
    ticket.refresh_from_db()
    assert (ticket.status, ticket.used_gate) == ("used", admitted.used_gate)
    sentence = f"Already used on {ticket.used_at:%d %b %Y, %H:%M:%S} ({admitted.used_gate})."
    assert {(str(one.message), one.reason) for one in refusals} == {(sentence, "used")}


def test_a_code_may_be_typed_in_any_case_with_blanks():
    ticket = one_ticket()
    typed = "-".join(re.findall("..", ticket.ticket_code.lower())) + "  \n"
    assert checkin.find(typed) == ticket


@pytest.mark.parametrize("code", ["", "A", "A" * 25, "A" * 27, "A" * 26, "é" * 26, "\x00" * 26, "\ud800", "1" * 26])
def test_unknown_codes(code):
    with pytest.raises(checkin.UnknownCode):
        checkin.admit(code, by=None)


def test_refusals_say_why():
    ticket, other = one_ticket(), scene()[0]
    with pytest.raises(checkin.NotValid) as refusal:
        checkin.admit(ticket.ticket_code, by=None, event=other)
    assert (refusal.value.reason, str(refusal.value.message)) == (
        "wrong_event",
        f"This ticket is for {ticket.event.name}.",
    )
    states.transition(ticket.event, Event.State.CANCELLED, by=None)
    with pytest.raises(checkin.NotValid) as refusal:
        checkin.admit(ticket.ticket_code, by=None)
    assert (refusal.value.reason, str(refusal.value.message)) == (
        "event_cancelled",
        f"{ticket.event.name} is cancelled.",
    )
    cancelling.cancel(ticket.order, by=ticket.user)
    with pytest.raises(checkin.NotValid) as refusal:
        checkin.admit(ticket.ticket_code, by=None)
    assert (refusal.value.reason, str(refusal.value.message)) == ("cancelled", "This ticket was cancelled.")


def test_only_those_who_may_check_in_at_this_event_do():
    partner, stranger = PartnerFactory(), PartnerFactory()
    ticket = one_ticket(partner=partner)
    manager, outsider, visitor = people(3)
    members.add(partner, manager, Member.Role.EVENT_MANAGER, by=None)
    members.add(stranger, outsider, Member.Role.ADMIN, by=None)
    for user in (outsider, visitor):
        with pytest.raises(Forbidden):
            checkin.admit(ticket.ticket_code, by=user)
        with pytest.raises(Forbidden):
            checkin.look_up(ticket.ticket_code, by=user)
    assert checkin.look_up(ticket.ticket_code, by=SuperAdminFactory()) == ticket
    assert checkin.admit(ticket.ticket_code, by=manager).used_by == manager


def test_tickets_of_a_suspended_partner_still_scan():
    ticket = one_ticket(partner=PartnerFactory())
    Partner.objects.filter(pk=ticket.event.partner_id).update(status=Partner.Status.SUSPENDED)
    assert checkin.admit(ticket.ticket_code, by=None).status == "used"


def scan_against_cancel():
    event, ticket_type = scene(capacity=2)
    order = buy(people(1)[0], ticket_type, qty=2)
    code = order.tickets.first().ticket_code
    results = race(partial(checkin.admit, code, by=None), partial(cancelling.cancel, order, by=order.user))
    order.refresh_from_db()
    return event, order, results


def test_a_scan_against_a_cancellation_ends_one_way_or_the_other():
    ways = set()
    for _round in range(15):
        event, order, results = scan_against_cancel()
        assert len(good(results)) == 1
        ways.add((order.status, *sorted(order.tickets.values_list("status", flat=True))))
        check(event)
    assert ways <= {("paid", "used", "valid"), ("cancelled", "cancelled", "cancelled")}


def test_control_without_revoking_first_somebody_is_let_in_on_a_cancelled_order(monkeypatch):
    monkeypatch.setattr(tickets, "revoke", lambda _bookings: None)
    follow(monkeypatch, (admission, "use"), (tickets, "lock"))  # found good, and let in when it is cancelled
    _event, _order, results = scan_against_cancel()
    assert len(good(results)) == 2


def test_a_used_ticket_is_not_given_back():
    event, ticket_type = scene(price=0)
    order = buy(people(1)[0], ticket_type, qty=2)
    checkin.admit(order.tickets.first().ticket_code, by=None)
    for undo in (
        partial(cancelling.cancel, order, by=order.user),
        partial(cancelling.cancel_booking, order.bookings.get(), by=SuperAdminFactory()),
    ):
        with pytest.raises(cancelling.NotCancellable) as refusal:
            undo()
        assert str(refusal.value.message) == "A ticket of it was used at the door already."
    assert sorted(order.tickets.values_list("status", flat=True)) == ["used", "valid"]
    check(event)


def test_buyers_cannot_cancel_what_has_begun_but_staff_can():
    event, ticket_type = scene(starts_at=timezone.now() - timedelta(minutes=1))
    order = buy(people(1)[0], ticket_type)
    with pytest.raises(cancelling.NotCancellable) as refusal:
        cancelling.cancel(order, by=order.user)
    assert str(refusal.value.message) == f"{event.name} has begun; ask the organiser."
    assert cancelling.cancel(order, by=SuperAdminFactory(), reason="ill").status == "cancelled"
    check(event)


def test_ten_thousand_codes_are_long_and_different():
    codes = {tickets.new_code() for _ in range(10_000)}
    assert len(codes) == 10_000
    assert all(re.fullmatch("[A-Z2-7]{26}", code) for code in codes)
    letters = [{code[place] for code in codes} for place in range(25)]
    assert all(len(seen) == 32 for seen in letters)  # every letter at every place: 125 bits, and 3 in the last
    assert {code[25] for code in codes} == set("AEIMQUY4")
