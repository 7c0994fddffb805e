"""One seat is a seat and two are seats, wherever an order names them."""

import pytest

from accounts.factories import UserFactory
from bookings.models import Order
from bookings.tests.desk import DESK, staff
from bookings.tests.scenes import book, scene, text
from events.models import Event

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("chosen", "words", "others"),
    [(("A-2",), ">Seat A-2<", "Seats A-2"), (("A-2", "A-3"), ">Seats A-2, A-3<", "Seat A-2")],
)
def test_seats_are_named_by_their_number(client, chosen, words, others):
    event, _kind = scene(capacity=4, price=10, seating=Event.Seating.AUTOMATIC)
    user = UserFactory()
    order = book(event, user, len(chosen), chosen=chosen).order
    client.force_login(user)
    pages = [client.get(f"/orders/{order.uid}/checkout/"), client.get(f"/orders/{order.uid}/")]
    staff(client, "Super Admin")
    pages.append(client.get(f"{DESK}/orders/{Order.objects.get().uid}/"))
    for page in pages:
        assert page.status_code == 200
        assert words in text(page) and others not in text(page)
