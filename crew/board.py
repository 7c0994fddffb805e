"""The day's board: sections by time slots, each shift with how full it is, who is in it, and what is wrong with it.

A festival's board has its sub-events below it, a sub-event's the festival's sections that serve it. However many
sections, shifts and people there are, it asks the same number of queries.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Case, F, Q, QuerySet, Sum, When, Window
from django.db.models.functions import Greatest, Least, RowNumber
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crew import clashes
from crew.models import Assignment, Section, Shift, TimeSlot
from crew.roster import short_name
from events.models import Event

NAMES = 3  # of people that a shift shows; the others are counted
ONLY = ("gaps", "waiting", "over", "clashes")  # what a board may be narrowed to
S = Shift.Status
_OVER = (S.CANCELLED, S.COMPLETED)  # nothing is missing there any more


@dataclass
class Totals:
    """How a day stands: places = filled (without those who are too many) + waiting + missing, all in people."""

    day: date
    places: int = 0
    filled: int = 0
    waiting: int = 0
    missing: int = 0
    over: int = 0  # too many
    shifts: int = 0
    drafts: int = 0


@dataclass
class Name:
    """Somebody in a shift, as it is shown."""

    uid: object  # of the assignment
    text: str
    full: str
    is_waiting: bool
    is_clashing: bool


@dataclass
class Card:
    """A shift on the board."""

    shift: Shift
    names: list[Name] = field(default_factory=list)
    clashes: int = 0  # people in it who are elsewhere at that time, or too soon

    @property
    def is_live(self) -> bool:
        return self.shift.status not in _OVER

    @property
    def more(self) -> int:
        """People who are not named."""
        return max(0, self.shift.filled_slots + self.shift.pending_slots - len(self.names))

    @property
    def missing(self) -> int:
        return self.shift.free_slots if self.is_live else 0

    @property
    def over(self) -> int:
        return max(0, self.shift.filled_slots - self.shift.slots_total) if self.is_live else 0

    @property
    def waiting(self) -> int:
        return self.shift.pending_slots if self.is_live else 0

    @property
    def state(self) -> str:
        """What it looks like: done, cancelled, over, empty, short, waits (filled with those who wait), or full."""
        shift = self.shift
        if not self.is_live:
            return "done" if shift.status == S.COMPLETED else "cancelled"
        if self.over:
            return "over"
        if not self.missing:
            return "waits" if shift.filled_slots < shift.slots_total else "full"
        return "short" if shift.filled_slots + shift.pending_slots else "empty"

    @property
    def bar(self) -> int:
        """How full, in tenths from 0 to 10; 0 only when empty, 10 only when full."""
        shift = self.shift
        if shift.filled_slots >= shift.slots_total:
            return 10
        return max(1, round(9.4 * shift.filled_slots / shift.slots_total)) if shift.filled_slots else 0

    @property
    def title(self) -> str:
        return self.shift.title or _("Shift")

    @property
    def is_draft(self) -> bool:
        return self.shift.status == S.DRAFT

    @property
    def flags(self) -> list[tuple[str, str]]:
        """What is to be seen at once, as (tone, words): how it is filled, and what is special about it."""
        found = self._how_filled()
        if self.clashes:
            found.append(("negative", ngettext("%(n)s clash", "%(n)s clashes", self.clashes) % {"n": self.clashes}))
        if self.waiting:
            found.append(("information", _("%(n)s waiting") % {"n": self.waiting}))
        if self.is_draft:
            found.append(("plain", _("Draft")))
        if self.shift.is_lead_role:
            found.append(("plain", _("Lead")))
        return found

    def _how_filled(self) -> list[tuple[str, str]]:
        """Nothing for one that is full, or will be when all who wait are approved: the figures say it."""
        said = {
            "done": ("plain", _("Done")),
            "cancelled": ("plain", _("Cancelled")),
            "over": ("information", _("%(n)s too many") % {"n": self.over}),
            "short": ("caution", _("%(n)s missing") % {"n": self.missing}),
            "empty": ("caution", _("Nobody yet")),
        }
        return [said[self.state]] if self.state in said else []

    def has(self, what: str) -> bool:
        """Whether it is among what a board is narrowed to (ONLY)."""
        return bool({"gaps": self.missing, "waiting": self.waiting, "over": self.over}.get(what, self.clashes))


@dataclass
class Row:
    """A section, with the cards of each slot."""

    section: Section
    cells: list[tuple[TimeSlot, list[Card]]]

    @property
    def filled(self) -> int:
        return sum(min(card.shift.filled_slots, card.shift.slots_total) for card in self._live)

    @property
    def places(self) -> int:
        return sum(card.shift.slots_total for card in self._live)

    @property
    def _live(self) -> list[Card]:
        return [card for _slot, cards in self.cells for card in cards if card.shift.status != S.CANCELLED]


@dataclass
class Block:
    """The sections of one event, by the time slots that they use. `is_hint`: the festival's, on a sub-event's board."""

    event: Event
    is_hint: bool
    slots: list[TimeSlot]
    rows: list[Row]
    unused: list[Section] = field(default_factory=list)  # sections without a shift that day, where others have some

    @property
    def groups(self) -> list[tuple[str, list[Row]]]:
        """The rows by their sections' category, in the order in which the categories come first."""
        groups = defaultdict(list)
        for row in self.rows:
            groups[row.section.category].append(row)
        return list(groups.items())


@dataclass
class Board:
    """A day of an event."""

    event: Event
    day: date
    totals: Totals
    clashes: int
    blocks: list[Block]


# --- The days -----------------------------------------------------------------------------------------


def own_sections(event: Event) -> QuerySet[Section]:
    """The sections that an event's planner looks after: its own and those of its sub-events."""
    return Section.objects.filter(Q(event=event) | Q(event__parent=event))


def days_of(event: Event) -> list[Totals]:
    """The days on which the event or a sub-event has time slots or shifts, and how each stands. Two queries.

    A sub-event that has neither yet has the days of its festival.
    """
    own = TimeSlot.objects.filter(Q(event=event) | Q(event__parent=event))
    totals = {row["day"]: Totals(**row) for row in _totals(live_shifts(event))}
    days = {*own.values_list("date", flat=True), *totals}
    if not days and event.parent_id:
        days = {*TimeSlot.objects.filter(event=event.parent_id).values_list("date", flat=True)}
    return [totals.get(day) or Totals(day) for day in sorted(days)]


def live_shifts(event: Event) -> QuerySet[Shift]:
    """The shifts that count for the event and its sub-events: neither deleted nor cancelled."""
    return Shift.objects.live().filter(section__in=own_sections(event)).exclude(status=S.CANCELLED)


def _totals(shifts: QuerySet[Shift]) -> QuerySet:
    """A row for each day; in shifts that are over nobody is missing."""
    is_live = ~Q(status=S.COMPLETED)
    rows = shifts.order_by().values(day=F("time_slot__date")).order_by("day")
    return rows.annotate(
        places=Sum("slots_total"),
        filled=Sum(Least("filled_slots", "slots_total")),
        waiting=Sum("pending_slots", filter=is_live, default=0),
        missing=Sum(Greatest(F("slots_total") - F("filled_slots") - F("pending_slots"), 0), filter=is_live, default=0),
        over=Sum(Greatest(F("filled_slots") - F("slots_total"), 0), filter=is_live, default=0),
        shifts=Sum(1),
        drafts=Sum(Case(When(status=S.DRAFT, then=1), default=0)),
    )


def day_to_open(days: Iterable[date], event: Event) -> date | None:
    """The day that a planner wants to see first: today, else the next one, else the last."""
    days = list(days)
    today = timezone.now().astimezone(event.zone).date()
    return next((day for day in days if day >= today), days[-1] if days else None)


# --- One day ------------------------------------------------------------------------------------------


def of_day(
    event: Event, totals: Totals, *, part: Event | None = None, section: Section | None = None, only: str = ""
) -> Board:
    """The board of a day. `part`: of this sub-event (or of the festival itself) alone; `section`: of it alone;
    `only`: the shifts alone that have what is in ONLY.

    Eight queries.
    """
    found = clashes.of_event(event, totals.day)
    blocks = _blocks(event, part, section)
    cards = cards_of(_shifts([row.section for block in blocks for row in block.rows], totals.day), found)
    by_place = defaultdict(list)
    for card in cards:
        if not only or card.has(only):
            by_place[card.shift.section_id, card.shift.time_slot_id].append(card)
    slots = {card.shift.time_slot_id: card.shift.time_slot for card in cards}
    own = _slots_of(blocks, totals.day)
    for block in blocks:
        _lay_out(block, by_place, slots, [] if only else own[block.event.pk])
        _leave_out_unused(block, is_narrowed=bool(only))
    shown = [block for block in blocks if block.rows and block.slots]
    return Board(event, totals.day, totals, len(found), shown)


def _blocks(event: Event, part: Event | None, section: Section | None) -> list[Block]:
    """The events whose sections stand on the board, its own first, with their sections as rows without cells."""
    shared = Q(event=event.parent_id, type=Section.Type.CROSS_EVENT) if event.parent_id else Q(pk__in=())
    sections = Section.objects.filter(Q(pk__in=own_sections(event).values("pk")) | shared).select_related("event")
    if part is not None:
        sections = sections.filter(event=part)
    if section is not None:
        sections = sections.filter(pk=section.pk)
    blocks: dict[int, Block] = {event.pk: Block(event, False, [], [])}
    for section in sections.order_by("event__starts_at", "event", "sort_order", "pk"):
        is_hint = section.event_id == event.parent_id
        block = blocks.setdefault(section.event_id, Block(section.event, is_hint, [], []))
        block.rows.append(Row(section, []))
    return list(blocks.values())


def _slots_of(blocks: list[Block], day: date) -> dict[int, list[TimeSlot]]:
    """The slots that the events of the blocks have that day; of the festival, on a sub-event's board, none."""
    events = {block.event.pk: [] for block in blocks}
    planned = [block.event.pk for block in blocks if not block.is_hint]
    for slot in TimeSlot.objects.filter(event__in=planned, date=day):
        events[slot.event_id].append(slot)
    return events


def _shifts(sections: list[Section], day: date) -> QuerySet[Shift]:
    rows = Shift.objects.live().filter(section__in=sections, time_slot__date=day)
    return rows.select_related("section", "time_slot").order_by("-is_lead_role", "title", "pk")


def _lay_out(block: Block, by_place: dict, slots: dict[int, TimeSlot], own: list[TimeSlot]) -> None:
    """Give the block its columns (its own slots and those that it uses, by start) and each row its cells."""
    ids = {row.section.pk for row in block.rows}
    used = {slot for section, slot in by_place if section in ids}
    columns = {slot.pk: slot for slot in own} | {pk: slots[pk] for pk in used}
    block.slots = sorted(columns.values(), key=lambda slot: (slot.starts_at, slot.ends_at, slot.pk))
    for row in block.rows:
        row.cells = [(slot, by_place.get((row.section.pk, slot.pk), [])) for slot in block.slots]


def _leave_out_unused(block: Block, *, is_narrowed: bool) -> None:
    """Sections without shifts that day stand apart, unless there is no shift in any of them."""
    used = [row for row in block.rows if any(cards for _slot, cards in row.cells)]
    if not used and not block.is_hint and not is_narrowed:
        return
    if not is_narrowed and not block.is_hint:
        block.unused = [row.section for row in block.rows if row not in used]
    block.rows = used


# --- Cards --------------------------------------------------------------------------------------------


def cards_of(shifts: Iterable[Shift], found: Iterable[clashes.Clash]) -> list[Card]:
    """A card for each shift, with the first names in it: those who clash, those who wait, then by name. Two queries."""
    cards = {shift.pk: Card(shift) for shift in shifts}
    clashing = {one.pk: one.shift_id for clash in found for one in (clash.first, clash.second)}
    for shift in clashing.values():
        if shift in cards:
            cards[shift].clashes += 1
    for one in _named(cards, clashing):
        is_waiting = one.status == Assignment.Status.PENDING
        name = Name(one.uid, short_name(one.person), one.person.name, is_waiting, one.pk in clashing)
        cards[one.shift_id].names.append(name)
    return list(cards.values())


def _named(cards: dict[int, Card], clashing: dict[int, int]) -> QuerySet[Assignment]:
    """The first NAMES live assignments of each shift."""
    first = (
        Case(When(pk__in=list(clashing), then=0), default=1),
        Case(When(status=Assignment.Status.PENDING, then=0), default=1),
        F("person__name"),
        F("pk"),
    )
    alive = Assignment.objects.filter(shift__in=list(cards), status__in=Assignment.ALIVE)
    place = Window(RowNumber(), partition_by=F("shift"), order_by=first)
    rows = alive.annotate(place=place).filter(place__lte=NAMES).order_by("shift", "place")
    return rows.select_related("person").only("uid", "shift", "status", "person__name")
