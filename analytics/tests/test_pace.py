"""The pace: tickets by days before the start, beside earlier events, as the tickets themselves say; in few queries."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.factories import SuperAdminFactory, UserFactory
from accounts.tests.coming_in import log_in
from analytics import pace, tally
from bookings import cancelling
from bookings.factories import TicketTypeFactory
from bookings.tests.scenes import buy
from events.factories import CategoryFactory, EventFactory
from events.models import Event
from partners.factories import PartnerFactory

NOW = datetime(2030, 6, 1, 12, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def sold(partner, starts_at: datetime, bought: dict[int, int], **event) -> Event:
    """An event for which so many tickets were bought so many days before its start."""
    event = EventFactory(partner=partner, capacity=1000, starts_at=starts_at, ends_at=starts_at, **event)
    Event.objects.filter(pk=event.pk).update(ends_at=starts_at + timedelta(hours=4))
    kind = TicketTypeFactory(event=event, price=0)
    for days, many in bought.items():
        with time_machine.travel(starts_at - timedelta(days=days, hours=1), tick=False):
            buy(UserFactory(), kind, qty=many)
    return Event.objects.get(pk=event.pk)


@pytest.fixture
def season():
    """An event in ten days, two earlier ones of its kind, and what it must not be held against."""
    with time_machine.travel(NOW, tick=False):
        partner, jazz = PartnerFactory(), CategoryFactory()
        kind = {"category": jazz}
        mine = sold(partner, NOW + timedelta(days=10), {40: 2, 12: 3, 10: 1}, name="Now", **kind)
        spring = sold(partner, NOW - timedelta(days=50), {60: 1, 15: 4, 2: 7}, name="Spring", **kind)
        winter = sold(partner, NOW - timedelta(days=150), {11: 2, 0: 4}, name="Winter", **kind)
        sold(partner, NOW - timedelta(days=9), {3: 9}, name="Rock", category=CategoryFactory())
        sold(partner, NOW + timedelta(days=3), {20: 9}, name="Later", **kind)
        sold(PartnerFactory(), NOW - timedelta(days=9), {30: 9}, name="Wombat", **kind)
        yield mine, spring, winter


def test_it_is_held_against_earlier_events_of_its_kind_at_the_same_time(season):
    mine, spring, winter = season
    for counted in (False, True):
        if counted:
            tally.catch_up()
        found = pace.of(mine)
        assert [one.event for one in found.others] == [spring, winter]
        assert (found.days[0], found.today) == (60, 10)
        assert [found.mine.at(day) for day in (60, 40, 39, 12, 10)] == [0, 2, 2, 5, 6]
        assert [one.at(10) for one in found.others] == [5, 2]
        assert [one.at(15) for one in found.others] == [5, 0]
        assert (found.average(10), found.totals) == (3.5, {spring.pk: 12, winter.pk: 6})


def test_a_cancelled_ticket_counts_no_more(season):
    mine, _spring, _winter = season
    tally.catch_up()
    order = mine.bookings.order_by("pk").first().order
    cancelling.cancel(order, by=SuperAdminFactory())
    for _turn in range(2):
        assert pace.of(mine).mine.at(10) == 4
        tally.catch_up()


def test_it_can_be_held_against_what_one_chooses(season):
    mine, _spring, winter = season
    rock, strange = Event.objects.get(name="Rock"), Event.objects.get(name="Wombat")
    found = pace.of(mine, [winter.uid, rock.uid, strange.uid])
    assert [one.event for one in found.others] == [rock, winter]  # of another partner it never is


def test_an_event_that_is_over_is_told_to_its_start(season):
    _mine, spring, winter = season
    found = pace.of(spring)
    assert (found.today, found.mine.at(0), [one.event for one in found.others]) == (0, 12, [winter])
    assert found.others[0].at(0) == 6
    assert pace.of(EventFactory(starts_at=None, ends_at=None)) is None


def test_it_asks_as_much_for_more_events_and_tickets(season):
    mine, spring, _winter = season

    def cost() -> int:
        with CaptureQueriesContext(connection) as asked:
            pace.of(mine)
        return len(asked)

    few = cost()
    for number in range(3):
        sold(mine.partner, NOW - timedelta(days=20 + number), {5: 3}, category=spring.category)
    assert cost() == few == 2


def test_the_page_shows_it(season, client):
    mine, spring, winter = season
    client = log_in(client, SuperAdminFactory())
    page = client.get(f"/command-center/events/{mine.uid}/pace/")
    text = page.content.decode()
    assert "Spring" in text and "Winter" in text and "Wombat" not in text
    assert [one["value"] for one in page.context["metrics"]] == ["6", "3.5", "9.0"]
    assert page.context["metrics"][0]["change"] == "+71 % against earlier ones"
    chosen = client.get(f"/command-center/events/{mine.uid}/pace/?against={winter.uid}&against=x")
    assert [row["event"].name for row in chosen.context["rows"]] == ["Now", "Winter"]
