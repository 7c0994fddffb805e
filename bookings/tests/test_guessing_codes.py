"""Whoever guesses promo codes is stopped, wherever they are typed; right codes are never counted."""

from decimal import Decimal

import pytest
from django.test import Client

from bookings import orders, promos
from bookings.models import TicketType
from bookings.tests.scenes import people, scene, text
from eventify.lib import ratelimit
from events.models import Event

pytestmark = pytest.mark.django_db
MOST = 3
SORRY = "That was a lot of tries in a short time."


@pytest.fixture(autouse=True)
def limits(settings):
    settings.EVENTIFY_RATE_LIMITS = True
    plenty = {name: (1000, 60) for name in settings.RATE_LIMITS}
    settings.RATE_LIMITS = {**plenty, "promo": (MOST, 60)}


@pytest.fixture
def kind() -> TicketType:
    """A type of a seated event with a code."""
    event, kind = scene(price=100, capacity=20, seating=Event.Seating.EXPLICIT)
    promos.create(event, by=None, code="RIGHT", percent_off=Decimal(10))
    return kind


def by_get(client, kind, code):
    return client.get(f"/e/{kind.event.slug}/", {"code": code})


def by_post(client, kind, code):
    return client.post(f"/e/{kind.event.slug}/", {"key": "k", "code": code, f"qty_{kind.pk}": 0})


def on_the_seat_map(client, kind, code):
    return client.get(f"/e/{kind.event.slug}/seats/", {"code": code})


WAYS = pytest.mark.parametrize("way", [by_get, by_post, on_the_seat_map], ids=lambda way: way.__name__)


@WAYS
def test_wrong_codes_are_counted_and_then_even_the_right_one_says_nothing(client, kind, way):
    for number in range(MOST):
        assert SORRY not in text(way(client, kind, f"WRONG{number}"))
    for code in ("WRONG", "RIGHT"):
        answer = way(client, kind, code)
        assert (answer.status_code, SORRY in text(answer)) == (429, True)
        assert int(answer["Retry-After"]) > 0
    assert way(client, kind, "").status_code in (200, 400)  # who types no code is not concerned


@WAYS
def test_right_codes_are_not_counted(client, kind, way):
    for _time in range(MOST * 3):
        assert way(client, kind, "right").status_code in (200, 400)


def test_they_are_counted_together_from_one_address(client, kind):
    ways = [by_get, by_post, on_the_seat_map]
    for way in ways:
        assert way(Client(), kind, "WRONG").status_code != 429
    assert [way(Client(), kind, "WRONG").status_code for way in ways] == [429] * 3
    assert by_get(Client(REMOTE_ADDR="192.0.2.9"), kind, "WRONG").status_code == 200


def test_at_the_checkout(client, kind):
    (user,) = people(1)
    client.force_login(user)
    paths = [
        f"/orders/{orders.place([orders.Line(kind.pk, 1)], by=user, at_checkout=True).uid}/checkout/"
        for _number in range(MOST + 1)
    ]
    for path in paths[:MOST]:  # another order each time, so that it is another page
        assert client.post(path, {"use_code": "1", "code": "WRONG"}).status_code == 422
    assert client.post(paths[-1], {"use_code": "1", "code": "RIGHT"}).status_code == 429
    assert SORRY in text(client.post(paths[-1], {"use_code": "1", "code": "WRONG"}))


def test_what_is_taken_back_never_counts_below_nothing():
    ratelimit.take_back("promo", "192.0.2.1")
    for _time in range(MOST):
        ratelimit.hit("promo", "192.0.2.1")
    with pytest.raises(ratelimit.TooManyRequests):
        ratelimit.hit("promo", "192.0.2.1")
