"""Editing the plan of a hall: areas, wheelchair places, companion seats."""

import pytest

from accounts.factories import SuperAdminFactory, UserFactory
from accounts.models import AuditLog
from bookings import seat_plan, seats
from bookings.models import Seat
from bookings.tests.invariants import check
from bookings.tests.scenes import book, people, scene, text
from eventify.lib.errors import Invalid
from events.models import Event

pytestmark = pytest.mark.django_db
Act = seat_plan.Act


@pytest.fixture
def event():
    event, _kind = scene(capacity=30, seating=Event.Seating.AUTOMATIC)
    seats.make_ready(event)
    return event


@pytest.fixture
def admin(client):
    admin = SuperAdminFactory()
    client.force_login(admin)
    return admin


def arrange(event, labels, act, **options):
    return seat_plan.arrange(event, labels, act, by=UserFactory(), **options)


def plan(event) -> dict[str, tuple]:
    """Label -> (kind, wheelchair place) of all but ordinary seats."""
    rows = event.seats.exclude(kind=Seat.Kind.STANDARD).select_related("companion_of")
    return {seat.label: (seat.kind, seat.companion_of and seat.companion_of.label) for seat in rows}


def test_wheelchair_places_get_their_companion_seats(event):
    assert arrange(event, ["A-1", "A-10"], Act.WHEELCHAIR) == 2
    assert arrange(event, ["B-1", "B-4"], Act.RIGHT) == 4
    assert arrange(event, ["C-10"], Act.LEFT) == 2
    assert plan(event) == {
        "A-1": ("wheelchair", None),
        "A-10": ("wheelchair", None),
        "B-1": ("wheelchair", None),
        "B-2": ("companion", "B-1"),
        "B-4": ("wheelchair", None),
        "B-5": ("companion", "B-4"),
        "C-9": ("companion", "C-10"),
        "C-10": ("wheelchair", None),
    }
    line = AuditLog.objects.filter(action="CHANGED_SEATS").latest("pk")
    assert (line.target_uid, line.details) == (event.uid, {"act": "left", "seats": ["C-10"], "count": 1})


def test_one_half_of_a_unit_loosens_the_other(event):
    arrange(event, ["A-1"], Act.RIGHT)
    assert arrange(event, ["A-2"], Act.STANDARD) == 2
    assert plan(event) == {}
    arrange(event, ["A-1"], Act.RIGHT)
    assert arrange(event, ["A-2"], Act.RIGHT) == 3
    assert plan(event) == {"A-2": ("wheelchair", None), "A-3": ("companion", "A-2")}
    arrange(event, ["A-2"], Act.LEFT)
    assert plan(event) == {"A-1": ("companion", "A-2"), "A-2": ("wheelchair", None)}


@pytest.mark.parametrize(
    ("labels", "act", "sentence"),
    [
        (["A-10"], Act.RIGHT, "There is no ordinary seat beside A-10."),
        (["A-1", "A-2"], Act.RIGHT, "There is no ordinary seat beside A-1."),
        (["B-2"], Act.LEFT, "There is no ordinary seat beside B-2."),
        (["A-4"], Act.RIGHT, "There is no ordinary seat beside A-4."),
        ([], Act.STANDARD, "Choose seats on the map, or name whole rows."),
        (["A-1", "Q-1\x00"], Act.STANDARD, "There is no seat Q-1\x00."),
    ],
)
def test_what_makes_no_unit_is_refused(event, labels, act, sentence):
    arrange(event, ["B-1"], Act.WHEELCHAIR)
    arrange(event, ["A-5"], Act.AREA, area="Box")
    before = plan(event)
    with pytest.raises(Invalid) as refusal:
        arrange(event, labels, act)
    assert refusal.value.errors == {"seats": [sentence]}
    assert plan(event) == before


@pytest.mark.parametrize("labels", [["A-1"], ["A-2"]])
def test_taken_seats_stay_what_they_are_but_may_change_their_area(event, labels):
    book(event, people(1)[0], 1, chosen=("A-2",))
    with pytest.raises(seats.SeatTaken) as refusal:
        arrange(event, labels, Act.RIGHT)
    assert str(refusal.value.message) == "Already taken: A-2."
    assert plan(event) == {}
    assert arrange(event, ["A-2"], Act.AREA, area=" Front ") == 1
    assert event.seats.get(label="A-2").area == "Front"
    check(event)


def test_a_unit_goes_into_an_area_together(event):
    arrange(event, ["A-1"], Act.RIGHT)
    assert arrange(event, ["A-2"], Act.AREA, area="Box") == 2
    assert list(event.seats.filter(area="Box").values_list("label", flat=True)) == ["A-1", "A-2"]
    arrange(event, ["A-1"], Act.AREA)
    assert not event.seats.exclude(area="").exists()


@pytest.mark.parametrize(
    ("said", "rows"), [("A", "A"), ("a, C", "AC"), ("B-C", "BC"), (" C - A ,", "ABC"), ("", ""), (",,", "")]
)
def test_whole_rows_are_named(event, said, rows):
    labels = seat_plan.rows_named(event, said)
    assert labels == [f"{row}-{number}" for row in rows for number in range(1, 11)]


@pytest.mark.parametrize("said", ["D", "A-D", "A--C", "-", "1" * 200])
def test_unknown_rows_are_refused(event, said):
    with pytest.raises(Invalid) as refusal:
        seat_plan.rows_named(event, said)
    assert list(refusal.value.errors) == ["rows"]


def address(event) -> str:
    return f"/command-center/events/{event.uid}/seats/"


def test_the_page_changes_the_plan(client, admin, event):
    page = text(client.get(address(event)))
    assert "Seats: 30. Taken: 0. Wheelchair places: 0." in page and page.count('name="seats"') == 30
    answer = client.post(address(event), {"seats": ["A-1"], "rows": "", "act": "right", "area": ""})
    assert answer["Location"] == address(event)
    client.post(address(event), {"rows": "B-C", "act": "area", "area": "Balcony"})
    page = text(client.get(address(event)))
    assert "2 seats are changed." not in text(client.get(address(event)))
    assert "Companion seat A-2 of A-1" in page and "Wheelchair place A-1 with companion seat A-2" in page
    assert "Seats: 30. Taken: 0. Wheelchair places: 1." in page
    assert 'aria-label="Balcony, row C"' in page and event.seats.filter(area="Balcony").count() == 20


@pytest.mark.parametrize(
    ("data", "status", "sentence"),
    [
        ({"act": "right", "seats": ["A-10"]}, 422, "There is no ordinary seat beside A-10."),
        ({"act": "standard"}, 422, "Choose seats on the map, or name whole rows."),
        ({"act": "standard", "rows": "Q"}, 422, "There is no row Q."),
        ({"act": "paint", "seats": ["A-1"]}, 400, "Select a valid choice."),
        ({"act": "area", "seats": ["A-1"], "area": "x" * 51}, 400, "at most 50 characters"),
        ({"act": "area", "seats": ["A-1"], "area": "\x00"}, 400, "Null characters are not allowed."),
        ({"act": "area", "seats": ["\x00", "9" * 5000], "area": "Box"}, 422, "There is no seat"),
        ({}, 400, "This field is required."),
    ],
)
def test_a_refusal_keeps_what_was_chosen(client, admin, event, data, status, sentence):
    answer = client.post(address(event), data)
    page = text(answer)
    assert (answer.status_code, sentence in page) == (status, True)
    assert page.count(" checked>") == sum(label in ("A-1", "A-10") for label in data.get("seats", ()))
    assert plan(event) == {} and not event.seats.exclude(area="").exists()


def test_an_event_without_seats_says_so(client, admin):
    event, _kind = scene()
    assert "This event has no numbered seats." in text(client.get(address(event)))
    assert client.post(address(event), {"act": "standard", "seats": ["A-1"]}).status_code == 422
