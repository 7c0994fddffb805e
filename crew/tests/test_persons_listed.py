"""What is asked about the people of an event, in queries that do not grow."""

import pytest

from accounts.factories import UserFactory
from crew import persons, tags
from crew.factories import CompanyFactory, PersonFactory, PersonTagFactory
from crew.models import IdentityMatch, Person
from crew.tests.scenes import event_with, house, volunteer
from events.factories import EventFactory
from events.models import Event
from partners.factories import PartnerFactory

pytestmark = pytest.mark.django_db
S = Person.Status


@pytest.fixture
def event():
    return event_with()


def people_with_everything(event: Event, how_many: int) -> None:
    """Persons with a company, an account, two tags from both sources, and half of them a match that waits."""
    kinds = [PersonTagFactory(partner=event.partner) for _number in range(2)]
    for number in range(how_many):
        user = UserFactory()
        about = {"event": event, "company": CompanyFactory(partner=event.partner)}
        person = PersonFactory(user=user if number % 2 else None, **about)
        if not number % 2:
            IdentityMatch.objects.create(partner=event.partner, person=person, user=user)
        for tag in kinds if number % 2 else ():
            for source in ("self_reported", "organiser_assigned"):
                tags.give(user, tag, source=source, by=None)


def shown(event: Event) -> list[tuple]:
    return [
        (row.crowd_type.name, row.company.name, row.user and str(row.user), len(row.tags_here), bool(row.waiting_match)
         and row.waiting_match.user.email, row.event.name)
        for row in persons.listed(event)
    ]  # fmt: skip


def test_the_list_has_all_joined_in_queries_that_do_not_grow(event, django_assert_num_queries):
    people_with_everything(event, 2)
    with django_assert_num_queries(3):
        assert sorted((found[3], bool(found[4])) for found in shown(event)) == [(0, True), (2, False)]
    people_with_everything(event, 6)
    with django_assert_num_queries(3):
        assert len(shown(event)) == 8


def test_tags_and_matches_are_those_of_the_organisation(event):
    user = UserFactory()
    other = EventFactory(partner=PartnerFactory())
    person, elsewhere = (PersonFactory(event=place, user=user) for place in (event, other))
    here, there = (PersonTagFactory(partner=place.partner) for place in (event, other))
    for tag in (here, there):
        tags.give(user, tag, source="organiser_assigned", by=None)
    assert persons.listed(event).get().tags_here == [here]
    assert persons.listed(other).get().tags_here == [there]
    assert Person.objects.get(pk=person.pk).tags_here == [here]
    assert Person.objects.get(pk=elsewhere.pk).waiting_match is None
    assert PersonFactory(event=event).tags_here == []


def test_who_has_all_of_the_tags(event):
    first, second = PersonTagFactory(partner=house()), PersonTagFactory(partner=house())
    both, one, none = (volunteer(event) for _number in range(3))
    for person, tag, source in (
        (both, first, "self_reported"), (both, first, "organiser_assigned"), (both, second, "self_reported"),
        (one, first, "organiser_assigned"),
    ):  # fmt: skip
        tags.give(person.user, tag, source=source, by=None)
    rows = persons.listed(event).order_by("pk")
    assert list(persons.with_tags(rows, [])) == [both, one, none]
    assert list(persons.with_tags(rows, [first])) == [both, one]
    assert list(persons.with_tags(rows, [first, second])) == [both]
    assert list(persons.with_tags(rows, [first, second, PersonTagFactory(partner=house())])) == []


def test_the_part_of_an_account_in_an_event_and_its_family():
    festival = event_with(kind=Event.Kind.FESTIVAL)
    friday, saturday = (event_with(parent=festival) for _day in range(2))
    user = UserFactory()
    assert persons.of_user(user, friday) is None
    own = PersonFactory(event=friday, user=user, status=S.APPLIED)
    assert persons.of_user(user, friday) == own
    assert persons.of_user(user, festival) == own
    assert persons.of_user(user, saturday) is None
    whole = PersonFactory(event=festival, user=user)
    assert {persons.of_user(user, event) for event in (festival, friday, saturday)} == {whole}
    persons.approve(own, by=None)
    assert persons.of_user(user, friday) == own
    assert persons.of_user(user, festival) == whole
    persons.blacklist(own, by=None)
    assert persons.of_user(user, friday) == whole
    assert persons.of_user(UserFactory(), friday) is None
