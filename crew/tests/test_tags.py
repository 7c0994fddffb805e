"""Tags: an organisation's list, and who has which of them from whom."""

from functools import partial

import pytest

from accounts.factories import UserFactory
from accounts.models import AuditLog, Role
from accounts.tests.racing import errors, good, meet_after, race, switch_row_locks_off
from crew import editing, tags
from crew.factories import PersonFactory, PersonTagFactory
from crew.models import PersonTag, UserTag
from crew.tests.scenes import event_with, house
from eventify.lib.errors import Conflict, DomainError, Forbidden, Invalid, Missing
from events.factories import EventFactory
from partners import members
from partners.factories import PartnerFactory

SELF, ORGANISER = UserTag.Source.SELF, UserTag.Source.ORGANISER
WHOLE = {
    "name": "First aid",
    "category": "Safety",
    "icon": "cross",
    "color": "#b91c1c",
    "sort_order": 3,
    "is_active": True,
}


def values(tag: PersonTag) -> dict:
    """What the database has."""
    return PersonTag.objects.values(*tags.FIELDS).get(pk=tag.pk)


def refused(call, *args, **options) -> dict:
    """The fields and sentences of the refusal."""
    with pytest.raises(Invalid) as refusal:
        call(*args, **options)
    return refusal.value.errors


@pytest.fixture
def somebody(db):
    """Somebody who has a part in an event of the house."""
    return PersonFactory(event=event_with(), user=UserFactory()).user


@pytest.fixture
def tag(db):
    return PersonTagFactory(partner=house(), name="First aid")


def held(user) -> list[tuple]:
    """(tag, source) of all that the account has."""
    return [(row.tag.name, row.source) for row in UserTag.objects.filter(user=user).order_by("pk")]


# --- The organisation's list --------------------------------------------------------------------------


@pytest.mark.django_db
def test_one_is_made_changed_and_switched_off(planner):
    made = tags.create(house(), by=planner, **WHOLE)
    assert values(made) == WHOLE
    tags.change(made, by=planner, sort_order=0, category="", name="First aid")
    assert values(made) == {**WHOLE, "sort_order": 0, "category": ""}
    tags.change(made, by=planner, sort_order=0)
    tags.deactivate(made, by=planner)
    assert tags.deactivate(made, by=planner).is_active is False
    assert values(made)["is_active"] is False
    lines = AuditLog.objects.filter(target_uid=made.uid).order_by("pk")
    assert [(line.action, line.actor, line.details) for line in lines] == [
        ("CREATED_PERSON_TAG", planner, {"partner": str(house().uid)}),
        ("CHANGED_PERSON_TAG", planner, {"fields": ["category", "sort_order"]}),
        ("DEACTIVATED_PERSON_TAG", planner, {"name": "First aid"}),
    ]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("name", "", "This field cannot be blank."),
        ("name", "x" * 51, "Ensure this value has at most 50 characters (it has 51)."),
        ("name", "\x00", "This is not a text."),
        ("category", "x" * 51, "Ensure this value has at most 50 characters (it has 51)."),
        ("icon", "x" * 51, "Ensure this value has at most 50 characters (it has 51)."),
        ("color", "#b91c1", "Use a colour such as #0f766e."),
        ("sort_order", -1, "Ensure this value is greater than or equal to 0."),
        ("sort_order", 2**70, "Use a whole number up to 1000000."),
    ],
)
def test_impossible_values(planner, field, value, sentence):
    assert refused(tags.create, house(), by=planner, **{**WHOLE, field: value}) == {field: [sentence]}
    made = PersonTagFactory(partner=house())
    before = values(made)
    assert refused(tags.change, made, by=planner, **{field: value}) == {field: [sentence]}
    assert values(made) == before


@pytest.mark.django_db
def test_an_active_name_is_there_once_in_an_organisation(planner):
    first = tags.create(house(), by=planner, **WHOLE)
    taken = {"name": ["The organisation has a tag with this name already."]}
    assert refused(tags.create, house(), by=planner, **{**WHOLE, "name": "FIRST AID"}) == taken
    tags.create(PartnerFactory(), by=None, **WHOLE)
    tags.deactivate(first, by=planner)
    second = tags.create(house(), by=planner, **WHOLE)
    assert refused(tags.change, first, by=planner, is_active=True) == taken
    tags.deactivate(second, by=planner)
    assert tags.change(first, by=planner, is_active=True).is_active


@pytest.mark.django_db(transaction=True)
def test_of_many_with_one_name_at_once_one_is_made(monkeypatch):
    meet_after(monkeypatch, editing, "check", 6)
    partner = PartnerFactory()
    results = race(*[partial(tags.create, partner, by=None, name="Bar")] * 6)
    assert len(good(results)) == 1
    assert [set(error.errors) for error in errors(results, Invalid)] == [{"name"}] * 5


@pytest.mark.django_db
def test_the_categories_of_active_tags():
    for category in ("Safety", "Bar", "Safety", ""):
        PersonTagFactory(partner=house(), category=category)
    PersonTagFactory(partner=house(), category="Gone", is_active=False)
    PersonTagFactory(partner=PartnerFactory(), category="Other")
    assert tags.categories(house()) == ["Bar", "Safety"]


# --- Who has them -------------------------------------------------------------------------------------


def test_a_planner_gives_and_takes_both_kinds(planner, somebody, tag):
    for source in (ORGANISER, SELF):
        row = tags.give(somebody, tag, source=source, by=planner, proficiency="expert", notes="Diploma")
        found = UserTag.objects.get(pk=row.pk)
        assert (found.user, found.tag, found.source) == (somebody, tag, source)
        assert (found.proficiency, found.notes, found.assigned_by) == ("expert", "Diploma", planner)
    again = tags.give(somebody, tag, source=SELF, by=planner)
    assert (again.pk, again.proficiency, again.notes) == (row.pk, "", "")
    assert held(somebody) == [("First aid", ORGANISER), ("First aid", SELF)]
    tags.take_away(row, by=planner)
    assert held(somebody) == [("First aid", ORGANISER)]
    with pytest.raises(Missing):
        tags.take_away(row, by=planner)
    lines = AuditLog.objects.filter(action__in=("GAVE_PERSON_TAG", "TOOK_PERSON_TAG")).order_by("pk")
    about = {"user": str(somebody.uid), "tag": "First aid", "source": "self_reported"}
    assert [line.action for line in lines] == ["GAVE_PERSON_TAG"] * 3 + ["TOOK_PERSON_TAG"]
    assert lines[3].details == about


def test_people_report_of_themselves_only(somebody, tag):
    row = tags.give(somebody, tag, source=SELF, by=somebody)
    assert row.assigned_by == somebody
    given = tags.give(somebody, tag, source=ORGANISER, by=None)
    colleague = PersonFactory(event=event_with(), user=UserFactory()).user
    for forbidden in (
        partial(tags.give, somebody, tag, source=ORGANISER, by=somebody),
        partial(tags.give, somebody, tag, source=SELF, by=colleague),
        partial(tags.take_away, given, by=somebody),
        partial(tags.take_away, row, by=colleague),
        partial(tags.sync, somebody, house(), [], source=ORGANISER, by=somebody),
        partial(tags.sync, somebody, house(), [], source=SELF, by=colleague),
        partial(tags.add, somebody, house(), [tag], source=ORGANISER, by=somebody),
    ):
        with pytest.raises(Forbidden):
            forbidden()
    assert held(somebody) == [("First aid", SELF), ("First aid", ORGANISER)]
    tags.take_away(row, by=somebody)
    assert held(somebody) == [("First aid", ORGANISER)]


def test_a_planner_of_another_organisation_does_not(planner, somebody, tag):
    other = PartnerFactory()
    foreign = PersonTagFactory(partner=other)
    with pytest.raises(Missing):  # the account is nobody there
        tags.give(somebody, foreign, source=ORGANISER, by=planner)
    PersonFactory(event=EventFactory(partner=other), user=somebody)
    with pytest.raises(Forbidden):
        tags.give(somebody, foreign, source=ORGANISER, by=planner)


def test_members_are_insiders_and_strangers_are_not(planner, tag):
    member, stranger = UserFactory(), UserFactory()
    members.add(house(), member, "volunteer", by=None)
    tags.give(member, tag, source=ORGANISER, by=planner)
    assert held(member) == [("First aid", ORGANISER)]
    staff = UserFactory(is_staff=True)
    staff.groups.add(Role.objects.get(name="Support"))
    for outsider in (stranger, staff):
        for call in (
            partial(tags.give, outsider, tag, source=ORGANISER),
            partial(tags.sync, outsider, house(), [tag], source=ORGANISER),
            partial(tags.add, outsider, house(), [tag], source=ORGANISER),
        ):
            with pytest.raises(Missing):
                call(by=planner)


def test_what_cannot_be_given(planner, somebody, tag):
    tags.deactivate(tag, by=planner)
    sentence = "The tag First aid is not in use any more."
    assert refused(tags.give, somebody, tag, source=SELF, by=planner) == {"tag": [sentence]}
    good_one = PersonTagFactory(partner=house())
    assert refused(tags.sync, somebody, house(), [good_one, tag], source=SELF, by=planner) == {"tags": [sentence]}
    assert held(somebody) == []
    foreign = PersonTagFactory(partner=PartnerFactory())
    assert refused(tags.sync, somebody, house(), [foreign], source=SELF, by=planner) == {
        "tags": ["Choose tags of the organisation."]
    }
    wrong = {"source": ["Choose one of self_reported, organiser_assigned."]}
    assert refused(tags.give, somebody, good_one, source="rumour", by=planner) == wrong
    assert refused(tags.give, somebody, good_one, source=SELF, by=planner, proficiency="guru") == {
        "proficiency": ["Value 'guru' is not a valid choice."]
    }
    long = {"notes": ["Use at most 2000 characters."]}
    assert refused(tags.give, somebody, good_one, source=SELF, by=planner, notes="x" * 2001) == long


def test_sync_replaces_what_comes_from_its_source_here(planner, somebody):
    one, two, three = (PersonTagFactory(partner=house(), name=name) for name in ("One", "Two", "Three"))
    other = PartnerFactory()
    PersonFactory(event=EventFactory(partner=other), user=somebody)
    elsewhere = PersonTagFactory(partner=other, name="Elsewhere")
    tags.give(somebody, elsewhere, source=SELF, by=somebody)
    tags.give(somebody, one, source=ORGANISER, by=planner)
    kept = tags.give(somebody, one, source=SELF, by=somebody, proficiency="expert")
    tags.give(somebody, two, source=SELF, by=somebody)
    found = tags.sync(somebody, house(), [three, one, three], source=SELF, by=somebody)
    assert [(row.tag.name, row.source) for row in found] == [("One", ORGANISER), ("One", SELF), ("Three", SELF)]
    kept.refresh_from_db()
    assert kept.proficiency == "expert"
    assert held(somebody) == [("Elsewhere", SELF), ("One", ORGANISER), ("One", SELF), ("Three", SELF)]
    tags.sync(somebody, house(), [], source=ORGANISER, by=planner)
    assert held(somebody) == [("Elsewhere", SELF), ("One", SELF), ("Three", SELF)]
    line = AuditLog.objects.filter(action="SET_PERSON_TAGS").earliest("pk")
    assert line.details == {"partner": str(house().uid), "source": "self_reported", "tags": ["One", "Three"]}


def test_a_tag_that_is_not_in_use_may_stay_where_it_is(planner, somebody, tag):
    tags.give(somebody, tag, source=SELF, by=somebody)
    tags.deactivate(tag, by=planner)
    tags.sync(somebody, house(), [tag], source=SELF, by=somebody)
    assert held(somebody) == [("First aid", SELF)]
    assert [row.tag for row in tags.of_user(somebody, house())] == [tag]


def test_what_somebody_has_in_the_order_of_the_list_in_one_query(somebody, django_assert_num_queries):
    def shown():
        return [
            (row.tag.name, row.tag.partner.name, row.source, row.assigned_by, row.user.email)
            for row in tags.of_user(somebody, partner)
        ]

    partner = house()
    for name, order in (("Last", 9), ("First", 1)):
        tags.give(somebody, PersonTagFactory(partner=partner, name=name, sort_order=order), source=SELF, by=somebody)
        with django_assert_num_queries(1):
            shown()
    assert [row[0] for row in shown()] == ["First", "Last"]


# --- At once ------------------------------------------------------------------------------------------


def sync_at_once(prepare=lambda: None):
    """Three lists of three tags each, all at once; (the account, the lists as names, results)."""
    user = PersonFactory(event=event_with(), user=UserFactory()).user
    lists = [[PersonTagFactory(partner=house()) for _number in range(3)] for _list in range(3)]
    tags.sync(user, house(), lists[0], source=SELF, by=None)
    prepare()
    calls = [partial(tags.sync, user, house(), wanted, source=SELF, by=None) for wanted in lists]
    return user, [{tag.name for tag in wanted} for wanted in lists], race(*calls, *calls)


@pytest.mark.django_db(transaction=True)
def test_of_syncs_at_once_one_list_is_left_whole():
    for _round in range(3):
        user, lists, results = sync_at_once()
        good(results)
        assert {name for name, _source in held(user)} in lists


@pytest.mark.django_db(transaction=True)
def test_control_without_the_lock_lists_are_mixed(monkeypatch):
    monkeypatch.setattr(tags, "_lock", lambda _user: None)
    switch_row_locks_off(monkeypatch)

    def begin_with_nothing():
        UserTag.objects.all().delete()  # or they would wait for whoever deletes first
        meet_after(monkeypatch, tags, "_check_active", 6)

    user, lists, results = sync_at_once(begin_with_nothing)
    assert errors(results) or {name for name, _source in held(user)} not in lists


@pytest.mark.django_db(transaction=True)
def test_one_tag_given_many_times_at_once_is_there_once():
    user = PersonFactory(event=event_with(), user=UserFactory()).user
    tag = PersonTagFactory(partner=house())
    give = partial(tags.give, user, tag, source=SELF, by=None)
    sync = partial(tags.sync, user, house(), [tag], source=SELF, by=None)
    good(race(*[give, sync, partial(tags.add, user, house(), [tag], source=SELF, by=None)] * 3))
    assert held(user) == [(tag.name, SELF)]


@pytest.mark.django_db(transaction=True)
def test_a_tag_taken_away_twice_is_once_a_refusal():
    user = PersonFactory(event=event_with(), user=UserFactory()).user
    row = tags.give(user, PersonTagFactory(partner=house()), source=SELF, by=None)
    results = race(*[partial(tags.take_away, row, by=None)] * 4)
    assert len(errors(results, Missing)) == 3
    assert all(isinstance(error, DomainError) for error in errors(results))
    assert not errors(results, Conflict)
