"""Somebody who has left traces everywhere: bought, was refunded, came in, worked, was told, and handed papers in."""

from datetime import timedelta

from django.core.files.base import ContentFile
from django.db import connection
from django.utils import timezone

from accounts import audit, mail, notify, saved_filters, sessions
from accounts.factories import UserFactory
from accounts.models import User
from accounts.tests.coming_in import turn_on
from bookings import cancelling, checkin, refunds
from bookings.models import Booking, Order, Ticket, WebhookDelivery
from bookings.papers import invoices
from bookings.tests.scenes import buy, pay, scene
from crew import assignments, feeds, tags
from crew.factories import CompanyFactory, PersonTagFactory
from crew.models import Assignment, IdentityMatch, Person, Swap, UserTag
from crew.tests.scenes import shift_at, volunteer
from events.models import Event
from partners import members
from partners.factories import PartnerFactory
from partners.models import Contact, Document, Invitation, Member

NAME, EMAIL, PHONE = "Quetzal Zyzzyva", "quetzal@zyzzyva.example", "+919812345678"
FRIEND = "Friend Zyzzyva"
TRACES = ("quetzal", "zyzzyva", "9812345678")
SECRETS = {"password", "bin_key", "token_hash", "key_hash", "seed", "refresh_jti", "ticket_code", "sealed_private_key"}
# Where the person's name may still stand, and why it may: docs/privacy.md says the same.
KEPT = {
    "accounts_auditlog": "A chain that nobody may change.",
    "bookings_invoice": "Frozen when issued.",
    "accounts_outgoingmail": "The one last mail.",
    "partners_document": "An organisation's paper, under the name of its file.",
}


def somebody(**fields) -> User:
    """Who they are; the address is confirmed."""
    facts = {"email": EMAIL, "username": "quetzal", "full_name": NAME, "phone": PHONE, "place": "Zyzzyva town"}
    return UserFactory(**{**facts, "email_confirmed_at": timezone.now(), **fields})


def over(*events: Event) -> None:
    """These events were last month."""
    then = timezone.now() - timedelta(days=30)
    for event in events:
        Event.objects.filter(pk=event.pk).update(starts_at=then, ends_at=then + timedelta(hours=3))


def a_life() -> User:
    """Everything that they did is over, so they can be erased."""
    user = somebody()
    _bought(user)
    _worked(user)
    _came_in(user)
    _at_an_organisation(user)
    return user


def _bought(user: User) -> None:
    event, kind = scene(price=20, partner=PartnerFactory(fee_percent=10))
    order = pay(buy(user, kind, qty=3))
    contact = {"buyer_name": NAME, "buyer_email": EMAIL, "buyer_phone": PHONE, "company": "Zyzzyva Ltd"}
    Order.objects.filter(pk=order.pk).update(**contact)
    Booking.objects.filter(order=order).update(attendees=[{"name": FRIEND}])
    first, second, third = order.tickets.order_by("pk")
    Ticket.objects.filter(pk=first.pk).update(attendee_name=FRIEND, attendee_email="friend@zyzzyva.example")
    checkin.admit(first.ticket_code, by=None, gate="Desk", event=event)
    cancelling.cancel_tickets(order, [third], by=user)
    refunds.send()
    invoices.issue_for(Order.objects.get(pk=order.pk))
    WebhookDelivery.objects.update(raw_body=b'{"customer": "quetzal@zyzzyva.example"}', headers={"for": NAME})
    as_guest = UserFactory(is_guest=True, is_active=False, email="guest-1@guests.invalid", username="guest-1")
    bought = pay(buy(as_guest, kind))
    Order.objects.filter(pk=bought.pk).update(buyer_name=NAME, buyer_email=EMAIL.upper())
    invoices.issue_for(Order.objects.get(pk=bought.pk))
    over(event)


def _worked(user: User) -> None:
    person = volunteer(scene()[0], user=user, name=NAME, email=EMAIL, phone=PHONE, notes="Zyzzyva has a van")
    assignment = assignments.assign(shift_at(person.event), person, by=None)
    Assignment.objects.filter(pk=assignment.pk).update(reason="Zyzzyva was ill")
    Swap.objects.create(offered=assignment, note="Zyzzyva cannot", status=Swap.Status.WITHDRAWN)
    elsewhere = volunteer(scene()[0], user=None, name=NAME, email=EMAIL)
    IdentityMatch.objects.get_or_create(partner=elsewhere.event.partner, person=elsewhere, user=user)
    tag = PersonTagFactory(partner=person.event.partner)
    tags.add(user, person.event.partner, [tag], source=UserTag.Source.SELF, by=user)
    CompanyFactory(partner=person.event.partner, contact_name=NAME, contact_email=EMAIL)
    feeds.address_for(user)
    over(person.event, elsewhere.event)
    assert Person.objects.filter(name=NAME).count() == 2


def _came_in(user: User) -> None:
    turn_on(user)
    sessions.start(user, address="203.0.113.9", user_agent="Zyzzyva browser")
    sessions.new_device_token(user)
    notify.notify(user, f"Hello {NAME}")
    mail.queue("tickets", EMAIL, order="1", event="A", qty=1, name=NAME)
    saved_filters.save(user, page="desk-orders", name="Zyzzyva", query="q=quetzal")
    audit.record("CHANGED_USER", user, by=user, before={"full_name": NAME})


def _at_an_organisation(user: User) -> None:
    partner = PartnerFactory()
    members.add(partner, UserFactory(), Member.Role.ADMIN, by=None)
    members.add(partner, user, Member.Role.ADMIN, by=None)
    Contact.objects.create(partner=partner, name=NAME, email=EMAIL, phone=PHONE)
    about = {"partner": partner, "email": EMAIL, "name": NAME, "expires_at": timezone.now()}
    Invitation.objects.create(token_hash=f"{user.pk:064}", accepted_by=user, accepted_at=timezone.now(), **about)
    paper = Document(partner=partner, type="PAN", name="quetzal.pdf", size=3, content_type="application/pdf")
    paper.uploaded_by = user
    paper.file.save("", ContentFile(b"PAN"))


def books() -> dict[str, list]:
    """Every figure of the books, to be compared."""
    asked = {
        "orders": "SELECT id, user_id, total_amount, currency, status, paid_at FROM bookings_order",
        "bookings": "SELECT id, user_id, qty, unit_price, given_back, status FROM bookings_booking",
        "tickets": "SELECT id, user_id, status, price_at_purchase, used_at FROM bookings_ticket",
        "payments": "SELECT * FROM bookings_payment",
        "refunds": "SELECT * FROM bookings_refund",
        "invoices": "SELECT id, number, total, tax, data::text FROM bookings_invoice",
        "transfers": "SELECT * FROM partners_transfer",
        "entries": "SELECT * FROM partners_entry",
        "balances": "SELECT * FROM partners_balance",
        "spent": "SELECT id, total_spent FROM accounts_user",
    }
    return {name: _rows(f"{sql} ORDER BY id") for name, sql in asked.items()}


def where_named() -> set[str]:
    """The tables of the whole database in which a trace of the person stands in any column."""
    tables = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"
    return {table for (table,) in _rows(tables) if any(_holds(table, trace) for trace in TRACES)}


def _holds(table: str, trace: str) -> bool:
    """Also in bytes, which a row's text shows in hexadecimal."""
    forms = (trace, trace.encode().hex())
    return any(_rows(f"SELECT 1 FROM {table} t WHERE lower(t::text) LIKE %s LIMIT 1", f"%{form}%") for form in forms)


def _rows(sql: str, *values) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values or None)
        return cursor.fetchall()
