"""A report as CSV or XLSX: written row by row into a file, so that a million rows need as much memory as one."""

import csv
import io
from collections.abc import Iterator
from datetime import datetime
from typing import IO

from django.utils.translation import gettext as _

from analytics.reports.columns import MONEY, NUMERIC, Column
from eventify.lib.desk.export import XLSX_TEXT, safe
from eventify.lib.when_needed import WhenNeeded

openpyxl, cell, styles = WhenNeeded("openpyxl"), WhenNeeded("openpyxl.cell"), WhenNeeded("openpyxl.styles")
illegal = WhenNeeded("openpyxl.cell.cell")

WIDTHS = {"moment": 18, "day": 12, "time": 8, "money": 14, "number": 10}  # characters
WIDTH = 24


def write_csv(file: IO[bytes], report, rows: Iterator[list]) -> None:
    """UTF-8 with a byte order mark, moments with their offset; one line of headings and a line for each row.

    Totals are not in it: who computes with it would count them twice. They stand on the page of the export.
    """
    text = io.TextIOWrapper(file, "utf-8-sig", newline="", write_through=True)
    writer = csv.writer(text)
    writer.writerow([safe(str(one.heading)) for one in report.columns])
    writer.writerows([_plain(value) for value in row] for row in rows)
    text.detach()


def _plain(value):
    return value.isoformat(sep=" ", timespec="seconds") if isinstance(value, datetime) else safe(value)


def write_xlsx(file: IO[bytes], report, rows: Iterator[list]) -> None:
    """Typed cells under a heading that stays; what it is about and the totals are a second sheet."""
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet(str(report.title)[:31])
    sheet.freeze_panes = "A2"
    for number, one in enumerate(report.columns, 1):
        sheet.column_dimensions[openpyxl.utils.get_column_letter(number)].width = WIDTHS.get(one.kind, WIDTH)
    sheet.append([_heading(sheet, one) for one in report.columns])
    is_money = [one.kind == MONEY for one in report.columns]
    for row in rows:
        sheet.append([_typed(sheet, *pair) for pair in zip(row, is_money, strict=True)])
    about = book.create_sheet(_("Totals"))
    for line in report.about:
        about.append([safe(str(value)) for value in line])
    for label, value, currency in report.totals:
        about.append([safe(label), _typed(about, value, bool(currency)), currency])
    book.save(file)


def _heading(sheet, column: Column):
    shown = cell.WriteOnlyCell(sheet, safe(str(column.heading)))
    shown.font = styles.Font(bold=True)
    shown.alignment = styles.Alignment(horizontal="right" if column.kind in NUMERIC else "left")
    return shown


def _typed(sheet, value, is_money: bool):
    if isinstance(value, str):
        return safe(illegal.ILLEGAL_CHARACTERS_RE.sub("", value)[:XLSX_TEXT])
    if isinstance(value, datetime):
        return value.replace(tzinfo=None)  # the format knows no zones: the second sheet names it
    if is_money and value is not None:
        shown = cell.WriteOnlyCell(sheet, value)
        shown.number_format = "#,##0.00"
        return shown
    return value
