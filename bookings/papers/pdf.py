"""Pages of A4: text in any of our scripts, lines and QR codes. The same input makes the same bytes.

Units are points (1/72 inch) from the top left corner. Fonts are embedded; Devanagari is shaped (uharfbuzz), for its
vowels stand before the letters that they follow.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from io import BytesIO
from pathlib import Path
from threading import Lock

import segno
from reportlab import rl_config
from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import ShapedStr, TTFont, shapeStr
from reportlab.pdfgen.canvas import Canvas
from reportlab.pdfgen.pathobject import PDFPathObject

from eventify.lib.currencies import MINUS

WIDTH, HEIGHT = A4
MARGIN = 48
INNER = WIDTH - 2 * MARGIN
BLACK, GREY, PALE = HexColor(0x000000), HexColor(0x555555), HexColor(0xBBBBBB)
LEADING = 1.4
_FONTS = Path(__file__).parent / "fonts"
_DEVANAGARI = re.compile(r"([\u0900-\u097f\ua8e0-\ua8ff][\u0900-\u097f\ua8e0-\ua8ff\u200c\u200d ]*)")
_UNPRINTABLE = ("Cc", "Cf", "Cs", "Co", "Cn")
_READING = Lock()
_JOINERS = "\u200c\u200d"
_QUIET = 4  # modules of white around a QR code, as the standard wants
rl_config.useA85 = 0  # files travel as bytes since long: their text form is a quarter larger, and takes its time


@cache
def _register() -> None:
    """Read the fonts into this process, once."""
    with _READING:
        for weight in ("Regular", "Bold"):
            pdfmetrics.registerFont(TTFont(f"NotoSans-{weight}", _FONTS / f"NotoSans-{weight}.ttf", shapable=False))
            shaped = TTFont(f"NotoSansDevanagari-{weight}", _FONTS / f"NotoSansDevanagari-{weight}.ttf")
            _name_all_glyphs(shaped)
            pdfmetrics.registerFont(shaped)


def _name_all_glyphs(font: TTFont) -> None:
    """Give the glyphs that no letter has (conjuncts, say) their private letters in the font's order.

    ReportLab gives them in the order of their first use, which would make a file depend on those before it.
    """
    shaper = font.hbFont()
    for glyph in range(font.hbFace.glyph_count):
        if glyph not in font.face.glyphToChar:
            font.hbAddPrivate(shaper.glyph_to_string(glyph), glyph, shaper.get_glyph_h_advance(glyph))


def clean(words: str) -> str:
    """One line that a font can show: composed, without control characters; a surrogate or tab is a blank."""
    composed = unicodedata.normalize("NFC", " ".join(str(words).split())).replace(MINUS, "–")  # the font has no minus
    kept = (one for one in composed if unicodedata.category(one) not in _UNPRINTABLE or one in _JOINERS)
    return "".join(kept)


def _runs(words: str, size: float, is_bold: bool) -> Iterator[tuple[str, str]]:
    """The words in pieces of one script each, shaped where the script needs it: (font, text)."""
    weight = "Bold" if is_bold else "Regular"
    for index, piece in enumerate(_DEVANAGARI.split(words)):
        if piece and index % 2 == 0:
            yield f"NotoSans-{weight}", piece
        elif piece:
            font = f"NotoSansDevanagari-{weight}"
            yield font, shapeStr(piece, font, size)


def width(words: str, size: float, is_bold: bool = False) -> float:
    """How wide the words are, in points."""
    _register()
    return sum(_width(font, piece, size) for font, piece in _runs(clean(words), size, is_bold))


def _width(font: str, piece: str, size: float) -> float:
    if isinstance(piece, ShapedStr):
        return sum(one.x_advance for one in piece.__shapeData__) * size / 1000
    return pdfmetrics.stringWidth(piece, font, size)


def wrap(words: str, size: float, room: float, is_bold: bool = False, most: int = 0) -> list[str]:
    """The words in lines no wider than the room; after `most` lines (0: all) an ellipsis."""
    lines = [line for part in str(words).splitlines() for line in _wrapped(clean(part), size, room, is_bold)]
    if most and len(lines) > most:
        lines = [*lines[: most - 1], _cut(lines[most - 1], size, room, is_bold)]
    return lines


def _wrapped(words: str, size: float, room: float, is_bold: bool) -> Iterator[str]:
    line = ""
    for word in words.split(" "):
        longer = f"{line} {word}".strip()
        if width(longer, size, is_bold) <= room:
            line = longer
            continue
        if line:
            yield line
        line = word
        while width(line, size, is_bold) > room:
            head = _head(line, size, room, is_bold)
            yield line[:head]
            line = line[head:]
    yield line


def _head(word: str, size: float, room: float, is_bold: bool) -> int:
    """How many letters of a long word fit, one at least."""
    fits, too_many = 1, len(word)
    while too_many - fits > 1:
        middle = (fits + too_many) // 2
        fits, too_many = (middle, too_many) if width(word[:middle], size, is_bold) <= room else (fits, middle)
    return fits


def _cut(line: str, size: float, room: float, is_bold: bool) -> str:
    while line and width(f"{line}…", size, is_bold) > room:
        line = line[:-1]
    return f"{line.rstrip()}…"


class _Modules(PDFPathObject):
    """Squares of a QR code in whole numbers; reportlab would word each as a fraction, which is a third of a ticket."""

    def add(self, column: int, row: int, length: int) -> None:
        self._code_append(f"{column} {row} {length} 1 re")


class Sheet:
    """A document that is being written, page by page."""

    def __init__(self, title: str, language: str = "en"):
        _register()
        self._buffer = BytesIO()
        self.canvas = Canvas(self._buffer, pagesize=A4, invariant=True, pageCompression=1, lang=language)
        self.canvas.setTitle(clean(title))
        self.canvas.setAuthor("Eventify")
        self.canvas.setCreator("Eventify")

    def text(self, x: float, y: float, words: str, size: float = 10, *, bold=False, align="left", color=BLACK) -> None:
        """One line whose baseline is y below the top. Aligned right, it ends at x; centred, x is its middle."""
        words = clean(words)
        if align != "left":
            wide = width(words, size, bold)
            x -= wide if align == "right" else wide / 2
        self.canvas.setFillColor(color)
        for font, piece in _runs(words, size, bold):
            self.canvas.setFont(font, size)
            self.canvas.drawString(x, HEIGHT - y, piece)
            x += _width(font, piece, size)

    def paragraph(
        self, x: float, y: float, words: str, size: float, room: float, *, bold=False, most=0, color=BLACK, align="left"
    ) -> float:
        """Lines from baseline y downwards; the baseline that comes after them."""
        for line in wrap(words, size, room, bold, most):
            self.text(x, y, line, size, bold=bold, color=color, align=align)
            y += size * LEADING
        return y

    def rule(self, y: float, left: float = MARGIN, right: float = WIDTH - MARGIN, color=PALE) -> None:
        """A thin line across."""
        self.canvas.setStrokeColor(color)
        self.canvas.setLineWidth(0.75)
        self.canvas.line(left, HEIGHT - y, right, HEIGHT - y)

    def qr(self, x: float, y: float, side: float, words: str) -> None:
        """A QR code, black on white, `side` wide with its quiet zone, whose top left corner is at x, y."""
        code = segno.make(words, error="m", micro=False, boost_error=True, mask=0)  # choosing a mask costs most
        rows = [list(row) for row in code.matrix_iter(border=0)]
        module = side / (len(rows) + 2 * _QUIET)
        self.canvas.setFillColor(HexColor(0xFFFFFF))
        self.canvas.rect(x, HEIGHT - y - side, side, side, stroke=0, fill=1)
        self.canvas.saveState()
        self.canvas.setFillColor(BLACK)
        self.canvas.translate(x + _QUIET * module, HEIGHT - y - _QUIET * module)
        self.canvas.scale(module, -module)  # from here on a module is one wide, and rows are counted downwards
        path = _Modules()
        for number, row in enumerate(rows):
            for start, length in _dark(row):
                path.add(start, number, length)
        self.canvas.drawPath(path, stroke=0, fill=1)
        self.canvas.restoreState()

    def next_page(self) -> None:
        """End this page and begin another."""
        self.canvas.showPage()

    def done(self) -> bytes:
        """The file."""
        self.canvas.showPage()
        self.canvas.save()
        return self._buffer.getvalue()


def _dark(row: list[int]) -> Iterator[tuple[int, int]]:
    """Where dark modules stand side by side: (first, how many)."""
    for match in re.finditer("1+", "".join("1" if one else "0" for one in row)):
        yield match.start(), len(match.group())
