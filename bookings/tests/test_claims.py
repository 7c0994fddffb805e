"""What was bought without an account becomes an account's: by the mailed link or by logging in, once."""

from decimal import Decimal

import pytest
from django.test import Client

from accounts.factories import UserFactory
from accounts.models import User
from accounts.tests.racing import errors, good, meet_before, race, switch_row_locks_off
from bookings import guests
from bookings.models import Booking, Order, Ticket
from bookings.tests import invariants
from bookings.tests.scenes import buy, pay, scene, text
from bookings.tests.test_guests import WHO, links, order_as_guest
from eventify.lib.errors import Conflict

pytestmark = pytest.mark.django_db


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
    for again in (browser.get(path), browser.post(path, {"full_name": "Asha", "password": "a long secret"})):
        assert again["Location"] == f"/orders/{order.uid}/"  # it is theirs already
    assert client.get(f"/orders/{order.uid}/")["Location"] == f"/login/?next=/orders/{order.uid}/"
    invariants.check(event)


def test_a_claim_link_that_was_used_leads_its_owner_on_and_tells_others_whose_it_is_not(client):
    _event, gold = scene(price=100)
    order = pay(order_as_guest(client, gold))
    path = guests.claim_path(order)
    user, other = UserFactory(), UserFactory()
    guests.claim(order.user, user)
    owner, stranger = Client(), Client()
    owner.force_login(user)
    stranger.force_login(other)
    for send in ("get", "post"):
        assert getattr(owner, send)(path)["Location"] == f"/orders/{order.uid}/"
        page = getattr(stranger, send)(path)
        assert page.status_code == 409
        assert f"the order is in another account, not in yours ({other.email})." in text(page)
        assert "Log out" in text(page) and user.email not in text(page) and str(order.uid) not in text(page)
        page = getattr(Client(), send)(path)
        assert page.status_code == 409 and user.email not in text(page)
        assert "This order belongs to an account already. Log in to see it." in text(page)
        assert f"/login/?next={path.replace(':', '%3A').replace('/', '%2F')}" in text(page)
    order.refresh_from_db()
    assert order.user == user


@pytest.mark.django_db(transaction=True)
def test_a_double_click_on_the_claim_ends_at_the_order(client):
    _event, gold = scene(price=100)
    order = pay(order_as_guest(client, gold))
    path, browsers, user = guests.claim_path(order), [Client(), Client()], UserFactory()
    for browser in browsers:
        browser.force_login(user)
    results = good(race(*(lambda browser=browser: browser.post(path)["Location"] for browser in browsers)))
    assert results == [f"/orders/{order.uid}/"] * 2


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
