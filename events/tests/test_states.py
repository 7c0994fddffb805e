"""The lifecycle: the table of contracts' DECISIONS, one step at a time, and the walks of 001 and 002."""

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


@pytest.mark.parametrize("to", S)
@pytest.mark.parametrize("start", S)
def test_every_step_is_allowed_or_refused_as_decided(start, to):
    event, user = EventFactory(state=start), UserFactory()
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
