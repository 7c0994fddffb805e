"""The fair queue: order of joining, nobody past it, offers that pass on."""

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
import time_machine
from django.db import IntegrityError

from accounts.models import Notification, OutgoingMail
from accounts.tests.racing import errors, good, meet_before, race, switch_row_locks_off
from bookings import cancelling, capacity, payments, tasks, ticket_types, waitlist
from bookings.factories import TicketTypeFactory
from bookings.inventory import SoldOut
from bookings.models import Booking, Order, Ticket
from bookings.tests.invariants import broken, check
from bookings.tests.scenes import book, buy, pay, people, scene, statuses, wait
from events import editing, states
from events.models import Event

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
ROUNDS = 12


def full(capacity: int = 1, waiting: int = 3, **options):
    """A full event, the bookings that fill it and those that wait."""
    event, ticket_type = scene(capacity=capacity, **options)
    taken = [book(event, user) for user in people(capacity)]
    return event, ticket_type, taken, [wait(event, user) for user in people(waiting)]


def test_a_cancellation_promotes_the_first():
    event, _type, [taken], waiting = full(seating=Event.Seating.AUTOMATIC)
    cancelling.cancel_booking(taken, by=taken.user)
    assert statuses(*waiting) == ["confirmed", "waitlisted", "waitlisted"]
    first = Booking.objects.select_related("order").get(pk=waiting[0].pk)
    assert first.seat_labels == taken.seat_labels == ["A-1"]
    assert (first.order.status, first.order.payment_method) == ("paid", "free")
    assert first.promoted_at is not None
    assert first.tickets.get().seat.label == "A-1"
    told = Notification.objects.get()
    assert (told.title, told.url) == (f"You have a place at {event.name}", f"/orders/{first.order.uid}/")
    assert OutgoingMail.objects.filter(template="promoted").get().to == first.user.email
    check(event)


def test_a_refund_promotes_the_first():
    event, ticket_type = scene(capacity=1, price=10)
    buyer, staff, waiting = people(3)
    order = pay(buy(buyer, ticket_type))
    waiter = wait(event, waiting)
    cancelling.cancel(order, by=staff, reason="asked by mail")
    order.refresh_from_db()
    assert (order.status, statuses(waiter)) == ("refunded", ["pending"])
    check(event)


def test_cancellations_against_newcomers():
    """Whatever comes first, the freed places are the queue's."""
    for _round in range(ROUNDS):
        event, _type, taken, waiting = full(capacity=3, waiting=4)
        cancels = [partial(cancelling.cancel_booking, one, by=one.user) for one in taken]
        results = race(*cancels, *(partial(book, event, user) for user in people(6)))
        assert len(errors(results, SoldOut)) == len(errors(results)) == 6
        assert statuses(*waiting) == ["confirmed", "confirmed", "confirmed", "waitlisted"]
        check(event)


def test_a_larger_capacity_against_newcomers():
    for _round in range(ROUNDS // 2):
        event, _type, taken, waiting = full(capacity=1, waiting=4)
        grow = partial(capacity.change, event, 4, by=taken[0].user)
        results = race(grow, *(partial(book, event, user) for user in people(6)))
        assert len(errors(results, SoldOut)) == len(errors(results)) == 6
        assert statuses(*waiting) == ["confirmed"] * 3 + ["waitlisted"]
        check(event)


def test_control_without_the_queue_check_a_newcomer_steals_a_place(monkeypatch):
    """A freed place that the queue has not been given yet (the head does not fit) is open to everybody."""
    event, _type, taken, _waiting = full(capacity=2, waiting=0)
    waiter = wait(event, people(1)[0], 2)
    cancelling.cancel_booking(taken[0], by=taken[0].user)
    with pytest.raises(SoldOut):
        book(event, people(1)[0])
    monkeypatch.setattr(waitlist, "check_newcomer", lambda *_pick: None)
    assert statuses(waiter, book(event, people(1)[0])) == ["waitlisted", "confirmed"]


def test_control_without_promotion_in_the_same_transaction_places_stay_free(monkeypatch):
    event, _type, [taken], waiting = full()
    monkeypatch.setattr(waitlist, "promote", lambda *_event: [])
    cancelling.cancel_booking(taken, by=taken.user)
    with pytest.raises(AssertionError, match="places are free while booking"):
        check(event)
    monkeypatch.undo()
    assert tasks.promote_waitlists() == 1  # the sweep finds what was left behind
    assert statuses(*waiting) == ["confirmed", "waitlisted", "waitlisted"]
    check(event)


def test_joining_at_once_gives_one_order_and_promotion_follows_it():
    for _round in range(4):
        event, _type, taken, _none = full(capacity=6, waiting=0)
        joined = good(race(*(partial(wait, event, user) for user in people(12))))
        cancels = (partial(cancelling.cancel_booking, one, by=one.user) for one in taken)
        good(race(*cancels))
        in_order = Booking.objects.filter(pk__in=[one.pk for one in joined]).order_by("pk")
        assert [one.status for one in in_order] == ["confirmed"] * 6 + ["waitlisted"] * 6
        check(event)


def test_sweeps_at_once_promote_each_once():
    event, _type, taken, waiting = full(capacity=1, waiting=6)
    Event.objects.filter(pk=event.pk).update(capacity=5)
    assert sum(good(race(*[tasks.promote_waitlists] * 8))) == 4
    assert statuses(*waiting) == ["confirmed"] * 4 + ["waitlisted"] * 2
    assert Ticket.objects.filter(event=event).count() == 5
    check(event)


def test_control_without_the_lock_sweeps_promote_somebody_twice(monkeypatch):
    event, _type, _taken, waiting = full(capacity=1, waiting=6)
    Event.objects.filter(pk=event.pk).update(capacity=9)
    switch_row_locks_off(monkeypatch)
    meet_before(monkeypatch, waitlist, "_give_place", 2)  # both have read the queue
    results = race(tasks.promote_waitlists, tasks.promote_waitlists)
    assert errors(results, IntegrityError) or broken(event)


def test_a_party_that_does_not_fit_keeps_its_place():
    event, _type, taken, _none = full(capacity=4, waiting=0)
    large, small = wait(event, people(1)[0], 3), wait(event, people(1)[0], 1)
    cancelling.cancel_booking(taken[0], by=taken[0].user)
    cancelling.cancel_booking(taken[1], by=taken[1].user)
    assert statuses(large, small) == ["waitlisted", "waitlisted"]
    with pytest.raises(SoldOut):
        book(event, people(1)[0])
    cancelling.cancel_booking(taken[2], by=taken[2].user)
    assert statuses(large, small) == ["confirmed", "waitlisted"]
    check(event)


def test_an_event_may_let_smaller_parties_pass():
    event, _type, taken, _none = full(capacity=4, waiting=0, lets_smaller_parties_pass=True)
    large, small = wait(event, people(1)[0], 3), wait(event, people(1)[0], 1)
    cancelling.cancel_booking(taken[0], by=taken[0].user)
    assert statuses(large, small) == ["waitlisted", "confirmed"]
    check(event)


def test_leaving_the_queue_moves_up_those_behind():
    event, _type, taken, _none = full(capacity=2, waiting=0)
    large, small = wait(event, people(1)[0], 2), wait(event, people(1)[0], 1)
    cancelling.cancel_booking(taken[0], by=taken[0].user)
    left = cancelling.cancel_booking(large, by=large.user)
    assert left.status == "cancelled"
    assert statuses(large, small) == ["cancelled", "confirmed"]
    event.refresh_from_db()
    assert event.waitlisted_count == 0
    check(event)
    with pytest.raises(cancelling.NotCancellable):
        cancelling.cancel_booking(large, by=large.user)


def test_leaving_while_being_promoted_ends_outside_with_the_place_free():
    for _round in range(ROUNDS):
        event, _type, [taken], [waiter, second] = full(waiting=2)
        leave = partial(cancelling.cancel_booking, waiter, by=waiter.user)
        good(race(leave, partial(cancelling.cancel_booking, taken, by=taken.user)))
        assert statuses(waiter, second) == ["cancelled", "confirmed"]
        check(event)


def two_types(**event):
    event = scene(capacity=4, quantity_total=2, **event)[0]
    first = event.ticket_types.get()
    second = TicketTypeFactory(event=event, name="Balcony", quantity_total=2, position=1)
    return event, first, second


def test_who_waits_for_the_event_takes_the_first_type_that_has_room():
    event, first, second = two_types()
    seated = [buy(people(1)[0], one, qty=2) for one in (first, second)]
    waiter = wait(event, people(1)[0], 1)
    assert waiter.ticket_type == first
    cancelling.cancel(seated[1], by=seated[1].user)
    waiter.refresh_from_db()
    assert (waiter.status, waiter.ticket_type) == ("confirmed", second)
    assert buy(people(1)[0], second).status == "paid"
    check(event)


def test_who_waits_for_the_event_does_not_get_a_type_that_is_not_sold_now():
    event, first, second = two_types()
    seated = [buy(people(1)[0], one, qty=2) for one in (first, second)]
    waiter = wait(event, people(1)[0], 1)
    ticket_types.change(second, by=people(1)[0], status="sold_out")
    cancelling.cancel(seated[1], by=seated[1].user)
    assert statuses(waiter) == ["waitlisted"]
    cancelling.cancel(seated[0], by=seated[0].user)
    assert statuses(waiter) == ["confirmed"]
    check(event)


def test_who_waits_for_a_dearer_type_is_offered_it_at_its_price():
    event, first, second = two_types()
    ticket_types.change(second, by=people(1)[0], price=30)
    seated = [buy(people(1)[0], first, qty=2), pay(buy(people(1)[0], second, qty=2))]
    waiter = wait(event, people(1)[0], 2)
    cancelling.cancel(seated[1], by=seated[1].user)
    waiter.refresh_from_db()
    assert (waiter.status, waiter.unit_price, waiter.order.total_amount) == ("pending", 30, 60)
    check(event)


def test_a_party_larger_than_the_event_holds_nobody_up():
    event, ticket_type = scene(capacity=2)
    seated = buy(people(1)[0], ticket_type, qty=2)
    crowd, single = wait(event, people(1)[0], 3), wait(event, people(1)[0], 1)
    cancelling.cancel(seated, by=seated.user)
    assert statuses(crowd, single) == ["waitlisted", "confirmed"]
    assert buy(people(1)[0], ticket_type).status == "paid"
    capacity.change(event, 5, by=people(1)[0])
    assert statuses(crowd) == ["confirmed"]
    check(event)


def test_those_who_wait_for_room_in_the_event_come_before_buyers_of_any_type():
    """Both types have stock of their own; the event is what is full."""
    event, first, second = two_types()
    capacity.change(event, 2, by=people(1)[0])
    taken = buy(people(1)[0], first)
    buy(people(1)[0], second)
    waiter = wait(event, people(1)[0], 1)
    with pytest.raises(SoldOut):
        buy(people(1)[0], second)
    cancelling.cancel(taken, by=taken.user)
    assert statuses(waiter) == ["confirmed"]
    check(event)


def test_more_of_a_type_moves_the_queue():
    event, first, second = two_types(is_capacity_fixed=False)
    for one in (first, second):
        buy(people(1)[0], one, qty=2)
    waiter = wait(event, people(1)[0], 1)
    ticket_types.change(first, by=people(1)[0], quantity_total=3)
    event.refresh_from_db()
    assert (event.capacity, statuses(waiter)) == (5, ["confirmed"])
    check(event)


def test_more_than_fit_in_one_transaction_go_on_in_a_task(monkeypatch):
    monkeypatch.setattr(waitlist, "promote", partial(waitlist.promote, most=2))
    event, _type, [taken], waiting = full(capacity=1, waiting=5)
    capacity.change(event, 6, by=taken.user)
    assert statuses(*waiting) == ["confirmed"] * 2 + ["waitlisted"] * 3
    with pytest.raises(SoldOut):
        book(event, people(1)[0])
    assert (tasks.promote_waitlists(event.pk), tasks.promote_waitlists()) == (2, 1)
    assert statuses(*waiting) == ["confirmed"] * 5
    check(event)


def test_a_withdrawn_or_cancelled_event_promotes_nobody_until_it_is_open_again():
    event, _type, [taken], waiting = full(waiting=1)
    editing.set_bookable(event, False, by=taken.user)
    cancelling.cancel_booking(taken, by=taken.user)
    assert (tasks.promote_waitlists(), statuses(*waiting)) == (0, ["waitlisted"])
    editing.set_bookable(event, True, by=taken.user)
    states.advance(event, Event.State.CANCELLED, by=taken.user)
    assert (tasks.promote_waitlists(), statuses(*waiting)) == (0, ["waitlisted"])
    states.advance(event, Event.State.PUBLISHED, by=taken.user)
    assert (tasks.promote_waitlists(event.pk), statuses(*waiting)) == (1, ["confirmed"])
    check(event)


def test_an_offer_has_a_deadline_and_passes_on(settings):
    settings.EVENTIFY_OFFER_MINUTES = 60
    with time_machine.travel(NOW, tick=False) as clock:
        event, _type, [taken], waiting = full(price=100)
        cancelling.cancel_booking(taken, by=taken.user)
        offer = Order.objects.get(bookings=waiting[0])
        assert (offer.status, offer.expires_at, offer.total_amount) == ("pending", NOW + timedelta(hours=1), 100)
        assert offer.payments.get().status == "open"
        mail = OutgoingMail.objects.get(template="offer")
        assert (mail.to, mail.context["expires_at"]) == (waiting[0].user.email, "2026-06-01T13:00:00+00:00")
        with pytest.raises(SoldOut):
            book(event, people(1)[0])
        clock.shift(timedelta(minutes=60))
        assert tasks.expire_holds() == 1
        assert statuses(*waiting) == ["cancelled", "pending", "waitlisted"]
        check(event)
        assert pay(open_page_of(waiting[1])).status == "paid"
        assert statuses(*waiting) == ["cancelled", "confirmed", "waitlisted"]
        check(event)


def open_page_of(booking: Booking) -> Order:
    """The buyer opens the page of the offer."""
    order = Order.objects.get(bookings=booking)
    payments.try_again(order)
    return order


def test_offers_expire_against_newcomers():
    with time_machine.travel(NOW, tick=False) as clock:
        for _round in range(ROUNDS // 2):
            event, _type, [taken], waiting = full(price=100)
            cancelling.cancel_booking(taken, by=taken.user)
            clock.shift(timedelta(hours=1))
            results = race(tasks.expire_holds, *(partial(book, event, user) for user in people(6)))
            assert len(errors(results, SoldOut)) == len(errors(results)) == 6
            assert statuses(*waiting) == ["cancelled", "pending", "waitlisted"]
            check(event)
