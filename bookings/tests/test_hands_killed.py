"""A process in which a ticket changes hands is killed (SIGKILL) between any two steps, and the message comes again."""

import signal
from functools import partial

import pytest

from accounts.models import OutgoingMail
from accounts.tests.processes import run_until, steps
from bookings import cancelling, checkout, payments, resales, transfers
from bookings.factories import TicketTypeFactory
from bookings.models import Refund, Resale, Ticket, TicketTransfer
from bookings.tests.invariants import broken, check
from bookings.tests.scenes import buy, decide, pay, people, scene, settled, wait
from events.models import Event
from partners.factories import PartnerFactory

pytestmark = pytest.mark.django_db(transaction=True)


OFFER = "resales.after_offer"
SETTLE = [name for name in steps(resales, payments, cancelling) if name not in (OFFER, "cancelling.after_split")]
SETTLE = [name for name in SETTLE if name != "cancelling.before_commit"]  # those of cancel_tickets
ACCEPT = steps(transfers)


start = partial(run_until, "bookings.tests.hands_process")


@pytest.fixture
def held():
    """Two sellers with two tickets each gave one back; a party of two has them on hold and has paid the provider."""
    event, kind = scene(capacity=4, price=10, partner=PartnerFactory(), seating=Event.Seating.AUTOMATIC)
    sellers = [pay(buy(user, kind, qty=2)) for user in people(2)]
    late = wait(event, people(1)[0], 2)
    for order in sellers:
        resales.offer(order.tickets.order_by("pk")[1], by=order.user)
    late.refresh_from_db()
    checkout.open_page(late.order)
    return event, sellers, late.order, decide(late.order)


def test_the_steps_are_all_there():
    assert SETTLE == [
        "resales.after_split",
        "resales.after_seats",
        "resales.after_seller",
        "payments.after_status",
        "payments.before_commit",
        "payments.after_tickets",
        "cancelling.after_refund",
        "cancelling.after_release",
    ]
    assert ACCEPT == ["transfers.after_lock", "transfers.after_ticket", "transfers.before_commit"]


@pytest.mark.parametrize("step", [*SETTLE, "resales.after_seller:2", "cancelling.after_release:2"])
def test_killed_while_it_is_paid(held, step):
    event, sellers, bought, payment = held
    assert start(step, "pay", payment.pk) == -signal.SIGKILL
    assert [settled(order) for order in sellers] == [("paid", 2, 0, 20)] * 2  # nothing has happened to them
    assert bought.tickets.count() == 0
    check(event)
    assert start("", "pay", payment.pk) == 0
    assert start("", "pay", payment.pk) == 0  # the provider says it twice
    assert [settled(order) for order in sellers] == [("paid", 1, 1, 10)] * 2
    assert settled(bought) == ("paid", 2, 0, 20)
    assert Refund.objects.count() == 2 and set(Resale.objects.values_list("status", flat=True)) == {"sold"}
    assert OutgoingMail.objects.filter(template="resale_sold").count() == 2
    check(event)


def test_control_what_is_committed_in_pieces_is_noticed(held):
    event, _sellers, _bought, payment = held
    assert start("payments.after_tickets", "pay_in_pieces", payment.pk) == -signal.SIGKILL
    assert broken(event)


def test_killed_while_it_is_given_back():
    event, kind = scene(capacity=1, price=10, partner=PartnerFactory())
    TicketTypeFactory(event=event, name="Other", quantity_total=0)
    order = pay(buy(people(1)[0], kind))
    late = wait(event, people(1)[0])
    ticket = order.tickets.get()
    assert start(OFFER, "give_back", ticket.pk) == -signal.SIGKILL
    late.refresh_from_db()
    assert (late.status, Resale.objects.count()) == ("waitlisted", 0)
    assert start("", "give_back", ticket.pk) == 0
    late.refresh_from_db()
    assert (late.status, Resale.objects.get().status) == ("pending", "held")
    check(event)


@pytest.mark.parametrize("step", ACCEPT)
def test_killed_while_it_is_accepted(step):
    event, kind = scene(capacity=1, price=10, partner=PartnerFactory())
    order = pay(buy(people(1)[0], kind))
    ticket, taker = order.tickets.get(), people(1)[0]
    sent = transfers.offer(ticket, taker.email, by=order.user)
    assert start(step, "accept", sent.pk, taker.pk) == -signal.SIGKILL
    assert Ticket.objects.values_list("user", "ticket_code").get() == (order.user_id, ticket.ticket_code)
    assert (TicketTransfer.objects.get().status, ticket.revoked_codes.count()) == ("open", 0)
    assert start("", "accept", sent.pk, taker.pk) == 0
    new = Ticket.objects.get()
    assert (new.user, new.ticket_code == ticket.ticket_code, ticket.revoked_codes.count()) == (taker, False, 1)
    check(event)
