"""Who works when on the big made-up festival: shifts and their people in bulk, counters and all."""

import heapq
import random
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta
from itertools import accumulate
from typing import NamedTuple

from accounts.models import User
from crew.demo.terrain import DONE, Part
from crew.models import Assignment, Location, Person, Section, Shift, TimeSlot

MOST = 7  # shifts of one person
A, Origin = Assignment.Status, Assignment.Origin
_PARTLY = (0.0, 0.5, 0.75)  # how far a shift is filled that the planners have not finished
_EARLY = datetime.min.replace(tzinfo=UTC)


class Cell(NamedTuple):
    """A section in a time slot, and what is done there."""

    section: Section
    slot: TimeSlot
    part: Part


def shifts(cells: list[Cell], how_many: int, places: list[Location]) -> list[Shift]:
    """So many shifts over the cells, more where more people are needed; by time, not saved."""
    chance, made = random.Random(53), []
    needs = list(accumulate(cell.part.need for cell in cells))
    until = [round(how_many * need / needs[-1]) for need in needs]
    for cell, first, last in zip(cells, [0, *until], until, strict=False):
        made += [_shift(cell, post, places, chance) for post in range(last - first)]
    return sorted(made, key=lambda shift: shift.time_slot.starts_at)


def _shift(cell: Cell, post: int, places: list[Location], chance: random.Random) -> Shift:
    job, lap = cell.part.jobs[post % len(cell.part.jobs)], post // len(cell.part.jobs)
    is_lead = post == 0
    total = 1 if is_lead else chance.choice((2, 3, 3, 4, 5, 6))
    status = chance.choices((Shift.Status.OPEN, Shift.Status.DRAFT, Shift.Status.CANCELLED), (94, 5, 1))[0]
    own = [place for place in places if place.name.startswith(cell.section.name)]
    return Shift(
        section=cell.section,
        time_slot=cell.slot,
        location=chance.choice(own or places),
        title=f"{job}, lead" if is_lead else f"{job} {lap + 1}" if lap else job,
        slots_total=total,
        slots_open_for_claiming=chance.choice((0, 0, 1, total)) if not is_lead else 0,
        status=status,
        is_lead_role=is_lead,
        report_time=_earlier(cell.slot) if is_lead else None,
        instructions="Be at the crew tent fifteen minutes before you start." if is_lead else "",
    )


def _earlier(slot: TimeSlot) -> time:
    """A quarter of an hour before it begins, local."""
    return (datetime.combine(slot.date, slot.start_time) - timedelta(minutes=15)).time()


class Rota:
    """Gives shifts, in the order of their time, to whoever has rested longest; so nobody is in two places at once."""

    def __init__(self, people: Iterable[Person], rest: timedelta, *, by: User):
        self.rest, self.by = rest, by
        self.chance = random.Random(54)
        self.given: list[Assignment] = []
        self.worked: Counter[Person] = Counter()
        self.free: dict[str, list] = defaultdict(list)  # of each kind of people a heap: (free from, order, person)
        for order, person in enumerate(people):
            heapq.heappush(self.free[person.crowd_type.system_type], (_EARLY, order, person))

    def fill(self, shift: Shift) -> None:
        """Fill it as far as the planners have come, and as people are free."""
        if shift.status != Shift.Status.OPEN:
            return
        is_done = self.chance.random() < DONE.get(shift.section.category, 0.9)
        wanted = round((shift.slots_total - shift.filled_slots) * (1 if is_done else self.chance.choice(_PARTLY)))
        for _place in range(wanted):
            if not (person := self._rested(shift)):
                return
            self.give(shift, person)

    def _rested(self, shift: Shift) -> Person | None:
        heap = self.free[shift.time_slot.person_type]
        if not heap or heap[0][0] > shift.time_slot.starts_at:
            return None
        _since, order, person = heapq.heappop(heap)
        if self.worked[person] < MOST - 1:
            heapq.heappush(heap, (shift.time_slot.ends_at + self.rest, order, person))
        return person

    def give(self, shift: Shift, person: Person, *, is_certain: bool = False) -> None:
        """Give one place, and count it; if the shift can be claimed, perhaps the person did, and perhaps waits."""
        can_claim = shift.claimed_slots < shift.slots_open_for_claiming and not is_certain
        is_claimed = can_claim and self.chance.random() < 0.7
        is_waiting = is_claimed and person.crowd_type.claims_need_approval and self.chance.random() < 0.25
        self.worked[person] += 1
        self._add(shift, person, A.PENDING if is_waiting else A.APPROVED, is_claimed)
        shift.filled_slots += not is_waiting
        shift.pending_slots += is_waiting
        shift.claimed_slots += is_claimed
        if shift.filled_slots >= shift.slots_total:
            shift.status = Shift.Status.FULL

    def _add(self, shift: Shift, person: Person, status: str, is_claimed: bool) -> None:
        is_decided = is_claimed and status == A.APPROVED and person.crowd_type.claims_need_approval
        self.given.append(
            Assignment(
                shift=shift,
                person=person,
                status=status,
                origin=Origin.CLAIMED if is_claimed else Origin.ASSIGNED,
                assigned_by=None if is_claimed and person.user_id else self.by,
                decided_by=self.by if is_decided else None,
            )
        )

    def give_up(self, shift: Shift, person: Person, reason: str, at: datetime) -> None:
        """One who had the shift and could not come after all."""
        gone = {"cancelled_by": person.user or self.by, "cancelled_at": at, "reason": reason}
        source = Assignment.CancelledBy.PERSON if person.user_id else Assignment.CancelledBy.ORGANISER
        self.given.append(
            Assignment(
                shift=shift,
                person=person,
                status=A.CANCELLED,
                origin=Origin.ASSIGNED,
                assigned_by=self.by,
                cancellation_source=source,
                **gone,
            )  # fmt: skip
        )
