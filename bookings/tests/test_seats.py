"""Numbered places: the automatic grid, chosen seats, explicit grids, and capacity that grows and shrinks."""

from functools import partial

import pytest
from django.db import transaction

from accounts.tests.racing import errors, good, race
from bookings import cancelling, capacity, inventory, seats
from bookings.inventory import CapacityTooSmall, SoldOut
from bookings.models import Seat
from bookings.tests.invariants import check
from bookings.tests.scenes import book, people, scene
from eventify.lib.errors import Conflict, Invalid
from events.models import Event

pytestmark = pytest.mark.django_db(transaction=True)


def labels(event: Event, **wanted) -> list[str]:
    return list(event.seats.filter(**wanted).order_by("position").values_list("label", flat=True))


def automatic(capacity: int, **options) -> Event:
    return scene(capacity=capacity, seating=Event.Seating.AUTOMATIC, **options)[0]


def generate(event: Event, rows: int, per_row: int) -> int:
    with transaction.atomic():
        return seats.generate(inventory.lock([event.pk])[event.pk], rows=rows, per_row=per_row)


@pytest.mark.parametrize(
    ("number", "name"), [(0, "A"), (25, "Z"), (26, "AA"), (51, "AZ"), (52, "BA"), (701, "ZZ"), (702, "AAA")]
)
def test_row_names(number, name):
    assert seats.row_name(number) == name


def test_the_first_booking_makes_the_grid():
    event = automatic(23)
    assert labels(event) == []
    booking = book(event, people(1)[0], 3)
    assert booking.seat_labels == ["A-1", "A-2", "A-3"]
    assert labels(event) == [f"{'ABC'[n // 10]}-{n % 10 + 1}" for n in range(23)]
    assert labels(event, reserved_booking=booking) == booking.seat_labels
    assert sorted(ticket.seat.label for ticket in booking.tickets.all()) == booking.seat_labels
    check(event)


def test_first_bookings_at_once_make_one_grid():
    event = automatic(12)
    results = race(*(partial(book, event, user) for user in people(16)))
    assert (len(good(results)), len(errors(results, SoldOut))) == (12, 4)
    assert (event.seats.count(), event.seats.filter(reserved_booking=None).count()) == (12, 0)
    check(event)


def test_chosen_seats_may_be_the_first_booking():
    event = automatic(20)
    assert book(event, people(1)[0], 2, chosen=("B-10", "A-5")).seat_labels == ["B-10", "A-5"]
    assert book(event, people(1)[0], 5).seat_labels == ["A-1", "A-2", "A-3", "A-4", "A-6"]
    check(event)


@pytest.mark.parametrize(
    ("chosen", "error", "sentence"),
    [
        (("C-1", "Z-9"), Invalid, "There is no seat C-1, Z-9."),
        (("A-1", "A-2"), seats.SeatTaken, "Already taken: A-1."),
        (("A-2",), Invalid, "Choose exactly as many seats as places."),
        (("A-2", "A-2"), Invalid, "Choose exactly as many seats as places."),
    ],
)
def test_seats_that_cannot_be_had_are_named(chosen, error, sentence):
    event = automatic(20)
    book(event, people(1)[0], 1, chosen=("A-1",))
    with pytest.raises(error) as refusal:
        book(event, people(1)[0], 2, chosen=chosen)
    assert str(refusal.value.message) == sentence
    event.refresh_from_db()
    assert event.booked_count == 1
    check(event)


def test_an_event_without_seats_gives_none():
    event, _type = scene()
    with pytest.raises(Invalid):
        book(event, people(1)[0], 1, chosen=("A-1",))
    assert book(event, people(1)[0]).seat_labels == []
    check(event)


def test_a_larger_capacity_grows_the_grid():
    event = automatic(9)
    user = people(1)[0]
    book(event, user, 9)
    capacity.change(event, 12, by=user)
    assert labels(event, reserved_booking=None) == ["A-10", "B-1", "B-2"]
    assert book(event, user, 3).seat_labels == ["A-10", "B-1", "B-2"]
    check(event)


def test_a_grid_that_nobody_needs_yet_is_not_made():
    event = automatic(9)
    capacity.change(event, 12, by=people(1)[0])
    assert event.seats.count() == 0


def test_a_smaller_capacity_takes_free_seats_from_the_back():
    event = automatic(12)
    user = people(1)[0]
    kept = book(event, user, 2, chosen=("A-2", "B-2"))
    capacity.change(event, 4, by=user)
    assert labels(event) == ["A-1", "A-2", "A-3", "B-2"]
    capacity.change(event, 2, by=user)
    assert labels(event) == ["A-2", "B-2"]
    with pytest.raises(CapacityTooSmall) as refusal:
        capacity.change(event, 1, by=user)
    assert refusal.value.details == {"booked_count": 2}
    assert str(refusal.value.message) == "2 places are booked already; the capacity cannot be less."
    capacity.change(event, 5, by=user)
    assert labels(event) == ["A-1", "A-2", "A-3", "A-4", "B-2"]
    cancelling.cancel_booking(kept, by=user)
    assert labels(event, reserved_booking=None) == ["A-1", "A-2", "A-3", "A-4", "B-2"]
    check(event)


def test_shrinking_and_booking_at_once_keep_the_bookings():
    for _round in range(5):
        event = automatic(16)
        user = people(1)[0]
        results = race(*(partial(book, event, one) for one in people(10)), partial(capacity.change, event, 5, by=user))
        booked = [one for one in good(results) if not isinstance(one, Event)]
        event.refresh_from_db()
        assert event.booked_count == len(booked) == event.seats.exclude(reserved_booking=None).count()
        assert (event.capacity, len(booked) <= 5) in ((5, True), (16, False))
        check(event)


@pytest.mark.parametrize("wanted", [-1, 1_000_001, 10**30])
def test_impossible_capacities_are_refused(wanted):
    event, _type = scene()
    with pytest.raises(Invalid) as refusal:
        capacity.change(event, wanted, by=people(1)[0])
    assert refusal.value.errors == {"capacity": ["Use a capacity from 0 to 1,000,000."]}


def test_a_grid_has_a_largest_size(settings):
    settings.EVENTIFY_SEAT_GRID_MAX = 5
    event = automatic(8)
    user = people(1)[0]
    assert book(event, user, 4).seat_labels == ["A-1", "A-2", "A-3", "A-4"]
    assert book(event, user, 2).seat_labels == []  # standing room: one seat is not enough for two
    assert book(event, user, 1).seat_labels == ["A-5"]
    check(event)


def test_an_explicit_grid_replaces_the_automatic_one_and_stays():
    event = automatic(30)
    user = people(1)[0]
    seats.fit_grid(event)
    assert generate(event, rows=2, per_row=12) == 24
    assert labels(event)[-1] == "B-12"
    event.refresh_from_db()
    assert event.seating == "explicit"
    capacity.change(event, 40, by=user)
    assert event.seats.count() == 24
    book(event, user, 1, chosen=("B-12",))
    with pytest.raises(Conflict):
        generate(event, rows=1, per_row=1)
    check(event)


@pytest.mark.parametrize(("rows", "per_row"), [(0, 5), (5, 0), (-1, -1), (5001, 1), (10**9, 10**9)])
def test_impossible_grids_are_refused(rows, per_row):
    event = automatic(5)
    with pytest.raises(Invalid):
        generate(event, rows, per_row)
    assert Seat.objects.count() == 0


def test_generating_and_booking_at_once():
    for _round in range(5):
        event = automatic(12)
        seats.fit_grid(event)
        results = race(partial(generate, event, 2, 6), *(partial(book, event, user) for user in people(6)))
        assert len(good(results)) + len(errors(results, Conflict)) == 7
        event.refresh_from_db()
        assert event.booked_count == 6
        check(event)
