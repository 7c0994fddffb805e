"""Matches under race: decided once, and none is missed when a person and an account come at the same moment."""

from functools import partial
from threading import Barrier

import pytest
from django.db import OperationalError, transaction

from accounts import signup
from accounts.factories import UserFactory
from accounts.tests.racing import errors, good, is_waited_for, meet_after, race, switch_row_locks_off
from crew import importing, matches, persons
from crew.factories import CrowdTypeFactory, PersonFactory
from crew.models import IdentityMatch, Person
from crew.tests.scenes import event_with, house
from eventify.embedded import wait_until
from eventify.lib.errors import Conflict, DomainError

pytestmark = pytest.mark.django_db(transaction=True)
M = IdentityMatch.Status
S = Person.Status
ADDRESS = "jan@example.nl"


def waiting(event=None, user=None) -> IdentityMatch:
    """A match that waits."""
    person = PersonFactory(event=event or event_with())
    return IdentityMatch.objects.create(partner=person.event.partner, person=person, user=user or UserFactory())


# --- Decisions ----------------------------------------------------------------------------------------


def decided(results) -> int:
    """How many decisions were taken; only refusals beside them."""
    assert all(isinstance(error, DomainError) for error in errors(results)), results
    return len(good(results))


def test_of_many_decisions_one_is_taken():
    for _round in range(5):
        match = waiting()
        results = race(*[partial(matches.confirm, match, by=None), partial(matches.dismiss, match, by=None)] * 4)
        assert decided(results) == 1
        row = IdentityMatch.objects.get(pk=match.pk)
        assert row.status in (M.CONFIRMED, M.DISMISSED)
        assert Person.objects.get(pk=match.person_id).user == (match.user if row.status == M.CONFIRMED else None)


def test_control_without_the_locks_several_are_taken(monkeypatch):
    switch_row_locks_off(monkeypatch)
    meet_after(monkeypatch, matches, "_lock", 4)
    match = waiting()
    results = race(*[partial(matches.confirm, match, by=None), partial(matches.dismiss, match, by=None)] * 2)
    assert len(good(results)) > 1


def two_accounts_for_one_person():
    first = waiting()
    second = IdentityMatch.objects.create(partner=first.partner, person=first.person, user=UserFactory())
    return first, race(partial(matches.confirm, first, by=None), partial(matches.confirm, second, by=None))


def test_of_two_accounts_for_one_person_one_is_linked():
    for _round in range(5):
        first, results = two_accounts_for_one_person()
        assert decided(results) == 1
        rows = IdentityMatch.objects.filter(person=first.person)
        assert sorted(rows.values_list("status", flat=True)) == [M.CONFIRMED, M.DISMISSED]
        assert rows.get(status=M.CONFIRMED).user == Person.objects.get(pk=first.person_id).user


def test_control_without_the_locks_both_say_that_they_are_linked(monkeypatch):
    switch_row_locks_off(monkeypatch)
    meet_after(monkeypatch, matches, "_lock", 2)
    _first, results = two_accounts_for_one_person()
    assert len(good(results)) == 2


def one_account_for_two_persons(monkeypatch):
    """Both look before either is linked."""
    event, user = event_with(), UserFactory()
    both = [waiting(event, user) for _number in range(2)]
    meet_after(monkeypatch, matches, "_lock", 2)
    return user, race(*(partial(matches.confirm, match, by=None) for match in both))


def test_of_two_persons_of_an_event_an_account_is_one(monkeypatch):
    user, results = one_account_for_two_persons(monkeypatch)
    assert decided(results) == 1
    assert [str(error.message) for error in errors(results, Conflict)] == [
        "User already has a person record in this event."
    ]
    assert Person.objects.filter(user=user).count() == 1


def test_bulk_confirmations_in_another_order_do_not_block_each_other():
    event = event_with()
    uids = [waiting(event).uid for _number in range(8)]
    orders = (uids, [*reversed(uids)], uids[3:] + uids[:3])
    results = good(race(*(partial(matches.bulk_confirm, house(), order, by=None) for order in orders)))
    assert sum(count for count, _errors in results) == 8
    assert IdentityMatch.objects.filter(status=M.CONFIRMED).count() == 8


# --- A person and an account at the same moment -------------------------------------------------------


def open_together(come: list, parties: int, act):
    """Do it in a transaction that stays open until the others' have done it too, or wait for our commit."""
    with transaction.atomic():
        act()
        come.append(act)
        assert wait_until(lambda: len(come) == parties or is_waited_for(), seconds=20)


def meet(*acts):
    """Both transactions open at once; whoever waits for the other one's lock goes on after its commit."""
    come = []
    results = race(*(partial(open_together, come, len(acts), act) for act in acts))
    assert not [error for error in errors(results) if isinstance(error, OperationalError)], results
    return good(results)


def add_person(event, kind):
    persons.create(event, by=None, crowd_type=kind, name="Jan", email=ADDRESS)


def register():
    signup.register(email=ADDRESS.upper(), password="long-enough-4")


def import_person(event, sheet):
    importing.import_(sheet, event, by=None, digest=importing.read(sheet, event).digest)


def person_and_account():
    event = event_with()
    kind = CrowdTypeFactory(partner=event.partner)
    meet(partial(add_person, event, kind), register)
    return list(IdentityMatch.objects.values_list("person__event", "person__email", "user__email", "status"))


@pytest.mark.parametrize("_round", range(3))
def test_no_match_is_missed(_round):
    [(_event, person, user, status)] = person_and_account()
    assert (person, user.lower(), status) == (ADDRESS, ADDRESS, M.PENDING)


def test_control_without_the_lock_of_the_address_the_match_is_missed(monkeypatch):
    monkeypatch.setattr(matches, "lock_address", lambda _address: None)
    assert person_and_account() == []


def imported_and_account():
    event = event_with()
    kind = CrowdTypeFactory(partner=event.partner)
    sheet = f"name,email,crowd type\nJan,{ADDRESS},{kind.name}\n".encode()
    meet(partial(import_person, event, sheet), register)
    return IdentityMatch.objects.count()


@pytest.mark.parametrize("_round", range(3))
def test_no_match_of_an_imported_person_is_missed(_round):
    assert imported_and_account() == 1


def test_control_without_the_lock_of_all_addresses_that_match_is_missed(monkeypatch):
    monkeypatch.setattr(matches, "lock_every_address", lambda: None)
    assert imported_and_account() == 0


def test_another_address_of_both_at_the_same_moment():
    event = event_with()
    kind = CrowdTypeFactory(partner=event.partner)
    person = persons.create(event, by=None, crowd_type=kind, name="Jan", email="other@example.nl")
    user = UserFactory(email="third@example.nl")
    meet(partial(persons.change, person, by=None, email=ADDRESS), partial(signup.change_email, user, ADDRESS))
    assert list(IdentityMatch.objects.values_list("person", "user")) == [(person.pk, user.pk)]


def test_two_organisations_and_an_account_at_the_same_moment():
    events = [event_with(), event_with()]
    kind = CrowdTypeFactory(partner=house())
    meet(*(partial(add_person, event, kind) for event in events), register)
    assert IdentityMatch.objects.count() == 2


def test_a_person_who_is_deleted_while_their_account_is_made():
    for number in range(5):
        event = event_with()
        kind = CrowdTypeFactory(partner=event.partner)
        address = f"jan{number}@example.nl"
        person = persons.create(event, by=None, crowd_type=kind, name="Jan", email=address)
        results = race(
            partial(persons.delete, person, by=None),
            partial(signup.register, email=address, password="long-enough-4"),
        )
        assert len(good(results)) == 2
    assert not IdentityMatch.objects.exists()


def test_control_without_holding_the_person_the_account_is_a_server_error(monkeypatch):
    """The person goes after the look for them and before the match is written."""
    monkeypatch.setattr(matches.writing, "held", lambda _model, keys: keys)
    event = event_with()
    kind = CrowdTypeFactory(partner=event.partner)
    person = persons.create(event, by=None, crowd_type=kind, name="Jan", email=ADDRESS)
    bulk_create = type(IdentityMatch.objects).bulk_create
    seen, gone = Barrier(2, timeout=20), Barrier(2, timeout=20)

    def create_late(manager, rows, **options):
        seen.wait()
        gone.wait()
        return bulk_create(manager, rows, **options)

    def delete_between():
        seen.wait()
        persons.delete(person, by=None)
        gone.wait()

    monkeypatch.setattr(type(IdentityMatch.objects), "bulk_create", create_late)
    results = race(delete_between, register)
    assert len(errors(results)) == 1
