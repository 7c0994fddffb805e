"""How the database finds events among ten thousand: by an index, never by reading them all."""

from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.utils import timezone

from eventify.lib import brief
from events import search
from events.models import Category
from events.tests import many

EVENTS = 10_000


@contextmanager
def plans_of(found: list):
    """Collects (SQL, plan as lines) of every SELECT that is run inside."""

    def explain(execute, sql, params, many_, context):
        if sql.lstrip().startswith(("SELECT", "WITH")) and "events_event" in sql:
            with connection.cursor() as cursor:
                cursor.cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", params)
                found.append((sql, list(nodes(cursor.cursor.fetchone()[0]))))
        return execute(sql, params, many_, context)

    with connection.execute_wrapper(explain):
        yield


def nodes(plan):
    """Every node of a plan, as (what it does, to which table, by which index)."""
    for node in plan if isinstance(plan, list) else [plan]:
        node = node.get("Plan", node)
        yield node["Node Type"], node.get("Relation Name", ""), node.get("Index Name", "")
        yield from nodes(node.get("Plans", []))


@pytest.fixture(scope="module")
def crowd(django_db_setup, django_db_blocker):
    """The events, outside of the tests' transactions: a vacuum can run in none."""
    with django_db_blocker.unblock():
        try:
            many.make(EVENTS)
            many.vacuum()
            yield
        finally:
            many.unmake()
            many.vacuum()


def days(first: int, last: int) -> str:
    now = timezone.now()
    return f"since={(now + timedelta(days=first)).date()}&until={(now + timedelta(days=last)).date()}"


PAGES = {
    "home": "/",
    "all": "/whats-on/",
    "a far page": "/whats-on/?page=40",
    "a kind": "/whats-on/?category=comedy",
    "a city": "/whats-on/?city=zurich",
    "a postcode": "/whats-on/?pincode=400123",
    "a name": "/whats-on/?q=cafe+market",
    "a venue": "/whats-on/?q=hall+321",
    "a partner": "/whats-on/?q=senor",
    "two letters": "/whats-on/?q=la",
    "nothing": "/whats-on/?q=xyzzy",
    "a day": f"/whats-on/?{days(5, 5)}",
    "a week in a city": f"/whats-on/?city=Pune&{days(0, 6)}",
    "free": "/whats-on/?free=on",
    "prices": "/whats-on/?price_min=100&price_max=200",
    "by name": "/whats-on/?sort=name",
    "this month": "/calendar/",
    "a month of a city": "/calendar/?city=Delft",
    "a month by words": "/calendar/?q=jazz",
}


@pytest.mark.django_db
@pytest.mark.parametrize("path", PAGES.values(), ids=PAGES)
def test_no_page_reads_every_event(crowd, client, path):
    cache.clear()
    brief.forget_all()
    client.get(path)  # what is read once for each worker
    cache.clear()
    brief.forget_all()
    found = []
    with plans_of(found):
        assert client.get(path).status_code == 200
    assert found
    read = [(sql, plan) for sql, plan in found if ("Seq Scan", "events_event", "") in plan]
    assert read == [], [plan for _sql, plan in read]


@pytest.mark.django_db
def test_prices_are_walked_in_their_order(crowd):
    """A hundred of ten thousand, as the page asks for a thousand of a hundred thousand."""
    found = []
    with plans_of(found):
        assert len(search.first(search.Wanted(sort="price"), 100)) == 100
    [(_sql, plan)] = found
    assert ("Index Scan", "bookings_tickettype", "type_by_price") in plan
    assert not [node for node in plan if node[0] in ("Seq Scan", "Sort", "Hash Join")]


@pytest.mark.django_db
def test_a_word_is_found_by_its_index(crowd, client):
    assert Category.objects.count() == 8
    found = []
    with plans_of(found):
        client.get("/whats-on/?q=harvest+walk+321")
    assert any(index == "event_search" for _sql, plan in found for _kind, _table, index in plan), found
