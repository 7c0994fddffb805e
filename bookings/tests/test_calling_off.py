"""An event that does not happen: everybody is told once, all the money goes back once, whatever stops on the way."""

from functools import partial

import pytest

from accounts.factories import SuperAdminFactory, UserFactory
from accounts.mail import send_pending
from accounts.models import AuditLog, Notification, OutgoingMail
from accounts.tests.racing import good, meet_before, race, switch_row_locks_off
from bookings import calling_off, cancelling, checkin, previews, tasks
from bookings.calling_off import CallingOff
from bookings.models import Booking, MassRefund, Order, Refund
from bookings.tests.invariants import check
from bookings.tests.scenes import book, buy, decide, hear, pay, people, scene, settled, wait
from eventify.lib import preview
from eventify.lib.errors import Conflict, Forbidden, Invalid
from events import states
from events.models import Event
from partners import books, members
from partners.factories import PartnerFactory
from partners.models import Member

pytestmark = pytest.mark.django_db(transaction=True)
EMPTY = {
    "orders": 0,
    "places": 0,
    "holds": 0,
    "tickets_used": 0,
    "waitlisted": {"parties": 0, "places": 0},
    "people": 0,
    "mails": 0,
    "refunds": {},
    "fees_returned": {},
}


@pytest.fixture
def boss():
    return SuperAdminFactory()


def concert(price=10, capacity=8):
    """An event of a partner that pays a fee; its type."""
    return scene(capacity=capacity, price=price, partner=PartnerFactory())


def full_house():
    """Eight places: two orders of one person, one used ticket, a hold, somebody who waits; their people by name."""
    event, ticket_type = concert()
    twice, inside, holder, waiter = people(4)
    orders = {
        "first": pay(buy(twice, ticket_type, qty=2)),
        "second": pay(buy(twice, ticket_type)),
        "inside": pay(buy(inside, ticket_type, qty=2)),
        "hold": buy(holder, ticket_type, qty=3),
    }
    checkin.admit(orders["inside"].tickets.first().ticket_code, by=None)
    waiting = wait(event, waiter, 2)
    return event, orders, waiting


def test_a_cancelled_event_gives_everything_back(boss):
    event, orders, waiting = full_house()
    calling_off.cancel_event(event, reason="Storm", by=boss)
    assert tasks.refund_cancelled_events() == 4
    assert {name: settled(order)[0] for name, order in orders.items()} == {
        "first": "refunded",
        "second": "refunded",
        "inside": "refunded",
        "hold": "cancelled",
    }
    waiting.refresh_from_db()
    event.refresh_from_db()
    assert (waiting.status, event.booked_count, event.waitlisted_count) == ("cancelled", 0, 0)
    assert sorted(Refund.objects.values_list("amount", flat=True)) == [10, 20, 20]
    assert set(event.tickets.values_list("status", flat=True)) == {"cancelled"}
    assert event.tickets.exclude(used_at=None).count() == 1  # who is inside stays inside
    assert books.open_balance(event.partner) == {"INR": 0}
    assert tasks.refund_cancelled_events() == 0
    check(event)


def test_each_person_is_told_once(boss):
    event, orders, waiting = full_house()
    OutgoingMail.objects.all().delete()
    Notification.objects.all().delete()
    calling_off.cancel_event(event, reason="Storm", by=boss)
    tasks.refund_cancelled_events()
    tasks.refund_cancelled_events(event.pk)
    told = {mail.to: mail.context["amounts"] for mail in OutgoingMail.objects.filter(template="event_cancelled")}
    assert told == {
        orders["first"].user.email: "₹30.00",
        orders["inside"].user.email: "₹20.00",
        orders["hold"].user.email: "",
        waiting.user.email: "",
    }
    assert OutgoingMail.objects.count() == Notification.objects.count() == 4
    note = Notification.objects.get(recipient=waiting.user)
    assert (note.title, note.message, note.level) == (f"{event.name} is cancelled", "Storm", "critical")
    assert note.url == f"/e/{event.slug}/"
    assert Notification.objects.get(recipient=orders["hold"].user).url == f"/orders/{orders['hold'].uid}/"


def test_the_mails_read_well(boss, mailoutbox):
    event, _orders, _waiting = full_house()
    OutgoingMail.objects.all().delete()
    calling_off.cancel_event(event, reason="Storm & flood", by=boss)
    tasks.refund_cancelled_events()
    assert send_pending() == 4
    texts = {mail.to[0]: mail for mail in mailoutbox}
    paid = texts[Order.objects.order_by("pk")[0].user.email]
    assert paid.subject == f"{event.name} is cancelled"
    assert "The organiser says: Storm & flood" in paid.body
    assert "All that you paid for it, ₹30.00, goes back to you the way it came." in paid.body


def test_the_plan_is_what_happens(boss):
    event, _orders, _waiting = full_house()
    shown = preview.dry_run(previews.cancellation(event, reason="Storm", by=boss))
    assert shown.facts == {
        "state": {"before": "published", "after": "cancelled"},
        "orders": 4,
        "places": 8,
        "holds": 1,
        "tickets_used": 1,
        "waitlisted": {"parties": 1, "places": 2},
        "people": 4,
        "mails": 4,
        "refunds": {"INR": "50.00"},
        "fees_returned": {"INR": "2.50"},
    }
    event.refresh_from_db()
    assert (event.state, AuditLog.objects.count()) == ("published", 0)
    preview.apply(previews.cancellation(event, reason="Storm", by=boss), shown.digest)
    tasks.refund_cancelled_events()
    assert sum(Refund.objects.values_list("amount", flat=True)) == 50
    assert OutgoingMail.objects.filter(template="event_cancelled").count() == 4
    assert books.totals()["INR"].fees == 0


def test_what_moved_since_the_preview_is_seen(boss):
    event, ticket_type = concert()
    shown = preview.dry_run(previews.cancellation(event, reason="Storm", by=boss))
    pay(buy(people(1)[0], ticket_type))
    with pytest.raises(preview.Moved) as refusal:
        preview.apply(previews.cancellation(event, reason="Storm", by=boss), shown.digest)
    assert refusal.value.details["facts"]["refunds"] == {"INR": "10.00"}
    event.refresh_from_db()
    assert (event.state, tasks.refund_cancelled_events()) == ("published", 0)


def test_however_it_was_cancelled_the_money_goes_back(boss):
    """001 and 002 walk the states themselves."""
    event, ticket_type = concert()
    order = pay(buy(people(1)[0], ticket_type))
    states.advance(event, Event.State.CANCELLED, by=boss)
    assert tasks.refund_cancelled_events() == 1
    assert settled(order) == ("refunded", 0, 1, 0)
    check(event)


def test_an_order_of_two_events_keeps_the_other_one(boss):
    (gone, a), (stays, b) = concert(10), concert(20)
    order = pay(buy(people(1)[0], a, b))
    hold = buy(people(1)[0], a, b)
    calling_off.cancel_event(gone, reason="Storm", by=boss)
    assert tasks.refund_cancelled_events() == 2
    assert settled(order) == ("paid", 1, 1, 20)
    assert settled(hold)[0] == "cancelled"
    assert [one.amount for one in Refund.objects.all()] == [10]
    check(gone, stays)


def test_free_places_end_too(boss):
    event, _type = concert(price=0)
    booking = book(event, people(1)[0], 2)
    calling_off.cancel_event(event, reason="Storm", by=boss)
    assert tasks.refund_cancelled_events() == 1
    assert settled(booking.order) == ("cancelled", 0, 0, 0)
    check(event)


def test_a_payment_that_comes_after_the_cancellation_goes_back(boss):
    event, ticket_type = concert()
    order = buy(people(1)[0], ticket_type)
    payment = decide(order)
    calling_off.cancel_event(event, reason="Storm", by=boss)
    good(race(partial(hear, payment), tasks.refund_cancelled_events, tasks.refund_cancelled_events))
    assert settled(order) == ("cancelled", 0, 1, 0)
    check(event)


def test_an_event_that_was_reopened_meanwhile_is_left_alone(boss):
    event, ticket_type = concert()
    order = pay(buy(people(1)[0], ticket_type))
    calling_off.cancel_event(event, reason="Storm", by=boss)
    [what] = calling_off.under_way()
    states.advance(event, Event.State.DRAFT, by=boss)
    assert not calling_off._end_for(what, order.user_id)
    assert settled(order) == ("paid", 1, 0, 10)


def many_buyers(number: int):
    """That many paid orders of two events each, one of which is cancelled."""
    (gone, a), (stays, b) = concert(capacity=number), concert(capacity=number)
    orders = [pay(buy(user, a, b)) for user in people(number)]
    calling_off.cancel_event(gone, reason="Storm", by=SuperAdminFactory())
    return gone, stays, orders


def test_sweeps_at_once_refund_once():
    gone, stays, orders = many_buyers(6)
    cancelled = [partial(cancelling.cancel, orders[0], by=orders[0].user)]
    results = race(*[tasks.refund_cancelled_events] * 4, *cancelled)
    good(results)
    assert [settled(order)[:2] for order in orders[1:]] == [("paid", 1)] * 5
    assert Refund.objects.filter(payment__order__in=orders[1:]).count() == 5
    assert OutgoingMail.objects.filter(template="event_cancelled").count() in (5, 6)
    check(gone, stays)


def test_control_without_the_locks_a_sweep_refunds_twice(monkeypatch):
    gone, _stays, _orders = many_buyers(4)
    switch_row_locks_off(monkeypatch)
    monkeypatch.setattr(calling_off.cancelling.tickets, "revoke", lambda _bookings: None)
    meet_before(monkeypatch, calling_off, "_end_orders", 4)  # all have found the first buyer's booking live
    results = race(*[tasks.refund_cancelled_events] * 4)
    told = OutgoingMail.objects.filter(template="event_cancelled").count()
    assert told > 4 or any(isinstance(result, Exception) for result in results)


def test_a_sweep_that_dies_goes_on_where_it_was(monkeypatch):
    gone, stays, orders = many_buyers(5)
    end_for, done = calling_off._end_for, []

    def dies_after_two(what, user):
        done.append(user)
        if len(done) == 3:
            raise KeyboardInterrupt  # as when the worker is told to stop, in the middle of the third
        return end_for(what, user)

    monkeypatch.setattr(calling_off, "_end_for", dies_after_two)
    with pytest.raises(KeyboardInterrupt):
        tasks.refund_cancelled_events()
    assert Refund.objects.count() == 2
    assert tasks.refund_cancelled_events() == 3
    assert (Refund.objects.count(), OutgoingMail.objects.filter(template="event_cancelled").count()) == (5, 5)
    check(gone, stays)


def test_a_run_takes_so_many_and_a_task_goes_on(monkeypatch):
    sent = []
    monkeypatch.setattr(calling_off, "AT_ONCE", 2)
    monkeypatch.setattr(calling_off, "later", lambda *args: sent.append(args))
    gone, _stays, _orders = many_buyers(5)
    assert tasks.refund_cancelled_events() == 2
    assert sent == [("bookings.tasks.refund_cancelled_events", gone.pk)]
    assert [tasks.refund_cancelled_events(), tasks.refund_cancelled_events(), tasks.refund_cancelled_events()] == [
        2,
        1,
        0,
    ]


def test_who_may_cancel():
    event, _type = concert()
    manager, member = people(2)
    members.add(event.partner, manager, Member.Role.EVENT_MANAGER, by=None)
    members.add(event.partner, member, Member.Role.MEMBER, by=None)
    for by in (member, UserFactory()):
        with pytest.raises(Forbidden):
            calling_off.cancel_event(event, reason="Storm", by=by)
    with pytest.raises(Forbidden):
        calling_off.refund_event(event, reason="Storm", by=manager)
    for reason in ("", "  ", "x" * 201):
        with pytest.raises(Invalid):
            calling_off.cancel_event(event, reason=reason, by=manager)
    assert calling_off.cancel_event(event, reason="Storm", by=manager).state == "cancelled"
    with pytest.raises(states.InvalidTransition):
        calling_off.cancel_event(event, reason="Storm", by=manager)


def test_a_mass_refund_leaves_the_event_and_those_who_were_inside(boss):
    event, orders, waiting = full_house()
    shown = preview.dry_run(previews.mass_refund(event, reason="Postponed", by=boss))
    assert shown.facts == {
        **EMPTY,
        "is_bookable": {"before": True, "after": False},
        "orders": 3,
        "places": 6,
        "holds": 1,
        "people": 2,
        "mails": 2,
        "refunds": {"INR": "30.00"},
        "fees_returned": {"INR": "1.50"},
    }
    assert MassRefund.objects.count() == 0
    preview.apply(previews.mass_refund(event, reason="Postponed", by=boss), shown.digest)
    assert tasks.refund_cancelled_events() == 2
    event.refresh_from_db()
    assert (event.state, event.is_bookable, event.booked_count, event.waitlisted_count) == ("published", False, 2, 2)
    assert {name: settled(order)[0] for name, order in orders.items()} == {
        "first": "refunded",
        "second": "refunded",
        "inside": "paid",
        "hold": "cancelled",
    }
    waiting.refresh_from_db()
    assert waiting.status == "waitlisted"
    assert OutgoingMail.objects.filter(template="event_refunded").count() == 2
    assert MassRefund.objects.get().finished_at is not None
    assert AuditLog.objects.filter(action="REFUNDED_EVENT").count() == 1
    check(event)


def test_a_mass_refund_covers_who_bought_before_it(boss):
    event, ticket_type = concert(capacity=20)
    before = pay(buy(people(1)[0], ticket_type))
    calling_off.refund_event(event, reason="Postponed", by=boss)
    with pytest.raises(Conflict):
        calling_off.refund_event(event, reason="Again", by=boss)
    Event.objects.update(is_bookable=True)
    after = pay(buy(people(1)[0], ticket_type))
    assert tasks.refund_cancelled_events() == 1
    assert (settled(before)[0], settled(after)[0]) == ("refunded", "paid")
    calling_off.refund_event(event, reason="Again", by=boss)
    assert tasks.refund_cancelled_events(event.pk) == 1
    with pytest.raises(Conflict):
        calling_off.refund_event(event, reason="Nobody left", by=boss)
    check(event)


def test_the_plan_of_an_empty_event_is_empty():
    event, _type = concert()
    assert calling_off.plan(CallingOff(event)) == EMPTY


def test_a_cancelled_event_stays_cancelled_for_its_waiting_people(boss):
    """Nobody is promoted into what is freed."""
    event, _orders, _waiting = full_house()
    calling_off.cancel_event(event, reason="Storm", by=boss)
    tasks.refund_cancelled_events()
    tasks.promote_waitlists()
    assert set(event.bookings.values_list("status", flat=True)) == {Booking.Status.CANCELLED}
