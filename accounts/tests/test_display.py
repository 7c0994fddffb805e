"""Light or dark, without a log-in: a page comes in the theme that was chosen, and only for who chose it."""

import re

import pytest
from django.test import Client

from accounts.factories import UserFactory
from accounts.tests.coming_in import log_in

pytestmark = pytest.mark.django_db
PAGES = ["/", "/login/", "/crew/", "/display/", "/nothing-here/"]
A_YEAR = 31_536_000


def head(page) -> tuple[str, str]:
    """What <html> says of the theme, and the color-scheme of the page."""
    text = page.content.decode()
    theme = re.search(r'<html lang="\w+"(?: data-theme="(\w*)")?>', text)[1] or ""
    return theme, re.search(r'<meta name="color-scheme" content="([\w ]+)">', text)[1]


@pytest.mark.parametrize("address", PAGES)
def test_pages_come_in_the_theme_that_was_chosen(client, address):
    assert head(client.get(address)) == ("", "light dark")
    for theme in ("dark", "light"):
        client.cookies["theme"] = theme
        assert head(client.get(address)) == (theme, theme)
    client.cookies["theme"] = '"><script>'
    assert head(client.get(address)) == ("", "light dark")


def test_the_form_keeps_the_choice_for_a_year_and_leads_back(client):
    answer = client.post("/display/", {"theme": "dark", "next": "/crew/?q=a"})
    assert (answer.status_code, answer["Location"]) == (302, "/crew/?q=a")
    kept = answer.cookies["theme"]
    assert (kept.value, kept["max-age"], kept["samesite"], kept["httponly"]) == ("dark", A_YEAR, "Lax", True)
    assert head(client.get("/")) == ("dark", "dark")


@pytest.mark.parametrize("chosen", ["", "system", "DARK", "\x00", "<b>", "x" * 100_000])
def test_anything_else_is_the_systems_theme(client, chosen):
    client.cookies["theme"] = "dark"
    answer = client.post("/display/", {"theme": chosen})
    assert (answer.status_code, answer["Location"], answer.cookies["theme"].value) == (302, "/", "")


@pytest.mark.parametrize("wanted", ["//evil.example", "https://evil.example/", "javascript:x", "/\\evil", "\x00", "a"])
def test_it_leads_only_to_this_site(client, wanted):
    assert client.post("/display/", {"theme": "dark", "next": wanted})["Location"] == "/"
    assert 'name="next" value="/"' in client.get("/display/", {"next": wanted}).content.decode()


def test_the_form_needs_its_token():
    strict = Client(enforce_csrf_checks=True)
    assert strict.post("/display/", {"theme": "dark"}).status_code == 403
    page = strict.get("/display/").content.decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)[1]
    assert strict.post("/display/", {"theme": "dark", "csrfmiddlewaretoken": token}).status_code == 302


def test_the_pressed_button_says_what_is_chosen(client):
    pressed = re.compile(r'name="theme" value="(\w*)" aria-pressed="true"')
    assert pressed.findall(client.get("/display/").content.decode()) == [""]
    client.cookies["theme"] = "dark"
    assert pressed.findall(client.get("/display/").content.decode()) == ["dark"]


def test_the_language_is_chosen_on_the_same_page(client):
    page = client.get("/display/?next=/crew/").content.decode()
    assert 'action="/i18n/setlang/"' in page
    client.post("/i18n/setlang/", {"language": "nl", "next": "/crew/"})
    assert '<html lang="nl">' in client.get("/crew/").content.decode()


def test_every_page_leads_to_the_choice_and_back(client):
    assert 'href="/display/?next=%2Fcrew%2F%3Fq%3Da%2520b"' in client.get("/crew/?q=a%20b").content.decode()
    log_in(client, UserFactory())
    assert 'href="/display/?next=%2Faccount%2F"' in client.get("/account/").content.decode()


@pytest.mark.parametrize("address", ["/", "/crew/", "/login/"])
def test_a_kept_page_is_not_shown_in_the_theme_of_another(client, address):
    """A cache may keep a page only for visitors without cookies; it also tells visitors by their cookies."""
    kept = client.get(address)
    assert "Cookie" in kept["Vary"]
    client.cookies["theme"] = "dark"
    assert "public" not in client.get(address).get("Cache-Control", "")


def test_who_looks_at_the_home_page_for_the_first_time_gets_no_token(client):
    """The page that caches may keep for everybody holds nothing of one visitor."""
    page = client.get("/")
    assert "csrfmiddlewaretoken" not in page.content.decode()
    assert dict(page.cookies) == {}
