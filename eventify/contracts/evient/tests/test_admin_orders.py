import pytest

from accounts.factories import UserFactory
from accounts.models import AuditLog
from bookings import orders
from bookings.factories import TicketTypeFactory
from bookings.models import Order, Refund, Ticket
from bookings.tickets import scanned_as
from eventify.contracts.evient.tests.conftest import client_of, data_of, error_of, member, pay, with_role
from events.factories import EventFactory

PATH = "/api/admin/orders"
TICKETS = "/api/admin/tickets"


def order_of(buyer, kind, qty=1):
    return orders.place([orders.Line(kind.pk, qty)], by=buyer)


@pytest.fixture
def paid(buyer, vip):
    return pay(order_of(buyer, vip))


def ids(answer):
    return [one["id"] for one in data_of(answer)]


def test_list_and_detail(as_admin, as_buyer, buyer, paid):
    own = data_of(as_buyer.get(f"/api/orders/{paid.uid}"))
    holder = {"id": str(buyer.uid), "email": "buyer@example.com", "full_name": "Bea Buyer"}
    assert data_of(as_admin.get(PATH)) == [{**own["order"], "user": holder}]
    assert data_of(as_admin.get(f"{PATH}/{paid.uid}")) == {**own, "order": {**own["order"], "user": holder}}
    error_of(as_admin.get(f"{PATH}/x"), 404, "not_found")


def test_filters(as_admin, buyer, event, paid):
    other = order_of(UserFactory(email="zed@example.com", full_name="Zed"), TicketTypeFactory(price=5))
    today = f"{paid.created_at:%Y-%m-%d}"
    for query, found in (
        ("", [other, paid]),
        ("status=pending", [other]),
        ("search=ZED@", [other]),
        (f"search={paid.uid}", [paid]),
        (f"user_id={buyer.uid}", [paid]),
        (f"event_id={event.uid}", [paid]),
        (f"date_from={today}&date_to={today}", [other, paid]),
        ("date_from=2199-01-01", []),
    ):
        assert ids(as_admin.get(f"{PATH}?{query}")) == [str(one.uid) for one in found], query
    bad = error_of(as_admin.get(f"{PATH}?status=x&user_id=1&event_id=1&date_from=x"), 422, "invalid")
    assert set(bad) == {"status", "user_id", "event_id", "date_from"}


def test_refund(as_admin, admin, paid, vip):
    answer = as_admin.post(f"{PATH}/{paid.uid}/refund", {"reason": "rain"})
    data = data_of(answer)
    assert data["order"]["status"] == "refunded" and data["tickets"][0]["status"] == "cancelled"
    assert Refund.objects.get().amount == paid.total_amount
    vip.refresh_from_db()
    assert vip.quantity_sold == 0
    line = AuditLog.objects.get(action="CANCELLED_ORDER")
    changed = {"before": {"order": "paid"}, "after": {"order": "refunded"}, "refund": str(paid.total_amount)}
    assert line.actor == admin and line.details == {"reason": "rain", **changed}
    error_of(as_admin.post(f"{PATH}/{paid.uid}/refund"), 409, "not_cancellable")
    assert data_of(as_admin.put(f"{PATH}/{paid.uid}", {"status": "refunded"}))["order"]["status"] == "refunded"
    error_of(as_admin.put(f"{PATH}/{paid.uid}", {"status": "cancelled"}), 409, "not_cancellable")


@pytest.mark.parametrize("price, first", [(0, "paid"), (5, "pending")])
def test_nothing_to_refund(as_admin, buyer, price, first):
    order = order_of(buyer, TicketTypeFactory(price=price))
    assert order.status == first
    error_of(as_admin.post(f"{PATH}/{order.uid}/refund"), 409, "conflict")
    error_of(as_admin.put(f"{PATH}/{order.uid}", {"status": "refunded"}), 409, "conflict")
    data = data_of(as_admin.put(f"{PATH}/{order.uid}", {"status": "cancelled", "reason": "r"}))
    assert data["order"]["status"] == "cancelled"


def test_bad_changes(as_admin, paid):
    assert set(error_of(as_admin.put(f"{PATH}/{paid.uid}", {}), 422, "invalid")) == {"status"}
    assert error_of(as_admin.put(f"{PATH}/{paid.uid}", {"status": "paid", "total_amount": 0}), 422, "invalid") == {
        "total_amount": ["This field is not known here."],
        "status": ["Choose one of: cancelled, refunded."],
    }


def test_partners_see_orders_that_are_wholly_theirs(buyer, paid):
    user = member()
    own = TicketTypeFactory(event=EventFactory(partner=user.memberships.get().partner))
    mine = order_of(buyer, own)
    other = TicketTypeFactory()
    mixed = orders.place([orders.Line(own.pk, 1), orders.Line(other.pk, 1)], by=buyer)
    client = client_of(user)
    assert ids(client.get(PATH)) == [str(mine.uid)]
    for order in (paid, mixed):
        error_of(client.get(f"{PATH}/{order.uid}"), 404, "not_found")
        error_of(client.put(f"{PATH}/{order.uid}", {"status": "cancelled"}), 404, "not_found")
        error_of(client.post(f"{PATH}/{order.uid}/refund"), 404, "not_found")
    data_of(client.put(f"{PATH}/{mine.uid}", {"status": "cancelled"}))
    assert Order.objects.filter(status="paid").count() == 2


def test_tickets_are_listed_and_filtered(as_admin, buyer, event, paid):
    other = order_of(UserFactory(full_name="Zed"), TicketTypeFactory()).tickets.get()
    ticket = paid.tickets.get()
    shown = data_of(as_admin.get(f"{TICKETS}/{ticket.uid}"))
    assert shown["user"]["email"] == "buyer@example.com" and shown["event"]["id"] == str(event.uid)
    assert data_of(as_admin.get(TICKETS))[1] == shown
    for query, found in (
        ("", [other, ticket]),
        (f"code={ticket.ticket_code.lower()}", [ticket]),
        (f"code={scanned_as(ticket)}", [ticket]),
        (f"event_id={event.uid}", [ticket]),
        (f"user_id={buyer.uid}", [ticket]),
        (f"order_id={paid.uid}", [ticket]),
        ("search=zed", [other]),
        ("status=used", []),
    ):
        assert ids(as_admin.get(f"{TICKETS}?{query}")) == [str(one.uid) for one in found], query
    bad = error_of(as_admin.get(f"{TICKETS}?status=x&event_id=1"), 422, "invalid")
    assert set(bad) == {"status", "event_id"}
    error_of(as_admin.get(f"{TICKETS}/1"), 404, "not_found")


def test_a_ticket_is_used_or_cancelled_by_hand(as_admin, buyer, vip, paid):
    ticket = paid.tickets.get()
    assert data_of(as_admin.put(f"{TICKETS}/{ticket.uid}", {"status": "valid"}))["status"] == "valid"
    assert data_of(as_admin.put(f"{TICKETS}/{ticket.uid}", {"status": "cancelled"}))["status"] == "cancelled"
    assert Refund.objects.get().amount == paid.total_amount
    error_of(as_admin.put(f"{TICKETS}/{ticket.uid}", {"status": "valid"}), 409, "conflict")
    error_of(as_admin.put(f"{TICKETS}/{ticket.uid}", {"status": "used"}), 409, "not_valid")
    pair = pay(order_of(buyer, vip, 2)).tickets.order_by("id")
    error_of(as_admin.put(f"{TICKETS}/{pair[0].uid}", {"status": "cancelled"}), 409, "conflict")
    assert data_of(as_admin.put(f"{TICKETS}/{pair[0].uid}", {"status": "used"}))["status"] == "used"
    assert Ticket.objects.get(pk=pair[0].pk).used_at is not None
    assert set(error_of(as_admin.put(f"{TICKETS}/{pair[1].uid}", {"status": "lost"}), 422, "invalid")) == {"status"}


def test_the_gate_uses_but_does_not_cancel(paid):
    ticket = paid.tickets.get()
    gate = client_of(with_role("Gate"))
    error_of(gate.put(f"{TICKETS}/{ticket.uid}", {"status": "cancelled"}), 403, "forbidden")
    data_of(gate.put(f"{TICKETS}/{ticket.uid}", {"status": "used"}))
    finance = client_of(with_role("Finance"))
    other = paid.tickets.get()
    error_of(finance.get(TICKETS), 403, "forbidden")
    error_of(finance.put(f"{TICKETS}/{other.uid}", {"status": "valid"}), 409, "conflict")
    stranger = client_of(member())
    error_of(stranger.get(f"{TICKETS}/{ticket.uid}"), 404, "not_found")
    assert data_of(stranger.get(TICKETS)) == []
