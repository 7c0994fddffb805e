"""Who was erased, kept outside of the database: an older backup that is restored knows nothing of it.

A mark is a file in the private storage that is named by the account's uid and holds the moment: no name, no address.
A restore leaves files that the backup does not know where they are. `manage.py erasures` writes all marks into one file
for another place, and repeats the erasures that they tell of.
"""

import contextlib
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from uuid import UUID

from django.core.files.base import ContentFile
from django.core.files.storage import Storage
from django.utils.dateparse import parse_datetime

from accounts.models import User
from privacy.models import Copy

FOLDER = "erasures"
Marks = Mapping[UUID, datetime]
_UID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def note(uid: UUID, at: datetime) -> None:
    """Write the mark of one erasure, unless it is there: the first one counts."""
    storage, name = _storage(), f"{FOLDER}/{uid}"
    if not storage.exists(name):
        storage.save(name, ContentFile(at.isoformat().encode()))


def note_all() -> int:
    """Write the marks that are missing, which an outage may have left; how many. Safe to run twice."""
    storage = _storage()
    known = set(_names(storage))
    rows = User.objects.filter(erased_at__isnull=False).values_list("uid", "erased_at")
    missing = {uid: at for uid, at in rows.iterator() if str(uid) not in known}
    for uid, at in missing.items():
        note(uid, at)
    return len(missing)


def marks() -> Marks:
    """All that are in the storage. One whose moment was not written whole counts from when the file is."""
    storage, found = _storage(), {}
    for name in _names(storage):
        with storage.open(f"{FOLDER}/{name}") as file:
            text = file.read().decode("ascii", "replace")
        try:
            found |= read(f"{name} {text}")
        except ValueError:
            found[UUID(name)] = storage.get_modified_time(f"{FOLDER}/{name}")
    return found


def read(text: str) -> Marks:
    """The marks in lines of a uid and a moment, as `written` writes them. ValueError for any other line."""
    return dict(_read(line) for line in text.splitlines() if line.strip())


def written(found: Marks) -> str:
    """The marks as lines, the oldest first."""
    return "".join(f"{uid} {at.isoformat()}\n" for uid, at in sorted(found.items(), key=lambda one: (one[1], one[0])))


def _read(line: str) -> tuple[UUID, datetime]:
    uid, _blank, at = line.strip().partition(" ")
    with contextlib.suppress(ValueError):
        moment = parse_datetime(at)
        if moment and moment.tzinfo:
            return UUID(uid), moment
    raise ValueError(f"This is no list of erasures: {line[:100]!r}")


def _names(storage: Storage) -> Iterator[str]:
    """The names of the marks; two that were written at once are two files, of which one has a longer name."""
    try:
        names = storage.listdir(FOLDER)[1]
    except FileNotFoundError:  # the folder is made with the first mark
        return
    yield from (name for name in names if _UID.fullmatch(name))


def _storage() -> Storage:
    return Copy._meta.get_field("file").storage
