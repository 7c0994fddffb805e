"""Races for one shift that is handed over. Each has a control: with the guard off it goes wrong."""

from contextlib import suppress
from functools import partial
from threading import Barrier, BrokenBarrierError

import pytest

from accounts.tests.racing import errors, good, meet_after, race, switch_row_locks_off
from crew import assignments, swaps
from crew.models import Assignment, Swap
from crew.tests.portal import Scene, counters, holders
from eventify.lib.errors import Conflict

pytestmark = pytest.mark.django_db(transaction=True)
TAKERS = 6
ROUNDS = 8


@pytest.fixture
def scene():
    return Scene()


def given(scene: Scene) -> Assignment:
    return scene.gives(scene.shift(slots_total=1, slots_open_for_claiming=1), scene.person("Asha Patel"))


def offered(assignment: Assignment) -> Swap:
    return swaps.offer(assignment, by=assignment.person.user)


def alive(assignment: Assignment) -> list[str]:
    return [name for name, status, _origin in holders(assignment.shift) if status == "approved"]


def takers(scene: Scene, swap: Swap) -> list:
    people = [scene.person(f"Taker {number}") for number in range(TAKERS)]
    return [partial(swaps.take, swap, person, by=person.user) for person in people]


def test_of_many_who_take_at_once_one_gets_it(scene):
    mine = given(scene)
    results = race(*takers(scene, offered(mine)))
    [done] = good(results)
    assert {str(one.message) for one in errors(results, Conflict)} == {"Somebody has taken this shift already."}
    assert alive(mine) == [done.taken_by.name]
    assert counters(mine.shift) == (1, 0, 0, "full")


def test_control_without_locks_several_get_it(scene, monkeypatch):
    mine = given(scene)
    calls = takers(scene, offered(mine))
    switch_row_locks_off(monkeypatch)
    meet_after(monkeypatch, swaps, "_check_exchange", TAKERS)
    race(*calls)
    assert len(alive(mine)) > 1


def against(scene: Scene, undo) -> set[tuple]:
    """How a take and something else at the same moment end: (who has it, status of the swap)."""
    ways = set()
    for _round in range(ROUNDS):
        mine = given(scene)
        swap, taker = offered(mine), scene.person("Bram de Wit")
        results = race(partial(swaps.take, swap, taker, by=taker.user), partial(undo, swap, mine))
        swap.refresh_from_db()
        ways.add((*alive(mine), swap.status, len(good(results))))
        counters(mine.shift)
    return ways


def cancel(_swap: Swap, mine: Assignment):
    return assignments.cancel(mine, by=mine.person.user)


def withdraw(swap: Swap, mine: Assignment):
    return swaps.withdraw(swap, by=mine.person.user)


def test_take_against_cancel(scene):
    """Either the colleague has it, or nobody; never both."""
    assert against(scene, cancel) <= {("Bram de Wit", "done", 1), ("withdrawn", 1)}


def test_take_against_withdraw(scene):
    assert against(scene, withdraw) <= {("Bram de Wit", "done", 1), ("Asha Patel", "withdrawn", 1)}


@pytest.mark.parametrize("undo, there", [(cancel, [(assignments, "_fresh")]), (withdraw, [])])
def test_control_without_locks_neither_is_refused(scene, monkeypatch, undo, there):
    """Neither who cancels or withdraws nor who takes it is refused; PostgreSQL may end one of them as a deadlock."""
    mine = given(scene)
    swap, taker = offered(mine), scene.person("Bram de Wit")
    switch_row_locks_off(monkeypatch)
    meet(monkeypatch, (swaps, "_check_status"), *there)
    results = race(partial(swaps.take, swap, taker, by=taker.user), partial(undo, swap, mine))
    assert errors(results, Conflict) == []


def meet(monkeypatch, *functions) -> None:
    """Nobody goes on behind these functions before two have come through one of them."""
    barrier = Barrier(2)

    def patched(function):
        def met(*args, **kwargs):
            result = function(*args, **kwargs)
            with suppress(BrokenBarrierError):
                barrier.wait(timeout=20)
            return result

        return met

    for owner, name in functions:
        monkeypatch.setattr(owner, name, patched(getattr(owner, name)))
