"""What a scanner reads: of a page's inline SVGs and of PDFs, in black and white."""

import re

import pypdfium2
import zxingcpp
from PIL import Image, ImageDraw

_SVG = re.compile(r'<svg[^>]*viewBox="0 0 (\d+) \d+"[^>]*><path[^>]* d="([^"]+)"')
_STEP = re.compile(r"([Mmh])(-?[\d.]+)(?: (-?[\d.]+))?")


def of_page(html: str, module: int = 4) -> list[str]:
    """What the QR codes of a page say, each drawn with so many dots a module."""
    return [text for size, path in _SVG.findall(html) for text in of_picture(_drawn(int(size), path, module))]


def of_pdf(data: bytes, scale: float = 2) -> list[str]:
    """What the QR codes of a PDF say, page by page; at scale 1 a dot is 1/72 inch."""
    pictures = [page.render(scale=scale).to_pil() for page in pypdfium2.PdfDocument(data)]
    return [text for picture in pictures for text in of_picture(picture)]


def of_picture(picture: Image.Image) -> list[str]:
    """What the QR codes of a picture say: no other codes are looked for, as at the door: dots can look like them."""
    found = zxingcpp.read_barcodes(picture.convert("1").convert("L"), formats=zxingcpp.BarcodeFormat.QRCode)
    return [one.text for one in found]


def _drawn(size: int, path: str, module: int) -> Image.Image:
    """segno's path: M and m move, h draws a line one module high; y is the middle of the line."""
    picture = Image.new("L", (size * module, size * module), 255)
    pen, x, y = ImageDraw.Draw(picture), 0.0, 0.0
    for step, first, second in _STEP.findall(path):
        if step == "h":
            left, top = round(x * module), round((y - 0.5) * module)
            pen.rectangle((left, top, left + int(float(first)) * module - 1, top + module - 1), fill=0)
            x += float(first)
        else:
            is_absolute = step == "M"
            x, y = float(first) + (0 if is_absolute else x), float(second) + (0 if is_absolute else y)
    return picture
