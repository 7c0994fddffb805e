"""Orders, their payment, the wallet and the address that providers report to."""

import json
from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.factories import SuperAdminFactory, UserFactory
from accounts.models import Notification
from bookings import cancelling, refunds
from bookings.models import Order, Payment, SandboxCharge, Ticket
from bookings.providers import sandbox
from bookings.tests.scenes import buy, decide, pay, scene, text, wait
from events.models import Event

pytestmark = pytest.mark.django_db


# --- Orders


@pytest.mark.parametrize("path", ["", "cancel/"])
def test_the_order_of_somebody_else_does_not_exist(client, me, path):
    _event, gold = scene(price=100)
    order = buy(UserFactory(), gold)
    assert client.get(f"/orders/{order.uid}/{path}").status_code == 404
    if path:
        assert client.post(f"/orders/{order.uid}/{path}").status_code == 404
    assert client.get(f"/orders/{uuid4()}/{path}").status_code == 404
    assert client.get(f"/orders/not-an-id/{path}").status_code == 404
    order.refresh_from_db()
    assert order.status == "pending"


def test_who_is_not_logged_in_is_asked_to(client):
    for path in ("/orders/", f"/orders/{uuid4()}/", "/wallet/"):
        assert client.get(path)["Location"] == f"/login/?next={path}"


def test_paying_from_choice_to_ticket(client, me):
    event, gold = scene(price=1200)
    page = client.post(f"/e/{event.slug}/", {"key": "k", f"qty_{gold.pk}": 1}, follow=True)
    order = Order.objects.get()
    assert "Held for you until" in text(page)
    assert "Pay ₹1,200" in text(page)
    hosted = client.post(f"/orders/{order.uid}/pay/")
    payment = order.payments.get()
    assert hosted["Location"] == f"/sandbox/pay/{payment.uid}/"
    page = text(client.get(hosted["Location"]))
    assert "a test payment provider" in page
    assert "₹1,200" in page
    back = client.post(hosted["Location"], {"decision": "pay"})
    assert back["Location"] == f"/orders/{order.uid}/"
    page = text(client.get(back["Location"]))  # no webhook has come
    ticket = Ticket.objects.get()
    assert "Confirmed" in page
    assert "<svg" in page
    assert " ".join(ticket.ticket_code[n : n + 4] for n in range(0, 26, 4)) in page
    assert Order.objects.get().status == "paid"


def test_a_failed_payment_can_be_tried_again(client, me):
    _event, gold = scene(price=100)
    order = buy(me, gold)
    first = order.payments.get()
    client.post(f"/sandbox/pay/{first.uid}/", {"decision": "fail"})
    assert "The payment did not go through." in text(client.get(f"/orders/{order.uid}/"))
    response = client.get(f"/orders/{order.uid}/pay/")
    second = order.payments.get(status=Payment.Status.OPEN)
    assert second != first
    assert response["Location"] == f"/sandbox/pay/{second.uid}/"


@pytest.mark.parametrize("is_logged_in", [False, True])
def test_whoever_knows_the_address_may_pay(client, is_logged_in):
    """Clients of the contracts open `payment_url` in a browser that has no session."""
    _event, gold = scene(price=100)
    order = buy(UserFactory(), gold)
    if is_logged_in:
        client.force_login(UserFactory())
    client.post(f"/sandbox/pay/{order.payments.get().uid}/", {"decision": "fail"})
    hosted = client.get(f"/orders/{order.uid}/pay/")["Location"]
    assert hosted == f"/sandbox/pay/{order.payments.get(status=Payment.Status.OPEN).uid}/"
    client.post(hosted, {"decision": "pay"})
    assert client.get(f"/orders/{order.uid}/pay/")["Location"] == f"/orders/{order.uid}/"
    order.refresh_from_db()
    assert order.status == "paid"
    assert client.get(f"/orders/{uuid4()}/pay/").status_code == 404


def test_abandoning_leaves_the_hold(client, me):
    _event, gold = scene(price=100)
    order = buy(me, gold)
    payment = order.payments.get()
    assert client.post(f"/sandbox/pay/{payment.uid}/", {"decision": "abandon"})["Location"] == f"/orders/{order.uid}/"
    assert SandboxCharge.objects.get().status == "open"
    assert "Pay ₹100" in text(client.get(f"/orders/{order.uid}/"))


@pytest.mark.parametrize("decision", ["", "x", "\x00", "paid"])
def test_the_hosted_page_knows_three_decisions(client, decision):
    _event, gold = scene(price=100)
    payment = buy(UserFactory(), gold).payments.get()
    assert client.post(f"/sandbox/pay/{payment.uid}/", {"decision": decision}).status_code == 400
    assert SandboxCharge.objects.get().status == "open"
    assert client.get(f"/sandbox/pay/{uuid4()}/").status_code == 404


def test_paying_twice_and_paying_what_is_paid(client, me):
    _event, gold = scene(price=100)
    order = pay(buy(me, gold))
    assert client.post(f"/orders/{order.uid}/pay/")["Location"] == f"/orders/{order.uid}/"
    assert "This payment is made already." in text(client.get(f"/sandbox/pay/{order.payments.get().uid}/"))
    assert order.payments.count() == 1


def test_an_overdue_order_says_so_and_is_not_paid(client, me):
    event, gold = scene(price=100)
    order = buy(me, gold)
    Order.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    page = text(client.get(f"/orders/{order.uid}/"))
    assert "The time to pay ran out" in page
    assert "Pay ₹100" not in page
    page = text(client.post(f"/orders/{order.uid}/pay/", follow=True))
    assert "This order cannot be paid any more. Please order again." in page
    cancelling.expire_overdue()
    assert f'href="/e/{event.slug}/"' in text(client.get(f"/orders/{order.uid}/"))


def test_cancelling_asks_first_and_gives_the_money_back(client, me):
    event, gold = scene(price=100)
    order = pay(buy(me, gold, qty=2))
    path = f"/orders/{order.uid}/cancel/"
    assert "₹200 goes back to you" in text(client.get(path))
    order.refresh_from_db()
    assert order.status == "paid"
    page = text(client.post(path, follow=True))
    assert "Your order is cancelled." in page
    assert "the money is on its way back to you" in page
    assert "<svg" not in page
    order.refresh_from_db()
    event.refresh_from_db()
    assert (order.status, event.booked_count) == ("refunded", 0)
    assert "already" in text(client.post(path, follow=True))


def test_the_order_says_what_went_back_and_why(client, me):
    _event, gold = scene(price=100)
    order = pay(buy(me, gold, qty=3))
    boss = SuperAdminFactory()
    cancelling.cancel_tickets(order, list(order.tickets.all()[:1]), by=boss)
    refunds.give(order, Decimal(20), by=boss, reason="The sound failed")
    page = text(client.get(f"/orders/{order.uid}/"))
    assert page.count("Goes back to you") == 2 and "−₹100" in page and "−₹20" in page
    assert "The sound failed" in page and "tickets cancelled" not in page
    refunds.send()
    page = text(client.get(f"/orders/{order.uid}/"))
    assert "Goes back to you" not in page and page.count("Refunded") == 2
    told = Notification.objects.filter(recipient=me).values_list("url", flat=True)
    assert len(told) == 3 and set(told) == {f"/orders/{order.uid}/"}  # ready, tickets cancelled, money given


def test_the_list_asks_as_many_queries_for_three_orders_as_for_one(client, me):
    def one_more():
        order = pay(buy(me, scene(price=100)[1]))
        event, full = scene(capacity=1)
        buy(UserFactory(), full)
        wait(event, me)
        return order

    one_more()
    client.get("/orders/")
    with CaptureQueriesContext(connection) as few:
        client.get("/orders/")
    one_more()
    one_more()
    with CaptureQueriesContext(connection) as many:
        assert len(client.get("/orders/").context["page"].object_list) == 3
    assert len(many) == len(few) <= 10


def test_an_order_asks_as_many_queries_for_three_tickets_as_for_one(client, me):
    types = [scene(price=0)[1] for _n in range(3)]
    small, large = buy(me, types[0]), buy(me, *types)
    client.get(f"/orders/{small.uid}/")
    with CaptureQueriesContext(connection) as few:
        client.get(f"/orders/{small.uid}/")
    with CaptureQueriesContext(connection) as many:
        assert text(client.get(f"/orders/{large.uid}/")).count("<svg") == 3
    assert len(many) == len(few) <= 10


def test_a_pending_order_asks_as_many_queries_for_three_lines_as_for_one(client, me):
    types = [scene(price=100)[1] for _n in range(3)]
    small, large = buy(me, types[0]), buy(me, *types)
    client.get(f"/orders/{small.uid}/")
    with CaptureQueriesContext(connection) as few:
        client.get(f"/orders/{small.uid}/")
    with CaptureQueriesContext(connection) as many:
        assert "Pay ₹300" in text(client.get(f"/orders/{large.uid}/"))
    assert len(many) == len(few)


# --- The wallet


def test_the_wallet_shows_valid_tickets_of_what_is_ahead(client, me):
    soon, gold = scene(seating=Event.Seating.AUTOMATIC, starts_at=timezone.now() + timedelta(days=1), name="Soon")
    later, silver = scene(starts_at=timezone.now() + timedelta(days=5), name="Later")
    over, bronze = scene(name="Over")
    buy(me, silver)
    buy(me, gold)
    buy(me, bronze)
    cancelling.cancel(buy(me, silver), by=me)
    past = timezone.now() - timedelta(days=3)
    Event.objects.filter(pk=over.pk).update(starts_at=past, ends_at=past + timedelta(hours=1))
    response = client.get("/wallet/")
    assert [ticket.event.name for ticket in response.context["page"]] == [soon.name, later.name]
    assert "A-1" in text(response)


def test_the_wallet_asks_as_many_queries_for_three_tickets_as_for_one(client, me):
    buy(me, scene()[1])
    client.get("/wallet/")
    with CaptureQueriesContext(connection) as few:
        client.get("/wallet/")
    buy(me, scene()[1])
    buy(me, scene()[1])
    with CaptureQueriesContext(connection) as many:
        assert text(client.get("/wallet/")).count("<svg") == 3
    assert len(many) == len(few) <= 6


# --- The address that providers report to


def report(body: bytes, name="sandbox", **headers):
    """POST a message as a provider does, without a CSRF token."""
    path, kind = f"/webhooks/payments/{name}/", "application/json"
    return Client(enforce_csrf_checks=True).post(path, body, content_type=kind, headers=headers)


def message(payment: Payment, status="paid") -> bytes:
    return json.dumps({"id": f"evt_{status}", "payment": str(payment.uid), "status": status, "reference": "r"}).encode()


def test_a_signed_report_confirms_the_order_once():
    _event, gold = scene(price=100)
    order = buy(UserFactory(), gold)
    body = message(decide(order))
    for _delivery in range(2):
        response = report(body, **{"Sandbox-Signature": sandbox.sign(body)})
        assert (response.status_code, response.json()) == (200, {"received": True})
    order.refresh_from_db()
    assert (order.status, order.tickets.count()) == ("paid", 1)


@pytest.mark.parametrize("signature", ["", "t=1,v1=00", "x" * 10_000, "t=99999999999,v1=é", "t=,v1="], ids=len)
@pytest.mark.parametrize("body", [b"", b"{}", b"\x00", b"[" * 9000], ids=len)
def test_an_unsigned_report_is_refused(signature, body):
    response = report(body, **{"Sandbox-Signature": signature})
    assert response.status_code == 400
    assert response.json()["received"] is False


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b"null", b'{"payment": 1}', b'{"payment": "\\u0000"}', b"[" * 9000], ids=len
)
def test_a_signed_report_that_cannot_be_read_is_refused(body):
    assert report(body, **{"Sandbox-Signature": sandbox.sign(body)}).status_code == 400


def test_reports_about_nothing_of_ours():
    body = message(Payment(uid=uuid4()))
    response = report(body, **{"Sandbox-Signature": sandbox.sign(body)})
    assert (response.status_code, response.json()) == (404, {"received": False, "message": "There is no such payment."})
    assert report(b"{}", name="nobody").status_code == 404
    assert Client().get("/webhooks/payments/sandbox/").status_code == 405
    huge = b"x" * 3_000_000
    assert report(huge, **{"Sandbox-Signature": sandbox.sign(huge)}).status_code == 413
