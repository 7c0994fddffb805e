"""Two planners copy the same day at once: its time slots are there once."""

from datetime import timedelta
from functools import partial

import pytest

from accounts.tests.racing import errors, good, meet_after, race, switch_row_locks_off
from crew import copying
from crew.models import TimeSlot
from crew.tests.board_world import Plan
from eventify.lib.errors import Invalid

pytestmark = pytest.mark.django_db(transaction=True)


def copies(plan: Plan) -> list:
    to = plan.day + timedelta(days=1)
    return race(*[partial(copying.copy_day, plan.event, plan.day, to, by=None)] * 2)


def slots_after(plan: Plan) -> list[str]:
    later = TimeSlot.objects.filter(event=plan.event, date=plan.day + timedelta(days=1))
    return list(later.values_list("name", flat=True))


def test_a_day_is_copied_once():
    plan = Plan()
    results = copies(plan)
    assert (len(good(results)), len(errors(results, Invalid))) == (1, 1)
    assert slots_after(plan) == ["Afternoon", "Evening"]


def test_without_the_lock_it_is_copied_twice(monkeypatch):
    """The control."""
    plan = Plan()
    switch_row_locks_off(monkeypatch)
    meet_after(monkeypatch, copying, "lock_one", 2)
    meet_after(monkeypatch, copying, "_key", 2)
    assert len(good(copies(plan))) == 2
    assert sorted(slots_after(plan)) == ["Afternoon", "Afternoon", "Evening", "Evening"]
