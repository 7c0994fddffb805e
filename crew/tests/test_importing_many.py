"""Importing thousands of people, and several imports at once."""

import time
from functools import partial

import pytest
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext

from accounts.factories import UserFactory
from accounts.tests.racing import errors, good, meet_after, race
from crew import importing, persons
from crew.factories import CompanyFactory, CrowdTypeFactory
from crew.models import Company, IdentityMatch, Person
from crew.tests.scenes import event_with
from crew.tests.test_importing import csv
from eventify.lib.preview import Moved
from events.models import Event

S = Person.Status


@pytest.fixture
def event(db) -> Event:
    return event_with()


@pytest.fixture
def kind(event):
    return CrowdTypeFactory(partner=event.partner, name="Volunteer")


# --- Many ---------------------------------------------------------------------------------------------


def many(count: int, name: str = "Person") -> bytes:
    lines = (f"{name} {n},P{n}@example.com,06-{n:08},Volunteer,Firm {n % 7},approved" for n in range(count))
    return csv("name,email,phone,crowd type,company,status", *lines)


def queries_of(event: Event, data: bytes, **options) -> tuple[int, int]:
    """How many queries reading takes, and importing."""
    with CaptureQueriesContext(connection) as reading:
        table = importing.read(data, event, **options)
    with CaptureQueriesContext(connection) as writes:
        importing.import_(data, event, by=None, digest=table.digest, **options)
    return len(reading), len(writes)


def test_two_thousand_rows_take_seconds_and_as_many_queries_as_two(event, kind):
    for number in range(0, 2000, 100):
        UserFactory(email=f"p{number}@EXAMPLE.com")
    for number in range(7):
        CompanyFactory(partner=event.partner, name=f"Firm {number}")
    options = {"create_companies": True, "update": True}
    few = queries_of(event_with(), many(2), **options)
    assert few == queries_of(event_with(), many(900), **options)  # one batch
    start = time.process_time()
    reading, writes = queries_of(event, many(2000), **options)
    assert time.process_time() - start < 8
    assert (reading, writes - few[1]) == (few[0], 1)  # and one more statement for each thousand
    assert Person.objects.filter(event=event, status=S.APPROVED).count() == 2000
    assert IdentityMatch.objects.filter(person__event=event).count() == 20
    again = queries_of(event, many(2000, "Renamed"), **options)
    assert again[0] == few[0]
    assert again[1] < few[1] + 5
    assert Person.objects.filter(event=event, name__startswith="Renamed").count() == 2000


# --- At once ------------------------------------------------------------------------------------------


def import_at_once(prepare=lambda: None):
    event = event_with()
    CrowdTypeFactory(partner=event.partner, name="Volunteer")
    digest = importing.read(many(5), event, create_companies=True).digest
    prepare()
    call = partial(importing.import_, many(5), event, by=None, digest=digest, create_companies=True)
    return event, race(*[call] * 4)


@pytest.mark.django_db(transaction=True)
def test_a_file_imported_many_times_at_once_is_imported_once():
    event, results = import_at_once()
    assert len(good(results)) == 1
    assert len(errors(results, Moved)) == 3
    assert (Person.objects.filter(event=event).count(), Company.objects.count()) == (5, 5)


@pytest.mark.django_db(transaction=True)
def test_control_without_the_lock_only_the_constraint_keeps_people_from_being_there_twice(monkeypatch):
    monkeypatch.setattr(importing, "lock_one", lambda event: event)
    event, results = import_at_once(partial(meet_after, monkeypatch, importing, "read", 4))
    assert len(errors(results, Moved)) == 3
    assert Person.objects.filter(event=event).count() == 5


@pytest.mark.django_db(transaction=True)
def test_somebody_who_is_added_while_the_file_is_imported():
    event = event_with()
    kind = CrowdTypeFactory(partner=event.partner, name="Volunteer")
    digest = importing.read(many(5), event, create_companies=True).digest
    results = race(
        partial(importing.import_, many(5), event, by=None, digest=digest, create_companies=True),
        partial(persons.create, event, by=None, crowd_type=kind, name="Jan", email="p3@example.com"),
    )
    assert len(good(results)) == 1
    assert Person.objects.filter(event=event).count() in (1, 5)
    assert not errors(results, IntegrityError)
    assert Company.objects.count() in (0, 5)
