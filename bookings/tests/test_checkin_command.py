"""`manage.py checkin`: the door at the command line."""

import io
import sys
from threading import Barrier, Thread

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from accounts.factories import UserFactory
from bookings import cancelling, checkin, inventory, orders, seats
from bookings.factories import TicketTypeFactory
from bookings.models import Ticket
from events.factories import EventFactory
from events.models import Event

pytestmark = pytest.mark.django_db


@pytest.fixture
def event():
    return TicketTypeFactory(event=EventFactory(name="Jazz Night", slug="jazz"), name="GA").event


def buy(event, qty=1, **user):
    """Tickets of the event's first type, bought by a new user."""
    order = orders.place([orders.Line(event.ticket_types.first().pk, qty)], by=UserFactory(**user))
    return list(order.tickets.order_by("id"))


def run(*arguments, **options):
    """(exit code, lines printed)."""
    out = io.StringIO()
    try:
        call_command("checkin", *arguments, stdout=out, **options)
    except SystemExit as end:
        return end.code, out.getvalue().splitlines()
    return 0, out.getvalue().splitlines()


def test_a_good_ticket_is_admitted_and_its_gate_kept(event):
    [ticket] = buy(event, full_name="Asha Rao")
    assert run(ticket.ticket_code, gate="North") == (0, ["OK           Asha Rao, GA, Jazz Night"])
    ticket.refresh_from_db()
    assert (ticket.status, ticket.used_gate, ticket.used_by) == ("used", "North", None)


def test_the_seat_is_named():
    event = TicketTypeFactory(event=EventFactory(name="Play"), name="Stalls").event
    event = inventory.lock([event.pk])[event.pk]
    seats.generate(event, rows=2, per_row=2)
    [ticket] = buy(event, full_name="Asha Rao")
    assert run(ticket.ticket_code) == (0, ["OK           Asha Rao, Stalls, seat A-1, Play"])


def test_a_used_ticket_tells_when_and_where(event):
    [ticket] = buy(event, full_name="Asha Rao")
    checkin.admit(ticket.ticket_code, by=None, gate="South")
    code, [line] = run(ticket.ticket_code)
    ticket.refresh_from_db()
    assert code == 1
    assert line.startswith("USED         Already used on ") and line.endswith("Asha Rao, GA, Jazz Night")
    assert "South" in line and f"{ticket.used_at:%H:%M}" in line


def test_cancelled_unknown_and_of_another_event(event):
    [cancelled], [other] = buy(event, full_name="C"), buy(TicketTypeFactory(event__name="Talk").event, full_name="O")
    cancelling.cancel(cancelled.order, by=cancelled.user)
    assert run(cancelled.ticket_code) == (2, ["CANCELLED    This ticket was cancelled. C, GA, Jazz Night"])
    assert run("A" * 26) == (3, [f"UNKNOWN      {'A' * 26}"])
    line = "WRONG EVENT  This ticket is for Talk. O, General admission, Talk"
    assert run(other.ticket_code, event="jazz") == (3, [line])
    assert Ticket.objects.get(pk=other.pk).status == "valid"


def test_a_ticket_of_a_cancelled_event(event):
    [ticket] = buy(event, full_name="A")
    Event.objects.update(state=Event.State.CANCELLED)
    assert run(ticket.ticket_code) == (2, ["CANCELLED    Jazz Night is cancelled. A, GA, Jazz Night"])


@pytest.mark.parametrize("name", ["pk", "uid", "slug"])
def test_the_event_by_id_uid_or_slug(event, name):
    [ticket] = buy(event)
    assert run(ticket.ticket_code, event=str(getattr(event, name)))[0] == 0


@pytest.mark.parametrize("text", ["nothing", "9" * 30, "0", "\x00", "\ud800", "-1"])
def test_no_such_event(event, text):
    with pytest.raises(CommandError, match="There is no event") as refusal:
        call_command("checkin", "X", event=text)
    assert refusal.value.returncode == 4


def test_codes_are_read_from_standard_input_until_its_end(event, monkeypatch):
    first, second = buy(event, 2, full_name="A")
    one, two = first.ticket_code, second.ticket_code
    typed = f"{one.lower()}\r\n\n  {two[:13]} {two[13:]}\n{one}\nx"
    monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
    code, lines = run()
    assert code == 3
    assert [line.split()[0] for line in lines] == ["OK", "OK", "USED", "UNKNOWN"]


def test_stray_bytes_and_control_characters_stop_nothing(event, monkeypatch):
    [ticket] = buy(event, full_name="Eve\x1b[2J")
    typed = b"\xff\xfe\x1b[31m\x00\n" + ticket.ticket_code.encode() + b"\n"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(typed), encoding="utf-8"))
    code, lines = run(stdin=True)
    assert code == 3
    assert lines == ["UNKNOWN      \ufffd\ufffd?[31m?", "OK           Eve?[2J, GA, Jazz Night"]


def test_ctrl_c_ends_cleanly(event, monkeypatch):
    [ticket] = buy(event)

    def scanner():
        yield ticket.ticket_code
        raise KeyboardInterrupt

    monkeypatch.setattr(sys, "stdin", scanner())
    code, lines = run()
    assert (code, len(lines)) == (0, 1)


def test_each_line_leaves_at_once(event, monkeypatch):
    first, second = buy(event, 2)
    out = io.StringIO()
    seen = []

    def scanner():
        for ticket in (first, second):
            seen.append(out.getvalue().count("\n"))
            yield ticket.ticket_code

    monkeypatch.setattr(sys, "stdin", scanner())
    call_command("checkin", stdout=out)
    assert seen == [0, 1]


def test_stats(event, django_assert_num_queries):
    vip = TicketTypeFactory(event=event, name="VIP", position=1)
    tickets = buy(event, 3)
    orders.place([orders.Line(vip.pk, 2)], by=UserFactory())
    cancelling.cancel(buy(event)[0].order, by=None)
    checkin.admit(tickets[0].ticket_code, by=None)
    with django_assert_num_queries(3):
        code, lines = run(event="jazz", stats=True)
    assert code == 0
    assert lines == [
        "Jazz Night",
        "          sold   inside  remaining",
        "GA           3        1          2",
        "VIP          2        0          2",
        "Total        5        1          4",
    ]


def test_stats_need_an_event():
    with pytest.raises(CommandError, match="--event"):
        call_command("checkin", stats=True)


@pytest.mark.django_db(transaction=True)
def test_of_many_doors_at_once_one_admits():
    [ticket] = buy(TicketTypeFactory().event)
    doors = 8
    barrier, codes = Barrier(doors), []

    def door(number):
        try:
            barrier.wait()
            codes.append(run(ticket.ticket_code, gate=f"Gate {number}")[0])
        finally:
            connection.close()

    threads = [Thread(target=door, args=[number]) for number in range(doors)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(codes) == [0] + [1] * (doors - 1)
    assert Ticket.objects.get().status == "used"
