"""A column of a report: the path to its value, its heading, and what kind of value it is."""

from collections.abc import Callable, Iterable
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from eventify.lib.desk.words import word

TEXT, NUMBER, MONEY, MOMENT, DAY, TIME, WORD, YESNO, UID = (
    "text", "number", "money", "moment", "day", "time", "word", "yesno", "uid",
)  # fmt: skip
NUMERIC = (NUMBER, MONEY)
OF_EVENT = ("event__name", "event_name", "event__starts_on")  # the same in each row of a report of one event
SHORT = 8  # letters of a uid that paper shows, its end, as people read it out


class Column(NamedTuple):
    """`key` is a path for `values_list`; `words` are a WORD's own (eventify.lib.desk.words); `share` is how wide it is
    on paper, beside the others (0: not there). Money is an amount; its currency is a column of its own.
    """

    key: str
    heading: object
    kind: str = TEXT
    words: dict | None = None
    share: int = 4


def keys(columns: Iterable[Column]) -> list[str]:
    """The paths of the columns."""
    return [one.key for one in columns]


def converters(columns: Iterable[Column], zone: ZoneInfo) -> list[Callable | None]:
    """What makes each column's value that of a cell: moments in this zone, states as words; None: it is one already."""
    made = {
        MOMENT: lambda _column: lambda value: value and value.astimezone(zone),
        WORD: _in_words,
        YESNO: lambda _column: lambda value: _("Yes") if value else _("No"),
        TEXT: lambda _column: lambda value: "" if value is None else str(value),
        UID: lambda _column: lambda value: "" if value is None else str(value),
    }
    return [made[one.kind](one) if one.kind in made else None for one in columns]


def _in_words(column: Column) -> Callable:
    known: dict = {}

    def said(value) -> str:
        if value not in known:
            known[value] = str(word(value, column.words).label) if value not in (None, "") else ""
        return known[value]

    return said


def cells(row: tuple, made: list[Callable | None]) -> list:
    """The row as cells."""
    return [value if convert is None else convert(value) for value, convert in zip(row, made, strict=True)]


def on_paper(columns: Iterable[Column], *, is_of_event: bool) -> list[int]:
    """Which columns, by their place, have room on paper."""
    shown = (n for n, one in enumerate(columns) if one.share and not (is_of_event and one.key in OF_EVENT))
    return list(shown)


def printed(value, kind: str = TEXT) -> str:
    """A cell on paper."""
    if value is None:
        return ""
    if kind == UID:
        return value[-SHORT:].upper()
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, Decimal):
        return f"{value:,.2f}"
    if hasattr(value, "isoformat"):
        return value.isoformat()[:10] if hasattr(value, "year") else f"{value:%H:%M}"
    return f"{value:,}" if isinstance(value, int) else str(value)
