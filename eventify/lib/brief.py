"""What a process may remember for some seconds: only what nobody decides anything by (never stock, never a right)."""

import time
from collections import OrderedDict
from threading import Lock
from typing import Any, ClassVar


class Brief:
    """Values that are forgotten after so many seconds, the oldest also when there are too many."""

    all: ClassVar[list["Brief"]] = []

    def __init__(self, seconds: float, most: int = 1000):
        Brief.all.append(self)
        self._seconds, self._most = seconds, most
        self._kept: OrderedDict[Any, tuple[float, Any]] = OrderedDict()
        self._lock = Lock()

    def get(self, key) -> Any:
        """The value, or None."""
        until, value = self._kept.get(key, (0.0, None))
        return value if until > time.monotonic() else None

    def put(self, key, value) -> None:
        """Remember it from now on."""
        with self._lock:
            self._kept.pop(key, None)
            self._kept[key] = (time.monotonic() + self._seconds, value)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)

    def forget(self) -> None:
        """Remember nothing."""
        with self._lock:
            self._kept.clear()


def forget_all() -> None:
    """Remember nothing anywhere in this process."""
    for one in Brief.all:
        one.forget()
