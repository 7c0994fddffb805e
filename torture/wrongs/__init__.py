"""What a control switches off: each function takes one guard away in the process that calls it.

A trial that passes without the guard proves nothing, so every trial runs again, small, with one of these, and must
fail. They exist only here: no setting and no line of the product knows them. In a stack that can go wrong, torture.web
and torture.worker look before each request and each task which of them are asked for (`Switch`), so that one start
serves all controls.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from threading import Lock

from torture.wrongs import door, history, kills, payments, payouts, queue, redis, retries, sale

_MODULES = (door, history, kills, payments, payouts, queue, redis, retries, sale)
ALL: dict[str, Callable[[], None]] = {one.__name__: one for module in _MODULES for one in module.WRONGS}
OURS = ("accounts", "partners", "events", "bookings", "crew", "analytics", "privacy", "eventify", "django", "kombu")


class Switch:
    """Does what a file names (comma separated), and takes it back when the file names something else."""

    def __init__(self, path: str):
        self._path, self._lock, self._now = Path(path), Lock(), ""
        self._undo: list[tuple[object, str, object]] = []

    def __call__(self) -> None:
        """Be as the file says now; called before each request and each task."""
        wanted = self._path.read_text()
        if wanted == self._now:
            return
        with self._lock:
            if wanted != self._now:
                self._be(wanted)
                self._now = wanted

    def _be(self, wanted: str) -> None:
        while self._undo:
            owner, name, value = self._undo.pop()
            setattr(owner, name, value)
        before = list(_attributes())
        for name in filter(None, wanted.split(",")):
            ALL[name]()
        self._undo = [(owner, name, value) for owner, name, value in before if vars(owner).get(name) is not value]


def _attributes() -> Iterator[tuple[object, str, object]]:
    """What can be replaced: (module or class, name, value)."""
    modules = [module for name, module in sys.modules.items() if name.partition(".")[0] in OURS]
    for module in modules:
        for name, value in list(vars(module).items()):
            yield module, name, value
            if isinstance(value, type) and value.__module__ == module.__name__:
                yield from ((value, own, held) for own, held in list(vars(value).items()))


def watched(application: Callable, switch: Switch) -> Callable:
    """The WSGI application, which looks at the switch before each request."""

    def answer(environ, start_response):
        with suppress(FileNotFoundError):  # the home is gone: the stack is about to stop
            switch()
        return application(environ, start_response)

    return answer
