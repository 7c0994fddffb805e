"""GET /events far down: the same rows by a remembered key as by counting, and totals that are bounded."""

from datetime import timedelta

import pytest
from django.utils import timezone

from eventify.contracts import lists
from eventify.contracts.evently import listing
from eventify.contracts.evently.tests.calling import Caller
from eventify.lib.brief import Brief
from events.factories import EventFactory

pytestmark = pytest.mark.django_db
NOW = timezone.now().replace(microsecond=0)


@pytest.fixture
def deep(monkeypatch):
    """Everything after the fourth event is far down, and nothing is remembered from before."""
    monkeypatch.setattr(listing, "EXACT", 4)
    monkeypatch.setattr(lists, "EXACT", 4)
    monkeypatch.setattr(lists, "_totals", Brief(60))
    monkeypatch.setattr(listing, "_starts", Brief(60))


def some(many=17):
    """Events of which several begin at once and two have no date; drafts are among them."""
    for number in range(many):
        EventFactory(name=f"Event {number % 7}", starts_at=NOW + timedelta(days=number // 3), ends_at=None)
    EventFactory.create_batch(2, name="Undated", state="cancelled", starts_at=None, ends_at=None)
    EventFactory.create_batch(3, state="draft")


def pages(size, **query):
    """The ids of all pages one after another, and the totals that were said."""
    ids, totals, number = [], set(), 0
    while True:
        number += 1
        asked = "&".join(f"{name}={value}" for name, value in query.items())
        body = Caller().get(f"/events?page={number}&page_size={size}&{asked}").json()
        totals.add(body["meta"]["total"])
        if not body["items"]:
            return ids, totals
        ids += [item["id"] for item in body["items"]]


@pytest.mark.parametrize("sort", ["start_time", "name", "utilization"])
@pytest.mark.parametrize("order", ["asc", "desc"])
def test_every_page_as_by_counting(deep, sort, order):
    some()
    asked = {"sort": sort, "order": order}
    everything = list(listing.matching(listing.queries.public(), asked).values_list("pk", flat=True))
    for size in (1, 2, 3, 5, 19):
        assert pages(size, **asked) == (everything, {19}), size
        assert pages(size, **asked) == (everything, {19}), f"{size}, by keys that are known"


def test_within_a_range(deep):
    some()
    since = (NOW + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    ids, totals = pages(2, date_from=since)
    assert (len(ids), len(set(ids)), totals) == (14, 14, {14})


def test_a_known_page_does_not_count_the_rows_before_it(deep, django_assert_num_queries):
    some()
    path = "/events?page=5&page_size=2"
    Caller().get(path)
    with django_assert_num_queries(1) as asked:
        Caller().get(path)
    assert "OFFSET 0" in asked[0]["sql"]
    with django_assert_num_queries(1):  # it begins where the page before it ended
        Caller().get("/events?page=6&page_size=2")


def test_short_lists_are_exact_at_once():
    some(3)
    assert Caller().get("/events?page_size=2").json()["meta"]["total"] == 5
    EventFactory()
    assert Caller().get("/events?page_size=2").json()["meta"]["total"] == 6
