"""Named places where a test may kill the process, as a power cut would.

They do something only in a process whose database is a test's (`test_...`) and whose environment names one:
EVENTIFY_FAILPOINTS=payout.after_claim, or payout.after_claim:3 for the third time that it is reached.
"""

import os
import signal
from collections import Counter

from django.db import connection

VARIABLE = "EVENTIFY_FAILPOINTS"
_reached: Counter[str] = Counter()


def failpoint(name: str) -> None:
    """Die here without a word (SIGKILL) when the test that started this process asked for it."""
    wanted, _colon, time = os.environ.get(VARIABLE, "").partition(":")
    if wanted != name or not _is_test():
        return
    _reached[name] += 1
    if _reached[name] == int(time or 1):
        os.kill(os.getpid(), signal.SIGKILL)


def _is_test() -> bool:
    return str(connection.settings_dict["NAME"]).startswith("test_")
