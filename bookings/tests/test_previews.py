"""What staff are shown before a dangerous change is what the change does."""

import pytest

from accounts import sessions
from accounts.factories import SuperAdminFactory, UserFactory
from accounts.models import AuditLog, Notification, OutgoingMail
from bookings import cancelling, previews
from bookings.models import Refund, Seat
from bookings.tests.invariants import check
from bookings.tests.scenes import book, buy, pay, people, scene, settled, wait
from eventify.lib import preview
from eventify.lib.errors import Conflict, Forbidden
from events.models import Event
from partners import members
from partners.factories import PartnerFactory
from partners.models import Member

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def boss():
    return SuperAdminFactory()


def did(change) -> dict:
    """Look, do it, and be sure that looking changed nothing and doing did what was shown."""
    lines = AuditLog.objects.count()
    shown = preview.dry_run(change)
    assert AuditLog.objects.count() == lines
    assert preview.apply(change, shown.digest) == shown.facts
    return shown.facts


def test_a_smaller_capacity(boss):
    event, _type = scene(capacity=20, seating=Event.Seating.AUTOMATIC)
    book(event, people(1)[0], 3)
    Event.objects.update(capacity=20)
    assert did(previews.capacity_change(event, 10, by=boss)) == {
        "capacity": {"before": 20, "after": 10},
        "booked": {"before": 3, "after": 3},
        "free": {"before": 17, "after": 7},
        "waiting": {"before": 0, "after": 0},
        "waiting_parties": {"before": 0, "after": 0},
        "seats": {"before": 20, "after": 10},
        "promoted": 0,
        "mails": 0,
    }
    assert Seat.objects.count() == 10
    with pytest.raises(Conflict):
        preview.dry_run(previews.capacity_change(event, 2, by=boss))


def test_a_larger_capacity_promotes(boss):
    event, _type = scene(capacity=1)
    book(event, people(1)[0])
    wait(event, people(1)[0], 2)
    wait(event, people(1)[0], 2)
    OutgoingMail.objects.all().delete()
    facts = did(previews.capacity_change(event, 3, by=boss))
    assert (facts["promoted"], facts["mails"], facts["waiting"]) == (1, 1, {"before": 4, "after": 2})
    assert OutgoingMail.objects.count() == 1
    check(event)


def test_a_ban_ends_sessions_and_keeps_what_was_bought(boss):
    event, ticket_type = scene(capacity=4)
    priced = scene(price=10)[1]
    user = people(1)[0]
    sessions.start(user)
    sessions.start(user)
    sessions.new_device_token(user)
    booking = book(event, user, 4)
    buy(user, priced)
    wait(event, user, 2)
    facts = did(previews.ban(user, reason="Fraud", by=boss))
    assert facts == {
        "is_banned": {"before": False, "after": True},
        "sessions": 2,
        "devices": 1,
        "open_holds": 1,
        "waiting_parties": 1,
        "coming_tickets": 4,
    }
    user.refresh_from_db()
    assert (user.is_banned, user.sessions.filter(ended_at=None).count(), user.device_tokens.count()) == (True, 0, 0)
    assert settled(booking.order)[:2] == ("paid", 4)
    assert not ticket_type.event.partner.is_house or user.bookings.exclude(status="cancelled").count() == 3
    check(event)


def test_a_refund_by_staff(boss):
    event, ticket_type = scene(price="12.50", capacity=2, partner=PartnerFactory(fee_percent=10))
    order = pay(buy(people(1)[0], ticket_type, qty=2))
    wait(event, people(1)[0])
    OutgoingMail.objects.all().delete()
    Notification.objects.all().delete()
    facts = did(previews.order_refund(order, reason="Goodwill", by=boss))
    assert facts == {
        "status": {"before": "paid", "after": "refunded"},
        "currency": "INR",
        "bookings": 1,
        "tickets": 2,
        "refund": "25.00",
        "fees_returned": "2.50",
        "promoted": 1,
        "mails": 2,
    }
    assert settled(order) == ("refunded", 0, 1, 0)
    assert sorted(OutgoingMail.objects.values_list("template", flat=True)) == ["offer", "order_cancelled"]
    mail = OutgoingMail.objects.get(template="order_cancelled")
    assert mail.context == {"order": str(order.uid), "event": event.name, "reason": "Goodwill", "amount": "₹25.00"}
    line = AuditLog.objects.get(action="CANCELLED_ORDER")
    changed = {"before": {"order": "paid"}, "after": {"order": "refunded"}, "refund": "25.00"}
    assert line.details == {"reason": "Goodwill", **changed}
    check(event)


def test_a_hold_that_is_cancelled_by_staff_refunds_nothing(boss):
    _event, ticket_type = scene(price=10)
    order = buy(people(1)[0], ticket_type)
    facts = did(previews.order_refund(order, reason="", by=boss))
    assert (facts["refund"], facts["status"]) == ("0", {"before": "pending", "after": "cancelled"})
    assert Refund.objects.count() == 0


def test_a_partner_refunds_only_orders_that_are_all_theirs():
    (mine, a), (_other, b) = (scene(price=10, partner=PartnerFactory()) for _number in range(2))
    admin = UserFactory()
    members.add(mine.partner, admin, Member.Role.ADMIN, by=None)
    both, own = pay(buy(people(1)[0], a, b)), pay(buy(people(1)[0], a))
    with pytest.raises(Forbidden):
        preview.dry_run(previews.order_refund(both, reason="x", by=admin))
    did(previews.order_refund(own, reason="x", by=admin))
    assert settled(own)[0] == "refunded"


def test_what_was_refunded_meanwhile_is_refused(boss):
    _event, ticket_type = scene(price=10)
    order = pay(buy(people(1)[0], ticket_type))
    shown = preview.dry_run(previews.order_refund(order, reason="x", by=boss))
    cancelling.cancel(order, by=order.user)
    with pytest.raises(cancelling.NotCancellable):
        preview.apply(previews.order_refund(order, reason="x", by=boss), shown.digest)
