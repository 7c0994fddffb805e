"""A ticket that goes to somebody else: theirs when they accept, under a new code, and never both people's."""

from datetime import timedelta
from functools import partial

import pytest
import time_machine
from django.utils import timezone

from accounts.models import Notification, OutgoingMail
from accounts.tests.racing import good, meet_after, race, switch_row_locks_off
from bookings import cancelling, checkin, resales, sales, tasks, transfers
from bookings.models import Ticket, TicketTransfer
from bookings.tests.invariants import check
from bookings.tests.scenes import buy, pay, people, scene, settled
from eventify.lib.errors import DomainError, Forbidden, Invalid, Missing
from events.models import Event

pytestmark = pytest.mark.django_db


def sold(qty=1, price=10, **event):
    """(event, paid order, its tickets)."""
    event, kind = scene(price=price, **event)
    order = buy(people(1)[0], kind, qty=qty)
    order = pay(order) if order.status == "pending" else order
    return event, order, list(order.tickets.order_by("pk"))


def send(ticket, to="friend@example.org", **options):
    """Offer the ticket; the token of the link."""
    return transfers.token_of(transfers.offer(ticket, to, by=ticket.user, **options).seed)


def mailed() -> list[tuple[str, str]]:
    """(template, address) of the mails about tickets that were passed on."""
    rows = OutgoingMail.objects.filter(template__startswith="ticket_").order_by("pk")
    return list(rows.values_list("template", "to"))


def test_the_ticket_is_theirs_under_a_new_code_and_both_are_told():
    event, order, (ticket, _other) = sold(qty=2)
    Ticket.objects.filter(pk=ticket.pk).update(attendee_name="Ann", attendee_email="ann@example.org")
    OutgoingMail.objects.all().delete()
    token, friend = send(ticket, message="See you there"), people(1)[0]
    assert Ticket.objects.get(pk=ticket.pk).user == order.user  # until they accept
    new = transfers.accept(token, by=friend)
    new.refresh_from_db()
    assert (new.pk, new.user, new.attendee_name, new.attendee_email) == (ticket.pk, friend, "", "")
    assert new.ticket_code != ticket.ticket_code
    with pytest.raises(checkin.UnknownCode):
        checkin.admit(ticket.ticket_code, by=None)
    assert checkin.admit(new.ticket_code, by=None).status == "used"
    assert ticket.revoked_codes.count() == 1
    assert mailed() == [
        ("ticket_offered", "friend@example.org"),
        ("ticket_passed_on", order.mail_to),
        ("ticket_received", friend.email),
    ]
    titles = set(Notification.objects.values_list("recipient", "title"))
    assert (friend.pk, f"You have a ticket for {event.name}") in titles
    assert (order.user.pk, f"Your ticket for {event.name} went to {friend}") in titles
    assert settled(order) == ("paid", 2, 0, 20)  # the money stays the buyer's
    check(event)


def test_the_mail_has_the_link_and_nobody_else_can_compute_it():
    _event, _order, (ticket,) = sold()
    token = send(ticket)
    sent = TicketTransfer.objects.get()
    assert token not in (sent.token_hash, sent.seed) and transfers.find(token) == sent
    with pytest.raises(Missing):
        transfers.find(token[:-1])
    with pytest.raises(Missing):
        transfers.find("\ud800\x00")


def test_a_link_is_good_once():
    _event, _order, (ticket,) = sold()
    token = send(ticket)
    first, second = people(2)
    transfers.accept(token, by=first)
    with pytest.raises(transfers.TransferOver, match="accepted already"):
        transfers.accept(token, by=second)


def test_taken_back():
    _event, order, (ticket,) = sold()
    token = send(ticket)
    with pytest.raises(Forbidden):
        transfers.withdraw(TicketTransfer.objects.get(), by=people(1)[0])
    transfers.withdraw(TicketTransfer.objects.get(), by=order.user)
    with pytest.raises(transfers.TransferOver, match="took this ticket back"):
        transfers.accept(token, by=people(1)[0])
    with pytest.raises(transfers.TransferOver):
        transfers.withdraw(TicketTransfer.objects.get(), by=order.user)
    assert send(ticket) != token


def test_a_link_that_nobody_follows_expires_and_the_sender_is_told():
    with time_machine.travel(timezone.now(), tick=False) as clock:
        _event, order, (ticket,) = sold()
        token = send(ticket)
        clock.shift(transfers.LIFE)
        with pytest.raises(transfers.TransferOver, match="too old"):
            transfers.accept(token, by=people(1)[0])
        assert tasks.tidy_tickets_on_their_way() == 1
        assert tasks.tidy_tickets_on_their_way() == 0
        assert mailed()[-1] == ("ticket_not_accepted", order.mail_to)
        send(ticket)


def test_a_link_is_not_good_after_the_event():
    event, _order, (ticket,) = sold()
    Event.objects.update(ends_at=timezone.now() + timedelta(hours=1), starts_at=timezone.now())
    send(ticket)
    event.refresh_from_db()
    assert TicketTransfer.objects.get().expires_at == event.ends_at


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda ticket: checkin.admit(ticket.ticket_code, by=None), "used at the door"),
        (lambda ticket: Ticket.objects.update(status="cancelled"), "was cancelled"),
        (lambda ticket: Event.objects.update(state="cancelled"), "is cancelled"),
        (lambda ticket: Event.objects.update(starts_at=ticket.created_at, ends_at=ticket.created_at), "is over"),
    ],
)
def test_a_ticket_that_is_not_good_goes_nowhere(spoil, sentence):
    _event, _order, (ticket,) = sold()
    token = send(ticket)
    spoil(ticket)
    with pytest.raises(DomainError, match=sentence):
        transfers.accept(token, by=people(1)[0])
    with pytest.raises(transfers.NotTransferable, match=sentence):
        send(ticket)


def test_who_may_not():
    _event, order, (ticket,) = sold()
    with pytest.raises(Forbidden):
        transfers.offer(ticket, "a@example.org", by=people(1)[0])
    token = send(ticket)
    with pytest.raises(transfers.NotTransferable, match="already"):
        send(ticket)
    with pytest.raises(transfers.NotTransferable, match="own ticket"):
        transfers.accept(token, by=order.user)
    guest = people(1)[0]
    guest.is_guest = True
    with pytest.raises(Forbidden):
        transfers.accept(token, by=guest)
    with pytest.raises(resales.NotResellable, match="sent a link"):
        resales.offer(ticket, by=order.user)


@pytest.mark.parametrize("to", ["", "nobody", "a@b\x00.org", f"{'a' * 250}@example.org", "\ud800@example.org"])
def test_an_address_that_is_none(to):
    _event, order, (ticket,) = sold()
    with pytest.raises(Invalid) as refused:
        transfers.offer(ticket, to, by=order.user)
    assert list(refused.value.errors) == ["to_email"]
    with pytest.raises(Invalid):
        transfers.offer(ticket, order.user.email.upper(), by=order.user)


@pytest.mark.parametrize("message", ["x" * 501, "a\x00b", "\udfff"])
def test_words_that_are_none(message):
    _event, order, (ticket,) = sold()
    with pytest.raises(Invalid) as refused:
        transfers.offer(ticket, "a@example.org", by=order.user, message=message)
    assert list(refused.value.errors) == ["message"]


def test_nobody_sends_links_without_end(monkeypatch):
    monkeypatch.setattr(transfers, "MOST_A_DAY", 1)
    _event, _order, (first, second) = sold(qty=2)
    send(first)
    with pytest.raises(transfers.NotTransferable, match="tomorrow"):
        send(second)


def test_nobody_has_more_than_one_person_may():
    event, order, (ticket, other) = sold(qty=2)
    event.ticket_types.update(max_per_person=2)
    friend = people(1)[0]
    buy(friend, event.ticket_types.get())
    transfers.accept(send(ticket), by=friend)
    with pytest.raises(sales.OverLimit):
        transfers.accept(send(other), by=friend)
    with pytest.raises(sales.OverLimit):  # what was passed on counts for who has it
        buy(friend, event.ticket_types.get())
    with pytest.raises(sales.OverLimit):  # and for who bought it
        buy(order.user, event.ticket_types.get())


def test_the_ticket_dies_with_the_order_and_its_holder_is_told():
    event, order, (ticket, other) = sold(qty=2)
    friend = people(1)[0]
    transfers.accept(send(ticket), by=friend)
    token = send(other)
    cancelling.cancel(order, by=order.user)
    assert settled(order) == ("refunded", 0, 1, 0)
    assert mailed()[-1] == ("ticket_dropped", friend.email)
    with pytest.raises(transfers.TransferOver):
        transfers.accept(token, by=friend)
    check(event)


def test_it_goes_on_and_back():
    event, order, (ticket,) = sold()
    friend = people(1)[0]
    ticket = transfers.accept(send(ticket), by=friend)
    ticket = transfers.accept(send(ticket), by=order.user)
    resales.offer(ticket, by=order.user)
    assert ticket.revoked_codes.count() == 2
    check(event)


# --- Races ----------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_of_two_who_accept_one_gets_it():
    event, _order, (ticket,) = sold()
    token = send(ticket)
    results = race(*(partial(transfers.accept, token, by=user) for user in people(4)))
    assert len(good(results)) == 1
    assert OutgoingMail.objects.filter(template="ticket_received").count() == 1
    check(event)


@pytest.mark.django_db(transaction=True)
def test_control_without_locks_two_accept(monkeypatch):
    _event, _order, (ticket,) = sold()
    token = send(ticket)
    switch_row_locks_off(monkeypatch)
    meet_after(monkeypatch, transfers, "check", 2)
    results = race(*(partial(transfers.accept, token, by=user) for user in people(2)))
    assert len(good(results)) == 2


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("_time", range(3))
def test_accepted_or_cancelled(_time):
    event, order, (ticket,) = sold()
    token, friend = send(ticket), people(1)[0]
    race(partial(transfers.accept, token, by=friend), partial(cancelling.cancel, order, by=order.user))
    assert settled(order) == ("refunded", 0, 1, 0)
    assert Ticket.objects.get().status == "cancelled"
    is_theirs = Ticket.objects.get().user == friend
    assert OutgoingMail.objects.filter(template="ticket_dropped").count() == is_theirs
    check(event)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("_time", range(3))
def test_accepted_or_scanned(_time):
    event, order, (ticket,) = sold()
    token, friend = send(ticket), people(1)[0]
    results = race(
        partial(transfers.accept, token, by=friend), partial(checkin.admit, ticket.ticket_code, by=None, gate="A")
    )
    assert len(good(results)) == 1
    now = Ticket.objects.get()
    assert (now.user, now.status) in ((friend, "valid"), (order.user, "used"))
    check(event)


@pytest.mark.django_db(transaction=True)
def test_control_without_locks_a_used_ticket_goes_on(monkeypatch):
    _event, _order, (ticket,) = sold()
    token, friend = send(ticket), people(1)[0]
    switch_row_locks_off(monkeypatch)
    hand_over = transfers._hand_over

    def scanned_first(*args):
        assert good(race(partial(checkin.admit, ticket.ticket_code, by=None)))
        hand_over(*args)

    monkeypatch.setattr(transfers, "_hand_over", scanned_first)
    transfers.accept(token, by=friend)
    now = Ticket.objects.get()
    assert (now.user, now.status) == (friend, "used")  # the door was opened, and the friend has a used ticket


def test_a_link_that_is_too_old_stops_no_new_one_though_no_sweep_has_come_by():
    _event, order, (ticket,) = sold()
    send(ticket, to="first@example.org")
    with pytest.raises(transfers.NotTransferable):
        send(ticket, to="second@example.org")
    with time_machine.travel(timezone.now() + timedelta(days=7, seconds=1)):
        assert transfers.open_of(ticket) is None
        send(ticket, to="second@example.org")
        assert list(ticket.transfers.order_by("pk").values_list("to_email", "status")) == [
            ("first@example.org", "expired"),
            ("second@example.org", "open"),
        ]
        assert mailed() == [
            ("ticket_offered", "first@example.org"),
            ("ticket_not_accepted", order.mail_to),
            ("ticket_offered", "second@example.org"),
        ]
        assert Notification.objects.filter(title__startswith="Nobody accepted").count() == 1
        assert tasks.tidy_tickets_on_their_way() == 0  # it is done already


def test_a_link_that_is_too_old_stops_no_offer_to_the_queue():
    event, order, (ticket,) = sold(capacity=1)
    send(ticket)
    with pytest.raises(resales.NotResellable):
        resales.offer(ticket, by=order.user)
    with time_machine.travel(timezone.now() + timedelta(days=7, seconds=1)):
        assert resales.offer(ticket, by=order.user).status == "offered"
        assert ticket.transfers.get().status == "expired"
        check(event)
