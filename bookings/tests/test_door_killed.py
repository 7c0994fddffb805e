"""The server is killed (SIGKILL) between any two steps of taking what a device sends, and the device sends it again."""

import json
import signal
from functools import partial
from uuid import UUID

import pytest

from accounts.tests.processes import run_until, steps
from bookings.door import api, scanning
from bookings.models import DoubleAdmission, Scan
from bookings.tests.doors import START, device_of, enrolled, said, tickets_of
from bookings.tests.invariants import broken, check
from eventify.lib.wire import moment

pytestmark = pytest.mark.django_db(transaction=True)
STEPS = steps(scanning, api)


start = partial(run_until, "bookings.tests.door_process")


@pytest.fixture
def queue():
    """A device with three scans to send: of one ticket that another gate has let in, of a good one, one taken back."""
    tickets = tickets_of(3)
    event = tickets[0].event
    scanning.take(device_of(event, "South"), said(tickets[0], "admitted", 3))
    _device, token = enrolled(event)
    scans = [
        {
            "client_uid": str(UUID(int=n + 1)),
            "code": ticket.ticket_code,
            "verdict": "admitted",
            "scanned_at": moment(START),
            **({"undone_at": moment(START), "undo_reason": "error"} if n == 2 else {}),
        }
        for n, ticket in enumerate(tickets)
    ]
    return event, tickets, token, json.dumps({"scans": scans, "queue": 3})


def end_of(tickets) -> list:
    for ticket in tickets:
        ticket.refresh_from_db()
    return [(one.status, one.used_gate) for one in tickets]


END = [("used", "North"), ("used", "North"), ("valid", "")]


def test_the_steps_are_all_there():
    assert STEPS == ["door.after_scans", "door.after_tickets", "door.after_conflicts", "door.before_answer"]


@pytest.mark.parametrize("step", STEPS)
def test_killed_and_sent_again(queue, step):
    event, tickets, token, body = queue
    assert start(step, "sync", token, body) == -signal.SIGKILL
    check(event)
    if step != "door.before_answer":  # all or nothing: nothing
        assert (end_of(tickets), Scan.objects.count()) == ([("used", "South"), ("valid", ""), ("valid", "")], 1)
    for _twice in range(2):
        assert start("", "sync", token, body) == 0
        check(event)
        assert (end_of(tickets), Scan.objects.count()) == (END, 4)
        assert list(DoubleAdmission.objects.values_list("ticket", flat=True)) == [tickets[0].pk]


def test_control_what_is_committed_in_pieces_is_noticed(queue):
    event, _tickets, token, body = queue
    assert start("door.after_conflicts", "sync_in_pieces", token, body) == -signal.SIGKILL
    assert broken(event)
