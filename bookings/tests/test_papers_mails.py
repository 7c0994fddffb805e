"""Mails about orders: text and HTML that agree, with the papers that belong to them."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path

import pytest
import time_machine
from django.conf import settings
from django.core import mail as outbox
from django.utils import timezone

from accounts import letters, mail
from accounts.factories import UserFactory
from accounts.models import OutgoingMail
from bookings import cancelling, tickets, transfers
from bookings.models import Order, Ticket
from bookings.papers import attaching
from bookings.tests.reading import of_pdf
from bookings.tests.scenes import buy, pay, people, scene, wait
from bookings.tickets import scanned_as

pytestmark = pytest.mark.django_db
TEMPLATES = sorted(path.stem for path in Path(settings.BASE_DIR, "templates/emails").glob("*.txt"))
HOSTILE = '<script>alert(1)</script> & "quoted" http://evil.example/'


def bought(qty=2, price=100, **event) -> Order:
    _event, kind = scene(capacity=500, price=price, **event)
    order = buy(people(1)[0], kind, qty=qty)
    return pay(order) if price else order


def sent(template="tickets", **context):
    """The one message that goes out for this mail."""
    OutgoingMail.objects.all().delete()
    mail.queue(template, "asha@example.com", **context)
    outbox.outbox.clear()
    assert mail.send_pending() == 1
    (message,) = outbox.outbox
    return message


def html_of(message) -> str:
    ((content, kind),) = message.alternatives
    assert kind == "text/html"
    return content


def test_the_tickets_come_with_the_mail_and_can_be_scanned():
    order = bought(starts_at=timezone.now() + timedelta(days=3), name="Nights")
    message = sent(order=str(order.uid), event="Nights", qty=2)
    (pdf_name, pdf, pdf_kind), (ics_name, ics, ics_kind) = message.attachments
    assert (message.subject, message.to) == ("Your tickets for Nights", ["asha@example.com"])
    assert (pdf_name, ics_name) == (f"tickets-{order.uid.hex[-8:]}.pdf", f"tickets-{order.uid.hex[-8:]}.ics")
    assert (pdf_kind, ics_kind) == ("application/pdf", "text/calendar")
    assert of_pdf(pdf) == [scanned_as(one) for one in order.tickets.order_by("pk")]
    assert (ics if isinstance(ics, str) else ics.decode()).count("BEGIN:VEVENT") == 2
    assert "attached as a PDF" in message.body
    message.message().as_bytes()  # can be put on the wire
    assert not OutgoingMail.objects.filter(context__has_key="pdf").exists()


def test_the_papers_are_made_when_the_mail_is_sent():
    order = bought(qty=2)
    first = order.tickets.order_by("pk").first()
    mail.queue("tickets", "asha@example.com", order=str(order.uid), event="x", qty=2)
    cancelling.cancel_tickets(order, [first], by=order.user)
    OutgoingMail.objects.exclude(template="tickets").delete()
    mail.send_pending()
    (name, pdf, _kind), *_rest = outbox.outbox[-1].attachments
    assert of_pdf(pdf) == [scanned_as(order.tickets.order_by("pk").last())]


def test_without_good_tickets_nothing_is_attached():
    order = bought()
    cancelling.cancel(order, by=order.user)
    assert sent(order=str(order.uid), event="x", qty=2).attachments == []


def test_very_many_tickets_are_not_attached(monkeypatch):
    monkeypatch.setattr(attaching, "MOST", 1)
    message = sent(order=str(bought(qty=2).uid), event="x", qty=2)
    assert message.attachments == [] and "or print the page" in message.body


@pytest.mark.parametrize("order", ["", "nothing", "01900000-0000-7000-8000-000000000000", 7, None])
def test_an_order_that_is_not_there_holds_no_mail_up(order):
    assert sent(order=order, event="x", qty=1).attachments == []


def test_a_passed_on_ticket_does_not_go_to_its_old_holder():
    order = bought(qty=2)
    passed = order.tickets.order_by("pk").first()
    Ticket.objects.filter(pk=passed.pk).update(user=UserFactory())
    (_name, pdf, _kind), *_rest = sent(order=str(order.uid), event="x", qty=2).attachments
    assert scanned_as(passed) not in of_pdf(pdf)


def test_a_received_ticket_comes_with_its_mail_to_who_holds_it():
    order = bought(qty=1)
    ticket = order.tickets.get()
    owed = {"to": order.user.email, "ticket_path": f"/tickets/{ticket.uid}/"}
    assert of_pdf(attaching.one_ticket(owed).attachments[0][1]) == [scanned_as(ticket)]
    Ticket.objects.update(user=UserFactory())  # passed on again before the mail went out
    assert attaching.one_ticket(owed) == letters.Extras()
    Ticket.objects.update(user=order.user, status="cancelled")
    assert attaching.one_ticket(owed) == letters.Extras()


def test_a_cancelled_order_takes_its_entries_back():
    order = bought(starts_at=timezone.now() + timedelta(days=3))
    cancelling.cancel(order, by=UserFactory())
    OutgoingMail.objects.exclude(template="order_cancelled").delete()
    mail.send_pending()
    ((_name, ics, kind),) = outbox.outbox[-1].attachments
    text = ics if isinstance(ics, str) else ics.decode()
    assert kind == "text/calendar" and "METHOD:CANCEL" in text and text.count("STATUS:CANCELLED") == 2


def test_a_guest_is_led_by_a_link_that_opens():
    order = bought()
    order.user.__class__.objects.filter(pk=order.user.pk).update(is_guest=True)
    Order.objects.filter(pk=order.pk).update(buyer_email="asha@example.com")
    message = sent(order=str(order.uid), event="x", qty=2)
    assert f"/orders/{order.uid}/open/" in message.body and "/account/claim/" in message.body


def test_mail_again_goes_to_the_address_of_the_order():
    order = bought()
    Order.objects.filter(pk=order.pk).update(buyer_email="other@example.com")
    order.refresh_from_db()
    OutgoingMail.objects.all().delete()
    tickets.mail_again(order, by=UserFactory())
    assert OutgoingMail.objects.get().to == "other@example.com"


@pytest.mark.parametrize("template", TEMPLATES)
def test_every_mail_has_a_twin_that_says_the_same(template):
    kinds = ("event", "partner", "by", "reason", "name", "amount", "shift", "who", "note", "report", "about")
    words = dict.fromkeys(kinds, HOSTILE)
    counts = {"qty": 2, "minutes": 3, "days": 4}
    order = bought()
    named = {"order": str(order.uid), "user": str(order.user.uid), "copy": str(order.uid), "seed": "x", "slug": "x"}
    message = sent(template, **words, **counts, **named, url="/crew/", path="/x/", ticket_path="/tickets/x/")
    html = html_of(message)
    assert message.subject and message.body.strip()
    assert "<script" not in html and "src=" not in html and "{{" not in html
    assert '<html lang="en">' in html
    links = re.findall(r'href="([^"]*)"', html)
    assert all(link.startswith(f"{settings.SITE_URL}/") for link in links), links
    shown = " ".join(
        unescape(re.sub(r"<[^>]+>", " ", html.split("<body")[1].replace("<script>", "&lt;script&gt;"))).split()
    )
    for line in message.body.splitlines():
        said = line.strip().removesuffix(":")
        if said and settings.SITE_URL not in said:
            assert " ".join(said.split()) in shown, said


def test_only_our_own_addresses_become_buttons():
    ours = f"{settings.SITE_URL}/orders/1/"
    foreign = f"http://evil.example/\nClick: http://evil.example/\nplain {ours}"
    text = f"See it here:\n{ours}\n\nYour orders: {ours}\n\n{foreign}"
    assert list(letters.blocks(text)) == [
        letters.Block(("See it here:",)),
        letters.Block(label="Open", url=ours),
        letters.Block(label="Your orders", url=ours),
        letters.Block(("http://evil.example/", "Click: http://evil.example/", f"plain {ours}")),
    ]


EACH_ZONE = pytest.mark.parametrize(
    ("zone", "language", "until"),
    [
        ("Asia/Kolkata", "en", "Mon 1 Jun 2026, 18:30 IST"),
        ("Europe/Amsterdam", "nl", "ma 1 jun 2026, 15:00 CEST"),
        ("UTC", "en", "Mon 1 Jun 2026, 13:00 UTC"),
    ],
)
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


@EACH_ZONE
def test_an_offer_of_the_queue_ends_in_the_zone_of_its_event(settings, zone, language, until):
    settings.EVENTIFY_OFFER_MINUTES = 60
    waiting = UserFactory(language=language)
    with time_machine.travel(NOON, tick=False):
        event, kind = scene(capacity=1, price=100, timezone=zone)
        order = pay(buy(UserFactory(), kind))
        wait(event, waiting)
        cancelling.cancel(order, by=order.user)
        mail.send_pending()
    (offer,) = [one for one in outbox.outbox if one.to == [waiting.email]]
    assert f" {until}." in offer.body and f" {until}." in html_of(offer)


@EACH_ZONE
def test_a_link_to_a_ticket_ends_in_the_zone_of_its_event(zone, language, until):
    friend = UserFactory(language=language)
    with time_machine.travel(NOON - transfers.LIFE + timedelta(hours=1), tick=False):
        ticket = bought(qty=1, timezone=zone, starts_at=NOON, ends_at=NOON + timedelta(days=1)).tickets.get()
        transfers.offer(ticket, friend.email, by=ticket.user)
        mail.send_pending()
    (offer,) = [one for one in outbox.outbox if one.to == [friend.email]]
    assert f" {until}, " in offer.body
