"""Opens one uploaded file; a program of its own, started by partners/papers.py for every file.

What people upload may be made to crash, hang or fill the memory of who opens it. So it is opened here: in a process
that has a little memory and time, may write no file, knows no secret and no database. It imports nothing of ours.

    reader.py look         reads a file from standard input, writes {"type", "pages"} or {"refused": word}
    reader.py picture N    writes page N (from 1) as PNG
"""

import io
import json
import resource
import sys

import filetype
import pypdfium2
from PIL import Image, ImageOps

MEMORY = 1_500_000_000  # bytes of address space
SECONDS = 15  # of computing
PIXELS_MOST = 50_000_000  # of an uploaded picture: more than any telephone's camera makes
SIDE_MOST = 1600  # pixels of the longer side of what is shown
PAGES_MOST = 50
PICTURES = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}
PDF = "application/pdf"


class Refused(Exception):
    """The file cannot be taken; the one argument is a word that papers.py has a sentence for."""


def limit() -> None:
    """Give up what is not needed."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def look(data: bytes) -> dict:
    """What it is, after every part that will be shown has been opened once."""
    if sniffed(data) == PDF:
        return {"type": PDF, "pages": _pages_of(_open_pdf(data))}
    picture = _open_picture(data)
    picture.load()
    return {"type": PICTURES[picture.format], "pages": 1}


def picture(data: bytes, number: int) -> bytes:
    """The page as PNG, made of pixels only: nothing of the file's own bytes, no metadata."""
    shown = _pdf_page(data, number) if sniffed(data) == PDF else _only_page(data, number)
    out = io.BytesIO()
    shown.save(out, "PNG", compress_level=6)
    return out.getvalue()


def sniffed(data: bytes) -> str:
    """The type that the first bytes say."""
    found = filetype.guess(data[:512])
    if found is None or found.mime not in {PDF, *PICTURES.values()}:
        raise Refused("type")
    return found.mime


def _open_pdf(data: bytes):
    try:
        return pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        raise Refused("encrypted" if "password" in str(error).lower() else "broken") from error


def _pages_of(pdf) -> int:
    count = len(pdf)
    if count > PAGES_MOST:
        raise Refused("pages")
    if not count:
        raise Refused("broken")
    _drawn(pdf, 1)
    return count


def _pdf_page(data: bytes, number: int):
    pdf = _open_pdf(data)
    if not 1 <= number <= min(len(pdf), PAGES_MOST):
        raise Refused("no_page")
    return _drawn(pdf, number)


def _only_page(data: bytes, number: int):
    if number != 1:
        raise Refused("no_page")
    return _whole_picture(data)


def _drawn(pdf, number: int):
    try:
        page = pdf[number - 1]
        scale = min(SIDE_MOST / max(1.0, *page.get_size()), 4)
        return page.render(scale=scale, may_draw_forms=False).to_pil().convert("RGB")
    except pypdfium2.PdfiumError as error:
        raise Refused("broken") from error


def _open_picture(data: bytes):
    try:
        opened = Image.open(io.BytesIO(data), formats=tuple(PICTURES))
    except Image.DecompressionBombError as error:
        raise Refused("pixels") from error
    except (OSError, ValueError, SyntaxError) as error:
        raise Refused("broken") from error
    if opened.width * opened.height > PIXELS_MOST:
        raise Refused("pixels")
    return opened


def _whole_picture(data: bytes):
    opened = _open_picture(data)
    opened.draft("RGB", (SIDE_MOST, SIDE_MOST))  # a JPEG is read at the size that is needed
    opened.thumbnail((SIDE_MOST, SIDE_MOST))
    flat = ImageOps.exif_transpose(opened).convert("RGBA")
    white = Image.new("RGBA", flat.size, "white")
    return Image.alpha_composite(white, flat).convert("RGB")


def main(command: str, number: str = "1") -> None:
    """Answer on standard output; a refusal is JSON too."""
    data = sys.stdin.buffer.read()
    try:
        answer = json.dumps(look(data)).encode() if command == "look" else picture(data, int(number))
    except Refused as refused:
        answer = json.dumps({"refused": refused.args[0]}).encode()
    except (OSError, ValueError, SyntaxError, MemoryError):  # what Pillow says of a file that is not whole
        answer = json.dumps({"refused": "broken"}).encode()
    sys.stdout.buffer.write(answer)


if __name__ == "__main__":
    limit()
    main(*sys.argv[1:])
