"""Requests of contracts pass the pages' middlewares by; what anybody may read need not be loaded twice."""

import re

import pytest
from django.test import Client
from django.urls import URLPattern, get_resolver, resolve
from django.utils import translation

from accounts.factories import UserFactory
from eventify.contracts.evently.tests.calling import Caller, make_event
from eventify.contracts.paths import contract_of, is_contracts
from eventify.middleware import POLICY
from eventify.openapi.views import schema
from eventify.tests.page_table import answer_of

pytestmark = pytest.mark.django_db
VALUES = {"int": "1", "uuid": "0192f0c1-2e3a-7000-8000-000000000001"}
PUBLIC = ("/events", "/events?page_size=1", "/events/{pk}", "/events/{pk}/seats", "/stats/homepage", "/healthz")
PUBLIC += ("/api/events", "/api/events/featured", "/api/events/{uid}", "/api/banners")


@pytest.fixture
def anyone():
    return Caller()


@pytest.fixture
def buyer():
    return Caller(UserFactory())


def address_of(pattern: str) -> str:
    """An address that fits the pattern of a route."""
    pattern = re.sub(r"\(\?=[^)]*\)", "", pattern).replace("^", "").replace("/?$", "").replace("$", "")
    pattern = re.sub(r"\(\?P<path>event_images/[^)]*\)", "event_images/1.png", pattern)
    pattern = re.sub(r"\(\?P<\w+>[^)]*\)", "1", pattern)
    return "/" + re.sub(r"<(?:(\w+):)?\w+>", lambda found: VALUES.get(found[1], "x"), pattern)


def walk(resolver, before=""):
    """(address, view) of every route of the URL map."""
    for one in resolver.url_patterns:
        pattern = before + str(one.pattern)
        if isinstance(one, URLPattern):
            yield address_of(pattern), one.callback
        else:
            yield from walk(one, pattern)


def is_of_a_contract(view) -> bool:
    """The contracts' documents are asked for as a contract is."""
    return view.__module__.startswith("eventify.contracts.") or view is schema


def test_every_route_is_told_to_be_a_contracts_or_a_page():
    told, hidden, wrong = {True: set(), False: set()}, set(), []
    for address, view in walk(get_resolver("eventify.urls")):
        right = is_of_a_contract(resolve(address).func)  # an earlier route may answer it
        told[right].add(address)
        hidden |= set() if is_of_a_contract(view) is right else {address}
        wrong += [path for path in (address, *([f"{address}/"] if right else [])) if is_contracts(path) is not right]
    assert wrong == []
    assert hidden == {"/metrics"}  # of django_prometheus, whose page contract 002 serves itself
    assert len(told[True]) > 140 and len(told[False]) > 200
    assert {address.split("/")[1] for address in told[False]} >= {
        *("", "admin", "command-center", "django-admin", "door", "i18n", "media", "orders", "sandbox", "webhooks")
    }


@pytest.mark.parametrize("path", ["", "*", "/", "//events", "/eventsx", "/apix", "/admin", "/admin/", "/static/x.css"])
def test_what_only_looks_like_a_contracts_path(path):
    assert not is_contracts(path)


PAGES_AND_MACHINES = [
    ("/", 301), ("/login/", 301), ("/admin/", 301), ("/orders/", 301), ("/healthz", 200),
    ("/events", 403), ("/api/events", 403), ("/api/v1/partners", 403), ("/api/user/login", 403), ("/api/nope", 403),
    ("/door/api/event/", 403), ("/webhooks/payments/stripe/", 403),
]  # fmt: skip


@pytest.mark.parametrize(("path", "status"), PAGES_AND_MACHINES)
def test_without_tls_only_people_are_led_to_https(settings, path, status):
    settings.SECURE_SSL_REDIRECT = True
    answer = Client().get(path)
    assert answer.status_code == status
    if status == 403:
        assert "Use https." in answer.content.decode() and answer["X-Content-Type-Options"] == "nosniff"
        assert Client().post(path, {}, content_type="application/json").status_code == 403
        assert Client().get(path, secure=True).content.decode() != answer.content.decode()
    elif status == 301:
        assert answer["Location"] == f"https://testserver{path}"


def test_every_cookie_of_a_page_is_of_this_host_alone(settings):
    """The language's, the theme's and the city's; the session's is in test_settings.py, a room's in its own tests."""
    settings.SECURE_SSL, settings.LANGUAGE_COOKIE_SECURE = True, True
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    browser = Client()
    browser.get("/near/", {"city": "Pune"}, secure=True)
    browser.post("/i18n/setlang/", {"language": "nl", "next": "/"}, secure=True)
    browser.post("/display/", {"theme": "dark"}, secure=True)
    browser.get("/login/", secure=True)
    assert len(browser.cookies) >= 4
    for one in browser.cookies.values():
        assert (one["samesite"], one["secure"], one["path"], one["domain"]) == ("Lax", True, "/", ""), one


@pytest.mark.parametrize("order", [("1", "2"), ("2", "1")])
def test_a_parameter_that_comes_twice_counts_as_its_last(anyone, order):
    make_event(), make_event()
    found = anyone.get(f"/events?page_size=1&page={order[0]}&page={order[1]}").json()
    assert found == anyone.get(f"/events?page_size=1&page={order[1]}").json()
    assert found != anyone.get(f"/events?page_size=1&page={order[0]}").json()


def test_query_and_body_are_not_taken_for_each_other(anyone):
    """A password in the address logs nobody in, and a page in the body of a question turns none."""
    user = UserFactory()
    given = {"email": user.email, "password": "secret"}
    assert anyone.post("/auth/login", given).status_code == 200
    assert anyone.post(f"/auth/login?email={user.email}&password=secret", {}).status_code == 422
    assert anyone.post("/auth/login?password=wrong", given).status_code == 200


@pytest.mark.parametrize("path", ["/api", "/api/nope", "/events/", "/admin/nope", "/metrics/", "/me", "/auth/x/y"])
def test_whoever_answers_an_unknown_path_is_the_contract(path):
    assert is_contracts(path) and contract_of(path)


@pytest.mark.parametrize("path", ["/events", "/api/events", "/api/v1/partners", "/nope-of-pages", "/api/nope"])
def test_a_contracts_request_has_nothing_of_a_pages(path):
    """The control is in it: a page's has all of it."""
    member = Client()
    member.force_login(UserFactory())
    answer = member.get(path)
    has = [hasattr(answer.wsgi_request, name) for name in ("session", "_messages", "csp_nonce")]
    assert has == [not is_contracts(path)] * 3
    assert ("X-Frame-Options" in answer) is not is_contracts(path)


def test_what_every_answer_of_a_contract_says(anyone, buyer):
    answers = [anyone.get("/events"), buyer.get("/me/bookings"), anyone.get("/me/bookings"), anyone.get("/api/nope")]
    answers += [anyone.post("/auth/login", {}), anyone.get("/metrics"), anyone.client.options("/events")]
    for answer in answers:
        assert answer["Content-Security-Policy"] == POLICY
        assert (answer["X-Content-Type-Options"], answer["Referrer-Policy"]) == ("nosniff", "same-origin")
        assert (answer["Content-Language"], answer["Content-Length"]) == ("en", str(len(answer.content)))
        assert answer["Vary"] == "Accept-Language, Authorization, Origin"
        assert not answer.cookies
    kept = [answer["Cache-Control"] for answer in answers]
    assert kept == ["no-cache", *["private, no-store"] * 4, "no-cache", "private, no-store"]


def test_another_host_is_refused_in_the_contracts_words(anyone):
    answer = anyone.get("/events", Host="evil.example.org")
    assert (answer.status_code, answer.json()) == (400, {"detail": "The request is malformed."})
    assert answer["Content-Type"] == "application/json"
    dutch = anyone.get("/events", Host="evil.example.org", Accept_Language="nl")
    assert dutch.json() == {"detail": "Het verzoek is niet goed gevormd."}


def test_the_language_is_that_of_the_request_and_of_none_before(anyone):
    def said(path, **headers):
        answer = anyone.get(path, **headers)
        assert translation.get_language() == answer["Content-Language"]
        return answer["Content-Language"], answer.content.decode()

    assert said("/api/v1/nope", Accept_Language="nl-BE, en;q=0.5")[0] == "nl"
    assert said("/api/v1/nope")[0] == "en"
    dutch, sentence = said("/api/v1/nope", Accept_Language="nl")
    assert dutch == "nl" and "Niet gevonden." in sentence
    assert said("/", Accept_Language="en")[0] == "en"
    assert said("/", Accept_Language="nl")[0] == "nl"
    assert said("/events", Accept_Language="xx" * 500)[0] == "en"
    anyone.client.cookies["django_language"] = "nl"
    assert said("/events")[0] == "en"  # no cookie means anything to a contract
    assert said("/")[0] == "nl"


def test_another_origin_may_read_an_answer_of_a_contract(anyone):
    origin = "http://localhost:5173"
    answer = anyone.get("/events", Origin=origin)
    assert answer["Access-Control-Allow-Origin"] == origin
    again = anyone.get("/events", Origin=origin, If_None_Match=answer["ETag"])
    assert (again.status_code, again["Access-Control-Allow-Origin"]) == (304, origin)
    asked = {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization",
    }
    preflight = anyone.client.options("/events/1/book", headers=asked)
    assert (preflight.status_code, preflight["Access-Control-Allow-Origin"]) == (200, origin)
    assert "authorization" in preflight["Access-Control-Allow-Headers"]
    assert "Access-Control-Allow-Origin" not in anyone.get("/events", Origin="https://evil.example.org")


@pytest.mark.parametrize("path", PUBLIC)
def test_what_anybody_may_read_is_sent_once(anyone, path):
    event = make_event()
    path = path.format(pk=event.pk, uid=event.uid)
    first = anyone.get(path)
    assert (first.status_code, first["Cache-Control"]) == (200, "no-cache")
    assert re.fullmatch(r'W/"[0-9a-f]{24}"', first["ETag"])
    for tags in (first["ETag"], f'"x", {first["ETag"]}', first["ETag"].removeprefix("W/"), "*"):
        again = anyone.get(path, If_None_Match=tags)
        assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
        same = ("Vary", "Cache-Control", "Content-Security-Policy", "X-Content-Type-Options")
        assert [again[name] for name in same] == [first[name] for name in same]
        assert "Content-Length" not in again
    for tags in ('"x"', "nonsense", "W/", first["ETag"][:-2] + '"'):
        assert anyone.get(path, If_None_Match=tags).content == first.content


@pytest.mark.parametrize("path", ["/events", "/events/{pk}", "/api/events/{uid}"])
def test_a_booking_is_seen_at_once(anyone, buyer, path):
    event = make_event(capacity=10)
    path = path.format(pk=event.pk, uid=event.uid)
    before = anyone.get(path)
    assert buyer.book(event, {"qty": 3}).status_code in (200, 201)
    after = anyone.get(path, If_None_Match=before["ETag"])
    assert after.status_code == 200 and after["ETag"] != before["ETag"] and after.content != before.content
    assert anyone.get(path, If_None_Match=after["ETag"]).status_code == 304


def test_what_is_personal_is_kept_by_nobody(anyone, buyer):
    event = make_event()
    buyer.book(event)
    for path in ("/me/bookings", "/auth/me", "/events", f"/events/{event.pk}/seats"):
        for tags in ("*", anyone.get("/events")["ETag"]):
            answer = buyer.get(path, If_None_Match=tags)
            assert (answer.status_code, answer["Cache-Control"]) == (200, "private, no-store")
            assert "ETag" not in answer
    expired = anyone.get(f"/events/{event.pk}/seats", Authorization="Bearer nonsense", If_None_Match="*")
    assert (expired.status_code, expired["Cache-Control"]) == (200, "private, no-store")
    refused = anyone.get("/me/bookings", If_None_Match="*")
    assert (refused.status_code, "ETag" in refused) == (401, False)


def test_only_reading_is_conditional(anyone, buyer):
    event = make_event()
    for answer in (buyer.book(event), anyone.post("/auth/login", {"email": "x", "password": "y"})):
        assert answer["Cache-Control"] == "private, no-store" and "ETag" not in answer
    tags = anyone.get("/events")["ETag"]
    assert anyone.send("HEAD", "/events").status_code == 200
    assert anyone.send("HEAD", "/events", If_None_Match=tags).status_code == 304


@pytest.mark.parametrize(
    "path", ["/", "/whats-on/", "/calendar/", "/e/{slug}/calendar.ics", "/sitemap.xml", "/robots.txt"]
)
def test_a_page_of_anybody_is_sent_once(path):
    path, stranger = path.format(slug=make_event().slug), Client()
    first = stranger.get(path)
    assert first.status_code == 200 and not first.cookies, first.cookies
    assert first["Cache-Control"] == ("public, max-age=30" if path == "/" else "no-cache")
    again = stranger.get(path, headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content, again["Vary"]) == (304, b"", first["Vary"])
    assert "Content-Length" not in again
    assert again.get("Content-Security-Policy") == first.get("Content-Security-Policy")
    dutch = stranger.get(path, headers={"If-None-Match": first["ETag"], "Accept-Language": "nl"})
    assert (dutch.status_code == 304) is (dutch.content == b"")


def test_a_page_with_a_form_or_a_cookie_is_always_sent():
    """Its keys and its token are unlike all others, so nobody else may get them."""
    event = make_event()
    for path in (f"/e/{event.slug}/", "/login/"):
        page = Client().get(path, headers={"If-None-Match": "*"})
        assert page.status_code == 200 and "ETag" not in page and "no-store" in page["Cache-Control"]
    member = Client()
    member.force_login(UserFactory())
    for path in ("/", "/whats-on/", "/wallet/"):
        page = member.get(path, headers={"If-None-Match": "*"})
        assert (answer_of(page), "ETag" in page) == ("in", False)
    assert "private" in member.get("/")["Cache-Control"]


def test_stock_on_a_page_is_never_kept():
    """The search is a page of anybody, and what it says of an event comes anew."""
    event, stranger = make_event(name="Jazz", capacity=2), Client()
    first = stranger.get("/whats-on/")
    assert Caller(UserFactory()).book(event, {"qty": 2}).status_code in (200, 201)
    after = stranger.get("/whats-on/", headers={"If-None-Match": first["ETag"]})
    assert after.status_code == 200 and after["ETag"] != first["ETag"]
