"""A report on paper: A4 across, a table with its heading on each page, totals at the end, `page 2 of 7`."""

from collections.abc import Iterator
from typing import IO

from django.utils.translation import get_language
from django.utils.translation import gettext as _
from reportlab.lib.pagesizes import A4, landscape

from analytics.reports.columns import NUMERIC, on_paper, printed
from bookings.papers.pdf import GREY, HEIGHT, Sheet, width
from eventify.lib.currencies import exact

WIDE, HIGH = landscape(A4)
MARGIN, GAP = 36, 6  # points
TOP, FOOT = 96, HIGH - 40  # where the table begins and ends
LINE, SIZE = 15, 8
ROWS = int((FOOT - TOP - LINE) / LINE)  # on a page, below the heading


class _Across(Sheet):
    """A sheet whose pages lie on their side; its lines are measured from the top left as on the others."""

    def __init__(self, title: str, language: str):
        super().__init__(title, language)
        self.canvas.setPageSize((WIDE, HIGH))
        self.canvas.translate(0, HIGH - HEIGHT)

    def next_page(self) -> None:
        super().next_page()
        self.canvas.translate(0, HIGH - HEIGHT)


def pages_of(rows: int, totals: int) -> int:
    """How many pages that many rows and lines of totals take."""
    return -(-(rows + (totals + 1 if totals else 0)) // ROWS) or 1


def write_pdf(file: IO[bytes], report, rows: Iterator[list]) -> None:
    """The report as it is printed; a text that is too long for its column ends with an ellipsis."""
    table = _Table(report)
    for row in rows:
        table.line([printed(row[n], one.kind) for n, one in table.columns])
    table.end()
    file.write(table.sheet.done())


class _Table:
    def __init__(self, report):
        self.report, self.page, self.y = report, 1, TOP
        self.pages = pages_of(report.count, len(report.totals))
        self.sheet = _Across(str(report.title), get_language() or "en")
        shown = on_paper(report.columns, is_of_event=report.is_of_event)
        self.columns = [(n, report.columns[n]) for n in shown]
        self.places = list(_places([one.share for _n, one in self.columns]))
        self._head()

    def _head(self) -> None:
        text, report = self.sheet.text, self.report
        text(MARGIN, 44, str(report.title), 16, bold=True)
        said = " · ".join(f"{what}: {value}" for what, value in report.about)
        text(MARGIN, 64, _cut(said, 9, WIDE - 2 * MARGIN), 9, color=GREY)
        page = _("Page %(page)s of %(pages)s") % {"page": self.page, "pages": self.pages}
        text(WIDE - MARGIN, HIGH - 22, page, 8, align="right", color=GREY)
        text(MARGIN, HIGH - 22, "Eventify", 8, color=GREY)
        self._cells([str(one.heading) for _n, one in self.columns], TOP - LINE + 4, bold=True)
        self.sheet.rule(TOP - LINE + 9, MARGIN, WIDE - MARGIN)
        self.y = TOP + 6

    def line(self, values: list[str]) -> None:
        """One row, on a new page when this one is full."""
        self._room()
        self._cells(values, self.y)
        self.y += LINE

    def _room(self) -> None:
        if self.y > TOP + 6 + (ROWS - 1) * LINE + 1:
            self.page += 1
            self.sheet.next_page()
            self._head()

    def _cells(self, values: list[str], y: float, bold: bool = False) -> None:
        for value, (_n, column), (left, room) in zip(values, self.columns, self.places, strict=True):
            is_right = column.kind in NUMERIC
            shown = value if is_right and not bold else _cut(value, SIZE, room, bold)  # an amount is never cut
            align = {"x": left + room, "align": "right"} if is_right else {"x": left}
            if shown:
                self.sheet.text(y=y, words=shown, size=SIZE, bold=bold, **align)

    def end(self) -> None:
        """The totals, below the last row."""
        if not self.report.totals:
            return
        self._room()
        self.sheet.rule(self.y - 4, MARGIN, WIDE - MARGIN)
        self.y += LINE
        for label, value, currency in self.report.totals:
            self._room()
            self.sheet.text(MARGIN, self.y, label, SIZE + 1, bold=True)
            said = exact(value, currency) if currency else printed(value)
            self.sheet.text(MARGIN + 320, self.y, said, SIZE + 1, bold=True, align="right")
            self.y += LINE


def _places(shares: list[int]) -> Iterator[tuple[float, float]]:
    """The left edge and the room of each column."""
    unit = (WIDE - 2 * MARGIN - GAP * (len(shares) - 1)) / sum(shares)
    left = MARGIN
    for share in shares:
        yield left, share * unit
        left += share * unit + GAP


def _cut(words: str, size: float, room: float, bold: bool = False) -> str:
    """What of the words fits into the room."""
    if len(words) * size * 0.2 <= room and width(words, size, bold) <= room:
        return words
    fits, too_many = 0, len(words)
    while too_many - fits > 1:
        middle = (fits + too_many) // 2
        is_room = width(f"{words[:middle]}…", size, bold) <= room
        fits, too_many = (middle, too_many) if is_room else (fits, middle)
    return f"{words[:fits].rstrip()}…"
