"""However large a festival is, its pages and lists ask the database equally often: the board, every list of the
planner's pages, of the volunteer's portal, and of contract 004. The addresses come from the URL map, so a new list is
asked, too.
"""

from collections.abc import Iterator
from typing import NamedTuple

import pytest
from django.db import connection, transaction
from django.db.models import Count
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, get_resolver, reverse

from accounts.models import User
from accounts.tests.coming_in import log_in
from bookings.demo import people
from bookings.demo.quiet import quietly
from crew.demo import festival
from crew.models import CrowdList, Person, PersonTag, Section
from eventify.contracts.crewli import urls as contract
from eventify.contracts.crewli.tests.conftest import client_of, ulid
from events.models import Event

pytestmark = pytest.mark.django_db
SMALL, LARGE = festival.Size(9, 48, 220), festival.Size(18, 170, 600)
PORTAL = "crew/"
ANSWERS = (200, 302, 405)  # some pages lead on, buttons only take POST
OF_FESTIVAL = ("section", "crowd_list", "person")  # the rows of an event that the walk knows are the festival's own
ABOUT = (frozenset(), frozenset({"event"}), frozenset({"event", "uid"}), frozenset({"partner"}))


class Found(NamedTuple):
    """What came of one address: the status, how many queries, and how long the answer was."""

    status: int
    queries: int
    length: int


def patterns(resolver, before: str = "") -> Iterator[tuple[str, URLPattern]]:
    """(path, pattern) of every route."""
    for one in resolver.url_patterns:
        path = before + str(one.pattern)
        if isinstance(one, URLPattern):
            yield path, one
        elif not str(getattr(one.urlconf_name, "__name__", "")).startswith("eventify.contracts."):
            yield from patterns(one, path)


def named(start: str) -> list[URLPattern]:
    return [one for path, one in patterns(get_resolver("eventify.urls")) if path.startswith(start) and one.name]


def planners_pages() -> dict[str, frozenset]:
    """The names of the planner's pages, and what their addresses name: an event, a row of it, an organisation."""
    pages = {one.name: frozenset(one.pattern.converters) for one in named("command-center/crew/")}
    return {name: about for name, about in pages.items() if about in ABOUT}


def portal_pages() -> dict[str, bool]:
    """The names of the portal's pages about one event (True), or about everything that the user has."""
    kinds = {one.name: set(one.pattern.converters) for one in named(PORTAL)}
    return {name: bool(about) for name, about in kinds.items() if about in ({"slug"}, set())}


def of_contract() -> list[str]:
    """The regular expressions of contract 004's routes that answer GET."""
    return [one.pattern.regex.pattern for one in contract.urlpatterns if hasattr(one.callback.view_class, "get")]


class Ways:
    """The addresses of everything in one festival."""

    def __init__(self, event: Event):
        self.festival = event
        self.day = event.children.earliest("starts_at")
        fullest = CrowdList.objects.annotate(n=Count("entries")).filter(event=event).order_by("-n").first()
        linked = Person.objects.filter(event=event, user__crew_tags__isnull=False).first()
        self.values = {
            "org": event.partner,
            "section": Section.objects.filter(event=event).annotate(n=Count("shifts")).order_by("-n").first(),
            "crowd_list": fullest,
            "person": Person.objects.filter(identity_matches__status="pending").first(),
            "user": linked.user,
            "tag": PersonTag.objects.first(),
        }

    def planners(self) -> Iterator[tuple[str, str]]:
        for name, about in planners_pages().items():
            for event in (self.festival, self.day) if about == {"event"} else (self.festival,):
                rows = {"event": event, "partner": event.partner, "uid": self._row_of(name)}
                uids = {key: rows[key].uid for key in about}
                yield f"{name} of {event.sub_event_label or 'all'}", reverse(name, kwargs=uids)

    def _row_of(self, name: str):
        """The row that a page with this name is about."""
        return self.values["crowd_list" if name.startswith("desk-crew-list") else "person"]

    def portals(self) -> Iterator[tuple[str, str]]:
        for name, is_of_event in portal_pages().items():
            yield name, reverse(name, args=[self.festival.slug] if is_of_event else [])

    def contracts(self) -> Iterator[tuple[str, str]]:
        for regex in of_contract():
            for event in (self.festival, self.day):
                values = self.values | {"event": event}
                if event == self.day and any(f"<{name}>" in regex for name in OF_FESTIVAL):
                    continue
                path = regex.removeprefix("^").removesuffix("/?$")
                for name, row in values.items():
                    path = path.replace(f"(?P<{name}>[^/]+)", ulid(row))
                yield f"{path if '(' in path else regex} of {event.sub_event_label or 'all'}", f"/{path}?per_page=100"


def walk(size: festival.Size) -> dict[str, Found]:
    """What every address answers in a festival of this size; the festival is taken back."""
    with transaction.atomic():
        with quietly():
            made = festival.make(people.administrator(), lambda items, label: items, size)
        ways = Ways(made)
        planner = User.objects.get(email="crew@evient.com")
        browser = log_in(Client(), planner)
        own = log_in(Client(), User.objects.get(email="volunteer@evient.com"))
        found = {way: asked(browser, url) for way, url in ways.planners()}
        found |= {way: asked(own, url) for way, url in ways.portals()}
        found |= {way: asked(client_of(planner), url) for way, url in ways.contracts()}
        transaction.set_rollback(True)
    return found


def asked(client, url: str) -> Found:
    """The second time counts: the first one fills what is kept between requests."""
    client.get(url)
    with CaptureQueriesContext(connection) as queries:
        response = client.get(url)
    return Found(response.status_code, len(queries), len(response.content))


@pytest.fixture(scope="module")
def walks(django_db_setup, django_db_blocker):
    """(the walk of a small festival, that of a large one)"""
    with django_db_blocker.unblock():
        with transaction.atomic():
            found = walk(SMALL), walk(LARGE)
            transaction.set_rollback(True)
        connection.close()
    return found


def test_there_is_much_to_walk(walks):
    small, large = walks
    assert small.keys() == large.keys()
    assert len(planners_pages()) > 8 and len(portal_pages()) > 2 and len(of_contract()) > 12
    assert {"desk-crew-board of all", "desk-crew-board of Friday", "crew-home", "crew-roster"} <= small.keys()


def test_every_page_and_list_answers(walks):
    for found in walks:
        assert {way: one.status for way, one in found.items() if one.status not in ANSWERS} == {}


def test_they_ask_equally_often_however_large_the_festival_is(walks):
    small, large = walks
    more = {way: (one.queries, large[way].queries) for way, one in small.items() if one.queries != large[way].queries}
    assert more == {}


def test_more_of_a_festival_is_shown(walks):
    """The control: the lists do get longer, so a query for each row would be seen."""
    small, large = walks
    longer = {way for way, one in small.items() if large[way].length > one.length}
    assert len(longer) > 35
    for name in ("board", "shifts", "sections", "persons", "claims", "rosters"):
        assert {f"desk-crew-{name} of all", f"desk-crew-{name} of Friday"} <= longer, name
    for path in ("sections", "shift-assignments", "persons"):
        assert any(way.startswith("^api/v1/events/") and f"/{path}/?$ of" in way for way in longer), path
