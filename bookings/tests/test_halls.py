"""Making the hall of an event: seats that are sold or held keep their ids, whatever happens at the same moment."""

from functools import partial

import pytest

from accounts.factories import UserFactory
from accounts.models import AuditLog
from accounts.tests.racing import errors, good, meet_after, meeting, race, switch_row_locks_off
from bookings import areas, hall_text, halls, seats, ticket_types
from bookings.inventory import CapacityTooSmall
from bookings.models import Booking, Hall, Seat
from bookings.tests.invariants import check
from bookings.tests.scenes import book, people, scene, wait
from eventify.lib.errors import Conflict, Invalid
from events.models import Event

pytestmark = pytest.mark.django_db(transaction=True)
Numbering = halls.Numbering


def save(event, text, **options):
    return halls.save(event, hall_text.read(text), by=options.pop("by", None) or UserFactory(), **options)


def hall(text="A: 1-6\nB: W1 C2 3-6\n", **options) -> Event:
    event, _kind = scene(capacity=0, seating=Event.Seating.EXPLICIT, **options)
    return save(event, text)


def ids(event) -> dict[str, int]:
    return dict(event.seats.values_list("label", "pk"))


def plan(event) -> list[tuple]:
    names = ("label", "area", "kind", "companion_of__label", "x", "y")
    return list(event.seats.order_by("position").values_list(*names))


def test_a_hall_is_made_with_its_places():
    event, _kind = scene(capacity=3)
    by = UserFactory()
    save(event, "[Box]\nA: 1 | W2 C3\nB: X1 2\n", by=by, stage=Hall.Stage.BEHIND)
    event.refresh_from_db()
    assert (event.seating, event.capacity, halls.stage_of(event)) == ("explicit", 4, "behind")
    assert plan(event) == [
        ("A-1", "Box", "standard", None, 1, 1),
        ("A-2", "Box", "wheelchair", None, 3, 1),
        ("A-3", "Box", "companion", "A-2", 4, 1),
        ("B-1", "Box", "blocked", None, 1, 2),
        ("B-2", "Box", "standard", None, 2, 2),
    ]
    line = AuditLog.objects.get(action="CHANGED_HALL")
    assert (line.actor, line.details) == (by, {"seats": 5, "stage": "behind"})
    check(event)


def test_what_is_read_from_a_hall_makes_the_same_hall():
    event = hall("[Box]\nA: 1 | W2 C3\n~\nB: X1 2\n[Pit]\nC: 5-1/2 | 2-4/2\n")
    before, known = plan(event), ids(event)
    save(event, hall_text.write(halls.spots(event)))
    assert (plan(event), ids(event)) == (before, known)


def test_automatic_and_generated_grids_are_read_as_plans():
    event, _kind = scene(capacity=12, seating=Event.Seating.AUTOMATIC)
    seats.make_ready(event)
    assert hall_text.write(halls.spots(event)) == "A: 1-10\nB: 1-2\n"


def test_seats_that_stay_keep_their_ids_and_stand_elsewhere():
    event = hall()
    booking = book(event, people(1)[0], 1, chosen=("A-2",))
    known = ids(event)
    save(event, "[Box]\nB: 3-6\nA: 2 1\nD: 1-2\n")
    assert ids(event).items() >= {label: known[label] for label in ("A-1", "A-2", "B-3", "B-6")}.items()
    assert [row[0] for row in plan(event)] == ["B-3", "B-4", "B-5", "B-6", "A-2", "A-1", "D-1", "D-2"]
    assert booking.seats.get().area == "Box" and booking.tickets.get().seat.label == "A-2"
    check(event)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("A: 1 3-6\nB: 1-6", "Sold or held: A-2. Put these seats back into the plan, then save again."),
        ("C: 1-6", "Sold or held: A-2, B-1, B-2. Put these seats back into the plan, then save again."),
        ("A: 1 X2 3-6\nB: W1 C2 3-6", "Sold or held, so they stay what they are: A-2. Do not change their kind."),
        ("A: W1 C2\nB: W1 C2", "Sold or held, so they stay what they are: A-2. Do not change their kind."),
        ("A: 1-6\nB: 1-6", "Sold or held, so they stay what they are: B-1, B-2. Do not change their kind."),
    ],
)
def test_seats_that_are_taken_can_neither_go_nor_change(text, sentence):
    event = hall(price=10)
    book(event, people(1)[0], 3, chosen=("A-2", "B-1", "B-2"))
    before = plan(event)
    with pytest.raises(seats.SeatTaken) as refusal:
        save(event, text)
    assert str(refusal.value.message) == sentence
    assert plan(event) == before and Hall.objects.get(event=event).stage == "ahead"
    check(event)


def test_a_long_list_of_taken_seats_is_cut():
    event = hall("A: 1-12")
    book(event, people(1)[0], 12)
    with pytest.raises(seats.SeatTaken) as refusal:
        save(event, "B: 1-12")
    assert "A-10…." in str(refusal.value.message) and len(refusal.value.details["labels"]) == 12


def test_more_seats_are_places_for_those_who_wait():
    event = hall("A: 1-2")
    book(event, people(1)[0], 2)
    waiting = wait(event, people(1)[0], 2)
    save(event, "A: 1-2\nB: 1-2")
    waiting.refresh_from_db()
    assert (waiting.status, waiting.seat_labels) == (Booking.Status.CONFIRMED, ["B-1", "B-2"])
    check(event)


def test_places_may_be_more_than_seats_and_never_fewer_than_booked():
    event, _kind = scene(capacity=5)
    book(event, people(1)[0], 3)
    with pytest.raises(CapacityTooSmall):
        save(event, "A: 1-2")
    assert not event.seats.exists()
    save(event, "A: 1-2", fits_capacity=False)
    event.refresh_from_db()
    assert (event.capacity, event.seats.count()) == (5, 2)
    check(event)


def test_an_area_that_is_on_sale_must_stay():
    event = hall("[Box]\nA: 1-2\n[Pit]\nB: 1-2\n")
    ticket_types.create(event, by=UserFactory(), name="Box", area="Box")
    with pytest.raises(areas.AreaInUse):
        save(event, "[Pit]\nA: 1-2\nB: 1-2\n")
    save(event, "[Box]\nB: 1-2\n")
    check(event)


@pytest.mark.parametrize("how_many", [0, 6])
def test_a_hall_has_from_one_seat_to_the_largest_grid(settings, how_many):
    settings.EVENTIFY_SEAT_GRID_MAX = 5
    event, _kind = scene()
    with pytest.raises(Invalid):
        halls.save(event, [hall_text.Spot("", "A", number, number, 1) for number in range(how_many)], by=UserFactory())


def test_large_halls_are_saved_in_few_queries(django_assert_max_num_queries):
    event = hall("\n".join(f"R{row}: W1 C2 3-50" for row in range(40)))
    plan = hall_text.read("\n".join(f"R{row}: W1 C2 3-49 | 50" for row in range(40)))
    with django_assert_max_num_queries(32):
        halls.save(event, plan, by=UserFactory())
    assert event.seats.count() == 2000


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        (("A", "C", [2, 3], Numbering.LEFT), "A: 1-2 | 3-5\nB: 1-2 | 3-5\nC: 1-2 | 3-5\n"),
        (("a", "", [3], Numbering.RIGHT), "A: 3-1\n"),
        (("Z", "AA", [2, 2], Numbering.ODD_EVEN), "Z: 3-1/2 | 2-4/2\nAA: 3-1/2 | 2-4/2\n"),
        (("9", "10", [1], Numbering.LEFT), "9: 1\n10: 1\n"),
        (("A", "A", [2, 2, 2], Numbering.ODD_EVEN), "A: 5-3/2 | 1-2 | 4-6/2\n"),
    ],
)
def test_rows_that_are_alike_are_written(asked, text):
    assert halls.rows_text(*asked) == text
    assert hall_text.read(text)


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        (("C", "A", [2]), "rows"),
        (("A", "3", [2]), "rows"),
        (("", "", [2]), "rows"),
        (("AAAA", "AAAB", [2]), "rows"),
        (("1", "500", [2]), "rows"),
        (("0", "3", [2]), "rows"),
        (("é", "", [2]), "rows"),
        (("A", "B", []), "blocks"),
        (("A", "B", [0]), "blocks"),
        (("A", "B", [999]), "blocks"),
        (("A", "B", [1] * 13), "blocks"),
    ],
)
def test_rows_that_cannot_be_are_refused(asked, field):
    with pytest.raises(Invalid) as refusal:
        halls.rows_text(*asked, Numbering.LEFT)
    assert list(refusal.value.errors) == [field]


def save_against_buyers(prepare=lambda: None):
    """Four buyers of seats that a new plan leaves out, and the plan."""
    event = hall("A: 1-6\nB: 1-6\n", price=10)
    buyers = [partial(book, event, user, 1, chosen=(f"B-{n}",)) for n, user in enumerate(people(4), start=1)]
    prepare()
    return event, race(*buyers, partial(save, event, "A: 1-6\nC: 1-6\n"))


def test_saving_against_buyers_loses_no_seat_that_is_sold():
    for _round in range(5):
        event, results = save_against_buyers()
        sold = [one for one in good(results) if isinstance(one, Booking)]
        is_saved = event.seats.filter(row_label="C").exists()
        assert (len(sold), len(errors(results, Invalid))) == ((0, 4) if is_saved else (4, 0))
        assert len(errors(results, Conflict)) == (0 if is_saved else 1)
        assert [one.seats.count() for one in sold] == [1] * len(sold)
        check(event)


def test_control_without_locks_a_sold_seat_is_lost_or_the_plan_breaks(monkeypatch):
    def switch_off():
        switch_row_locks_off(monkeypatch)
        everybody = meeting(5)  # the buyers have found their seats free, and so has the plan that leaves them out
        meet_after(monkeypatch, seats, "choose", everybody)
        meet_after(monkeypatch, halls, "_check_taken", everybody)

    event, results = save_against_buyers(switch_off)
    sold = [one for one in results if isinstance(one, Booking)]
    lost = [one for one in sold if not Seat.objects.filter(reserved_booking=one).exists()]
    is_saved = event.seats.filter(row_label="C").exists()
    assert lost or (is_saved and sold) or [one for one in results if not isinstance(one, Booking | Event | Conflict)]


def test_two_plans_at_once_leave_one_of_them():
    event = hall()
    texts = ["A: 1-6\n", "C: 1-9\n", "[Box]\nA: 6-1\n"]
    assert len(good(race(*(partial(save, event, text) for text in texts)))) == 3
    assert hall_text.write(halls.spots(event)) in texts
    check(event)
