"""The judge of histories (torture/history.py), with histories that were made by hand."""

import random

import pytest

from torture.history import CANCELLED, CONFIRMED, REFUSED, WAITLISTED, Op, Places, judge, overlapping

ONE_PLACE = Places(1, (1, 1, 1))
TWO_PLACES = Places(2, (1, 1, 2, 1))


def book(key: int, called: float, answered: float | None, answer=None, *, may_wait: bool = False) -> Op:
    return Op(key, ("book", key, may_wait), called, answered, answer)


def cancel(key: int, called: float, answered: float | None, answer=CANCELLED) -> Op:
    return Op(key, ("cancel", key), called, answered, answer if answered else None)


def see(called: float, answered: float, booked: int, waiting: int = 0) -> Op:
    return Op(9, ("see",), called, answered, (booked, waiting))


def mine(called: float, answered: float, *said: tuple[int, str]) -> Op:
    return Op(9, ("mine", (0, 1, 2)), called, answered, said)


POSSIBLE = {
    "nothing happened": (ONE_PLACE, []),
    "one after another": (
        ONE_PLACE,
        [book(0, 0, 1, CONFIRMED), book(1, 2, 3, REFUSED), cancel(0, 4, 5), book(1, 6, 7, CONFIRMED), see(8, 9, 1)],
    ),
    "who called later came first": (ONE_PLACE, [book(0, 0, 9, REFUSED), book(1, 1, 8, CONFIRMED)]),
    "a read under way sees before or after": (
        ONE_PLACE,
        [book(0, 0, 5, CONFIRMED), see(1, 2, 0), see(3, 4, 1)],
    ),
    "what was never answered took effect later": (
        ONE_PLACE,
        [book(0, 0, None), see(1, 2, 0), see(3, 4, 1), book(1, 5, 6, REFUSED)],
    ),
    "what was never answered never took effect": (ONE_PLACE, [book(0, 0, None), book(1, 5, 6, CONFIRMED)]),
    "a cancellation without an answer made room": (
        ONE_PLACE,
        [book(0, 0, 1, CONFIRMED), cancel(0, 2, None), book(1, 3, 4, REFUSED), book(1, 5, 6, CONFIRMED)],
    ),
    "the same key twice": (ONE_PLACE, [book(0, 0, 9, CONFIRMED), book(0, 1, 8, CONFIRMED), see(10, 11, 1)]),
    "the queue moves when a place is free": (
        ONE_PLACE,
        [
            *(book(0, 0, 1, CONFIRMED), book(1, 2, 3, WAITLISTED, may_wait=True), see(4, 5, 1, 1)),
            *(cancel(0, 6, 7), see(8, 9, 1), mine(10, 11, (0, CANCELLED), (1, CONFIRMED))),
        ],
    ),
    "a party of two waits for two": (
        TWO_PLACES,
        [
            *(book(0, 0, 1, CONFIRMED), book(2, 2, 3, WAITLISTED, may_wait=True), book(1, 4, 5, REFUSED)),
            *(see(6, 7, 1, 2), cancel(0, 8, 9), see(10, 11, 2)),
        ],
    ),
    "who leaves the queue lets those behind move up": (
        TWO_PLACES,
        [
            *(book(0, 0, 1, CONFIRMED), book(2, 2, 3, WAITLISTED, may_wait=True)),
            *(book(1, 4, 5, WAITLISTED, may_wait=True), cancel(2, 6, 7), see(8, 9, 2)),
        ],
    ),
    "cancelling twice is refused": (
        ONE_PLACE,
        [book(0, 0, 1, CONFIRMED), cancel(0, 2, 9, REFUSED), cancel(0, 3, 8)],
    ),
}
IMPOSSIBLE = {
    "a stale read": (ONE_PLACE, [book(0, 0, 1, CONFIRMED), see(2, 3, 0)]),
    "two reads that go back in time": (ONE_PLACE, [book(0, 0, 9, CONFIRMED), see(1, 2, 1), see(3, 4, 0)]),
    "the last place twice": (ONE_PLACE, [book(0, 0, 5, CONFIRMED), book(1, 0, 5, CONFIRMED)]),
    "a lost update": (TWO_PLACES, [book(0, 0, 5, CONFIRMED), book(1, 0, 5, CONFIRMED), see(6, 7, 1)]),
    "a booking that is gone": (ONE_PLACE, [book(0, 0, 1, CONFIRMED), mine(2, 3)]),
    "sold out with a place free": (ONE_PLACE, [book(0, 0, 1, REFUSED)]),
    "an effect from before it was asked for": (ONE_PLACE, [see(0, 1, 1), book(0, 2, 3, CONFIRMED)]),
    "the same key twice is two places": (
        TWO_PLACES,
        [book(0, 0, 9, CONFIRMED), book(0, 1, 8, CONFIRMED), see(10, 11, 2)],
    ),
    "a newcomer before who waits": (
        TWO_PLACES,
        [book(0, 0, 1, CONFIRMED), book(2, 2, 3, WAITLISTED, may_wait=True), book(1, 4, 5, CONFIRMED)],
    ),
    "a free place that nobody who waits gets": (
        ONE_PLACE,
        [book(0, 0, 1, CONFIRMED), book(1, 2, 3, WAITLISTED, may_wait=True), cancel(0, 4, 5), see(6, 7, 0, 1)],
    ),
    "cancelled twice": (ONE_PLACE, [book(0, 0, 1, CONFIRMED), cancel(0, 2, 9), cancel(0, 3, 8)]),
    "without an answer twice": (
        ONE_PLACE,
        [book(0, 0, None), see(1, 2, 1), see(3, 4, 0)],
    ),
}


@pytest.mark.parametrize("name", POSSIBLE)
def test_possible(name):
    model, ops = POSSIBLE[name]
    verdict = judge(ops, model.start, model.steps)
    assert verdict.is_possible
    answered = {number for number, op in enumerate(ops) if op.answered is not None}
    assert answered <= set(verdict.order)
    assert explains(model, ops, verdict.order)


@pytest.mark.parametrize("name", IMPOSSIBLE)
def test_impossible(name):
    model, ops = IMPOSSIBLE[name]
    assert not judge(ops, model.start, model.steps).is_possible


def explains(model: Places, ops: list[Op], order) -> bool:
    """Whether this order keeps to the moments, and leads to the answers."""
    states = {model.start}
    for place, number in enumerate(order):
        states = {then for state in states for then in model.steps(state, ops[number])}
        later = [ops[other] for other in order[place + 1 :]]
        if any(one.answered is not None and one.answered < ops[number].called for one in later):
            return False
    return bool(states)


def test_the_longest_order_that_was_found_is_told():
    model, ops = IMPOSSIBLE["a stale read"]
    assert judge(ops, model.start, model.steps).order == (0,)


@pytest.mark.parametrize("seed", range(30))
def test_what_a_model_did_is_possible_and_with_a_wrong_answer_it_is_not(seed):
    """Random histories whose real order is known: each effect is at some moment between its call and its answer."""
    luck = random.Random(seed)
    model = Places(2, tuple(luck.choice((1, 2)) for _key in range(6)))
    state, ops = model.start, []
    for moment in range(12):
        call = luck.choice([("book", luck.randrange(6), luck.random() < 0.5), ("cancel", luck.randrange(6)), ("see",)])
        [(state, answer)] = getattr(model, f"_{call[0]}")(state, *call[1:])
        called, answered = moment - luck.uniform(0, 3), moment + luck.uniform(0, 3)
        is_answered = luck.random() < 0.9
        ops.append(Op(0, call, called, *((answered, answer) if is_answered else ())))
    luck.shuffle(ops)
    assert judge(ops, model.start, model.steps).is_possible
    end = Op(0, ("see",), 100, 101, (3, 0))  # more than there are places
    assert not judge([*ops, end], model.start, model.steps).is_possible


def test_how_many_overlap():
    assert overlapping([see(0, 1, 0), see(2, 5, 0), see(3, 4, 0), see(6, 7, 0)]) == 2
