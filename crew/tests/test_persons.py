"""Who is in an event: added, changed, decided, deleted; what each does to their shifts, and who is told."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
import time_machine

from accounts.factories import UserFactory
from accounts.models import AuditLog, Notification, OutgoingMail
from crew import assignments, persons, shifts
from crew.factories import CompanyFactory, CrowdTypeFactory, PersonFactory
from crew.models import Assignment, IdentityMatch, Person
from crew.tests.invariants import check
from crew.tests.scenes import ZONE, counters, event_with, queries_of, shift_at, take, volunteer
from eventify.lib.errors import Conflict, Invalid, Missing
from partners.factories import PartnerFactory

pytestmark = pytest.mark.django_db
S = Person.Status


def values(person: Person) -> dict:
    """What the database has."""
    row = Person.objects.get(pk=person.pk)
    return {name: getattr(row, name) for name in persons.FIELDS}


def refused(call, *args, **options) -> dict:
    """The fields and sentences of the refusal; nothing was written."""
    before = list(Person.objects.order_by("pk").values())
    with pytest.raises(Invalid) as refusal:
        call(*args, **options)
    assert list(Person.objects.order_by("pk").values()) == before
    assert refusal.value.message in sum(refusal.value.errors.values(), [])
    return refusal.value.errors


def mails() -> list[tuple]:
    return list(OutgoingMail.objects.order_by("pk").values_list("template", "to"))


def audited(person: Person) -> list[tuple]:
    lines = AuditLog.objects.filter(target_uid=person.uid).order_by("pk")
    return [(line.action, line.details) for line in lines]


@pytest.fixture
def event():
    return event_with()


@pytest.fixture
def kind(event):
    return CrowdTypeFactory(partner=event.partner, name="Volunteer")


# --- Added --------------------------------------------------------------------------------------------


def test_somebody_is_added_with_everything(planner, event, kind):
    company = CompanyFactory(partner=event.partner)
    whole = {
        "crowd_type": kind,
        "name": "Jan de Vries",
        "email": "Jan@Example.NL",
        "phone": "06-12345678",
        "company": company,
        "status": "invited",
        "notes": "Vegetarian.\nNo nights.",
        "is_blacklisted": True,
    }
    person = persons.create(event, by=planner, **whole)
    assert values(person) == {**whole, "email": "Jan@example.nl"}
    assert (person.event, person.user) == (event, None)
    assert audited(person) == [("CREATED_PERSON", {"event": str(event.uid), "status": "invited"})]
    assert AuditLog.objects.get(target_uid=person.uid).actor == planner


def test_a_name_is_enough_and_nobody_is_told(planner, event, kind):
    person = persons.create(event, by=planner, crowd_type=kind, name=" Jan ", email=None, phone=None, notes=None)
    assert values(person) == {
        "crowd_type": kind,
        "name": "Jan",
        "email": "",
        "phone": "",
        "company": None,
        "status": "pending",
        "notes": "",
        "is_blacklisted": False,
    }
    persons.create(event, by=planner, crowd_type=kind, name="Jan", status="approved", email="j@example.nl")
    assert mails() == []
    assert not IdentityMatch.objects.exists()


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("name", "", "This field cannot be blank."),
        ("name", "x" * 201, "Ensure this value has at most 200 characters (it has 201)."),
        ("name", "Jan\x00", "This is not a text."),
        ("name", "Jan\ud800", "This is not a text."),
        ("name", "Jan\nPiet", "Write the name on one line."),
        ("name", "Jan\x1b[0m", "Write the name on one line."),
        ("email", "nobody", "Enter a valid email address."),
        ("email", "a\x00@example.nl", "This is not a text."),
        ("email", "a" * 250 + "@example.nl", "Ensure this value has at most 254 characters (it has 261)."),
        ("phone", "call me", "Enter a phone number, for example +31 6 12345678."),
        ("status", "drunk", "Value 'drunk' is not a valid choice."),
        ("notes", "x" * 5001, "Use at most 5000 characters."),
        ("notes", "x\x00", "This is not a text."),
    ],
)
def test_impossible_values(planner, event, kind, field, value, sentence):
    whole = {"crowd_type": kind, "name": "Jan", field: value}
    found = refused(persons.create, event, by=planner, **whole)
    assert list(found) == [field]
    assert sentence in found[field]
    person = PersonFactory(event=event)
    assert refused(persons.change, person, by=planner, **{field: value}) == found


def test_crowd_type_and_company_are_of_the_organisation(planner, event, kind):
    other = PartnerFactory()
    strange, company = CrowdTypeFactory(partner=other), CompanyFactory(partner=other)
    wrong = {
        "crowd_type": ["Choose one of the organisation's crowd types."],
        "company": ["Choose one of the organisation's companies."],
    }
    assert refused(persons.create, event, by=planner, name="Jan", crowd_type=strange, company=company) == wrong
    person = PersonFactory(event=event)
    assert refused(persons.change, person, by=planner, crowd_type=strange, company=company) == wrong


def test_nobody_becomes_what_is_not_in_use_but_who_is_it_stays_it(planner, event, kind):
    person = PersonFactory(event=event, crowd_type=kind)
    kind.is_active = False
    kind.save()
    wrong = {"crowd_type": ["Volunteer is not in use any more."]}
    assert refused(persons.create, event, by=planner, name="Jan", crowd_type=kind) == wrong
    assert refused(persons.change, PersonFactory(event=event), by=planner, crowd_type=kind) == wrong
    assert persons.change(person, by=planner, crowd_type=kind, name="Jan").name == "Jan"


def test_once_in_an_event_by_address_whatever_its_case(planner, event, kind):
    persons.create(event, by=planner, crowd_type=kind, name="Jan", email="jan@example.nl")
    taken = {"email": ["Somebody with this e-mail address is in this event already."]}
    again = {"crowd_type": kind, "name": "Jan", "email": "JAN@EXAMPLE.NL"}
    assert refused(persons.create, event, by=planner, **again) == taken
    other = PersonFactory(event=event)
    assert refused(persons.change, other, by=planner, email="JAN@example.nl") == taken
    assert persons.create(event_with(), by=planner, **again).email == "JAN@example.nl"
    for _time in range(2):
        persons.create(event, by=planner, crowd_type=kind, name="No address")


def test_who_is_blacklisted_does_not_begin_as_approved(planner, event, kind):
    options = {"crowd_type": kind, "name": "Jan", "status": "approved", "is_blacklisted": True}
    sentence = "Jan is on the blacklist and cannot be approved."
    assert refused(persons.create, event, by=planner, **options) == {"status": [sentence]}


# --- Changed ------------------------------------------------------------------------------------------


def test_what_is_changed_is_written_and_audited(planner, event, kind):
    person = PersonFactory(event=event, name="Jan", phone="112")
    changed = persons.change(person, by=planner, name="Piet", phone="112", notes=None, company=None, crowd_type=kind)
    assert (changed.name, values(person)["crowd_type"]) == ("Piet", kind)
    assert audited(person) == [("CHANGED_PERSON", {"fields": ["crowd_type", "name"]})]
    persons.change(person, by=planner, name="Piet")
    assert len(audited(person)) == 1
    assert mails() == []


def test_a_change_may_make_an_address_empty(planner, event):
    person = PersonFactory(event=event)
    persons.change(person, by=planner, email=None, phone=None)
    assert (values(person)["email"], values(person)["phone"]) == ("", "")


def test_who_was_deleted_meanwhile_is_missing(planner, event):
    person = PersonFactory(event=event)
    persons.delete(Person.objects.get(pk=person.pk), by=planner)
    for act in (persons.approve, persons.reject, persons.delete, persons.blacklist, persons.change):
        with pytest.raises(Missing):
            act(person, by=planner)


# --- Decided ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["invited", "applied", "pending", "rejected", "no_show"])
def test_whoever_is_approved_is_told_once(planner, event, status):
    user = UserFactory()
    person = PersonFactory(event=event, status=status, user=user, email="jan@example.nl")
    assert persons.approve(person, by=planner).may_work
    assert persons.approve(person, by=planner).status == "approved"
    assert mails() == [("crew_approved", "jan@example.nl")]
    assert Notification.objects.get(recipient=user).title == f"You are part of the crew of {event.name}"
    assert audited(person) == [("APPROVED_PERSON", {"fields": ["status"], "before": status, "after": "approved"})]


def test_a_change_of_the_status_tells_as_the_verbs_do(planner, event):
    person = PersonFactory(event=event, status=S.PENDING, email="jan@example.nl")
    persons.change(person, by=planner, status="invited")
    assert mails() == []
    persons.change(person, by=planner, status="approved", notes="Good.")
    persons.change(person, by=planner, status="rejected")
    assert mails() == [("crew_approved", "jan@example.nl"), ("crew_rejected", "jan@example.nl")]


def test_the_blacklist_keeps_one_from_being_approved(planner, event):
    person = PersonFactory(event=event, status=S.PENDING, is_blacklisted=True, name="Jan")
    with pytest.raises(Conflict) as refusal:
        persons.approve(person, by=planner)
    sentence = "Jan is on the blacklist and cannot be approved."
    assert refusal.value.message == sentence
    assert refused(persons.change, person, by=planner, status="approved") == {"status": [sentence]}
    changed = persons.change(person, by=planner, status="approved", is_blacklisted=False)
    assert changed.may_work


def test_many_are_approved_and_those_who_are_not_are_named(planner, event):
    fresh = [PersonFactory(event=event, status=S.APPLIED) for _number in range(3)]
    there, bad, gone = (PersonFactory(event=event, name=name) for name in ("There", "Bad", "Gone"))
    Person.objects.filter(pk=bad.pk).update(is_blacklisted=True, status=S.PENDING)
    Person.objects.filter(pk=gone.pk).delete()
    approved, refusals = persons.approve_all([fresh[2], bad, there, fresh[0], gone, fresh[1]], by=planner)
    assert approved == [fresh[2], there, fresh[0], fresh[1]]
    assert refusals == [
        (bad, "Bad is on the blacklist and cannot be approved."),
        (gone, "There is no such person."),
    ]
    assert [person.status for person in approved] == [S.APPROVED] * 4
    assert sorted(mails()) == sorted(("crew_approved", person.email) for person in fresh)
    told = {"fields": ["status"], "before": "applied", "after": "approved"}
    assert [audited(person) for person in fresh] == [[("APPROVED_PERSON", told)]] * 3
    assert values(bad)["status"] == "pending"


def test_many_are_rejected_and_lose_what_they_have_yet_to_work(planner, event):
    shift, other = shift_at(event), shift_at(event)
    both = [volunteer(event, name=name) for name in ("Jan", "Piet")]
    stays = volunteer(event, name="Stays")
    take(shift, both[0]), take(shift, both[1]), take(other, stays)
    out, gone = PersonFactory(event=event, status=S.REJECTED), PersonFactory(event=event)
    Person.objects.filter(pk=gone.pk).delete()
    OutgoingMail.objects.all().delete()
    rejected, refusals = persons.reject_all([both[1], out, gone, both[0]], by=planner, reason="We are full.")
    assert rejected == [*both, out] and refusals == [(gone, "There is no such person.")]
    assert [values(person)["status"] for person in (*both, out, stays)] == ["rejected"] * 3 + ["approved"]
    assert sorted(mails()) == sorted(("crew_rejected", person.email) for person in both)  # none of the shift
    assert (counters(shift), counters(other)) == (("open", 0, 0, 0), ("open", 1, 0, 1))
    told = {"fields": ["status"], "before": "approved", "after": "rejected", "reason": "We are full."}
    assert [audited(person)[-1] for person in both] == [("REJECTED_PERSON", told)] * 2
    assert persons.reject_all(both, by=planner) == (both, []) and len(mails()) == 2  # nothing more


def test_each_who_is_rejected_costs_an_audit_line_and_nothing_else(planner, event):
    few, many = ([PersonFactory(event=event, status=S.APPLIED) for _n in range(count)] for count in (2, 9))
    cost = queries_of(lambda: persons.reject_all(few, by=planner))
    assert queries_of(lambda: persons.reject_all(many, by=planner)) == cost + 7


def test_who_is_rejected_loses_what_they_have_yet_to_work(planner, event):
    shift = shift_at(event)
    person = volunteer(event, name="Jan")
    take(shift, person)
    persons.reject(person, by=planner, reason="We are full.")
    assert Assignment.objects.get().status == "cancelled"
    assert Assignment.objects.get().cancellation_source == "organiser"
    assert counters(shift) == ("open", 0, 0, 0)
    assert mails()[1:] == [("crew_rejected", person.email)]  # one mail says it all
    assert OutgoingMail.objects.get(template="crew_rejected").context["reason"] == "We are full."
    told = {"fields": ["status"], "before": "approved", "after": "rejected", "reason": "We are full."}
    assert audited(person) == [("REJECTED_PERSON", told)]
    persons.reject(person, by=planner)
    assert OutgoingMail.objects.filter(template="crew_rejected").count() == 1
    check(event)


@pytest.mark.parametrize("status", ["no_show", "pending", "applied", "invited"])
def test_whoever_may_not_work_any_more_has_no_shifts(planner, event, status):
    shift, person = shift_at(event), volunteer(event, waits=True)
    take(shift, person)
    persons.change(person, by=planner, status=status)
    assert Assignment.objects.get().status == "cancelled"
    assert counters(shift) == ("open", 0, 0, 0)


def test_who_is_blacklisted_loses_their_shifts_and_keeps_the_status(planner, event):
    shift, person = shift_at(event), volunteer(event, notes="Nice.")
    take(shift, person)
    persons.blacklist(person, by=planner, reason="Stole a banner.")
    found = values(person)
    assert (found["is_blacklisted"], found["status"]) == (True, "approved")
    assert found["notes"] == "Nice.\nOn the blacklist: Stole a banner."
    assert Assignment.objects.get().status == "cancelled"
    told = {"fields": ["is_blacklisted", "notes"], "reason": "Stole a banner."}
    assert audited(person) == [("BLACKLISTED_PERSON", told)]
    persons.blacklist(person, by=planner, reason="Again")
    assert values(person) == found
    persons.blacklist(person, by=planner, is_on=False)
    assert values(person)["is_blacklisted"] is False
    assert audited(person)[1:] == [("UNBLACKLISTED_PERSON", {"fields": ["is_blacklisted"]})]
    assert {template for template, _to in mails()} <= {"crew_confirmed", "crew_cancelled"}


@pytest.mark.parametrize("verb", [persons.reject, persons.blacklist])
@pytest.mark.parametrize(
    ("reason", "sentence"), [("x" * 501, "Use at most 500 characters."), ("\x00", "This is not a text.")]
)
def test_a_reason_is_a_short_text(planner, event, verb, reason, sentence):
    assert refused(verb, PersonFactory(event=event), by=planner, reason=reason) == {"reason": [sentence]}


# --- Deleted ------------------------------------------------------------------------------------------


def test_who_is_deleted_is_told_what_is_cancelled(planner, event):
    shift, person = shift_at(event), volunteer(event, name="Jan")
    assignments.assign(shift, person, by=planner)
    persons.delete(person, by=planner)
    assert not Person.objects.exists()
    assert not Assignment.objects.exists()
    assert counters(shift) == ("open", 0, 0, 0)
    assert mails() == [("crew_assigned", person.email), ("crew_cancelled", person.email)]
    about = {"event": str(event.uid), "name": "Jan", "email": person.email}
    assert audited(person) == [("DELETED_PERSON", about)]


def test_who_has_worked_stays_in_the_records(planner, event):
    shift, person = shift_at(event), volunteer(event, name="Jan")
    later = shift_at(event, "23:00-23:30")
    assignments.assign(shift, person, by=planner)
    assignments.assign(later, person, by=planner)
    sentence = "Jan has worked at this event and stays in its records. Reject them instead."
    with time_machine.travel(datetime(2031, 6, 13, 22, tzinfo=ZoneInfo(ZONE)), tick=False):
        with pytest.raises(Conflict) as refusal:  # over, and about to be completed
            persons.delete(person, by=planner)
        assert refusal.value.message == sentence
    with time_machine.travel(datetime(2031, 6, 13, 22, 30, tzinfo=ZoneInfo(ZONE)), tick=False):
        shifts.complete_past()
        with pytest.raises(Conflict) as refusal:
            persons.delete(person, by=planner)
        assert refusal.value.message == sentence
        persons.reject(person, by=planner)
    assert sorted(Assignment.objects.values_list("status", flat=True)) == ["cancelled", "completed"]
