"""Crowd lists: who fits, who is approved by coming, and what is refused."""

from functools import partial

import pytest
from django.db import IntegrityError

from accounts.models import AuditLog, OutgoingMail
from accounts.tests.racing import errors, good, meet_after, race, switch_row_locks_off
from crew import crowd_lists, persons
from crew.factories import CompanyFactory, CrowdListFactory, CrowdTypeFactory, PersonFactory
from crew.models import CrowdList, CrowdListEntry, Person
from crew.tests.scenes import event_with
from eventify.lib.errors import Conflict, DomainError, Invalid, Missing
from events.models import Event
from partners.factories import PartnerFactory

S = Person.Status
HOW_MANY = 20


def values(crowd_list: CrowdList) -> dict:
    """What the database has."""
    row = CrowdList.objects.get(pk=crowd_list.pk)
    return {name: getattr(row, name) for name in crowd_lists.FIELDS}


def refused(call, *args, **options) -> dict:
    """The fields and sentences of the refusal."""
    with pytest.raises(Invalid) as refusal:
        call(*args, **options)
    return refusal.value.errors


@pytest.fixture
def event(db):
    return event_with()


@pytest.fixture
def whole(event) -> dict:
    return {
        "crowd_type": CrowdTypeFactory(partner=event.partner),
        "name": "VIP Gastenlijst",
        "type": "external",
        "recipient_company": CompanyFactory(partner=event.partner),
        "auto_approve": True,
        "max_persons": 50,
    }


# --- The lists ----------------------------------------------------------------------------------------


def test_one_is_made_changed_and_deleted(planner, event, whole):
    made = crowd_lists.create(event, by=planner, **whole)
    assert values(made) == whole
    assert made.event == event
    crowd_lists.change(made, by=planner, name="Guests", recipient_company=None, max_persons=None, auto_approve=True)
    changed = {**whole, "name": "Guests", "recipient_company": None, "max_persons": None}
    assert values(made) == changed
    crowd_lists.change(made, by=planner, name="Guests")
    crowd_lists.add(made, PersonFactory(event=event), by=planner)
    crowd_lists.delete(made, by=planner)
    assert (CrowdList.objects.count(), Person.objects.count()) == (0, 1)
    lines = AuditLog.objects.filter(target_uid=made.uid).order_by("pk")
    assert [(line.action, line.actor, line.details) for line in lines] == [
        ("CREATED_CROWD_LIST", planner, {"event": str(event.uid)}),
        ("CHANGED_CROWD_LIST", planner, {"fields": ["max_persons", "name", "recipient_company"]}),
        ("DELETED_CROWD_LIST", planner, {"name": "Guests"}),
    ]
    for act in (crowd_lists.change, crowd_lists.delete):
        with pytest.raises(Missing):
            act(made, by=planner)


def test_what_is_left_out_is_as_the_model_says(planner, event):
    kind = CrowdTypeFactory(partner=event.partner)
    assert values(crowd_lists.create(event, by=planner, crowd_type=kind, name="Guests")) == {
        "crowd_type": kind,
        "name": "Guests",
        "type": "internal",
        "recipient_company": None,
        "auto_approve": False,
        "max_persons": None,
    }


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("name", "", "This field cannot be blank."),
        ("name", "x" * 201, "Ensure this value has at most 200 characters (it has 201)."),
        ("name", "\x00", "This is not a text."),
        ("type", "secret", "Value 'secret' is not a valid choice."),
        ("max_persons", 0, "A list has room for at least one person."),
        ("max_persons", -1, "Ensure this value is greater than or equal to 0."),
        ("max_persons", 100_001, "Use a whole number up to 100000."),
        ("max_persons", 2**70, "Use a whole number up to 100000."),
    ],
)
def test_impossible_values(planner, event, whole, field, value, sentence):
    assert refused(crowd_lists.create, event, by=planner, **{**whole, field: value}) == {field: [sentence]}
    made = CrowdListFactory(event=event)
    before = values(made)
    assert refused(crowd_lists.change, made, by=planner, **{field: value}) == {field: [sentence]}
    assert values(made) == before


def test_crowd_type_and_company_are_of_the_organisation(planner, event, whole):
    other = PartnerFactory()
    foreign = {"crowd_type": CrowdTypeFactory(partner=other), "recipient_company": CompanyFactory(partner=other)}
    wrong = {
        "crowd_type": ["Choose one of the organisation's crowd types."],
        "recipient_company": ["Choose one of the organisation's companies."],
    }
    assert refused(crowd_lists.create, event, by=planner, **{**whole, **foreign}) == wrong
    made = crowd_lists.create(event, by=planner, **whole)
    assert refused(crowd_lists.change, made, by=planner, **foreign) == wrong
    kind = whole["crowd_type"]
    kind.is_active = False
    kind.save()
    assert crowd_lists.change(made, by=planner, crowd_type=kind, name="Same kind").name == "Same kind"
    sentence = f"{kind.name} is not in use any more."
    assert refused(crowd_lists.create, event, by=planner, **whole) == {"crowd_type": [sentence]}


def test_the_lists_with_their_numbers_in_one_query(event, django_assert_num_queries):
    def shown():
        return [
            (row.name, row.persons_count, row.is_full, row.crowd_type.name, row.event.name, row.recipient_company)
            for row in crowd_lists.listed(event)
        ]

    people = [PersonFactory(event=event) for _number in range(3)]
    for name, most, count in (("A", None, 3), ("B", 3, 3), ("C", 4, 3), ("D", 1, 0)):
        made = CrowdListFactory(event=event, name=name, max_persons=most)
        for person in people[:count]:
            crowd_lists.add(made, person, by=None)
        if name == "A":
            with django_assert_num_queries(1):
                shown()
    CrowdListFactory(event=event_with())
    with django_assert_num_queries(1):
        found = [row[:3] for row in shown()]
    assert found == [("A", 3, False), ("B", 3, True), ("C", 3, False), ("D", 0, False)]


# --- Who is on them -----------------------------------------------------------------------------------


def test_somebody_comes_and_goes(planner, event):
    made, person = CrowdListFactory(event=event, name="Guests"), PersonFactory(event=event, status=S.PENDING)
    entry = crowd_lists.add(made, person, by=planner)
    row = CrowdListEntry.objects.get()
    assert (row, row.crowd_list, row.person, row.added_by) == (entry, made, person, planner)
    assert Person.objects.get().status == S.PENDING
    crowd_lists.remove(made, person, by=planner)
    assert not CrowdListEntry.objects.exists()
    with pytest.raises(Conflict) as refusal:
        crowd_lists.remove(made, person, by=planner)
    assert refusal.value.message == f"{person.name} is not on this list."
    lines = AuditLog.objects.filter(target_uid=person.uid).order_by("pk")
    assert [(line.action, line.details) for line in lines] == [
        ("ADDED_TO_CROWD_LIST", {"list": "Guests"}),
        ("REMOVED_FROM_CROWD_LIST", {"list": "Guests"}),
    ]
    assert not OutgoingMail.objects.exists()


@pytest.mark.parametrize("status", list(S))
def test_who_is_pending_is_approved_by_coming_where_the_list_says_so(planner, event, status):
    made = CrowdListFactory(event=event, auto_approve=True)
    person = PersonFactory(event=event, status=status)
    entry = crowd_lists.add(made, person, by=planner)
    is_new = status == S.PENDING
    assert entry.person.status == (S.APPROVED if is_new else status)
    assert Person.objects.get().status == entry.person.status
    assert OutgoingMail.objects.filter(template="crew_approved").count() == is_new
    assert AuditLog.objects.filter(action="APPROVED_PERSON", target_uid=person.uid, actor=planner).count() == is_new


def test_a_list_of_one_says_so(planner, event):
    made = CrowdListFactory(event=event, name="Guests", max_persons=1)
    crowd_lists.add(made, PersonFactory(event=event), by=planner)
    said = refused(crowd_lists.add, made, PersonFactory(event=event), by=planner)
    assert said == {"person": ["Guests is full: it has room for 1 person."]}


def test_who_does_not_come_onto_a_list(planner, event):
    made = CrowdListFactory(event=event, name="Guests", max_persons=2, auto_approve=True)
    first = PersonFactory(event=event, name="First")
    crowd_lists.add(made, first, by=planner)

    def why(person) -> str:
        [(field, [sentence])] = refused(crowd_lists.add, made, person, by=planner).items()
        assert field == "person"
        return sentence

    assert why(first) == "First is on this list already."
    bad = PersonFactory(event=event, name="Bad", status=S.PENDING, is_blacklisted=True)
    assert why(bad) == "Bad is on the blacklist and cannot come onto a list."
    day = event_with(parent=Event.objects.get(pk=event.pk))
    for elsewhere in (event_with(), day):
        assert why(PersonFactory(event=elsewhere)) == "Choose a person of this event."
    crowd_lists.add(made, PersonFactory(event=event), by=planner)
    assert why(PersonFactory(event=event)) == "Guests is full: it has room for 2 people."
    assert why(first) == "First is on this list already."
    assert made.entries.count() == 2
    gone = PersonFactory(event=event)
    persons.delete(Person.objects.get(pk=gone.pk), by=planner)
    with pytest.raises(Missing):
        crowd_lists.add(made, gone, by=planner)


def test_a_list_does_not_shrink_below_its_people(planner, event):
    made = CrowdListFactory(event=event)
    for _number in range(3):
        crowd_lists.add(made, PersonFactory(event=event), by=planner)
    wrong = {"max_persons": ["3 people are on the list already."]}
    assert refused(crowd_lists.change, made, by=planner, max_persons=2) == wrong
    assert crowd_lists.change(made, by=planner, max_persons=3).max_persons == 3
    assert crowd_lists.listed(event).get().is_full
    assert crowd_lists.change(made, by=planner, max_persons=None).max_persons is None


# --- At once ------------------------------------------------------------------------------------------


def fill(event, most: int) -> tuple[CrowdList, list]:
    """Twenty people, all of them for `most` places."""
    made = CrowdListFactory(event=event, max_persons=most, auto_approve=True)
    people = [PersonFactory(event=event, status=S.PENDING) for _number in range(HOW_MANY)]
    return made, race(*(partial(crowd_lists.add, made, person, by=None) for person in people))


@pytest.mark.django_db(transaction=True)
def test_a_list_never_overfills():
    event = event_with()
    made, results = fill(event, 7)
    assert len(good(results)) == made.entries.count() == 7
    sentence = f"{made.name} is full: it has room for 7 people."
    assert [error.errors for error in errors(results, Invalid)] == [{"person": [sentence]}] * (HOW_MANY - 7)
    assert Person.objects.filter(event=event, status=S.APPROVED).count() == 7
    assert OutgoingMail.objects.filter(template="crew_approved").count() == 7


@pytest.mark.django_db(transaction=True)
def test_control_without_the_lock_it_overfills(monkeypatch):
    switch_row_locks_off(monkeypatch)
    meet_after(monkeypatch, crowd_lists, "_check_may_come", HOW_MANY)
    made, results = fill(event_with(), 7)
    assert len(good(results)) == made.entries.count() > 7


def add_one_person(event):
    made, person = CrowdListFactory(event=event), PersonFactory(event=event)
    return made, race(*[partial(crowd_lists.add, made, person, by=None)] * 8)


@pytest.mark.django_db(transaction=True)
def test_one_person_is_on_it_once():
    made, results = add_one_person(event_with())
    assert len(good(results)) == made.entries.count() == 1


@pytest.mark.django_db(transaction=True)
def test_control_without_the_lock_the_constraint_fires(monkeypatch):
    switch_row_locks_off(monkeypatch)
    meet_after(monkeypatch, crowd_lists, "_check_may_come", 8)
    _made, results = add_one_person(event_with())
    assert len(errors(results, IntegrityError)) == 7


@pytest.mark.django_db(transaction=True)
def test_places_are_taken_away_while_people_come():
    for _round in range(5):
        event = event_with()
        made = CrowdListFactory(event=event, max_persons=6)
        people = [PersonFactory(event=event) for _number in range(6)]
        adding = (partial(crowd_lists.add, made, person, by=None) for person in people)
        results = race(*adding, partial(crowd_lists.change, made, by=None, max_persons=3))
        assert all(isinstance(error, DomainError) for error in errors(results))
        row = crowd_lists.listed(event).get()
        assert row.persons_count <= row.max_persons


@pytest.mark.django_db(transaction=True)
def test_people_and_lists_that_go_while_people_come():
    for _round in range(5):
        event = event_with()
        made = CrowdListFactory(event=event)
        people = [PersonFactory(event=event) for _number in range(4)]
        results = race(
            *(partial(crowd_lists.add, made, person, by=None) for person in people),
            partial(persons.delete, people[0], by=None),
            partial(crowd_lists.delete, made, by=None),
        )
        assert all(isinstance(error, DomainError) for error in errors(results)), results
        assert not CrowdListEntry.objects.filter(person__event=event).exists()
