"""Where a party sits: side by side, and no single seat left over. Plain functions over the places of one event.

A *run* is what is free side by side in one row of one area; wheelchair places and their companion seats are in none.
A run of one is a *single seat*: nobody who comes with somebody wants it. A *block* is a run that a party takes.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import accumulate, groupby
from operator import attrgetter
from typing import NamedTuple

_position = attrgetter("position")
TOGETHER_MAX = 50  # people of one party whom we try to seat side by side


class Place(NamedTuple):
    """A seat as these rules see it. `wheelchair` is the label of the wheelchair place whose companion seat it is.

    `is_standard` is true of those that a party may be given: the house keeps what is `is_blocked`. `x` and `y` are
    None where its number says where it stands.
    """

    label: str
    row: str
    col: int
    position: int
    area: str = ""
    is_standard: bool = True
    wheelchair: str = ""
    is_free: bool = True
    is_blocked: bool = False
    x: int | None = None
    y: int | None = None

    @property
    def at(self) -> int:
        """Where it stands in its row; its neighbours stand at one less and one more."""
        return self.col if self.x is None else self.x


class Block(NamedTuple):
    """Seats side by side, how many single seats taking them leaves, and what they cost (less is better)."""

    seats: list[Place]
    singles: int
    cost: int


Cost = Callable[[Place], int]
ByArea = dict[str, list[list[Place]]]


def by_row(places: Iterable[Place]) -> dict[tuple[str, str], list[Place]]:
    """(area, row) -> its seats from one side to the other."""
    ordered = sorted(places, key=attrgetter("area", "row", "at"))
    return {key: list(seats) for key, seats in groupby(ordered, key=attrgetter("area", "row"))}


def runs(places: Iterable[Place]) -> list[list[Place]]:
    """What is free side by side."""
    found: list[list[Place]] = []
    for seats in by_row(places).values():
        last = None
        for seat in seats:
            if seat.is_standard and seat.is_free:
                if last is None or seat.at != last + 1:
                    found.append([])
                found[-1].append(seat)
                last = seat.at
    return found


def best(places: list[Place], how_many: int) -> list[Place]:
    """The best free seats for a party: in one area, in as few blocks as can be, leaving as few single seats as can be.

    Among equals the one with the lowest positions. Empty when too few are free.
    """
    free = runs(places)
    if not 1 <= how_many <= min(TOGETHER_MAX, sum(map(len, free))):
        return []
    together = _side_by_side(free, how_many, _position)
    blocks = [together] if together else _apart(free, how_many, _position)
    return [seat for block in blocks for seat in block.seats]


def new_singles(places: list[Place], chosen: Iterable[str]) -> list[Place]:
    """The single seats that taking these labels would make, in the order of the hall."""
    taken = set(chosen)
    before = {run[0].label for run in runs(places) if len(run) == 1}
    after = runs(place._replace(is_free=False) if place.label in taken else place for place in places)
    return sorted((run[0] for run in after if len(run) == 1 and run[0].label not in before), key=_position)


def blocks_of(places: list[Place], chosen: Iterable[str]) -> list[list[Place]]:
    """The chosen standard seats, block by block."""
    taken = set(chosen)
    return runs(place._replace(is_free=place.label in taken) for place in places)


def alternative(places: list[Place], chosen: Iterable[str]) -> list[Place]:
    """As many free seats near the chosen ones that leave no new single seat, and are no more apart; empty: none."""
    blocks = blocks_of(places, chosen)
    how_many, cost = sum(map(len, blocks)), _distance(places, blocks)
    if not 1 <= how_many <= TOGETHER_MAX:
        return []
    free = runs(places)
    together = _side_by_side(free, how_many, cost, is_strict=True)
    found = [together] if together else []
    if not found and len(blocks) > 1:
        may_span = len({block[0].area for block in blocks}) > 1
        found = _apart(free, how_many, cost, is_strict=True, may_span=may_span)
    return [seat for block in found for seat in block.seats] if len(found) <= len(blocks) else []


def _distance(places: list[Place], blocks: list[list[Place]]) -> Cost:
    """How far a seat is from the middle of the chosen ones: a row counts as two seats, an area as the whole hall."""
    rows = {key: number for number, key in enumerate(dict.fromkeys((one.area, one.row) for one in places))}
    seats = [seat for block in blocks for seat in block]
    if not seats:
        return _position
    middle = sum(seat.at for seat in seats) // len(seats)
    row = sum(rows[seat.area, seat.row] for seat in seats) // len(seats)
    areas, far = {seat.area for seat in seats}, 4 * len(places)

    def cost(seat: Place) -> int:
        away = abs(seat.at - middle) + 2 * abs(rows[seat.area, seat.row] - row)
        return away + (0 if seat.area in areas else far)

    return cost


def _side_by_side(free: list[list[Place]], how_many: int, cost: Cost, *, is_strict: bool = False) -> Block | None:
    """The best single block; strict: only one that leaves no single seat."""
    found = (block for run in free for block in _windows(run, how_many, cost))
    fitting = (block for block in found if not (is_strict and block.singles))
    return min(fitting, key=_goodness, default=None)


def _windows(run: list[Place], how_many: int, cost: Cost) -> Iterator[Block]:
    totals = [0, *accumulate(map(cost, run))]
    for start in range(len(run) - how_many + 1):
        end = start + how_many
        left, right = start, len(run) - end
        yield Block(run[start:end], (left == 1) + (right == 1), totals[end] - totals[start])


def _goodness(block: Block) -> tuple:
    return block.singles, block.cost, block.seats[0].position


def _apart(free, how_many: int, cost: Cost, *, is_strict=False, may_span=True) -> list[Block]:
    """The best few blocks, in one area where one has room; empty when it cannot be (only when strict)."""
    areas: ByArea = {}
    for run in free:
        areas.setdefault(run[0].area, []).append(run)
    found = [_fewest(own, how_many, cost, is_strict) for own in areas.values()]
    if may_span and (is_strict or not any(found)):
        found.append(_fewest(free, how_many, cost, is_strict))
    return min((blocks for blocks in found if blocks), key=_goodness_of_all, default=[])


def _goodness_of_all(blocks: list[Block]) -> tuple:
    return len(blocks), sum(one.singles for one in blocks), sum(one.cost for one in blocks)


def _fewest(free: list[list[Place]], how_many: int, cost: Cost, is_strict: bool) -> list[Block]:
    """The fewest blocks of different runs that make up the party, with the fewest single seats left.

    Two blocks of one run are never better than one. `ways` has for each number of people the best way so far to seat
    them: (blocks, singles) and the (run, people) of each block.
    """
    ways: dict[int, tuple[tuple[int, int], tuple]] = {0: ((0, 0), ())}
    for run in _useful(free, how_many, cost):
        for seated in sorted(ways, reverse=True):
            (blocks, singles), shares = ways[seated]
            for people in range(1, min(len(run), how_many - seated) + 1):
                leaves = len(run) - people == 1
                value = (blocks + 1, singles + leaves)
                known = ways.get(seated + people)
                if not (leaves and is_strict) and (known is None or value < known[0]):
                    ways[seated + people] = value, (*shares, (run, people))
    _value, shares = ways.get(how_many, (None, ()))
    return [min(_windows(run, people, cost), key=_goodness) for run, people in shares]


def _useful(free: list[list[Place]], how_many: int, cost: Cost) -> Iterator[list[Place]]:
    """The nearest runs of each length; more of them than people cannot all be used."""
    nearest = sorted(free, key=lambda run: (len(run), cost(run[0]), run[0].position))
    for _length, same in groupby(nearest, key=len):
        yield from list(same)[:how_many]
