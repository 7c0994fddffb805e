"""Named places where a test may kill the process, as a power cut would.

They do something only in a process whose database is a test's (`test_...`) and whose environment names one:
EVENTIFY_FAILPOINTS=payout.after_claim, or payout.after_claim:3 for the third time that it is reached; or @ and the name
of a file that says so, perhaps later: whoever dies takes it away, so one process dies, and once.
"""

import os
import signal
from collections import Counter
from pathlib import Path

from django.db import connection

VARIABLE = "EVENTIFY_FAILPOINTS"
_reached: Counter[str] = Counter()


def failpoint(name: str) -> None:
    """Die here without a word (SIGKILL) when the test that started this process asked for it."""
    said = os.environ.get(VARIABLE, "")
    file = Path(said[1:]) if said.startswith("@") else None
    wanted, _colon, time = (_read(file) if file else said).partition(":")
    if wanted != name or not _is_test():
        return
    _reached[name] += 1
    is_due = _reached[name] >= int(time or 1) if file else _reached[name] == int(time or 1)
    if is_due:
        _die(file)


def _read(file: Path) -> str:
    try:
        return file.read_text().strip()
    except FileNotFoundError:
        return ""


def _die(file: Path | None) -> None:
    if file:
        try:
            file.unlink()
        except FileNotFoundError:  # another process was first
            return
    os.kill(os.getpid(), signal.SIGKILL)


def _is_test() -> bool:
    return str(connection.settings_dict["NAME"]).startswith("test_")
