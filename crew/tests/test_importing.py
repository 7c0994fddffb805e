"""Importing people: what is shown is what is done, all of it or nothing, and quickly."""

import json

import pytest
from django.utils import translation

from accounts.factories import UserFactory
from accounts.models import AuditLog, Notification, OutgoingMail
from crew import importing, persons, sheets, tags
from crew.factories import CompanyFactory, CrowdTypeFactory, PersonFactory, PersonTagFactory
from crew.models import Company, IdentityMatch, Person, UserTag
from crew.sheets import Sheet
from crew.tests.scenes import event_with, house, shift_at, take, volunteer
from eventify.lib.errors import Invalid
from eventify.lib.preview import Moved
from events.models import Event
from partners.factories import PartnerFactory

S = Person.Status


@pytest.fixture
def event(db) -> Event:
    return event_with()


@pytest.fixture
def kind(event):
    return CrowdTypeFactory(partner=event.partner, name="Volunteer")


def csv(*lines: str) -> bytes:
    """A file with these lines."""
    return "\n".join(lines).encode()


def done(event: Event, data: bytes, by=None, only_good: bool = False, **options) -> importing.Done:
    """Import what is shown."""
    table = importing.read(data, event, **options)
    return importing.import_(data, event, by=by, digest=table.digest, only_good=only_good, **options)


def people(event: Event) -> list[tuple]:
    """(name, address, phone, crowd type, company, status, notes) by name."""
    rows = Person.objects.filter(event=event).select_related("crowd_type", "company").order_by("name", "pk")
    return [
        (row.name, row.email, row.phone, row.crowd_type.name, row.company and row.company.name, row.status, row.notes)
        for row in rows
    ]


def outcomes(table: importing.Table) -> list[tuple]:
    """(number, outcome, errors) of the rows."""
    return [(row.number, row.outcome, row.errors) for row in table.rows]


# --- New people ---------------------------------------------------------------------------------------


def test_what_is_shown_writes_nothing_and_what_is_done_is_that(planner, event, kind):
    CompanyFactory(partner=event.partner, name="Bar BV")
    UserFactory(email="jan@example.nl")
    data = csv(
        "Opmerking;Schoenmaat;Naam;E-mail;Telefoon;Soort;Bedrijf;Status",
        'Vegetarian;42;Jan de Vries;JAN@example.nl;+31 6 12345678;volunteer;bar bv;Goedgekeurd',
        ";;Zoë;;06-12345678;VOLUNTEER;;",
    )  # fmt: skip
    table = importing.read(data, event)
    assert (table.columns, table.unknown, table.companies) == (
        ["notes", "name", "email", "phone", "crowd_type", "company", "status"], ["Schoenmaat"], [],
    )  # fmt: skip
    assert table.counts == {"new": 2, "update": 0, "same": 0, "error": 0}
    assert outcomes(table) == [(2, "new", {}), (3, "new", {})]
    assert table.rows[0].values == {
        "notes": "Vegetarian", "name": "Jan de Vries", "email": "JAN@example.nl", "phone": "+31 6 12345678",
        "crowd_type": "volunteer", "company": "bar bv", "status": "Goedgekeurd",
    }  # fmt: skip
    assert not Person.objects.exists()
    found = importing.import_(data, event, by=planner, digest=table.digest)
    assert found == importing.Done(created=2, matches=1)
    assert people(event) == [
        ("Jan de Vries", "JAN@example.nl", "+31612345678", "Volunteer", "Bar BV", "approved", "Vegetarian"),
        ("Zoë", "", "06-12345678", "Volunteer", None, "pending", ""),
    ]
    match = IdentityMatch.objects.get()
    assert (match.person.name, match.user.email, match.status) == ("Jan de Vries", "jan@example.nl", "pending")
    line = AuditLog.objects.get(action="IMPORTED_PERSONS")
    assert (line.actor, line.target_uid) == (planner, event.uid)
    assert line.details == {"created": 2, "updated": 0, "left_out": 0}
    assert not OutgoingMail.objects.exists()
    assert not Notification.objects.exists()


def test_a_sheet_that_went_through_json_gives_the_same(event, kind):
    data = csv("name,email", "Jan,jan@example.nl")
    sheet = Sheet(*json.loads(json.dumps(sheets.read(data))))
    table = importing.read(sheet, event, crowd_type=kind)
    assert table.digest == importing.read(data, event, crowd_type=kind).digest
    assert importing.import_(sheet, event, by=None, digest=table.digest, crowd_type=kind).created == 1


def test_the_crowd_type_of_rows_that_name_none(event, kind):
    press = CrowdTypeFactory(partner=event.partner, name="Press")
    data = csv("name,crowd type", "Jan,", "Piet,Press")
    [jan, piet] = importing.read(data, event).rows
    assert (jan.errors, piet.errors) == ({"crowd_type": ["Say which crowd type."]}, {})
    assert done(event, data, crowd_type=kind).created == 2
    assert [row[3] for row in people(event)] == ["Volunteer", press.name]


def test_every_cell_that_is_wrong_is_named(event, kind):
    CrowdTypeFactory(partner=PartnerFactory(), name="Foreign")
    CompanyFactory(partner=PartnerFactory(), name="Foreign BV")
    CrowdTypeFactory(partner=event.partner, name="Old", is_active=False)
    data = csv(
        "name,email,phone,crowd type,company,status,notes,tags",
        ",nobody,call me,Foreign,Foreign BV,drunk," + "x" * 5001 + ",Juggling",
        "Jan,jan@example.nl,,Old,,,,",
        "Piet,,,Volunteer,,,,",
    )
    assert outcomes(importing.read(data, event)) == [
        (2, "error", {
            "name": ["This field cannot be blank."],
            "email": ["Enter a valid email address."],
            "phone": ["Enter a phone number, for example +31 6 12345678."],
            "crowd_type": ["There is no crowd type Foreign."],
            "company": ["There is no company Foreign BV."],
            "status": ["There is no status drunk."],
            "notes": ["Use at most 5000 characters."],
            "tags": ["There is no tag Juggling."],
        }),
        (3, "error", {"crowd_type": ["Old is not in use any more."]}),
        (4, "new", {}),
    ]  # fmt: skip


def test_nothing_is_written_while_a_row_is_wrong_unless_only_the_good_are_wanted(event, kind):
    data = csv("name,crowd type,company", "Jan,Volunteer,New BV", ",Volunteer,Other BV", "Piet,Clown,")
    table = importing.read(data, event, create_companies=True)
    assert (table.counts["error"], table.companies) == (2, ["New BV"])
    with pytest.raises(Invalid) as refusal:
        importing.import_(data, event, by=None, digest=table.digest, create_companies=True)
    assert refusal.value.errors == {"file": ["Some rows have errors. Correct them, or import only the others."]}
    assert (Person.objects.count(), Company.objects.count()) == (0, 0)
    found = done(event, data, only_good=True, create_companies=True)
    assert found == importing.Done(created=1, left_out=2, companies=1)
    assert [row[:5] for row in people(event)] == [("Jan", "", "", "Volunteer", "New BV")]
    assert Company.objects.get().name == "New BV"


def test_companies_are_made_once_when_that_is_asked_for(event, kind):
    old = CompanyFactory(partner=event.partner, name="Old BV")
    CompanyFactory(partner=event.partner, name="OLD BV")
    data = csv("name,crowd type,company", "A,Volunteer,New BV", "B,Volunteer,NEW bv", "C,Volunteer,old bv")
    assert importing.read(data, event).counts["error"] == 2
    assert done(event, data, create_companies=True).companies == 1
    assert [row[4] for row in people(event)] == ["New BV", "New BV", "Old BV"]
    assert Person.objects.get(name="C").company == old
    assert Company.objects.get(name="New BV").partner == event.partner
    wrong = importing.read(csv("name,crowd type,company", f"Z,Volunteer,{'x' * 201}"), event, create_companies=True)
    sentence = "Ensure this value has at most 200 characters (it has 201)."
    assert (wrong.rows[0].errors, wrong.companies) == ({"company": [sentence]}, [])


def test_doubles_in_the_file(event, kind):
    data = csv("name,email,phone", "Jan,jan@example.nl,", "Piet,JAN@Example.nl,", "Guest,,112", "guest,,112", "Guest,,")
    table = importing.read(data, event, crowd_type=kind)
    assert [(row.outcome, row.errors, row.hints) for row in table.rows] == [
        ("new", {}, []),
        ("error", {"email": ["Row 2 has this address already."]}, []),
        ("new", {}, []),
        ("new", {}, ["Row 4 has the same name and phone."]),
        ("new", {}, []),
    ]


def test_two_rows_with_what_is_no_address_say_that_alone(event, kind):
    table = importing.read(csv("name,email", "Jan,jan@", "Piet,jan@"), event, crowd_type=kind)
    assert [row.errors for row in table.rows] == [{"email": ["Enter a valid email address."]}] * 2


def test_a_file_of_headings_alone_brings_nobody(event, kind):
    assert done(event, importing.template()) == importing.Done()


@pytest.mark.parametrize("language", ["en", "nl"])
def test_the_template_is_understood_in_any_language(event, language):
    with translation.override(language):
        data = importing.template()
    assert data.startswith(b"\xef\xbb\xbf")
    table = importing.read(data, event)
    assert table.unknown == []
    assert table.columns == ["name", "email", "phone", "crowd_type", "company", "status", "notes", "tags"]


def test_hostile_cells_are_refused_row_by_row(event, kind):
    data = csv("name,email,notes", "=cmd|' /C calc'!A0,,", "Jan\x07,,", "x" * 20_000 + ",,", "Piet,a@b\u0001.nl,")
    found = [row.errors for row in importing.read(data, event, crowd_type=kind).rows]
    assert found == [
        {},  # a text like any other: exports write it so that no spreadsheet computes it
        {"name": ["Write the name on one line."]},
        {"name": ["Use at most 10000 characters."]},
        {"email": ["Enter a valid email address."]},
    ]


# --- People who are there -----------------------------------------------------------------------------


@pytest.fixture
def jan(event, kind) -> Person:
    about = {"name": "Jan", "email": "jan@example.nl", "phone": "112", "notes": "Old", "status": S.PENDING}
    return PersonFactory(event=event, crowd_type=kind, **about)


def test_who_is_there_stays_as_they_are(event, kind, jan):
    nameless = PersonFactory(event=event, crowd_type=kind, name="Guest", email="", phone="112")
    PersonFactory(event=event_with(), crowd_type=kind, email="piet@example.nl")
    data = csv(
        "name,email,phone,status,company", "Johan,JAN@example.nl,call me,drunk,No BV", "GUEST,,112,,", "Guest,,113,,",
        "Piet,piet@example.nl,,,",
    )  # fmt: skip
    table = importing.read(data, event, crowd_type=kind)
    assert outcomes(table) == [(2, "same", {}), (3, "same", {}), (4, "new", {}), (5, "new", {})]
    assert [row.known for row in table.rows] == [jan, nameless, None, None]
    before = Person.objects.values().get(pk=jan.pk)
    assert done(event, data, crowd_type=kind) == importing.Done(created=2, same=2)
    assert Person.objects.values().get(pk=jan.pk) == before
    assert done(event, data, crowd_type=kind) == importing.Done(same=4)


def test_who_is_there_is_updated_when_that_is_asked_for(planner, event, kind, jan):
    press = CrowdTypeFactory(partner=event.partner, name="Press")
    CompanyFactory(partner=event.partner, name="Bar BV")
    same = PersonFactory(event=event, crowd_type=kind, name="Piet", email="piet@example.nl")
    data = csv(
        "name,email,phone,crowd type,company,notes,status",
        "Jan de Vries,Jan@Example.nl,,press,Bar BV,,approved",
        "Piet,piet@example.nl,,,,,",
        "Guest,,,Volunteer,,,",
    )
    table = importing.read(data, event, update=True)
    assert [(row.outcome, row.changes, row.hints) for row in table.rows] == [
        (
            "update",
            {"name": ("Jan", "Jan de Vries"), "crowd_type": ("Volunteer", "Press"), "company": ("", "Bar BV")},
            ["The status stays as it is: decide about it in the list of persons."],
        ),
        ("same", {}, []),
        ("new", {}, []),
    ]
    found = importing.import_(data, event, by=planner, digest=table.digest, update=True)
    assert found == importing.Done(created=1, updated=1, same=1)
    assert people(event)[1] == ("Jan de Vries", "jan@example.nl", "112", "Press", "Bar BV", "pending", "Old")
    assert Person.objects.get(pk=jan.pk).crowd_type == press
    assert Person.objects.get(pk=jan.pk).updated_at > jan.updated_at
    assert Person.objects.get(pk=same.pk).updated_at == same.updated_at


def test_an_update_that_is_wrong_is_an_error_and_an_old_crowd_type_is_none(event, kind, jan):
    kind.is_active = False
    kind.save()
    data = csv("name,email,phone,crowd type", "Jan,jan@example.nl,call me,Volunteer")
    [row] = importing.read(data, event, update=True).rows
    sentence = "Enter a phone number, for example +31 6 12345678."
    assert (row.outcome, row.errors) == ("error", {"phone": [sentence]})
    fine = csv("name,email,phone,crowd type", "Jan,jan@example.nl,113,Volunteer")
    assert done(event, fine, update=True).updated == 1


def test_an_update_takes_nobody_out_of_their_shifts(event, kind):
    person = volunteer(event, email="jan@example.nl")
    take(shift_at(event), person)
    done(event, csv("name,email,status", "Johan,jan@example.nl,rejected"), update=True)
    found = Person.objects.get(pk=person.pk)
    assert (found.name, found.status, found.assignments.get().status) == ("Johan", "approved", "approved")


def test_tags_are_for_those_who_have_an_account(planner, event, kind, jan):
    able, other = (PersonTagFactory(partner=house(), name=name) for name in ("First aid", "Bar"))
    PersonTagFactory(partner=house(), name="Gone", is_active=False)
    PersonTagFactory(partner=PartnerFactory(), name="Foreign")
    linked = volunteer(event, email="asha@example.nl")
    tags.give(linked.user, other, source="organiser_assigned", by=None)
    left_out = ["The tags are left out: they need an account, and this person has none yet."]
    data = csv(
        "name,email,tags",
        f'{linked.name},asha@example.nl,"first aid; BAR, first aid"',
        "Jan,jan@example.nl,Bar",
        "New,new@example.nl,Bar|First aid",
        "Bad,bad@example.nl,Gone",
        "Bad,worse@example.nl,Foreign",
    )
    table = importing.read(data, event, update=True, crowd_type=kind)
    assert [(row.outcome, row.changes, row.hints) for row in table.rows[:3]] == [
        ("update", {"tags": ("", "First aid")}, []),
        ("same", {}, left_out),
        ("new", {}, left_out),
    ]
    wrong = [{"tags": [f"There is no tag {name}."]} for name in ("Gone", "Foreign")]
    assert [row.errors for row in table.rows[3:]] == wrong
    assert done(event, data, by=planner, only_good=True, update=True, crowd_type=kind).updated == 1
    held = UserTag.objects.filter(user=linked.user).order_by("pk")
    assert [(row.tag, row.source, row.assigned_by) for row in held] == [
        (other, "organiser_assigned", None), (able, "organiser_assigned", planner),
    ]  # fmt: skip
    assert done(event, data, only_good=True, crowd_type=kind).updated == 0


def test_tags_of_who_stays_as_they_are_are_not_given(event, kind):
    PersonTagFactory(partner=house(), name="Bar")
    linked = volunteer(event, email="asha@example.nl")
    assert done(event, csv("name,email,tags", "Asha,asha@example.nl,Bar")).same == 1
    assert not UserTag.objects.filter(user=linked.user).exists()


# --- What is shown is what is done --------------------------------------------------------------------


def test_what_changed_since_it_was_shown_is_not_done(event, kind):
    data = csv("name,email,company", "Jan,jan@example.nl,Bar BV", "Piet,piet@example.nl,")
    digest = importing.read(data, event, crowd_type=kind, create_companies=True).digest

    def moved(changed=data, at=event, **options):
        before = Person.objects.count()
        with pytest.raises(Moved):
            importing.import_(changed, at, by=None, digest=digest, crowd_type=kind, **options)
        assert Person.objects.count() == before

    moved(csv("name,email,company", "Jan,jan@example.nl,Bar BV", "Piet,pat@example.nl,"), create_companies=True)
    moved(update=True, create_companies=True)
    moved()
    moved(csv("name,email,company", "Jan,jan@example.nl,Bar BV"), create_companies=True)
    persons.create(event, by=None, crowd_type=kind, name="Piet", email="PIET@example.nl")
    moved(create_companies=True)


def test_an_update_is_not_done_over_another_change(event, kind, jan):
    data = csv("name,email", "Johan,jan@example.nl")
    digest = importing.read(data, event, update=True).digest
    persons.change(jan, by=None, name="Jannie")
    with pytest.raises(Moved):
        importing.import_(data, event, by=None, digest=digest, update=True)
    assert Person.objects.get().name == "Jannie"
