"""Queries that are compiled once, and rows that are written together: what Django's own way gives."""

import threading

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import Count
from django.forms.models import model_to_dict

from accounts.factories import UserFactory
from accounts.models import OutgoingMail
from bookings.factories import TicketTypeFactory
from bookings.models import Booking, Order, Ticket
from eventify.lib import together
from eventify.lib.postgres.base import places
from eventify.lib.prepared import Param, Prepared
from events.factories import EventFactory
from events.models import Event

pytestmark = pytest.mark.django_db
NAMED = Prepared(
    lambda: Event.objects.filter(name=Param("name"))
    .select_related("partner", "category")
    .annotate(kinds=Count("ticket_types"))
    .order_by("-pk")
)
LOCKED = Prepared(lambda: Event.objects.select_for_update(no_key=True).filter(pk=Param("pk")))


def test_the_same_instances_as_the_queryset(django_assert_num_queries):
    first, second = EventFactory(name="Jazz"), EventFactory(name="Jazz", category=None)
    EventFactory(name="Rock")
    TicketTypeFactory.create_batch(2, event=second)
    for _run in range(4):  # from the third on the server has a plan
        with django_assert_num_queries(1):
            found = NAMED(name="Jazz")
            assert [one.partner.name for one in found] == [second.partner.name, first.partner.name]
            assert [one.category for one in found] == [None, first.category]
        assert [model_to_dict(one) for one in found] == [model_to_dict(second), model_to_dict(first)]
        assert [one.kinds for one in found] == [2, 0]
        assert not any(one._state.adding for one in found)


def test_values_are_values_and_never_sql():
    event = EventFactory(name="100 % '; DROP TABLE x; -- $1 %s")
    assert NAMED(name=event.name) == [event]
    assert NAMED(name="' OR ''='") == []
    assert NAMED.first(name="nobody") is None


def test_places_are_numbered_and_percent_signs_kept():
    assert places("a = %s AND b LIKE '%%x' AND c = %s") == "a = $1 AND b LIKE '%x' AND c = $2"


def test_statements_are_shown_with_their_values(django_assert_num_queries):
    with django_assert_num_queries(1) as asked:
        NAMED(name="50 % off")
    assert "'50 % off'" in asked[0]["sql"]


@pytest.mark.django_db(transaction=True)
def test_a_lock_is_a_lock():
    event = EventFactory()
    free = threading.Event()

    def other():
        try:
            with transaction.atomic():
                LOCKED(pk=event.pk)
                free.set()
        finally:
            connection.close()

    with transaction.atomic():
        LOCKED(pk=event.pk)
        waiting = threading.Thread(target=other)
        waiting.start()
        assert not free.wait(0.3)
    waiting.join(timeout=20)
    assert free.is_set()


def sale(qty=2):
    """An order of two bookings with their tickets and a mail, not saved."""
    user, event = UserFactory(), EventFactory(capacity=10)
    kinds = TicketTypeFactory.create_batch(2, event=event)
    order = Order(user=user, total_amount=0, currency="INR", status=Order.Status.PAID)
    facts = {"user": user, "event": event, "order": order, "qty": qty, "unit_price": 0}
    made = [Booking(ticket_type=one, status=Booking.Status.CONFIRMED, seat_labels=["A-1"], **facts) for one in kinds]
    issued = [_ticket(one, f"{one.ticket_type_id}-{number}") for one in made for number in range(qty)]
    mail = OutgoingMail(template="tickets", to="b@example.com", context={"order": "%s $1 'x'"})
    return event, kinds, [order, *made, *issued, mail]


def _ticket(booking, code):
    facts = {name: getattr(booking, name) for name in ("user", "event", "order", "ticket_type")}
    return Ticket(booking=booking, ticket_code=code, price_at_purchase=0, **facts)


def test_rows_are_written_in_one_statement(django_assert_num_queries):
    for _run in range(3):
        event, kinds, rows = sale()
        with django_assert_num_queries(1):
            grown = [together.Counted(one, {"quantity_sold": 2}) for one in kinds]
            together.write(rows, [together.Counted(event, {"booked_count": 4, "waitlisted_count": 0}), *grown])
        event.refresh_from_db()
        assert event.booked_count == 4
        assert sorted(event.ticket_types.values_list("quantity_sold", flat=True)) == [2, 2]
        order, *bookings = rows[:3]
        assert [one.order for one in bookings] == [order, order]  # what they refer to is still the same row
        assert all(one.order is order and one.order_id == order.pk for one in bookings)
        for row in rows:
            saved = type(row).objects.get(pk=row.pk)
            assert model_to_dict(saved) == model_to_dict(row)
            assert getattr(saved, "uid", None) == getattr(row, "uid", None)
        assert set(Ticket.objects.filter(booking=bookings[1]).values_list("ticket_code", flat=True)) == {
            f"{kinds[1].pk}-0",
            f"{kinds[1].pk}-1",
        }
        rows[-1].delete()  # saved rows are rows as any other


def test_a_row_that_is_there_may_refer_to_a_new_one(django_assert_num_queries):
    event, kinds, _rows = sale()
    waiting = Booking(user=UserFactory(), event=event, ticket_type=kinds[0], qty=1, unit_price=0, status="waitlisted")
    waiting.save()
    before = waiting.updated_at
    waiting.order = Order(user=waiting.user, total_amount=0, currency="INR", status=Order.Status.PAID)
    waiting.status, waiting.qty = Booking.Status.CONFIRMED, 3
    with django_assert_num_queries(1):
        changed = together.Changed(waiting, ("order", "status", "updated_at"))
        together.write([waiting.order], [together.Counted(event, {"booked_count": 1})], [changed])
    saved = Booking.objects.get(pk=waiting.pk)
    assert (saved.order, saved.status, saved.qty) == (waiting.order, "confirmed", 1)  # only what was named
    assert saved.updated_at == waiting.updated_at > before
    assert waiting.order_id == waiting.order.pk


def test_a_constraint_says_no_and_nothing_is_written():
    event, _kinds, rows = sale()
    with pytest.raises(IntegrityError, match="event_not_oversold"), transaction.atomic():
        together.write(rows, [together.Counted(event, {"booked_count": 11})])
    assert not Order.objects.exists() and not Booking.objects.exists() and not OutgoingMail.objects.exists()


def test_nothing_to_write_asks_nothing(django_assert_num_queries):
    with django_assert_num_queries(0):
        together.write([])
