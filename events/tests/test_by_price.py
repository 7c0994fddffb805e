"""The search sorted by price: what a ticket costs that can be bought now, as the cards say it, and then the soonest."""

from datetime import UTC, datetime, timedelta
from random import Random

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bookings import sales
from bookings.factories import TicketTypeFactory
from bookings.models import Seat, TicketType
from events import editing, search
from events.factories import EventFactory
from events.models import Event
from partners.factories import PartnerFactory
from partners.models import Partner

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 6, 10, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
BY_PRICE = search.Wanted(sort="price")


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


def event(name: str, *prices: int, days: int = 1, **fields) -> Event:
    """An event in so many days with kinds of ticket at these prices."""
    starts = NOW + timedelta(days=days)
    made = EventFactory(**{"name": name, "starts_at": starts, "ends_at": starts + HOUR, "capacity": 10, **fields})
    for price in prices:
        TicketTypeFactory(event=made, price=price)
    return made


def names(most: int = 50, wanted: search.Wanted = BY_PRICE) -> list[str]:
    ids = search.first(wanted, most)
    found = Event.objects.in_bulk(ids)
    return [found[pk].name for pk in ids]


def change(event: Event, **fields) -> None:
    """Change its cheapest kind."""
    TicketType.objects.filter(pk=event.ticket_types.order_by("price")[0].pk).update(**fields)


def test_the_least_price_then_the_soonest_and_last_what_has_none():
    event("No tickets yet", days=1)
    event("Late and free", 0, days=9)
    event("Dear", 900, 800)
    event("Soon and free", 0, 50, days=2)
    event("Cheap in part", 700, 100)
    order = ["Soon and free", "Late and free", "Cheap in part", "Dear", "No tickets yet"]
    assert [names(most) for most in (1, 2, 3, 50)] == [order[:1], order[:2], order[:3], order]


@pytest.mark.parametrize(
    "gone",
    [
        {"sales_end_at": NOW},
        {"sales_start_at": NOW + HOUR},
        {"status": "hidden"},
        {"status": "sold_out"},
        {"quantity_total": 3, "quantity_sold": 3},
        {"quantity_total": 5, "quantity_sold": 2, "min_per_order": 4},
        {"min_per_order": 11},  # of 10 places
        {"area": "Balcony"},
    ],
)
def test_a_price_that_nobody_can_pay_does_not_count(gone):
    early = event("Early bird", 10, 500, seating=Event.Seating.EXPLICIT)
    event("Steady", 100)
    assert names() == ["Early bird", "Steady"]
    change(early, **gone)
    assert names() == ["Steady", "Early bird"]


def test_a_price_changes_with_time_alone(clock):
    early = event("Early bird", 10, 500)
    event("Steady", 100)
    change(early, sales_end_at=NOW + HOUR)
    assert names() == ["Early bird", "Steady"]
    clock.move_to(NOW + HOUR)
    assert names() == ["Steady", "Early bird"]
    assert names(wanted=search.Wanted(sort="price", price_min=5, price_max=50)) == []


def test_an_area_counts_while_it_has_a_seat():
    hall = event("Hall", 10, 500, seating=Event.Seating.EXPLICIT)
    event("Steady", 100)
    change(hall, area="Balcony")
    Seat.objects.create(event=hall, label="A-1", row_label="A", col_number=1, position=1, area="Balcony")
    assert names() == ["Hall", "Steady"]
    Seat.objects.update(kind="blocked")
    assert names() == ["Steady", "Hall"]


@pytest.mark.parametrize("why", ["full", "withdrawn", "suspended"])
def test_what_takes_no_booking_comes_last(why):
    closed = event("Closed", 10, partner=PartnerFactory())
    event("Steady", 100)
    if why == "suspended":
        Partner.objects.filter(pk=closed.partner_id).update(status=Partner.Status.SUSPENDED)
    else:
        Event.objects.filter(pk=closed.pk).update(**({"booked_count": 10} if why == "full" else {"is_bookable": False}))
    assert names() == ["Steady", "Closed"]


def test_an_event_that_is_moved_takes_its_new_place():
    first, _second = event("First", 50, days=3), event("Second", 50, days=5)
    assert names() == ["First", "Second"]
    editing.change(first, by=None, starts_at=NOW + timedelta(days=7), ends_at=NOW + timedelta(days=8))
    assert names() == ["Second", "First"]
    assert TicketType.objects.get(event=first).event_starts_at == NOW + timedelta(days=7)
    kind = TicketType.objects.get(event=first)
    kind.event_starts_at = None  # as a row says that was read before the move
    kind.save()
    assert TicketType.objects.get(event=first).event_starts_at == NOW + timedelta(days=7)


def test_enough_are_found_when_each_has_many_kinds():
    for number in range(4):
        event(f"Event {number}", *range(number, 40 + number), days=number + 1)
    with CaptureQueriesContext(connection) as asked:
        assert names(4) == ["Event 0", "Event 1", "Event 2", "Event 3"]
    assert len(asked) <= 5


def test_the_order_is_that_of_the_prices_on_the_cards():
    chance = Random(7)
    for number in range(60):
        made = event(
            f"Event {number}", *chance.sample(range(0, 50, 10), chance.randint(0, 3)), days=chance.randint(1, 4)
        )
        for kind in made.ticket_types.all():
            sold_out, over = chance.random() < 0.3, chance.random() < 0.3
            kind.quantity_total, kind.quantity_sold = (2, 2) if sold_out else (None, 0)
            kind.sales_end_at = NOW - HOUR if over else None
            kind.min_per_order = chance.choice((1, 1, 10, 11))  # of 10 places
            kind.save()

    def place(one: Event):
        prices = sales.prices(one)
        return (not prices, min(prices, default=0), one.starts_at, one.pk)

    expected = sorted(Event.objects.prefetch_related("ticket_types"), key=place)
    assert search.first(BY_PRICE, 60) == [one.pk for one in expected]
    assert search.first(BY_PRICE, 7) == [one.pk for one in expected][:7]


def test_of_a_range_of_prices_the_least_in_it_counts():
    event("Both", 100, 2000, days=5)
    event("Dear", 1500)
    event("Cheap", 50)
    assert names(wanted=search.Wanted(sort="price", price_min=1000)) == ["Dear", "Both"]
    assert names(wanted=search.Wanted(sort="price", price_max=100)) == ["Cheap", "Both"]
