"""The seat map: what it shows, and what choosing seats on it does."""

import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.factories import UserFactory
from bookings import cancelling, promos, sales, seats
from bookings.factories import TicketTypeFactory
from bookings.models import Booking, Order, PromoCode, Seat, TicketType
from bookings.tests.invariants import check
from bookings.tests.scenes import book, people, scene, text
from events.models import Event

pytestmark = pytest.mark.django_db
AUTOMATIC = Event.Seating.AUTOMATIC


def hall(capacity=20, price=10, **options) -> tuple[Event, TicketType]:
    """An event with rows of ten numbered seats."""
    event, kind = scene(capacity=capacity, price=price, seating=AUTOMATIC, **options)
    seats.make_ready(event)
    return event, kind


def unit(event: Event, wheelchair: str, companion: str) -> None:
    """Make a wheelchair place of one seat, and its companion seat of another."""
    own = event.seats.get(label=wheelchair)
    event.seats.filter(pk=own.pk).update(kind=Seat.Kind.WHEELCHAIR)
    event.seats.filter(label=companion).update(kind=Seat.Kind.COMPANION, companion_of=own)


def send(client, event: Event, *labels: str, key="once", **data):
    return client.post(f"/e/{event.slug}/seats/", {"seats": labels, "key": key, **data})


def held(order: Order) -> list[str]:
    return sorted(label for booking in order.bookings.all() for label in booking.seat_labels)


@pytest.fixture
def user(client):
    user = UserFactory()
    client.force_login(user)
    return user


def test_the_map_is_made_when_it_is_first_looked_at(client):
    event, _kind = scene(capacity=12, seating=AUTOMATIC)
    page = text(client.get(f"/e/{event.slug}/seats/"))
    assert page.count('name="seats"') == event.seats.count() == 12
    assert "12 of 12 seats are free" in page
    assert '<span class="name">Row B seat 2<i>, free</i></span>' in page
    assert 'role="group" aria-label="Row B"' in page


def test_a_free_seat_costs_something_in_other_languages_as_well(client):
    """English has one word for a free seat and a free ticket; most languages have two."""
    event, _kind = hall()
    page = text(client.get(f"/e/{event.slug}/seats/", headers={"accept-language": "vi"}))
    assert "</span> Còn trống</li>" in page and "Miễn phí" not in page


def test_taken_seats_cannot_be_chosen(client):
    event, _kind = hall()
    book(event, people(1)[0], 1, chosen=("A-3",))
    page = text(client.get(f"/e/{event.slug}/seats/?seats=A-3&seats=A-4&seats=Z-9"))
    assert 'value="A-3" disabled' in page and 'value="A-4" checked' in page
    assert "19 of 20 seats are free" in page
    answer = client.get(f"/e/{event.slug}/seats/taken.json")
    assert json.loads(answer.content) == {"taken": ["A-3"], "free": 19}


def test_chosen_seats_are_held_and_the_checkout_is_next(client, user):
    event, _kind = hall()
    answer = send(client, event, "A-1", "A-2")
    order = Order.objects.get(user=user)
    assert answer["Location"] == f"/orders/{order.uid}/checkout/"
    assert (held(order), order.total_amount, order.status) == (["A-1", "A-2"], 20, Order.Status.PENDING)
    assert send(client, event, "A-1", "A-2")["Location"] == answer["Location"]  # a double click
    assert Order.objects.count() == 1
    assert send(client, event, "B-1", "B-2").status_code == 409  # the same page, sent for something else
    check(event)


def test_a_guest_chooses_seats_too(client):
    event, _kind = hall()
    answer = send(client, event, "A-1", "A-2")
    assert answer.status_code == 302 and held(Order.objects.get(user__is_guest=True)) == ["A-1", "A-2"]


@pytest.mark.parametrize(
    ("labels", "data", "status", "sentence"),
    [
        ((), {}, 400, "Choose your seats first."),
        (("Q-77",), {}, 400, "There is no seat Q-77."),
        (("A-1\x00",), {}, 400, "There is no seat"),
        (("9" * 1000,), {}, 400, "There is no seat 99999999999999999999."),
        (("A-1",), {}, 409, "Already taken: A-1."),
        (("A-2",), {"key": ""}, 400, "This field is required."),
        (("A-5",), {"code": "NOPE"}, 422, ""),
    ],
)
def test_what_cannot_be_had_is_said(client, user, labels, data, status, sentence):
    event, _kind = hall()
    book(event, people(1)[0], 1, chosen=("A-1",))
    answer = send(client, event, *labels, **data)
    assert (answer.status_code, Order.objects.filter(user=user).count()) == (status, 0)
    assert sentence in text(answer) or sentence == "This field is required."
    check(event)


def test_a_needless_single_seat_is_refused_and_another_choice_is_offered(client, user):
    event, _kind = hall()
    answer = send(client, event, "A-2", "A-3")
    page = text(answer)
    assert answer.status_code == 409
    assert "Seat A-1 would be left over as a single seat." in page
    assert 'name="instead" value="A-1 A-2"' in page and "Take A-1, A-2 instead" in page
    assert 'value="A-2" checked' in page and 'value="A-3" checked' in page
    assert not Order.objects.exists()
    assert send(client, event, "A-2", "A-3", instead="A-1 A-2").status_code == 302
    assert held(Order.objects.get()) == ["A-1", "A-2"]


def test_a_single_seat_that_cannot_be_helped_is_allowed(client, user):
    event, _kind = hall(capacity=3)
    assert send(client, event, "A-1", "A-2").status_code == 302


def test_a_wheelchair_place_is_one_unit_with_its_companion_seat(client, user):
    event, _kind = hall()
    unit(event, "A-1", "A-2")
    page = text(client.get(f"/e/{event.slug}/seats/"))
    assert "Wheelchair place A-1 with companion seat A-2" in page and 'value="A-2"' not in page
    refused = send(client, event, "A-2")
    sentence = "A-2 is the companion seat of the wheelchair place A-1: take both, or neither."
    assert (refused.status_code, sentence in text(refused)) == (422, True)
    assert send(client, event, "A-1").status_code == 302
    order = Order.objects.get()
    assert (held(order), order.total_amount) == (["A-1", "A-2"], 20)
    assert 'value="A-1" disabled' in text(client.get(f"/e/{event.slug}/seats/"))
    check(event)


def test_half_a_unit_cannot_be_chosen(client, user):
    event, _kind = hall()
    unit(event, "A-1", "A-2")
    book(event, people(1)[0], 1, chosen=("A-2",))  # through a contract
    assert 'value="A-1" disabled' in text(client.get(f"/e/{event.slug}/seats/"))
    assert send(client, event, "A-1").status_code == 409


def test_wheelchair_places_are_given_last_and_whole():
    event, _kind = hall(capacity=6, price=0)
    unit(event, "A-1", "A-2")
    assert book(event, people(1)[0], 3).seat_labels == ["A-3", "A-4", "A-5"]
    assert book(event, people(1)[0], 2).seat_labels == []  # one seat and half of a unit: a place without a seat
    check(event)
    other, _kind = hall(capacity=4, price=0)
    unit(other, "A-2", "A-1")
    assert sorted(book(other, people(1)[0], 4).seat_labels) == ["A-1", "A-2", "A-3", "A-4"]
    check(other)


def test_the_best_seats_are_marked_and_can_be_sent(client, user):
    event, _kind = hall()
    book(event, people(1)[0], 8)
    page = text(client.get(f"/e/{event.slug}/seats/?best=3"))
    assert "Chosen for you: B-1, B-2, B-3." in page and page.count(" checked>") == 3
    assert "So many seats are not free any more." in text(client.get(f"/e/{event.slug}/seats/?best=20"))


@pytest.mark.parametrize("asked", ["0", "-1", "21", "many", "9" * 50, "1e3", "%00", "%ED%A0%80"])
def test_a_bad_number_of_people_is_said_at_the_field(client, asked):
    event, _kind = hall()
    answer = client.get(f"/e/{event.slug}/seats/?best={asked}")
    assert (answer.status_code, 'id="id_best_error"' in text(answer)) == (400, True)


def test_several_kinds_of_ticket_share_the_seats_in_order(client, user):
    event, adult = hall()
    child = TicketTypeFactory(event=event, name="Child", price=4)
    counts = {f"qty_{adult.pk}": 1, f"qty_{child.pk}": 2}
    answer = send(client, event, "A-1", "A-2", **counts)
    sentence = "You chose 2 seats and 3 tickets. Make it one ticket for each seat."
    assert (answer.status_code, sentence in text(answer)) == (400, True)
    assert "Choose how many tickets you would like." in text(send(client, event, "A-1", "A-2"))
    send(client, event, "A-3", "A-1", "A-2", **counts)
    rows = Booking.objects.order_by("pk").values_list("ticket_type", "seat_labels")
    assert list(rows) == [(adult.pk, ["A-1"]), (child.pk, ["A-2", "A-3"])]
    assert Order.objects.get().total_amount == 18
    check(event)


def test_a_promo_code_of_the_address_counts(client, user):
    event, _kind = hall()
    PromoCode.objects.create(event=event, code="HALF", percent_off=50)
    assert "HALF is used." in text(client.get(f"/e/{event.slug}/seats/?code=half"))
    send(client, event, "A-1", "A-2", code="half")
    assert Order.objects.get().total_amount == 10
    assert promos.spelled("half") == "HALF"


def test_held_seats_that_ran_out_are_free_for_others(client, user):
    event, kind = hall()
    other = people(1)[0]
    assert book(event, other, 1, chosen=("A-1",)).status == Booking.Status.PENDING
    order = Order.objects.get(user=other)
    Order.objects.filter(pk=order.pk).update(expires_at="2020-01-01T00:00Z")
    assert cancelling.overdue().count() == 1
    assert send(client, event, "A-1", "A-2").status_code == 302
    assert held(Order.objects.get(user=user)) == ["A-1", "A-2"]


@pytest.mark.parametrize("changes", [{"is_bookable": False}, {"state": Event.State.CANCELLED}])
def test_where_nothing_is_sold_the_event_page_says_why(client, user, changes):
    event, _kind = hall()
    Event.objects.filter(pk=event.pk).update(**changes)
    assert client.get(f"/e/{event.slug}/seats/")["Location"] == f"/e/{event.slug}/"
    assert send(client, event, "A-1", "A-2")["Location"] == f"/e/{event.slug}/"
    assert not sales.is_open(Event.objects.get()) and not Order.objects.exists()


def test_events_without_seats_have_no_map(client):
    event, _kind = scene()
    draft, _kind = hall(state=Event.State.DRAFT)
    for slug in (event.slug, draft.slug, "nothing"):
        for path in (f"/e/{slug}/seats/", f"/e/{slug}/seats/taken.json"):
            assert client.get(path).status_code == 404


def test_the_map_asks_as_much_for_ten_seats_as_for_a_hundred(client, user):
    counted = []
    for capacity in (10, 100):
        event, _kind = hall(capacity=capacity)
        with CaptureQueriesContext(connection) as asked:
            client.get(f"/e/{event.slug}/seats/")
        counted.append(len(asked))
    assert counted[0] == counted[1]


def test_a_smaller_hall_leaves_no_companion_without_its_wheelchair_place():
    event, _kind = hall(capacity=12)
    unit(event, "B-2", "A-10")
    Event.objects.filter(pk=event.pk).update(capacity=11)
    seats.fit_grid(Event.objects.get())
    assert not event.seats.exclude(kind=Seat.Kind.STANDARD).exists()


def test_a_party_that_names_no_seats_can_be_seated_together():
    event, _kind = hall()
    book(event, people(1)[0], 1, chosen=("A-5",))
    chosen = seats.choose(event, 5, is_together=True)
    assert seats.labels_of(chosen) == ["A-6", "A-7", "A-8", "A-9", "A-10"]
    assert seats.labels_of(seats.choose(event, 5)) == ["A-1", "A-2", "A-3", "A-4", "A-6"]
    assert seats.labels_of(seats.choose(event, 19, is_together=True))[-1] == "B-10"
    assert seats.choose(event, 20, is_together=True) == []


@pytest.mark.parametrize("value", ["%00", "%ED%A0%80", "%FF%FE", "-1", "9" * 5000, "%27%3B--", "A-1%2CA-2"])
@pytest.mark.parametrize("name", ["seats", "code", "view", "best", "nothing"])
def test_nothing_in_the_address_is_our_error(client, name, value):
    event, _kind = hall()
    assert client.get(f"/e/{event.slug}/seats/?{name}={value}").status_code == (400 if name == "best" else 200)


@pytest.mark.parametrize("value", ["\x00", "9" * 100_000, "-1", "A-1 A-1", "\ud800"])
@pytest.mark.parametrize("name", ["seats", "code", "key", "instead", "qty"])
def test_nothing_in_the_form_is_our_error(client, user, name, value):
    event, kind = hall()
    TicketTypeFactory(event=event, name="Child", price=4)
    data = {"seats": ["A-1", "A-2"], "key": "once", f"qty_{kind.pk}": "2"}
    data[f"qty_{kind.pk}" if name == "qty" else name] = value.encode("utf-8", "surrogatepass")
    assert client.post(f"/e/{event.slug}/seats/", data).status_code < 500
    check(event)
