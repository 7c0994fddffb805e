"""What a process may remember for some seconds: only what nobody decides anything by (never stock, never a right)."""

import time
from collections import OrderedDict
from hashlib import sha256
from threading import Lock
from typing import Any, ClassVar
from uuid import uuid4

from django.core.cache import cache


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


class Shared(Brief):
    """What the other processes of this server have put is found as well, through the cache; twice as old at most.

    Those are the processes that were forked after this was made: a server that was started anew, perhaps with other
    code, begins with nothing. Values must be picklable, and the `repr` of a key must tell it from all others.
    """

    def __init__(self, seconds: float, most: int = 1000):
        super().__init__(seconds, most)
        self._name = uuid4().hex

    def get(self, key) -> Any:
        """The value, ours or another's, or None."""
        value = super().get(key)
        if value is None:
            value = cache.get(self._place(key))
            if value is not None:
                super().put(key, value)
        return value

    def put(self, key, value) -> None:
        """Remember it from now on, for the others as well."""
        super().put(key, value)
        cache.set(self._place(key), value, timeout=self._seconds)

    def forget(self) -> None:
        """Remember nothing; what the others have is not found any more."""
        super().forget()
        self._name = uuid4().hex

    def _place(self, key) -> str:
        return f"{self._name}:{sha256(repr(key).encode()).hexdigest()}"


def forget_all() -> None:
    """Remember nothing anywhere in this process."""
    for one in Brief.all:
        one.forget()
