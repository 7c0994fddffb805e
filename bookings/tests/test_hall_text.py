"""The plan of a hall as text and as a table: read, written and read again; each wrong line is named."""

import pytest
from django.test import override_settings
from hypothesis import given
from hypothesis import strategies as st

from bookings import hall_text
from bookings.models import Seat
from eventify.lib.errors import Invalid

K = Seat.Kind
THEATRE = """[Stalls]
A: W1 C2 | 3-8 | C9 W10
B: 11-1/2 || 2-12/2
~
[Balcony]
C: | 1-3 X4-6 W7
"""


def shown(spots):
    return [(one.area, one.label, one.x, one.y, str(one.kind), one.wheelchair) for one in spots]


def read(text):
    return shown(hall_text.read(text))


def test_rows_aisles_units_and_house_seats():
    assert read("[Box]\nA: 1-2 | W3 C4 X5\n~\nB: 3 1") == [
        ("Box", "A-1", 1, 1, "standard", ""),
        ("Box", "A-2", 2, 1, "standard", ""),
        ("Box", "A-3", 4, 1, "wheelchair", ""),
        ("Box", "A-4", 5, 1, "companion", "A-3"),
        ("Box", "A-5", 6, 1, "blocked", ""),
        ("Box", "B-3", 1, 3, "standard", ""),
        ("Box", "B-1", 2, 3, "standard", ""),
    ]


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("A: 1-3", [1, 2, 3]),
        ("A: 3-1", [3, 2, 1]),
        ("a: 5-1/2 2-6/2", [5, 3, 1, 2, 4, 6]),
        ("A: 1,2;4", [1, 2, 4]),
        ("A:7", [7]),
        ("A: 2-7/3", [2, 5]),
    ],
)
def test_numbers_go_either_way(text, numbers):
    assert [one.number for one in hall_text.read(text)] == numbers


@pytest.mark.parametrize(
    ("row", "pairs"),
    [
        ("W1 C2", {"A-2": "A-1"}),
        ("C1 W2", {"A-1": "A-2"}),
        ("W1 C2 C3 W4", {"A-2": "A-1", "A-3": "A-4"}),
        ("W1 C2> W3", {"A-2": "A-3"}),
        ("w1 c2 w3", {"A-2": "A-1"}),
        ("W1-3", {}),
    ],
)
def test_companion_seats_find_their_places(row, pairs):
    spots = hall_text.read(f"A: {row}")
    assert {one.label: one.wheelchair for one in spots if one.wheelchair} == pairs
    assert shown(hall_text.read(hall_text.write(spots))) == shown(spots)


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("", ["A hall has from 1 to 5000 seats."]),
        ("[Box]\n~", ["A hall has from 1 to 5000 seats."]),
        ("A 1-3", ["Line 1: begin with the name of the row and a colon, as in A: 1-12 | 13-24."]),
        ("A: 1\nA: 2", ["Line 2: row A is there already (line 1). Give each row a name of its own."]),
        ("A: 1-3 2", ["Line 1: seat A-2 is there twice."]),
        ("A: C1 2", ["Line 1: the companion seat A-1 has no wheelchair place beside it."]),
        ("A: W1 | C2", ["Line 1: the companion seat A-2 has no wheelchair place beside it."]),
        ("A: C1 W2 C3", ["Line 1: the companion seat A-3 has no wheelchair place beside it."]),
        ("A: 0-2", ["Line 1: seats have numbers from 1 to 9999."]),
        ("A: 1-5000\nB: 1-9999", ["A hall has from 1 to 5000 seats."]),
        ("A: x y\n[=1]\nTOOLONGAROW: 1", None),
        ("A: 1-99999", ["Line 1: 1-99999 is no seat. Write 12, 1-12, W7, C8, X9 or |."]),
        ("A: 1/2 -3 \x00", None),
        ("[" + "x" * 51 + "]\nA: 1", None),
        ("A: \ud800 1", None),
        ("A:" + " |" * 501 + "1", None),
    ],
)
def test_what_is_no_plan_is_said_line_by_line(text, sentences):
    with pytest.raises(Invalid) as refusal:
        hall_text.read(text)
    assert list(refusal.value.errors) == ["plan"]
    assert sentences is None or refusal.value.errors["plan"] == sentences


def test_at_most_twenty_errors_are_said():
    with pytest.raises(Invalid) as refusal:
        hall_text.read("?\n" * 1000)
    assert len(refusal.value.errors["plan"]) == hall_text.SAID


@pytest.mark.parametrize(
    "text", [THEATRE, "A: 1-3\n", "A: 1 2 4 8\n[Box]\nB: W1-3 | 4\n", "[B]\nB: | 1\nC: 1\n", "[B]\nA: 1\n[]\nB: 2\n"]
)
def test_text_and_table_say_the_same(text):
    spots = hall_text.read(text)
    again = hall_text.read_csv(hall_text.write_csv(spots).encode())
    assert shown(again) == shown(spots)
    assert shown(hall_text.read(hall_text.write(spots))) == shown(spots)
    assert hall_text.write(again) == hall_text.write(spots)


def test_a_plan_is_written_shortly():
    assert hall_text.write(hall_text.read(THEATRE)) == (
        "[Stalls]\nA: W1 C2 | 3-8 | C9 W10\nB: 11-1/2 | | 2-12/2\n[Balcony]\n~\nC: | 1-3 X4-6 W7\n"
    )


@given(st.lists(st.lists(st.integers(1, 40), min_size=1, max_size=8, unique=True), min_size=1, max_size=5))
def test_whatever_is_read_is_written_and_read_again(rows):
    text = "\n".join(f"R{row}: {' '.join(map(str, numbers))}" for row, numbers in enumerate(rows))
    spots = hall_text.read(text)
    assert shown(hall_text.read(hall_text.write(spots))) == shown(spots)


def test_a_table_from_a_spreadsheet():
    data = "\ufeffArea;ROW;Number;kind;x;y;note\nBox;A;1;;;;here\n;;;;;;\nBox;A;2;wheelchair;3;;\n"
    assert shown(hall_text.read_csv(data.encode())) == [
        ("Box", "A-1", 1, 1, "standard", ""),
        ("Box", "A-2", 3, 1, "wheelchair", ""),
    ]


@pytest.mark.parametrize(
    ("data", "sentences"),
    [
        (b"", ["Line 1: the column area is missing. The columns are: area, row, number, kind, x, y."]),
        (b"area,row\nBox,A", ["Line 1: the column number is missing. The columns are: area, row, number, kind, x, y."]),
        (b"\xff\xfe", ["The file is not in UTF-8. Save it as CSV UTF-8."]),
        (b"area,row,number\n,A,0\n,,1\n,A,x", None),
        (
            b"area,row,number,kind\n,A,1,sofa\n=1,A,2,\n",
            [
                "Line 2: kind is one of: standard, wheelchair, companion, blocked.",
                "Line 3: an area is a name of at most 50 characters that begins with a letter or digit.",
            ],
        ),
        (b"area,row,number,kind,x\n,A,1,,1\n,A,2,,1\n", ["Line 3: seat A-2 stands where A-1 stands."]),
        (b"area,row,number,x\n,A,1,501\n", ["Line 2: x is a number from 1 to 500."]),
        (b"area,row,number\nBox,A,1\nPit,A,2\n", None),
        (b"area,row,number\n,A,\xe2\x82\x82\n", ["Line 2: number is a number from 1 to 9999."]),
        (b'area,row,number\n"' + b"x" * 200_000 + b'",A,1\n', None),
        (b"area,row,number\n,A\x00,1\n", None),
    ],
)
def test_a_wrong_table_names_its_lines(data, sentences):
    with pytest.raises(Invalid) as refusal:
        hall_text.read_csv(data)
    assert list(refusal.value.errors) == ["plan"]
    assert sentences is None or refusal.value.errors["plan"][: len(sentences)] == sentences


@override_settings(EVENTIFY_SEAT_GRID_MAX=3)
def test_a_hall_has_a_largest_size():
    assert len(hall_text.read("A: 1-3")) == 3
    with pytest.raises(Invalid):
        hall_text.read("A: 1-4")
