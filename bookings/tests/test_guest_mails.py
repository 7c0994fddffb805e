"""Every mail to somebody who bought without an account leads to a page that they can open; and empty guests go."""

import re
from datetime import timedelta

import pytest
from django.core import mail as outbox
from django.test import Client
from django.utils import timezone

from accounts import mail
from accounts.factories import SuperAdminFactory, UserFactory
from accounts.models import Notification, OutgoingMail, User
from bookings import calling_off, cancelling, checkout, guests, refunds, resales, tasks, transfers
from bookings.models import Booking, Order
from bookings.tests.invariants import check
from bookings.tests.scenes import buy, decide, hear, pay, scene, text, wait

pytestmark = pytest.mark.django_db
ASHA = "asha@example.com"


def guest_order(kind, *, guest=None, email=ASHA, qty=1, is_paid=True) -> Order:
    guest = guest or guests._make("")
    order = buy(guest, kind, qty=qty)
    Order.objects.filter(pk=order.pk).update(buyer_email=email, buyer_name="Asha Rao")
    order.refresh_from_db()
    return pay(order) if is_paid else order


def mailed(to=ASHA) -> list:
    mail.send_pending()
    assert not any(one.to[0].endswith(guests.DOMAIN) for one in outbox.outbox)
    return [one for one in outbox.outbox if one.to == [to]]


def opens(message, order: Order) -> bool:
    """Whether a link of the mail opens the order in a browser that has never been here."""
    browser = Client()
    for path in re.findall(r"https?://[^/\s]+(/orders/\S+)", message.body):
        browser.get(path)
    return browser.get(f"/orders/{order.uid}/").status_code == 200


def cancel_event(order):
    calling_off.cancel_event(order.bookings.get().event, reason="Storm", by=SuperAdminFactory())
    calling_off.sweep()


def refund_event(order):
    calling_off.refund_event(order.bookings.get().event, reason="Postponed", by=SuperAdminFactory())
    calling_off.sweep()


def cancel_order(order):
    cancelling.cancel(order, by=SuperAdminFactory())


def cancel_ticket(order):
    cancelling.cancel_tickets(order, order.tickets.all()[:1], by=SuperAdminFactory())


def give(order):
    refunds.give(order, refunds.most(order) / 2, by=SuperAdminFactory(), reason="Late")


def sell_on(order):
    event = order.bookings.get().event
    late = wait(event, UserFactory())
    resales.offer(order.tickets.order_by("pk")[0], by=order.user)
    bought = Booking.objects.get(pk=late.pk).order
    checkout.open_page(bought)
    hear(decide(bought))


def pay_too_late(order):
    """A second order of the guest, paid when the event was gone."""
    kind = order.bookings.get().ticket_type
    second = guest_order(kind, guest=order.user, is_paid=False)
    payment = decide(second)
    cancelling.cancel(second, by=order.user)
    hear(payment)


CASES = [
    (None, "tickets"),
    (cancel_event, "event_cancelled"),
    (refund_event, "event_refunded"),
    (cancel_order, "order_cancelled"),
    (cancel_ticket, "tickets_cancelled"),
    (give, "money_back"),
    (sell_on, "resale_sold"),
    (pay_too_late, "payment_returned"),
]


@pytest.mark.parametrize(("act", "template"), CASES, ids=[name for _act, name in CASES])
def test_each_mail_leads_a_guest_to_the_order(act, template):
    _event, kind = scene(price=10, capacity=2)
    order = guest_order(kind, qty=1 if act is pay_too_late else 2)
    if act:
        OutgoingMail.objects.all().delete()
        act(order)
    owed = OutgoingMail.objects.get(template=template)
    about = Order.objects.get(uid=owed.context["order"]) if "order" in owed.context else order
    (message,) = [one for one in mailed() if opens(one, about)][-1:]
    assert message.to == [ASHA]
    assert "/login" not in message.body
    check(kind.event)


def test_of_two_people_at_one_browser_each_is_told_of_their_own_order_alone():
    event, kind = scene(price=10)
    hers = guest_order(kind)
    his = guest_order(kind, guest=hers.user, email="ben@example.com", qty=2)
    OutgoingMail.objects.all().delete()
    cancel_event(hers)
    (to_her,), (to_him,) = mailed(), mailed("ben@example.com")
    assert "\u20b910.00" in to_her.body and "\u20b920.00" in to_him.body
    assert [opens(to_her, hers), opens(to_her, his)] == [True, False]
    assert [opens(to_him, his), opens(to_him, hers)] == [True, False]
    check(event)


def test_two_orders_of_one_address_are_one_mail_with_both_links():
    event, kind = scene(price=10)
    first = guest_order(kind)
    second = guest_order(kind, guest=first.user)
    OutgoingMail.objects.all().delete()
    cancel_event(first)
    (message,) = mailed()
    assert "\u20b920.00" in message.body
    assert opens(message, first) and opens(message, second)


def test_an_account_is_led_to_its_orders():
    _event, kind = scene(price=10)
    order = pay(buy(UserFactory(), kind))
    OutgoingMail.objects.all().delete()
    cancel_event(order)
    (message,) = mailed(order.user.email)
    assert message.body.count("/orders/") == 1 and message.body.rstrip().endswith("/orders/")


# --- Guests that have come to nothing


def aged(guest: User, days: int = 31) -> User:
    User.objects.filter(pk=guest.pk).update(created_at=timezone.now() - timedelta(days=days))
    return guest


def test_a_guest_who_bought_nothing_is_forgotten_after_a_month():
    gone, young = aged(guests._make("")), aged(guests._make(""), days=29)
    Notification.objects.create(recipient=gone, title="x")
    person = aged(UserFactory())
    assert tasks.forget_guests() == 1
    assert set(User.objects.filter(pk__in=[gone.pk, young.pk, person.pk])) == {young, person}
    assert tasks.forget_guests() == 0


@pytest.mark.parametrize("status", ["pending", "paid", "cancelled", "refunded"])
def test_never_one_with_an_order_of_any_kind(status):
    _event, kind = scene(price=10)
    order = guest_order(kind, is_paid=status in ("paid", "refunded"))
    if status in ("cancelled", "refunded"):
        cancelling.cancel(order, by=order.user)
    aged(order.user)
    assert tasks.forget_guests() == 0


def test_never_one_in_a_queue_or_who_sent_a_ticket():
    event, kind = scene(price=10, capacity=1)
    order = guest_order(kind)
    waiting = aged(guests._make(""))
    wait(event, waiting)
    transfers.offer(order.tickets.get(), "t@example.com", by=order.user)
    aged(order.user)
    assert tasks.forget_guests() == 0
    assert User.objects.filter(pk__in=[waiting.pk, order.user_id]).count() == 2


def test_a_guest_whose_orders_were_claimed_is_empty():
    _event, kind = scene(price=10)
    order = guest_order(kind)
    aged(order.user)
    guests.claim(order.user, UserFactory())
    assert tasks.forget_guests() == 1


def test_the_browser_of_a_forgotten_guest_begins_again(client):
    _event, kind = scene(price=10)
    client.get(f"/e/{kind.event.slug}/")
    session = client.session
    session[guests.SESSION_KEY] = aged(guests._make("")).pk
    session.save()
    assert tasks.forget_guests() == 1
    page = client.get(client.post(f"/e/{kind.event.slug}/", {"key": "b", f"qty_{kind.pk}": 1})["Location"])
    assert page.status_code == 200 and "E-mail" in text(page)
