"""Areas with prices of their own: a seat is sold with a ticket for its area, whoever asks, and however late."""

from functools import partial

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.factories import UserFactory
from accounts.tests.racing import errors, good, meet_after, meet_before, meeting, race, switch_row_locks_off
from bookings import (
    areas,
    cancelling,
    hall_text,
    halls,
    inventory,
    orders,
    sales,
    seat_plan,
    seats,
    ticket_types,
    waitlist,
)
from bookings.factories import TicketTypeFactory
from bookings.inventory import SoldOut
from bookings.models import Booking, Seat, TicketType
from bookings.tests.invariants import check
from bookings.tests.scenes import book, decide, hear, people, scene, wait
from eventify.lib.errors import Conflict, DomainError, Invalid
from events.models import Event

pytestmark = pytest.mark.django_db(transaction=True)
PLAN = "[Stalls]\nA: 1-4\nB: W1 C2 3-4\n[Balcony]\nC: 1-4\n"


def hall(plan=PLAN, **prices) -> tuple[Event, dict[str, TicketType]]:
    """An event with a hall, and a type for each area that has a price (by its name)."""
    event, first = scene(seating=Event.Seating.EXPLICIT, capacity=0)
    by = UserFactory()
    halls.save(event, hall_text.read(plan), by=by)
    first.delete()
    kinds = {}
    for name, price in prices.items() or {"Stalls": 45, "Balcony": 20}.items():
        area = "" if name == "Any" else name
        kinds[name] = ticket_types.create(event, by=by, name=name, price=price, area=area)
    event.refresh_from_db()
    return event, kinds


def place(kind, *labels, qty=0, by=None):
    return orders.place([orders.Line(kind.pk, qty or len(labels), labels)], by=by or UserFactory())


def in_areas(event) -> list[str]:
    """The taken seats that are not in the area of their ticket."""
    taken = (
        Seat.objects.filter(event=event).exclude(reserved_booking=None).select_related("reserved_booking__ticket_type")
    )
    return [one.label for one in taken if one.reserved_booking.ticket_type.area not in ("", one.area)]


def test_a_seat_is_sold_at_the_price_of_its_area():
    event, kinds = hall()
    assert place(kinds["Stalls"], "A-1", "A-2").total_amount == 90
    assert place(kinds["Balcony"], "C-1").total_amount == 20
    both = [orders.Line(kinds["Stalls"].pk, 1, ("A-3",)), orders.Line(kinds["Balcony"].pk, 1, ("C-2",))]
    assert orders.place(both, by=UserFactory()).total_amount == 65
    check(event)


def test_a_ticket_for_another_area_is_refused_and_nothing_is_taken():
    event, kinds = hall()
    with pytest.raises(Invalid) as refusal:
        place(kinds["Balcony"], "A-1", "C-1")
    sentence = "These tickets are for Balcony, and A-1 is elsewhere. Choose the ticket for that area."
    assert refusal.value.errors == {"seat_ids": [sentence]}
    event.refresh_from_db()
    assert event.booked_count == 0 and not event.seats.exclude(reserved_booking=None).exists()
    check(event)


def test_a_ticket_for_all_seats_fits_everywhere():
    event, kinds = hall(Any=30, Balcony=20)
    assert place(kinds["Any"], "A-1", "C-1").total_amount == 60
    assert place(kinds["Balcony"], "C-2").total_amount == 20
    check(event)


def test_who_names_no_seats_gets_seats_of_the_area_until_it_is_full():
    event, kinds = hall()
    order = place(kinds["Balcony"], qty=3)
    assert order.bookings.get().seat_labels == ["C-1", "C-2", "C-3"]
    with pytest.raises(SoldOut) as refusal:
        place(kinds["Balcony"], qty=2)
    assert str(refusal.value.message).endswith("only 1 left.")
    assert place(kinds["Stalls"], qty=8).bookings.get().qty == 8  # the unit comes last
    assert kinds["Stalls"].places_left(Event.objects.get()) == 0
    check(event)


def test_half_a_unit_is_given_to_nobody():
    event, kinds = hall()
    place(kinds["Stalls"], qty=6)
    with pytest.raises(SoldOut) as refusal:
        place(kinds["Stalls"], qty=1)
    assert "Choose them on the seat map" in str(refusal.value.message)
    assert place(kinds["Stalls"], "B-1", "B-2").total_amount == 90
    check(event)


def test_what_a_type_has_left_is_asked_once_for_all_types():
    counted = []
    for plan in ("[A]\nA: 1-4\n", "[A]\nA: 1-4\n[B]\nB: 1-4\n[C]\nC: 1-4\n"):
        event, _kinds = hall(plan, **{name: 5 for name in "ABC" if f"[{name}]" in plan})
        with CaptureQueriesContext(connection) as asked:
            read = Event.objects.prefetch_related("ticket_types").get(pk=event.pk)
            left = [one.places_left(read) for one in sales.shown_types(read)]
        counted.append((len(asked), set(left)))
    assert counted == [(2, {4}), (2, {4})]


def test_contract_002_finds_the_type_of_the_seats():
    event, kinds = hall()
    user = people(1)[0]
    assert book(event, user, 2, chosen=("C-1", "C-2")).ticket_type == kinds["Balcony"]
    assert book(event, user, 1, chosen=("A-1",)).ticket_type == kinds["Stalls"]
    with pytest.raises(Invalid) as refusal:
        book(event, user, 2, chosen=("A-2", "C-3"))
    assert "Book each area by itself." in str(refusal.value.message)
    ticket_types.change(kinds["Balcony"], by=user, status="hidden")
    with pytest.raises(sales.NotOnSale):
        book(event, user, 1, chosen=("C-3",))
    assert book(event, user, 1).ticket_type == kinds["Stalls"]
    check(event)


def test_the_queue_of_an_area_gets_seats_of_that_area():
    event, kinds = hall("[Stalls]\nA: 1-2\n[Balcony]\nC: 1-2\n", Stalls=0, Balcony=0)
    first = place(kinds["Stalls"], "A-1", "A-2").bookings.get()
    other = place(kinds["Balcony"], "C-1", "C-2").bookings.get()
    waiting = wait(event, people(1)[0], 2)
    Booking.objects.filter(pk=waiting.pk).update(takes_any_type=False)
    assert waiting.ticket_type == kinds["Stalls"]
    cancelling.cancel_booking(other, by=other.user)
    waiting.refresh_from_db()
    assert waiting.status == Booking.Status.WAITLISTED
    cancelling.cancel_booking(first, by=first.user)
    waiting.refresh_from_db()
    assert (waiting.status, waiting.seat_labels) == (Booking.Status.CONFIRMED, ["A-1", "A-2"])
    check(event)


def test_several_who_wait_for_one_area_are_counted_one_by_one():
    event, kinds = hall("[Stalls]\nA: 1-3\n[Balcony]\nC: 1-2\n", Stalls=0, Balcony=0)
    child = ticket_types.create(event, by=UserFactory(), name="Child", price=0, area="Stalls")
    full = place(kinds["Stalls"], qty=3).bookings.get()
    place(kinds["Balcony"], qty=2)
    with_lock = [(kinds["Stalls"], 2), (child, 2), (child, 1)]
    for kind, qty in with_lock:
        waitlist_join(event, kind, qty)
    cancelling.cancel_booking(full, by=full.user)
    rows = event.bookings.exclude(pk=full.pk).filter(ticket_type__area="Stalls").order_by("pk")
    assert [one.status for one in rows] == ["confirmed", "waitlisted", "waitlisted"]
    assert kinds["Stalls"].places_left(Event.objects.get()) == 1
    check(event)


def waitlist_join(event, kind, qty):
    with transaction.atomic():
        return waitlist.join(inventory.lock([event.pk])[event.pk], kind, qty, by=UserFactory())


def test_a_party_that_only_half_a_unit_is_left_for_waits():
    event, kinds = hall("[Stalls]\nA: 1 W2 C3\n", Stalls=0)
    first = place(kinds["Stalls"], qty=3).bookings.get()
    waiting = wait(event, people(1)[0], 2)
    last = wait(event, people(1)[0], 1)
    cancelling.cancel_booking(first, by=first.user)
    for one in (waiting, last):
        one.refresh_from_db()
    assert (waiting.status, last.status) == ("waitlisted", "waitlisted")  # a single seat and a unit seat no two
    check(event)


def test_prices_that_change_leave_what_is_sold_as_it_is():
    event, kinds = hall()
    admin = UserFactory()
    order = place(kinds["Stalls"], "A-1")
    ticket_types.change(kinds["Stalls"], by=admin, price=99)
    order.refresh_from_db()
    assert (order.total_amount, order.bookings.get().unit_price) == (45, 45)
    assert hear(decide(order)).order.status == "paid"
    assert place(kinds["Stalls"], "A-2").total_amount == 99
    check(event)


def test_paid_too_late_takes_the_same_seats_at_the_old_price():
    event, kinds = hall()
    order = place(kinds["Stalls"], "A-1")
    payment = decide(order)
    order.expires_at = "2020-01-01T00:00Z"
    order.save(update_fields=["expires_at"])
    cancelling.expire_overdue(cancelling.overdue())
    assert event.seats.get(label="A-1").reserved_booking is None
    ticket_types.change(kinds["Stalls"], by=UserFactory(), price=99)
    assert hear(payment).order.status == "paid"
    assert event.seats.get(label="A-1").reserved_booking == order.bookings.get()
    check(event)


@pytest.mark.parametrize("area", ["Gallery", "stalls", "x" * 50])
def test_a_type_is_for_an_area_that_the_hall_has(area):
    event, kinds = hall()
    with pytest.raises(Invalid) as refusal:
        ticket_types.change(kinds["Stalls"], by=UserFactory(), area=area)
    assert refusal.value.errors == {"area": [f"The hall has no area {area}. It has: Stalls, Balcony."]}


def test_a_type_that_is_sold_elsewhere_stays_where_it_is():
    event, kinds = hall(Any=30)
    admin = UserFactory()
    place(kinds["Any"], "A-1", "C-1")
    with pytest.raises(areas.AreaInUse) as refusal:
        ticket_types.change(kinds["Any"], by=admin, area="Stalls")
    assert str(refusal.value.message).startswith("C-1: sold with tickets for another area.")
    other = TicketTypeFactory(event=event, name="New")
    ticket_types.set_areas(event, [(other, "Stalls")], by=admin)
    assert TicketType.objects.get(pk=other.pk).area == "Stalls"
    with pytest.raises(areas.AreaInUse):
        ticket_types.set_areas(event, [(other, "Balcony"), (kinds["Any"], "Stalls")], by=admin)
    assert TicketType.objects.get(pk=other.pk).area == "Stalls"
    check(event)


def test_an_area_that_is_on_sale_keeps_seats_and_what_is_sold_in_it():
    event, kinds = hall()
    admin, act = UserFactory(), seat_plan.Act.AREA
    place(kinds["Stalls"], "A-1")
    with pytest.raises(areas.AreaInUse) as refusal:
        seat_plan.arrange(event, ["A-1"], act, area="Balcony", by=admin)
    assert refusal.value.details == {"labels": ["A-1"]}
    with pytest.raises(areas.AreaInUse) as refusal:
        seat_plan.arrange(event, ["C-1", "C-2", "C-3", "C-4"], act, area="Stalls", by=admin)
    assert "Balcony is sold for the area Balcony, which would have no seats." in str(refusal.value.message)
    assert seat_plan.arrange(event, ["A-4"], act, area="Balcony", by=admin) == 1
    assert place(kinds["Balcony"], "A-4").total_amount == 20
    check(event)


def test_seats_of_the_house_are_not_sold_and_the_places_follow():
    event, kinds = hall()
    admin = UserFactory()
    assert seat_plan.arrange(event, ["C-1", "C-2"], seat_plan.Act.BLOCKED, by=admin) == 2
    event.refresh_from_db()
    assert (event.capacity, kinds["Balcony"].places_left(event)) == (10, 2)
    with pytest.raises(seats.SeatTaken):
        place(kinds["Balcony"], "C-1")
    assert place(kinds["Balcony"], qty=2).bookings.get().seat_labels == ["C-3", "C-4"]
    seat_plan.arrange(event, ["C-1"], seat_plan.Act.STANDARD, by=admin)
    event.refresh_from_db()
    assert event.capacity == 11
    check(event)


def buy_against_change(prepare=lambda: None):
    """Buyers of one seat each, all over the hall, while the ticket becomes one for the stalls."""
    event, kinds = hall("[Stalls]\nA: 1-4\n[Balcony]\nC: 1-4\n", Any=5)
    labels = ["A-1", "C-1", "C-2", "C-3"]
    buyers = [partial(place, kinds["Any"], label, by=user) for label, user in zip(labels, people(4), strict=True)]
    narrow = partial(ticket_types.change, kinds["Any"], by=UserFactory(), area="Stalls")
    prepare()
    return event, race(*buyers, narrow)


def test_a_ticket_that_becomes_one_for_an_area_against_its_buyers():
    for _round in range(4):
        event, results = buy_against_change()
        assert in_areas(event) == []
        assert len(good(results)) + len(errors(results, DomainError)) == 5
        assert errors(results, areas.AreaInUse) or all(isinstance(one, Invalid) for one in errors(results))
        check(event)


def test_control_without_locks_seats_are_sold_with_tickets_for_another_area(monkeypatch):
    def switch_off():
        switch_row_locks_off(monkeypatch)
        everybody = meeting(5)  # they have read what the ticket is for, and who changes it that nobody has one
        meet_before(monkeypatch, inventory, "count", everybody)
        meet_after(monkeypatch, areas, "check", everybody)

    event, _results = buy_against_change(switch_off)
    assert in_areas(event)


def test_the_last_seats_of_an_area_are_sold_once():
    for _round in range(3):
        event, kinds = hall("[Stalls]\nA: 1-2\n[Balcony]\nC: 1-9\n")
        results = race(*(partial(place, kinds["Stalls"], qty=1, by=user) for user in people(6)))
        assert (len(good(results)), len(errors(results, Conflict))) == (2, 4)
        check(event)
