"""The day's board as the pages get it: what stands where, what is wrong with it, and how often it asks."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from crew import assignments, board, board_clashes, shifts
from crew.factories import PersonFactory, SectionFactory, ShiftFactory, TimeSlotFactory
from crew.models import Assignment, Section, Shift
from crew.tests.board_world import Plan, festival
from events.factories import EventFactory
from events.models import Event

pytestmark = pytest.mark.django_db


@pytest.fixture
def plan():
    return Plan()


def totals_of(event, day) -> board.Totals:
    return next(one for one in board.days_of(event) if one.day == day)


def board_of(event, day, **how) -> board.Board:
    return board.of_day(event, totals_of(event, day), **how)


def cards(found: board.Board) -> dict[str, board.Card]:
    """The cards by their titles."""
    rows = (row for block in found.blocks for row in block.rows)
    return {card.title: card for row in rows for _slot, some in row.cells for card in some}


def words(card: board.Card) -> list[str]:
    return [word for _tone, word in card.flags]


def test_the_day_stands_as_a_table(plan):
    found = board_of(plan.event, plan.day)
    [block] = found.blocks
    assert (block.event, block.is_hint, block.unused) == (plan.event, False, [])
    assert block.slots == [plan.afternoon, plan.evening]
    assert [(category, [row.section for row in rows]) for category, rows in block.groups] == [
        ("Bars", [plan.bar]),
        ("Gates", [plan.door]),
    ]
    bar, door = block.rows
    assert [[card.shift for card in some] for _slot, some in bar.cells] == [[plan.early], [plan.tap]]
    assert [[card.shift for card in some] for _slot, some in door.cells] == [[], [plan.scan]]
    assert (bar.filled, bar.places, door.filled, door.places) == (1, 5, 1, 1)


def test_the_totals_add_up(plan):
    totals = totals_of(plan.event, plan.day)
    assert totals == board.Totals(plan.day, places=6, filled=2, waiting=1, missing=3, over=0, shifts=3, drafts=0)
    assert totals.places == totals.filled + totals.waiting + totals.missing
    shifts.change(plan.early, status=Shift.Status.CANCELLED, by=None)
    assignments.assign(plan.scan, plan.dev, by=None, overbook=True)
    totals = totals_of(plan.event, plan.day)
    assert (totals.places, totals.filled, totals.missing, totals.over) == (4, 2, 1, 1)


def test_nobody_is_missing_where_it_is_over(plan):
    Shift.objects.filter(pk=plan.early.pk).update(status=Shift.Status.COMPLETED)
    totals = totals_of(plan.event, plan.day)
    assert (totals.places, totals.missing) == (6, 1)
    card = cards(board_of(plan.event, plan.day))["Build the bar"]
    assert (card.state, card.missing, words(card), card.has("gaps")) == ("done", 0, ["Done"], False)


def test_a_card_says_what_is_wrong(plan):
    found = cards(board_of(plan.event, plan.day))
    early, tap, scan = found["Build the bar"], found["Bartender"], found["Scanner"]
    assert (early.state, words(early), early.bar) == ("empty", ["Nobody yet"], 0)
    assert (tap.state, words(tap), tap.bar) == ("short", ["1 missing", "1 waiting"], 3)
    assert (scan.state, words(scan), scan.bar) == ("full", [], 10)
    assert [(name.text, name.is_waiting) for name in tap.names] == [("Binh P.", True), ("Asha R.", False)]
    shifts.change(plan.tap, slots_total=2, slots_open_for_claiming=2, is_lead_role=True, by=None)
    shifts.change(plan.early, status=Shift.Status.DRAFT, title="", by=None)
    plan.clash()
    found = cards(board_of(plan.event, plan.day))
    assert (found["Shift"].is_draft, words(found["Shift"])) == (True, ["Nobody yet", "Draft"])
    assert (found["Bartender"].state, words(found["Bartender"])) == ("waits", ["1 clash", "1 waiting", "Lead"])
    assert (found["Scanner"].state, words(found["Scanner"])) == ("over", ["1 too many", "1 clash"])
    assert found["Scanner"].names[0].text == "Asha R." and found["Scanner"].names[0].is_clashing
    shifts.change(plan.early, status=Shift.Status.CANCELLED, by=None)
    assert words(cards(board_of(plan.event, plan.day))["Shift"]) == ["Cancelled"]


def test_the_first_names_are_shown_and_the_others_counted(plan):
    shifts.change(plan.tap, slots_total=9, by=None)
    for name in ("Zoe", "Yara", "Xander", "Aad"):
        assignments.assign(plan.tap, plan.person(name), by=None)
    card = cards(board_of(plan.event, plan.day))["Bartender"]
    assert [name.text for name in card.names] == ["Binh P.", "Aad", "Asha R."]
    assert card.more == 3


@pytest.mark.parametrize(
    ("only", "titles"),
    [
        ("gaps", {"Build the bar", "Bartender"}),
        ("waiting", {"Bartender"}),
        ("over", {"Scanner"}),
        ("clashes", {"Bartender", "Scanner"}),
    ],
)
def test_the_board_is_narrowed(plan, only, titles):
    plan.clash()
    found = board_of(plan.event, plan.day, only=only)
    assert set(cards(found)) == titles
    assert all(row.cells and any(some for _slot, some in row.cells) for block in found.blocks for row in block.rows)


def test_the_board_of_one_section(plan):
    found = board_of(plan.event, plan.day, section=plan.door)
    assert set(cards(found)) == {"Scanner"}


def test_sections_without_shifts_stand_apart(plan):
    quiet = SectionFactory(event=plan.event, name="Quiet")
    [block] = board_of(plan.event, plan.day).blocks
    assert (block.unused, [row.section for row in block.rows]) == ([quiet], [plan.bar, plan.door])
    empty = plan.slot("Next day", 10, 12, days=1)
    [block] = board_of(plan.event, empty.date).blocks
    assert (block.unused, len(block.rows), block.slots) == ([], 3, [empty])


def test_a_festival_has_its_parts_below_it_and_a_part_the_sections_that_serve_it():
    main, (first, second) = festival()
    day = main.local(main.starts_at)[0]
    gate = SectionFactory(event=main, name="Gate", type=Section.Type.CROSS_EVENT)
    build = SectionFactory(event=main, name="Build-up")
    stage = SectionFactory(event=first, name="Stage")
    slots = [TimeSlotFactory(event=one, date=day) for one in (main, first)]
    for section, slot in ((gate, slots[0]), (build, slots[0]), (stage, slots[1]), (stage, slots[0])):
        ShiftFactory(section=section, time_slot=slot)
    whole = board_of(main, day)
    assert [(block.event, block.is_hint) for block in whole.blocks] == [(main, False), (first, False)]
    assert [row.section for block in whole.blocks for row in block.rows] == [gate, build, stage]
    assert whole.totals.shifts == 4
    assert [block.event for block in board_of(main, day, part=first).blocks] == [first]
    part = board_of(first, day)
    assert [(block.event, block.is_hint) for block in part.blocks] == [(first, False), (main, True)]
    assert [row.section for row in part.blocks[1].rows] == [gate]
    assert set(part.blocks[0].slots) == set(slots)
    assert part.totals.shifts == 2
    assert [one.day for one in board.days_of(second)] == [day]  # nothing of its own yet: its festival's


def test_the_day_to_open(plan):
    today = timezone.now().astimezone(plan.event.zone).date()
    days = [today - timedelta(days=2), today + timedelta(days=1), today + timedelta(days=3)]
    assert board.day_to_open(days, plan.event) == days[1]
    assert board.day_to_open([*days, today], plan.event) in (days[1], today)
    assert board.day_to_open(days[:1], plan.event) == days[0]
    assert board.day_to_open([], plan.event) is None


def test_an_event_without_a_plan_has_no_days():
    assert board.days_of(EventFactory()) == []


def test_as_many_questions_for_more_of_everything(plan):
    plan.clash()

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            found = board_of(plan.event, plan.day)
        assert found.blocks
        return len(queries)

    before = asked()
    for number in range(4):
        section = SectionFactory(event=plan.event, name=f"More {number}")
        shift = ShiftFactory(section=section, time_slot=plan.evening)
        person = PersonFactory(event=plan.event, crowd_type=plan.kind)
        assignments.assign(shift, person, by=None)
        assignments.assign(plan.tap, person, by=None, allow_clash=True, overbook=True)
    assert asked() == before <= 12


def test_clashes_are_counted_for_many_events_at_once(plan):
    main, (first, second) = festival(plan.partner)
    other = Plan()
    plan.clash()
    for event in (first, second):
        person = PersonFactory(event=main, crowd_type=plan.kind)
        section = SectionFactory(event=event)
        slot = TimeSlotFactory(event=event)
        for shift in (ShiftFactory(section=section, time_slot=slot) for _twice in range(2)):
            assignments.assign(shift, person, by=None, allow_clash=True)
    events = [plan.event, main, first, second, other.event]
    with CaptureQueriesContext(connection) as queries:
        found = board_clashes.counts(events)
    assert [found[event.pk] for event in events] == [1, 2, 1, 1, 0]
    assert len(queries) <= 4
    Event.objects.filter(pk=plan.event.pk).update(state=Event.State.CANCELLED)
    assert board_clashes.counts(events)[plan.event.pk] == 0
    assert board_clashes.counts([]) == {}


def test_the_same_address_at_two_organisations_is_no_clash(plan):
    other = Plan()
    twin = other.person("Asha Rao", email=plan.asha.email)
    assignments.assign(other.scan, twin, by=None, overbook=True)
    assert not board_clashes.counts([plan.event, other.event])
    assert Assignment.objects.filter(person=twin).count() == 1
