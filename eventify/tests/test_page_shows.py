"""What pages show: downloads, the search, the bell and links to papers give only what is one's own; no list asks more
of the database for more rows; and no query in an address is a server error. Asked of every list that there is.
"""

import csv
import io
from urllib.parse import quote

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from accounts import saved_filters
from accounts.models import SavedFilter
from bookings.models import Order
from eventify.lib.desk.lists import ListPage
from eventify.tests.page_table import answer_of, expected, expected_of_get, routes, targets
from eventify.tests.page_world import CALLERS, WORDS, A, B
from partners import documents
from partners.command_center.statements import StatementPage
from partners.models import Document

LISTS = [route for route in routes() if route.is_a(ListPage)]
DOWNLOADS = [*LISTS, *(route for route in routes() if route.is_a(StatementPage))]
EVERY_CALLER = pytest.mark.parametrize("name", CALLERS)
EVERY_LIST = pytest.mark.parametrize("route", LISTS, ids=str)
GUESTS = [name for name, caller in CALLERS.items() if caller.strangers and caller.is_in and not caller.is_waiting]
HTMX = {"HX-Request": "true", "HX-Target": "results"}
# As they stand in an address: out of range, of another type, in no encoding, far away, and injected.
HOSTILE = {
    "negative": "-1",
    "huge": "9" * 21,
    "endless": "9" * 5000,
    "injected": quote(";drop table accounts_user--'"),
    "NUL": "%00",
    "surrogate": "%ED%A0%80",
    "no UTF-8": "%FF%FE",
    "no such form": "exe",
    "far day": "9999-99-99",
    "last day": "9999-12-31",
    "first day": "0001-01-01",
    "uid of nothing": "01900000-0000-7000-8000-000000000000",
    "list": quote("[]{}<script>"),
}
WORST = ("huge", "NUL", "surrogate", "far day")  # each also in one parameter at a time
# What the pages that are no lists read from their address.
OTHER_NAMES = ("next", "role", "on", "permissions", "partner", "places", "reason", "range", "part", "panel", "event")
OTHER_NAMES += ("order", "currency", "first_day", "last_day", "q", "page", "format", "verdict", "target", "kind")
OTHER_NAMES += ("day", "section", "all", "to", "note", "in_return", "ask", "against", "report")


def downloaded(response, form: str) -> str:
    """The words of a file: all cells of all rows."""
    data = response.getvalue()
    if form == "csv":
        rows = csv.reader(io.StringIO(data.decode()))
    else:
        rows = load_workbook(io.BytesIO(data), read_only=True).worksheets[0].iter_rows(values_only=True)
    return "\n".join(str(cell) for row in rows for cell in row)


def test_there_are_lists():
    assert len(LISTS) >= 9 and len(DOWNLOADS) > len(LISTS) and len(GUESTS) >= 8


@EVERY_CALLER
def test_downloads_are_for_who_may_see_the_list(world, name):
    """And they have nothing of owners for whom one does not work."""
    caller, client, wrong = CALLERS[name], world.client(name), []
    traces = [trace for owner in caller.strangers for trace in world.traces_of(owner)]
    for route in DOWNLOADS:
        for target in targets(route, world):
            right = expected_of_get(route, caller, target)
            for form in ("csv", "xlsx"):
                response = client.get(f"{target.url}?format={form}")
                if answer_of(response) not in right:
                    wrong.append(f"{route} {form}: {answer_of(response)}, not {right}")
                elif response.status_code == 200 and traces:
                    text = downloaded(response, form)
                    wrong += [f"{route} {form} has {trace}" for trace in traces if trace in text]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("owner", [A, B])
def test_downloads_of_ones_own_are_there(world, owner):
    """The control of the test above: what the administrator of an owner downloads names it."""
    client, found = world.client(f"org_admin of {owner}"), set()
    for route in DOWNLOADS:
        for target in targets(route, world):
            response = client.get(f"{target.url}?format=csv")
            if response.status_code == 200 and WORDS[owner] in downloaded(response, "csv"):
                found.add(str(route))
    of_crews = {name for name in found if name.startswith("desk-crew")}
    assert found - of_crews == {
        "desk-partners",
        "desk-events",
        "desk-orders",
        "desk-ledger",
        "desk-payout-list",
        "desk-statement",
        "desk-door-conflicts",
        "desk-event-door-scans",
        "desk-endpoints",
    }
    lead_on = {"desk-crew-settings"}  # to one's only organisation
    assert of_crews == {route.name for route in LISTS if route.name.startswith("desk-crew")} - lead_on


@pytest.mark.parametrize("name", GUESTS)
def test_the_search_finds_nothing_of_others(world, name):
    caller, client = CALLERS[name], world.client(name)
    for owner in WORDS:
        traces = world.traces_of(owner)
        hits = [hit for trace in traces for hit in found_by(client, trace)]
        if owner in caller.strangers:
            assert hits == [], owner
        elif caller.has("view_events", owner):
            assert any(world.of(Order, owner).uid.hex[-8:].upper() in hit.title for hit in hits)
            assert any(WORDS[owner] in hit.title for hit in hits)


def found_by(client, words: str) -> list:
    response = client.get("/command-center/search/", {"q": words})
    assert response.status_code == 200
    return [hit for _source, hits in response.context["groups"] for hit in hits]


@pytest.mark.parametrize("name", [name for name, one in CALLERS.items() if one.is_in and not one.is_waiting])
def test_the_bell_rings_for_oneself(world, name):
    client, everybody = world.client(name), {f"Bell of {one}." for one in CALLERS}
    for query, headers in (("", {}), ("?panel=1", {"HX-Request": "true"})):
        text = client.get(f"/command-center/notifications/{query}", headers=headers).content.decode()
        assert {bell for bell in everybody if bell in text} == {f"Bell of {name}."}


def test_saved_views_are_ones_own(world):
    query = {"page": "desk-partners", "name": "Mine alone", "query": "q=a"}
    saved = saved_filters.save(world.users["org_admin of A"], **query)
    client = world.client("org_admin of B")
    assert "Mine alone" not in client.get("/command-center/partners/").content.decode()
    client.post("/command-center/views/forget/", {"id": saved.pk})
    assert SavedFilter.objects.filter(pk=saved.pk).exists()
    assert "Mine alone" in world.client("org_admin of A").get("/command-center/partners/").content.decode()


@EVERY_CALLER
def test_links_to_papers_are_good_for_one_person(world, name):
    """With the right of that person, and only while they have it. (A program without a session may follow them.)"""
    client = world.client(name)
    paper, strange = world.of(Document, A), world.of(Document, B)
    viewer = world.users["org_admin of A"]
    for token, is_good in (
        (documents.token(paper, viewer=viewer), name in ("org_admin of A", "nobody", "banned")),
        (documents.token(strange, viewer=viewer), False),
        (documents.token(paper, viewer=world.users["outsider"]), False),
        (f"{documents.token(paper, viewer=viewer)}x", False),
    ):
        for path in ("", "pages/1.png"):
            assert client.get(f"/documents/{token}/{path}").status_code == (200 if is_good else 404)
        assert client.get(f"/documents/{token}/pages/{'9' * 30}.png").status_code == 404


@pytest.mark.parametrize("name", ["Super Admin", "org_admin of A"])
def test_a_list_asks_as_much_for_more_rows(world, name):
    """Three rows more of everything; each list that the visitor may see has more rows then."""
    mine = [route for route in LISTS if expected(route, CALLERS[name], targets(route, world)[0]) == {"in"}]
    mine = [route for route in mine if world.client(name).get(address_of(route, world)).status_code == 200]
    before = {str(route): asked_for(world.client(name), address_of(route, world)) for route in mine}
    for _more in range(3):
        world.more()
    after = {str(route): asked_for(world.client(name), address_of(route, world)) for route in mine}
    assert {page: queries for page, (queries, _rows) in after.items()} == {
        page: n for page, (n, _rows) in before.items()
    }
    assert [page for page in before if after[page][1] < before[page][1] + 3] == []


def address_of(route, world) -> str:
    """The list, of A where it is below an event or organisation."""
    return targets(route, world)[0].url


def asked_for(client, url: str) -> tuple[int, int]:
    """How many queries the list asks, and how many rows it has."""
    client.get(url)
    with CaptureQueriesContext(connection) as queries:
        response = client.get(url)
    return len(queries), response.context["slice"].paginator.count


def all_of(queries: list[str]) -> str:
    return "&".join(queries)


@EVERY_LIST
def test_a_list_bears_any_query(world, route):
    client, wrong = world.client("Super Admin"), []
    names = ("page", "sort", "format", *route.view.filters.base_filters)
    for what, value in HOSTILE.items():
        queries = [f"{name}={value}" for name in names]
        each = queries if what in WORST else []
        for query, headers in ((all_of(queries), {}), (all_of(queries), HTMX), *((one, {}) for one in each)):
            response = client.get(f"{address_of(route, world)}?{query}", headers=headers)
            if response.status_code >= 500:
                wrong.append(f"{query[:200]} ({what}): {response.exc_info}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("what", [*WORST, "endless"])
def test_a_page_bears_any_query(world, what):
    """All pages that are no lists, with everything that any of them reads from its address."""
    query = "&".join(f"{name}={HOSTILE[what]}" for name in OTHER_NAMES)
    clients = {name: world.client(name) for name in ("Super Admin", "org_admin of A")}
    wrong = []
    for route in routes():
        if route in LISTS or route.is_button:
            continue
        target = targets(route, world)[0]
        name = "org_admin of A" if route.kind == "partner" else "Super Admin"
        response = clients[name].get(f"{target.url}?{query}")
        if response.status_code >= 500:
            wrong.append(f"{route}: {response.exc_info}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("wanted", ["nothing", "login", "999", "a.b", "\x00", "//evil.example", "javascript:x", "/\\x"])
def test_a_form_leads_only_to_paths_of_this_site(world, wanted):
    """What else stands in `next` is not followed, and is no server error."""
    client, stranger = world.client("org_admin of A"), world.client("nobody")
    assert client.get("/login/", {"next": wanted})["Location"] == "/partner/"
    assert client.post("/command-center/theme/", {"next": wanted})["Location"] == "/command-center/"
    came = stranger.post("/login/", {"identifier": world.admin.email, "password": "secret", "next": wanted})
    assert (came.status_code, came["Location"]) == (302, "/command-center/")
