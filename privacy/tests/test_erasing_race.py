"""An erasure and a booking of the same moment: one of them is refused, and nobody's row gets a ticket."""

from functools import partial

import pytest
from django.db import connection

from accounts.factories import UserFactory
from accounts.models import User
from accounts.tests.racing import follow, good, race, switch_row_locks_off
from bookings import orders
from bookings.models import Booking
from bookings.tests.invariants import check
from bookings.tests.scenes import book, scene, wait
from crew import signup
from crew.factories import CrowdTypeFactory
from crew.models import Person
from crew.tests.scenes import section_of, shift_at
from eventify.lib.errors import DomainError, Forbidden
from events.models import Event
from privacy import erasing

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 12


def erase(user: User) -> bool:
    return bool(erasing.erase(User.objects.get(pk=user.pk), by=User.objects.get(pk=user.pk)))


def booked_by_nobody() -> int:
    """Places that somebody got who is erased."""
    return Booking.objects.filter(user__erased_at__isnull=False).count()


def test_either_the_booking_or_the_erasure():
    done = []
    for number in range(ROUNDS):
        event, _kind = scene(price=(0, 10)[number % 2])
        user = UserFactory()
        calls = (partial(erase, user), partial(orders.book, event.pk, 1, by=user))
        found = good(race(*calls[:: (1, -1)[number % 3 == 0]]))
        assert len(found) == 1
        done.append(found[0] is True)
        assert booked_by_nobody() == 0
        check(event)
    assert User.objects.filter(erased_at__isnull=False).count() == sum(done)


def in_between(monkeypatch):
    """The erasure has looked and found nothing in the way; now the booking comes."""
    event, _kind = scene()
    user = UserFactory()
    follow(monkeypatch, (erasing, "_erase_locked"), (orders, "book"))
    follow(monkeypatch, (orders, "book"), (erasing, "_check_nothing_is_open"))
    return race(partial(erase, user), lambda: orders.book(event.pk, 1, by=user))


def test_a_booking_that_comes_in_between_is_refused(monkeypatch):
    erased, refused = in_between(monkeypatch)
    assert erased is True and isinstance(refused, Forbidden) and booked_by_nobody() == 0


def test_control_without_the_locks_both_are_done(monkeypatch):
    switch_row_locks_off(monkeypatch)
    found = in_between(monkeypatch)
    assert len(good(found)) == 2 and booked_by_nobody() == 1


def ways_in(user: User) -> list:
    """What may give something to somebody whose token was good a moment ago."""
    full, _kind = scene(capacity=1)
    book(full, UserFactory())
    free, paid = scene()[0], scene(price=10)[0]
    crew = scene(state=Event.State.REGISTRATION_OPEN)[0]
    shift_at(section_of(crew)), CrowdTypeFactory(partner=crew.partner)
    return [
        partial(orders.book, free.pk, 1, by=user),
        partial(orders.book, paid.pk, 1, by=user),
        partial(wait, full, user),
        partial(_sign_up, crew, user),
    ]


def _sign_up(event: Event, user: User) -> Person:
    return signup.sign_up(event, user=user)


def test_nothing_new_becomes_theirs_afterwards():
    user = UserFactory()
    ways = ways_in(user)
    erase(user)
    results = race(*ways)
    assert [type(one) for one in results[:3]] == [Forbidden] * 3
    assert isinstance(results[3], DomainError), results[3]
    assert booked_by_nobody() == 0 and not Person.objects.filter(user=user).exists()


TRIGGERS = (("bookings_order", "order_of_nobody"), ("bookings_booking", "booking_of_nobody"))


def test_control_without_the_triggers_it_does():
    user = UserFactory()
    ways = ways_in(user)[:3]
    erase(user)
    _switch("DISABLE")
    try:
        assert not [one for one in race(*ways) if isinstance(one, DomainError)]
        assert booked_by_nobody() == 3
    finally:
        _switch("ENABLE")


def _switch(how: str) -> None:
    with connection.cursor() as cursor:
        for table, trigger in TRIGGERS:
            cursor.execute(f"ALTER TABLE {table} {how} TRIGGER {trigger}")


def test_two_erasures_at_once_are_one():
    user = UserFactory()
    assert sorted(good(race(*[partial(erase, user)] * 3))) == [False, False, True]
