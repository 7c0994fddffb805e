"""Any sequence of booking, joining, cancelling, growing, paying and expiring keeps the invariants."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule, run_state_machine_as_test

from accounts.factories import UserFactory
from bookings import cancelling, capacity, payments, tasks, ticket_types, waitlist
from bookings.factories import TicketTypeFactory
from bookings.models import Booking, Order, Payment, Seat
from bookings.tests.invariants import broken, check
from bookings.tests.scenes import book, buy, hear
from eventify.lib.errors import Conflict
from events.factories import EventFactory
from events.models import Event

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
MACHINE = settings(
    max_examples=15,
    stateful_step_count=20,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


class BookingMachine(RuleBasedStateMachine):
    """One small event with two types and everything that may happen to its stock, in one rolled back transaction."""

    bookings = Bundle("bookings")
    orders = Bundle("orders")

    def __init__(self):
        super().__init__()
        self.clock = time_machine.travel(NOW, tick=False)
        self.now = self.clock.start()
        self.transaction = transaction.atomic()
        self.transaction.__enter__()
        self.user = UserFactory()
        self.event = EventFactory(capacity=4, seating=Event.Seating.AUTOMATIC, starts_at=NOW + timedelta(days=300))
        prices = {"name": "Stalls", "price": 0}, {"name": "Balcony", "price": 20, "quantity_total": 3}
        self.types = [TicketTypeFactory(event=self.event, position=n, **kind) for n, kind in enumerate(prices)]

    def teardown(self):
        transaction.set_rollback(True)
        self.transaction.__exit__(None, None, None)
        self.clock.stop()

    @rule(target=bookings, qty=st.integers(1, 3), queues=st.booleans())
    def book(self, qty, queues):
        try:
            return book(self.event, self.user, qty, waitlist_too=queues)
        except Conflict:
            assert not queues
            return None

    @rule(target=orders, qty=st.integers(1, 2), both=st.booleans(), first=st.integers(0, 1))
    def buy(self, qty, both, first):
        try:
            return buy(self.user, *(self.types if both else [self.types[first]]), qty=qty)
        except Conflict:
            return None

    @rule(booking=consumes(bookings))
    def cancel_booking(self, booking):
        if booking:
            refusable(cancelling.cancel_booking, booking, by=self.user)

    @rule(order=orders)
    def cancel_order(self, order):
        if order:
            refusable(cancelling.cancel, order, by=self.user)

    @rule(pick=st.integers(0, 9), status=st.sampled_from(["paid", "paid", "failed"]))
    def pay(self, pick, status):
        payment = Payment.objects.order_by("-id")[pick : pick + 1].first()
        if payment:
            hear(payment, status)

    @rule(pick=st.integers(0, 5))
    def try_again(self, pick):
        order = Order.objects.order_by("-id")[pick : pick + 1].first()
        if order:
            refusable(payments.try_again, order)

    @rule(places=st.integers(0, 9))
    def change_capacity(self, places):
        refusable(capacity.change, self.event, places, by=self.user)

    @rule(least=st.integers(1, 3))
    def change_what_one_must_buy(self, least):
        ticket_types.change(self.types[0], by=self.user, min_per_order=least)

    @rule(passes=st.booleans())
    def let_smaller_parties_pass(self, passes):
        Event.objects.filter(pk=self.event.pk).update(lets_smaller_parties_pass=passes)

    @rule(minutes=st.sampled_from([5, 15, 60]))
    def time_passes(self, minutes):
        self.now.shift(timedelta(minutes=minutes))

    @rule()
    def sweep(self):
        tasks.expire_holds()
        tasks.promote_waitlists()

    @invariant()
    def holds(self):
        check(self.event)


def refusable(verb, *args, **kwargs):
    """A refusal is an answer too."""
    try:
        verb(*args, **kwargs)
    except Conflict:
        return


@pytest.mark.django_db
def test_any_sequence_keeps_the_invariants():
    run_state_machine_as_test(BookingMachine, settings=MACHINE)


@pytest.mark.django_db
def test_control_the_machine_notices_a_queue_that_is_not_moved(monkeypatch):
    monkeypatch.setattr(waitlist, "release", lambda bookings, events: [put_back(one, events) for one in bookings])
    machine = BookingMachine()
    taken = machine.book(4, False)
    machine.book(1, True)
    machine.holds()
    machine.cancel_booking(taken)
    with pytest.raises(AssertionError, match="places are free while booking"):
        machine.holds()
    machine.teardown()


def put_back(booking, events):
    waitlist.inventory.put_back(booking, events[booking.event_id])


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (lambda event: Event.objects.update(booked_count=1), "booked_count is 1, its bookings have 2 places"),
        (lambda event: Event.objects.update(waitlisted_count=1), "waitlisted_count is 1, its queue has 0 places"),
        (lambda event: event.ticket_types.update(quantity_sold=3), "quantity_sold is 3, its bookings have 2 places"),
        (lambda event: Event.objects.update(booked_count=0, capacity=1), "oversold, 2 places of 1"),
        (lambda event: event.ticket_types.update(quantity_sold=1, quantity_total=1), "oversold, 2 places of 1"),
        (lambda event: event.seats.filter(label="A-1").update(reserved_booking=None), "2 places, labels"),
        (lambda event: event.tickets.first().delete(), "has 1 live tickets"),
        (lambda event: Booking.objects.update(status="cancelled"), "which is cancelled with"),
        (lambda event: Booking.objects.update(status="waitlisted"), "places are free while booking"),
        (lambda event: Seat.objects.update(reserved_booking=event.bookings.get()), "seat A-3: reserved by"),
        (lambda event: event.seats.filter(label="A-3").update(kind="companion"), "seat A-3: companion, companion of"),
    ],
)
def test_every_invariant_notices_its_damage(damage, sentence):
    event = EventFactory(capacity=4, seating=Event.Seating.AUTOMATIC)
    TicketTypeFactory(event=event)
    book(event, UserFactory(), 2)
    assert broken(event) == []
    damage(event)
    assert sentence in "\n".join(broken(event))
