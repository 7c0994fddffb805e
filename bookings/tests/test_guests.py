"""Buying without an account: who sees the order, the links in the mail, and becoming an account, once."""

import re
from datetime import timedelta
from decimal import Decimal

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
from accounts.tests.racing import errors, good, meet_before, race, switch_row_locks_off
from bookings import guests, orders
from bookings.models import Booking, Order, Ticket
from bookings.tests import invariants
from bookings.tests.desk import DESK, shown, staff
from bookings.tests.scenes import buy, pay, scene, text
from eventify.lib.errors import Conflict

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


# --- Becoming an account


def test_a_new_address_becomes_an_account_with_a_password(client):
    event, gold = scene(price=100)
    order = pay(order_as_guest(client, gold, qty=2))
    path = next(one for one in links() if "/claim/" in one)
    browser = Client()
    page = text(browser.get(path))
    assert "Choose a password for asha@example.com" in page
    assert 'value="Asha Rao"' in page
    response = browser.post(path, {"full_name": "Asha", "password": "a long secret"})
    assert response["Location"] == "/wallet/"
    user = User.objects.get(email="asha@example.com")
    order.refresh_from_db()
    assert (order.user, user.full_name, user.email_confirmed_at is not None) == (user, "Asha", True)
    assert user.total_spent == 200
    assert set(Booking.objects.values_list("user", flat=True)) == {user.pk}
    assert set(Ticket.objects.values_list("user", flat=True)) == {user.pk}
    assert User.objects.get(is_guest=True).total_spent == 0
    assert event.name in text(browser.get("/wallet/"))
    assert browser.get(path).status_code == 409  # once
    assert client.get(f"/orders/{order.uid}/")["Location"] == f"/login/?next=/orders/{order.uid}/"
    invariants.check(event)


def test_an_address_with_an_account_logs_in_first(client):
    event, gold = scene(price=100)
    user = UserFactory(email="Asha@Example.com")
    order = pay(order_as_guest(client, gold))
    path = next(one for one in links() if "/claim/" in one)
    browser = Client()
    page = text(browser.get(path))
    assert "asha@example.com has an account already." in page
    assert f"/login/?next={path.replace(':', '%3A').replace('/', '%2F')}" in page
    assert browser.post(path, {"full_name": "X", "password": "a long secret"}).status_code == 200  # asks again
    browser.force_login(user)
    assert "Put them into my account" in text(browser.get(path))
    assert browser.post(path)["Location"] == f"/orders/{order.uid}/"
    order.refresh_from_db()
    assert order.user == user
    invariants.check(event)


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"full_name": "A", "password": ""},
        {"full_name": "\x00", "password": "x"},
        {"full_name": "A" * 201, "password": "x"},
    ],
)
def test_a_claim_that_is_not_whole_is_said_at_its_fields(client, sent):
    _event, gold = scene(price=100)
    order = order_as_guest(client, gold)
    assert Client().post(guests.claim_path(order), sent).status_code == 400
    assert not User.objects.filter(email="asha@example.com").exists()


@pytest.mark.parametrize("token", ["x", "é", "a:b:c", "x" * 5000, "%00"])
def test_a_wrong_claim_link_is_said(client, token):
    response = client.get(f"/account/claim/{token}/")
    assert response.status_code == 404
    assert "Copy it whole from the mail." in text(response)


def test_only_what_was_mailed_to_the_proved_address_moves(client):
    _event, gold = scene(price=100)
    mine = order_as_guest(client, gold)
    other = order_as_guest(client, gold, key="other", email="friend@example.com")
    browser = Client()
    browser.force_login(UserFactory())
    browser.post(guests.claim_path(mine))
    mine.refresh_from_db()
    other.refresh_from_db()
    assert (mine.user.is_guest, other.user.is_guest) == (False, True)


def test_who_logs_in_keeps_what_the_browser_bought(client):
    event, gold = scene(price=100)
    order = pay(order_as_guest(client, gold))
    user = UserFactory()
    client.post("/login/", {"identifier": user.email, "password": "secret"})
    assert "Put it into my account" in text(client.get(f"/orders/{order.uid}/"))
    client.post(f"/orders/{order.uid}/keep/")
    order.refresh_from_db()
    assert order.user == user
    assert client.post(f"/orders/{order.uid}/keep/").status_code == 302  # again: nothing more
    assert Client().post(f"/orders/{order.uid}/keep/")["Location"].startswith("/login/")
    invariants.check(event)


def test_who_logs_in_at_the_checkout_buys_as_the_account(client):
    _event, gold = scene(price=100)
    client.get(f"/e/{gold.event.slug}/")
    to = client.post(f"/e/{gold.event.slug}/", {"key": "k", f"qty_{gold.pk}": 1})["Location"]
    user = UserFactory()
    client.post("/login/", {"identifier": user.email, "password": "secret"})
    assert client.post(to, WHO)["Location"].startswith("/sandbox/pay/")
    assert Order.objects.get().user == user


def test_the_same_key_in_account_and_guest_is_no_clash(client):
    _event, gold = scene(price=100)
    user = UserFactory()
    buy(user, gold, key="k")
    order = order_as_guest(client, gold, key="k")
    assert guests.claim(order.user, user) == 1
    assert Order.objects.filter(user=user).count() == 2


def test_nothing_moves_from_or_to_the_wrong_kind(client):
    _event, gold = scene(price=100)
    guest = order_as_guest(client, gold).user
    for source, target in ((UserFactory(), UserFactory()), (guest, guest)):
        with pytest.raises(Conflict):
            guests.claim(source, target)
    assert Order.objects.get().user == guest


def _claims(client):
    event, gold = scene(price=100)
    order = pay(order_as_guest(client, gold))
    users = UserFactory.create_batch(4)
    guest = User.objects.get(pk=order.user_id)
    return event, users, [lambda user=user: guests.claim(guest, user) for user in users]


@pytest.mark.django_db(transaction=True)
def test_an_order_is_claimed_once(client):
    event, users, calls = _claims(client)
    results = race(*calls)
    assert (len(good(results)), len(errors(results, Conflict))) == (1, 3)
    spent = User.objects.filter(pk__in=[one.pk for one in users]).values_list("total_spent", flat=True)
    assert sum(spent) == Decimal(100)
    assert Order.objects.get().user == Booking.objects.get().user == Ticket.objects.get().user
    invariants.check(event)


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_it_would_be_claimed_by_several(client, monkeypatch):
    """Control: no row locks, and all have read the order before anybody moves it."""
    _event, users, calls = _claims(client)
    switch_row_locks_off(monkeypatch)
    meet_before(monkeypatch, guests, "_move", parties=4)
    assert len(good(race(*calls))) > 1
    spent = User.objects.filter(pk__in=[one.pk for one in users]).values_list("total_spent", flat=True)
    assert sum(spent) > Decimal(100)
    User.objects.update(total_spent=0)


@pytest.mark.django_db(transaction=True)
def test_a_claim_and_the_payment_that_arrives_do_not_lock_each_other_out(client):
    event, gold = scene(price=100)
    order = order_as_guest(client, gold)
    user, guest = UserFactory(), order.user
    assert len(good(race(lambda: pay(order), lambda: guests.claim(guest, user)))) == 2
    order.refresh_from_db()
    user.refresh_from_db()
    assert (order.user, order.status, user.total_spent) == (user, "paid", 100)
    assert Ticket.objects.get().user == user
    invariants.check(event)


def test_as_many_queries_for_three_orders_as_for_one(client):
    _event, gold = scene(price=100)
    asked = []
    for number in (1, 2, 3):
        order_as_guest(client, gold, key=str(number))
        with CaptureQueriesContext(connection) as queries:
            assert client.get("/orders/").status_code == 200
        asked.append(len(queries))
    assert asked[0] == asked[2] <= 8
