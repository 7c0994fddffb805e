"""Ticket types that two people, or one impatient hand, make and move at the same moment."""

from decimal import Decimal

import pytest

from accounts.factories import UserFactory
from accounts.models import AuditLog
from accounts.tests.racing import errors, good, race
from bookings import ticket_types
from bookings.factories import TicketTypeFactory
from bookings.models import TicketType
from eventify.lib.errors import Missing
from eventify.lib.ids import new_uid
from events.factories import EventFactory

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_same_form_twice_at_once_adds_one_type():
    event, by, uid = EventFactory(is_capacity_fixed=False, capacity=0), UserFactory(), new_uid()
    fields = {"uid": uid, "name": "Regular", "price": Decimal(5), "quantity_total": 10}
    made = good(race(*[lambda: ticket_types.create(event, by=by, **fields)] * 4))
    event.refresh_from_db()
    assert ({one.uid for one in made}, TicketType.objects.count(), event.capacity) == ({uid}, 1, 10)
    assert AuditLog.objects.filter(action="CREATED_TICKET_TYPE").count() == 1


def test_without_the_look_under_the_lock_the_others_fail():
    """The control: rows of one uid that are simply written."""
    event, uid = EventFactory(), new_uid()
    results = race(*[lambda: TicketType(event=event, uid=uid, name="Regular").save(force_insert=True)] * 4)
    assert (len(errors(results)), TicketType.objects.count()) == (3, 1)


def test_types_that_are_moved_at_once_keep_one_order():
    event, by = EventFactory(), UserFactory()
    kinds = [TicketTypeFactory(event=event) for _four in range(4)]
    good(race(*[lambda kind=kind: ticket_types.move(kind, 1, by=by) for kind in kinds]))
    assert sorted(event.ticket_types.values_list("position", flat=True)) == [0, 1, 2, 3]


def test_what_was_removed_meanwhile_does_not_move():
    kind = TicketTypeFactory()
    stale = TicketType.objects.get(pk=kind.pk)
    ticket_types.delete(kind, by=UserFactory())
    with pytest.raises(Missing):
        ticket_types.move(stale, 1, by=UserFactory())
