"""Files made to deceive or to harm: each is refused with a sentence, or shown as nothing but pixels."""

import io
import subprocess
import sys

import pytest
from PIL import Image

from eventify.lib.errors import Invalid, Missing
from partners import kyc, papers
from partners.factories import PartnerFactory
from partners.models import Document
from partners.tests.papers import T, endless_pdf, file, locked_pdf, pdf, picture, png_bomb

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("private")]
HTML = b"<!doctype html><script>alert(1)</script>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'
TYPE, BROKEN = "Upload a PDF", "cannot be opened"

HOSTILE = {
    "html": (HTML, TYPE),
    "svg": (SVG, TYPE),
    "gif": (b"GIF89a" + b"\0" * 40, TYPE),
    "zip": (b"PK\x03\x04" + b"\0" * 40, TYPE),
    "program": (b"\x7fELF" + b"\0" * 40, TYPE),
    "html with a PDF in it": (HTML + pdf(), TYPE),
    "one byte": (b"%", TYPE),
    "only the head of a PDF": (b"%PDF-1.7\n", BROKEN),
    "PDF head, then HTML": (b"%PDF-1.4\n" + HTML * 20, BROKEN),
    "PDF cut off": (pdf(3)[:300], BROKEN),
    "locked PDF": (locked_pdf(), "locked with a password"),
    "PDF of 51 pages": (endless_pdf(51), "more than 50 pages"),
    "PDF of a million pages": (endless_pdf(1_000_000), "more than 50 pages"),
    "only the head of a PNG": (b"\x89PNG\r\n\x1a\n", BROKEN),
    "PNG cut off": (picture("PNG", (400, 400))[:200], BROKEN),
    "JPEG cut off": (picture("JPEG", (400, 400))[:700], BROKEN),
    "WebP of noise": (b"RIFF\x40\0\0\0WEBPVP8 " + b"\x07" * 60, BROKEN),
    "PNG that fills the memory": (png_bomb(), "too many pixels"),
    "PNG of 2 000 000 000 pixels": (png_bomb(200_000, 10_000), "too many pixels"),
}


@pytest.mark.parametrize(("data", "sentence"), HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_file_named_pdf_is_refused_with_a_sentence(data, sentence, private):
    with pytest.raises(Invalid, match=sentence) as refusal:
        kyc.upload(PartnerFactory(), T.PAN, file(data, "scan.pdf"), by=None)
    assert list(refusal.value.errors) == ["file"]
    assert not Document.objects.exists()
    assert not list(private.iterdir())


@pytest.mark.parametrize(("size", "sentence"), [(0, "empty"), (11_000_000, "larger than 10 MB")])
def test_sizes(size, sentence):
    with pytest.raises(Invalid, match=sentence):
        kyc.upload(PartnerFactory(), T.PAN, file(b"\0" * size), by=None)


def test_what_is_exactly_10_mb_is_read():
    data = picture("JPEG")
    assert kyc.upload(PartnerFactory(), T.PAN, file(data + b"\0" * (10_000_000 - len(data))), by=None).size == 10**7


POLYGLOTS = {
    "JPEG with HTML in its comment": picture("JPEG", comment=HTML),
    "PNG with HTML behind it": picture("PNG") + HTML,
    "PDF with a zip behind it": pdf() + b"PK\x03\x04" + HTML,
}


@pytest.mark.parametrize("data", POLYGLOTS.values(), ids=POLYGLOTS.keys())
def test_of_a_polyglot_only_pixels_are_shown(data):
    assert HTML in data
    shown = papers.picture(data, 1)
    assert b"alert" not in shown
    assert Image.open(io.BytesIO(shown)).format == "PNG"


def test_a_picture_tells_nothing_of_where_it_was_taken():
    exif = Image.Exif()
    exif[0x010F], exif[0x8825] = "SecretCam", {1: "N", 2: (52.0, 1.0, 2.0)}
    data = picture("JPEG", exif=exif)
    assert b"SecretCam" in data
    assert b"SecretCam" not in papers.picture(data, 1)


def test_a_picture_is_shown_upright_and_small():
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    shown = Image.open(io.BytesIO(papers.picture(picture("JPEG", (4000, 2000), exif=exif), 1)))
    assert shown.size == (800, 1600)


def test_what_is_see_through_is_shown_on_white():
    out = io.BytesIO()
    Image.new("RGBA", (4, 4), (0, 0, 0, 0)).save(out, "PNG")
    assert Image.open(io.BytesIO(papers.picture(out.getvalue(), 1))).getpixel((1, 1)) == (255, 255, 255)


def test_each_page_of_a_pdf_and_no_other():
    data = pdf(3)
    heights = [Image.open(io.BytesIO(papers.picture(data, n))).height for n in (1, 2, 3)]
    assert heights == [640, 680, 720]
    for number in (0, 4, 10**30):
        with pytest.raises(Missing):
            papers.picture(data, number)


def test_the_reader_has_little_memory_and_writes_no_file(tmp_path):
    """Control: what a reader's limits are for does fail behind them."""
    folder = papers.READER.parent
    for greed in ("bytearray(2_000_000_000)", f"open({str(tmp_path / 'x')!r}, 'w').write('x' * 10_000)"):
        program = f"import sys; sys.path.insert(0, {str(folder)!r}); import reader; reader.limit(); {greed}"
        done = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, check=False)
        assert done.returncode != 0


def test_a_reader_that_hangs_is_ended(monkeypatch, tmp_path):
    slow = tmp_path / "reader.py"
    slow.write_text("import time; time.sleep(60)")
    monkeypatch.setattr(papers, "READER", slow)
    monkeypatch.setattr(papers, "PATIENCE", 0.5)
    with pytest.raises(Invalid, match=BROKEN):
        papers.look(pdf())
    with pytest.raises(Missing):
        papers.picture(pdf(), 1)


def test_a_reader_that_crashes_is_a_broken_file(monkeypatch, tmp_path):
    dying = tmp_path / "reader.py"
    dying.write_text("import os; os.kill(os.getpid(), 11)")
    monkeypatch.setattr(papers, "READER", dying)
    with pytest.raises(Invalid, match=BROKEN):
        papers.look(pdf())
