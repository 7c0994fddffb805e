"""Where a party sits, against a plain search through every choice in small halls."""

from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from bookings import seating
from bookings.seating import Place

HALLS = st.lists(st.tuples(st.sampled_from("SB"), st.text("..xw_", min_size=1, max_size=7)), min_size=1, max_size=3)


def hall(*rows: tuple[str, str]) -> list[Place]:
    """Rows of (area, seats): `.` free, `x` taken, `w` a wheelchair place, `_` the aisle."""
    made: list[Place] = []
    for row, (area, seats) in enumerate(rows):
        for col, mark in enumerate(seats, start=1):
            if mark != "_":
                label = f"{'ABC'[row]}-{col}"
                made.append(Place(label, "ABC"[row], col, len(made), area, mark != "w", "", mark != "x"))
    return made


def labels(seats) -> list[str]:
    return sorted(seat.label for seat in seats)


class Slow:
    """The same questions, answered seat by seat."""

    def __init__(self, places: list[Place]):
        self.places = places
        self.at = {(one.area, one.row, one.col): one for one in places}
        self.free = [one for one in places if one.is_standard and one.is_free]

    def neighbours(self, seat: Place) -> list[Place]:
        return [one for step in (-1, 1) if (one := self.at.get((seat.area, seat.row, seat.col + step)))]

    def is_single(self, seat: Place, taken=()) -> bool:
        good = [one for one in self.neighbours(seat) if one in self.free and one not in taken]
        return seat in self.free and seat not in taken and not good

    def singles(self, chosen) -> list[Place]:
        return [one for one in self.free if self.is_single(one, chosen) and not self.is_single(one)]

    def blocks(self, chosen) -> int:
        seats = set(chosen)
        starts = [
            one for one in seats if not any(near.col < one.col and near in seats for near in self.neighbours(one))
        ]
        return len(starts)

    def value(self, chosen) -> tuple:
        return len({one.area for one in chosen}) > 1, self.blocks(chosen), len(self.singles(chosen))

    def choices(self, how_many: int):
        return combinations(self.free, how_many)


@settings(max_examples=400, deadline=None)
@given(HALLS, st.integers(1, 5))
def test_the_best_is_the_best_of_all_choices(rows, how_many):
    places = hall(*rows)
    slow, found = Slow(places), seating.best(places, how_many)
    right = min(map(slow.value, slow.choices(how_many)), default=None)
    assert (slow.value(found) if found else None) == right
    assert not found or len({one.label for one in found}) == how_many
    if right and right[1] == 1:  # side by side: of all that are as good, the one with the lowest positions
        equal = [choice for choice in slow.choices(how_many) if slow.value(choice) == right]
        assert sum(one.position for one in found) == min(sum(one.position for one in each) for each in equal)


@settings(max_examples=400, deadline=None)
@given(HALLS, st.data())
def test_a_choice_has_an_alternative_exactly_when_there_is_one(rows, data):
    places = hall(*rows)
    slow = Slow(places)
    if not slow.free:
        return
    chosen = data.draw(st.lists(st.sampled_from(slow.free), min_size=1, max_size=5, unique=True))
    names = [one.label for one in chosen]
    assert labels(seating.new_singles(places, names)) == labels(slow.singles(chosen))
    spans, blocks, _singles = slow.value(chosen)
    others = (slow.value(each) for each in slow.choices(len(chosen)))
    is_avoidable = any(other[0] <= spans and other[1] <= blocks and not other[2] for other in others)
    found = seating.alternative(places, names)
    assert bool(found) == is_avoidable
    if found:
        value = slow.value(found)
        assert (len(found), value[0] <= spans, value[1] <= blocks, value[2]) == (len(chosen), True, True, 0)
        assert all(one in slow.free for one in found)


def test_the_alternative_is_the_nearest():
    places = hall(("", "......."), ("", "......."), ("", "......."))
    assert labels(seating.new_singles(places, ["B-2", "B-3"])) == ["B-1"]
    assert labels(seating.alternative(places, ["B-2", "B-3"])) == ["B-1", "B-2"]
    assert labels(seating.new_singles(places, ["B-1"])) == []


def test_what_cannot_be_helped_is_allowed():
    places = hall(("", "...xxxx"))
    assert labels(seating.new_singles(places, ["A-1", "A-2"])) == ["A-3"]
    assert seating.alternative(places, ["A-1", "A-2"]) == []


def test_a_party_that_is_not_together_is_not_shown_one_that_is_more_apart():
    places = hall(("", "..._..x"), ("", "x.x_..."))
    assert seating.blocks_of(places, ["A-1", "A-2", "A-5"])[0][0].label == "A-1"
    assert labels(seating.alternative(places, ["A-1", "A-2", "A-5"])) == ["A-1", "A-2", "A-3"]


def test_a_party_stays_in_one_area_when_it_has_room():
    places = hall(("Balcony", ".x.x.x."), ("Stalls", "..."))
    assert labels(seating.best(places, 4)) == ["A-1", "A-3", "A-5", "A-7"]
    assert labels(seating.best(places, 3)) == ["B-1", "B-2", "B-3"]


def test_nobody_is_put_on_a_wheelchair_place_by_the_way():
    places = hall(("", "ww.ww"))
    assert labels(seating.best(places, 1)) == ["A-3"]
    assert seating.best(places, 2) == []


def test_too_many_and_too_few():
    places = hall(("", "......."))
    assert [seating.best(places, number) for number in (0, 8, seating.TOGETHER_MAX + 1)] == [[], [], []]
    assert seating.alternative(places, []) == seating.new_singles(places, []) == []
