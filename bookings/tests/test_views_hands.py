"""The pages on which a ticket is passed on, accepted and given back."""

from uuid import uuid4

import pytest
from django.core import mail as outbox
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts import mail
from accounts.factories import UserFactory
from accounts.models import User
from bookings import guests, resales, transfers
from bookings.models import Resale, Ticket, TicketTransfer
from bookings.tests.scenes import book, buy, pay, people, scene, text, wait
from eventify.lib.errors import DomainError
from events.models import Event

pytestmark = pytest.mark.django_db
PAGES = ("ticket-transfer", "ticket-resale")


def mine(me, price=10, **event) -> Ticket:
    """A ticket of `me` at a full event."""
    event, kind = scene(capacity=1, price=price, **event)
    order = buy(me, kind)
    order = pay(order) if order.status == "pending" else order
    return order.tickets.get()


def page_of(name, ticket) -> str:
    return reverse(name, args=[ticket.uid])


@pytest.mark.parametrize("name", PAGES)
def test_the_ticket_of_somebody_else_does_not_exist(client, me, name):
    url = page_of(name, mine(UserFactory()))
    assert [client.get(url).status_code, client.post(url).status_code] == [404, 404]
    assert client.get(reverse(name, args=[uuid4()])).status_code == 404
    client.logout()
    assert client.get(url)["Location"] == f"/login/?next={url}"
    assert not TicketTransfer.objects.exists() and not Resale.objects.exists()


def test_passing_a_ticket_on_from_form_to_wallet(client, me):
    ticket = mine(me)
    url = page_of("ticket-transfer", ticket)
    assert "No money moves: you paid ₹10, and if the order is refunded later, that goes to you" in text(client.get(url))
    page = client.post(url, {"to_email": "friend@example.org", "message": "Have fun"}, follow=True)
    assert "We have sent the link to friend@example.org." in text(page)
    assert "Until it is accepted, the ticket is yours." in text(page)
    for shown in ("/wallet/", page_of("order", ticket.order), page_of("ticket", ticket)):
        assert "Link sent" in text(client.get(shown)), shown
    mail.send_pending()
    sent = next(one for one in outbox.outbox if one.to == ["friend@example.org"])
    link = next(word for word in sent.body.split() if "/tickets/accept/" in word)
    assert "Have fun" in sent.body and sent.subject == f"{me} gives you a ticket for {ticket.event.name}"
    path = "/tickets/accept/" + link.partition("/tickets/accept/")[2]
    client.logout()
    page = text(client.get(path))
    assert f'href="/login/?next={path}"' in page and f'href="/signup/?next={path}"' in page
    assert client.post(path).status_code == 200 and Ticket.objects.get().user == me  # nobody is logged in
    friend = people(1)[0]
    client.force_login(friend)
    assert f"The link was sent to friend@example.org, and you are logged in as {friend.email}." in text(
        client.get(path)
    )
    done = client.post(path)
    assert done["Location"] == f"/tickets/{ticket.uid}/"
    ticket.refresh_from_db()
    assert ticket.user == friend and ticket.ticket_code[:4] in text(client.get("/wallet/"))
    page = client.get(path)
    assert page.status_code == 409 and "accepted already" in text(page)
    client.force_login(me)
    assert client.get(url).status_code == 404
    assert ticket.ticket_code[:4] not in text(client.get(f"/orders/{ticket.order.uid}/"))


def test_no_warning_for_the_address_it_was_sent_to(client, me):
    ticket = mine(UserFactory())
    sent = transfers.offer(ticket, me.email, by=ticket.user)
    page = text(client.get(reverse("transfer-accept", args=[transfers.token_of(sent.seed)])))
    assert "Accept the ticket" in page and "you are logged in as" not in page


def test_the_form_says_what_is_wrong(client, me):
    url = page_of("ticket-transfer", mine(me))
    for sent in (
        {},
        {"to_email": "nobody"},
        {"to_email": me.email},
        {"to_email": "a@example.org", "message": "x" * 501},
    ):
        page = client.post(url, sent)
        assert page.status_code == 422 and 'class="error"' in text(page)
    assert client.post(url, {"to_email": "a\x00@example.org", "message": "\x00"}).status_code == 422
    assert not TicketTransfer.objects.exists()


def test_taking_the_link_back(client, me):
    ticket = mine(me)
    url = page_of("ticket-transfer", ticket)
    token = transfers.token_of(transfers.offer(ticket, "a@example.org", by=me).seed)
    assert "Take the link back" in text(client.get(url))
    assert "The ticket stays yours." in text(client.post(url, {"act": "withdraw"}, follow=True))
    assert "no link to take back" in text(client.post(url, {"act": "withdraw"}, follow=True))
    assert client.get(reverse("transfer-accept", args=[token])).status_code == 409


@pytest.mark.parametrize("token", ["nothing", "x" * 3000, "%00", "%ED%A0%80"])
def test_a_link_that_is_none(client, token):
    assert client.get(f"/tickets/accept/{token}/").status_code == 404


def test_giving_a_ticket_back_and_keeping_it_after_all(client, me):
    ticket = mine(me)
    url = page_of("ticket-resale", ticket)
    page = text(client.get(url))
    assert "₹10 goes back to you the way it came; until then you keep the ticket and get no money." in page
    assert "Nobody waits at the moment." in page
    page = text(client.post(url, follow=True))
    assert "It stays yours until one of them has paid." in page and "Take it back" in page
    assert "Offered to the queue" in text(client.get("/wallet/"))
    assert "You have given this ticket back" in text(client.get(page_of("ticket-transfer", ticket)))
    assert "You keep your ticket." in text(client.post(url, {"act": "withdraw"}, follow=True))
    assert "Offered to the queue" not in text(client.get("/wallet/"))
    assert "This offer is over." in text(client.post(url, {"act": "withdraw"}, follow=True))
    wait(ticket.event, people(1)[0])
    assert "1 place is waited for now." in text(client.get(url))
    client.post(url)
    page = text(client.get(url))
    assert "may be paying for your ticket at this moment" in page and "Take it back" not in page
    assert "Try again in an hour." in text(client.post(url, {"act": "withdraw"}, follow=True))


def test_a_free_ticket_is_gone_at_once(client, me):
    ticket = mine(me, price=0)
    wait(ticket.event, people(1)[0])
    url = page_of("ticket-resale", ticket)
    assert "No money goes back" in text(client.get(url))
    assert "Somebody who waited has your ticket now." in text(client.post(url, follow=True))
    assert "was cancelled" in text(client.get(url))


def test_who_lost_what_was_held_reads_their_order(client, me):
    ticket = mine(UserFactory())
    wait(ticket.event, me)
    resales.offer(ticket, by=ticket.user)
    order = me.orders.get()
    Ticket.objects.update(status="used", used_at=ticket.created_at)
    resales.tidy()
    assert client.get(f"/orders/{order.uid}/").status_code == 200
    assert "wait" in text(client.get("/orders/"))


def test_a_guest_passes_on_and_gives_back(client):
    guest = User.objects.create(email=f"guest-1@{guests.DOMAIN}", username="guest-1", is_guest=True, is_active=False)
    ticket = mine(guest)
    type(ticket.order).objects.update(buyer_email="ann@example.org", buyer_name="Ann")
    session = client.session
    session[guests.SESSION_KEY] = guest.pk
    session.save()
    page = client.post(page_of("ticket-transfer", ticket), {"to_email": "friend@example.org"}, follow=True)
    assert "We have sent the link" in text(page)
    token = transfers.token_of(TicketTransfer.objects.get().seed)
    client.logout()
    assert "Ann wants you to have a ticket" in text(client.get(reverse("transfer-accept", args=[token])))


def test_a_waiting_person_is_shown_the_place_when_they_join(client, me):
    ticket = mine(UserFactory())
    resales.offer(ticket, by=ticket.user)
    made = book(ticket.event, me, waitlist_too=True)
    assert made.order and client.get(f"/orders/{made.order.uid}/").status_code == 200


# --- The ways out of one's hands are offered exactly when they are open


def cases(me) -> dict[str, Ticket]:
    """Tickets of `me` in all states that decide whether they can be given back."""
    made = {name: mine(me) for name in ("good", "sent", "offered", "used", "cancelled", "begun", "closed")}
    transfers.offer(made["sent"], "a@example.org", by=me)
    resales.offer(made["offered"], by=me)
    now = made["good"].created_at
    Ticket.objects.filter(pk=made["used"].pk).update(status="used", used_at=now)
    Ticket.objects.filter(pk=made["cancelled"].pk).update(status="cancelled")
    Event.objects.filter(pk=made["begun"].event_id).update(starts_at=now)
    Event.objects.filter(pk=made["closed"].event_id).update(is_bookable=False)
    got = mine(UserFactory())
    token = transfers.token_of(transfers.offer(got, me.email, by=got.user).seed)
    made["got"] = transfers.accept(token, by=me)
    return {name: Ticket.objects.get(pk=ticket.pk) for name, ticket in made.items()}


def accepts(verb, ticket, *args, by) -> bool:
    """Whether the verb would do it; it is taken back."""
    try:
        with transaction.atomic():
            verb(ticket, *args, by=by)
            transaction.set_rollback(True)
    except DomainError:
        return False
    return True


def test_giving_back_and_passing_on_are_offered_exactly_when_they_are_possible(client, me):
    tickets = cases(me)
    can = {name: accepts(resales.offer, ticket, by=me) for name, ticket in tickets.items()}
    assert {name for name, possible in can.items() if possible} == {"good"}
    for name, ticket in tickets.items():
        own_page = text(client.get(page_of("ticket", ticket)))
        assert (f'{page_of("ticket-resale", ticket)}">Give it back' in own_page) is can[name], name
        may_send = accepts(transfers.offer, ticket, "b@example.org", by=me) or name == "sent"  # there it is taken back
        assert (page_of("ticket-transfer", ticket) in own_page) is may_send, name
        for page in ("/wallet/", *(["order"] if name != "got" else [])):
            shown = text(client.get(page if page == "/wallet/" else page_of("order", ticket.order)))
            assert (f'{page_of("ticket-resale", ticket)}">Give it back' in shown) is can[name], (name, page)
    offered = page_of("ticket-resale", tickets["offered"])
    assert f'{offered}">To the offer' in text(client.get("/wallet/"))
    assert "Take it back" in text(client.get(offered))


def test_the_wallet_asks_as_often_for_three_tickets_as_for_one(client, me):
    def asked(path) -> int:
        with CaptureQueriesContext(connection) as found:
            assert client.get(path).status_code == 200
        return len(found)

    first = mine(me)
    paths = ("/wallet/", page_of("order", first.order))
    few = [asked(path) for path in paths]
    resales.offer(mine(me), by=me)
    transfers.offer(mine(me), "a@example.org", by=me)
    assert [asked(path) for path in paths] == few
    _event, kind = scene(capacity=9, price=10)
    order = pay(buy(me, kind, qty=3))
    assert asked(page_of("order", order)) == few[1]
