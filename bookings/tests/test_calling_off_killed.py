"""A worker that gives the money of a cancelled event back is killed (SIGKILL) at every step, and started again."""

import signal
from functools import partial

import pytest

from accounts.factories import SuperAdminFactory
from accounts.models import OutgoingMail
from accounts.tests.processes import run_until, steps
from bookings import calling_off, checkin
from bookings.models import Refund
from bookings.tests.invariants import check
from bookings.tests.scenes import buy, pay, people, scene, settled
from partners.factories import PartnerFactory

pytestmark = pytest.mark.django_db(transaction=True)
STEPS = steps(calling_off)
BUYERS = 3
start = partial(run_until, "bookings.tests.calling_off_process")


@pytest.fixture
def cancelled():
    """A cancelled event and its orders; one of them is of another event as well."""
    (gone, a), (stays, b) = (scene(price=10, partner=PartnerFactory()) for _number in range(2))
    orders = [pay(buy(user, a)) for user in people(BUYERS - 1)] + [pay(buy(people(1)[0], a, b))]
    OutgoingMail.objects.all().delete()
    calling_off.cancel_event(gone, reason="Storm", by=SuperAdminFactory())
    return gone, stays, orders


def told() -> list[str]:
    """Who was written to, once for each mail."""
    return sorted(OutgoingMail.objects.filter(template="event_cancelled").values_list("to", flat=True))


def test_the_steps_are_all_there():
    names = ["after_commit", "after_orders", "before_commit", "after_lock"]
    assert [f"calling_off.{name}" for name in names] == STEPS


@pytest.mark.parametrize("time", [1, 2])
@pytest.mark.parametrize("step", STEPS)
def test_killed_at_every_step_everybody_is_refunded_and_told_once(cancelled, step, time):
    gone, stays, orders = cancelled
    assert start(f"{step}:{time}") == -signal.SIGKILL
    assert start() == 0
    assert told() == sorted(order.user.email for order in orders)
    assert [one.amount for one in Refund.objects.all()] == [10] * BUYERS
    assert [settled(order)[0] for order in orders] == ["refunded", "refunded", "paid"]
    check(gone, stays)


@pytest.mark.parametrize("step", STEPS)
def test_who_is_let_in_while_the_worker_is_down_is_left_out(step):
    """A mass refund is killed at the first of three; before it goes on, the last one comes to the door."""
    event, kind = scene(price=10, partner=PartnerFactory())
    orders = [pay(buy(user, kind)) for user in people(BUYERS)]
    calling_off.refund_event(event, reason="Postponed", by=SuperAdminFactory())
    assert start(step) == -signal.SIGKILL
    checkin.admit(orders[-1].tickets.get().ticket_code, by=None)
    assert start() == 0
    assert [settled(order)[:3] for order in orders] == [("refunded", 0, 1), ("refunded", 0, 1), ("paid", 1, 0)]
    check(event)


def test_control_somebody_who_is_told_first_is_told_twice(cancelled):
    assert start("calling_off.before_commit", "tell_first") == -signal.SIGKILL
    assert start("", "tell_first") == 0
    assert len(told()) == BUYERS + 1
