"""Work that many changes ask for: done at once for the first of them, and once more for all that follow soon."""

import os
import time
from collections.abc import Callable
from threading import Lock, Timer


class Soon:
    """`soon()` does `act` at once; what is asked within the next `seconds` is joined into one more at their end.

    An act always begins after the last change that asked for it. None is lost while the process lives; a process that
    ends waits for it, and a process that is forked leaves it to the one that it comes from. `act` runs in whatever
    thread asks, or in one of its own: it bears by itself what can go wrong.
    """

    def __init__(self, act: Callable[[], None], seconds: float):
        self._act, self._seconds = act, seconds
        self._begin()
        os.register_at_fork(after_in_child=self._begin)

    def _begin(self) -> None:
        self._lock = Lock()
        self._quiet_until = 0.0  # of time.monotonic(): what is asked before it waits until then
        self._timer: Timer | None = None  # while something waits

    def __call__(self) -> None:
        """Do it now, or once at the end of the time that runs."""
        with self._lock:
            if self._timer or self._is_waiting():
                return
            self._quiet_until = time.monotonic() + self._seconds
        self._act()

    def _is_waiting(self) -> bool:
        """Whether it waits now, for a timer that was just started. A clock that was moved makes nothing wait longer."""
        rest = self._quiet_until - time.monotonic()
        if not 0 < rest <= self._seconds:
            return False
        self._timer = Timer(rest, self.finish)  # before it starts: a short one ends before `start` returns
        try:
            self._timer.start()
        except RuntimeError:  # no thread can be had: then now
            self._timer = None
        return self._timer is not None

    def finish(self) -> None:
        """Do now what waits, if something does: who reads after it sees everything that this process has changed."""
        if self._timer is None:
            return
        with self._lock:
            timer, self._timer = self._timer, None
            self._quiet_until = time.monotonic() + self._seconds
        if timer is not None:
            timer.cancel()
            self._act()
