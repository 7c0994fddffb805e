"""What an uploaded file is, and pictures of its pages: asked of partners/reader.py, a process of its own."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from django.utils.translation import gettext_lazy as _

from eventify.lib.errors import Invalid, Missing

READER = Path(__file__).with_name("reader.py")
PATIENCE = 25  # seconds; above the reader's own limit, for a machine that is busy
PNG = b"\x89PNG\r\n\x1a\n"
EXTENSIONS = {"application/pdf": ".pdf", "image/jpeg": ".jpg", "image/png": ".png", "image/webp": ".webp"}
# why the reader refused -> what the uploader can do
SENTENCES = {
    "type": _("Upload a PDF, or a picture as JPEG, PNG or WebP."),
    "encrypted": _("This PDF is locked with a password. Save it without one and upload it again."),
    "broken": _("This file cannot be opened. Perhaps it is damaged: save or scan it again."),
    "pages": _("This PDF has more than 50 pages. Upload only the pages that are needed."),
    "pixels": _("This picture has too many pixels. Upload one of at most 50 megapixels."),
}


class Look(NamedTuple):
    """What a file really is, and how many pages it has (a picture: one)."""

    type: str
    pages: int


def look(data: bytes) -> Look:
    """Open the file and say what it is. Invalid at `file` for what is not a whole, open PDF, JPEG, PNG or WebP."""
    answer = json.loads(_read(data, "look") or b'{"refused": "broken"}')
    if "refused" in answer:
        raise Invalid.field("file", SENTENCES[answer["refused"]])
    return Look(answer["type"], answer["pages"])


def digest(data: bytes) -> str:
    """SHA-256 (hex) of a file."""
    return hashlib.sha256(data).hexdigest()


def picture(data: bytes, page: int) -> bytes:
    """A page (from 1) as PNG, made anew from its pixels. Missing when it has no such page or cannot be drawn."""
    answer = _read(data, "picture", str(page))
    if not answer.startswith(PNG):
        raise Missing(_("This page cannot be shown."))
    return answer


def _read(data: bytes, *command: str) -> bytes:
    """What the reader answers; nothing when it crashed or took too long."""
    arguments = [sys.executable, "-I", str(READER), *command]
    try:
        done = subprocess.run(arguments, input=data, capture_output=True, timeout=PATIENCE, env={}, check=False)
    except subprocess.TimeoutExpired:
        return b""
    return done.stdout if done.returncode == 0 else b""
