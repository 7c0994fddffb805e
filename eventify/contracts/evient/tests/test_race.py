"""The last ticket, one key, one code: through HTTP from several threads on PostgreSQL."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from accounts.factories import SuperAdminFactory, UserFactory
from bookings import orders
from bookings.factories import TicketTypeFactory
from bookings.models import Order, Ticket
from eventify.contracts.evient.tests.conftest import client_of
from eventify.contracts.evient.tests.test_orders import buy
from events.factories import EventFactory
from partners import house

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def from_the_start(transactional_db):
    """What migrations made was emptied by the tests before."""
    house.ensure()


def at_once(*calls):
    """Call them all at the same moment, each on its own connection; returns the answers."""
    barrier = Barrier(len(calls))

    def run(call):
        barrier.wait()
        try:
            return call()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


@pytest.mark.parametrize("round", range(3))
def test_the_last_ticket_is_sold_once(round):
    last = TicketTypeFactory(event=EventFactory(capacity=1), quantity_total=1)
    clients = [client_of(UserFactory()) for _ in range(4)]
    answers = at_once(*(lambda client=client: buy(client, (last, 1)) for client in clients))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    last.refresh_from_db()
    assert last.quantity_sold == 1 and Ticket.objects.count() == 1


def test_a_retry_at_the_same_moment_is_one_order():
    kind = TicketTypeFactory(event=EventFactory(capacity=9), price=10)
    buyer = UserFactory()
    clients = [client_of(buyer) for _ in range(4)]
    answers = at_once(*(lambda client=client: buy(client, (kind, 1), key="same") for client in clients))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["data"]["order"]["id"] for answer in answers}) == 1
    assert len({answer.json()["data"]["payment_url"] for answer in answers}) == 1
    kind.refresh_from_db()
    assert kind.quantity_sold == 1 and Order.objects.count() == 1


def test_a_code_admits_once():
    kind = TicketTypeFactory()
    code = orders.place([orders.Line(kind.pk, 1)], by=UserFactory()).tickets.get().ticket_code
    gates = [client_of(SuperAdminFactory()) for _ in range(4)]
    scan = "/api/admin/scanners/checkin"
    answers = at_once(*(lambda gate=gate: gate.post(scan, {"code": code}) for gate in gates))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]


def test_one_title_many_times_at_once():
    admin = SuperAdminFactory()
    clients = [client_of(admin) for _ in range(4)]
    body = {"title": "Same", "category": "New"}
    answers = at_once(*(lambda client=client: client.post("/api/admin/events", body) for client in clients))
    assert [answer.status_code for answer in answers] == [201] * 4
    assert len({answer.json()["data"]["slug"] for answer in answers}) == 4
    assert {answer.json()["data"]["category"] for answer in answers} == {"New"}
