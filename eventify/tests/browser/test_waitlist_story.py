"""Log-in and waitlist on a phone of 360 x 740: a sold-out event, a log-in on the way into the queue, a place that comes
free, the mail that offers it, and the wallet; and what is said to somebody who comes too late."""

import re
from datetime import timedelta

import pytest
from django.core import mail as outbox
from django.utils import timezone
from playwright.sync_api import expect

from accounts import mail
from accounts.factories import UserFactory
from bookings import cancelling, orders
from bookings.models import Booking, Order, Ticket
from bookings.templatetags.sale import grouped
from bookings.tests import invariants
from bookings.tests.scenes import buy, pay, scene
from eventify.tests.browser.judging import LOOKS, window
from eventify.tests.browser.test_purchase import PHONE, Steps
from eventify.tests.browser.test_purchase import pay as to_pay
from eventify.tests.browser.test_staff_day import PASSWORD

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def sold_out():
    """(The event, the order that has its only place.)"""
    event, gold = scene(capacity=1, price=1200, name="Monsoon Jazz Night", venue_name="Opera House", place="Mumbai")
    return event, pay(buy(UserFactory(full_name="Holger Holder"), gold))


def log_in_here(page, user) -> None:
    """Through the form that stands here."""
    page.get_by_label("E-mail, username or phone number").fill(user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Log in").click()
    page.wait_for_url(lambda url: "/login/" not in url)


def join(page, event, user) -> None:
    """From the home page into the queue, with the log-in on the way."""
    page.goto("/")
    page.get_by_role("main").get_by_role("link", name=event.name).first.click()
    expect(page.get_by_text("Sold out").first).to_be_visible()
    page.get_by_role("button", name="Log in and join the waitlist").click()
    page.wait_for_url("**/login/**")
    log_in_here(page, user)
    page.wait_for_url(f"**/e/{event.slug}/**")
    page.get_by_role("button", name="Join the waitlist").click()
    page.wait_for_url("**/e/**#waitlist")
    expect(page.get_by_role("heading", name=f"You are number 1 in the queue for {event.name}.")).to_be_in_viewport()
    expect(page.get_by_role("button", name="Join the waitlist")).to_have_count(0)


def cancel(browser, live_server, order) -> None:
    """The holder cancels in a browser of their own."""
    page = window(browser, live_server, "light, desk", order.user)
    page.goto(f"/orders/{order.uid}/")
    page.get_by_role("link", name="Cancel order").click()
    page.get_by_role("button", name="Cancel the order").click()
    page.wait_for_url(f"**/orders/{order.uid}/")
    page.context.close()


def link_in_the_mail(to: str) -> str:
    """Where the newest mail to this address leads, once what is owed is sent."""
    mail.send_pending()
    letter = [one for one in outbox.outbox if one.to == [to]][-1]
    assert letter.subject == "A place at Monsoon Jazz Night is yours if you pay in time"
    return re.search(r"/orders/[0-9a-f-]+/", letter.body)[0]


@pytest.mark.parametrize("look", LOOKS)
def test_a_place_is_offered_claimed_in_time_and_in_the_wallet(browser, live_server, tmp_path, sold_out, look):
    event, held = sold_out
    asha = UserFactory(full_name="Asha Rao")
    page = window(browser, live_server, look)
    page.set_viewport_size(PHONE)
    steps = Steps(page, tmp_path)
    join(page, event, asha)
    steps.look("waiting")
    page.goto(f"/e/{event.slug}/")
    expect(page.get_by_text("You wait for 1 place.")).to_be_visible()
    steps.look("event")

    cancel(browser, live_server, held)
    page.goto(link_in_the_mail(asha.email))
    expect(page.get_by_text("To be paid").first).to_be_visible()
    steps.look("offer")
    page.get_by_role("link", name="Pay ₹1,200").click()
    page.wait_for_url("**/checkout/")
    expect(page.get_by_label("E-mail")).to_have_value(asha.email)
    steps.look("checkout")
    to_pay(page, "₹1,200")
    page.get_by_role("link", name="Tickets", exact=True).first.click()
    page.wait_for_url("**/wallet/")
    page.get_by_role("main").get_by_role("link", name=event.name).first.click()
    page.wait_for_url("**/tickets/*/")
    steps.look("ticket")
    ticket = Ticket.objects.get(user=asha)
    expect(page.get_by_role("main")).to_contain_text(grouped(ticket.ticket_code))
    assert list(Booking.objects.filter(user=asha).values_list("status", flat=True)) == [Booking.Status.CONFIRMED]
    invariants.check(event)
    page.context.close()


def test_who_comes_too_late_reads_it_and_the_next_is_asked(browser, live_server, page, sold_out):
    event, held = sold_out
    asha, bram = UserFactory(full_name="Asha Rao"), UserFactory(full_name="Bram Bos")
    page.set_viewport_size(PHONE)
    join(page, event, asha)
    orders.book(event.pk, 1, by=bram, waitlist_too=True)
    cancel(browser, live_server, held)
    offer = link_in_the_mail(asha.email)
    Order.objects.filter(user=asha).update(expires_at=timezone.now() - timedelta(seconds=1))
    cancelling.expire_overdue()
    page.goto(offer)
    expect(page.get_by_text("The time to pay ran out")).to_be_visible()
    expect(page.get_by_role("button", name="Pay")).to_have_count(0)
    other = window(browser, live_server, "dark, phone", bram)
    other.goto(link_in_the_mail(bram.email))
    expect(other.get_by_text("To be paid").first).to_be_visible()
    other.context.close()
    invariants.check(event)
