"""What reports say: the rows of one's own alone, safe and typed in each format, and totals that the ledger confirms."""

import csv
import hashlib
import io
import tracemalloc
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import islice

import pypdfium2
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from accounts.factories import UserFactory
from accounts.models import AuditLog
from analytics.models import Export
from analytics.reports import catalogue, exports, paper, sheets
from analytics.reports.catalogue import REPORTS, Days
from analytics.tests.reported import NAMES, asked, read
from bookings import queries
from bookings.models import Scan
from bookings.tests.scenes import buy, pay
from eventify.lib.errors import Conflict, Forbidden, Invalid, Missing
from eventify.lib.ratelimit import TooManyRequests
from partners import books, members
from partners.models import Member

pytestmark = pytest.mark.django_db
FORMS = ("csv", "xlsx", "pdf")


def rows_of(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))


def text_of(data: bytes, form: str) -> str:
    if form == "csv":
        return data.decode()
    if form == "pdf":
        return "\n".join(page.get_textpage().get_text_bounded() for page in pypdfium2.PdfDocument(data))
    return str([list(sheet.values) for sheet in load_workbook(io.BytesIO(data))])


def totals_of(export: Export) -> dict[str, str]:
    return {label: figure for label, figure, _currency in export.totals}


# --- What is in them ------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", REPORTS)
def test_a_partner_gets_its_own_rows_and_nobody_elses(world, name, form):
    export = asked(world.admin, name, form, partner=world.partner)
    data = read(export)
    assert (export.state, export.total) == ("done", REPORTS[name].rows(world.partner, None).count())
    assert export.total and (export.size, export.sha256) == (len(data), hashlib.sha256(data).hexdigest())
    text = text_of(data, form)
    assert "Quokka" in text and "Wombat" not in text


@pytest.mark.parametrize("name", [name for name, one in REPORTS.items() if one.is_of_events])
def test_of_an_event_only_what_is_of_that_event(world, name):
    text = read(asked(world.chief, name, event=world.theirs)).decode()
    assert "Wombat" in text and "Quokka" not in text


@pytest.mark.parametrize("name", REPORTS)
def test_of_the_platform_there_is_everything(world, name):
    text = read(asked(world.chief, name)).decode()
    assert "Wombat" in text and "Quokka" in text


@pytest.mark.parametrize("name", REPORTS)
def test_one_row_and_many_ask_the_same(world, name):
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries_:
            asked(world.chief, name, event=None if name == "payouts" else world.event)
        return len(queries_)

    asked(world.chief, name)
    few = cost()
    for _more in range(3):
        pay(buy(UserFactory(), world.kind))
    assert cost() == few


def test_totals_agree_with_the_ledger_and_the_door(world):
    orders = totals_of(asked(world.admin, "orders", event=world.event))
    assert (
        Decimal(orders["Revenue"])
        == queries.money_of(world.event)["revenue"]["INR"]
        == Decimal(orders["Paid"]) - (Decimal(orders["Given back"]))
    )
    assert Decimal(orders["Given back"]) == Decimal("2") * (100 + Decimal("33.35")) + 5
    assert int(orders["Places"]) == sum(world.event.bookings.filter(status="confirmed").values_list("qty", flat=True))
    ledger = totals_of(asked(world.admin, "ledger", partner=world.partner))
    assert Decimal(ledger["Balance"]) == books.open_balance(world.partner)["INR"]
    people = totals_of(asked(world.admin, "attendees", event=world.event))
    found = queries.admission(world.event).values()
    assert (people["Inside"], people["Tickets"]) == tuple(str(sum(one[n] for one in found)) for n in (0, 1))
    assert people["Inside"] == "1" == totals_of(asked(world.admin, "scans", event=world.event))["Let in"]


def test_what_is_added_up_is_what_the_lines_say(world):
    export = asked(world.admin, "orders", partner=world.partner)
    head, *lines = rows_of(read(export))
    for column in ("Paid", "Given back"):
        assert sum(Decimal(line[head.index(column)]) for line in lines) == Decimal(totals_of(export)[column])


def test_days_are_those_of_the_events_clocks(world):
    world.event.timezone = "Asia/Kolkata"
    world.event.save()
    ticket = world.event.tickets.first()
    type(ticket).objects.filter(pk=ticket.pk).update(created_at=datetime.fromisoformat("2025-03-02T20:00Z"))
    for day, there in (("2025-03-02", 0), ("2025-03-03", 1)):
        days = {"first_day": datetime.fromisoformat(day).date(), "last_day": datetime.fromisoformat(day).date()}
        export = asked(world.admin, "attendees", event=world.event, **days)
        assert export.total == there
    assert "2025-03-03 01:30:00+05:30" in read(export).decode()
    with pytest.raises(Invalid):
        Days(days["last_day"], days["last_day"] - timedelta(days=1)).check()


# --- The formats ----------------------------------------------------------------------------------------


def test_no_cell_is_a_formula(world):
    lead = UserFactory(full_name=NAMES[2])
    pay(buy(lead, world.kind))
    assert "'=HYPERLINK(1)" in [row[0] for row in rows_of(read(asked(world.admin, "attendees", event=world.event)))]
    book = load_workbook(io.BytesIO(read(asked(world.admin, "attendees", "xlsx", event=world.event))))
    assert [cell.value for cell in book.worksheets[0]["A"] if cell.data_type == "f"] == []
    assert "'=HYPERLINK(1)" in [cell.value for cell in book.worksheets[0]["A"]]


def test_a_workbook_has_types_a_heading_that_stays_and_its_totals(world):
    export = asked(world.admin, "orders", "xlsx", event=world.event)
    orders, totals = load_workbook(io.BytesIO(read(export))).worksheets
    assert orders.freeze_panes == "A2" and orders.max_row == export.total + 1
    kinds = {cell.value: below for cell, below in zip(orders[1], orders[2], strict=True)}
    assert isinstance(kinds["Ordered"].value, datetime) and kinds["Ordered"].is_date
    assert (kinds["Amount"].data_type, kinds["Amount"].number_format) == ("n", "#,##0.00")
    assert kinds["Places"].value == 2
    said = {row[0]: row[1] for row in totals.values}
    assert said["Event"] == "Quokka Night" and said["Paid"] == float(totals_of(export)["Paid"])


def test_paper_has_every_name_its_totals_and_its_pages(world):
    text = text_of(read(asked(world.admin, "attendees", "pdf", event=world.event)), "pdf")
    assert "Nguyễn Thị Hồng" not in text  # cancelled
    assert "Page 1 of 1" in text and "Tickets" in text
    lines = [["Nguyễn Thị Hồng", "नमस्ते कुमार", *[""] * 11]] * 100
    report = REPORTS["attendees"]
    made = exports.Made(report.title, report.columns, [("Event", "Đêm nhạc")], [("Tickets", 100, "")], 100)
    file = io.BytesIO()
    paper.write_pdf(file, made, iter(lines))
    pages = [page.get_textpage().get_text_bounded() for page in pypdfium2.PdfDocument(file.getvalue())]
    assert len(pages) == paper.pages_of(100, 1) == 4
    assert [f"Page {n} of 4" in page for n, page in enumerate(pages, 1)] == [True] * 4
    assert all("E-mail" in page for page in pages) and sum(page.count("Nguyễn Thị Hồng") for page in pages) == 100
    assert "Đêm nhạc" in pages[0] and "100" in pages[-1]


@pytest.mark.parametrize("rows", [0, 1, paper.ROWS - 3, paper.ROWS - 2, paper.ROWS - 1, paper.ROWS, paper.ROWS + 1])
@pytest.mark.parametrize("totals", [0, 1, 4])
def test_the_last_page_is_the_one_that_was_promised(rows, totals):
    report = REPORTS["payouts"]
    made = exports.Made("X", report.columns[:2], [], [("T", 1, "")] * totals, rows)
    table = paper._Table(made)
    for _row in range(rows):
        table.line(["a", "b"])
    table.end()
    assert (table.page, table.y <= paper.FOOT + paper.LINE) == (table.pages, True)


@pytest.mark.parametrize("write", [sheets.write_csv, sheets.write_xlsx])
def test_memory_stays_flat(write):
    """Of rows as a report gives them: fifty times as many need no more memory (which is not so of a list of them)."""
    report = REPORTS["orders"]
    row = ["x" * 20] * len(report.columns)

    def peak(rows, act=write) -> int:
        made = exports.Made("X", report.columns, [], [], 0)
        with open("/dev/null", "wb") if act is sheets.write_csv else io.BytesIO() as file:
            tracemalloc.start()
            act(file, made, rows)
            found = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
        return found

    many = [peak(islice(iter(lambda: list(row), None), count)) for count in (200, 10_000)]
    assert many[1] < many[0] + 1_500_000
    held = peak(iter([list(row) for _n in range(1)]), act=lambda _f, _m, _r: [list(row) for _n in range(10_000)])
    assert held > 1_000_000


def test_rows_come_through_a_cursor_of_the_server(world):
    Scan.objects.bulk_create(
        Scan(event=world.event, code_hash="a", verdict="unknown", gate="North") for _n in range(exports.CHUNK + 5)
    )
    opened = []

    def look(execute, sql, params, many, context):
        if "bookings_scan" in str(sql) and "verdict" in str(sql) and "ORDER BY" in str(sql):
            opened.append(type(context["cursor"].cursor).__name__)
        return execute(sql, params, many, context)

    export = Export(user=world.chief, report="scans", form="csv", event=world.event)
    exports.request(export, small_at_once=False)
    with connection.execute_wrapper(look):
        assert exports.make(export.pk) == 1
    assert opened and all("Server" in one for one in opened)
    export.refresh_from_db()
    assert len(rows_of(read(export))) == export.total + 1 > exports.CHUNK


# --- Who may, and when ----------------------------------------------------------------------------------

RIGHTS = {
    "admin": {"attendees", "orders", "ledger", "payouts", "rosters", "scans"},
    "member": {"attendees", "orders"},
}


@pytest.mark.parametrize("who", RIGHTS)
def test_who_may_have_what(world, who):
    user = getattr(world, who)
    assert {one.name for one in catalogue.open_to(user, world.partner)} == RIGHTS[who]
    assert catalogue.open_to(user, None) == catalogue.open_to(user, world.other) == []
    for name in set(REPORTS) - RIGHTS[who]:
        with pytest.raises(Forbidden):
            asked(user, name, partner=world.partner)
    for about in ({}, {"partner": world.other}, {"event": world.theirs}):
        with pytest.raises(Forbidden):
            asked(user, "orders", **about)
    assert not Export.objects.exists()


def test_a_right_that_is_taken_away_before_it_is_made_makes_no_file(world):
    export = Export(user=world.member, report="orders", form="csv", partner=world.partner)
    exports.request(export, small_at_once=False)
    members.remove(Member.objects.get(user=world.member), by=None)
    assert exports.make(export.pk) == 0
    export.refresh_from_db()
    assert (export.state, export.file.name) == ("failed", "") and "permission" in export.reason


def test_a_right_that_is_taken_away_before_it_is_fetched_gives_no_file(world):
    export = asked(world.member, "orders", partner=world.partner)
    assert exports.may_fetch(export)
    members.remove(Member.objects.get(user=world.member), by=None)
    with pytest.raises(Forbidden):
        exports.fetch(export, by=world.member)
    assert not exports.may_fetch(export)


def test_the_file_is_theirs_who_asked(world):
    export = asked(world.member, "orders", partner=world.partner)
    with pytest.raises(Missing):
        exports.fetch(export, by=world.chief)
    read(export)
    said = list(AuditLog.objects.filter(actor=world.member).order_by("pk").values_list("action", "details__report"))
    assert said[-2:] == [("ASKED_FOR_REPORT", "orders"), ("FETCHED_REPORT", "orders")]


def test_nobody_asks_without_end(world, settings):
    settings.EVENTIFY_RATE_LIMITS, settings.RATE_LIMITS = True, {**settings.RATE_LIMITS, "export": (2, 60)}
    for _n in range(2):
        asked(world.admin, "orders", partner=world.partner)
    with pytest.raises(TooManyRequests):
        asked(world.admin, "orders", partner=world.partner)
    asked(world.member, "orders", partner=world.partner)


def test_what_no_file_can_hold_is_refused_before_and_while_it_is_made(world, monkeypatch):
    monkeypatch.setattr(exports, "MOST", {**exports.MOST, "pdf": 2})
    with pytest.raises(Conflict):
        asked(world.admin, "attendees", "pdf", event=world.event)
    assert not Export.objects.exists()
    export = Export.objects.create(user=world.admin, report="attendees", form="pdf", event=world.event)
    assert exports.make() == 0
    export.refresh_from_db()
    assert export.state == "failed" and "at most 2 rows" in export.reason
