"""Decisions about people that come at the same moment."""

from functools import partial
from threading import Barrier

import pytest
from django.db import IntegrityError

from accounts.models import OutgoingMail
from accounts.tests.racing import errors, good, meet_after, race, switch_row_locks_off
from crew import assignments, persons, writing
from crew.factories import CompanyFactory, CrowdTypeFactory, PersonFactory
from crew.models import Assignment, Person
from crew.tests.invariants import check
from crew.tests.scenes import event_with, shift_at, take, volunteer
from eventify.lib.errors import DomainError, Invalid

pytestmark = pytest.mark.django_db(transaction=True)
S = Person.Status
HOW_MANY = 8


# --- One address, many additions ----------------------------------------------------------------------


def add_at_once(monkeypatch, event):
    kind = CrowdTypeFactory(partner=event.partner)
    meet_after(monkeypatch, persons, "check", HOW_MANY)
    addresses = ("jan@example.nl", "JAN@example.nl") * (HOW_MANY // 2)
    return race(
        *(partial(persons.create, event, by=None, crowd_type=kind, name="Jan", email=address) for address in addresses)
    )


def test_of_many_with_one_address_one_is_added(monkeypatch):
    event = event_with()
    results = add_at_once(monkeypatch, event)
    assert len(good(results)) == 1
    assert [set(refusal.errors) for refusal in errors(results, Invalid)] == [{"email"}] * (HOW_MANY - 1)
    assert Person.objects.filter(event=event).count() == 1


def test_control_without_reading_the_constraint_it_is_a_server_error(monkeypatch):
    monkeypatch.setattr(writing, "constraint_of", lambda _error: "")
    results = add_at_once(monkeypatch, event_with())
    assert len(errors(results, IntegrityError)) == HOW_MANY - 1


# --- Approved twice -----------------------------------------------------------------------------------


def approve_at_once(person):
    many = [PersonFactory(event=person.event, status=S.PENDING) for _number in range(2)]
    alone = [partial(persons.approve, person, by=None)] * 4
    together = [
        partial(persons.approve_all, rows, by=None) for rows in ([person, *many], [*reversed(many), person]) * 2
    ]
    results = race(*alone, *together)
    return results, OutgoingMail.objects.filter(template="crew_approved", to=person.email).count()


def test_however_often_somebody_is_approved_at_once_they_are_told_once():
    results, letters = approve_at_once(PersonFactory(event=event_with(), status=S.PENDING))
    assert good(results) and letters == 1


def test_control_without_the_lock_they_are_told_again(monkeypatch):
    switch_row_locks_off(monkeypatch)
    meet_after(monkeypatch, persons, "lock", 4)
    _results, letters = approve_at_once(PersonFactory(event=event_with(), status=S.PENDING))
    assert letters > 1  # some may end in a deadlock, too


# --- Claim against rejection --------------------------------------------------------------------------


def claim_against(verb):
    """A person claims shifts while they are rejected; (the event, the person's pk, results)."""
    event = event_with()
    person = volunteer(event)
    slots = [shift_at(event, hours) for hours in ("08:00-09:00", "10:00-11:00", "12:00-13:00")]
    claims = [partial(take, shift, person) for shift in slots]
    return event, person, race(*claims, partial(verb, person, by=None))


@pytest.mark.parametrize("verb", [persons.reject, persons.blacklist])
def test_nobody_who_was_turned_down_keeps_a_shift(verb):
    for _round in range(5):
        event, person, results = claim_against(verb)
        assert not [error for error in errors(results) if not isinstance(error, DomainError)]
        assert not Person.objects.get(pk=person.pk).may_work
        assert not Assignment.objects.filter(person=person, status__in=Assignment.ALIVE).exists()
        check(event)


def test_control_without_the_locks_somebody_keeps_one(monkeypatch):
    """The claim is written after the rejection has looked for shifts to cancel."""
    switch_row_locks_off(monkeypatch)
    looked, cancel_all, put = Barrier(2, timeout=20), assignments.cancel_all, assignments._put
    monkeypatch.setattr(assignments, "cancel_all", lambda *args, **more: (cancel_all(*args, **more), looked.wait())[0])
    monkeypatch.setattr(assignments, "_put", lambda *args, **more: (looked.wait(), put(*args, **more))[1])
    event = event_with()
    person = volunteer(event)
    good(race(partial(take, shift_at(event), person), partial(persons.reject, person, by=None)))
    assert not Person.objects.get(pk=person.pk).may_work
    assert Assignment.objects.filter(person=person, status__in=Assignment.ALIVE).exists()


def test_who_is_deleted_while_they_claim_leaves_nothing_behind():
    for _round in range(5):
        event, person, results = claim_against(persons.delete)
        assert not [error for error in errors(results) if not isinstance(error, DomainError)]
        assert not Person.objects.filter(pk=person.pk).exists()
        check(event)


# --- Approval against blacklist -----------------------------------------------------------------------


def test_approved_and_blacklisted_at_once_nobody_may_work(monkeypatch):
    for _round in range(6):
        person = PersonFactory(event=event_with(), status=S.PENDING)
        results = race(
            partial(persons.approve, person, by=None),
            partial(persons.blacklist, person, by=None),
            partial(persons.approve_all, [person], by=None),
        )
        assert not [error for error in errors(results) if not isinstance(error, DomainError)]
        assert not Person.objects.get(pk=person.pk).may_work


def test_changes_of_different_fields_at_once_all_stay():
    person = PersonFactory(event=event_with(), status=S.PENDING)
    company = CompanyFactory(partner=person.event.partner)
    changes = ({"name": "Piet"}, {"notes": "Nice."}, {"company": company}, {"phone": "112"}, {"status": "invited"})
    good(race(*(partial(persons.change, person, by=None, **change) for change in changes)))
    person.refresh_from_db()
    found = (person.name, person.notes, person.company, person.phone, person.status)
    assert found == ("Piet", "Nice.", company, "112", "invited")
