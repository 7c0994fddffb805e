"""The queue on the page of a sold-out event: joining it, one's number in it, and the way out."""

from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.factories import UserFactory
from bookings import cancelling
from bookings.models import Booking
from bookings.tests.scenes import book, buy, people, scene, text, wait

pytestmark = pytest.mark.django_db
JOIN = "Join the waitlist"


@pytest.fixture
def full():
    """A sold-out event."""
    event, gold = scene(capacity=1, price=100, name="Opera Night")
    buy(UserFactory(), gold)
    return event


def page_of(event) -> str:
    return f"/e/{event.slug}/"


def join(client, event, places=1, key=""):
    return client.post(page_of(event), {"wait_key": key or str(uuid4()), "places": places})


def test_who_joins_sees_the_number_instead_of_the_form(client, me, full):
    for user in people(2):
        wait(full, user)
    assert join(client, full, 2)["Location"] == "/e/" + full.slug + "/#waitlist"
    booking = Booking.objects.get(user=me)
    for _look in range(2):
        page = text(client.get(page_of(full)))
        assert "You are number 3 in the queue for Opera Night." in page
        assert "You wait for 2 places. Free places go to those who wait" in page
        assert f"The mail goes to {me.email}, and you then have 60 minutes to pay. You pay nothing before." in page
        assert f'href="/waitlist/{booking.uid}/leave/"' in page and "Leave the waitlist" in page
        assert JOIN not in page and page.count('id="waitlist"') == 1
    assert "Number 3 in the queue" in text(client.get("/orders/"))


def test_the_number_falls_as_others_leave_and_is_each_ones_own(client, me, full):
    first, second = (wait(full, user) for user in people(2))
    wait(full, me)
    assert "You are number 3" in text(client.get(page_of(full)))
    cancelling.cancel_booking(first, by=first.user)
    assert "You are number 2" in text(client.get(page_of(full)))
    client.force_login(second.user)
    assert "You are number 1" in text(client.get(page_of(full)))
    client.force_login(UserFactory())
    page = text(client.get(page_of(full)))
    assert "You are number" not in page and JOIN in page


def test_who_waits_does_not_join_twice(client, me, full):
    join(client, full, key="once")
    again = client.post(page_of(full), {"wait_key": "once", "places": 1}, follow=True)
    assert "You are in this queue already." not in text(again)
    stale = client.post(page_of(full), {"wait_key": "another", "places": 3}, follow=True)
    assert "You are in this queue already. To wait for another number of places, leave it" in text(stale)
    assert [one.qty for one in Booking.objects.filter(user=me)] == [1]


def test_who_left_may_join_again(client, me, full):
    join(client, full)
    client.post(f"/waitlist/{Booking.objects.get(user=me).uid}/leave/")
    assert JOIN in text(client.get(page_of(full)))
    join(client, full)
    assert list(Booking.objects.filter(user=me).order_by("pk").values_list("status", flat=True)) == [
        "cancelled",
        "waitlisted",
    ]


def test_the_number_of_places_is_kept_through_the_log_in(client, full):
    to = join(client, full, 4)["Location"]
    assert to == f"/login/?next=%2Fe%2F{full.slug}%2F%3Fplaces%3D4%23waitlist"
    client.force_login(UserFactory())
    assert '<option value="4" selected>' in text(client.get(f"{page_of(full)}?places=4"))


@pytest.mark.parametrize("places", ["", "x", "-1", "0", "99999", "%00", "é", "٣"])
def test_any_number_in_the_address_is_borne(client, me, full, places):
    assert client.get(f"{page_of(full)}?places={places}").status_code == 200


def test_a_free_place_needs_no_payment(client, me):
    event, _kind = scene(capacity=1)
    book(event, UserFactory())
    wait(event, me)
    page = text(client.get(page_of(event)))
    assert f"The tickets come to {me.email} then." in page and "to pay" not in page


def test_the_page_costs_the_same_however_many_wait(client, me, full):
    def asked(path) -> int:
        with CaptureQueriesContext(connection) as found:
            assert client.get(path).status_code == 200
        return len(found)

    wait(full, me)
    paths = (page_of(full), "/orders/")
    few = [asked(path) for path in paths]
    other, _kind = scene(capacity=1)
    book(other, UserFactory())
    for event in (full, other):
        wait(event, UserFactory())
        wait(event, me)
    assert [asked(path) for path in paths] == few
