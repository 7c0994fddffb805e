"""`manage.py seed --festival` itself, in its whole size; and that its maker makes the same every time."""

import io

import pytest
from django.core.management import call_command
from django.db import transaction

from accounts.models import User
from bookings.demo import people
from bookings.demo.quiet import quietly
from crew import clashes
from crew.demo import festival, terrain
from crew.models import Assignment
from events.models import Event

pytestmark = pytest.mark.django_db
DAYS = 8  # on which people work; each has one clash that is meant


def shape() -> list:
    """What is the same in every festival of a size: who does what, without the ids, days and moments."""
    given = Assignment.objects.order_by("pk").values_list(
        "person__email", "shift__section__name", "shift__title", "shift__time_slot__name", "status", "origin"
    )
    return [*given, *User.objects.order_by("pk").values_list("email", "full_name")]


def test_it_is_the_same_every_time():
    found = []
    for _time in range(2):
        with transaction.atomic():
            with quietly():
                festival.make(people.administrator(), lambda items, label: items, festival.Size(6, 80, 90))
            found.append(shape())
            transaction.set_rollback(True)
    assert found[0] == found[1] and len(found[0]) > 150


def test_the_command_makes_all_of_it_and_says_so():
    out = io.StringIO()
    call_command("seed", festival=True, stdout=out, stderr=io.StringIO())
    first, second, third = out.getvalue().splitlines()
    assert first.startswith("Made 299 users, 9 events, 20 tickets, 40 sections, 2000 persons, 3000 shifts, ")
    assert second == "Log in as admin@evient.com, crew@evient.com, password admin123;"
    assert third == "or as volunteer@evient.com or any other user, password secret123."
    assert 7500 < Assignment.objects.filter(status__in=Assignment.ALIVE).count() < 8500
    found = Event.objects.get(slug=terrain.SLUG)
    assert len(clashes.of_event(found)) == DAYS
    out = io.StringIO()
    call_command("seed", festival=True, stdout=out, stderr=io.StringIO())
    assert out.getvalue() == "The made-up world exists already; nothing was changed.\n"
