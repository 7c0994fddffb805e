"""Who gets which shift, what refuses it, and what the row and its counters say then."""

from datetime import timedelta

import pytest
import time_machine

from accounts.factories import UserFactory
from accounts.models import AuditLog
from crew import assignments, shifts
from crew.factories import PersonFactory
from crew.models import Assignment, CrewPlan, Person, Shift
from crew.tests.invariants import check
from crew.tests.scenes import (
    SIX,
    SPOKEN,
    audited,
    counters,
    event_with,
    refused,
    refused_claim,
    section_of,
    shift_at,
    take,
    volunteer,
    volunteers,
)
from eventify.lib.errors import Forbidden
from events.factories import EventFactory
from events.models import Event
from partners.factories import PartnerFactory

pytestmark = pytest.mark.django_db
S = Assignment.Status


# --- Claims -------------------------------------------------------------------------------------------


def test_a_claim_is_theirs_at_once_or_waits_as_their_crowd_type_says():
    event = event_with()
    shift = shift_at(event)
    sure, unsure = volunteer(event), volunteer(event, waits=True)
    assert assignments.why_not_claim(shift, sure) == ""
    first, second = take(shift, sure), take(shift, unsure)
    assert (first.status, first.origin, first.assigned_by, first.decided_by) == (S.APPROVED, "claimed", None, None)
    assert (second.status, second.origin, second.assigned_by) == (S.PENDING, "claimed", None)
    assert counters(shift) == ("open", 1, 1, 2)
    assert audited() == ["CLAIMED_SHIFT", "CLAIMED_SHIFT"]
    line = AuditLog.objects.filter(action="CLAIMED_SHIFT").earliest("pk")
    assert (line.actor, line.target_uid) == (sure.user, first.uid)
    assert line.details == {"person": sure.name, "shift": SPOKEN, "status": "approved"}
    check(event)


def test_a_coordinator_claims_for_a_person_and_nobody_else_does(planner):
    event = event_with()
    shift, person = shift_at(event), volunteer(event)
    with pytest.raises(Forbidden):
        assignments.claim(shift, person, by=UserFactory())
    assert assignments.claim(shift, person, by=planner).assigned_by == planner


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        ("draft", f"{SPOKEN} is not open yet."),
        ("cancelled", f"{SPOKEN} was cancelled."),
        ("completed", f"{SPOKEN} is over."),
    ],
)
def test_a_shift_that_is_not_open_cannot_be_claimed(status, sentence):
    event = event_with()
    shift = shift_at(event, status=status)
    assert refused_claim(shift, volunteer(event)) == ("not_open", "shift", sentence)


def test_a_shift_that_has_begun_cannot_be_claimed():
    event = event_with()
    shift, person = shift_at(event), volunteer(event)
    with time_machine.travel(SIX, tick=False):
        assert refused_claim(shift, person) == ("not_open", "shift", f"{SPOKEN} has begun already.")
    with time_machine.travel(SIX - timedelta(seconds=1), tick=False):
        assert take(shift, person).status == S.APPROVED


@pytest.mark.parametrize("state", ["draft", "closed", "cancelled"])
def test_nobody_claims_at_an_event_that_does_not_take_people(state):
    event = event_with(state=state, name="Fest")
    sentence = f"{SPOKEN}: Fest does not take people now."
    assert refused_claim(shift_at(event), volunteer(event)) == ("not_open", "shift", sentence)


@pytest.mark.parametrize("state", ["published", "registration_open", "buildup", "showday", "teardown"])
def test_people_claim_from_publication_to_teardown(state):
    event = event_with(state=state)
    assert take(shift_at(event), volunteer(event)).status == S.APPROVED


def test_claims_end_with_the_claimable_places():
    event = event_with()
    shift = shift_at(event, slots_total=3, slots_open_for_claiming=1)
    people = volunteers(event, 3, waits=True)
    take(shift, people[0])
    sentence = f"{SPOKEN}: no place is left to claim."
    assert refused_claim(shift, people[1]) == ("no_slots", "shift", sentence)
    assert counters(shift) == ("open", 0, 1, 1)


def test_places_that_organisers_filled_cannot_be_claimed(planner):
    event = event_with()
    shift = shift_at(event, slots_total=2, slots_open_for_claiming=2)
    people = volunteers(event, 3)
    assignments.assign(shift, people[0], by=planner)
    assignments.assign(shift, people[1], by=planner)
    assert counters(shift) == ("full", 2, 0, 0)
    assert refused_claim(shift, people[2])[0] == "no_slots"


def test_a_second_claim_of_the_same_shift_is_refused():
    event = event_with()
    shift, person = shift_at(event, slots_total=5, slots_open_for_claiming=5, allow_overlap=True), volunteer(event)
    take(shift, person)
    said = ("already", "shift", f"{SPOKEN}: this person has it already.")
    assert refused_claim(shift, person) == said
    other = volunteer(event_with(parent=None), user=person.user)  # the same human at another event
    shift.section.type = "cross_event"
    Person.objects.filter(pk=other.pk).update(event=EventFactory(parent=event))
    shift.section.save()
    assert refused_claim(shift, Person.objects.get(pk=other.pk)) == said


def test_a_rejected_or_cancelled_claim_may_be_made_again(planner):
    event = event_with()
    shift, person = shift_at(event), volunteer(event, waits=True)
    assignments.reject(take(shift, person), by=planner)
    assignments.cancel(take(shift, person), by=person.user)
    assert take(shift, person).status == S.PENDING
    assert counters(shift) == ("open", 0, 1, 1)


@pytest.mark.parametrize("status", ["invited", "applied", "pending", "rejected", "no_show"])
def test_only_approved_people_have_shifts(status, planner):
    event = event_with()
    shift, person = shift_at(event), volunteer(event, status=status, name="Jan")
    said = ("not_approved", "person", f"{SPOKEN}: Jan has to be approved first.")
    assert refused_claim(shift, person) == said
    assert refused(assignments.assign, shift, person, by=planner) == said


def test_the_blacklisted_never_have_shifts(planner):
    event = event_with()
    shift, person = shift_at(event), volunteer(event, is_blacklisted=True, name="Jan")
    said = ("blacklisted", "person", f"{SPOKEN}: Jan cannot be given shifts.")
    assert refused_claim(shift, person) == said
    assert refused(assignments.assign, shift, person, by=planner, overbook=True, allow_clash=True) == said


def test_whose_part_is_where():
    festival = event_with(kind="festival", name="Festival")
    one, two = (event_with(parent=festival, name=name) for name in ("One", "Two"))
    bar, shared = section_of(festival), section_of(festival, "First aid", type="cross_event")
    at_festival, at_one, elsewhere = volunteer(festival, name="Ada"), volunteer(one), volunteer(event_with(name="X"))
    assert take(shift_at(one), at_festival).status == S.APPROVED
    assert take(shift_at(shared, "08:00-09:00"), at_one).status == S.APPROVED
    not_at_festival = refused_claim(shift_at(bar, "10:00-11:00"), at_one)
    assert not_at_festival[:2] == ("wrong_event", "person")
    assert not_at_festival[2].endswith(f"{at_one.name} has no part in Festival.")
    assert refused_claim(shift_at(two, "12:00-13:00"), at_one)[0] == "wrong_event"
    assert refused_claim(shift_at(one, "14:00-15:00"), elsewhere)[0] == "wrong_event"


# --- Other shifts of the same human -------------------------------------------------------------------


def test_an_overlap_is_refused_and_both_shifts_are_named():
    event = event_with()
    person = volunteer(event)
    take(shift_at(section_of(event, "Gate"), "16:00-18:01"), person)
    sentence = f"{SPOKEN} is at the same time as Gate, Slot, Fri 13 Jun, 16:00 to 18:01."
    assert refused_claim(shift_at(event), person) == ("overlap", "shift", sentence)


@pytest.mark.parametrize(("mine", "wanted"), [(True, False), (False, True)])
def test_shifts_that_may_overlap_do(mine, wanted):
    event = event_with(rest=60)
    person = volunteer(event)
    take(shift_at(event, "16:00-20:00", allow_overlap=mine), person)
    assert take(shift_at(event, allow_overlap=wanted), person).status == S.APPROVED
    check(event)


@pytest.mark.parametrize(
    ("hours", "rest", "is_close"),
    [
        ("08:00-18:00", 0, False),
        ("08:00-17:59", 1, False),
        ("08:00-17:59", 2, True),
        ("23:00-23:30", 60, False),
        ("23:00-23:30", 61, True),
        ("22:00-22:30", 1, True),
    ],
)
def test_the_minimum_rest_is_kept_before_and_after(hours, rest, is_close):
    event = event_with(rest=rest)
    person = volunteer(event)
    take(shift_at(section_of(event, "Gate"), hours), person)
    if is_close:
        code, field, sentence = refused_claim(shift_at(event), person)
        assert (code, field) == ("rest", "shift")
        start, end = hours.split("-")
        assert sentence.startswith(f"{SPOKEN} is too close to Gate, Slot, Fri 13 Jun, {start} to {end}: there have to")
    else:
        assert take(shift_at(event), person).status == S.APPROVED


def test_the_festivals_rest_counts_for_its_parts_and_of_two_the_longer():
    festival = event_with(kind="festival", rest=11 * 60)
    part = event_with(parent=festival)
    person = volunteer(festival)
    take(shift_at(part, "08:00-12:00"), person)
    assert refused_claim(shift_at(part), person)[2].endswith("there have to be 11 hours of rest between them.")
    CrewPlan.objects.create(event=part, minimum_rest_minutes=30)
    assert refused_claim(shift_at(festival), person)[0] == "rest"
    assert take(shift_at(part), person).status == S.APPROVED


@pytest.mark.parametrize("alike", ["user", "email"])
def test_one_human_in_two_persons_of_the_organisation(alike):
    first, second = event_with(), event_with()
    one = volunteer(first)
    same = {"user": {"user": one.user}, "email": {"user": None, "email": one.email.upper()}}[alike]
    take(shift_at(first), one)
    assert refused(take, shift_at(second, "20:00-23:00"), volunteer(second, **same))[0] == "overlap"


def test_another_organisation_is_no_matter():
    first, second = event_with(), event_with(partner=PartnerFactory())
    one = volunteer(first)
    take(shift_at(first), one)
    assert take(shift_at(second), volunteer(second, user=one.user, email=one.email)).status == S.APPROVED


def test_what_does_not_happen_takes_no_time(planner):
    event, cancelled = event_with(), event_with()
    person = volunteer(event)
    for shift in (shift_at(event), shift_at(event)):
        assignments.cancel(assignments.assign(shift, person, by=planner), by=planner)
    take(shift_at(cancelled), volunteer(cancelled, user=person.user))
    Event.objects.filter(pk=cancelled.pk).update(state="cancelled")
    deleted = shift_at(event)
    take(deleted, person)
    shifts.delete(deleted, by=planner)
    assert take(shift_at(event), person).status == S.APPROVED


# --- Many at once -------------------------------------------------------------------------------------


def test_why_not_for_many_shifts_in_as_many_queries(django_assert_num_queries):
    event = event_with(rest=60)
    person = PersonFactory(event=event)
    wanted = [shift_at(event, "16:00-20:00"), shift_at(event, status="draft")]
    assert assignments.why_not_claim_each([], person) == {}
    many = list(shifts.listed(Shift.objects.all()))
    for some in (many[:1], many):
        with django_assert_num_queries(3):
            reasons = assignments.why_not_claim_each(some, person)
    assert reasons == {wanted[0].pk: "", wanted[1].pk: f"{SPOKEN} is not open yet."}
