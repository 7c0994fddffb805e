"""The page of an event, orders, payment, the wallet and the address that providers report to."""

import json
from datetime import timedelta
from html import unescape
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.factories import SuperAdminFactory, UserFactory
from bookings import cancelling, orders
from bookings.factories import TicketTypeFactory
from bookings.models import Booking, Order, Payment, SandboxCharge, Ticket
from bookings.providers import sandbox
from bookings.tests.scenes import buy, decide, pay, scene, wait
from events.factories import EventFactory, EventImageFactory
from events.models import Event
from partners.factories import PartnerFactory
from partners.models import Partner

pytestmark = pytest.mark.django_db


@pytest.fixture
def me(client):
    user = UserFactory()
    client.force_login(user)
    return user


def text(response) -> str:
    """The page as people read it."""
    return unescape(response.content.decode())


def choose(*types, qty=1, key=None) -> dict:
    """What the form sends for `qty` of each type."""
    return {"key": key or str(uuid4()), **{f"qty_{one.pk}": qty for one in types}}


# --- The page of an event


def test_the_page_says_everything(client):
    event, gold = scene(
        capacity=10,
        price=1200,
        quantity_total=3,
        content="<p>Songs <b>and</b> rain</p>",
        important_information="Bring an ID.",
        venue_name="Opera House",
        place="Mumbai",
    )
    EventImageFactory.create_batch(3, event=event)
    page = text(client.get(f"/e/{event.slug}/"))
    for words in (
        event.name,
        "Opera House, Mumbai",
        "<p>Songs <b>and</b> rain</p>",
        "Bring an ID.",
        "₹1,200",
        "Only 3 left",
    ):
        assert words in page
    assert f'name="qty_{gold.pk}"' in page
    assert "Log in and book" in page
    assert "<script" not in page
    assert "style=" not in page


def test_as_many_queries_for_three_of_everything_as_for_one(client, me):
    festival = EventFactory(kind=Event.Kind.FESTIVAL)
    add_parts(festival, me)
    client.get(f"/e/{festival.slug}/")
    with CaptureQueriesContext(connection) as few:
        client.get(f"/e/{festival.slug}/")
    add_parts(festival, me)
    add_parts(festival, me)
    with CaptureQueriesContext(connection) as many:
        assert client.get(f"/e/{festival.slug}/").status_code == 200
    assert len(many) == len(few) <= 15


def add_parts(festival: Event, user) -> None:
    child = EventFactory(parent=festival, partner=PartnerFactory())
    TicketTypeFactory(event=child)
    EventImageFactory(event=child)
    EventImageFactory(event=festival)
    buy(user, TicketTypeFactory(event=festival))


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        (
            {"state": "cancelled", "cancelled_reason": "The singer is ill."},
            ["This event is cancelled", "The singer is ill."],
        ),
        ({"state": "closed"}, ["This event is over"]),
        ({"starts_at": timezone.now() - timedelta(days=2)}, ["This event is over"]),
        ({"is_bookable": False}, ["Booking is closed"]),
    ],
)
def test_an_event_that_cannot_be_booked_says_why(client, fields, words):
    event, gold = scene(**fields)
    page = text(client.get(f"/e/{event.slug}/"))
    for sentence in words:
        assert sentence in page
    assert f"qty_{gold.pk}" not in page


def test_the_events_of_a_suspended_partner_are_closed(client):
    event, _type = scene(partner=PartnerFactory(status=Partner.Status.SUSPENDED))
    assert "Booking is closed" in text(client.get(f"/e/{event.slug}/"))


def test_a_draft_is_seen_by_its_team_only(client):
    event, _type = scene(state="draft")
    assert client.get(f"/e/{event.slug}/").status_code == 404
    client.force_login(UserFactory())
    assert client.get(f"/e/{event.slug}/").status_code == 404
    client.force_login(SuperAdminFactory())
    assert "This is a draft" in text(client.get(f"/e/{event.slug}/"))


def test_an_unknown_event_is_404(client):
    for slug in ("nope", "%00", "a b", "..%2f..", "x" * 3000):
        assert client.get(f"/e/{slug}/").status_code == 404


def test_types_outside_their_sale_say_so(client):
    now = timezone.now()
    event, _open = scene()
    TicketTypeFactory(event=event, name="Early", sales_end_at=now - timedelta(days=1), position=1)
    TicketTypeFactory(event=event, name="Late", sales_start_at=now + timedelta(days=1), position=2)
    TicketTypeFactory(event=event, name="Secret", status="hidden", position=3)
    page = text(client.get(f"/e/{event.slug}/"))
    assert "Sale ended" in page
    assert "On sale from" in page
    assert "Secret" not in page
    assert page.count("<select") == 1


# --- Booking


def test_a_free_ticket_is_booked_at_once(client, me):
    event, free = scene()
    response = client.post(f"/e/{event.slug}/", choose(free, qty=2))
    order = Order.objects.get()
    assert (response.status_code, response["Location"]) == (302, f"/orders/{order.uid}/")
    assert (order.status, order.user, order.tickets.count()) == ("paid", me, 2)


def test_a_double_click_makes_one_order(client, me):
    event, gold = scene(price=100)
    asked = choose(gold, qty=2)
    first, second = client.post(f"/e/{event.slug}/", asked), client.post(f"/e/{event.slug}/", asked)
    assert first["Location"] == second["Location"]
    assert Order.objects.count() == 1
    event.refresh_from_db()
    assert event.booked_count == 2


def test_another_choice_under_the_same_key_is_asked_again(client, me):
    event, gold = scene(price=100)
    asked = choose(gold, qty=2)
    client.post(f"/e/{event.slug}/", asked)
    response = client.post(f"/e/{event.slug}/", {**asked, f"qty_{gold.pk}": 3})
    assert response.status_code == 409
    assert "You have ordered from this page already." in text(response)
    assert asked["key"] not in text(response)
    assert Order.objects.count() == 1


def test_who_is_not_logged_in_comes_back_with_the_choice(client):
    event, gold = scene(price=100)
    response = client.post(f"/e/{event.slug}/", choose(gold, qty=3))
    assert response.status_code == 302
    assert Order.objects.count() == 0
    user = UserFactory()
    back = client.post(response["Location"], {"identifier": user.email, "password": "secret"})
    assert back["Location"] == f"/e/{event.slug}/?qty_{gold.pk}=3#tickets"
    page = text(client.get(back["Location"]))
    assert '<option value="3" selected>' in page
    assert "You are logged in. Here is what you chose." in page


def test_the_signup_page_keeps_the_way_back(client):
    event, gold = scene(price=100)
    login = client.post(f"/e/{event.slug}/", choose(gold, qty=3))["Location"]
    page = client.get(login).content.decode()
    signup = unescape(page.split('href="/signup/?next=')[1].split('"')[0])
    fields = {"full_name": "A", "email": "a@example.com", "password": "secret"}
    back = client.post(f"/signup/?next={signup}", fields)
    assert back["Location"] == f"/e/{event.slug}/?qty_{gold.pk}=3#tickets"


def test_a_refusal_stands_beside_the_form_and_keeps_the_choice(client, me):
    event, gold = scene(capacity=2, price=100)
    response = client.post(f"/e/{event.slug}/", choose(gold, qty=3))
    assert response.status_code == 409
    page = text(response)
    assert f"{event.name}, General admission: only 2 left." in page
    assert '<option value="3" selected>' in page
    assert Order.objects.count() == 0


@pytest.mark.parametrize("value", ["", "0", "-1", "abc", "99999999999999999999", "1.5", "\x00", "1001", "²"])
def test_a_wrong_number_is_said_beside_the_form(client, me, value):
    event, gold = scene(price=100)
    response = client.post(f"/e/{event.slug}/", choose(gold, qty=value))
    assert response.status_code == 400
    assert "error" in text(response) or "Choose how many tickets" in text(response)
    assert Order.objects.count() == 0
    assert client.get(f"/e/{event.slug}/", {f"qty_{gold.pk}": value}).status_code == 200


@pytest.mark.parametrize("key", ["", "\x00", "x" * 5000])
def test_a_wrong_key_is_refused(client, me, key):
    event, gold = scene(price=100)
    assert client.post(f"/e/{event.slug}/", {"key": key, f"qty_{gold.pk}": 1}).status_code == 400
    assert Order.objects.count() == 0


def test_types_of_other_events_do_not_count(client, me):
    event, _gold = scene(price=100)
    _other, foreign = scene(price=1)
    assert client.post(f"/e/{event.slug}/", choose(foreign)).status_code == 400
    assert Order.objects.count() == 0


def test_a_closed_event_refuses_the_form_of_an_old_page(client, me):
    event, gold = scene(price=100, state="cancelled")
    assert client.post(f"/e/{event.slug}/", choose(gold)).status_code == 409
    assert Order.objects.count() == 0


def test_booking_is_limited(client, me, settings):
    settings.EVENTIFY_RATE_LIMITS = True
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "booking": (1, 60)}
    event, gold = scene()
    assert client.post(f"/e/{event.slug}/", choose(gold)).status_code == 302
    response = client.post(f"/e/{event.slug}/", choose(gold))
    assert response.status_code == 429
    assert int(response["Retry-After"]) >= 1
    assert Order.objects.count() == 1


# --- The waitlist


def test_a_full_event_offers_the_waitlist(client, me):
    event, gold = scene(capacity=1, price=100)
    assert "Join the waitlist" not in text(client.get(f"/e/{event.slug}/"))
    buy(UserFactory(), gold)
    assert "Join the waitlist" in text(client.get(f"/e/{event.slug}/"))
    asked = {"wait_key": str(uuid4()), "places": 2}
    for _click in range(2):
        response = client.post(f"/e/{event.slug}/", asked)
        assert (response.status_code, response["Location"]) == (302, "/orders/")
    booking = Booking.objects.get(user=me)
    assert (booking.status, booking.qty) == ("waitlisted", 2)
    assert "You wait for 2 places." in text(client.get(f"/e/{event.slug}/"))
    assert "Waiting" in text(client.get("/orders/"))


@pytest.mark.parametrize("places", ["0", "11", "x", "", "\x00"])
def test_a_wrong_number_of_places_is_refused(client, me, places):
    event, gold = scene(capacity=1)
    buy(UserFactory(), gold)
    response = client.post(f"/e/{event.slug}/", {"wait_key": "k", "places": places})
    assert response.status_code == 400
    assert not Booking.objects.filter(user=me).exists()


def test_leaving_the_waitlist_asks_first(client, me):
    event, gold = scene(capacity=1)
    buy(UserFactory(), gold)
    booking = wait(event, me)
    path = f"/waitlist/{booking.uid}/leave/"
    assert "Leave the waitlist?" in text(client.get(path))
    booking.refresh_from_db()
    assert booking.status == "waitlisted"
    assert client.post(path)["Location"] == "/orders/"
    booking.refresh_from_db()
    assert booking.status == "cancelled"
    stranger = wait(event, UserFactory())
    assert client.post(f"/waitlist/{stranger.uid}/leave/").status_code == 404


# --- Orders


@pytest.mark.parametrize("path", ["", "pay/", "cancel/"])
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
    page = client.post(f"/e/{event.slug}/", choose(gold), follow=True)
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
    assert report(huge, **{"Sandbox-Signature": sandbox.sign(huge)}).status_code == 400


def test_what_was_booked_shows_on_the_event(client, me):
    event, gold = scene(price=100)
    order = buy(me, gold, qty=2)
    page = text(client.get(f"/e/{event.slug}/"))
    assert "2 tickets are held for you." in page
    assert f"/orders/{order.uid}/" in page
    assert orders.Line(gold.pk, 1).qty == 1
