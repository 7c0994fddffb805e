"""The ticket's page and what can be taken along: for whom they are, what they answer, what they ask of the database."""

from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.factories import SuperAdminFactory, UserFactory
from accounts.tests.coming_in import log_in
from bookings import buyers, cancelling
from bookings.models import Order, Ticket
from bookings.papers import invoices
from bookings.tests.reading import of_pdf
from bookings.tests.scenes import buy, pay, scene, text
from bookings.tests.test_papers_apple import identity  # noqa: F401 - a fixture
from bookings.tickets import scanned_as
from partners import members
from partners.factories import PartnerFactory

pytestmark = pytest.mark.django_db
NOTHING = "01900000-0000-7000-8000-000000000000"


@pytest.fixture
def order(me) -> Order:
    start = timezone.now() + timedelta(days=3)
    _event, kind = scene(price=100, name="Nights", starts_at=start, ends_at=start + timedelta(hours=3))
    return pay(buy(me, kind, qty=2))


@pytest.fixture
def ticket(order) -> Ticket:
    return order.tickets.order_by("pk").first()


def addresses(order: Order) -> dict[str, str]:
    """Every page and paper of an order, and what it answers with."""
    ticket, (paper, *_notes) = order.tickets.first(), invoices.issue_for(order)
    return {
        f"/tickets/{ticket.uid}/": "text/html; charset=utf-8",
        f"/tickets/{ticket.uid}/ticket.pdf": "application/pdf",
        f"/tickets/{ticket.uid}/ticket.ics": "text/calendar; charset=utf-8",
        f"/orders/{order.uid}/tickets.pdf": "application/pdf",
        f"/orders/{order.uid}/tickets.ics": "text/calendar; charset=utf-8",
        f"/orders/{order.uid}/receipt.pdf": "application/pdf",
        f"/invoices/{paper.uid}/invoice.pdf": "application/pdf",
    }


def test_the_buyer_has_all_papers(client, order):
    for url, kind in addresses(order).items():
        response = client.get(url)
        assert (response.status_code, response["Content-Type"]) == (200, kind), url
        assert "no-store" in response["Cache-Control"], url
        if kind != "text/html; charset=utf-8":
            assert response["Content-Disposition"].startswith("attachment; filename="), url


def test_others_find_nothing_and_nobody_is_sent_to_log_in(order):
    stranger = Client()
    stranger.force_login(UserFactory())
    boss = Client()
    boss.force_login(SuperAdminFactory())
    for url in addresses(order):
        assert stranger.get(url).status_code == boss.get(url).status_code == 404, url
        answer = Client().get(url)
        assert (answer.status_code, answer["Location"]) == (302, f"/login/?next={url}")
        assert Client().post(url).status_code == 405


def test_the_log_in_says_what_for_and_not_whether_it_is_there(order):
    found = {"order": order.uid, "ticket": order.tickets.first().uid}
    for word, known in found.items():
        pages = [Client().get(f"/{word}s/{uid}/", follow=True) for uid in (known, NOTHING)]
        assert [[str(one) for one in page.context["messages"]] for page in pages] == [
            [f"Log in to see this {word}."]
        ] * 2


def test_a_guest_has_the_papers_of_its_session(client, order):
    order.user.__class__.objects.filter(pk=order.user_id).update(is_guest=True, is_active=False)
    browser = Client()
    session = browser.session
    session["guest"] = order.user_id
    session.save()
    for url in addresses(order):
        assert browser.get(url).status_code == 200, url


def test_what_does_not_exist_is_not_found(client, me):
    for path in ("tickets/{}/", "tickets/{}/ticket.pdf", "orders/{}/tickets.pdf", "invoices/{}/invoice.pdf"):
        assert client.get("/" + path.format(NOTHING)).status_code == 404
        assert client.get("/" + path.format("%00")).status_code == 404


def test_the_page_shows_the_code_who_when_and_where(client, ticket):
    Ticket.objects.filter(pk=ticket.pk).update(attendee_name="Ravi <b>")
    page = text(client.get(f"/tickets/{ticket.uid}/"))
    assert "<svg" in page and ticket.ticket_code[:4] in page and "<h1>" in page
    assert "Ravi <b>" in page and "Ravi &lt;b&gt;" in client.get(f"/tickets/{ticket.uid}/").content.decode()
    for words in ("Add to calendar", f"/tickets/{ticket.uid}/ticket.pdf", "General admission"):
        assert words in page
    assert "Apple" not in page and "style=" not in page


def test_what_is_over_is_for_no_calendar(client, order, ticket):
    addresses = (f"/e/{ticket.event.slug}/", f"/tickets/{ticket.uid}/", f"/orders/{order.uid}/")
    for address in addresses:
        assert "calendar</a>" in text(client.get(address)), address
    with time_machine.travel(ticket.event.ends_at + timedelta(seconds=1)):
        for address in addresses:
            page = text(client.get(address))
            assert "calendar</a>" not in page and "Google Calendar" not in page, address
        assert "Tickets as PDF" in page  # the paper stays


def test_the_pass_is_offered_where_it_can_be_made(client, ticket, identity):  # noqa: F811
    assert "Add to Apple Wallet" in text(client.get(f"/tickets/{ticket.uid}/"))
    response = client.get(f"/tickets/{ticket.uid}/ticket.pkpass")
    assert (response.status_code, response["Content-Type"]) == (200, "application/vnd.apple.pkpass")


def test_without_a_certificate_the_pass_leads_back(client, ticket):
    response = client.get(f"/tickets/{ticket.uid}/ticket.pkpass", follow=True)
    assert response.redirect_chain == [(f"/tickets/{ticket.uid}/", 302)]
    assert "There is no pass for this ticket." in text(response)


@pytest.mark.parametrize("status", ["used", "cancelled"])
def test_a_ticket_that_is_spent_shows_no_code(client, ticket, status):
    Ticket.objects.filter(pk=ticket.pk).update(status=status, used_at=timezone.now(), used_gate="North")
    page = text(client.get(f"/tickets/{ticket.uid}/"))
    assert "<svg" not in page and ticket.ticket_code[:4] not in page
    assert ("North" if status == "used" else "It opens no door any more.") in page
    response = client.get(f"/tickets/{ticket.uid}/ticket.pdf", follow=True)
    assert "there is nothing to print" in text(response)


def test_after_passing_it_on_only_the_new_holder_sees_it(client, order, ticket):
    friend = UserFactory()
    Ticket.objects.filter(pk=ticket.pk).update(user=friend)
    for path in ("", "ticket.pdf", "ticket.ics", "ticket.pkpass"):
        assert client.get(f"/tickets/{ticket.uid}/{path}").status_code == 404
    assert of_pdf(client.get(f"/orders/{order.uid}/tickets.pdf").content) == [
        scanned_as(order.tickets.exclude(pk=ticket.pk).get())
    ]
    page = text(client.get(f"/orders/{order.uid}/"))
    assert ticket.ticket_code[:4] not in page and "Passed on" in page
    other = Client()
    other.force_login(friend)
    assert ticket.ticket_code[:4] in text(other.get(f"/tickets/{ticket.uid}/"))
    assert ticket.ticket_code[:4] in text(other.get("/wallet/"))
    assert other.get(f"/orders/{order.uid}/").status_code == 404


def test_an_order_whose_tickets_are_gone_leads_back(client, order):
    cancelling.cancel(order, by=order.user)
    response = client.get(f"/orders/{order.uid}/tickets.pdf", follow=True)
    assert "This order has no tickets that open a door." in text(response)
    assert client.get(f"/orders/{order.uid}/tickets.ics").status_code == 200
    assert client.get(f"/orders/{order.uid}/receipt.pdf").status_code == 200


def test_without_a_date_the_calendar_leads_back(client, order, ticket):
    type(ticket.event).objects.filter(pk=ticket.event_id).update(starts_at=None, ends_at=None)
    for url, back in ((f"/tickets/{ticket.uid}/ticket.ics", f"/tickets/{ticket.uid}/"),):
        response = client.get(url, follow=True)
        assert response.redirect_chain == [(back, 302)] and "There is no date yet" in text(response)
    assert client.get(f"/orders/{order.uid}/tickets.ics").status_code == 302
    assert client.get(f"/tickets/{ticket.uid}/").status_code == 200


def test_an_order_that_is_not_paid_has_no_papers(client, me):
    _event, kind = scene(price=100)
    order = buy(me, kind)
    for name in ("tickets.pdf", "tickets.ics", "receipt.pdf"):
        assert client.get(f"/orders/{order.uid}/{name}").status_code == 404


def test_the_number_of_queries_does_not_grow_with_the_tickets(client, me):
    _event, kind = scene(price=100, capacity=500)
    small, large = pay(buy(me, kind, qty=1)), pay(buy(me, kind, qty=3))
    for name in ("tickets.pdf", "tickets.ics", "receipt.pdf"):
        assert asked(client, f"/orders/{small.uid}/{name}") == asked(client, f"/orders/{large.uid}/{name}"), name


def asked(client, url: str) -> int:
    """How many queries the address costs."""
    with CaptureQueriesContext(connection) as queries:
        assert client.get(url).status_code == 200
    return len(queries)


def test_the_worker_is_served_where_it_may_work():
    response = Client().get("/tickets/worker.js")
    assert response["Content-Type"] == "text/javascript; charset=utf-8" and b"skipWaiting" in response.content


def test_orders_seen_is_what_decides(rf, me, order):
    request = rf.get("/")
    request.user, request.session = me, {}
    assert list(buyers.orders_seen_by(request)) == [order]


def test_a_partner_has_the_invoices_of_its_own_sales(desk_member):
    client, partner = desk_member
    _event, own = scene(price=100, partner=partner)
    _event, other = scene(price=50, partner=PartnerFactory(status="Active"))
    order = pay(buy(UserFactory(), own, other))
    mine, theirs = invoices.issue_for(order)
    if mine.series.partner_id != partner.pk:
        mine, theirs = theirs, mine
    assert client.get(f"/command-center/invoices/{mine.uid}/")["Content-Type"] == "application/pdf"
    assert client.get(f"/command-center/invoices/{theirs.uid}/").status_code == 404


@pytest.fixture
def desk_member():
    """A browser of somebody who runs a partner, and the partner."""
    partner, user = PartnerFactory(status="Active"), UserFactory()
    members.add(partner, user, role="org_admin", by=None)
    client = Client()
    log_in(client, user)
    return client, partner
