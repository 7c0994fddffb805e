"""Claims, assignments and cancellations that come at once. With the guard off, each control shows what goes wrong."""

from functools import partial
from threading import Barrier

import pytest
from django.db import IntegrityError

from accounts.factories import SuperAdminFactory
from accounts.tests.racing import errors, good, meet_after, meet_before, race, switch_row_locks_off, without_constraint
from crew import assignments, clashes, shifts, time_slots
from crew.assignments import Refused
from crew.models import Assignment, Person, Shift
from crew.tests.invariants import broken, check
from crew.tests.scenes import come_to, counters, event_with, section_of, shift_at, take, volunteer, volunteers
from eventify.lib.errors import Conflict, Missing

pytestmark = pytest.mark.django_db(transaction=True)
PEOPLE = 20
S = Assignment.Status


@pytest.fixture
def staff():
    return SuperAdminFactory()


def codes(results: list) -> set[str]:
    """The codes of the refusals; anything else that went wrong fails the test."""
    good(results)
    return {error.code for error in errors(results)}


def unlocked(monkeypatch, parties: int) -> None:
    """For a control: no row is locked, and nobody writes before all have read."""
    switch_row_locks_off(monkeypatch)
    meet_after(monkeypatch, clashes, "diary", parties)


# --- Many people, one shift ---------------------------------------------------------------------------


def race_for_places(waits: bool):
    """20 people claim 3 of the 5 places of a shift."""
    event = event_with()
    shift = shift_at(event, slots_total=5, slots_open_for_claiming=3)
    people = volunteers(event, PEOPLE, waits=waits)
    return event, shift, race(*(partial(take, shift, person) for person in people))


@pytest.mark.parametrize("waits", [False, True])
def test_no_more_claims_than_claimable_places(waits):
    event, shift, results = race_for_places(waits)
    assert len(good(results)) == 3
    assert codes(results) == {"no_slots"}
    assert counters(shift) == (("open", 0, 3, 3) if waits else ("open", 3, 0, 3))
    check(event)


@pytest.mark.parametrize("waits", [False, True])
def test_control_without_locks_more_claims_than_claimable_places(waits, monkeypatch):
    unlocked(monkeypatch, PEOPLE)
    event, _shift, results = race_for_places(waits)
    assert len(good(results)) > 3
    assert any("oversold" in sentence for sentence in broken(event))


def race_to_fill(staff):
    """20 assignments by organisers and claims of their own, mixed, for 3 places."""
    event = event_with()
    shift = shift_at(event, slots_total=3, slots_open_for_claiming=3)
    calls = [
        partial(take, shift, person) if number % 2 else partial(assignments.assign, shift, person, by=staff)
        for number, person in enumerate(volunteers(event, PEOPLE))
    ]
    return event, shift, race(*calls)


def test_no_more_people_than_places(staff):
    event, shift, results = race_to_fill(staff)
    assert len(good(results)) == 3
    assert codes(results) <= {"no_slots", "full"}
    assert counters(shift)[:3] == ("full", 3, 0)
    check(event)


def test_control_without_locks_more_people_than_places(staff, monkeypatch):
    unlocked(monkeypatch, PEOPLE)
    event, _shift, results = race_to_fill(staff)
    assert len(good(results)) > 3
    assert any("oversold" in sentence for sentence in broken(event))


def race_to_approve(staff, monkeypatch=None):
    """20 claims wait for 3 places that were made fewer meanwhile, and all are approved at once."""
    event = event_with()
    shift = shift_at(event, slots_total=PEOPLE, slots_open_for_claiming=PEOPLE)
    claims = [take(shift, person) for person in volunteers(event, PEOPLE, waits=True)]
    Shift.objects.update(slots_total=3, slots_open_for_claiming=3)
    if monkeypatch:
        unlocked(monkeypatch, PEOPLE)
    return shift, race(*(partial(assignments.approve, claim, by=staff) for claim in claims))


def test_no_more_approvals_than_places(staff):
    shift, results = race_to_approve(staff)
    assert len(good(results)) == 3
    assert codes(results) == {"full"}
    assert counters(shift) == ("full", 3, PEOPLE - 3, PEOPLE)


def test_control_without_locks_more_approvals_than_places(staff, monkeypatch):
    shift, _results = race_to_approve(staff, monkeypatch)
    assert shift.assignments.filter(status=S.APPROVED).count() > 3


# --- One human ----------------------------------------------------------------------------------------


def race_of_one_human(event, people, shifts_of):
    """One human claims shifts that overlap, all at once."""
    results = race(*(partial(take, shift, people[number % len(people)]) for number, shift in enumerate(shifts_of)))
    return results, broken(event)


def overlapping(event, parts=None) -> list[Shift]:
    parts = parts or [event]
    sections = [section_of(part) for part in parts]
    return [shift_at(sections[number % len(parts)], f"18:{number:02}-22:00") for number in range(PEOPLE)]


def test_one_human_gets_one_of_the_shifts_that_overlap():
    event = event_with()
    results, wrong = race_of_one_human(event, [volunteer(event)], overlapping(event))
    assert len(good(results)) == 1
    assert codes(results) == {"overlap"}
    assert wrong == []


def test_control_without_locks_one_human_is_in_two_places(monkeypatch):
    unlocked(monkeypatch, PEOPLE)
    event = event_with()
    results, wrong = race_of_one_human(event, [volunteer(event)], overlapping(event))
    assert len(good(results)) > 1
    assert any("overlap" in sentence for sentence in wrong)


def two_parts(alike: str):
    """A festival and a sub-event with shifts, and one human who is a person of both."""
    festival = event_with(kind="festival")
    part = event_with(parent=festival)
    one = volunteer(festival)
    same = {"user": {"user": one.user}, "email": {"user": one.user, "email": one.email.upper()}}[alike]
    other = volunteer(part, **same)
    if alike == "email":  # two accounts that have one address each, and only that tells
        Person.objects.filter(pk=other.pk).update(user=None)
        other = Person.objects.get(pk=other.pk)
    return festival, [one, other], overlapping(festival, [festival, part])


def claims_of(people, shifts_of, by):
    return [
        partial(assignments.claim, shift, people[number % 2], by=people[number % 2].user or by)
        for number, shift in enumerate(shifts_of)
    ]


@pytest.mark.parametrize("alike", ["user", "email"])
def test_one_human_through_two_persons_gets_one(alike, staff):
    festival, people, shifts_of = two_parts(alike)
    results = race(*claims_of(people, shifts_of, staff))
    assert len(good(results)) == 1
    assert codes(results) == {"overlap"}
    check(festival)


@pytest.mark.parametrize("alike", ["user", "email"])
def test_control_who_locks_the_person_alone_lets_the_human_have_two(alike, staff, monkeypatch):
    """Each person's own row is locked, and each shift; but not who else is the same human."""
    festival, people, shifts_of = two_parts(alike)
    monkeypatch.setattr(assignments, "lock_humans", _lock_alone)
    meet_after(monkeypatch, clashes, "diary", 2)
    results = race(*claims_of(people, shifts_of[:2], staff))
    assert len(good(results)) == 2
    assert any("overlap" in sentence for sentence in broken(festival))


def _lock_alone(persons):
    rows = Person.objects.select_for_update(no_key=True, of=("self",)).select_related("event__partner", "crowd_type")
    return {row.pk: row for row in rows.filter(pk__in=[person.pk for person in persons]).order_by("pk")}


def race_for_one_place_twice():
    """One human claims the same shift 20 times."""
    event = event_with()
    shift, person = shift_at(event, slots_total=PEOPLE, slots_open_for_claiming=PEOPLE), volunteer(event)
    return event, shift, race(*(partial(take, shift, person) for _number in range(PEOPLE)))


def test_a_shift_is_claimed_once():
    event, shift, results = race_for_one_place_twice()
    assert len(good(results)) == 1
    assert codes(results) == {"already"}
    assert counters(shift) == ("open", 1, 0, 1)
    check(event)


def test_control_without_locks_the_constraint_fires(monkeypatch):
    unlocked(monkeypatch, PEOPLE)
    _event, shift, results = race_for_one_place_twice()
    assert errors(results, IntegrityError)
    assert shift.assignments.count() == 1


def test_control_without_lock_and_constraint_it_is_claimed_twice(monkeypatch):
    unlocked(monkeypatch, PEOPLE)
    with without_constraint(Assignment, "assignment_once_alive"):
        _event, shift, _results = race_for_one_place_twice()
        assert shift.assignments.count() > 1
        Assignment.objects.all().delete()


# --- Against each other -------------------------------------------------------------------------------


def test_cancellations_against_claims():
    """The places that people give up are claimed by others, and never more of them."""
    event = event_with()
    shift = shift_at(event, slots_total=5, slots_open_for_claiming=5)
    people = volunteers(event, 5 + PEOPLE)
    mine = [take(shift, person) for person in people[:5]]
    calls = [partial(assignments.cancel, one, by=one.person.user) for one in mine]
    results = race(*calls, *(partial(take, shift, person) for person in people[5:]))
    assert len(good(results[:5])) == 5
    claimed = len(good(results[5:]))
    assert 0 <= claimed <= 5
    assert codes(results) <= {"no_slots"}
    assert counters(shift)[1:] == (claimed, 0, claimed)
    check(event)


def race_to_cancel(monkeypatch=None):
    """Five people give the same shift up at once."""
    event = event_with()
    shift = shift_at(event, slots_total=5, slots_open_for_claiming=5)
    mine = [take(shift, person) for person in volunteers(event, 5)]
    if monkeypatch:
        switch_row_locks_off(monkeypatch)
        meet_before(monkeypatch, Shift, "save", 5)  # all have counted
    race(*(partial(assignments.cancel, one, by=one.person.user) for one in mine))
    return event, shift


def test_the_counters_follow_cancellations_at_once():
    event, shift = race_to_cancel()
    assert counters(shift) == ("open", 0, 0, 0)
    check(event)


def test_control_without_locks_the_counters_are_wrong(monkeypatch):
    event, _shift = race_to_cancel(monkeypatch)
    assert any("(filled, pending, claimed) is (4, 0, 4)" in sentence for sentence in broken(event))


def race_to_decide(staff):
    """One claim is approved, rejected, cancelled by its person and moved, 24 calls at once."""
    event = event_with()
    person = volunteer(event, waits=True)
    shift, target = shift_at(event), shift_at(event)
    claim = take(shift, person)
    calls = [
        partial(assignments.approve, claim, by=staff),
        partial(assignments.reject, claim, by=staff),
        partial(assignments.cancel, claim, by=person.user),
        partial(assignments.move, claim, target, by=staff),
    ]
    return event, shift, claim, race(*calls * 6)


def test_a_claim_is_decided_once(staff):
    """It may be approved before it is cancelled or moved; what ends it, ends it once."""
    event, _shift, claim, results = race_to_decide(staff)
    done = good(results)
    assert len(errors(results, Conflict)) == len(results) - len(done)
    ended = [one.status for one in done if one.pk == claim.pk and one.status != S.APPROVED]
    moved = [one for one in done if one.pk != claim.pk]
    assert len(ended) + len(moved) == 1
    assert len(done) <= 2
    claim.refresh_from_db()
    assert claim.status == (S.CANCELLED if moved else ended[0])
    check(event)


def test_control_without_locks_it_is_decided_by_many(staff, monkeypatch):
    switch_row_locks_off(monkeypatch)
    meet_after(monkeypatch, assignments, "_fresh", 24)
    _event, _shift, _claim, results = race_to_decide(staff)
    assert len([one for one in results if not isinstance(one, Exception)]) > 2


def test_moves_to_one_place(staff):
    """Everybody is moved to the shift that has room for three; who finds none stays where they are."""
    event = event_with()
    source = shift_at(event, "08:00-12:00", slots_total=PEOPLE, slots_open_for_claiming=PEOPLE)
    target = shift_at(event, slots_total=3)
    held = [take(source, person) for person in volunteers(event, PEOPLE)]
    results = race(*(partial(assignments.move, one, target, by=staff) for one in held))
    assert len(good(results)) == 3
    assert codes(results) == {"full"}
    assert counters(source)[:2] == ("open", PEOPLE - 3)
    assert counters(target) == ("full", 3, 0, 0)
    check(event)


def test_moves_to_and_fro_do_not_wait_for_each_other(staff):
    """Two shifts exchange their people: the locks are taken in one order, so nothing hangs."""
    event = event_with()
    one, two = (shift_at(event, slots_total=PEOPLE, slots_open_for_claiming=PEOPLE) for _number in range(2))
    people = volunteers(event, PEOPLE)
    held = [take((one, two)[number % 2], person) for number, person in enumerate(people)]
    results = race(*(partial(assignments.move, mine, (two, one)[n % 2], by=staff) for n, mine in enumerate(held)))
    assert len(good(results)) == PEOPLE
    assert counters(one)[1] == counters(two)[1] == PEOPLE // 2
    check(event)


def race_with_the_end(staff, ending, monkeypatch=None):
    """The shift ends, by whatever way, while people claim it."""
    event = event_with()
    shift = shift_at(event, slots_total=PEOPLE, slots_open_for_claiming=PEOPLE)
    people = volunteers(event, PEOPLE)
    for person in people[:5]:
        take(shift, person)
    if monkeypatch:
        switch_row_locks_off(monkeypatch)
        meeting = Barrier(PEOPLE - 5 + 1, timeout=20)
        come_to(meeting, monkeypatch, assignments, "_check_claim")
        come_to(meeting, monkeypatch, assignments, "end_all")
    return event, shift, race(*(partial(take, shift, person) for person in people[5:]), partial(ending, shift, staff))


def cancel_shift(shift, staff):
    return shifts.change(shift, by=staff, status="cancelled")


def delete_shift(shift, staff):
    return shifts.delete(shift, by=staff)


@pytest.mark.parametrize("ending", [cancel_shift, delete_shift])
def test_nobody_stays_in_a_shift_that_ended(ending, staff):
    event, shift, results = race_with_the_end(staff, ending)
    refusals = errors(results)
    assert all(isinstance(one, Refused | Missing) for one in refusals)
    assert not shift.assignments.filter(status__in=Assignment.ALIVE).exists()
    assert counters(shift)[1:] == (0, 0, 0)
    check(event)


def test_control_without_locks_somebody_stays(staff, monkeypatch):
    _event, shift, _results = race_with_the_end(staff, cancel_shift, monkeypatch)
    assert shift.assignments.filter(status__in=Assignment.ALIVE).exists()


def test_a_slot_that_moves_while_people_claim_tells_all_who_got_it(staff):
    event = event_with()
    shift = shift_at(event, slots_total=PEOPLE, slots_open_for_claiming=PEOPLE)
    people = volunteers(event, 5)
    move = partial(time_slots.change, shift.time_slot, by=staff, end_time=shift.time_slot.start_time.replace(hour=23))
    results = race(*(partial(take, shift, person) for person in people), move)
    assert len(good(results)) == 6
    assert counters(shift) == ("open", 5, 0, 5)
    check(event)
