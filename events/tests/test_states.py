"""The lifecycle: the table of contracts' DECISIONS, one step at a time, and the walks of 001 and 002."""

from datetime import time
from functools import partial

import pytest

from accounts.factories import UserFactory
from accounts.models import AuditLog
from accounts.tests.racing import errors, good, meet_after, race, switch_row_locks_off
from events import queries, states
from events.factories import EventFactory
from events.models import Event
from events.states import InvalidTransition
from partners.factories import PartnerFactory
from partners.models import Partner

pytestmark = pytest.mark.django_db
S = Event.State
STEPS = {
    ("draft", "published"),
    ("published", "registration_open"),
    ("published", "buildup"),
    ("published", "showday"),
    ("registration_open", "buildup"),
    ("buildup", "showday"),
    ("showday", "teardown"),
    ("teardown", "closed"),
    ("published", "draft"),
    ("registration_open", "published"),
    ("buildup", "registration_open"),
    ("draft", "cancelled"),
    ("published", "cancelled"),
    ("registration_open", "cancelled"),
    ("buildup", "cancelled"),
    ("showday", "cancelled"),
    ("cancelled", "draft"),
}


def planned(**fields) -> Event:
    """An event with a time slot and a section, so that people can sign up for it."""
    event = EventFactory(**fields)
    at = {"starts_at": event.starts_at, "ends_at": event.ends_at, "start_time": time(18), "end_time": time(22)}
    event.time_slots.create(name="Evening", date=event.starts_at.date(), **at)
    event.sections.create(name="Bar")
    return event


@pytest.mark.parametrize("to", S)
@pytest.mark.parametrize("start", S)
def test_every_step_is_allowed_or_refused_as_decided(start, to):
    event, user = planned(state=start), UserFactory()
    if (start, to) in STEPS:
        assert states.transition(event, to, by=user, reason="why").state == to
        event.refresh_from_db()
        assert (event.state, event.cancelled_reason) == (to, "why" if to == "cancelled" else "")
        line = AuditLog.objects.get()
        assert (line.action, line.actor, line.target_resource) == ("CHANGED_EVENT_STATE", user, f"event_{event.pk}")
        assert line.details == {"before": start, "after": to, "reason": "why"}
        return
    with pytest.raises(InvalidTransition) as refusal:
        states.transition(event, to, by=user)
    allowed = [goal for begin, goal in STEPS if begin == start]
    assert refusal.value.status == 422
    assert refusal.value.details["current_status"] == start
    assert refusal.value.details["requested_status"] == to
    assert sorted(refusal.value.details["allowed_transitions"]) == sorted(allowed)
    event.refresh_from_db()
    assert (event.state, AuditLog.objects.count()) == (start, 0)


@pytest.mark.parametrize("to", ["", "nonsense", "DRAFT", None])
def test_a_state_that_does_not_exist_is_refused(to):
    with pytest.raises(InvalidTransition):
        states.transition(EventFactory(), to, by=None)
    with pytest.raises(InvalidTransition):
        states.advance(EventFactory(), to, by=None)


@pytest.mark.parametrize(
    ("start", "goal", "way"),
    [
        ("draft", "draft", []),
        ("draft", "closed", ["published", "showday", "teardown", "closed"]),
        ("registration_open", "teardown", ["buildup", "showday", "teardown"]),
        ("buildup", "draft", ["registration_open", "published", "draft"]),
        ("buildup", "published", ["registration_open", "published"]),
        ("cancelled", "published", ["draft", "published"]),
        ("cancelled", "showday", ["draft", "published", "showday"]),
        ("showday", "published", None),  # not through a cancellation
        ("showday", "draft", None),
        ("closed", "draft", None),
        ("teardown", "cancelled", None),
    ],
)
def test_the_shortest_way(start, goal, way):
    assert states.path(start, goal) == way


def test_advancing_walks_all_steps():
    event = states.advance(EventFactory(state="draft"), S.CLOSED, by=None)
    assert event.state == "closed"
    walked = AuditLog.objects.order_by("id").values_list("details__after", flat=True)
    assert list(walked) == ["published", "showday", "teardown", "closed"]


def test_a_walk_that_is_refused_on_the_way_changes_nothing():
    partner = PartnerFactory(status=Partner.Status.SUSPENDED)
    event = EventFactory(state="cancelled", partner=partner)
    with pytest.raises(InvalidTransition) as refusal:
        states.advance(event, S.SHOWDAY, by=None)
    assert refusal.value.errors == {"status": ["The organisation is suspended and cannot publish events."]}
    event.refresh_from_db()
    assert (event.state, AuditLog.objects.count()) == ("cancelled", 0)


def test_a_suspended_organisations_drafts_are_not_published_by_the_cascade():
    partner = PartnerFactory(status=Partner.Status.SUSPENDED)
    festival = EventFactory(kind="festival", state="published", partner=partner)
    child = EventFactory(parent=festival, state="draft", partner=partner)
    with pytest.raises(InvalidTransition) as refusal:
        states.transition(festival, S.SHOWDAY, by=None)
    assert refusal.value.errors == {"status": ["The organisation is suspended and cannot publish events."]}
    Event.objects.filter(pk=child.pk).update(state="published")
    assert states.transition(festival, S.SHOWDAY, by=None).state == "showday"


def test_where_there_is_no_way_the_sentence_says_so():
    with pytest.raises(InvalidTransition) as refusal:
        states.advance(EventFactory(state="closed"), S.PUBLISHED, by=None)
    assert str(refusal.value.message) == "An event that is closed cannot become published."


def test_advancing_starts_from_what_the_database_says():
    event = EventFactory()
    Event.objects.filter(pk=event.pk).update(state="cancelled")
    assert states.advance(event, S.PUBLISHED, by=None).state == "published"
    event.refresh_from_db()
    assert event.state == "published"


@pytest.mark.parametrize("lacking", [{"name": ""}, {"starts_at": None}, {"ends_at": None}])
def test_to_be_published_an_event_needs_a_name_a_start_and_an_end(lacking):
    event = EventFactory(state="draft", **lacking)
    with pytest.raises(InvalidTransition) as refusal:
        states.transition(event, S.PUBLISHED, by=None)
    assert refusal.value.errors == {"status": ["To be published an event needs a name, a start and an end."]}
    assert states.transition(event, S.CANCELLED, by=None).state == "cancelled"


def test_drafts_are_never_public():
    shown = {EventFactory(state=state).pk for state in S if state != "draft"}
    draft = EventFactory(state="draft")
    assert set(queries.public().values_list("pk", flat=True)) == shown
    assert draft not in queries.visible_to(None)
    assert draft not in queries.visible_to(UserFactory())
    assert draft not in queries.upcoming()


SLOT = "To open registration an event needs at least one time slot."
SECTION = "To open registration an event needs at least one section."


def test_to_open_registration_an_event_needs_a_time_slot_and_a_section():
    event = EventFactory()
    for missing, add in (
        ([SLOT, SECTION], lambda: planned().time_slots.update(event=event)),
        ([SECTION], lambda: event.sections.create(name="Bar")),
    ):
        with pytest.raises(InvalidTransition) as refusal:
            states.transition(event, S.REGISTRATION_OPEN, by=None)
        assert refusal.value.errors == {"status": missing}
        add()
    assert states.transition(event, S.REGISTRATION_OPEN, by=None).state == "registration_open"


def test_a_sub_event_opens_registration_with_what_its_festival_shares():
    festival = planned(kind="festival")
    day = EventFactory(parent=festival, partner=festival.partner)
    with pytest.raises(InvalidTransition) as refusal:
        states.transition(day, S.REGISTRATION_OPEN, by=None)
    assert refusal.value.errors == {"status": [SECTION]}  # the slot is usable, a standard section is not
    festival.sections.update(type="cross_event")
    assert states.transition(day, S.REGISTRATION_OPEN, by=None).state == "registration_open"


# --- Festivals ----------------------------------------------------------------------------------------

CASCADES = {"showday": "buildup", "teardown": "showday", "closed": "teardown"}  # to -> the festival's state before
WAY = ["draft", "published", "registration_open", "buildup", "showday", "teardown", "closed"]


def family(state: str, kind: str = "festival") -> tuple[Event, dict[str, Event]]:
    """A festival in this state with a sub-event in every state."""
    festival = EventFactory(kind=kind, state=state)
    return festival, {one: EventFactory(parent=festival, partner=festival.partner, state=one) for one in S}


@pytest.mark.parametrize("to", CASCADES)
def test_a_festival_takes_its_sub_events_along_that_are_not_so_far(to):
    festival, children = family(CASCADES[to])
    user = UserFactory()
    states.transition(festival, to, by=user)
    for before, child in children.items():
        child.refresh_from_db()
        behind = before in WAY and WAY.index(before) < WAY.index(to)
        assert child.state == (to if behind else before), before
        lines = AuditLog.objects.filter(target_resource=f"event_{child.pk}", actor=user)
        details = [{"before": before, "after": to, "reason": ""}] if behind else []
        assert [line.details for line in lines] == details


@pytest.mark.parametrize(("state", "to"), sorted(step for step in STEPS if step[1] not in CASCADES))
def test_other_steps_of_a_festival_leave_its_sub_events_alone(state, to):
    festival = planned(kind="festival", state=state)
    child = EventFactory(parent=festival, partner=festival.partner, state="draft")
    states.transition(festival, to, by=None)
    child.refresh_from_db()
    assert child.state == "draft"


def test_a_series_takes_nobody_along():
    series, children = family("buildup", kind="series")
    states.transition(series, S.SHOWDAY, by=None)
    for before, child in children.items():
        child.refresh_from_db()
        assert child.state == before


def test_a_refused_step_takes_nobody_along():
    festival, children = family("published")
    with pytest.raises(InvalidTransition):
        states.transition(festival, S.TEARDOWN, by=None)
    assert {child.state for child in Event.objects.filter(parent=festival)} == set(S)


def test_walking_a_festival_to_its_end_takes_the_sub_events_along():
    festival, _children = family("draft")
    states.advance(festival, S.CLOSED, by=None)
    assert {child.state for child in Event.objects.filter(parent=festival)} == {"closed", "cancelled"}


@pytest.mark.django_db(transaction=True)
def test_a_festival_and_its_sub_event_at_once():
    """The festival locks its sub-events, so each of them ends in a state that the table allows, and no step is lost."""
    for _round in range(4):
        festival = EventFactory(kind="festival", state="buildup")
        day = EventFactory(parent=festival, partner=festival.partner, state="published")
        steps = [(festival, "showday"), (day, "cancelled"), (day, "draft")] * 2
        results = race(*(partial(states.transition, event, to, by=None) for event, to in steps))
        assert len(errors(results, InvalidTransition)) + len(good(results)) == 6
        lines = AuditLog.objects.filter(target_resource=f"event_{day.pk}").order_by("id")
        walked = [(line.details["before"], line.details["after"]) for line in lines]
        assert [before for before, _after in walked] == ["published", *(after for _before, after in walked[:-1])]
        assert set(walked) <= STEPS | {("draft", "showday")}  # the last one by the cascade


def race_from_published():
    event = EventFactory()
    return event, race(*(partial(states.transition, event, to, by=None) for to in ("cancelled", "showday") * 4))


@pytest.mark.django_db(transaction=True)
def test_steps_at_once_follow_the_table():
    for _round in range(4):
        event, results = race_from_published()
        assert len(errors(results, InvalidTransition)) == 8 - len(good(results))
        lines = AuditLog.objects.filter(target_resource=f"event_{event.pk}").order_by("id")
        walked = [(line.details["before"], line.details["after"]) for line in lines]
        assert set(walked) <= STEPS
        assert [before for before, _after in walked] == ["published", *(after for _before, after in walked[:-1])]


@pytest.mark.django_db(transaction=True)
def test_control_without_the_lock_one_state_is_left_many_times(monkeypatch):
    switch_row_locks_off(monkeypatch)
    meet_after(monkeypatch, states, "missing_for", 8)
    race_from_published()
    assert AuditLog.objects.filter(details__before="published").count() > 1
