"""Logging in, signing up and logging out, on pages."""

import pytest
from django.core import mail as outbox
from django.test import Client
from django.utils import timezone

from accounts import mail
from accounts.factories import UserFactory
from accounts.models import User
from accounts.pages import own_path
from eventify.contracts.errors import server_error

pytestmark = pytest.mark.django_db
NASTY = [
    "\x00",
    "a\x00b",
    "x" * 100_000,
    "\ud800",
    "<script>alert(1)</script>",
    "' OR 1=1 --",
    "نص",
    "\r\nSet-Cookie: a=b",
]


def ascii_start(text: str) -> str:
    """A short name of a long text."""
    return ascii(text[:20])


def test_the_page_has_a_labelled_form_and_no_inline_code(client):
    response = client.get("/login/?next=/orders/")
    page = response.content.decode()
    assert response.status_code == 200
    assert '<label for="id_identifier">' in page
    assert '<label for="id_password">' in page
    assert 'name="next" value="/orders/"' in page
    assert 'href="#content"' in page
    assert "<script" not in page
    assert "style=" not in page
    assert "no-store" in response["Cache-Control"]


@pytest.mark.parametrize("identifier", ["asha@example.com", "ASHA@example.com", "asha", "+919876543210"])
def test_people_log_in_by_email_username_or_phone(client, identifier):
    user = UserFactory(email="asha@example.com", username="asha", phone="+919876543210")
    response = client.post("/login/", {"identifier": identifier, "password": "secret", "next": "/orders/"})
    assert (response.status_code, response["Location"]) == (302, "/orders/")
    assert client.session["_auth_user_id"] == str(user.pk)


@pytest.mark.parametrize("change", [{"password": "wrong"}, {"is_active": False}, {"banned_at": timezone.now}])
def test_one_answer_for_every_wrong_login(client, change):
    password = change.get("password", "secret")
    fields = {name: value() if callable(value) else value for name, value in change.items() if name != "password"}
    UserFactory(email="a@example.com", **fields)
    response = client.post("/login/", {"identifier": "a@example.com", "password": password})
    assert response.status_code == 400
    assert "We know no account with these details." in response.content.decode()
    assert 'value="a@example.com"' in response.content.decode()
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize(
    "wanted",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "http:///evil", "\x00/"],
)
def test_next_leads_only_into_this_site(client, wanted):
    UserFactory(username="a")
    response = client.post("/login/", {"identifier": "a", "password": "secret", "next": wanted})
    assert (response.status_code, response["Location"]) == (302, "/")


def test_somebody_who_is_in_goes_on_at_once(client):
    client.force_login(UserFactory())
    assert client.get("/login/?next=/wallet/")["Location"] == "/wallet/"


@pytest.mark.parametrize("path", ["/login/", "/signup/"])
@pytest.mark.parametrize("text", NASTY, ids=ascii_start)
def test_no_input_is_a_server_error(client, path, text):
    text = text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    fields = ("identifier", "password", "email", "full_name", "phone", "next")
    response = client.post(path, dict.fromkeys(fields, text))
    assert response.status_code == 400
    assert client.post(path, {}).status_code == 400
    assert client.get(path, {"next": text}).status_code == 200


def test_signing_up_makes_an_account_and_logs_in(client):
    fields = {"full_name": "Asha Rao", "email": "Asha@Example.com", "phone": "098765 43210", "password": "secret"}
    response = client.post("/signup/", {**fields, "next": "/e/x/?qty_1=2"})
    assert (response.status_code, response["Location"]) == (302, "/e/x/?qty_1=2")
    user = User.objects.get()
    assert (user.email, user.full_name, user.phone) == ("Asha@example.com", "Asha Rao", "+919876543210")
    assert client.session["_auth_user_id"] == str(user.pk)


def test_signing_up_says_beside_each_field_what_is_wrong(client):
    UserFactory(email="a@example.com", phone="+919876543210")
    fields = {"full_name": "B", "email": "A@example.com", "phone": "9876543210", "password": "secret"}
    page = client.post("/signup/", fields).content.decode()
    assert "Email is already registered." in page
    assert "Phone number is already registered." in page
    assert 'value="A@example.com"' in page
    assert "secret" not in page
    assert User.objects.count() == 1


def test_logging_out_needs_a_post(client):
    client.force_login(UserFactory())
    assert client.get("/logout/").status_code == 405
    assert client.post("/logout/")["Location"] == "/"
    assert "_auth_user_id" not in client.session


def test_forms_of_other_sites_are_refused():
    response = Client(enforce_csrf_checks=True).post("/login/", {"identifier": "a", "password": "b"})
    assert response.status_code == 403
    assert "This form has expired" in response.content.decode()


def test_too_many_tries_get_a_page_that_says_when_to_try_again(client, settings):
    settings.EVENTIFY_RATE_LIMITS = True
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "login": (2, 60)}
    for _try in range(2):
        assert client.post("/login/", {"identifier": "a", "password": "b"}).status_code == 400
    response = client.post("/login/", {"identifier": "a", "password": "b"})
    assert response.status_code == 429
    wait = response["Retry-After"]
    assert 1 <= int(wait) <= 60
    assert f"Please try again in {wait} second" in response.content.decode()
    assert client.get("/login/").status_code == 200


def test_an_unknown_page_says_so(client):
    response = client.get("/nothing-here/")
    assert response.status_code == 404
    assert "This page is not here" in response.content.decode()


def test_error_pages_need_no_database(client, django_assert_num_queries):
    client.force_login(UserFactory())
    with django_assert_num_queries(0):
        client.get("/nothing-here/")


def test_the_page_of_a_crash_needs_no_database(rf, django_assert_num_queries):
    with django_assert_num_queries(0):
        response = server_error(rf.get("/orders/"))
    assert response.status_code == 500
    assert "Something broke" in response.content.decode()


@pytest.mark.parametrize("template", ["tickets", "promoted", "offer", "payment_returned"])
def test_every_mail_has_a_subject_a_text_and_a_link(template, settings):
    context = {
        "order": "the-order",
        "event": "Rock & Roll\r\nBcc: x@y.z",
        "qty": 2,
        "amount": "10.00",
        "until": "1 Jan",
    }
    mail.queue(template, "a@example.com", **context)
    mail.send_pending()
    sent = outbox.outbox[0]
    assert sent.to == ["a@example.com"]
    assert sent.subject
    assert "\n" not in sent.subject
    assert "&amp;" not in sent.subject + sent.body
    assert f"{settings.SITE_URL}/orders/the-order/" in sent.body


def test_own_addresses_lose_their_host_and_others_stay(settings):
    settings.SITE_URL = "https://eventify.example"
    assert own_path("https://eventify.example/orders/") == "/orders/"
    assert own_path("https://eventify.example.evil/") == "https://eventify.example.evil/"
    assert own_path("https://pay.example/1") == "https://pay.example/1"
