"""A worker that gives the money of a cancelled event back is killed (SIGKILL) at every step, and started again."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection

from accounts.factories import SuperAdminFactory
from accounts.models import OutgoingMail
from bookings import calling_off
from bookings.models import Refund
from bookings.tests.invariants import check
from bookings.tests.scenes import buy, pay, people, scene, settled
from eventify.lib import failpoints
from partners.factories import PartnerFactory

pytestmark = pytest.mark.django_db(transaction=True)
ROOT = Path(__file__).resolve().parents[2]
STEPS = re.findall(r'failpoint\("([\w.]+)"\)', Path(calling_off.__file__).read_text())
BUYERS = 3


@pytest.fixture
def cancelled():
    """A cancelled event and its orders; one of them is of another event as well."""
    (gone, a), (stays, b) = (scene(price=10, partner=PartnerFactory()) for _number in range(2))
    orders = [pay(buy(user, a)) for user in people(BUYERS - 1)] + [pay(buy(people(1)[0], a, b))]
    OutgoingMail.objects.all().delete()
    calling_off.cancel_event(gone, reason="Storm", by=SuperAdminFactory())
    return gone, stays, orders


def start(failpoint: str = "", *wrongs: str) -> int:
    """Run the process to its end; returns its exit code (-9: killed)."""
    name = connection.settings_dict["NAME"]
    assert name.startswith("test_")
    address, question, options = os.environ["DATABASE_URL"].partition("?")
    url = f"{address.rpartition('/')[0]}/{name}{question}{options}"
    environment = {**os.environ, "DATABASE_URL": url, failpoints.VARIABLE: failpoint, "LOG_LEVEL": "error"}
    command = [sys.executable, "-m", "bookings.tests.calling_off_process", *wrongs]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=90)
    assert done.returncode in (0, -signal.SIGKILL), done.stderr
    return done.returncode


def told() -> list[str]:
    """Who was written to, once for each mail."""
    return sorted(OutgoingMail.objects.filter(template="event_cancelled").values_list("to", flat=True))


def test_the_steps_are_all_there():
    assert STEPS == ["calling_off.after_commit", "calling_off.after_orders", "calling_off.before_commit"]


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


def test_control_somebody_who_is_told_first_is_told_twice(cancelled):
    assert start("calling_off.before_commit", "tell_first") == -signal.SIGKILL
    assert start("", "tell_first") == 0
    assert len(told()) == BUYERS + 1
