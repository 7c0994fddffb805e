"""People sign up themselves, and withdraw."""

from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import IntegrityError

from accounts.factories import UserFactory
from accounts.models import AuditLog, OutgoingMail
from accounts.tests.racing import errors, good, meet_after, race
from crew import assignments, matches, persons, shifts, signup, tags, writing
from crew.factories import CrowdTypeFactory, PersonFactory, PersonTagFactory
from crew.models import Assignment, CrewPlan, IdentityMatch, Person, UserTag
from crew.tests.invariants import check
from crew.tests.scenes import ZONE, counters, event_with, house, shift_at, take, volunteer
from eventify.lib.errors import Conflict, Forbidden, Invalid, Missing
from events.models import Event
from partners.factories import PartnerFactory

S = Person.Status
State = Event.State
KNOWN = "The organisers of %s know you by your e-mail address. As soon as they confirm it, you are in."


@pytest.fixture
def kind(db):
    return CrowdTypeFactory(partner=house(), name="Volunteer")


def open_event(**fields) -> Event:
    """One that people may sign up for."""
    return event_with(state=State.REGISTRATION_OPEN, **fields)


def refused(call, *args, kind=Conflict, **options) -> str:
    """The sentence of the refusal."""
    with pytest.raises(kind) as refusal:
        call(*args, **options)
    return str(refusal.value.message)


# --- Signing up ---------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_somebody_applies_with_their_account(kind):
    event, user = open_event(), UserFactory(full_name="Asha Patel", email="asha@example.nl", phone="+919845100100")
    able, other = (PersonTagFactory(partner=house()) for _number in range(2))
    tags.give(user_in(user), other, source="self_reported", by=None)
    person = signup.sign_up(event, user=user, note="I like bars.", tags=[able])
    row = Person.objects.get(pk=person.pk)
    assert {name: getattr(row, name) for name in persons.FIELDS} == {
        "crowd_type": kind,
        "name": "Asha Patel",
        "email": "asha@example.nl",
        "phone": "+919845100100",
        "company": None,
        "status": "applied",
        "notes": "I like bars.",
        "is_blacklisted": False,
    }
    assert (row.event, row.user) == (event, user)
    held = UserTag.objects.filter(user=user).order_by("pk")
    assert [(one.tag, one.source, one.assigned_by) for one in held] == [
        (other, "self_reported", None), (able, "self_reported", user),
    ]  # fmt: skip
    line = AuditLog.objects.get(target_uid=person.uid)
    assert (line.action, line.actor, line.details) == ("SIGNED_UP_FOR_CREW", user, {"event": str(event.uid)})
    assert not IdentityMatch.objects.exists()
    assert not OutgoingMail.objects.exists()


def user_in(user):
    """The user, who has a part in the house's other event."""
    PersonFactory(event=event_with(), user=user)
    return user


@pytest.mark.django_db
def test_the_phone_of_the_form_counts_and_a_second_click_changes_nothing(kind):
    event, user = open_event(), UserFactory(full_name="", phone=None)
    person = signup.sign_up(event, user=user, phone="06-12345678")
    assert (person.name, person.phone) == (user.email, "06-12345678")
    assert signup.sign_up(event, user=user, phone="112", note="Again") == person
    assert Person.objects.values_list("phone", "notes").get() == ("06-12345678", "")
    persons.reject(person, by=None)
    assert signup.sign_up(event, user=user).status == S.REJECTED


@pytest.mark.django_db
def test_what_is_typed_is_checked(kind):
    event, user = open_event(), UserFactory()
    with pytest.raises(Invalid) as refusal:
        signup.sign_up(event, user=user, phone="call me", note="x" * 1001)
    assert refusal.value.errors == {"note": ["Use at most 1000 characters."]}
    with pytest.raises(Invalid) as refusal:
        signup.sign_up(event, user=user, phone="call me", note="x\x00")
    assert refusal.value.errors["note"] == ["This is not a text."]
    with pytest.raises(Invalid) as refusal:
        signup.sign_up(event, user=user, phone="call me")
    assert refusal.value.errors == {"phone": ["Enter a phone number, for example +31 6 12345678."]}
    foreign = PersonTagFactory(partner=PartnerFactory())
    with pytest.raises(Invalid) as refusal:
        signup.sign_up(event, user=user, tags=[foreign])
    assert refusal.value.errors == {"tags": ["Choose tags of the organisation."]}
    assert not Person.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("state", [state for state in State if state != State.REGISTRATION_OPEN])
def test_registration_has_to_be_open(kind, state):
    event = event_with(state=state, name="Garden")
    assert not signup.is_open(event)
    assert refused(signup.sign_up, event, user=UserFactory()) == "Registration for Garden is not open."


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("state", "is_open"),
    [("draft", False), ("published", True), ("buildup", True), ("showday", True), ("teardown", False),
     ("closed", False), ("cancelled", False)],
)  # fmt: skip
def test_a_festival_opens_the_registration_of_its_days(kind, state, is_open):
    festival = open_event(kind=Event.Kind.FESTIVAL)
    day = event_with(parent=festival, state=state)
    assert signup.is_open(day) is is_open
    if is_open:
        assert signup.sign_up(day, user=UserFactory()).event == day
    else:
        refused(signup.sign_up, day, user=UserFactory())


@pytest.mark.django_db
def test_what_people_are_who_sign_up(kind):
    helper = CrowdTypeFactory(partner=house(), system_type="CREW")
    event = open_event()
    plan = CrewPlan.objects.create(event=event, signup_crowd_type=helper)
    assert signup.sign_up(event, user=UserFactory()).crowd_type == helper
    helper.is_active = False
    helper.save()
    sentence = f"Nobody can sign up for {event.name} now. Ask the organisers."
    assert refused(signup.sign_up, event, user=UserFactory()) == sentence
    plan.delete()
    assert signup.sign_up(event, user=UserFactory()).crowd_type == kind
    kind.is_active = False
    kind.save()
    assert refused(signup.sign_up, event, user=UserFactory()) == sentence


@pytest.mark.django_db
def test_somebody_whom_planners_know_is_not_linked_silently(kind):
    event, user = open_event(), UserFactory(email="jan@example.nl")
    person = PersonFactory(event=event, email="JAN@example.nl")
    assert refused(signup.sign_up, event, user=user) == KNOWN % event.name
    match = IdentityMatch.objects.get()
    assert (match.person, match.user, match.status) == (person, user, "pending")
    assert Person.objects.get().user is None
    assert refused(signup.sign_up, event, user=user) == KNOWN % event.name
    matches.confirm(match, by=None)
    assert signup.sign_up(event, user=user) == person


@pytest.mark.django_db
def test_an_address_that_another_account_has_there(kind):
    event, user = open_event(), UserFactory(email="jan@example.nl")
    PersonFactory(event=event, email="jan@example.nl", user=UserFactory())
    assert refused(signup.sign_up, event, user=user) == KNOWN % event.name
    assert not IdentityMatch.objects.exists()


# --- Withdrawing --------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_who_withdraws_is_gone_with_their_shifts_and_may_come_back(kind):
    event = open_event()
    person, shift = volunteer(event), shift_at(event)
    take(shift, person)
    signup.withdraw(person, by=person.user)
    assert not Person.objects.exists()
    assert counters(shift) == ("open", 0, 0, 0)
    line = AuditLog.objects.get(action="WITHDREW_FROM_CREW")
    assert (line.actor, line.target_uid, line.details["name"]) == (person.user, person.uid, person.name)
    assert not OutgoingMail.objects.filter(template="crew_cancelled").exists()
    assert signup.sign_up(event, user=person.user).status == S.APPLIED
    with pytest.raises(Missing):
        signup.withdraw(person, by=person.user)
    check(event)


@pytest.mark.django_db
def test_only_the_person_withdraws(planner):
    person = volunteer(event_with())
    for somebody in (UserFactory(), planner):
        with pytest.raises(Forbidden):
            signup.withdraw(person, by=somebody)
    with pytest.raises(Forbidden):
        signup.withdraw(PersonFactory(event=event_with()), by=planner)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "fields", [{"status": "rejected"}, {"status": "no_show"}, {"status": "approved", "is_blacklisted": True}]
)
def test_nobody_escapes_a_decision(fields):
    person = volunteer(event_with(), **fields)
    sentence = "The organisers decided about this already. Ask them."
    assert refused(signup.withdraw, person, by=person.user) == sentence


@pytest.mark.django_db
def test_a_shift_that_is_too_near_keeps_them(kind):
    event = open_event()
    near, far = shift_at(event), shift_at(event, "18:00-22:00", datetime(2031, 6, 20).date())
    person = volunteer(event)
    take(near, person), take(far, person)
    with time_machine.travel(datetime(2031, 6, 13, 10, tzinfo=ZoneInfo(ZONE)), tick=False):
        assert "too late to cancel it yourself" in refused(signup.withdraw, person, by=person.user)
    assert list(Assignment.objects.values_list("status", flat=True)) == ["approved", "approved"]
    assert Person.objects.get() == person
    with time_machine.travel(datetime(2031, 6, 13, 22, 30, tzinfo=ZoneInfo(ZONE)), tick=False):
        shifts.complete_past()
        sentence = f"You have worked at {event.name} and stay in its records."
        assert refused(signup.withdraw, person, by=person.user) == sentence


# --- At once ------------------------------------------------------------------------------------------


def click_many_times(monkeypatch):
    """(the event, what eight clicks gave)."""
    CrowdTypeFactory(partner=house())
    event, user = open_event(), UserFactory()
    tag = PersonTagFactory(partner=house())
    meet_after(monkeypatch, signup, "_check_address", 8)
    return event, race(*[partial(signup.sign_up, event, user=user, tags=[tag])] * 8)


@pytest.mark.django_db(transaction=True)
def test_many_clicks_are_one_person(monkeypatch):
    event, results = click_many_times(monkeypatch)
    assert len({person.pk for person in good(results)}) == 1
    assert len(good(results)) == 8
    assert Person.objects.filter(event=event).count() == 1
    assert UserTag.objects.count() == 1
    assert AuditLog.objects.filter(action="SIGNED_UP_FOR_CREW").count() == 1


@pytest.mark.django_db(transaction=True)
def test_control_without_reading_the_constraint_the_others_are_server_errors(monkeypatch):
    monkeypatch.setattr(writing, "constraint_of", lambda _error: "")
    _event, results = click_many_times(monkeypatch)
    assert len(errors(results, IntegrityError)) == 7


@pytest.mark.django_db(transaction=True)
def test_a_planner_who_adds_them_at_the_same_moment(monkeypatch):
    kind = CrowdTypeFactory(partner=house())
    event, user = open_event(), UserFactory(email="jan@example.nl")
    meet_after(monkeypatch, persons, "check", 2)
    results = race(
        partial(signup.sign_up, event, user=user),
        partial(persons.create, event, by=None, crowd_type=kind, name="Jan", email="jan@example.nl"),
    )
    assert len(good(results)) == 1
    person = Person.objects.get(event=event)
    if person.user is None:  # the planner was first
        assert [str(error.message) for error in errors(results, Conflict)] == [KNOWN % event.name]
        assert IdentityMatch.objects.get().user == user
    else:
        assert set(errors(results, Invalid)[0].errors) == {"email"}


@pytest.mark.django_db(transaction=True)
def test_withdrawing_while_a_shift_is_given():
    for _round in range(4):
        event = open_event()
        person, shift = volunteer(event), shift_at(event)
        results = race(
            partial(signup.withdraw, person, by=person.user), partial(assignments.assign, shift, person, by=None)
        )
        assert len(good(results)) >= 1
        assert not Person.objects.filter(pk=person.pk).exists()
        check(event)
