"""What organisers do with people and their shifts, and how people give shifts up."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from crew import assignments
from crew.models import Assignment, CrewPlan, Person, Swap
from crew.tests.invariants import check
from crew.tests.scenes import SIX, SPOKEN, audited, counters, event_with, refused, shift_at, take, volunteer, volunteers
from eventify.lib.errors import Conflict, Forbidden, Invalid, Missing

pytestmark = pytest.mark.django_db
S = Assignment.Status


# --- Organisers ---------------------------------------------------------------------------------------


def test_an_organiser_assigns(planner):
    event = event_with()
    shift, person = shift_at(event, status="draft", slots_open_for_claiming=0), volunteer(event, waits=True)
    assignment = assignments.assign(shift, person, by=planner)
    assert (assignment.status, assignment.origin, assignment.assigned_by) == (S.APPROVED, "assigned", planner)
    assert counters(shift) == ("draft", 1, 0, 0)
    assert audited() == ["ASSIGNED_SHIFT"]
    assert refused(assignments.assign, shift, person, by=planner)[0] == "already"


def test_assigning_past_the_total_needs_overbook(planner):
    event = event_with()
    shift = shift_at(event, slots_total=1, slots_open_for_claiming=0)
    one, two = volunteers(event, 2)
    assignments.assign(shift, one, by=planner)
    assert counters(shift) == ("full", 1, 0, 0)
    said = ("full", "shift", f"{SPOKEN}: its only place is filled.")
    assert refused(assignments.assign, shift, two, by=planner) == said
    assignments.assign(shift, two, by=planner, overbook=True)
    assert counters(shift) == ("full", 2, 0, 0)
    check(event, overbooked=[shift])


def test_assigning_into_a_clash_needs_allow_clash(planner):
    event = event_with(rest=60)
    person = volunteer(event)
    assignments.assign(shift_at(event, "16:00-20:00"), person, by=planner)
    overlapping, close = shift_at(event), shift_at(event, "20:30-21:00")
    assert refused(assignments.assign, overlapping, person, by=planner)[0] == "overlap"
    assert refused(assignments.assign, close, person, by=planner)[0] == "rest"
    allowed = [assignments.assign(shift, person, by=planner, allow_clash=True) for shift in (overlapping, close)]
    check(event, allowed=allowed)


@pytest.mark.parametrize("state", ["closed", "cancelled"])
def test_nobody_is_assigned_at_an_event_that_ended(state, planner):
    event = event_with(state=state)
    assert refused(assignments.assign, shift_at(event), volunteer(event), by=planner)[0] == "not_open"


@pytest.mark.parametrize("status", ["completed", "cancelled"])
def test_nobody_is_assigned_to_a_shift_that_ended(status, planner):
    event = event_with()
    shift = shift_at(event, status=status)
    assert refused(assignments.assign, shift, volunteer(event), by=planner)[0] == "not_open"


def test_assigning_somebody_whose_claim_waits_approves_it(planner):
    event = event_with()
    shift, person = shift_at(event), volunteer(event, waits=True)
    claim = take(shift, person)
    approved = assignments.assign(shift, person, by=planner)
    assert (approved.pk, approved.status, approved.origin) == (claim.pk, S.APPROVED, "claimed")
    assert approved.decided_by == planner
    assert counters(shift) == ("open", 1, 0, 1)
    assert audited() == ["CLAIMED_SHIFT", "APPROVED_SHIFT_CLAIM"]


def test_a_claim_is_approved_once(planner):
    event = event_with()
    shift, person = shift_at(event), volunteer(event, waits=True, name="Jan")
    claim = take(shift, person)
    approved = assignments.approve(claim, by=planner)
    assert (approved.status, approved.decided_by) == (S.APPROVED, planner)
    for verb in (assignments.approve, assignments.reject):
        with pytest.raises(Conflict) as refusal:
            verb(claim, by=planner)
        assert refusal.value.message == f"{SPOKEN}: what Jan has there was decided already."
    assert counters(shift) == ("open", 1, 0, 1)


def test_approving_asks_again(planner):
    event = event_with()
    shift = shift_at(event, slots_total=1, slots_open_for_claiming=1)
    one, two = volunteers(event, 2, waits=True)
    claim = take(shift, one)
    assignments.assign(shift, two, by=planner)
    assert refused(assignments.approve, claim, by=planner)[0] == "full"
    Person.objects.filter(pk=one.pk).update(status="rejected")
    assert refused(assignments.approve, claim, by=planner, overbook=True)[0] == "not_approved"
    Person.objects.filter(pk=one.pk).update(status="approved")
    other = shift_at(event, "20:00-23:00")
    assignments.assign(other, one, by=planner, allow_clash=True)
    assert refused(assignments.approve, claim, by=planner, overbook=True)[0] == "overlap"
    assert assignments.approve(claim, by=planner, overbook=True, allow_clash=True).status == S.APPROVED
    assert counters(shift) == ("full", 2, 0, 1)


def test_a_rejected_claim_frees_its_place(planner):
    event = event_with()
    shift = shift_at(event, slots_total=1, slots_open_for_claiming=1)
    one, two = volunteers(event, 2, waits=True)
    rejected = assignments.reject(take(shift, one), by=planner, reason="We know him")
    assert (rejected.status, rejected.reason, rejected.decided_by) == (S.REJECTED, "We know him", planner)
    assert counters(shift) == ("open", 0, 0, 0)
    assert take(shift, two).status == S.PENDING


@pytest.mark.parametrize("reason", ["x" * 501, "no\x00", "half \ud800"])
def test_a_reason_is_a_short_text(reason, planner):
    event = event_with()
    claim = take(shift_at(event), volunteer(event, waits=True))
    for verb in (assignments.reject, assignments.cancel):
        with pytest.raises(Invalid) as refusal:
            verb(claim, by=planner, reason=reason)
        assert list(refusal.value.errors) == ["reason"]
    assert Assignment.objects.get().status == S.PENDING


# --- Cancelling ---------------------------------------------------------------------------------------


def test_people_cancel_until_the_plans_hours_before(planner):
    event = event_with()
    CrewPlan.objects.create(event=event, cancel_hours=24)
    shift, person = shift_at(event), volunteer(event)
    first = take(shift, person)
    with time_machine.travel(SIX - timedelta(hours=24), tick=False):
        with pytest.raises(Conflict) as refusal:
            assignments.cancel(first, by=person.user)
        assert refusal.value.message == f"{SPOKEN}: it is too late to cancel it yourself. Ask the organisers."
        assert counters(shift) == ("open", 1, 0, 1)
        by_planner = assignments.cancel(first, by=planner, reason="Storm")
    assert (by_planner.status, by_planner.cancellation_source, by_planner.reason) == (S.CANCELLED, "organiser", "Storm")
    second = take(shift, person)
    before = SIX - timedelta(hours=24, seconds=1)
    with time_machine.travel(before, tick=False):
        own = assignments.cancel(second, by=person.user)
    assert (own.status, own.cancellation_source, own.cancelled_by) == (S.CANCELLED, "person", person.user)
    assert own.cancelled_at == before
    assert counters(shift) == ("open", 0, 0, 0)


def test_a_claim_that_waits_is_withdrawn_until_the_shift_begins():
    event = event_with()
    person = volunteer(event, waits=True)
    claim = take(shift_at(event), person)
    with time_machine.travel(SIX, tick=False), pytest.raises(Conflict):
        assignments.cancel(claim, by=person.user)
    with time_machine.travel(SIX - timedelta(minutes=1), tick=False):
        assert assignments.cancel(claim, by=person.user).status == S.CANCELLED


def test_others_cancel_nothing():
    event = event_with()
    one, two = volunteers(event, 2)
    with pytest.raises(Forbidden):
        assignments.cancel(take(shift_at(event), one), by=two.user)


def test_what_is_over_is_not_cancelled(planner):
    event = event_with()
    assignment = take(shift_at(event), volunteer(event))
    assignments.cancel(assignment, by=planner)
    with pytest.raises(Conflict):
        assignments.cancel(assignment, by=planner)
    Assignment.objects.update(status=S.COMPLETED)
    with pytest.raises(Conflict):
        assignments.cancel(assignment, by=planner)
    Assignment.objects.all().delete()
    with pytest.raises(Missing):
        assignments.cancel(assignment, by=planner)


def test_the_offers_to_swap_a_shift_end_with_it(planner):
    event = event_with()
    one, two = volunteers(event, 2)
    mine, theirs = take(shift_at(event), one), take(shift_at(event), two)
    swap = Swap.objects.create(offered=mine, in_return=theirs, to=two)
    assignments.cancel(theirs, by=planner)
    swap.refresh_from_db()
    assert swap.status == Swap.Status.WITHDRAWN
    assert swap.decided_at <= timezone.now()


def test_all_that_somebody_has_yet_to_work_is_cancelled_at_once(planner):
    event = event_with()
    person = volunteer(event)
    worked = take(shift_at(event, "08:00-09:00"), person)
    Assignment.objects.filter(pk=worked.pk).update(status=S.COMPLETED)
    take(shift_at(event), person), take(shift_at(event, "23:00-23:30"), person)
    other = take(shift_at(event), volunteer(event))
    assert assignments.cancel_all([person], by=planner, reason="Rejected") == 2
    assert assignments.cancel_all([person], by=planner) == 0
    rows = Assignment.objects.order_by("pk").values_list("status", "cancellation_source")
    assert list(rows) == [(S.COMPLETED, ""), (S.CANCELLED, "organiser"), (S.CANCELLED, "organiser"), (S.APPROVED, "")]
    assert other.is_alive
    assert counters(other.shift) == ("open", 1, 0, 1)


# --- Moving -------------------------------------------------------------------------------------------


def test_moving_is_one_act(planner):
    event = event_with()
    person = volunteer(event)
    source, target = shift_at(event), shift_at(event, "20:00-23:00", slots_total=1, slots_open_for_claiming=1)
    moved = assignments.move(take(source, person), target, by=planner)
    assert (moved.shift, moved.status, moved.origin, moved.assigned_by) == (target, S.APPROVED, "assigned", planner)
    assert counters(source) == ("open", 0, 0, 0)
    assert counters(target) == ("full", 1, 0, 0)
    check(event)


def test_a_refused_move_changes_nothing(planner):
    event = event_with()
    one, two = volunteers(event, 2)
    source, target = shift_at(event), shift_at(event, slots_total=1, slots_open_for_claiming=1)
    mine = take(source, one)
    take(target, two)
    assert refused(assignments.move, mine, target, by=planner)[0] == "full"
    assert refused(assignments.move, mine, source, by=planner)[0] == "already"
    mine.refresh_from_db()
    assert mine.status == S.APPROVED
    assert counters(source) == ("open", 1, 0, 1)
    assert assignments.move(mine, target, by=planner, overbook=True).shift == target
    check(event, overbooked=[target])


def test_moving_to_a_shift_that_they_claimed_approves_that_claim(planner):
    event = event_with()
    person = volunteer(event, waits=True)
    source, target = shift_at(event), shift_at(event, "23:00-23:30")
    claim = take(target, person)
    moved = assignments.move(assignments.assign(source, person, by=planner), target, by=planner)
    assert (moved.pk, moved.status) == (claim.pk, S.APPROVED)
    assert counters(target) == ("open", 1, 0, 1)
