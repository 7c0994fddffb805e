"""Crowd types: an organisation's kinds of people."""

from functools import partial
from threading import Event

import pytest
from django.db import IntegrityError, transaction

from accounts.models import AuditLog
from accounts.tests.racing import errors, good, is_waited_for, meet_after, race
from crew import crowd_lists, crowd_types, editing, persons, writing
from crew.factories import CrowdListFactory, CrowdTypeFactory, PersonFactory
from crew.models import CrowdType, Person
from crew.tests.scenes import event_with, house
from eventify.embedded import wait_until
from eventify.lib.errors import Conflict, Invalid, Missing
from partners.factories import PartnerFactory

WHOLE = {
    "name": "Volunteer",
    "system_type": "VOLUNTEER",
    "color": "#0f766e",
    "icon": "heart",
    "is_active": True,
    "claims_need_approval": False,
}


def values(kind: CrowdType) -> dict:
    """What the database has."""
    return CrowdType.objects.values(*crowd_types.FIELDS).get(pk=kind.pk)


def refused(call, *args, **options) -> dict:
    """The fields and sentences of the refusal."""
    with pytest.raises(Invalid) as refusal:
        call(*args, **options)
    return refusal.value.errors


@pytest.mark.django_db
def test_one_is_made_changed_and_deleted(planner):
    made = crowd_types.create(house(), by=planner, **WHOLE)
    assert values(made) == WHOLE
    assert made.partner == house()
    changed = crowd_types.change(made, by=planner, name=" Helper ", is_active=False, icon="heart")
    assert values(made) == {**WHOLE, "name": "Helper", "is_active": False}
    assert changed.name == "Helper"
    assert crowd_types.change(made, by=planner, name="Helper") == made
    crowd_types.delete(made, by=planner)
    assert not CrowdType.objects.filter(pk=made.pk).exists()
    lines = AuditLog.objects.filter(target_uid=made.uid).order_by("pk")
    assert [(line.action, line.actor, line.details) for line in lines] == [
        ("CREATED_CROWD_TYPE", planner, {"partner": str(house().uid)}),
        ("CHANGED_CROWD_TYPE", planner, {"fields": ["is_active", "name"]}),
        ("DELETED_CROWD_TYPE", planner, {"name": "Helper"}),
    ]
    for verb in (crowd_types.delete, crowd_types.change):
        with pytest.raises(Missing):
            verb(made, by=planner)


@pytest.mark.django_db
def test_what_is_left_out_is_as_the_model_says(planner):
    made = crowd_types.create(house(), by=planner, name="Press", system_type="PRESS")
    assert values(made) == {
        "name": "Press",
        "system_type": "PRESS",
        "color": "#6b7280",
        "icon": "",
        "is_active": True,
        "claims_need_approval": True,
    }


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("name", "", "This field cannot be blank."),
        ("name", "  ", "This field cannot be blank."),
        ("name", "x" * 101, "Ensure this value has at most 100 characters (it has 101)."),
        ("name", "a\x00b", "This is not a text."),
        ("name", "a\ud800b", "This is not a text."),
        ("system_type", "CLOWN", "Value 'CLOWN' is not a valid choice."),
        ("color", "red", "Use a colour such as #0f766e."),
        ("color", "#12345", "Use a colour such as #0f766e."),
        ("color", "1234567", "Use a colour such as #0f766e."),
        ("color", "#12345g", "Use a colour such as #0f766e."),
        ("icon", "x" * 51, "Ensure this value has at most 50 characters (it has 51)."),
    ],
)
def test_impossible_values(planner, field, value, sentence):
    assert refused(crowd_types.create, house(), by=planner, **{**WHOLE, field: value}) == {field: [sentence]}
    kind = CrowdTypeFactory()
    before = values(kind)
    assert refused(crowd_types.change, kind, by=planner, **{field: value}) == {field: [sentence]}
    assert values(kind) == before


@pytest.mark.django_db
def test_all_that_is_wrong_is_named_at_once(planner):
    wrong = {"name": "", "system_type": "X", "color": "red"}
    assert set(refused(crowd_types.create, house(), by=planner, **wrong)) == {"name", "system_type", "color"}


@pytest.mark.django_db
def test_a_name_is_there_once_in_an_organisation_whatever_its_case(planner):
    crowd_types.create(house(), by=planner, **WHOLE)
    taken = {"name": ["The organisation has a crowd type with this name already."]}
    assert refused(crowd_types.create, house(), by=planner, **{**WHOLE, "name": "VOLUNTEER"}) == taken
    other = CrowdTypeFactory()
    assert refused(crowd_types.change, other, by=planner, name="volunteer") == taken
    assert crowd_types.create(PartnerFactory(), by=None, **WHOLE).name == "Volunteer"
    kind = CrowdType.objects.get(partner=house(), name="Volunteer")
    assert crowd_types.change(kind, by=planner, name="VOLUNTEER").name == "VOLUNTEER"


@pytest.mark.django_db
def test_one_in_use_is_not_deleted(planner):
    event = event_with()
    person = PersonFactory(event=event)
    crowd_list = CrowdListFactory(event=event)
    for kind in (person.crowd_type, crowd_list.crowd_type):
        with pytest.raises(Conflict) as refusal:
            crowd_types.delete(kind, by=planner)
        sentence = f"People or crowd lists are of the kind {kind.name}. Switch it off instead of deleting it."
        assert refusal.value.message == sentence
    persons.delete(person, by=planner)
    crowd_lists.delete(crowd_list, by=planner)
    crowd_types.delete(person.crowd_type, by=planner)
    crowd_types.delete(crowd_list.crowd_type, by=planner)


# --- At once ------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_of_many_with_one_name_at_once_one_is_made(monkeypatch):
    partner = PartnerFactory()
    meet_after(monkeypatch, editing, "check", 6)
    names = ("Crew", "crew", "CREW", "Crew", "cRew", "Crew")
    results = race(*(partial(crowd_types.create, partner, by=None, **{**WHOLE, "name": name}) for name in names))
    assert len(good(results)) == 1
    assert [refusal.errors.keys() for refusal in errors(results, Invalid)] == [{"name"}] * 5
    assert CrowdType.objects.filter(partner=partner).count() == 1


def _delete_while_somebody_is_added(planner):
    """(the result of the deletion, that of the addition): who is added is not committed when the deletion begins."""
    event = event_with()
    kind = CrowdTypeFactory(partner=event.partner)
    is_added, is_over = Event(), Event()

    def add():
        with transaction.atomic():
            person = persons.create(event, by=None, crowd_type=kind, name="Jan")
            is_added.set()
            assert wait_until(lambda: is_over.is_set() or is_waited_for(), seconds=20)
        return person

    def delete():
        is_added.wait(timeout=20)
        try:
            return crowd_types.delete(kind, by=None)
        finally:
            is_over.set()

    return kind, race(delete, add)


@pytest.mark.django_db(transaction=True)
def test_a_kind_is_not_deleted_below_somebody_who_is_added_at_this_moment(planner):
    kind, (deleted, person) = _delete_while_somebody_is_added(planner)
    assert isinstance(deleted, Conflict)
    assert Person.objects.get(crowd_type=kind) == person


@pytest.mark.django_db(transaction=True)
def test_control_without_holding_the_kind_the_database_has_the_last_word(planner, monkeypatch):
    monkeypatch.setattr(writing, "hold", lambda *_rows: None)
    _kind, results = _delete_while_somebody_is_added(planner)
    assert len(errors(results, IntegrityError)) == 1
