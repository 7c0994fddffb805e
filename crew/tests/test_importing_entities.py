"""A workbook is XML: what its document type declares is never fetched, and never blown up."""

import io
import zipfile

import pytest
from openpyxl import Workbook

from crew import sheets
from eventify.lib.errors import Invalid

CANARY = "canary-of-another-file"
_ROW = '<row r="2"><c r="A2" t="inlineStr"><is><t>{cell}</t></is></c></row></sheetData>'


def workbook(doctype: str, cell: str) -> bytes:
    """A workbook whose sheet begins with this document type, with a row under its heading that has this cell."""
    plain = Workbook()
    plain.active.append(["Name"])
    made, out = io.BytesIO(), io.BytesIO()
    plain.save(made)
    with zipfile.ZipFile(made) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            text = old.read(name)
            if name == "xl/worksheets/sheet1.xml":
                text = doctype.encode() + text.replace(b"</sheetData>", _ROW.format(cell=cell).encode())
            new.writestr(name, text)
    return out.getvalue()


def cells(data: bytes) -> str:
    """All that the file says, as it would be shown."""
    return "\n".join(cell for _number, row in sheets.read(data).rows for cell in row)


def test_control_the_row_that_is_put_in_arrives():
    """Also as an entity of one word, which is harmless."""
    assert cells(workbook("", "Maya")) == "Maya"
    assert cells(workbook('<!DOCTYPE worksheet [<!ENTITY name "Maya">]>', "&name;")) == "Maya"


def test_a_file_of_the_server_is_not_read(tmp_path):
    (tmp_path / "secret.txt").write_text(CANARY)
    doctype = f'<!DOCTYPE worksheet [<!ENTITY bait SYSTEM "file://{tmp_path}/secret.txt">]>'
    try:
        assert CANARY not in cells(workbook(doctype, "&bait;"))
    except Invalid as refusal:
        assert CANARY not in str(refusal.message)


def test_entities_of_entities_are_not_blown_up():
    """A billion laughs: refused as unreadable, not kept in memory."""
    inner = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    doctype = f'<!DOCTYPE worksheet [<!ENTITY l0 "lol">{inner}]>'
    with pytest.raises(Invalid):
        cells(workbook(doctype, "&l9;"))
