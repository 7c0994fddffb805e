"""A purchase on a phone of 360 x 740, from the home page to the wallet, in a real browser: as a guest who makes an
account of it, and as somebody who signs up first; what axe says on the way; the countdown; without JavaScript."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from accounts.factories import UserFactory
from accounts.models import OutgoingMail, User
from bookings import guests, orders, promos
from bookings.factories import TicketTypeFactory
from bookings.models import Order
from bookings.tests import invariants
from bookings.tests.scenes import scene
from eventify.tests.browser.judging import AXE, JUDGE, LOOKS, faults, window

pytestmark = pytest.mark.django_db(transaction=True)
PHONE = {"width": 360, "height": 740}
WHO = {"name": "Asha Rao", "email": "asha@example.com"}


@pytest.fixture
def night():
    """An event with two kinds of ticket and a code."""
    event, _gold = scene(capacity=50, price=1200, name="Monsoon Jazz Night", venue_name="Opera House", place="Mumbai")
    TicketTypeFactory(event=event, name="Balcony", price=800)
    promos.create(event, by=None, code="RAIN", percent_off=Decimal(50))
    return event


class Steps:
    """Looks at each page on the way: a picture, axe, and that nothing is wider than the window."""

    def __init__(self, page, folder):
        self.page, self.folder, self.number = page, folder, 0

    def look(self, name: str) -> None:
        self.number += 1
        self.page.screenshot(path=self.folder / f"{self.number}-{name}.png", full_page=True)
        self.page.evaluate(AXE)
        assert self.page.evaluate(JUDGE) == [], name
        assert self.page.evaluate("document.scrollingElement.scrollWidth <= innerWidth"), name


def choose(page, event, quantities: dict[str, str]) -> None:
    """From the home page to the checkout."""
    page.goto("/")
    page.get_by_role("main").get_by_role("link", name=event.name).first.click()
    for name, quantity in quantities.items():
        page.get_by_label(name).select_option(quantity)
    page.get_by_role("button", name="Book tickets").click()
    page.wait_for_url("**/checkout/**")


def pay(page, amount: str) -> None:
    """The sandbox's page."""
    page.get_by_role("button", name=f"Pay {amount}").last.click()
    page.wait_for_url("**/sandbox/pay/**")
    page.get_by_role("button", name=f"Pay {amount}").click()
    page.wait_for_url("**/orders/*/")
    expect(page.get_by_text("Confirmed", exact=True)).to_be_visible()


@pytest.mark.parametrize("look", LOOKS)
def test_as_a_guest_who_makes_an_account_of_it(browser, live_server, tmp_path, night, look):
    page = window(browser, live_server, look)
    page.set_viewport_size(PHONE)
    steps = Steps(page, tmp_path)
    choose(page, night, {"Balcony": "2"})
    expect(page.get_by_role("button", name="Pay ₹1,600")).to_be_in_viewport()  # the total is always in sight
    steps.look("checkout")
    page.get_by_label("Promo code").fill("rain")
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_role("button", name="Pay ₹800")).to_be_in_viewport()
    page.get_by_role("button", name="Pay ₹800").click()
    expect(page.get_by_text("Enter your name.")).to_be_visible()
    steps.look("checkout-refused")
    page.get_by_label("Your name").fill(WHO["name"])
    page.get_by_label("E-mail").fill(WHO["email"])
    page.get_by_label("Balcony, ticket 2").fill("Zoë 🎉")
    page.get_by_label("E-mail").press("Enter")  # goes on to pay, it does not ask for a code
    page.wait_for_url("**/sandbox/pay/**")
    page.get_by_role("button", name="Pay ₹800").click()
    page.wait_for_url("**/orders/*/")
    expect(page.get_by_text("We have written to asha@example.com")).to_be_visible()
    steps.look("order")
    order = Order.objects.get()
    assert sorted(order.tickets.values_list("attendee_name", flat=True)) == ["", "Zoë 🎉"]

    # The mail leads to an account, and there the tickets are.
    assert OutgoingMail.objects.filter(template="guest_order", to=WHO["email"]).count() == 1
    page.goto(guests.claim_path(order))
    steps.look("claim")
    page.get_by_label("Password").fill("Goud-en-zilver-19")
    page.get_by_role("main").get_by_role("button", name="Make an account").click()
    page.wait_for_url("**/wallet/")
    expect(page.get_by_text(night.name).first).to_be_visible()
    steps.look("wallet")
    assert order.tickets.filter(user=User.objects.get(email=WHO["email"])).count() == 2
    invariants.check(night)
    page.context.close()


def test_as_a_new_account(page, tmp_path, night):
    page.set_viewport_size(PHONE)
    page.goto("/")
    page.get_by_role("link", name="Sign up").first.click()
    page.get_by_label("Your name").fill(WHO["name"])
    page.get_by_label("E-mail").fill(WHO["email"])
    page.get_by_label("Password").fill("Goud-en-zilver-19")
    page.get_by_role("main").get_by_role("button", name="Make an account").click()
    page.wait_for_url(lambda url: "/signup/" not in url)
    choose(page, night, {"General admission": "1", "Balcony": "1"})
    expect(page.get_by_label("Your name")).to_have_value(WHO["name"])
    expect(page.get_by_label("E-mail")).to_have_value(WHO["email"])
    page.get_by_label("Promo code").fill("rain")
    page.get_by_role("button", name="Apply").click()
    page.get_by_role("button", name="Pay ₹1,000").click()
    page.wait_for_url("**/sandbox/pay/**")
    page.go_back()  # the price stays, and the same payment goes on
    page.wait_for_url("**/checkout/**")
    pay(page, "₹1,000")
    page.goto("/wallet/")
    expect(page.get_by_text(night.name).first).to_be_visible()
    assert Order.objects.get().tickets.filter(user__email=WHO["email"]).count() == 2
    assert page.evaluate("document.scrollingElement.scrollWidth <= innerWidth")
    invariants.check(night)


def test_without_javascript(browser, live_server, night):
    context = browser.new_context(base_url=live_server.url, viewport=PHONE, java_script_enabled=False)
    page = context.new_page()
    choose(page, night, {"Balcony": "1"})
    expect(page.get_by_text("Held for you until")).to_be_visible()
    page.get_by_label("Your name").fill(WHO["name"])
    page.get_by_label("E-mail").fill(WHO["email"])
    pay(page, "₹800")
    context.close()


def checkout_of(page, event) -> Order:
    """An order of somebody who is logged in on the page, at its checkout."""
    user = UserFactory()
    page.goto("/login/")
    page.get_by_label("E-mail, username or phone number").fill(user.email)
    page.get_by_label("Password").fill("secret")
    page.get_by_role("main").get_by_role("button", name="Log in").click()
    page.wait_for_url(lambda url: "/login/" not in url)
    kind = event.ticket_types.get(name="Balcony")
    return orders.place([orders.Line(kind.pk, 1)], by=user, at_checkout=True)


def test_the_countdown_says_what_to_do_when_it_has_run_out(page, night):
    order = checkout_of(page, night)
    Order.objects.update(expires_at=timezone.now() + timedelta(seconds=5))
    page.goto(f"/orders/{order.uid}/checkout/")
    expect(page.locator("[data-left]")).to_contain_text("0:0")
    expect(page.get_by_text("You can book again.")).to_be_visible(timeout=9000)
    expect(page.get_by_role("button", name="Pay ₹800").last).to_be_disabled()
    page.get_by_role("link", name="Back to the event").click()
    page.wait_for_url(f"**/e/{night.slug}/")


def test_two_tabs_and_a_double_click_make_one_payment(page, night):
    order = checkout_of(page, night)
    other = page.context.new_page()
    for tab in (page, other):
        tab.goto(f"/orders/{order.uid}/checkout/")
    for tab in (page, other):
        tab.get_by_role("button", name="Pay ₹800").dblclick(no_wait_after=True)
    for tab in (page, other):
        tab.wait_for_url("**/sandbox/pay/**")
    assert order.payments.count() == 1
    assert Order.objects.count() == 1


@pytest.mark.parametrize("look", LOOKS)
def test_the_pages_around_it_are_for_everybody(browser, live_server, night, look):
    """The event's page with a code, the lists, the questions, and what a guest gets in another browser."""
    buyer, kind = UserFactory(full_name="Asha " * 20), night.ticket_types.get(name="Balcony")
    own = orders.place([orders.Line(kind.pk, 3)], by=buyer, at_checkout=True, promo="RAIN")
    guest = guests.User.objects.create(email="guest-x@guests.invalid", username="guest-x", is_guest=True)
    theirs = orders.place([orders.Line(kind.pk, 1)], by=guest, at_checkout=True)
    theirs.buyer_email = buyer.email
    theirs.save()
    page = window(browser, live_server, look, buyer)
    paths = [f"/e/{night.slug}/", f"/e/{night.slug}/?code=RAIN", f"/e/{night.slug}/?code=NONE", "/orders/"]
    paths += [f"/orders/{own.uid}/{rest}" for rest in ("", "checkout/", "cancel/")]
    wrong = [fault for path in [*paths, guests.claim_path(theirs)] for fault in faults(page, path)]
    page.context.close()
    page = window(browser, live_server, look)
    around = [f"/orders/{theirs.uid}/link/", guests.claim_path(theirs), f"/e/{night.slug}/"]
    wrong += [fault for path in around for fault in faults(page, path)]
    page.context.close()
    assert wrong == []
