"""Kinds of ticket of which one must buy several at once: sold so, shown so, and no rule for what comes later."""

from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from accounts.factories import UserFactory
from bookings import cancelling, orders, sales, selling, ticket_types, transfers, waitlist
from bookings.factories import TicketTypeFactory
from bookings.forms import BookingForm, WaitlistForm, field_name, why_not_now
from bookings.models import Booking, TicketType
from bookings.sales import OverLimit, UnderLimit
from bookings.tests.invariants import check
from bookings.tests.scenes import book, buy, decide, hear, pay, people, scene, statuses, text, wait
from bookings.tests.test_areas import hall, place
from eventify.lib.errors import Invalid
from events.models import Event

numbers = st.integers(0, 30)


@pytest.fixture
def pairs(db) -> tuple[Event, TicketType]:
    """An event of five places, sold in pairs at least."""
    event, kind = scene(capacity=5, price=10)
    return event, ticket_types.change(kind, by=UserFactory(), min_per_order=2)


def refuses(qty: int, kind: TicketType) -> bool:
    try:
        sales.check_least(kind, qty)
    except UnderLimit:
        return True
    return False


# --- Any numbers --------------------------------------------------------------------------------------


@given(
    least=st.integers(1, 20), total=st.none() | numbers, sold=numbers, capacity=numbers, booked=numbers, asked=numbers
)
def test_what_is_for_sale_can_be_bought_and_nothing_else(least, total, sold, capacity, booked, asked):
    sold, booked = min(sold, total if total is not None else sold), min(booked, capacity)
    event = Event(capacity=capacity, booked_count=booked)
    kind = TicketType(event=event, name="Pair", min_per_order=least, quantity_total=total, quantity_sold=sold)
    kind.area_free = None
    left, for_sale = kind.places_left(event), kind.places_for_sale(event)
    sells = [qty for qty in range(1, left + 1) if not refuses(qty, kind)]
    assert sells == list(range(least, left + 1))
    assert for_sale == (max(sells) if sells else 0)
    assert (kind.shown_status(event) == "sold_out", why_not_now(kind, event) == "Sold out") == (not sells, not sells)
    assert refuses(asked, kind) == (asked < least)


@given(leasts=st.lists(st.integers(1, 20), min_size=1, max_size=4), qty=st.integers(1, 25), left=numbers)
def test_a_booking_of_any_type_takes_one_that_sells_so_many_if_there_is_one(leasts, qty, left):
    event = Event(capacity=left)
    types = [TicketType(pk=n, event=event, min_per_order=least) for n, least in enumerate(leasts)]
    chosen = selling.type_with_room(event, types, qty)
    assert refuses(qty, chosen) == all(least > qty for least in leasts)
    own = types[-1].pk
    wanted = waitlist.wanted_types(dict(enumerate(types)), own, True, qty)
    assert {one.pk for one in wanted} == {own, *(one.pk for one in types if one.min_per_order <= qty)}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("limits", "most"),
    [
        ({"min_per_order": 0}, 20),
        ({"min_per_order": 21}, 20),
        ({"min_per_order": 5, "max_per_order": 4}, 4),
        ({"min_per_order": 3, "max_per_person": 2}, 2),
        ({"min_per_order": 3, "quantity_total": 2}, 2),
        ({"min_per_order": 2, "quantity_total": 0}, 1),
    ],
)
def test_what_nobody_could_buy_is_refused(limits, most):
    _event, kind = scene()
    with pytest.raises(Invalid) as refusal:
        ticket_types.change(kind, by=UserFactory(), **limits)
    assert refusal.value.errors == {"min_per_order": [f"Use from 1 to {most}."]}


# --- Selling ------------------------------------------------------------------------------------------


def test_fewer_are_refused_by_every_way_to_buy_and_change_nothing(pairs):
    event, kind = pairs
    user = UserFactory()
    for ask in (lambda: buy(user, kind), lambda: book(event, user), lambda: wait(event, user)):
        with pytest.raises(UnderLimit) as refusal:
            ask()
        assert str(refusal.value.message) == "At least 2 of General admission in one order."
    assert (Booking.objects.count(), buy(user, kind, qty=2).total_amount) == (0, 20)
    check(event)


def test_it_costs_no_statement(pairs):
    """A sale that is decided without a lock stays one, with as many statements."""

    def asked(kind):
        user = UserFactory()
        with CaptureQueriesContext(connection) as found:
            orders.decide([orders.Line(kind.pk, 2)], by=user)
        return [query["sql"].split()[0] for query in found]

    free = scene()[1]
    asked(free)  # plans are made
    assert asked(free) == asked(ticket_types.change(scene()[1], by=UserFactory(), min_per_order=2))


@pytest.mark.django_db
def test_seats_of_an_area_with_a_least_number():
    event, kinds = hall()
    ticket_types.change(kinds["Stalls"], by=UserFactory(), min_per_order=2)
    with pytest.raises(UnderLimit):
        place(kinds["Stalls"], "A-1")
    place(kinds["Stalls"], "A-1", "A-2")
    place(kinds["Balcony"], "C-1")
    check(event)


def test_what_was_bought_is_cancelled_and_passed_on_one_by_one(pairs):
    event, kind = pairs
    order, friend = pay(buy(people(1)[0], kind, qty=3)), UserFactory()
    first, second, _third = order.tickets.order_by("pk")
    cancelling.cancel_tickets(order, [first], by=order.user)
    cancelling.cancel_tickets(order, [second], by=order.user)
    ticket = order.tickets.filter(status="valid").get()
    link = transfers.offer(ticket, friend.email, by=order.user)
    transfers.accept(transfers.token_of(link.seed), by=friend)
    ticket.refresh_from_db()
    assert ticket.user == friend
    check(event)


def test_who_pays_late_has_what_was_promised(pairs, settings):
    event, kind = pairs
    settings.EVENTIFY_HOLD_MINUTES = -1
    order = buy(people(1)[0], kind, qty=2)
    payment = decide(order)
    cancelling.expire_overdue(cancelling.overdue())
    ticket_types.change(kind, by=UserFactory(), min_per_order=4)
    assert hear(payment).order.status == "paid"
    check(event)


# --- What is left, and the queue ----------------------------------------------------------------------


def test_what_is_left_below_it_is_sold_out_for_newcomers(client, pairs):
    event, kind = pairs
    buy(UserFactory(), kind, qty=4)
    event.refresh_from_db()
    kind = event.ticket_types.get()
    assert (kind.places_left(event), sales.is_sold_out(event), sales.prices(event)) == (1, True, set())
    page = text(client.get(f"/e/{event.slug}/"))
    assert "Sold out" in page and "Only 1 left" not in page and 'id="waitlist"' in page
    ticket_types.change(kind, by=UserFactory(), min_per_order=1)
    page = text(client.get(f"/e/{event.slug}/"))
    assert "Only 1 left" in page and 'id="waitlist"' not in page


def test_the_queue_gives_places_to_who_may_have_them(pairs):
    """Both wait for the event: the single one takes the type that sells one by one, and is not behind the pair."""
    event, kind = pairs
    single = TicketTypeFactory(event=event, name="Single", price=30, quantity_total=1)
    full = [buy(user, one, qty=qty) for user, one, qty in zip(people(3), (kind, kind, single), (2, 2, 1), strict=True)]
    event.refresh_from_db()
    pair, alone = wait(event, people(1)[0], 2), wait(event, people(1)[0], 1)
    assert (pair.ticket_type, alone.ticket_type) == (kind, single)
    cancelling.cancel(full[2], by=full[2].user)
    assert statuses(pair, alone) == ["waitlisted", "waitlisted"]  # the pair is first and waits for room
    cancelling.cancel(full[0], by=full[0].user)
    assert statuses(pair, alone) == ["pending", "pending"]
    alone.refresh_from_db()
    assert alone.ticket_type == single
    check(event)


# --- The page -----------------------------------------------------------------------------------------


def test_the_numbers_of_the_page_begin_with_it(client, pairs):
    event, kind = pairs
    name = field_name(kind)
    form = BookingForm(event)
    assert [number for number, _label in form.fields[name].widget.choices] == [0, 2, 3, 4, 5]
    assert form.fields[name].initial == 2
    assert [number for number, _label in WaitlistForm(event).fields["places"].widget.choices] == list(range(2, 11))
    assert "At least 2 in one order" in text(client.get(f"/e/{event.slug}/"))
    answer = client.post(f"/e/{event.slug}/", {"key": str(uuid4()), name: "1"})
    assert answer.status_code == 409
    assert "At least 2 of General admission in one order." in text(answer)
    assert not Booking.objects.exists()
    TicketType.objects.filter(pk=kind.pk).update(max_per_order=2)
    with pytest.raises(OverLimit):
        buy(UserFactory(), kind, qty=3)
