"""The rows of a CSV or XLSX file that somebody uploads: texts only, with limits on everything.

A workbook is read row by row and for its values: a formula is what its file says it was when it was saved, and nothing
is computed or fetched. Any file that is something else is Invalid at `file`.
"""

import csv
import io
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time
from itertools import islice
from typing import NamedTuple
from xml.etree.ElementTree import ParseError

from django.utils.translation import gettext as _

from eventify.lib.errors import Invalid
from eventify.lib.when_needed import WhenNeeded

openpyxl, workbook_errors = WhenNeeded("openpyxl"), WhenNeeded("openpyxl.utils.exceptions")

SIZE_MOST = 5_000_000  # bytes of the file
UNPACKED_MOST = 40_000_000  # bytes of a workbook's parts
PARTS_MOST = 500
ROWS_MOST = 5_000  # below the headings
SPACE_MOST = 20_000  # lines of a file with the empty ones
COLUMNS_MOST = 50
CELL_MOST = 10_001  # characters that are kept: one more than any column takes, so that it still refuses them
_DELIMITERS = (",", ";", "\t")
_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
# What zipfile and openpyxl raise for files that are no workbooks, or broken ones.
_BROKEN = (
    zipfile.BadZipFile, zlib.error, struct.error, ParseError, KeyError, IndexError, ValueError,
    TypeError, AttributeError, AssertionError, OSError, EOFError, OverflowError, RuntimeError,
)  # fmt: skip


class Sheet(NamedTuple):
    """The first line of a file, and below it what is not empty: pairs of the line's number (from 1) and its cells.

    A line ends with its last cell that is not empty.
    """

    headings: list[str]
    rows: list[tuple[int, list[str]]]


def read(file) -> Sheet:
    """The sheet in a file (bytes, or what has `read`), the first one of a workbook. Invalid (file) for any other."""
    data = file if isinstance(file, bytes) else file.read(SIZE_MOST + 1)
    if len(data) > SIZE_MOST:
        raise _refusal(_("The file is larger than 5 MB. Split it."))
    lines = enumerate(_workbook(data) if data.startswith(b"PK") else _text(data), 1)
    filled = [(number, cells) for number, cells in lines if cells]
    if not filled:
        raise _refusal(_("The file is empty."))
    (_first, headings), *rows = filled
    if len(rows) > ROWS_MOST:
        raise _refusal(_("The file has more than %(most)s rows. Split it.") % {"most": ROWS_MOST})
    return Sheet(headings, rows)


def _refusal(sentence: str) -> Invalid:
    return Invalid.field("file", sentence)


def _unreadable() -> Invalid:
    return _refusal(_("This file cannot be read. Save it as XLSX or CSV, and try again."))


def _bounded(lines: Iterable, cell) -> Iterator[list[str]]:
    """The lines as texts; Invalid where there are too many."""
    for number, line in enumerate(lines):
        if number >= SPACE_MOST:
            raise _refusal(_("The file has more than %(most)s rows. Split it.") % {"most": ROWS_MOST})
        cells = [cell(value) for value in islice(line, COLUMNS_MOST)]
        while cells and not cells[-1]:
            cells.pop()
        yield cells


# --- CSV ----------------------------------------------------------------------------------------------


def _text(data: bytes) -> list[list[str]]:
    text = _decoded(data)
    if "\x00" in text:
        raise _unreadable()
    text, delimiter = _delimited(text.lstrip("\ufeff"))
    try:
        return list(_bounded(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), _clean))
    except csv.Error:  # a cell that never ends
        raise _unreadable() from None


def _decoded(data: bytes) -> str:
    encodings = [name for mark, name in _BOMS if data.startswith(mark)] or [*_unmarked(data), "utf-8", "cp1252"]
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise _unreadable()


def _unmarked(data: bytes) -> list[str]:
    """UTF-16 without its mark shows by a NUL in nearly every second place, and none between."""
    first, second = data[:1000:2], data[1:1000:2]
    if second.count(0) > 0.6 * len(second) and not first.count(0):
        return ["utf-16-le"]
    return ["utf-16-be"] if first.count(0) > 0.6 * len(first) and not second.count(0) else []


def _delimited(text: str) -> tuple[str, str]:
    """The text, and what stands between its cells: what Excel's first line `sep=;` says, else what is there most."""
    first, newline, rest = text.partition("\n")
    said = first.strip("\r").removeprefix("sep=")
    if first.startswith("sep=") and said in _DELIMITERS:
        return newline + rest, said  # the line stays, so that the numbers are right
    headings = next((line for line in text.splitlines() if line.strip()), "")
    return text, max(_DELIMITERS, key=headings.count)


def _clean(value: str) -> str:
    """A cell's text. The quote that keeps a spreadsheet from reading it as a formula (our own exports) goes."""
    value = value.strip()[:CELL_MOST]
    return value[1:] if value[:1] == "'" and value[1:2] in ("=", "+", "-", "@", "\t", "\r") else value


# --- XLSX ---------------------------------------------------------------------------------------------


def _workbook(data: bytes) -> list[list[str]]:
    try:
        _check_parts(data)
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
        sheet = book.worksheets[0]
        sheet.reset_dimensions()  # what the file says of them may be anything
        rows = sheet.iter_rows(max_row=SPACE_MOST + 1, max_col=COLUMNS_MOST, values_only=True)
        return list(_bounded(rows, _value))
    except (*_BROKEN, workbook_errors.InvalidFileException):
        raise _unreadable() from None


def _check_parts(data: bytes) -> None:
    """Invalid for a workbook that would unpack to too much; zipfile reads no more than is said here."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = archive.infolist()
    if len(parts) > PARTS_MOST or sum(part.file_size for part in parts) > UNPACKED_MOST:
        raise _refusal(_("There is too much in this file. Keep one sheet with the people only."))


def _value(value) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # a phone number, for a spreadsheet
    if isinstance(value, datetime | date | time):
        value = value.isoformat()
    return _clean(str(value))
