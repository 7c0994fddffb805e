"""The seat map of a hall with prices of its own for each area."""

import gzip
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.factories import UserFactory
from bookings import hall_text, halls, seat_plan, ticket_types
from bookings.models import Order
from bookings.tests.invariants import check
from bookings.tests.scenes import scene, text
from events.models import Event

pytestmark = pytest.mark.django_db
PLAN = "[Stalls]\nA: 1-6\n[Balcony]\nC: 1-6\n"


def hall(plan=PLAN, **prices) -> tuple[Event, dict]:
    """An event with a hall and a type for each area with a price; `Any` is for all seats."""
    event, first = scene(capacity=1, currency="EUR")
    by = UserFactory()
    halls.save(event, hall_text.read(plan), by=by)
    first.delete()
    areas = {name: "" if name == "Any" else name.split("_")[0] for name in prices}
    make = ticket_types.create
    return event, {name: make(event, by=by, name=name, price=price, area=areas[name]) for name, price in prices.items()}


@pytest.fixture
def user(client):
    user = UserFactory()
    client.force_login(user)
    return user


def look(client, event, query="") -> str:
    return text(client.get(f"/e/{event.slug}/seats/{query}"))


def send(client, event, *labels, **data):
    return client.post(f"/e/{event.slug}/seats/", {"seats": labels, "key": "once", **data})


def sold(order) -> dict:
    return {one.ticket_type.name: one.seat_labels for one in order.bookings.select_related("ticket_type")}


def test_each_seat_says_its_price_and_each_price_has_a_look(client):
    event, _kinds = hall(Stalls=45, Balcony=Decimal("19.50"))
    page = look(client, event)
    assert '<span class="name">Row A seat 1, Stalls, €45<i>, free</i></span>' in page
    assert '<span class="name">Row C seat 6, Balcony, €19.50<i>, free</i></span>' in page
    assert page.count('class="seat price-1"') == page.count('class="seat price-2"') == 7  # one in the legend
    assert '<span class="price">€45</span> Stalls' in page and '<span class="price">€19.50</span> Balcony' in page
    assert 'data-area="Stalls" data-sold data-price="45.00"' in page and "qty_" not in page


def test_one_price_for_all_needs_no_letters(client):
    event, _kinds = hall(Any=10)
    page = look(client, event)
    assert "price-1" not in page and "seat-prices" not in page
    assert '<span class="name">Row A seat 1, Stalls, €10<i>, free</i></span>' in page


def test_choosing_seats_chooses_their_prices(client, user):
    event, _kinds = hall(Stalls=45, Balcony=20)
    assert "€65 in all" in look(client, event, "?seats=A-1&seats=C-1")
    assert send(client, event, "A-1", "A-2", "C-1", "C-2").status_code == 302
    order = Order.objects.get()
    assert (sold(order), order.total_amount) == ({"Stalls": ["A-1", "A-2"], "Balcony": ["C-1", "C-2"]}, 130)
    check(event)


def test_of_several_tickets_for_an_area_numbers_are_asked(client, user):
    event, kinds = hall(Stalls=45, Stalls_child=15, Balcony=20)
    page = look(client, event)
    assert page.count('<select name="qty_') == 2 and "€15 – €45" in page
    data = {f"qty_{kinds['Stalls'].pk}": 1, f"qty_{kinds['Stalls_child'].pk}": 1}
    assert send(client, event, "A-1", "A-2", "C-1", "C-2", **data).status_code == 302
    assert sold(Order.objects.get()) == {"Stalls": ["A-1"], "Stalls_child": ["A-2"], "Balcony": ["C-1", "C-2"]}
    check(event)


def test_tickets_for_all_seats_take_what_is_left(client, user):
    event, kinds = hall(Any=30, Balcony=20)
    data = {f"qty_{kinds['Any'].pk}": 3, f"qty_{kinds['Balcony'].pk}": 1}
    assert send(client, event, "A-1", "A-2", "C-1", "C-2", **data).status_code == 302
    assert sold(Order.objects.get()) == {"Any": ["A-1", "A-2", "C-2"], "Balcony": ["C-1"]}
    data = {f"qty_{kinds['Balcony'].pk}": 2}
    answer = send(client, event, "A-3", "A-4", key="again", **data)
    assert (answer.status_code, "for other parts of the hall than the seats" in text(answer)) == (400, True)
    check(event)


def test_an_area_without_a_ticket_is_not_on_sale(client, user):
    event, _kinds = hall(Stalls=45)
    page = look(client, event)
    assert "not on sale" in page and 'value="C-1" disabled' in page and 'value="A-1" disabled' not in page
    answer = send(client, event, "C-1", "C-2")
    assert (answer.status_code, "No tickets are on sale for C-1, C-2." in text(answer)) == (400, True)


def test_the_best_seats_of_one_area(client):
    event, _kinds = hall(Stalls=45, Balcony=20)
    assert "Chosen for you: C-1, C-2." in look(client, event, "?best=2&area=Balcony")
    assert "Chosen for you: A-1, A-2." in look(client, event, "?best=2&area=")
    assert "So many seats are not free any more." in look(client, event, "?best=7&area=Stalls")
    for wrong in ("Pit", "%00", "%ED%A0%80", "9" * 5000):
        assert client.get(f"/e/{event.slug}/seats/?best=2&area={wrong}").status_code == 400


def test_what_is_proposed_instead_costs_the_same(client, user):
    event, _kinds = hall(Stalls=45, Balcony=20)
    answer = send(client, event, "A-2", "A-3", "C-1", "C-2")
    assert answer.status_code == 409 and "Take A-1, A-2, C-1, C-2 instead" in text(answer)
    assert send(client, event, instead="A-1 A-2 C-1 C-2").status_code == 302
    assert Order.objects.get().total_amount == 130


def test_seats_of_the_house_and_aisles_are_seen(client):
    event, _kinds = hall("A: 1-2 | 3 X4\n~\nB: 1\n", Any=5)
    page = look(client, event)
    assert 'value="A-4" disabled' in page and page.count('class="aisle"') == 1 and page.count("after-gap") == 1
    assert "4 of 5 seats are free" in page
    seat_plan.arrange(event, ["A-4"], seat_plan.Act.STANDARD, by=UserFactory())
    assert "5 of 5 seats are free" in look(client, event)


def test_two_thousand_seats_are_a_small_page_and_no_more_queries(client):
    counted = []
    for rows, width in ((2, 20), (40, 50)):
        plan = "".join(f"[Area {row % 2}]\n" * (row in (0, rows // 2)) + f"R{row}: 1-{width}\n" for row in range(rows))
        plan = plan.replace(f"[Area {rows // 2 % 2}]\nR{rows // 2}:", f"[Area 1]\nR{rows // 2}:")
        event, _kinds = hall(plan, **{"Area 0": 45, "Area 1": 20})
        with CaptureQueriesContext(connection) as asked:
            answer = client.get(f"/e/{event.slug}/seats/", headers={"Accept-Encoding": "gzip"})
        page = gzip.decompress(answer.content)
        assert page.count(b'name="seats"') == rows * width
        counted.append(len(asked))
    assert counted[0] == counted[1] <= 9
    assert len(answer.content) < 40_000 and len(page) < 600_000
