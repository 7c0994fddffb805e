"""Whether what clients saw at the same time could have happened one after another: linearizability.

Wing and Gong's search: take an operation that nothing had to come before, do it to the model, go on with the rest; when
no order of the answered operations gives the answers that were given, the history is impossible. What has been tried
(the operations done, and the state that they led to) is never tried again, as Lowe's checker and Knossos do it.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import NamedTuple

REFUSED = "refused"
CONFIRMED, WAITLISTED, CANCELLED = "CONFIRMED", "WAITLISTED", "CANCELLED"


class Op(NamedTuple):
    """One operation of a client: what it asked for, and what it was told; moments of one clock, in any unit.

    Without `answered` nobody knows what became of it: it took effect at some moment after `called`, or it never did.
    """

    client: int
    call: tuple
    called: float
    answered: float | None = None
    answer: Hashable = None

    def __str__(self):
        until = "?" if self.answered is None else f"{self.answered:.1f}"
        return f"{self.called:.1f} to {until}: client {self.client} {self.call} -> {self.answer}"


class Verdict(NamedTuple):
    """`order` is one that explains everything, by index; when there is none, the longest one that was found."""

    is_possible: bool
    order: tuple[int, ...]


State = Hashable
Steps = Callable[[State, Op], Iterable[State]]


def judge(ops: list[Op], start: State, steps: Steps) -> Verdict:
    """Search for an order. `steps` gives the states that the operation may lead to with the answer that it got
    (all that it may lead to, when it got none)."""
    must = sum(1 << number for number, op in enumerate(ops) if op.answered is not None)
    to_try: list[tuple[int, State, tuple[int, ...]]] = [(0, start, ())]
    seen, longest = {(0, start)}, ()
    while to_try:
        done, state, order = to_try.pop()
        longest = max(longest, order, key=len)
        if done & must == must:
            return Verdict(True, order)
        for number in _next(ops, done):
            for then in steps(state, ops[number]):
                found = (done | 1 << number, then)
                if found not in seen:
                    seen.add(found)
                    to_try.append((*found, (*order, number)))
    return Verdict(False, longest)


def _next(ops: list[Op], done: int) -> Iterator[int]:
    """The operations that may be next: none of the others that are left was answered before they were called.

    Those without an answer first, for what is given last is tried first, and most of them explain nothing.
    """
    left = [number for number in range(len(ops)) if not done >> number & 1]
    until = min((ops[n].answered for n in left if ops[n].answered is not None), default=float("inf"))
    free = [number for number in left if ops[number].called <= until]
    yield from sorted(free, key=lambda number: (ops[number].answered is not None, -(ops[number].answered or 0)))


def overlapping(ops: list[Op]) -> int:
    """How many operations were under way at the same time as another one."""
    ends = [op.called if op.answered is None else op.answered for op in ops]
    return sum(
        any(other is not op and other.called < end and op.called < ends[n] for n, other in enumerate(ops))
        for op, end in zip(ops, ends, strict=True)
    )


class Places(NamedTuple):
    """The sequential model: an event without seats whose places cost nothing, and its queue.

    A state is the word for each key (empty: no such booking) and the keys that wait, in order. `qty` says for how many
    places each key asks. The calls: ("book", key, may_wait), ("cancel", key), ("see",) -> (booked, waiting) in places,
    ("mine", keys) -> ((key, word), ...) of those keys that have a booking.
    """

    capacity: int
    qty: tuple[int, ...]

    @property
    def start(self) -> State:
        """Nobody has booked."""
        return ("",) * len(self.qty), ()

    def steps(self, state: State, op: Op) -> Iterator[State]:
        """See `judge`."""
        for then, answer in getattr(self, f"_{op.call[0]}")(state, *op.call[1:]):
            if op.answered is None or answer == op.answer:
                yield then

    def _book(self, state, key, may_wait):
        words, queue = state
        if words[key]:  # the same key again: the same booking, as it is now
            yield state, words[key]
        elif not queue and self.qty[key] <= self._left(words):
            yield _with(state, key, CONFIRMED), CONFIRMED
        elif may_wait:
            yield (_with(state, key, WAITLISTED)[0], (*queue, key)), WAITLISTED
        else:
            yield state, REFUSED

    def _cancel(self, state, key):
        words, queue = state
        if words[key] not in (CONFIRMED, WAITLISTED):
            yield state, REFUSED
            return
        words, _queue = _with(state, key, CANCELLED)
        yield self._promoted(words, tuple(one for one in queue if one != key)), CANCELLED

    def _see(self, state):
        words, queue = state
        yield state, (self.capacity - self._left(words), sum(self.qty[key] for key in queue))

    def _mine(self, state, keys):
        yield state, tuple((key, state[0][key]) for key in keys if state[0][key])

    def _left(self, words) -> int:
        return self.capacity - sum(self.qty[key] for key, word in enumerate(words) if word == CONFIRMED)

    def _promoted(self, words, queue) -> State:
        """In order of joining; who does not fit stops those behind."""
        while queue and self.qty[queue[0]] <= self._left(words):
            words, queue = _with((words, queue), queue[0], CONFIRMED)[0], queue[1:]
        return words, queue


def _with(state, key: int, word: str) -> State:
    words, queue = state
    return (*words[:key], word, *words[key + 1 :]), queue
