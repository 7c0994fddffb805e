"""Assignments: who has which shift.

Locks, in this order: where somebody is given a shift the human (all persons who are the same one, crew/locking.py),
then the shifts by id. An assignment and its shift's counters change only under the shift's lock. A refusal is
`conditions.Refused`; whoever it concerns and did not do it themself is told.
"""

from collections.abc import Container, Iterable
from datetime import timedelta

from django.db import transaction
from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import User
from crew import clashes, conditions, editing, plans, telling
from crew.conditions import Refused
from crew.locking import lock_humans, lock_shifts
from crew.models import Assignment, Person, Shift, Swap
from eventify.lib.errors import Because, Conflict, Forbidden, Missing
from eventify.lib.wire import moment

__all__ = ["Refused", "approve", "assign", "cancel", "claim", "move", "reject", "why_not_claim"]

S = Assignment.Status
REASON_MAX = 500  # characters
_WAITING = (S.PENDING, S.APPROVED)  # not yet worked
_ENDING = ["status", "reason", "decided_by", "cancelled_by", "cancelled_at", "cancellation_source", "updated_at"]


# --- To give somebody a shift -------------------------------------------------------------------------


@transaction.atomic
def assign(
    shift: Shift, person: Person, *, by: User | None, overbook: bool = False, allow_clash: bool = False
) -> Assignment:
    """An organiser gives the person the shift; a claim of theirs that waits for it is approved.

    Refused when all places are filled (unless `overbook`) or their other shifts forbid it (unless `allow_clash`).
    """
    person, shifts = _lock(person, shift)
    shift = shifts[shift.pk]
    diary = _check_given(shift, person, overbook=overbook, allow_clash=allow_clash, may_wait=True)
    waiting = diary.place_in(shift)
    if waiting:
        return _approve(waiting, shift, person, by=by)
    return _put(shift, person, S.APPROVED, Assignment.Origin.ASSIGNED, by=by)


@transaction.atomic
def claim(shift: Shift, person: Person, *, by: User | None) -> Assignment:
    """The person takes a place that is open for claims; it waits for approval where their crowd type says so.

    Refused as `why_not_claim` says. Forbidden when `by` is neither the person nor plans the crew.
    """
    if by is not None and by.pk != person.user_id and not _plans(by, shift):
        raise Forbidden
    person, shifts = _lock(person, shift)
    shift = shifts[shift.pk]
    _check_claim(shift, person, clashes.diary(person, [shift]))
    status = S.PENDING if person.crowd_type.claims_need_approval else S.APPROVED
    return _put(shift, person, status, Assignment.Origin.CLAIMED, by=by)


@transaction.atomic
def approve(
    assignment: Assignment, *, by: User | None, overbook: bool = False, allow_clash: bool = False
) -> Assignment:
    """Approve a claim that waits. Refused as `assign`, Conflict when it was decided already."""
    person, shifts = _lock(assignment.person, assignment.shift)
    shift = shifts[assignment.shift_id]
    assignment = _fresh(assignment, shift, person, S.PENDING)
    _check_given(shift, person, overbook=overbook, allow_clash=allow_clash, ignore=assignment)
    return _approve(assignment, shift, person, by=by)


@transaction.atomic
def move(
    assignment: Assignment, shift: Shift, *, by: User | None, allow_clash: bool = False, overbook: bool = False
) -> Assignment:
    """Take the person out of their shift and give them this one, in one act. Refused as `assign`."""
    person, shifts = _lock(assignment.person, assignment.shift, shift)
    source, target = shifts[assignment.shift_id], shifts[shift.pk]
    assignment = _fresh(assignment, source, person, *_WAITING)
    if source.pk == target.pk:
        conditions.check_not_held(target, clashes.diary(person, [target]))
    end([assignment], S.CANCELLED, by=by)
    diary = _check_given(target, person, overbook=overbook, allow_clash=allow_clash, may_wait=True)
    recount(source)
    audit.record("MOVED_SHIFT_ASSIGNMENT", assignment, by=by, **_details(assignment), to=telling.spoken(target))
    waiting = diary.place_in(target)
    if waiting:
        return _approve(waiting, target, person, by=by)
    return _put(target, person, S.APPROVED, Assignment.Origin.ASSIGNED, by=by)


def why_not_claim(shift: Shift, person: Person) -> str:
    """Why the person cannot claim the shift, as a sentence that names it; "" when they can. Three queries."""
    return why_not_claim_each([shift], person)[shift.pk]


def why_not_claim_each(shifts: Iterable[Shift], person: Person) -> dict[int, str]:
    """`why_not_claim` for many shifts (with section, event and time slot joined), by their ids. As many queries."""
    shifts = list(shifts)
    if not shifts:
        return {}
    diary = clashes.diary(person, shifts)
    return {shift.pk: _why_not(shift, person, diary) for shift in shifts}


def _why_not(shift: Shift, person: Person, diary: clashes.Diary) -> str:
    try:
        _check_claim(shift, person, diary)
    except Refused as refusal:
        return str(refusal.message)
    return ""


def _check_claim(shift: Shift, person: Person, diary: clashes.Diary) -> None:
    conditions.check_person(person, shift)
    conditions.check_not_held(shift, diary)
    conditions.check_claimable(shift)
    conditions.check_claimable_slot(shift)
    conditions.check_time(shift, diary)


def _check_given(
    shift: Shift, person: Person, *, overbook: bool, allow_clash: bool, may_wait: bool = False,
    ignore: Assignment | None = None,
) -> clashes.Diary:  # fmt: skip
    """Refused when an organiser cannot give the shift. `may_wait`: a claim of it that waits is no matter."""
    conditions.check_person(person, shift)
    conditions.check_assignable(shift)
    diary = clashes.diary(person, [shift])
    held = diary.place_in(shift, ignore)
    if held and not (may_wait and held.status == S.PENDING and held.person_id == person.pk):
        conditions.check_not_held(shift, diary, ignore)
    if not overbook:
        conditions.check_slot(shift)
    if not allow_clash:
        conditions.check_time(shift, diary, ignore)
    return diary


# --- To take it away ----------------------------------------------------------------------------------


@transaction.atomic
def reject(assignment: Assignment, *, by: User | None, reason: str = "") -> Assignment:
    """Turn a claim down that waits. Conflict when it was decided already. Locks the shift."""
    shift = lock_shifts([assignment.shift])[assignment.shift_id]
    assignment = _fresh(assignment, shift, assignment.person, S.PENDING)
    end([assignment], S.REJECTED, by=by, reason=reason)
    recount(shift)
    audit.record("REJECTED_SHIFT_CLAIM", assignment, by=by, **_details(assignment), reason=reason)
    return assignment


@transaction.atomic
def cancel(assignment: Assignment, *, by: User | None, reason: str = "") -> Assignment:
    """Take the person out of the shift. Locks the shift.

    A planner may at any time; the person themself until the plan's `cancel_hours` before it begins (Conflict), a claim
    that waits until it begins. Forbidden for others, Conflict when it is no longer to come.
    """
    shift = lock_shifts([assignment.shift])[assignment.shift_id]
    assignment = _fresh(assignment, shift, assignment.person, *_WAITING)
    _check_may_cancel(assignment, by)
    end([assignment], S.CANCELLED, by=by, reason=reason)
    recount(shift)
    audit.record("CANCELLED_SHIFT_ASSIGNMENT", assignment, by=by, **_details(assignment), reason=reason)
    return assignment


@transaction.atomic
def cancel_all(persons: Iterable[Person], *, by: User | None, reason: str = "", is_told: bool = True) -> int:
    """Take these persons out of all shifts that they have yet to work, as when they are rejected; how many places.

    `is_told` off: the caller tells them of it, together with what it comes from. Locks the shifts.
    """
    keys = {person.pk for person in persons}
    rows = Assignment.objects.filter(person__in=keys, status__in=_WAITING, shift__deleted_at=None)
    shifts = lock_shifts(Shift.objects.filter(pk__in=rows.values("shift")).only("pk"))
    return sum(end_all(shift, by=by, reason=reason, only=keys, is_told=is_told) for shift in shifts.values())


def _check_may_cancel(assignment: Assignment, by: User | None) -> None:
    if by is None or _plans(by, assignment.shift):
        return
    if by.pk != assignment.person.user_id:
        raise Forbidden
    until = cancellable_until(assignment)
    if timezone.now() >= until:
        words = {"shift": telling.spoken(assignment.shift)}
        sentence = _("%(shift)s: it is too late to cancel it yourself. Ask the organisers.") % words
        raise Conflict(Because("too_late", sentence, until=moment(until)))


def cancellable_until(assignment: Assignment):
    """The moment until which the person may cancel it themself. One query for one that was approved."""
    starts_at = assignment.shift.time_slot.starts_at
    if assignment.status == S.PENDING:
        return starts_at
    return starts_at - timedelta(hours=plans.plan_for(assignment.shift.section.event).cancel_hours)


def _source(assignment: Assignment, by: User | None) -> str:
    if by is None:
        return Assignment.CancelledBy.SYSTEM
    is_own = by.pk == assignment.person.user_id
    return Assignment.CancelledBy.PERSON if is_own else Assignment.CancelledBy.ORGANISER


# --- Under the locks: for the verbs above, of shifts and of swaps --------------------------------------


def recount(shift: Shift) -> None:
    """Count a locked shift's assignments afresh, and let it be open or full accordingly."""
    rows = Assignment.objects.filter(shift=shift)
    done = Q(status__in=(S.APPROVED, S.COMPLETED))
    of_claims = Q(origin=Assignment.Origin.CLAIMED) | Q(is_claim_handed_on=True)
    counts = rows.aggregate(
        filled=Count("pk", filter=done),
        pending=Count("pk", filter=Q(status=S.PENDING)),
        claimed=Count("pk", filter=of_claims & Q(status__in=Assignment.ALIVE)),
    )
    shift.filled_slots, shift.pending_slots, shift.claimed_slots = counts.values()
    if shift.status in (Shift.Status.OPEN, Shift.Status.FULL):
        is_full = shift.filled_slots >= shift.slots_total
        shift.status = Shift.Status.FULL if is_full else Shift.Status.OPEN
    shift.save(update_fields=["filled_slots", "pending_slots", "claimed_slots", "status", "updated_at"])


def of(shift: Shift, *statuses: str) -> list[Assignment]:
    """A locked shift's assignments in these states, with their persons."""
    rows = shift.assignments.filter(status__in=statuses).select_related("person__event", "person__user")
    found = list(rows.order_by("pk"))
    for assignment in found:
        assignment.shift = shift
    return found


def end(
    ending: list[Assignment], status: str, *, by: User | None, reason: str = "", source: str = "", is_told: bool = True
) -> None:  # fmt: skip
    """Let assignments of locked shifts be cancelled or rejected, and their swaps with them; people are told of it.

    `source` says by whom they are cancelled, where `by` alone does not. The caller recounts the shifts.
    """
    for assignment in ending:
        assignment.status, assignment.reason, assignment.updated_at = status, reason, timezone.now()
        if status == S.CANCELLED:
            assignment.cancelled_by, assignment.cancelled_at = by, timezone.now()
            assignment.cancellation_source = source or _source(assignment, by)
        else:
            assignment.decided_by = by
        editing.check(assignment, reason=REASON_MAX)
    Assignment.objects.bulk_update(ending, _ENDING)
    withdraw_swaps(ending)
    if is_told:
        telling.assignments_changed(ending)


def end_all(
    shift: Shift, *, by: User | None, reason: str = "", only: Container[int] | None = None, is_told: bool = True
) -> int:  # fmt: skip
    """Cancel what nobody has worked yet in a locked shift (`only` these persons, by id), and recount it; how many."""
    ending = [one for one in of(shift, *_WAITING) if only is None or one.person_id in only]
    end(ending, S.CANCELLED, by=by, reason=reason, is_told=is_told)
    if ending:
        recount(shift)
    return len(ending)


def withdraw_swaps(assignments: Iterable[Assignment]) -> None:
    """End the offers to swap these assignments, or to give them in return."""
    concerned = Q(offered__in=assignments) | Q(in_return__in=assignments)
    undecided = Swap.objects.filter(concerned, status__in=(Swap.Status.OPEN, Swap.Status.WAITING))
    undecided.update(status=Swap.Status.WITHDRAWN, decided_at=timezone.now(), updated_at=timezone.now())


def _put(shift: Shift, person: Person, status: str, origin: str, *, by: User | None) -> Assignment:
    is_own = by is not None and by.pk == person.user_id
    assignment = Assignment.objects.create(
        shift=shift, person=person, status=status, origin=origin, assigned_by=None if is_own else by
    )
    recount(shift)
    action = "CLAIMED_SHIFT" if origin == Assignment.Origin.CLAIMED else "ASSIGNED_SHIFT"
    audit.record(action, assignment, by=by, **_details(assignment), status=str(status))
    telling.assignment_changed(assignment)
    return assignment


def _approve(assignment: Assignment, shift: Shift, person: Person, *, by: User | None) -> Assignment:
    assignment.shift, assignment.person = shift, person
    assignment.status, assignment.decided_by = S.APPROVED, by
    assignment.save(update_fields=["status", "decided_by", "updated_at"])
    recount(shift)
    audit.record("APPROVED_SHIFT_CLAIM", assignment, by=by, **_details(assignment))
    telling.assignment_changed(assignment)
    return assignment


def _lock(person: Person, *shifts: Shift) -> tuple[Person, dict[int, Shift]]:
    """The person, their human locked, and then the shifts by id. Conflict when they became another human meanwhile."""
    found = lock_humans([person])[person.pk]
    if (found.user_id, found.email.lower()) != (person.user_id, person.email.lower()):
        raise Conflict(_("Somebody changed this person just now. Look again."))
    return found, lock_shifts(shifts)


def _fresh(assignment: Assignment, shift: Shift, person: Person, *statuses: str) -> Assignment:
    """The assignment as it is under its shift's lock; Conflict when it is in none of these states any more."""
    found = Assignment.objects.filter(pk=assignment.pk, shift=shift).first()
    if found is None:
        raise Missing
    found.shift, found.person = shift, person
    if found.status not in statuses:
        words = {"shift": telling.spoken(shift), "person": person.name}
        sentence = _("%(shift)s: what %(person)s has there was decided already.") % words
        raise Conflict(Because("decided", sentence, status=str(found.status)))
    return found


def _plans(user: User, shift: Shift) -> bool:
    return user.can("manage_crew", on=shift.section.event)


def _details(assignment: Assignment) -> dict:
    """What an audit line says of it."""
    return {"person": assignment.person.name, "shift": telling.spoken(assignment.shift)}
