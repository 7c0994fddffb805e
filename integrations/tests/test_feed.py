"""The feed: nothing is missed and nothing comes twice, though transactions commit out of order."""

import threading

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.tests.racing import race
from eventify.lib.errors import Invalid
from integrations import feed
from integrations.models import Fact, Listener
from integrations.tests.scenes import happen, listen_without_endpoint, organisation
from partners.models import Partner


def walk(partner: Partner, after: str = "", **asked) -> tuple[list[int], str]:
    """(the numbers of all facts from the cursor to the end, the last cursor), page by page."""
    found = []
    while True:
        page = feed.read(partner, after=after, **asked)
        found += [fact.data.get("number") for fact in page.facts]
        after = page.next
        if not page.has_more:
            return found, after


@pytest.fixture
def partner(db):
    one = organisation()
    listen_without_endpoint(one)
    return one


def test_a_walk_in_pages_sees_all_once_and_then_what_is_new(partner):
    happen(partner, 25)
    found, cursor = walk(partner, limit=10)
    assert found == list(range(25))
    assert walk(partner, cursor) == ([], cursor)
    happen(partner, 2)
    assert walk(partner, cursor)[0] == [0, 1]
    assert feed.read(partner, after=feed.LATEST).facts == []


def test_chosen_kinds_pass_by_the_others_at_a_flat_cost(partner, monkeypatch):
    monkeypatch.setattr(feed, "LOOKED_AT", 20)
    happen(partner, 50)
    happen(partner, 1, kind="payout.paid")
    with CaptureQueriesContext(connection):
        page = feed.read(partner, kinds=["payout.paid"])
    assert (page.facts, page.next, page.has_more) == ([], feed.cursor(20), True)
    found, _cursor = walk(partner, kinds=["payout.paid"])
    assert found == [0]
    with pytest.raises(Invalid):
        feed.check_kinds(["order.paid", "nothing.happened"])


@pytest.mark.parametrize("cursor", ["f7", "x1", "f", "fzz", "f-1", "f१", "0", "f" + "1" * 30, "latest "])
def test_a_cursor_that_is_none_or_of_another_feed(partner, cursor):
    with pytest.raises(Invalid):
        feed.read(partner, after=cursor)


def test_who_comes_too_late_is_told_so(partner):
    happen(partner, 10)
    feed.number(partner.pk)
    Fact.objects.filter(partner=partner, position__lte=4).delete()
    with pytest.raises(feed.TooOld) as refusal:
        feed.read(partner, after=feed.cursor(3))
    assert refusal.value.status == 410
    assert walk(partner, refusal.value.details["first"])[0] == [4, 5, 6, 7, 8, 9]
    assert (
        walk(partner, feed.cursor(4))[0] == walk(partner)[0]
    )  # just behind the hole, and from the oldest that is kept
    Fact.objects.filter(partner=partner).delete()
    with pytest.raises(feed.TooOld):
        feed.read(partner, after=feed.cursor(9))
    assert feed.read(partner, after=feed.cursor(10)).facts == []


def test_nobody_listens(db):
    with pytest.raises(feed.FeedOff):
        feed.read(organisation())


def test_numbers_are_without_gaps_when_many_give_them_at_once(transactional_db):
    partner = organisation()
    listen_without_endpoint(partner)
    happen(partner, 100)
    numbered = race(*[lambda: feed.number(partner.pk)] * 6)
    assert sorted(numbered) == [0, 0, 0, 0, 0, 100]
    assert sorted(Fact.objects.values_list("position", flat=True)) == list(range(1, 101))
    assert Listener.objects.get(partner=partner).last_position == 100


def late_writer(partner: Partner, order) -> set[str]:
    """One writes and commits late; another writes after it, commits, and is read; then the first commits.

    What a reader has seen in the end who reads on from what they were told, by `order(after)`.
    """
    written, may_commit = threading.Event(), threading.Event()

    def slow() -> None:
        try:
            with transaction.atomic():
                happen(partner, 1, kind="order.paid")
                written.set()
                assert may_commit.wait(20)
        finally:
            connection.close()

    thread = threading.Thread(target=slow)
    thread.start()
    assert written.wait(20)
    happen(partner, 1, kind="payout.paid")
    seen, after = order(None)
    may_commit.set()
    thread.join(20)
    more, _after = order(after)
    return {*seen, *more}


def test_a_writer_that_commits_late_is_seen(transactional_db):
    partner = organisation()
    listen_without_endpoint(partner)

    def read(after):
        page = feed.read(partner, after=after or "")
        return [fact.kind for fact in page.facts], page.next

    assert late_writer(partner, read) == {"order.paid", "payout.paid"}


def test_control_who_reads_by_the_id_misses_the_late_one(transactional_db):
    """The rows' own numbers are given when they are written, not when they can be seen."""
    partner = organisation()

    def read(after):
        rows = list(Fact.objects.filter(partner=partner, pk__gt=after or 0).order_by("pk"))
        return [fact.kind for fact in rows], rows[-1].pk if rows else after

    assert late_writer(partner, read) == {"payout.paid"}


def test_many_writers_and_a_reader_lose_and_repeat_nothing(transactional_db):
    """Writers commit in whatever order; a reader reads all the while, in small pages."""
    partner = organisation()
    listen_without_endpoint(partner)
    done, seen = threading.Event(), []

    def write(number: int) -> None:
        for part in range(10):
            with transaction.atomic():
                Fact.objects.create(partner=partner, kind="order.paid", data={"number": number * 10 + part})
                connection.cursor().execute("SELECT pg_sleep(%s)", [0.002 * (number % 3)])

    def follow() -> None:
        after = ""
        while True:
            was_done = done.is_set()
            page = feed.read(partner, after=after, limit=7)
            seen.extend(fact.data["number"] for fact in page.facts)
            after = page.next
            if was_done and not page.has_more:
                return

    def writers() -> None:
        race(*[lambda number=number: write(number) for number in range(5)])
        done.set()

    race(writers, follow, lambda: [feed.number(partner.pk) for _time in range(50)])
    assert sorted(seen) == list(range(50)) and len(seen) == 50


def test_a_page_is_read_by_the_index_however_long_the_feed_is(partner):
    Fact.objects.bulk_create(
        Fact(partner=partner, kind="order.paid", position=number, numbered_at="2031-01-01T10:00:00Z", data={})
        for number in range(1, 20_001)
    )
    Listener.objects.filter(partner=partner).update(last_position=20_000)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE integrations_fact")
    with CaptureQueriesContext(connection) as queries:
        page = feed.read(partner, after=feed.cursor(15_000), limit=100)
    assert len(page.facts) == 100 and len(queries) == 4
    for query in queries.captured_queries:
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN {query['sql']}")
            plan = "\n".join(row[0] for row in cursor.fetchall())
        assert "Seq Scan on integrations_fact" not in plan, plan
