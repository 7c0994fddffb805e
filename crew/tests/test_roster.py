"""What somebody has to do: whose shifts count, when to be there, and what they may choose from."""

from datetime import time, timedelta

import pytest
import time_machine
from django.utils import timezone

from accounts.factories import UserFactory
from crew import assignments, picking, plans, roster
from crew.factories import PersonFactory, SectionFactory
from crew.models import Assignment, Person, Shift
from crew.tests.portal import Scene
from crew.tests.scenes import queries_of
from eventify.lib.errors import DomainError
from events.factories import EventFactory
from events.models import Event

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene():
    return Scene()


@pytest.fixture
def asha(scene):
    return scene.person("Asha Patel")


def shifts_of(user) -> list[Shift]:
    return [one.shift for one in roster.of_user(user)]


def test_ones_own_soonest_first(scene, asha):
    later, sooner = scene.shift(days=1), scene.shift()
    for shift in (later, sooner):
        scene.gives(shift, asha)
    scene.gives(sooner, scene.person("Bram de Wit"))
    assert shifts_of(asha.user) == [sooner, later]


def test_across_events_and_organisations(scene, asha):
    other = Scene()
    there = other.shift(9, 12)
    other.gives(there, other.person(user=asha.user))
    scene.gives(mine := scene.shift(), asha)
    assert set(shifts_of(asha.user)) == {there, mine}


def test_what_waits_is_there_and_what_ended_is_not(asha):
    careful = Scene(needs_approval=True)
    person = careful.person(user=asha.user)
    claimed = assignments.claim(careful.shift(), person, by=asha.user)
    assert [one.status for one in roster.of_user(asha.user)] == ["pending_approval"]
    assignments.reject(claimed, by=careful.planner)
    assert shifts_of(asha.user) == []


@pytest.mark.parametrize(
    "end",
    [
        lambda: Assignment.objects.update(status="cancelled"),
        lambda: Shift.objects.update(deleted_at=timezone.now()),
        lambda: Shift.objects.update(status="cancelled"),
        lambda: Person.objects.update(is_blacklisted=True),
        lambda: Person.objects.update(status="rejected"),
        lambda: Person.objects.update(user=None),
        lambda: Event.objects.update(state="cancelled"),
    ],
    ids=["cancelled", "deleted", "called off", "blacklisted", "rejected", "unlinked", "event cancelled"],
)
def test_what_no_longer_counts(scene, asha, end):
    user = asha.user
    mine = scene.gives(scene.shift(), asha)
    assert roster.counts(roster.of_user(user).get())
    end()
    assert shifts_of(user) == []
    assert (
        not roster.counts(roster.joined(Assignment.objects.all()).get(pk=mine.pk)) or Person.objects.get().user is None
    )


def test_until_the_end(scene, asha):
    mine = scene.gives(scene.shift(), asha)
    end = mine.shift.time_slot.ends_at
    for moment, count in ((end - timedelta(seconds=1), 1), (end, 0)):
        with time_machine.travel(moment, tick=False):
            assert roster.of_user(asha.user).count() == count


def test_it_is_one_query(scene, asha):
    for days in range(3):
        scene.gives(scene.shift(days=days), asha)
    said = lambda: [(one.shift.section.event.name, one.shift.time_slot.event.zone) for one in roster.of_user(asha.user)]  # noqa: E731
    assert queries_of(said) == 1 and len(said()) == 3


@pytest.mark.parametrize(
    "start, end, report, day, hour",
    [
        (18, 22, time(17, 30), 0, 17),
        (0, 4, time(23, 30), -1, 23),
        (18, 22, time(18), None, None),
        (18, 22, None, None, None),
    ],
    ids=["the same day", "the evening before", "at the start", "not said"],
)
def test_when_to_be_there(scene, start, end, report, day, hour):
    shift = scene.shift(start, end, report_time=report)
    at = roster.report_at(shift)
    if hour is None:
        assert at is None
    else:
        there = at.astimezone(scene.event.zone)
        assert (there.date(), there.hour) == (scene.day + timedelta(days=day), hour)
        assert at < shift.time_slot.starts_at


@pytest.mark.parametrize(
    "name, said",
    [
        ("Asha Patel", "Asha P."),
        ("Bram de  Wit ", "Bram W."),
        ("Cher", "Cher"),
        ("Nguyễn Văn Ánh", "Nguyễn Á."),
        ("  ", ""),
    ],
)
def test_names_are_short(name, said):
    assert roster.short_name(Person(name=name)) == said


# --- What one may choose from


def choices(person) -> dict[str, picking.Choice]:
    return {one.shift.title: one for one in picking.choices(person, picking.shifts_for(person))}


def test_what_speaks_against_each(scene, asha):
    scene.gives(scene.shift(18, 22, title="mine"), asha)
    scene.shift(20, 23, title="clash")
    full = scene.shift(9, 12, title="full", slots_total=1, slots_open_for_claiming=1)
    scene.gives(full, scene.person("Bram de Wit"))
    scene.shift(13, 15, title="free")
    found = choices(asha)
    assert list(found) == ["full", "free", "mine", "clash"]  # by time
    assert [title for title, one in found.items() if one.is_free] == ["free"]
    assert found["mine"].mine.status == "approved" and not found["mine"].is_free
    assert found["clash"].why_not.count("Main bar") == 2 and "at the same time" in found["clash"].why_not
    assert found["full"].why_not.endswith("no place is left to claim.")
    assert found["clash"].in_short.startswith("At the same time as Main bar, From 18, ")
    assert found["full"].in_short == found["full"].why_not
    for one in found.values():  # the same sentences as the verb's
        try:
            assignments.claim(one.shift, asha, by=asha.user)
        except DomainError as refusal:
            assert str(refusal.message) == one.why_not
        else:
            assert one.is_free


def test_too_little_rest_in_short(scene, asha):
    plans.set_plan(scene.event, by=scene.planner, minimum_rest_minutes=90)
    scene.gives(scene.shift(18, 22), asha)
    scene.shift(16, 17, title="close")
    close = choices(asha)["close"]
    assert close.in_short.startswith("Less than 1.5 hours of rest from Main bar, From 18, ")
    assert "1.5 hours of rest" in close.why_not and "From 16" in close.why_not


def test_what_is_not_shown(scene, asha):
    scene.shift(title="planners only", slots_open_for_claiming=0)
    scene.shift(title="draft", status="draft")
    scene.shift(title="cancelled", status="cancelled")
    scene.shift(title="deleted", deleted_at=timezone.now())
    scene.shift(title="over", days=-40)
    elsewhere = Scene(partner=scene.event.partner)
    elsewhere.shift(title="elsewhere")
    assert choices(asha) == {}


def test_a_festival_and_its_parts():
    """A part in the festival is one in its days; a part in a day is one in what the festival has for all its days."""
    festival = Scene(kind="festival")
    friday = EventFactory(parent=festival.event, partner=festival.event.partner, timezone=festival.event.timezone)
    festival.shift(title="own")
    festival.shift(title="for all", section=SectionFactory(event=festival.event, type="cross_event"))
    festival.shift(title="friday", section=SectionFactory(event=friday))
    by_part = {one.event_id: one for one in (festival.person(), festival.person("Bram", event=friday))}
    assert set(choices(by_part[festival.event.pk])) == {"own", "for all", "friday"}
    assert set(choices(by_part[friday.pk])) == {"for all", "friday"}


def test_the_sections_are_those_of_the_rule(scene):
    """`sections_of` in SQL gives what `conditions.works_at` says of each."""
    festival = Scene(kind="festival", partner=scene.event.partner)
    days = [EventFactory(parent=festival.event, partner=scene.event.partner) for _day in range(2)]
    events = [scene.event, festival.event, *days]
    sections = [SectionFactory(event=event, type=kind) for event in events for kind in ("standard", "cross_event")]
    for event in events:
        person = Person.objects.select_related("event").get(pk=PersonFactory(event=event, crowd_type=scene.kind).pk)
        rows = type(sections[0]).objects.filter(roster.sections_of(person), pk__in=[one.pk for one in sections])
        assert set(rows) == {one for one in sections if roster.works_at(person, one)}


def test_which_part_counts(scene):
    """In a shift of the festival's day: an approved part before one that waits."""
    festival = Scene(kind="festival")
    friday = EventFactory(parent=festival.event, partner=festival.event.partner)
    user, section = UserFactory(), SectionFactory(event=friday)
    assert roster.person_for(user, section) is None
    waits = festival.person(user=user, event=friday, status="applied")
    assert roster.person_for(user, section) == waits
    approved = festival.person(user=user)
    assert roster.person_for(user, section) == approved
    assert picking.part_at(user, friday) == waits and picking.part_at(user, festival.event) == approved
    assert roster.parts(user) == [approved]
    assert roster.person_for(user, scene.bar) is None


def test_choosing_costs_the_same_for_any_number(scene, asha):
    scene.gives(scene.shift(7, 9), asha)
    counts, judge = [], lambda: [str(one) for one in picking.choices(asha, picking.shifts_for(asha))]
    for more in (1, 2, 47):
        for number in range(more):
            hour = 10 + number % 12
            scene.shift(hour, hour + 1, days=number % 3, section=SectionFactory(event=scene.event))
        counts.append(queries_of(judge))
    assert counts[0] == counts[1] == counts[2] <= 12 and len(judge()) == 51


def test_who_looks_for_people():
    """Events that are open; for an open day its festival; nothing that is over, cancelled or a draft."""
    open_one = EventFactory(state="registration_open")
    festival = EventFactory(kind="festival", starts_at=open_one.starts_at + timedelta(days=1))
    for _day in range(2):
        EventFactory(parent=festival, state="registration_open")
    past = timezone.now() - timedelta(days=9)
    EventFactory(state="registration_open", starts_at=past)
    EventFactory()
    draft = EventFactory(kind="festival", state="draft")
    EventFactory(parent=draft, state="registration_open")
    assert list(picking.open_events()) == [open_one, festival]
