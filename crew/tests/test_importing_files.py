"""Reading files with people: encodings, delimiters, workbooks, and files that are meant to hurt."""

import io
import time
import zipfile
from datetime import date, datetime

import pytest
from openpyxl import Workbook
from openpyxl.chart import BarChart, Reference

from crew import importing_words as words
from crew import sheets
from crew.sheets import Sheet
from eventify.lib.errors import Invalid

UNREADABLE = "This file cannot be read. Save it as XLSX or CSV, and try again."
LARGE = "There is too much in this file. Keep one sheet with the people only."
NO_NAME = "No column has the name of the people. Put the headings into the first row, as in the template."
LONG = "The file has more than 5000 rows. Split it."


def refused(data: bytes) -> str:
    """The sentence of the refusal."""
    with pytest.raises(Invalid) as refusal:
        sheets.read(data)
    [(field, [sentence])] = refusal.value.errors.items()
    assert field == "file"
    return sentence


def book(*lines, formulas: dict | None = None) -> bytes:
    """A workbook with these lines."""
    made = Workbook()
    for line in lines:
        made.active.append(line)
    for cell, formula in (formulas or {}).items():
        made.active[cell] = formula
    return saved(made)


def saved(made: Workbook) -> bytes:
    data = io.BytesIO()
    made.save(data)
    return data.getvalue()


def repacked(data: bytes, **parts: bytes) -> bytes:
    """The workbook with some of its parts (by the end of their names) replaced."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            changed = next((part for end, part in parts.items() if name.endswith(f"{end}.xml")), None)
            new.writestr(name, old.read(name) if changed is None else changed)
    return made.getvalue()


# --- CSV ----------------------------------------------------------------------------------------------

TEXT = 'Naam;E-mail\r\nZoë "Zus" Çelik;zoe@example.nl\r\n\r\n ;\r\n"Piet\nJan";  \r\n'
READ = Sheet(["Naam", "E-mail"], [(2, ['Zoë "Zus" Çelik', "zoe@example.nl"]), (5, ["Piet\nJan"])])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_encodings_and_delimiters(encoding, delimiter):
    assert sheets.read(TEXT.replace(";", delimiter).encode(encoding)) == READ


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_with_its_mark(encoding):
    assert sheets.read(("\ufeff" + TEXT).encode(encoding)) == READ


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_the_ends_of_lines(newline):
    data = newline.join(["Name", "Jan", "Piet"]).encode()
    assert sheets.read(data) == Sheet(["Name"], [(2, ["Jan"]), (3, ["Piet"])])


def test_the_first_line_that_excel_writes():
    assert sheets.read(b"sep=;\r\nName, first;E-mail\r\nJan;j@example.nl\r\n") == Sheet(
        ["Name, first", "E-mail"], [(3, ["Jan", "j@example.nl"])]
    )
    assert sheets.read(b'sep="\nName\nJan\n').headings == ['sep="']


def test_the_quote_of_our_own_exports_goes_and_others_stay():
    data = b"name,phone\n'=SUM(1),'+31612345678\n't Hart,'-1\n'@a,\"'\ttab\"\n"
    found = [cells for _number, cells in sheets.read(data).rows]
    assert found == [["=SUM(1)", "+31612345678"], ["'t Hart", "-1"], ["@a", "\ttab"]]


def test_lines_of_different_lengths_are_kept_as_they_are():
    assert sheets.read(b"a,b\n1\n1,2,3\n").rows == [(2, ["1"]), (3, ["1", "2", "3"])]


# --- XLSX ---------------------------------------------------------------------------------------------


def test_a_workbook():
    data = book(
        ["Name", "Phone", None, "Note"],
        ["Zoë", 31612345678.0, None, True],
        [None, "", "  "],
        ["Jan", 12.5, datetime(2026, 7, 1, 10, 30), date(2026, 7, 2)],
    )
    assert sheets.read(io.BytesIO(data)) == Sheet(
        ["Name", "Phone", "", "Note"],
        [
            (2, ["Zoë", "31612345678", "", "True"]),
            (4, ["Jan", "12.5", "2026-07-01T10:30:00", "2026-07-02T00:00:00"]),
        ],
    )


def test_a_formula_is_not_computed_and_text_that_looks_like_one_is_text():
    data = book(["Name", "Note"], ["Jan", ""], formulas={"B2": '=WEBSERVICE("http://example.com")'})
    assert sheets.read(data).rows == [(2, ["Jan"])]
    plain = Workbook()
    plain.active.append(["Name"])
    plain.active.append(["x"])
    plain.active["A2"].value, plain.active["A2"].data_type = "=1+1", "s"
    assert sheets.read(saved(plain)).rows == [(2, ["=1+1"])]


def test_the_first_sheet_counts_and_charts_are_none():
    made = Workbook()
    made.active.append(["Name"])
    made.active.append(["Jan"])
    chart = BarChart()
    chart.add_data(Reference(made.active, min_col=1, min_row=1, max_row=2))
    made.create_chartsheet("Chart", 0).add_chart(chart)
    made.create_sheet("More").append(["Something else"])
    assert sheets.read(saved(made)) == Sheet(["Name"], [(2, ["Jan"])])


# --- Files that are none ------------------------------------------------------------------------------


@pytest.mark.parametrize("data", [b"", b"\n\n", b" ; ;\n", b"\xef\xbb\xbf", "\ufeff".encode("utf-16"), book()])
def test_nothing(data):
    assert refused(data) == "The file is empty."


def test_only_headings_are_no_rows():
    assert sheets.read(b"Name,E-mail\n").rows == []


def whole() -> bytes:
    return book(["Name"], *([f"Person {number}"] for number in range(50)))


@pytest.mark.parametrize(
    "data",
    [
        b"Name\nJan\x00Piet\n",
        b"\x00\x01\x02\x03" * 100,
        bytes(range(256)) * 4,
        b"\x89PNG\r\n\x1a\n" + b"\x00" * 50,
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600,  # an old .xls
        b"PK",
        b"PK\x03\x04",
        b"PK\x03\x04" + b"junk" * 500,
        b'name\n"never closed' + b"x" * 200_000,
        b"name\n" + b"\x81\x8d\x8f",
    ],
)
def test_junk(data):
    assert refused(data) == UNREADABLE


def test_workbooks_that_are_cut_off_or_changed_anywhere():
    """Nothing but a sheet or a refusal, wherever the file ends or a byte is another."""
    data = whole()
    for length in range(2, len(data), max(1, len(data) // 60)):
        assert refused(data[:length]) == UNREADABLE
    for place in range(0, len(data), max(1, len(data) // 120)):
        changed = bytes([*data[:place], data[place] ^ 0xFF, *data[place + 1 :]])
        try:
            assert isinstance(sheets.read(changed), Sheet)
        except Invalid as refusal:
            assert set(refusal.errors) == {"file"}


@pytest.mark.parametrize(
    "sheet",
    [
        b"",
        b"<",
        b"<html/>",
        b"<worksheet><sheetData><row><c/></row></sheetData></worksheet>",
        b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        b'<row r="x"><c r="A1"><v>1</v></c></row></sheetData></worksheet>',
        b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        b'<row r="1"><c r="A1" t="s"><v>99</v></c></row></sheetData></worksheet>',
        b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        b'<row r="1"><c r="A1" t="n"><v>' + b"9" * 9000 + b"</v></c></row></sheetData></worksheet>",
    ],
)
def test_sheets_with_parts_that_make_no_sense(sheet):
    assert refused(repacked(whole(), sheet1=sheet)) in (UNREADABLE, "The file is empty.")


def test_an_entity_that_grows_is_refused():
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">' + b"".join(
        f'<!ENTITY {name} "{f"&{before};" * 10}">'.encode() for before, name in zip("abcdefgh", "bcdefghi", strict=True)
    )
    bomb += b'<!ENTITY j "&i;&i;">]><worksheet><sheetData><row><c t="str"><v>&j;</v></c></row></sheetData></worksheet>'
    start = time.process_time()
    assert refused(repacked(whole(), sheet1=bomb)) in (UNREADABLE, "The file is empty.")
    assert time.process_time() - start < 5


def test_a_workbook_that_unpacks_to_too_much():
    assert refused(repacked(whole(), sheet1=b"<x>" + b" " * 45_000_000)) == LARGE
    many = io.BytesIO()
    with zipfile.ZipFile(many, "w") as archive:
        for number in range(501):
            archive.writestr(f"part{number}.xml", "x")
    assert refused(many.getvalue()) == LARGE


def test_a_workbook_that_says_less_than_it_unpacks_to():
    data = bytearray(repacked(whole(), sheet1=b"<x>" + b" " * 45_000_000))
    size = (45_000_003).to_bytes(4, "little")
    while (place := data.find(size)) >= 0:
        data[place : place + 4] = (100).to_bytes(4, "little")
    assert refused(bytes(data)) == UNREADABLE


def test_a_cell_far_away_costs_nothing():
    made = Workbook()
    made.active["A1"], made.active["A2"] = "Name", "Jan"
    made.active["XFD1048576"] = "far"
    start = time.process_time()
    assert refused(saved(made)) == LONG
    wide = Workbook()
    wide.active["A1"], wide.active["A2"], wide.active["XFD2"] = "Name", "Jan", "far"
    assert sheets.read(saved(wide)).rows == [(2, ["Jan"])]
    assert time.process_time() - start < 5


def test_limits_of_size_rows_columns_and_cells():
    assert refused(b"x" * 5_000_001) == "The file is larger than 5 MB. Split it."
    assert refused(io.BytesIO(b"x" * 6_000_000).getvalue()) == "The file is larger than 5 MB. Split it."
    assert len(sheets.read(b"name\n" + b"x\n" * 5000).rows) == 5000
    assert refused(b"name\n" + b"x\n" * 5001) == LONG
    assert refused(b"name\n" + b"\n" * 20_001) == LONG
    assert refused(book(["Name"], *(["x"] for _number in range(5001)))) == LONG
    assert len(sheets.read(b"name," * 3000 + b"\nJan").headings) == sheets.COLUMNS_MOST
    [(_number, [cell])] = sheets.read(b"name\n" + b"x" * 100_000).rows
    assert len(cell) == sheets.CELL_MOST


# --- Words --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headings", "columns"),
    [
        (["Name", "E-mail", "Phone", "Crowd type", "Company", "Status", "Notes", "Tags"], list(words.LABELS)),
        (["naam", "e-mailadres", "telefoonnummer", "soort", "bedrijf", "status", "opmerkingen", "vaardigheden"],
         list(words.LABELS)),
        (["TAGS", " NAAM * ", "E-Mail (verplicht)", "crowd_type"], ["tags", "name", "email", "crowd_type"]),
        (["Voornaam", "Tussenvoegsel", "Achternaam"], ["first_name", "infix", "last_name"]),
    ],
)  # fmt: skip
def test_headings_in_two_languages_and_any_order(headings, columns):
    assert words.columns_of(headings) == ({column: place for place, column in enumerate(columns)}, [])


def test_headings_that_mean_nothing_are_named():
    assert words.columns_of(["Shoe size", "", "Name", "x" * 90]) == ({"name": 2}, ["Shoe size", "x" * 50])


@pytest.mark.parametrize(
    ("headings", "sentence"),
    [
        (["E-mail"], NO_NAME),
        (["Tussenvoegsel"], NO_NAME),
        (["Name", "Naam"], "Two columns mean the same as Naam. Remove one of them."),
        (["Name", "E-mail", "mail"], "Two columns mean the same as mail. Remove one of them."),
    ],
)  # fmt: skip
def test_headings_that_cannot_be(headings, sentence):
    with pytest.raises(Invalid) as refusal:
        words.columns_of(headings)
    assert refusal.value.errors == {"file": [sentence]}


def test_a_name_in_parts_is_one_name():
    places, _unknown = words.columns_of(["Achternaam", "Voornaam", "Tussenvoegsel", "Mail"])
    assert words.values_of(["Vries", "Jan", "de"], places) == {"name": "Jan de Vries", "email": ""}
    assert words.values_of(["", "Jan", "", "x"], places) == {"name": "Jan", "email": "x"}


@pytest.mark.parametrize(
    ("text", "status"),
    [("Approved", "approved"), ("GOEDGEKEURD", "approved"), ("no_show", "no_show"), ("No-show", "no_show"),
     ("in afwachting", "pending"), ("aangemeld", "applied"), ("uitgenodigd", "invited"), ("afgewezen", "rejected"),
     ("maybe", None)],
)  # fmt: skip
def test_words_of_statuses(text, status):
    assert words.status_of(text) == status
