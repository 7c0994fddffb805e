"""Tickets that go back to the queue: the place changes hands when it is paid, and not before."""

from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine
from django.utils import timezone

from accounts.factories import SuperAdminFactory
from accounts.models import OutgoingMail
from bookings import calling_off, cancelling, checkin, checkout, resales, tasks, transfers
from bookings.factories import TicketTypeFactory
from bookings.models import Booking, Order, Refund, Resale, Ticket
from bookings.tests.invariants import broken, check
from bookings.tests.scenes import book, buy, decide, hear, pay, people, scene, settled, spent, statuses, wait
from eventify.lib.errors import Conflict, Forbidden
from events.models import Event
from partners.factories import PartnerFactory

pytestmark = pytest.mark.django_db


def full(qty=1, price="10", capacity=None, **event):
    """A full event whose places one person has paid for; (event, its order, its tickets)."""
    event, kind = scene(capacity=capacity or qty, price=price, partner=PartnerFactory(fee_percent="10"), **event)
    order = buy(people(1)[0], kind, qty=qty)
    order = pay(order) if order.status == "pending" else order
    return event, order, list(order.tickets.order_by("pk"))


def give_back(*tickets):
    return [resales.offer(one, by=one.user) for one in tickets]


def stands(*rows) -> list[str]:
    now = dict(Resale.objects.values_list("pk", "status"))
    return [now[one.pk] for one in rows]


def order_of(booking) -> Order:
    """The order of a promoted booking, with the page to pay it at."""
    booking.refresh_from_db()
    checkout.open_page(booking.order)
    return booking.order


def mails(template) -> list[str]:
    return list(OutgoingMail.objects.filter(template=template).order_by("pk").values_list("to", flat=True))


def test_the_ticket_is_the_sellers_until_the_buyer_has_paid():
    event, order, (ticket,) = full(seating=Event.Seating.AUTOMATIC)
    late = wait(event, people(1)[0])
    (resale,) = give_back(ticket)
    bought = order_of(late)
    assert (resale.status, late.status, late.unit_price, bought.total_amount) == ("held", "pending", 10, 10)
    assert settled(order) == ("paid", 1, 0, 10)
    event.refresh_from_db()
    assert (event.booked_count, event.waitlisted_count) == (1, 0)
    check(event)
    pay(bought)
    assert settled(order) == ("refunded", 0, 1, 0) and settled(bought)[:2] == ("paid", 1)
    new = bought.tickets.get()
    assert (new.seat, new.ticket_code == ticket.ticket_code) == (ticket.seat, False)
    assert (stands(resale), mails("resale_sold")) == (["sold"], [order.mail_to])
    event.refresh_from_db()
    assert event.booked_count == 1
    check(event)


def test_one_of_several_tickets_is_sold_and_the_others_stay():
    event, order, tickets = full(qty=3, seating=Event.Seating.AUTOMATIC)
    late = wait(event, people(1)[0])
    give_back(tickets[1])
    pay(order_of(late))
    assert settled(order) == ("paid", 2, 1, 20)
    assert [one.amount for one in Refund.objects.all()] == [10]
    late.refresh_from_db()
    assert late.seat_labels == ["A-2"]
    check(event)
    cancelling.cancel(order, by=order.user)
    check(event)


def test_tickets_of_two_sellers_make_a_party_of_two():
    event, kind = scene(capacity=2, price=10, partner=PartnerFactory())
    sellers = [pay(buy(user, kind)) for user in people(2)]
    late = wait(event, people(1)[0], 2)
    first, second = [order.tickets.get() for order in sellers]
    give_back(first)
    assert statuses(late) == ["waitlisted"]
    give_back(second)
    assert statuses(late) == ["pending"]
    check(event)
    pay(order_of(late))
    assert [settled(order)[0] for order in sellers] == ["refunded", "refunded"]
    check(event)


def test_a_smaller_party_behind_a_larger_one_gets_what_fits_and_the_larger_keeps_its_place():
    event, _order, (ticket, *_others) = full(qty=3)
    large, small = (wait(event, user, qty) for user, qty in zip(people(2), (2, 1), strict=True))
    give_back(ticket)
    assert statuses(large, small) == ["waitlisted", "pending"]
    check(event)


def test_the_offer_goes_to_the_next_when_the_first_does_not_pay():
    with time_machine.travel(timezone.now(), tick=False) as clock:
        event, order, (ticket,) = full()
        first, second = (wait(event, user) for user in people(2))
        (resale,) = give_back(ticket)
        clock.shift(timedelta(minutes=61))
        tasks.expire_holds()
        assert (statuses(first, second), stands(resale)) == (["cancelled", "pending"], ["held"])
        check(event)
        cancelling.cancel(order_of(second), by=second.user)
        assert (statuses(second), stands(resale)) == (["cancelled"], ["offered"])
        assert settled(order) == ("paid", 1, 0, 10)
        check(event)
        resales.withdraw(resale, by=order.user)
        assert stands(resale) == ["withdrawn"]
        check(event)


def test_who_joins_later_is_offered_what_is_there():
    event, _order, (ticket,) = full()
    give_back(ticket)
    late = book(event, people(1)[0], waitlist_too=True)
    assert late.status == "pending" and late.order.total_amount == 10
    check(event)


def test_nobody_is_offered_their_own_ticket():
    event, order, (ticket,) = full()
    own, other = wait(event, order.user), wait(event, people(1)[0])
    give_back(ticket)
    assert statuses(own, other) == ["waitlisted", "pending"]


def test_tickets_for_nothing_change_hands_at_once():
    event, order, tickets = full(qty=2, price=0, seating=Event.Seating.AUTOMATIC)
    late = wait(event, people(1)[0], 2)
    rows = give_back(*tickets)
    assert (statuses(late), stands(*rows)) == (["confirmed"], ["sold", "sold"])
    assert settled(order)[:2] == ("cancelled", 0) and late.tickets.count() == 2
    assert mails("promoted") == [late.user.email]
    check(event)


def test_many_free_tickets_for_many_who_wait():
    event, _order, tickets = full(qty=60, price=0)
    late = [wait(event, user) for user in people(3)]
    give_back(*tickets)
    assert statuses(*late) == ["confirmed"] * 3
    check(event)


def test_a_paid_too_late_order_has_its_money_back_and_the_next_buys():
    with time_machine.travel(timezone.now(), tick=False) as clock:
        event, _order, (ticket,) = full()
        first, second = (wait(event, user) for user in people(2))
        give_back(ticket)
        bought, payment = order_of(first), decide(order_of(first))
        clock.shift(timedelta(minutes=61))
        tasks.expire_holds()
        hear(payment)
        assert settled(bought) == ("cancelled", 0, 1, 0)
        pay(order_of(second))
        assert statuses(first, second) == ["cancelled", "confirmed"]
        check(event)


def test_a_paid_too_late_order_takes_a_free_place_as_any_other():
    with time_machine.travel(timezone.now(), tick=False) as clock:
        event, order, (ticket,) = full()
        first = wait(event, people(1)[0])
        (resale,) = give_back(ticket)
        payment = decide(order_of(first))
        clock.shift(timedelta(minutes=61))
        tasks.expire_holds()
        resales.withdraw(resale, by=order.user)
        Event.objects.filter(pk=event.pk).update(capacity=2)
        hear(payment)
        assert statuses(first) == ["confirmed"] and settled(order)[:2] == ("paid", 1)
        check(event)
        cancelling.cancel(order_of(first), by=first.user)
        check(event)


def test_a_ticket_that_was_used_while_it_was_held_wins():
    event, order, tickets = full(qty=2)
    late = wait(event, people(1)[0], 2)
    used, other = give_back(*tickets)
    bought = order_of(late)
    checkin.admit(tickets[0].ticket_code, by=None)
    pay(bought)
    assert settled(bought) == ("cancelled", 0, 1, 0) and settled(order) == ("paid", 2, 0, 20)
    assert (statuses(late), stands(used, other)) == (["waitlisted"], ["withdrawn", "offered"])
    assert mails("offer_gone") == [late.user.email]
    check(event)


def test_the_sweep_withdraws_what_was_used():
    event, order, (ticket,) = full()
    late = wait(event, people(1)[0])
    (resale,) = give_back(ticket)
    bought = order_of(late)
    checkin.admit(ticket.ticket_code, by=None)
    assert tasks.tidy_tickets_on_their_way() == 1
    assert (statuses(late), stands(resale), settled(bought)[0]) == (["waitlisted"], ["withdrawn"], "cancelled")
    check(event)
    assert tasks.tidy_tickets_on_their_way() == 0 and order.tickets.get().status == "used"


def test_the_seller_cancels_while_it_is_held_and_the_place_is_the_same_partys():
    event, order, (ticket,) = full()
    first, second = (wait(event, user) for user in people(2))
    (resale,) = give_back(ticket)
    old = order_of(first)
    cancelling.cancel(order, by=order.user)
    assert (statuses(first, second), stands(resale)) == (["pending", "waitlisted"], ["withdrawn"])
    assert order_of(first) != old and settled(old)[0] == "cancelled"
    check(event)


def test_the_event_is_cancelled_while_it_is_held():
    event, order, (ticket,) = full()
    late = wait(event, people(1)[0])
    give_back(ticket)
    bought, payment = order_of(late), decide(order_of(late))
    Event.objects.filter(pk=event.pk).update(state=Event.State.CANCELLED)
    tasks.refund_cancelled_events()
    hear(payment)
    assert settled(order)[:3] == ("refunded", 0, 1) and settled(bought)[:3] == ("cancelled", 0, 1)
    assert Resale.objects.get().status == "withdrawn"
    check(event)


def test_the_money_of_the_event_goes_back_while_it_is_held():
    event, order, (ticket,) = full()
    late = wait(event, people(1)[0])
    give_back(ticket)
    calling_off.refund_event(event, reason="Postponed", by=SuperAdminFactory())
    tasks.refund_cancelled_events()
    assert settled(order)[0] == "refunded" and Resale.objects.get().status == "withdrawn"
    assert statuses(late) in (["waitlisted"], ["cancelled"])
    check(event)


def test_what_may_not_be_given_back():
    event, order, (ticket,) = full()
    with pytest.raises(Forbidden):
        resales.offer(ticket, by=people(1)[0])
    (resale,) = give_back(ticket)
    with pytest.raises(resales.NotResellable, match="already"):
        give_back(ticket)
    with pytest.raises(Forbidden):
        resales.withdraw(resale, by=people(1)[0])
    with pytest.raises(transfers.NotTransferable, match="to the queue"):
        transfers.offer(ticket, "a@example.org", by=order.user)
    book(event, people(1)[0], waitlist_too=True)
    with pytest.raises(Conflict):
        resales.withdraw(resale, by=order.user)  # held by now


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda event, ticket: checkin.admit(ticket.ticket_code, by=None), "used at the door"),
        (lambda event, ticket: cancelling.cancel(ticket.order, by=ticket.user), "was cancelled"),
        (lambda event, ticket: Event.objects.update(state="cancelled"), "is cancelled"),
        (lambda event, ticket: Event.objects.update(is_bookable=False), "not open for booking"),
        (lambda event, ticket: Event.objects.update(starts_at=timezone.now()), "has begun"),
        (lambda event, ticket: transfers.offer(ticket, "a@example.org", by=ticket.user), "sent a link"),
        (lambda event, ticket: Ticket.objects.update(user=people(1)[0]), "passed on to you"),
    ],
)
def test_a_ticket_that_is_not_free_to_go(spoil, sentence):
    event, _order, (ticket,) = full()
    spoil(event, ticket)
    ticket.refresh_from_db()
    with pytest.raises(resales.NotResellable, match=sentence):
        give_back(ticket)
    assert not Resale.objects.exists()


def test_the_price_is_what_was_paid_and_a_part_given_back_stays_given():
    event, order, tickets = full(qty=2)
    cancelling.refunds.give(order, Decimal("4"), by=order.user, reason="Late")
    event.ticket_types.update(price=99)
    late = wait(event, people(1)[0])
    assert resales.would_go_back(order.tickets.select_related("booking")[0]) == 8
    give_back(tickets[0])
    assert order_of(late).total_amount == 10
    pay(order_of(late))
    assert [one.amount for one in Refund.objects.order_by("pk")] == [4, 8]
    assert spent(order) == 8
    check(event)


def test_tickets_of_two_prices_are_not_one_offer():
    event, kind = scene(capacity=2, price=10)
    cheap = pay(buy(people(1)[0], kind))
    event.ticket_types.update(price=20)
    dear = pay(buy(people(1)[0], kind))
    late = wait(event, people(1)[0], 2)
    give_back(cheap.tickets.get(), dear.tickets.get())
    assert statuses(late) == ["waitlisted"]
    check(event)


def test_another_type_only_for_who_takes_any():
    event, kind = scene(capacity=2, price=10, quantity_total=1)
    other = TicketTypeFactory(event=event, price=20, quantity_total=1, name="Box", position=2)
    seller = pay(buy(people(1)[0], other))
    pay(buy(people(1)[0], kind))
    picky, easy = (wait(event, user) for user in people(2))
    Booking.objects.filter(pk=picky.pk).update(takes_any_type=False)
    give_back(seller.tickets.get())
    assert statuses(picky, easy) == ["waitlisted", "pending"]
    assert order_of(easy).total_amount == 20
    check(event)


def test_the_invariants_notice_damage():
    event, _order, (ticket,) = full()
    late = wait(event, people(1)[0])
    (resale,) = give_back(ticket)
    Resale.objects.update(price=9)
    assert "it costs 9.00" in "\n".join(broken(event))
    Resale.objects.update(price=10, buyer_booking=None)
    assert "held with buyer None" in "\n".join(broken(event))
    Resale.objects.update(status="sold", buyer_booking=late)
    assert f"is sold with buyer {late.pk}, its ticket is valid" in "\n".join(broken(event))
    Resale.objects.update(status="offered", buyer_booking=None)
    Booking.objects.filter(pk=late.pk).update(status="waitlisted")
    assert "which waits" in "\n".join(broken(event))
