"""Identity matches: guessed, confirmed, dismissed, and never linked silently."""

import pytest
import time_machine

from accounts import signup
from accounts.factories import UserFactory
from accounts.models import AuditLog, OutgoingMail
from crew import matches, persons
from crew.factories import CrowdTypeFactory, PersonFactory
from crew.models import IdentityMatch, Person
from crew.tests.scenes import event_with, house
from eventify.lib.errors import Conflict, Invalid, Missing
from eventify.lib.ids import new_uid
from events.factories import EventFactory
from partners import inviting
from partners.factories import PartnerFactory

pytestmark = pytest.mark.django_db
M = IdentityMatch.Status
TWICE = "User already has a person record in this event."


def known(event, email: str = "jan@example.nl", **fields) -> Person:
    """Somebody whom a planner adds."""
    kind = CrowdTypeFactory(partner=event.partner)
    return persons.create(event, by=None, crowd_type=kind, name="Jan", email=email, **fields)


def register(email: str = "jan@example.nl"):
    return signup.register(email=email, password="long-enough-4", full_name="Jan Jansen")


def found() -> list[tuple]:
    """(event, address of the account, status) of all matches."""
    rows = IdentityMatch.objects.order_by("pk").select_related("person__event", "user")
    return [(row.person.event, row.user.email, row.status) for row in rows]


def waiting(event=None) -> IdentityMatch:
    """A match that waits, of an account and a person with the same address."""
    user = UserFactory()
    person = known(event or event_with(), user.email)
    return IdentityMatch.objects.get(person=person)


# --- Guessed ------------------------------------------------------------------------------------------


def test_a_person_whose_address_an_account_has():
    user = UserFactory(email="Jan@example.nl")
    event = event_with()
    person = known(event, "jAN@EXAMPLE.NL")
    match = IdentityMatch.objects.get()
    assert (match.person, match.user, match.partner) == (person, user, event.partner)
    assert (match.matched_on, match.confidence, match.status) == ("email", "exact", "pending")
    assert (match.decided_by, match.decided_at) == (None, None)
    assert Person.objects.get(pk=person.pk).user is None
    assert Person.objects.get(pk=person.pk).waiting_match == match


def test_a_person_without_an_account_or_an_address_is_no_match():
    UserFactory(email="piet@example.nl")
    UserFactory(email="closed@example.nl", is_active=False)
    for address in ("", "jan@example.nl", "closed@example.nl"):
        known(event_with(), address)
    assert found() == []


def test_an_account_finds_its_persons_of_all_organisations():
    events = [event_with(), event_with(), EventFactory(partner=PartnerFactory())]
    for event in events:
        known(event, "Jan@Example.nl")
    known(event_with(), "piet@example.nl")
    linked = known(event_with(), "jan@example.nl")
    Person.objects.filter(pk=linked.pk).update(user=UserFactory())
    user = register("JAN@example.nl")
    matches = sorted(found(), key=lambda match: match[0].pk)  # they are made in whatever order the persons are read
    assert matches == [(event, "JAN@example.nl", M.PENDING) for event in events]
    assert [match.partner for match in IdentityMatch.objects.order_by("pk")] == [event.partner for event in events]
    assert not Person.objects.filter(user=user).exists()


def test_an_account_that_accepts_an_invitation():
    event = event_with()
    known(event, "new@example.nl")
    inviting.invite(house(), "new@example.nl", "volunteer", by=None)
    token = inviting.token_of(OutgoingMail.objects.get().context["seed"])
    member = inviting.accept(token, name="Jan", password="long-enough-4")
    assert found() == [(event, "new@example.nl", M.PENDING)]
    assert not Person.objects.filter(user=member.user).exists()


def test_another_address_of_the_account():
    first, second = event_with(), event_with()
    known(first, "old@example.nl")
    known(second, "new@example.nl")
    user = register("old@example.nl")
    assert found() == [(first, user.email, M.PENDING)]
    signup.change_email(user, "new@example.nl")
    assert found() == [(second, user.email, M.PENDING)]


def test_another_address_of_the_person():
    event = event_with()
    UserFactory(email="old@example.nl")
    UserFactory(email="new@example.nl")
    person = known(event, "old@example.nl")
    assert found() == [(event, "old@example.nl", M.PENDING)]
    persons.change(person, by=None, email="new@example.nl")
    assert found() == [(event, "new@example.nl", M.PENDING)]
    persons.change(person, by=None, email="NEW@example.nl")
    assert found() == [(event, "new@example.nl", M.PENDING)]
    persons.change(person, by=None, email="")
    assert found() == []


def test_what_was_dismissed_is_not_guessed_again():
    match = waiting()
    matches.dismiss(match, by=None)
    person, user = match.person, match.user
    address = person.email
    persons.change(person, by=None, email="other@example.nl")
    persons.change(person, by=None, email=address)
    signup.change_email(user, "other@example.nl")
    signup.change_email(user, address)
    assert matches.detect_for_person(Person.objects.get(pk=person.pk)) is None
    assert found() == [(person.event, address, M.DISMISSED)]


def test_who_is_linked_is_not_guessed_again():
    match = waiting()
    matches.confirm(match, by=None)
    person = Person.objects.get(pk=match.person_id)
    UserFactory(email="other@example.nl")
    persons.change(person, by=None, email="other@example.nl")
    assert len(found()) == 1


def test_many_persons_at_once_in_three_queries_and_the_locks(django_assert_num_queries):
    event = event_with()
    for number in range(20):
        UserFactory(email=f"u{number}@example.nl")
    people = [PersonFactory(event=event, email=f"U{number}@example.nl") for number in range(30)]
    people += [PersonFactory(event=event, email="")]
    people[0].user = UserFactory()
    with django_assert_num_queries(5):  # savepoint, lock, accounts, insert, release
        assert matches.detect_for_persons(people) == 19
    assert IdentityMatch.objects.count() == 19
    matches.detect_for_persons(people)
    assert IdentityMatch.objects.count() == 19


# --- Decided ------------------------------------------------------------------------------------------


@time_machine.travel("2026-08-01T12:00:00Z", tick=False)
def test_a_match_is_confirmed(planner):
    match = waiting()
    other = IdentityMatch.objects.create(partner=match.partner, person=match.person, user=UserFactory())
    confirmed = matches.confirm(match, by=planner)
    assert confirmed.person.user == match.user
    assert Person.objects.get(pk=match.person_id).user == match.user
    row = IdentityMatch.objects.get(pk=match.pk)
    assert (row.status, row.decided_by, row.decided_at.isoformat()) == (
        M.CONFIRMED,
        planner,
        "2026-08-01T12:00:00+00:00",
    )
    other.refresh_from_db()
    assert (other.status, other.decided_by) == (M.DISMISSED, planner)
    line = AuditLog.objects.get(action="CONFIRMED_IDENTITY_MATCH")
    assert (line.actor, line.target_uid) == (planner, match.person.uid)
    assert line.details == {"match": str(match.uid), "user": str(match.user.uid)}


def test_a_match_is_dismissed(planner):
    match = waiting()
    assert matches.dismiss(match, by=planner).status == M.DISMISSED
    row = IdentityMatch.objects.get()
    assert (row.status, row.decided_by, row.person.user) == (M.DISMISSED, planner, None)
    assert AuditLog.objects.filter(action="DISMISSED_IDENTITY_MATCH", target_uid=match.person.uid).count() == 1


@pytest.mark.parametrize("first", [matches.confirm, matches.dismiss])
@pytest.mark.parametrize("second", [matches.confirm, matches.dismiss])
def test_what_was_decided_stays(first, second):
    match = waiting()
    decided = first(match, by=None).status
    with pytest.raises(Conflict) as refusal:
        second(match, by=None)
    assert refusal.value.message == "Somebody decided this already."
    assert IdentityMatch.objects.get().status == decided


def test_an_account_is_one_person_of_an_event():
    match = waiting()
    PersonFactory(event=match.person.event, user=match.user)
    with pytest.raises(Conflict) as refusal:
        matches.confirm(match, by=None)
    assert refusal.value.message == TWICE
    assert IdentityMatch.objects.get().status == M.PENDING
    assert Person.objects.get(pk=match.person_id).user is None
    matches.dismiss(match, by=None)


def test_a_person_who_is_linked_already_is_not_linked_to_another():
    match = waiting()
    Person.objects.filter(pk=match.person_id).update(user=UserFactory())
    with pytest.raises(Conflict) as refusal:
        matches.confirm(match, by=None)
    assert refusal.value.message == "Jan is linked to an account already."


def test_a_match_whose_person_is_gone_is_missing():
    match = waiting()
    persons.delete(match.person, by=None)
    for verb in (matches.confirm, matches.dismiss):
        with pytest.raises(Missing):
            verb(match, by=None)


# --- Many ---------------------------------------------------------------------------------------------


def test_many_are_confirmed_and_each_refusal_is_named(planner):
    first, second, twice, dismissed = (waiting() for _number in range(4))
    PersonFactory(event=twice.person.event, user=twice.user)
    matches.dismiss(dismissed, by=planner)
    foreign = waiting(EventFactory(partner=PartnerFactory()))
    unknown = new_uid()
    uids = [second.uid, unknown, twice.uid, foreign.uid, dismissed.uid, first.uid, second.uid]
    count, errors = matches.bulk_confirm(house(), uids, by=planner)
    assert count == 2
    assert errors == [
        {"match_id": unknown, "error": "There is no such match."},
        {"match_id": twice.uid, "error": TWICE},
        {"match_id": foreign.uid, "error": "There is no such match."},
        {"match_id": dismissed.uid, "error": "Somebody decided this already."},
    ]
    assert Person.objects.get(pk=first.person_id).user == first.user
    assert Person.objects.get(pk=second.person_id).user == second.user
    foreign.refresh_from_db()
    assert foreign.status == M.PENDING


def test_two_matches_of_one_account_in_one_event_are_one_confirmed_and_one_error():
    event = event_with()
    first = waiting(event)
    other = PersonFactory(event=event)
    second = IdentityMatch.objects.create(partner=event.partner, person=other, user=first.user)
    count, errors = matches.bulk_confirm(house(), [first.uid, second.uid], by=None)
    assert (count, errors) == (1, [{"match_id": second.uid, "error": TWICE}])


def test_at_most_a_hundred_at_once():
    assert matches.bulk_confirm(house(), [], by=None) == (0, [])
    with pytest.raises(Invalid) as refusal:
        matches.bulk_confirm(house(), [new_uid() for _number in range(101)], by=None)
    assert refusal.value.errors == {"uids": ["Confirm at most 100 matches at once."]}
    assert len(matches.bulk_confirm(house(), [new_uid() for _number in range(100)], by=None)[1]) == 100


def test_those_that_wait_are_listed_in_one_query(django_assert_num_queries):
    first, second = waiting(), waiting()
    matches.dismiss(waiting(), by=None)
    waiting(EventFactory(partner=PartnerFactory()))

    partner = house()

    def shown():
        return [
            (row.pk, row.person.event.partner.name, row.person.crowd_type.name, row.person.company, row.user.email)
            for row in matches.pending(partner)
        ]

    with django_assert_num_queries(1):
        assert [found[0] for found in shown()] == [second.pk, first.pk]
    third = waiting()
    with django_assert_num_queries(1):
        assert [found[0] for found in shown()] == [third.pk, second.pk, first.pk]
