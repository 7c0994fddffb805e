"""Every list costs the same for one row and for three."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import notify
from accounts.factories import UserFactory
from bookings import orders
from bookings.factories import TicketTypeFactory
from eventify.contracts.evient.tests.conftest import client_of, data_of, member, pay, with_role
from events.factories import CategoryFactory, EventFactory, EventImageFactory
from events.models import Banner

LISTS = [
    ("/api/users/tickets", "buyer", 5),
    ("/api/notifications", "buyer", 3),
    ("/api/events", "nobody", 5),
    ("/api/events?search=event&category=x&city=hall", "nobody", 3),
    ("/api/events/featured", "nobody", 4),
    ("/api/banners", "nobody", 2),
    ("/api/orders", "buyer", 5),
    ("/api/admin/users", "admin", 4),
    ("/api/admin/events", "admin", 6),
    ("/api/admin/events", "partner", None),
    ("/api/admin/orders", "admin", 6),
    ("/api/admin/orders", "partner", None),
    ("/api/admin/tickets", "admin", 5),
    ("/api/admin/tickets", "gate", None),
    ("/api/admin/banners", "admin", 4),
    ("/api/admin/stats", "admin", None),
]


@pytest.fixture
def world(buyer, admin):
    partner_user = member()
    partner = partner_user.memberships.get().partner

    def add_row():
        event = EventFactory(partner=partner, category=CategoryFactory(), is_hot=True, seating="automatic")
        EventImageFactory(event=event)
        for price in (0, 10):
            kind = TicketTypeFactory(event=event, price=price)
            order = orders.place([orders.Line(kind.pk, 2)], by=buyer)
            if price:
                pay(order)
        orders.place([orders.Line(kind.pk, 1)], by=buyer)
        notify.notify(buyer, "Hello")
        Banner.objects.create(title="B", image_url="/b.png", event=event)
        UserFactory()

    users = {"nobody": None, "buyer": buyer, "admin": admin, "partner": partner_user, "gate": with_role("Gate")}
    return users, add_row


def queries(client, path):
    with CaptureQueriesContext(connection) as counted:
        answer = client.get(path)
    data_of(answer)
    return len(counted), answer.json()["data"]


@pytest.mark.parametrize("path, who, most", LISTS)
def test_a_list_costs_the_same_for_any_length(world, path, who, most):
    users, add_row = world
    client = client_of(users[who])
    add_row()
    client.get(path)  # content types are cached from now on
    one, rows = queries(client, path)
    add_row()
    add_row()
    three, more = queries(client, path)
    assert one == three
    assert len(more) > len(rows) or "search" in path or "stats" in path
    assert most is None or one <= most, one


def test_details_cost_the_same_for_any_number_of_types_and_tickets(world, buyer, as_buyer, as_admin):
    counts = []
    for number in (1, 3):
        event = EventFactory()
        kinds = [TicketTypeFactory(event=event) for _ in range(number)]
        order = orders.place([orders.Line(kind.pk, number) for kind in kinds], by=buyer)
        paths = [(as_buyer, f"/api/events/{event.uid}"), (as_buyer, f"/api/orders/{order.uid}")]
        paths += [(as_admin, f"/api/admin/events/{event.uid}"), (as_admin, f"/api/admin/orders/{order.uid}")]
        paths += [(as_admin, f"/api/admin/events/{event.uid}/ticket-types")]
        counts.append([queries(client, path)[0] for client, path in paths])
    assert counts[0] == counts[1]
