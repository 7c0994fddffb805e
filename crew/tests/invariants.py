"""What is true of every event's rosters after any verb, any race and any crash: the checks of `manage.py fsck`.

Beyond them, unless a test allows it: no shift has more people or claims than places, nobody's shifts
clash, and each section has a place of its own in the order.
"""

from collections.abc import Collection, Iterator

from crew import clashes
from crew.invariants import CHECKS
from crew.models import Assignment, Section, Shift
from events.models import Event

S = Assignment.Status


def broken(event: Event, allowed: Collection[Assignment] = (), overbooked: Collection[Shift] = ()) -> list[str]:
    """The sentences that say what is wrong with the event's plan and rosters; none when all is well.

    `allowed`: assignments that an organiser gave in spite of a clash; `overbooked`: shifts that one overbooked.
    """
    return [
        *(breach.sentence for check in CHECKS for breach in check.breaches([event.pk])),
        *_places(event, {shift.pk for shift in overbooked}),
        *_times(event, {one.pk for one in allowed}),
        *_order(event),
    ]


def check(event: Event, allowed: Collection[Assignment] = (), overbooked: Collection[Shift] = ()) -> None:
    """AssertionError with every sentence, when an invariant of the event is broken."""
    sentences = broken(event, allowed, overbooked)
    assert not sentences, "\n".join(sentences)


def _places(event: Event, overbooked: set[int]) -> Iterator[str]:
    for shift in Shift.objects.live().filter(section__event=event).prefetch_related("assignments"):
        rows = [row for row in shift.assignments.all() if row.is_alive]
        filled, claimed = sum(row.status != S.PENDING for row in rows), sum(row.is_of_claims for row in rows)
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
