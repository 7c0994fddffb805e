"""Letting in is one statement: what it writes, what it costs, and that it decides."""

from functools import partial

import pytest
from django.db import connection, transaction
from django.forms import model_to_dict
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts import backends, sessions
from accounts.factories import SuperAdminFactory, UserFactory
from accounts.tests.racing import errors, good, meet_after, race
from bookings import checkin, tickets
from bookings.door import admission, codes, devices, scanning
from bookings.models import Scan, Ticket
from bookings.tests.doors import tickets_of
from bookings.tests.invariants import broken, check

pytestmark = pytest.mark.django_db(transaction=True)
SCANNERS = 12
OWN = ("id", "ticket", "code_hash")  # of a scan, which differ from one ticket's to another's


def without(monkeypatch, condition: str) -> None:
    """For a control: the statement asks less."""
    assert admission._USE.count(condition) == 1
    monkeypatch.setattr(admission, "_USE", admission._USE.replace(condition, ""))


@pytest.mark.parametrize("gate", ["", "North"])
@pytest.mark.parametrize("is_staff", [True, False])
def test_the_scan_is_the_one_that_is_noted_elsewhere(gate, is_staff):
    one, other = tickets_of(2)
    by, at = SuperAdminFactory() if is_staff else None, timezone.now()
    assert admission.use(one, by=by, gate=gate, at=at)
    scanning.note(other, by=by, gate=gate, at=at)
    ours, theirs = (model_to_dict(ticket.scans.get()) for ticket in (one, other))
    assert {**ours, **dict.fromkeys(OWN)} == {**theirs, **dict.fromkeys(OWN)}
    scan = one.scans.get()
    assert (scan.code_hash, scan.created_at, scan.updated_at) == (codes.hashed(one.ticket_code), at, at)
    assert scan.uid.version == 7
    found = Ticket.objects.get(pk=one.pk)
    assert (found.status, found.used_at, found.used_gate, found.used_by, found.updated_at) == ("used", at, gate, by, at)
    assert model_to_dict(one) == model_to_dict(found)  # the instance says what the row says


def test_two_statements_and_no_transaction_around_them():
    for ticket in tickets_of(3):
        with CaptureQueriesContext(connection) as asked:
            checkin.admit(ticket.ticket_code, by=None)
        assert len(asked) == 2  # the ticket with all that is judged and shown, and its use


def statements_of_the_door() -> dict[str, str]:
    prepared = {
        "session": sessions._find.__self__,
        "ticket": checkin._with_code,
        "device": devices._with_token,
        "key": codes._key,
        "permissions": backends._held,
    }
    made = {name: query._plan.sql for name, query in prepared.items()}
    return {**made, "use": admission._USE, "use by a device": admission._USE_BY_DEVICE}


@pytest.mark.parametrize("name", ["session", "ticket", "device", "key", "permissions", "use", "use by a device"])
def test_no_table_is_read_from_end_to_end(name):
    """Each row is found by an index, however many there are."""
    with transaction.atomic(), connection.cursor() as cursor:
        user = UserFactory()  # whose devices fill some pages: one page is hashed whole even where that is switched off
        TOTPDevice.objects.bulk_create(TOTPDevice(user=user, name=str(number)) for number in range(2000))
        cursor.execute("SET LOCAL enable_seqscan = off")  # tables are small here: only where no index fits it is done
        cursor.execute(f"EXPLAIN (GENERIC_PLAN) {statements_of_the_door()[name]}")
        plan = "\n".join(line for (line,) in cursor.fetchall())
        transaction.set_rollback(True)
    assert "Index" in plan and "Seq Scan" not in plan, plan


def test_within_a_transaction_it_ends_with_it():
    [ticket] = tickets_of()
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        checkin.admit(ticket.ticket_code, by=None)
        _ = 1 / 0
    ticket.refresh_from_db()
    assert (ticket.status, ticket.scans.count()) == ("valid", 0)


def scan_at_once(ticket: Ticket) -> list:
    return race(*(partial(checkin.admit, ticket.ticket_code, by=None, gate=f"Gate {n}") for n in range(SCANNERS)))


def test_twelve_who_have_all_found_it_good_let_in_once(monkeypatch):
    [ticket] = tickets_of()
    meet_after(monkeypatch, checkin, "check", SCANNERS)
    results = scan_at_once(ticket)
    [admitted] = good(results)
    assert [one.reason for one in errors(results, checkin.NotValid)] == ["used"] * (SCANNERS - 1)
    assert [one.gate for one in ticket.scans.filter(verdict="admitted")] == [admitted.used_gate]
    check(ticket.event)


def test_control_without_the_condition_they_let_in_many(monkeypatch):
    [ticket] = tickets_of()
    meet_after(monkeypatch, checkin, "check", SCANNERS)
    without(monkeypatch, " AND status = 'valid'")
    assert len(good(scan_at_once(ticket))) == ticket.scans.filter(verdict="admitted").count() == SCANNERS
    assert broken(ticket.event)


def pass_on_after_the_look(monkeypatch, ticket: Ticket) -> None:
    """Between the look and the use, the ticket becomes somebody else's under a new code."""
    look = checkin.check

    def check_and_pass_on(found, event=None):
        look(found, event)
        Ticket.objects.filter(pk=ticket.pk).update(ticket_code=tickets.new_code())

    monkeypatch.setattr(checkin, "check", check_and_pass_on)


def test_a_code_that_dies_after_the_look_lets_nobody_in(monkeypatch):
    [ticket] = tickets_of()
    pass_on_after_the_look(monkeypatch, ticket)
    with pytest.raises(checkin.UnknownCode):
        checkin.admit(ticket.ticket_code, by=None)
    ticket.refresh_from_db()
    assert (ticket.status, Scan.objects.count()) == ("valid", 0)


def test_control_without_the_code_in_the_condition_it_does(monkeypatch):
    [ticket] = tickets_of()
    pass_on_after_the_look(monkeypatch, ticket)
    without(monkeypatch, " AND ticket_code = $6")
    monkeypatch.setattr(admission, "_USE", admission._USE.replace("id = $5", "id = $5 AND $6::text <> ''"))
    assert checkin.admit(ticket.ticket_code, by=None).status == "used"
