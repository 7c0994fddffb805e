"""The plan of a hall as people write it, a line for each row, and as a table (CSV). Plain functions, no database.

    [Stalls]                     the area of the rows that follow
    A: 1-12 | 13-24              seats from left to right; | is an aisle, as wide as a seat
    B: 11-1/2 | 2-12/2           odd on the left, even on the right
    C: W1 C2 3-10 | X11-12       W wheelchair place, C its companion seat beside it, X kept by the house
    ~                            a gangway across the hall

`C2>` belongs to the wheelchair place after it where there is one on either side.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

from django.conf import settings
from django.utils.translation import gettext as _

from bookings.models import Seat
from bookings.models.fields import AREA_MAX
from eventify.lib.errors import Invalid

ROW_MAX = Seat._meta.get_field("row_label").max_length
NUMBER_MAX = 9999
X_MAX, Y_MAX = 500, 2000
SAID = 20  # errors that one answer says
COLUMNS = ("area", "row", "number", "kind", "x", "y")
KINDS = {"": Seat.Kind.STANDARD, "W": Seat.Kind.WHEELCHAIR, "C": Seat.Kind.COMPANION, "X": Seat.Kind.BLOCKED}
LETTERS = {kind: letter for letter, kind in KINDS.items()}
_TOKEN = re.compile(r"([WCX]?)(\d{1,4})(?:-(\d{1,4})(?:/([1-9]))?)?(>?)", re.IGNORECASE | re.ASCII)
_ROW = re.compile(rf"\w{{1,{ROW_MAX}}}")
_BLANK = str.maketrans(",;\t", "   ")
Kind = Seat.Kind


class Spot(NamedTuple):
    """A seat of a plan: `x` in its row and `y` on the map, from 1; `wheelchair` is the label of its unit's other half.

    `line` is where it was written.
    """

    area: str
    row: str
    number: int
    x: int
    y: int
    kind: str = Kind.STANDARD
    wheelchair: str = ""
    is_of_next: bool = False
    line: int = 0

    @property
    def label(self) -> str:
        return f"{self.row}-{self.number}"


def read(text: str) -> list[Spot]:
    """The plan that a text describes, row by row. Invalid (plan) with a sentence for each line that is wrong."""
    return _checked(_Reader().lines(text))


def read_csv(data: bytes) -> list[Spot]:
    """The plan of a table with a line for each seat (COLUMNS). Invalid (plan) with a sentence for each wrong line."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Invalid.field("plan", _("The file is not in UTF-8. Save it as CSV UTF-8.")) from None
    head = text.partition("\n")[0]
    rows = csv.DictReader(io.StringIO(text, newline=""), delimiter=";" if ";" in head else ",")
    try:
        names = [(name or "").strip().lower() for name in rows.fieldnames or ()]
        missing = [name for name in COLUMNS[:3] if name not in names]
        if missing:
            sentence = _("Line 1: the column %(name)s is missing. The columns are: %(names)s.")
            raise Invalid.field("plan", sentence % {"name": missing[0], "names": ", ".join(COLUMNS)})
        rows.fieldnames = names
        return _checked(_Table().lines(rows))
    except csv.Error as error:
        words = {"line": rows.line_num, "error": error}
        raise Invalid.field("plan", _("Line %(line)s cannot be read: %(error)s.") % words) from None


def write_csv(spots: Iterable[Spot]) -> str:
    """The table that `read_csv` reads."""
    file = io.StringIO(newline="")
    out = csv.writer(file)
    out.writerow(COLUMNS)
    out.writerows((one.area, one.row, one.number, str(one.kind), one.x, one.y) for one in spots)
    return file.getvalue()


def write(spots: Iterable[Spot]) -> str:
    """The text that `read` reads."""
    lines, last = [], 0
    for area, own in groupby(spots, key=attrgetter("area")):
        seats = list(own)
        lines += [f"[{area}]"] if area or lines else []
        rows: dict[str, list[Spot]] = {}
        for one in sorted(seats, key=attrgetter("y", "x")):
            rows.setdefault(one.row, []).append(one)
        for row, places in rows.items():
            lines += ["~"] * (places[0].y - last - 1 if last else 0)
            last = places[0].y
            lines.append(f"{row}: {' '.join(_tokens(places))}")
    return "\n".join(lines) + "\n" if lines else ""


def _tokens(places: list[Spot]) -> Iterator[str]:
    before, start = 0, 0
    while start < len(places):
        first = places[start]
        yield from ["|"] * (first.x - before - 1)
        end, step = _stretch(places, start)
        last = places[end]
        letter, before = LETTERS[first.kind], last.x
        if end == start:
            yield f"{letter}{first.number}{'>' if _is_of_next(places, start) else ''}"
        else:
            yield f"{letter}{first.number}-{last.number}{'/2' if step > 1 else ''}"
        start = end + 1


def _stretch(places: list[Spot], start: int) -> tuple[int, int]:
    """The last of the seats that one token says, and by how much their numbers differ."""
    end, by = start, 0
    while end + 1 < len(places) and places[start].kind != Kind.COMPANION:
        one, other = places[end], places[end + 1]
        step = other.number - one.number
        is_next = other.x == one.x + 1 and other.kind == one.kind
        if not is_next or (step != by if by else abs(step) not in (1, 2)):
            break
        end, by = end + 1, step
    return end, abs(by)


def _is_of_next(places: list[Spot], at: int) -> bool:
    """Whether a companion seat has to say that it belongs to the place after it."""
    one, before = places[at], places[at - 1] if at else None
    is_between = before is not None and before.kind == Kind.WHEELCHAIR and before.x == one.x - 1
    return one.kind == Kind.COMPANION and is_between and one.wheelchair != before.label


class _Lines:
    """What is read line by line, with what is wrong about it."""

    def __init__(self):
        self.spots: list[Spot] = []
        self.errors: list[str] = []

    def wrong(self, line: int, sentence: str) -> None:
        self.errors.append(_("Line %(line)s: %(sentence)s") % {"line": line, "sentence": sentence})

    def is_full(self) -> bool:
        return len(self.spots) > settings.EVENTIFY_SEAT_GRID_MAX or len(self.errors) >= SAID


class _Reader(_Lines):
    """The plan as text."""

    def lines(self, text: str) -> "_Reader":
        self.area, self.y = "", 0
        for number, line in enumerate(text.splitlines(), start=1):
            said = line.strip()
            if said == "~":
                self.y += 1
            elif said.startswith("[") and said.endswith("]"):
                self.area = self._area(number, said[1:-1].strip())
            elif said:
                self._row(number, said)
            if self.is_full():
                break
        return self

    def _area(self, line: int, name: str) -> str:
        sentence = why_no_area(name) if name else ""
        if sentence:
            self.wrong(line, sentence)
        return name

    def _row(self, line: int, said: str) -> None:
        self.y += 1
        row, colon, rest = (part.strip() for part in said.partition(":"))
        if not colon or not _ROW.fullmatch(row):
            self.wrong(line, _("begin with the name of the row and a colon, as in A: 1-12 | 13-24."))
            return
        x = 0
        for word in rest.translate(_BLANK).replace("|", " | ").split():
            x = self._word(line, row, word, x)

    def _word(self, line: int, row: str, word: str, x: int) -> int:
        if word == "|":
            return x + 1
        found = _TOKEN.fullmatch(word)
        if not found:
            self.wrong(line, _("%(word)s is no seat. Write 12, 1-12, W7, C8, X9 or |.") % {"word": word[:20]})
            return x
        letter, first, last, step, next_mark = found.groups()
        start, end = int(first), int(last or first)
        numbers = range(start, end + 1, int(step or 1)) if end >= start else range(start, end - 1, -int(step or 1))
        kind = KINDS[letter.upper()]
        for number in numbers:
            x += 1
            self.spots.append(Spot(self.area, row, number, x, self.y, kind, "", bool(next_mark), line))
        return x


class _Table(_Lines):
    """The plan as a table."""

    def lines(self, rows: csv.DictReader) -> "_Table":
        self.rows: dict[tuple[str, str], int] = {}
        for row in rows:
            said = {name: value.strip() for name, value in row.items() if name and isinstance(value, str)}
            if any(said.values()):
                self._seat(rows.line_num, said)
            if self.is_full():
                break
        return self

    def _seat(self, line: int, said: dict[str, str]) -> None:
        area, row, kind = said.get("area", ""), said.get("row", ""), said.get("kind", "") or Kind.STANDARD
        sentence = why_no_area(area) if area else ""
        if not _ROW.fullmatch(row):
            sentence = _("row is a name of 1 to %(most)s letters and digits.") % {"most": ROW_MAX}
        elif kind.lower() not in Kind.values:
            sentence = _("kind is one of: %(kinds)s.") % {"kinds": ", ".join(Kind.values)}
        if sentence:
            self.wrong(line, sentence)
            return
        number = self._number(line, "number", said.get("number", ""), NUMBER_MAX)
        x = self._number(line, "x", said.get("x") or str(number), X_MAX) if number else 0
        known = self.rows.setdefault((area, row), len(self.rows) + 1)
        y = self._number(line, "y", said.get("y") or str(known), Y_MAX) if number else 0
        if x and y:
            self.spots.append(Spot(area, row, number, x, y, Kind(kind.lower()), line=line))

    def _number(self, line: int, name: str, said: str, most: int) -> int:
        number = int(said) if said.isascii() and said.isdecimal() and len(said) <= len(str(most)) else 0
        if not 1 <= number <= most:
            self.wrong(line, _("%(column)s is a number from 1 to %(most)s.") % {"column": name, "most": most})
            return 0
        return number


def why_no_area(name: str) -> str:
    """The sentence that says why an area cannot have this name; empty when it can."""
    if len(name) <= AREA_MAX and name[:1].isalnum() and name.isprintable() and not set(name) & set("[]"):
        return ""
    return _("an area is a name of at most %(most)s characters that begins with a letter or digit.") % {
        "most": AREA_MAX
    }


def _checked(lines: _Lines) -> list[Spot]:
    """The seats in the order of the hall, when they make a plan."""
    most = settings.EVENTIFY_SEAT_GRID_MAX
    if not lines.errors and not 1 <= len(lines.spots) <= most:
        raise Invalid.field("plan", _("A hall has from 1 to %(most)s seats.") % {"most": most})
    if not lines.errors:
        _check_rows(lines)
    spots = _with_units(lines) if not lines.errors else []
    if lines.errors:
        raise Invalid(lines.errors[0], {"plan": lines.errors[:SAID]})
    areas = list(dict.fromkeys(one.area for one in spots))
    return sorted(spots, key=lambda one: (areas.index(one.area), one.y, one.x))


def _check_rows(lines: _Lines) -> None:
    labels: dict[str, Spot] = {}
    stands: dict[tuple[str, int], Spot] = {}
    rows: dict[str, Spot] = {}
    for one in lines.spots:
        row = rows.setdefault(one.row, one)
        other = labels.setdefault(one.label, one)
        beside = stands.setdefault((one.row, one.x), one)
        words = {"seat": one.label, "row": one.row, "other": beside.label}
        if (row.area, row.y) != (one.area, one.y):
            words |= {"line": row.line}
            sentence = _("row %(row)s is there already (line %(line)s). Give each row a name of its own.")
            lines.wrong(one.line, sentence % words)
        elif other is not one:
            lines.wrong(one.line, _("seat %(seat)s is there twice.") % words)
        elif beside is not one:
            lines.wrong(one.line, _("seat %(seat)s stands where %(other)s stands.") % words)
        elif not 1 <= one.number <= NUMBER_MAX or one.x > X_MAX:
            lines.wrong(one.line, _("seats have numbers from 1 to %(most)s.") % {"most": NUMBER_MAX})


def _with_units(lines: _Lines) -> list[Spot]:
    """The seats, each companion seat with its wheelchair place."""
    at = {(one.row, one.x): one for one in lines.spots}
    taken: set[str] = set()
    made = []
    for one in sorted(lines.spots, key=attrgetter("y", "x")):
        if one.kind != Kind.COMPANION:
            made.append(one)
            continue
        sides = [at.get((one.row, one.x + step)) for step in ((1,) if one.is_of_next else (-1, 1))]
        free = [seat for seat in sides if seat and seat.kind == Kind.WHEELCHAIR and seat.label not in taken]
        if free:
            taken.add(free[0].label)
            made.append(one._replace(wheelchair=free[0].label))
        else:
            sentence = _("the companion seat %(seat)s has no wheelchair place beside it.")
            lines.wrong(one.line, sentence % {"seat": one.label})
    return made
