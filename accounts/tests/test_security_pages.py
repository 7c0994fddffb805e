"""Everybody's own security pages."""

import html
import re

import pytest
from django.test import Client

from accounts import codes, devices, password_links, roles, sessions, step_up, two_factor
from accounts.factories import SuperAdminFactory, UserFactory
from accounts.models import Role, Session, User
from accounts.tests.coming_in import code_of, log_in, turn_on

pytestmark = pytest.mark.django_db
SECURITY = "/account/security/"
PAGES = (SECURITY, f"{SECURITY}two-factor/", f"{SECURITY}password/", "/account/confirm/")
POSTS = (
    f"{SECURITY}two-factor/begin/",
    f"{SECURITY}two-factor/off/",
    f"{SECURITY}recovery-codes/",
    f"{SECURITY}log-ins/end/",
)
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture
def user() -> User:
    return UserFactory(email="maya@example.com", full_name="Maya Rao")


def come_in(user: User, agent: str = FIREFOX) -> Client:
    """A browser that came in through the page."""
    browser = Client(headers={"User-Agent": agent})
    answer = browser.post("/login/", {"identifier": user.email, "password": "secret"})
    if answer["Location"].startswith("/login/code/"):
        answer = browser.post("/login/code/", {"code": code_of(user)})
    assert answer.status_code == 302
    return browser


@pytest.fixture
def browser(user) -> Client:
    return come_in(user)


def is_in(browser) -> bool:
    return browser.get(SECURITY).status_code == 200


@pytest.mark.parametrize("path", [*PAGES, *POSTS])
def test_they_are_for_who_is_in(client, path):
    for answer in (client.get(path), client.post(path)):
        assert answer.status_code == 302 and answer["Location"].startswith("/login/?next=/account/")


@pytest.mark.parametrize("path", PAGES)
def test_they_are_kept_nowhere_and_have_no_inline_code(browser, path):
    answer = browser.get(path)
    page = answer.content.decode()
    assert answer.status_code == 200 and "no-store" in answer["Cache-Control"]
    assert "style=" not in page and not re.search("<script(?! src)", page)


@pytest.mark.parametrize("path", POSTS)
def test_buttons_are_pressed_not_opened(browser, path):
    assert browser.get(path).status_code == 405


@pytest.mark.parametrize(
    "path", [f"{SECURITY}two-factor/begin/", f"{SECURITY}two-factor/off/", f"{SECURITY}recovery-codes/"]
)
def test_two_factor_is_changed_with_a_fresh_proof_only(client, user, path):
    log_in(client, user, fresh=False)
    assert client.get(f"{SECURITY}two-factor/")["Location"].startswith("/account/confirm/")
    assert client.post(path).status_code == 403
    assert not user.totpdevice_set.exists()


def test_setting_two_factor_up(user, browser):
    other = come_in(user)
    page = browser.get(f"{SECURITY}two-factor/").content.decode()
    assert "otpauth" not in page
    assert browser.post(f"{SECURITY}two-factor/begin/")["Location"] == f"{SECURITY}two-factor/"
    page = browser.get(f"{SECURITY}two-factor/").content.decode()
    setup = two_factor.pending(user)
    assert f'href="{html.escape(setup.url)}"' in page and " ".join(setup.groups) in page
    assert '<svg role="img" aria-label="QR code for your authenticator app"' in page
    answer = browser.post(f"{SECURITY}two-factor/", {"code": "12345"})
    assert answer.status_code == 422 and "This code is not right." in answer.content.decode()
    answer = browser.post(f"{SECURITY}two-factor/", {"code": code_of(user, -1)})
    shown = re.findall(r"<li>([a-z2-9]{5}-[a-z2-9]{5})</li>", answer.content.decode())
    assert answer.status_code == 200 and len(shown) == 10 and "no-store" in answer["Cache-Control"]
    assert is_in(browser) and not is_in(other)
    assert all(one not in browser.get(f"{SECURITY}two-factor/").content.decode() for one in shown)
    assert codes.use(user, shown[3])
    assert "9 recovery codes left" in browser.get(SECURITY).content.decode()
    assert browser.post(f"{SECURITY}two-factor/", {"code": code_of(user)}).status_code == 409


def test_new_recovery_codes_and_turning_it_off(user):
    turn_on(user)
    browser = come_in(user)
    answer = browser.post(f"{SECURITY}recovery-codes/")
    assert len(re.findall(r"<li>[a-z2-9]{5}-", answer.content.decode())) == 10
    other = sessions.start(user)[0]
    assert browser.post(f"{SECURITY}two-factor/off/")["Location"] == SECURITY
    assert not codes.is_on(user) and is_in(browser) and sessions.find(sessions.access_token(other)) is None
    for path in (f"{SECURITY}two-factor/off/", f"{SECURITY}recovery-codes/"):
        answer = browser.post(path, follow=True)
        assert answer.status_code == 200 and "Two-factor is off" in answer.content.decode()


def test_the_list_of_log_ins_and_ending_one(user, browser):
    phone = come_in(user, "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile Safari/604.1")
    sessions.new_device_token(user)
    stranger = sessions.start(UserFactory())[0]
    page = browser.get(SECURITY).content.decode()
    names = re.findall(r"<strong>(.+?)</strong>", page)
    assert names[0] == "Firefox on Linux" and sorted(names[1:]) == ["An app", "Safari on iPhone"]
    assert page.count("This one") == 1 and str(stranger.uid) not in page
    wanted = [one.which for one in devices.log_ins(user) if one.name == "Safari on iPhone"]
    browser.post(f"{SECURITY}log-ins/end/", {"which": wanted[0]})
    assert not is_in(phone) and is_in(browser)
    [app] = [one.which for one in devices.log_ins(user) if one.which.startswith("app-")]
    browser.post(f"{SECURITY}log-ins/end/", {"which": app})
    assert not user.device_tokens.exists()


@pytest.mark.parametrize("which", ["", "x", "\x00", "app-", "app-9", f"app-{10**30}", "0" * 36, "é" * 40])
def test_ending_what_is_not_ones_own_is_a_sentence(user, browser, which):
    stranger = sessions.start(UserFactory())[0]
    for one in (which, str(stranger.uid)):
        answer = browser.post(f"{SECURITY}log-ins/end/", {"which": one}, follow=True)
        assert answer.status_code == 200 and "was logged out already" in answer.content.decode()
    stranger.refresh_from_db()
    assert stranger.ended_at is None


def test_ending_all_others(user, browser):
    other, token = come_in(user), sessions.new_device_token(user)
    browser.post(f"{SECURITY}log-ins/end/", {"which": "others"})
    assert is_in(browser) and not is_in(other) and sessions.find_device_token(token) is None


def test_the_list_asks_the_same_for_one_and_for_three(user, browser, django_assert_num_queries):
    with django_assert_num_queries(6):  # two for the visitor, two-factor, whether a partner's, two lists
        browser.get(SECURITY)
    for _time in range(2):
        sessions.start(user)
        sessions.new_device_token(user)
    with django_assert_num_queries(6):
        browser.get(SECURITY)


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (FIREFOX, "Firefox on Linux"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0", "Edge on Windows"),
        ("Mozilla/5.0 (Linux; Android 16) Chrome/140.0 Mobile Safari/537.36", "Chrome on Android"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 15_0) Version/18 Safari/605", "Safari on Mac"),
        ("curl/8.0", "An app"),
        ("", "An app"),
    ],
)
def test_people_know_their_devices_by_name(agent, name):
    assert devices.name_of(agent) == name


def test_changing_the_password(user, browser):
    other = come_in(user)
    answer = browser.post(f"{SECURITY}password/", {"old": "wrong", "password": "new one"})
    assert answer.status_code == 422 and "The old password is not correct." in answer.content.decode()
    answer = browser.post(f"{SECURITY}password/", {"old": "secret", "password": "new one"})
    assert (answer.status_code, answer["Location"]) == (302, SECURITY)
    assert is_in(browser) and not is_in(other)
    assert sessions.check_credentials(user.email, "new one") == user


@pytest.mark.parametrize("text", ["\x00", "x" * 100_000, "<script>alert(1)</script>", "نص"])
@pytest.mark.parametrize("path", [*PAGES[1:], *POSTS])
def test_no_input_is_a_server_error(browser, path, text):
    fields = ("old", "password", "otp", "code", "which", "next", "step_up_password")
    assert browser.post(path, dict.fromkeys(fields, text)).status_code < 500
    assert browser.get(path, {"next": text}).status_code in (200, 405)


# --- Proving it once more ---------------------------------------------------------------------------------


def test_confirming_leads_on_within_this_site(client, user):
    log_in(client, user, fresh=False)
    page = client.get("/account/confirm/?next=/orders/").content.decode()
    assert 'name="next" value="/orders/"' in page and 'name="password"' in page and 'name="otp"' not in page
    for wanted, led in (("/orders/", "/orders/"), ("https://evil.example/", SECURITY), ("", SECURITY)):
        assert client.post("/account/confirm/", {"password": "secret", "next": wanted})["Location"] == led
    assert step_up.MOMENT in client.session


def test_confirming_is_locked_out_after_ten(client, user):
    log_in(client, user, fresh=False)
    for _time in range(10):
        answer = client.post("/account/confirm/", {"password": "wrong", "next": "/orders/"})
        assert answer.status_code == 422 and 'value="/orders/"' in answer.content.decode()
    answer = client.post("/account/confirm/", {"password": "secret"})
    assert answer.status_code == 429 and answer["Retry-After"]
    assert step_up.MOMENT not in client.session


def test_confirming_with_two_factor(client, user):
    turn_on(user)
    log_in(client, user, fresh=False)
    page = client.get("/account/confirm/").content.decode()
    assert 'name="otp"' in page and 'name="password"' not in page
    assert client.post("/account/confirm/", {"password": "secret"}).status_code == 400
    assert client.post("/account/confirm/", {"otp": code_of(user)}).status_code == 302


# --- Invited staff ----------------------------------------------------------------------------------------


def test_an_invited_person_chooses_a_password(client):
    user = roles.create_staff("nia@example.com", "Nia Okoro", Role.objects.get(name="Gate"), by=SuperAdminFactory())
    path = password_links.path_for(user)
    page = client.get(path).content.decode()
    assert "Welcome, Nia" in page and "nia@example.com" in page
    assert client.post(path, {"password": ""}).status_code == 400
    answer = client.post(path, {"password": "a good one"})
    assert (answer.status_code, answer["Location"]) == (302, "/login/?next=/command-center/")
    assert sessions.check_credentials("nia@example.com", "a good one") == user
    assert not Session.objects.exists()  # nobody is logged in by a link
    for answer in (client.get(path), client.post(path, {"password": "mine"})):
        assert answer.status_code == 404 and "This link is over" in answer.content.decode()


@pytest.mark.parametrize("token", ["x", "a-b", "%00", "x" * 5000, "a-%ED%A0%80"])
def test_a_link_that_is_none_says_so(client, token):
    assert client.get(f"/account/set-password/{UserFactory().uid}/{token}/").status_code == 404
