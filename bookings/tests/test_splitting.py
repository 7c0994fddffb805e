"""Tickets that go their own way, money without a cancellation, and cancellations without money: the sums stay exact."""

from decimal import Decimal
from functools import partial

import pytest

from accounts.factories import SuperAdminFactory
from accounts.models import AuditLog, OutgoingMail
from accounts.tests.racing import good, meet_before, race, switch_row_locks_off
from bookings import calling_off, cancelling, checkin, refunds, splitting
from bookings.factories import TicketTypeFactory
from bookings.models import Booking, Order, Refund
from bookings.tests.invariants import check
from bookings.tests.scenes import buy, pay, people, scene, spent, wait
from eventify.lib.errors import Conflict, Invalid
from events.models import Event
from partners.books import accounts
from partners.factories import PartnerFactory
from partners.models import Entry

pytestmark = pytest.mark.django_db


def sold(qty=3, price="9.99", fee="33.33", **event):
    """A paid order of one type; the event and the order with its tickets."""
    event, kind = scene(price=price, partner=PartnerFactory(fee_percent=fee), **event)
    order = pay(buy(people(1)[0], kind, qty=qty))
    return event, order, list(order.tickets.order_by("pk"))


def split(order, tickets):
    _events, order = cancelling.lock(order)
    return splitting.split(order, tickets)


def shape(order) -> list[tuple]:
    return list(order.bookings.order_by("pk").values_list("qty", "status", "split_from", "seat_labels"))


def moved(kind: str, account: str) -> list[Decimal]:
    rows = Entry.objects.filter(transfer__kind=kind, account=account).order_by("pk")
    return [entry.debit + entry.credit for entry in rows]


def test_a_split_moves_tickets_and_seats_and_counts_nothing():
    event, order, tickets = sold(seating=Event.Seating.AUTOMATIC)
    root = order.bookings.get()
    (part,) = split(order, tickets[1:])
    assert shape(order) == [(1, "confirmed", None, ["A-1"]), (2, "confirmed", root.pk, ["A-2", "A-3"])]
    (again,) = split(order, tickets[2:])
    assert again.split_from_id == root.pk and again.seat_labels == ["A-3"]
    assert [list(one.seats.values_list("label", flat=True)) for one in (root, part, again)] == [
        ["A-1"],
        ["A-2"],
        ["A-3"],
    ]
    assert [one.tickets.get() for one in (root, part, again)] == tickets
    check(event)


def test_what_is_wholly_meant_is_not_split():
    _event, order, tickets = sold()
    assert split(order, tickets) == list(order.bookings.all())
    assert len(shape(order)) == 1


def test_tickets_of_two_bookings_are_split_in_one_act():
    event, kind = scene(price=5)
    other = TicketTypeFactory(event=event, price=7)
    order = pay(buy(people(1)[0], kind, other, qty=2))
    first, second = order.bookings.order_by("pk")
    chosen = [first.tickets.order_by("pk")[0], *second.tickets.all()]
    parts = split(order, chosen)
    assert [(one.split_from_id, one.qty) for one in parts] == [(first.pk, 1), (None, 2)]
    check(event)


def test_only_good_tickets_of_the_order_are_split():
    _event, order, tickets = sold()
    _other, _order, strange = sold()
    cancelling.cancel_tickets(order, tickets[:1], by=order.user)
    for wrong in (tickets[:1], [tickets[1], strange[0]]):
        with pytest.raises(splitting.NotSplittable):
            split(order, wrong)


def test_one_ticket_is_cancelled_and_its_price_goes_back():
    event, order, tickets = sold(capacity=3)
    late = wait(event, people(1)[0])
    (ended,) = cancelling.cancel_tickets(order, tickets[:1], by=order.user)
    order.refresh_from_db(), ended.refresh_from_db(), late.refresh_from_db()
    assert (order.status, ended.status, ended.qty, ended.is_forfeited) == ("paid", "cancelled", 1, False)
    assert list(Refund.objects.values_list("amount", flat=True)) == [Decimal("9.99")]
    assert late.status == "pending"  # the freed place is the queue's
    assert spent(order) == Decimal("19.98")
    check(event)


@pytest.mark.parametrize("steps", [[1, 1, 1], [2, 1], [1, 2]])
def test_the_fee_that_goes_back_in_parts_is_exactly_the_fee_taken(steps):
    _event, order, tickets = sold(price="0.05")
    assert moved("fee", "platform_fees") == [Decimal("0.05")]
    for number in steps:
        cancelling.cancel_tickets(order, [tickets.pop() for _one in range(number)], by=order.user)
        check()
    assert sum(moved("fee_return", "platform_fees")) == Decimal("0.05")
    order.refresh_from_db()
    assert order.status == Order.Status.REFUNDED


def test_split_after_its_root_went_back():
    """The split-off is split again when the fee of the root is back already: nothing is lost between the shares."""
    _event, order, tickets = sold(qty=7, price="0.05")
    part = split(order, tickets[4:])[0]
    cancelling.cancel_tickets(order, tickets[:4], by=order.user)
    for ticket in tickets[4:]:
        cancelling.cancel_tickets(order, [ticket], by=order.user)
        check()
    assert part.qty == 3
    assert sum(moved("fee_return", "platform_fees")) == sum(moved("fee", "platform_fees"))


def test_a_used_ticket_keeps_only_itself():
    event, order, tickets = sold()
    checkin.admit(tickets[0].ticket_code, by=None)
    with pytest.raises(cancelling.NotCancellable, match="used at the door"):
        cancelling.cancel_tickets(order, tickets[:2], by=order.user)
    cancelling.cancel_tickets(order, tickets[1:], by=order.user)
    order.refresh_from_db()
    assert order.status == Order.Status.PAID
    assert [one.status for one in order.tickets.order_by("pk")] == ["used", "cancelled", "cancelled"]
    check(event)


def test_cancelled_without_money():
    event, order, tickets = sold(capacity=3)
    boss = SuperAdminFactory()
    OutgoingMail.objects.all().delete()
    (ended,) = cancelling.cancel_tickets(order, tickets[:1], by=boss, reason="Misbehaved", is_refunded=False)
    ended.refresh_from_db()
    assert ended.is_forfeited and not Refund.objects.exists()
    cancelling.cancel_tickets(order, tickets[1:], by=boss, is_refunded=False)
    order.refresh_from_db()
    assert order.status == Order.Status.CANCELLED
    assert moved("refund", "buyer_payable") == []
    mails = OutgoingMail.objects.order_by("pk")
    assert [(one.template, one.context["qty"], one.context["amount"]) for one in mails] == [
        ("tickets_cancelled", 1, ""),
        ("tickets_cancelled", 2, ""),
    ]
    check(event)


def test_money_without_a_cancellation():
    event, order, _tickets = sold(price="10", fee="10")
    boss = SuperAdminFactory()
    refund = refunds.give(order, Decimal("7"), by=boss, reason="Bad seats")
    booking = order.bookings.get()
    assert (booking.given_back, booking.refundable, booking.status) == (7, 23, "confirmed")
    assert refund.shares == {str(booking.uid): "7.00"}
    assert moved("refund", "partner_payable") == [7] and moved("fee_return", "platform_fees") == [Decimal("0.70")]
    assert order.tickets.filter(status="valid").count() == 3 and spent(order) == 23
    line = AuditLog.objects.get(action="GAVE_MONEY_BACK")
    assert (line.actor, line.target_uid, line.details["amount"]) == (boss, order.uid, "7")
    mail = OutgoingMail.objects.get(template="money_back")
    assert (mail.to, mail.context["amount"]) == (order.mail_to, "₹7.00")
    refunds.send()
    check(event)
    cancelling.cancel(order, by=order.user)
    assert list(Refund.objects.order_by("pk").values_list("amount", flat=True)) == [7, 23]
    assert sum(moved("fee_return", "platform_fees")) == 3
    refunds.send()
    assert accounts()["INR"]["partner_payable"] == 0
    check(event)


def test_money_is_shared_by_the_partners_in_proportion():
    (one, a), (two, b) = (scene(price=price, partner=PartnerFactory(fee_percent="0")) for price in (10, 20))
    order = pay(buy(people(1)[0], a, b))
    refunds.give(order, Decimal("10"), by=SuperAdminFactory(), reason="Late")
    assert [booking.given_back for booking in order.bookings.order_by("pk")] == [Decimal("3.33"), Decimal("6.67")]
    check(one, two)


def test_what_was_given_goes_with_the_tickets_that_are_split():
    event, order, tickets = sold(price="10")
    boss = SuperAdminFactory()
    refunds.give(order, Decimal("10"), by=boss, reason="Late")
    amounts = [cancelling.cancel_tickets(order, [one], by=order.user)[0].refundable for one in tickets]
    assert amounts == [Decimal("6.67"), Decimal("6.66"), Decimal("6.67")]
    check(event)


def test_all_the_money_given_leaves_nothing_to_cancel():
    event, order, _tickets = sold(price="10")
    boss = SuperAdminFactory()
    refunds.give(order, Decimal("30"), by=boss, reason="All of it")
    cancelling.cancel(order, by=order.user)
    order.refresh_from_db()
    assert order.status == Order.Status.REFUNDED and Refund.objects.count() == 1
    with pytest.raises(Conflict):
        refunds.give(order, Decimal("1"), by=boss, reason="More")
    check(event)


def test_money_of_forfeited_tickets_may_be_given_later():
    event, order, tickets = sold(price="10")
    boss = SuperAdminFactory()
    cancelling.cancel_tickets(order, tickets, by=boss, is_refunded=False)
    refunds.give(order, Decimal("30"), by=boss, reason="We were wrong")
    check(event)


def cancelled_at_once(switch_off=lambda: None):
    """The same ticket, cancelled by four at the same time."""
    event, order, tickets = sold()
    switch_off()
    return event, order, race(*[partial(cancelling.cancel_tickets, order, tickets[:1], by=order.user)] * 4)


@pytest.mark.django_db(transaction=True)
def test_tickets_that_are_cancelled_by_many_at_once_go_back_once():
    event, order, results = cancelled_at_once()
    assert len(good(results)) == 1
    assert [one.amount for one in Refund.objects.all()] == [Decimal("9.99")]
    check(event)


@pytest.mark.django_db(transaction=True)
def test_control_without_the_locks_they_go_back_more_than_once(monkeypatch):
    def switch_off():
        switch_row_locks_off(monkeypatch)
        meet_before(monkeypatch, Booking, "save", 2)

    event, _order, _results = cancelled_at_once(switch_off)
    with pytest.raises(AssertionError):
        check(event)


def given_at_once(switch_off=lambda: None):
    """More than was paid, asked for by four at the same time."""
    event, order, _tickets = sold(price="10")
    boss = SuperAdminFactory()
    switch_off()
    gift = partial(refunds.give, order, Decimal("20"), by=boss, reason="x")
    return event, race(*[gift] * 4)


@pytest.mark.django_db(transaction=True)
def test_never_more_is_given_than_was_paid():
    event, results = given_at_once()
    assert len(good(results)) == 1
    check(event)


@pytest.mark.django_db(transaction=True)
def test_control_without_the_locks_more_is_given(monkeypatch):
    def switch_off():
        switch_row_locks_off(monkeypatch)
        meet_before(monkeypatch, Booking, "save", 2)

    event, _results = given_at_once(switch_off)
    with pytest.raises(AssertionError):
        check(event)


@pytest.mark.parametrize("amount", ["0", "-1", "30.01", "0.001", "1E+40", "NaN", "-Infinity", "Infinity"])
def test_an_amount_that_cannot_go_back(amount):
    _event, order, _tickets = sold(price="10")
    with pytest.raises(Invalid) as refused:
        refunds.give(order, Decimal(amount), by=SuperAdminFactory(), reason="x")
    assert "amount" in refused.value.errors
    assert not Refund.objects.exists()


def test_yen_have_no_cents():
    event, kind = scene(price=100, currency="JPY", partner=PartnerFactory(fee_percent="3"))
    order = pay(buy(people(1)[0], kind, qty=3))
    boss = SuperAdminFactory()
    with pytest.raises(Invalid):
        refunds.give(order, Decimal("10.5"), by=boss, reason="x")
    refunds.give(order, Decimal("100"), by=boss, reason="x")
    for ticket in order.tickets.order_by("pk"):
        cancelling.cancel_tickets(order, [ticket], by=order.user)
    assert [one.amount for one in Refund.objects.order_by("pk")] == [100, 67, 66, 67]
    check(event)


@pytest.mark.parametrize("wrong", ["", "  ", "x" * 201])
def test_a_reason_is_needed(wrong):
    _event, order, _tickets = sold()
    with pytest.raises(Invalid) as refused:
        refunds.give(order, Decimal("1"), by=SuperAdminFactory(), reason=wrong)
    assert list(refused.value.errors) == ["reason"]


def test_nothing_is_given_for_an_order_that_was_not_paid():
    _event, kind = scene(price=10)
    order = buy(people(1)[0], kind)
    with pytest.raises(Conflict):
        refunds.give(order, Decimal("1"), by=SuperAdminFactory(), reason="x")


def test_an_event_called_off_gives_back_what_is_left_of_split_bookings():
    event, order, tickets = sold(price="10", fee="10")
    boss = SuperAdminFactory()
    refunds.give(order, Decimal("10"), by=boss, reason="Late")
    cancelling.cancel_tickets(order, tickets[:1], by=boss, is_refunded=False)
    split(order, tickets[1:2])
    calling_off.cancel_event(event, reason="Storm", by=boss)
    event.refresh_from_db()
    plan = calling_off.plan(calling_off.CallingOff(event))
    assert (plan["refunds"], plan["fees_returned"]) == ({"INR": "13.33"}, {"INR": "1.33"})
    calling_off.sweep()
    assert sum(one.amount for one in Refund.objects.all()) == Decimal("23.33")
    assert Booking.objects.filter(status="confirmed").count() == 0
    check(event)


def test_control_a_share_that_is_not_noted_is_found():
    _event, order, _tickets = sold(price="10")
    refunds.give(order, Decimal("5"), by=SuperAdminFactory(), reason="x")
    Booking.objects.filter(order=order).update(given_back=4)
    with pytest.raises(AssertionError, match="4.00 is noted"):
        check()
