"""What is true of every event's rosters after any verb, any race and any crash."""

from collections.abc import Collection, Iterator

from crew import clashes
from crew.models import Assignment, Section, Shift
from events.models import Event

S = Assignment.Status


def broken(event: Event, allowed: Collection[Assignment] = (), overbooked: Collection[Shift] = ()) -> list[str]:
    """The sentences that say what is wrong with the event's plan and rosters; none when all is well.

    `allowed`: assignments that an organiser gave in spite of a clash; `overbooked`: shifts that one overbooked.
    """
    return [
        *_counters(event),
        *_places(event, {shift.pk for shift in overbooked}),
        *_times(event, {one.pk for one in allowed}),
        *_order(event),
    ]


def check(event: Event, allowed: Collection[Assignment] = (), overbooked: Collection[Shift] = ()) -> None:
    """AssertionError with every sentence, when an invariant of the event is broken."""
    sentences = broken(event, allowed, overbooked)
    assert not sentences, "\n".join(sentences)


def _shifts(event: Event):
    return Shift.objects.filter(section__event=event).prefetch_related("assignments")


def _counted(shift: Shift) -> tuple[int, int, int]:
    rows = [row for row in shift.assignments.all() if row.is_alive]
    filled = sum(row.status in (S.APPROVED, S.COMPLETED) for row in rows)
    return filled, len(rows) - filled, sum(row.is_of_claims for row in rows)


def _counters(event: Event) -> Iterator[str]:
    for shift in _shifts(event):
        said, counted = (shift.filled_slots, shift.pending_slots, shift.claimed_slots), _counted(shift)
        if said != counted:
            yield f"shift {shift.pk}: (filled, pending, claimed) is {said}, its assignments are {counted}"
        is_full = shift.filled_slots >= shift.slots_total
        if shift.status in (Shift.Status.OPEN, Shift.Status.FULL) and is_full != (shift.status == Shift.Status.FULL):
            yield f"shift {shift.pk}: {shift.status} with {shift.filled_slots} of {shift.slots_total} filled"
        dead = shift.deleted_at or shift.status == Shift.Status.CANCELLED
        if dead and any(row.status in (S.PENDING, S.APPROVED) for row in shift.assignments.all()):
            yield f"shift {shift.pk}: cancelled or deleted, and people still have it"


def _places(event: Event, overbooked: set[int]) -> Iterator[str]:
    for shift in _shifts(event).filter(deleted_at=None):
        filled, _pending, claimed = _counted(shift)
        if filled > shift.slots_total and shift.pk not in overbooked:
            yield f"shift {shift.pk}: oversold, {filled} people for {shift.slots_total} places"
        if claimed > shift.slots_open_for_claiming:
            yield f"shift {shift.pk}: oversold, {claimed} claims of {shift.slots_open_for_claiming} claimable places"


def _times(event: Event, allowed: set[int]) -> Iterator[str]:
    for clash in clashes.of_event(event):
        if not allowed & {clash.first.pk, clash.second.pk}:
            yield f"{clash.person}: {clash.kind} of assignments {clash.first.pk} and {clash.second.pk}"


def _order(event: Event) -> Iterator[str]:
    orders = list(Section.objects.filter(event=event).values_list("sort_order", flat=True))
    if len(set(orders)) != len(orders):
        yield f"{event}: two sections have the same place in the order, {sorted(orders)}"
