"""A list as a file: the same rows as its filter shows, all of them, row by row, safe to open in a spreadsheet."""

import csv
import re
import tempfile
from collections.abc import Iterable, Iterator
from datetime import datetime

from django.http import FileResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.translation import gettext as _

from eventify.lib.desk.columns import Column
from eventify.lib.errors import Conflict
from eventify.lib.when_needed import WhenNeeded

openpyxl, cells = WhenNeeded("openpyxl"), WhenNeeded("openpyxl.cell.cell")

CHUNK = 2000  # rows fetched at a time
XLSX_ROWS = 1_048_575  # below the heading; what the format can hold
XLSX_TEXT = 32_767  # characters in one cell
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_FORMULA = re.compile("^(?:[\t\r\n]|\\s*[=+\\-@\uff1d\uff0b\uff0d\uff20])")  # full-width signs count as well
_NO_TITLE = re.compile(r"[\[\]:*?/\\]")


def safe(value):
    """A text that a spreadsheet would read as a formula gets a quote in front; numbers and days stay as they are."""
    return f"'{value}" if isinstance(value, str) and _FORMULA.match(value) else value


class _Line:
    """A file that gives back what is written into it."""

    def write(self, line: str) -> str:
        return line


def _rows(columns: list[Column], rows: Iterable) -> Iterator[list]:
    yield [safe(heading) for column in columns for heading in column.headings()]
    for row in rows:
        yield [safe(value) for column in columns for value in column.exported(row)]


def as_csv(name: str, columns: list[Column], rows) -> HttpResponseBase:
    """Streamed CSV in UTF-8 with a byte order mark (without it Excel misreads every name that is not English)."""
    writer = csv.writer(_Line())
    lines = (writer.writerow([_plain(value) for value in row]) for row in _rows(columns, _fetched(rows)))
    response = StreamingHttpResponse(_marked(lines), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


def _marked(lines: Iterator[str]) -> Iterator[str]:
    yield "\ufeff"
    yield from lines


def _plain(value):
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    return value


def as_xlsx(name: str, columns: list[Column], rows) -> HttpResponseBase:
    """A workbook with one sheet, written row by row to a file on disk. Conflict when a sheet cannot hold the rows."""
    if rows.count() > XLSX_ROWS:
        raise Conflict(_("A spreadsheet cannot hold this many rows. Narrow the list, or download it as CSV."))
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet(_NO_TITLE.sub(" ", name)[:31])
    for row in _rows(columns, _fetched(rows)):
        sheet.append([_cell(value) for value in row])
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the response closes it
    book.save(file)
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename=f"{name}.xlsx", content_type=XLSX_TYPE)


def _cell(value):
    if isinstance(value, datetime):
        return value.replace(tzinfo=None)  # the format knows no zones: staff read their own
    return cells.ILLEGAL_CHARACTERS_RE.sub("", value)[:XLSX_TEXT] if isinstance(value, str) else value


def _fetched(rows) -> Iterator:
    return rows.iterator(chunk_size=CHUNK)


FORMATS = {"csv": as_csv, "xlsx": as_xlsx}
