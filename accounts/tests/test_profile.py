"""Everybody's own page, confirming an address, messages, and a forgotten password."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.core import mail as outbox
from django.test import Client
from django.utils import timezone

from accounts import addresses, mail, notify, signup
from accounts.factories import UserFactory
from accounts.models import AuditLog, OutgoingMail, User
from accounts.tests.coming_in import log_in

pytestmark = pytest.mark.django_db
FORGOTTEN = "/password/forgotten/"


@pytest.fixture
def user() -> User:
    return UserFactory(email="maya@example.com", full_name="Maya Rao")


@pytest.fixture
def browser(user) -> Client:
    return log_in(Client(), user)


def owed() -> list[tuple]:
    return list(OutgoingMail.objects.order_by("pk").values_list("template", "to"))


def link_in(pattern: str) -> str:
    """The path in the newest mail, once it is sent."""
    mail.send_pending()
    return re.search(rf"http://[^/]+({pattern}\S+)", outbox.outbox[-1].body)[1]


# --- A forgotten password


def test_a_link_to_a_new_password(user):
    client = Client()
    page = client.post(FORGOTTEN, {"email": "MAYA@example.com"})
    assert page.status_code == 200 and "MAYA@example.com" in page.content.decode()
    assert owed() == [("password_reset", "maya@example.com")]
    assert "set-password" not in str(OutgoingMail.objects.get().context)  # the link is stored nowhere
    path = link_in("/account/set-password/")
    assert client.get(path).status_code == 200
    assert client.post(path, {"password": "a new one, long"}).status_code == 302
    user.refresh_from_db()
    assert user.check_password("a new one, long") and user.email_confirmed_at
    assert client.get(path).status_code == 404  # good once


@pytest.mark.parametrize("state", ["unknown", "banned", "closed", "guest"])
def test_the_answer_is_the_same_for_who_has_no_account(state):
    change = {"banned": {"banned_at": timezone.now()}, "closed": {"is_active": False}, "guest": {"is_guest": True}}
    if state != "unknown":
        UserFactory(email="nia@example.com", **change[state])
    known = UserFactory(email="mia@example.com")
    answers = [Client().post(FORGOTTEN, {"email": email}) for email in ("nia@example.com", known.email)]
    pages = [answer.content.decode().replace("nia@", "mia@") for answer in answers]
    tokens = re.compile(r'name="csrfmiddlewaretoken" value="\w+"')
    assert tokens.sub("", pages[0]) == tokens.sub("", pages[1])
    assert owed() == [("password_reset_unknown", "nia@example.com"), ("password_reset", "mia@example.com")]


@pytest.mark.parametrize("email", ["", "x", "a\x00@example.com", "a" * 300 + "@example.com"])
def test_what_is_no_address_is_refused_at_its_field(email):
    page = Client().post(FORGOTTEN, {"email": email})
    assert page.status_code == 400 and 'id="id_email_error"' in page.content.decode() and owed() == []


def test_nobodys_inbox_is_flooded(user, settings):
    settings.EVENTIFY_RATE_LIMITS = True
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "login": (100, 60), "reset": (2, 3600)}
    answers = [Client().post(FORGOTTEN, {"email": "maya@example.com"}).status_code for _n in range(3)]
    assert answers == [200, 200, 429] and len(owed()) == 2


# --- Confirming an address


def test_who_signs_up_confirms_the_address():
    user = signup.register(email="nia@example.com", password="a good one, long", full_name="Nia", by_themself=True)
    assert owed() == [("confirm_address", "nia@example.com")] and user.email_confirmed_at is None
    path = link_in("/account/confirm-address/")
    client = Client()
    assert "nia@example.com" in client.get(path).content.decode()
    user.refresh_from_db()
    assert user.email_confirmed_at is None  # a scanner of mail that opens the link confirms nothing
    for _twice in range(2):
        assert client.post(path)["Location"] == "/login/"
    user.refresh_from_db()
    assert user.email_confirmed_at is not None
    assert AuditLog.objects.filter(action="CONFIRMED_ADDRESS").count() == 1


def test_a_link_is_good_for_its_address_and_three_days(user):
    path = addresses.path_for(user.uid, user.email)
    with time_machine.travel(timezone.now() + timedelta(days=3, minutes=1)):
        assert Client().get(path).status_code == 404
    assert Client().get(path).status_code == 200
    signup.change_email(user, "other@example.com")
    assert Client().post(path).status_code == 404
    user.refresh_from_db()
    assert user.email_confirmed_at is None


@pytest.mark.parametrize("token", ["x", "a:b:c", "0" * 32 + ":x:y", "%00", "é" * 40, f"{'0' * 40}:1:2"])
def test_what_is_no_link(token):
    for answer in (
        Client().get(f"/account/confirm-address/{token}/"),
        Client().post(f"/account/confirm-address/{token}/"),
    ):
        assert answer.status_code == 404


def test_the_mail_once_more(browser, user):
    assert browser.post("/account/confirm-address/").status_code == 302
    assert owed() == [("confirm_address", user.email)]
    User.objects.filter(pk=user.pk).update(email_confirmed_at=timezone.now())
    browser.post("/account/confirm-address/")
    assert len(owed()) == 1


# --- Who one is


def test_the_profile_is_changed(browser, user):
    about = {"full_name": "Maya de Wit", "phone": "+31612345678", "place": "Delft", "pincode": "2611"}
    assert browser.post("/account/", about).status_code == 302
    user.refresh_from_db()
    assert {name: getattr(user, name) for name in about} == about
    assert browser.post("/account/", {**about, "phone": ""}).status_code == 302
    user.refresh_from_db()
    assert user.phone is None


@pytest.mark.parametrize(
    ("change", "field"),
    [({"full_name": ""}, "full_name"), ({"full_name": "a\x00b"}, "full_name"), ({"phone": "x"}, "phone"),
     ({"phone": "+31611111111"}, "phone"), ({"place": "x" * 101}, "place")],
)  # fmt: skip
def test_what_cannot_be_stands_at_its_field_and_nothing_is_saved(browser, user, change, field):
    UserFactory(phone="+31611111111")
    page = browser.post("/account/", {"full_name": "New", "phone": "", "place": "", "pincode": "", **change})
    assert page.status_code in (400, 409, 422) and f'id="id_{field}_error"' in page.content.decode()
    user.refresh_from_db()
    assert (user.full_name, user.phone) == ("Maya Rao", None)


def test_another_address(browser, user):
    User.objects.filter(pk=user.pk).update(email_confirmed_at=timezone.now())
    assert browser.post("/account/address/", {"email": "new@example.com"})["Location"] == "/account/"
    user.refresh_from_db()
    assert (user.email, user.email_confirmed_at) == ("new@example.com", None)
    assert owed() == [("confirm_address", "new@example.com"), ("address_changed", "maya@example.com")]
    UserFactory(email="taken@example.com")
    page = browser.post("/account/address/", {"email": "taken@example.com"})
    assert page.status_code == 409 and 'id="id_email_error"' in page.content.decode()


def test_another_address_wants_a_fresh_proof(user):
    old = log_in(Client(), user, fresh=False)
    assert old.get("/account/address/")["Location"].startswith("/account/confirm/")
    assert old.post("/account/address/", {"email": "new@example.com"}).status_code == 403
    assert User.objects.get(pk=user.pk).email == "maya@example.com"


# --- What one was told


def test_messages_are_read(browser, user, django_assert_num_queries):
    notify.notify(user, "x" * 300, "About it", url="/wallet/")
    notify.notify(UserFactory(), "Not yours")
    page = browser.get("/account/notifications/").content.decode()
    assert "x" * 199 + "…" in page and "About it" in page and "Not yours" not in page
    with django_assert_num_queries(5):
        browser.get("/account/notifications/")
    for number in range(2):
        notify.notify(user, f"More {number}")
    with django_assert_num_queries(5):
        browser.get("/account/notifications/")
    assert browser.post("/account/notifications/").status_code == 302
    assert not user.notifications.filter(is_read=False).exists()
    assert browser.get("/account/notifications/?page=99999999999999999999").status_code == 200
