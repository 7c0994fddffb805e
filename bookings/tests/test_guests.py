"""Buying without an account: who sees the order, and the links in the mail."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.core import mail as outbox
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext, override_settings
from django.utils import timezone

from accounts import mail
from accounts.backends import EventifyBackend
from accounts.command_center.search import find_users
from accounts.factories import UserFactory
from accounts.models import OutgoingMail, User
from accounts.tests.racing import good, race
from bookings import guests, orders
from bookings.models import Order
from bookings.tests import invariants
from bookings.tests.desk import DESK, shown, staff
from bookings.tests.scenes import pay, scene, text

pytestmark = pytest.mark.django_db
WHO = {"name": "Asha Rao", "email": "asha@example.com"}


def order_as_guest(client, kind, *, key="k", qty=1, **who) -> Order:
    """What a browser without a log-in makes: chosen, and its checkout sent."""
    client.get(f"/e/{kind.event.slug}/")  # which gives it the CSRF cookie
    to = client.post(f"/e/{kind.event.slug}/", {"key": key, f"qty_{kind.pk}": qty})["Location"]
    assert client.post(to, {**WHO, **who}).status_code == 302
    return Order.objects.order_by("-pk")[0]


def links() -> list[str]:
    """The paths in the newest mail to a guest, sent for real."""
    mail.send_pending()
    body = next(one.body for one in reversed(outbox.outbox) if one.subject.startswith("Your order for"))
    return re.findall(r"https?://[^/]+(/\S+)", body)


def test_a_guest_buys_sees_it_in_this_browser_only_and_nobody_logs_in_as_it(client):
    event, gold = scene(price=100)
    order = pay(order_as_guest(client, gold, qty=2))
    guest = order.user
    assert (guest.is_guest, guest.is_active, guest.has_usable_password()) == (True, False, False)
    assert re.fullmatch(r"guest-[0-9a-f]{32}@guests\.invalid", guest.email)
    page = text(client.get(f"/orders/{order.uid}/"))
    assert "Confirmed" in page
    assert "We have written to asha@example.com" in page
    assert event.name in text(client.get("/orders/"))
    for path in ("", "checkout/", "cancel/"):
        assert Client().get(f"/orders/{order.uid}/{path}")["Location"] == f"/orders/{order.uid}/link/"
    stranger = Client()
    stranger.force_login(UserFactory())
    assert stranger.get(f"/orders/{order.uid}/").status_code == 404
    assert client.get("/wallet/")["Location"] == "/login/?next=/wallet/"
    assert not EventifyBackend().user_can_authenticate(guest)
    assert Client().post("/login/", {"identifier": guest.email, "password": "!"}).status_code == 400
    assert OutgoingMail.objects.filter(to__endswith=guests.DOMAIN).count() == 0
    invariants.check(event)


def test_guests_are_nobody_in_the_lists_of_people(client):
    _event, gold = scene(price=100)
    guest = order_as_guest(client, gold).user
    desk = Client()
    staff(desk, "Support")
    assert guest not in shown(desk.get(f"{DESK}/users/"))
    assert list(find_users(UserFactory(), "guests.invalid")) == []


def test_a_guest_cancels_its_own_order(client):
    event, gold = scene(price=100)
    order = pay(order_as_guest(client, gold))
    assert client.post(f"/orders/{order.uid}/cancel/")["Location"] == f"/orders/{order.uid}/"
    order.refresh_from_db()
    assert order.status == "refunded"
    invariants.check(event)


def test_the_second_order_of_a_browser_is_the_same_guests(client):
    _event, gold = scene(price=100)
    first, second = order_as_guest(client, gold), order_as_guest(client, gold, key="other")
    assert first != second
    assert first.user == second.user
    assert User.objects.filter(is_guest=True).count() == 1


def test_a_double_click_before_there_is_a_session_makes_one_order(client):
    event, gold = scene(price=100)
    client.get(f"/e/{event.slug}/")
    twin = Client()
    twin.cookies["csrftoken"] = client.cookies["csrftoken"].value
    sent = {"key": "k", f"qty_{gold.pk}": 1}
    assert client.post(f"/e/{event.slug}/", sent)["Location"] == twin.post(f"/e/{event.slug}/", sent)["Location"]
    assert (Order.objects.count(), User.objects.filter(is_guest=True).count()) == (1, 1)
    other = Client()
    other.get(f"/e/{event.slug}/")
    other.post(f"/e/{event.slug}/", sent)  # the same key from another browser: another guest
    assert (Order.objects.count(), User.objects.filter(is_guest=True).count()) == (2, 2)


@pytest.mark.django_db(transaction=True)
def test_the_two_clicks_at_the_same_moment(rf):
    event, gold = scene(price=100)

    def click():
        request = rf.post("/")
        request.session, request.user = {}, guests.User(is_guest=True)
        request.COOKIES["csrftoken"] = "c" * 32
        guest = guests.start(request, "k")
        return orders.place([orders.Line(gold.pk, 1)], by=guest, key="k", at_checkout=True).pk

    assert len(set(good(race(*[click] * 5)))) == 1
    assert (Order.objects.count(), User.objects.filter(is_guest=True).count()) == (1, 1)
    invariants.check(event)


@override_settings(EVENTIFY_RATE_LIMITS=True, RATE_LIMITS={"guest": (2, 60), "booking": (99, 60), "checkout": (99, 60)})
def test_new_guests_are_rate_limited():
    event, gold = scene(price=100)
    sent = [Client().post(f"/e/{event.slug}/", {"key": "k", f"qty_{gold.pk}": 1}) for _number in range(3)]
    assert [one.status_code for one in sent] == [302, 302, 429]
    assert sent[2]["Retry-After"]
    assert Order.objects.count() == 2


# --- The links in the mail


def test_the_mailed_link_opens_the_order_in_another_browser(client):
    _event, gold = scene(price=100)
    order = order_as_guest(client, gold)
    other = order_as_guest(client, gold, key="other", email="friend@example.com")
    pay(order)
    opened = Client()
    path = next(one for one in links() if "/open/" in one)  # the newest mail is about the other order
    assert opened.get(path)["Location"] == f"/orders/{other.uid}/"
    assert opened.get(f"/orders/{other.uid}/").status_code == 200
    assert opened.get(f"/orders/{order.uid}/")["Location"] == f"/orders/{order.uid}/link/"


def test_wrong_old_and_swapped_links_open_nothing(client):
    _event, gold = scene(price=100)
    order = order_as_guest(client, gold)
    other = order_as_guest(client, gold, key="other")
    good_path = guests.open_path(order)
    token = good_path.split("/")[-2]
    wrong = [f"/orders/{order.uid}/open/{one}/" for one in ("x", "é", token[:-1], "a" * 5000, token + "A")]
    wrong += [
        f"/orders/{other.uid}/open/{token}/",
        f"/orders/{order.uid}/open/{guests.claim_path(order).split('/')[-2]}/",
    ]
    for path in wrong:
        response = Client().get(path)
        assert response.status_code == 302
        assert response["Location"].endswith("/link/")
    with time_machine.travel(timezone.now() + timedelta(seconds=guests.LINK_LIFE + 60)):
        assert Client().get(good_path)["Location"].endswith("/link/")


@pytest.mark.parametrize("email", ["ASHA@example.com ", "other@example.com", "x", "é@é", "x" * 254])
def test_the_link_is_mailed_again_to_its_address_only(client, email):
    _event, gold = scene(price=100)
    order = order_as_guest(client, gold)
    OutgoingMail.objects.all().delete()
    page = text(Client().post(f"/orders/{order.uid}/link/", {"email": email}))
    assert "If an order went to this address" in page
    assert OutgoingMail.objects.count() == email.lower().startswith("asha")


@pytest.mark.parametrize("email", ["", "\x00", "x" * 100_000])
def test_no_address_is_said_at_the_field(client, email):
    _event, gold = scene(price=100)
    order = order_as_guest(client, gold)
    assert Client().post(f"/orders/{order.uid}/link/", {"email": email}).status_code == 400


def test_a_changed_address_gets_a_mail_of_its_own_and_kills_the_claim_of_the_old_one(client):
    _event, gold = scene(price=100)
    order = order_as_guest(client, gold)
    old = guests.claim_path(order)
    client.post(f"/orders/{order.uid}/checkout/", {**WHO, "email": "new@example.com"})
    client.post(f"/orders/{order.uid}/checkout/", {**WHO, "email": "new@example.com"})
    told = OutgoingMail.objects.filter(template="guest_order").order_by("pk").values_list("to", flat=True)
    assert list(told) == ["asha@example.com", "new@example.com"]
    assert Client().get(old).status_code == 404


def test_an_old_link_of_an_order_that_is_an_accounts_says_why_it_leads_to_the_log_in(client):
    _event, gold = scene(price=100)
    order = pay(order_as_guest(client, gold))
    mailed = guests.open_path(order)
    user = UserFactory()
    guests.claim(order.user, user)
    why = "Log in to see this order."
    for path in (mailed, f"/orders/{order.uid}/", f"/orders/{order.uid}/checkout/", f"/orders/{order.uid}/cancel/"):
        for browser in (client, Client()):
            page = browser.get(path, follow=True)
            assert page.redirect_chain[-1][0].startswith("/login/?next=/orders/")
            assert text(page).count(why) == 1
    nothing = Client().get(f"/orders/{uuid4()}/", follow=True)
    assert text(nothing).count(why) == 1  # nobody learns which orders there are
    browser = Client()
    browser.force_login(user)
    page = browser.get(mailed, follow=True)
    assert page.status_code == 200 and why not in text(page)


def test_as_many_queries_for_three_orders_as_for_one(client):
    _event, gold = scene(price=100)
    asked = []
    for number in (1, 2, 3):
        order_as_guest(client, gold, key=str(number))
        with CaptureQueriesContext(connection) as queries:
            assert client.get("/orders/").status_code == 200
        asked.append(len(queries))
    assert asked[0] == asked[2] <= 8
