"""Downloads: the rows of the filter, all of them, and nothing that a spreadsheet would run."""

import csv
import io
from datetime import UTC, datetime

import pytest
from openpyxl import load_workbook

from accounts import roles
from accounts.factories import SuperAdminFactory, UserFactory
from accounts.models import Role, User
from eventify.lib.desk import export
from eventify.lib.desk.columns import Column

pytestmark = [pytest.mark.django_db, pytest.mark.urls("eventify.tests.desk_pages")]
URL = "/command-center/test/people/"
HEAD = ["Name", "State", "Spent", "Spent: currency", "Number", "Seen", "Joined", "Staff"]
FORMULAS = ["=1+1", "+49 1", "-2", "@SUM(A1)", "\tx", "\rx", "\nx", " =1", "\uff1d1", "\uff0b1", "\uff0d1", "\uff201"]


@pytest.fixture
def admin(client):
    user = SuperAdminFactory(full_name="Zed Admin", last_active_at=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))
    client.force_login(user)
    return user


def body(response) -> bytes:
    return b"".join(response.streaming_content)


def as_rows(response) -> list[list[str]]:
    text = body(response).decode()
    assert text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


def as_cells(response) -> list[tuple]:
    return list(load_workbook(io.BytesIO(body(response))).active.iter_rows(values_only=True))


def test_csv_has_all_rows_of_the_filter_in_its_order(client, admin):
    UserFactory.create_batch(5, full_name="Asha Rao")
    UserFactory(full_name="Somebody Else")
    response = client.get(URL, {"q": "asha", "format": "csv", "page": "2"})
    rows = as_rows(response)
    assert response.streaming
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"].startswith('attachment; filename="people-20')
    assert rows[0] == HEAD
    newest_first = User.objects.filter(full_name="Asha Rao").order_by("-pk").values_list("pk", flat=True)
    assert [int(row[4]) for row in rows[1:]] == list(newest_first)
    assert {row[0] for row in rows[1:]} == {"Asha Rao"}


def test_csv_spells_values_plainly(client, admin, settings):
    settings.EVENTIFY_TIME_ZONE = "Asia/Kolkata"
    User.objects.filter(pk=admin.pk).update(total_spent="1234.50", full_name="Nguyễn “Ánh”, ॐ")
    row = as_rows(client.get(URL, {"format": "csv"}))[1]
    joined = admin.created_at
    assert row[:6] == ["Nguyễn “Ánh”, ॐ", "Open", "1234.50", "INR", str(admin.pk), "2026-01-02 08:34:05+05:30"]
    assert row[6][:4] == str(joined.year)
    assert row[7] == "Yes"


def test_xlsx_has_the_same_rows_with_real_numbers_and_moments(client, admin):
    User.objects.filter(pk=admin.pk).update(total_spent="1234.50")
    UserFactory(full_name="Ánh \x07 bell")
    cells = as_cells(client.get(URL, {"format": "xlsx"}))
    assert list(cells[0]) == HEAD
    assert cells[1][:6] == ("Zed Admin", "Open", 1234.5, "INR", admin.pk, datetime(2026, 1, 2, 3, 4, 5))
    assert cells[2][0] == "Ánh  bell"


@pytest.mark.parametrize("formula", FORMULAS, ids=ascii)
def test_no_text_is_a_formula(client, admin, formula):
    User.objects.filter(pk=admin.pk).update(full_name=formula)
    assert as_rows(client.get(URL, {"format": "csv"}))[1][0] == f"'{formula}"
    assert as_cells(client.get(URL, {"format": "xlsx"}))[1][0] == f"'{formula}".replace("\r", "\n")  # as XML reads it


def test_numbers_below_zero_stay_numbers():
    assert export.safe(-5) == -5
    assert export.safe("5 - 3") == "5 - 3"


def test_a_download_is_judged_as_the_page_is(client, admin):
    gate = UserFactory()
    roles.assign(gate, Role.objects.get(name="Gate"), by=None)
    client.force_login(gate)
    assert client.get(URL, {"format": "csv"}).status_code == 403
    client.logout()
    assert client.get(URL, {"format": "xlsx"}).status_code == 302


def test_a_sheet_that_cannot_hold_the_rows_is_refused(client, admin, monkeypatch):
    monkeypatch.setattr(export, "XLSX_ROWS", 0)
    response = client.get(URL, {"format": "xlsx"})
    assert response.status_code == 409
    assert "download it as CSV" in response.content.decode()


def test_rows_are_written_as_they_are_asked_for(client, admin, monkeypatch):
    UserFactory.create_batch(5)
    written = []
    spell = Column.exported
    monkeypatch.setattr(Column, "exported", lambda self, row: written.append(row.pk) or spell(self, row))
    lines = iter(client.get(URL, {"format": "csv"}).streaming_content)
    assert next(lines) == "\ufeff".encode()
    assert next(lines).startswith(b"Name,")
    assert written == []
    next(lines)
    assert len(set(written)) == 1
    assert len(list(lines)) == 5
