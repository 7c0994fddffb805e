"""Files that people upload, good and hostile, made as the tests need them."""

import io
import struct
import zlib
from functools import cache

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from partners import kyc
from partners.models import Document

T = Document.Type


def picture(kind: str = "PNG", size=(40, 30), colour="teal", **options) -> bytes:
    """A picture of one colour."""
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, kind, **options)
    return out.getvalue()


@cache
def pdf(pages: int = 1) -> bytes:
    """A PDF of blank pages, of different sizes so that each can be told; the same at each call: it holds its second."""
    sheets = [Image.new("RGB", (120, 160 + 10 * n), "white") for n in range(pages)]
    out = io.BytesIO()
    sheets[0].save(out, "PDF", save_all=True, append_images=sheets[1:])
    return out.getvalue()


def png_bomb(width: int = 30_000, height: int = 30_000) -> bytes:
    """A small PNG that would fill 2.7 GB when opened."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    packer = zlib.compressobj(9)
    row = b"\x00" * (1 + 3 * width)
    body = b"".join(packer.compress(row) for _ in range(50)) + packer.flush()
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def locked_pdf() -> bytes:
    """A PDF that says it is encrypted, with a key that nobody has."""
    trailer = b"<< /Filter /Standard /V 1 /R 2 /O <" + b"41" * 32 + b"> /U <" + b"42" * 32 + b"> /P -4 >>"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 100 100] >>",
        trailer,
    ]
    return _written(objects, b"/Encrypt 4 0 R /ID [<00><00>]")


def endless_pdf(pages: int) -> bytes:
    """A small PDF that says it has very many pages."""
    kids = b" ".join(b"3 0 R" for _ in range(pages))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [" + kids + b"] /Count " + str(pages).encode() + b" >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 100 100] >>",
    ]
    return _written(objects)


def _written(objects: list[bytes], trailer: bytes = b"") -> bytes:
    out, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<< /Size %d /Root 1 0 R %s >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, trailer, start)
    return out


def file(data: bytes | None = None, name: str = "scan.png") -> SimpleUploadedFile:
    """As a browser sends it."""
    return SimpleUploadedFile(name, picture() if data is None else data)


def uploaded(partner, type=T.PAN, data: bytes | None = None, *, by=None) -> Document:
    """A document that waits for its review."""
    return kyc.upload(partner, type, file(data), by=by)


def verified(partner, *types, by, **options) -> list[Document]:
    """Documents of these kinds (all that are required, without any), uploaded and verified."""
    return [kyc.review(uploaded(partner, type), verdict="Verified", by=by, **options) for type in types or kyc.REQUIRED]
