"""Which request this is: one name for all that it causes, in its answer, in the log, in the tasks that it queues."""

import os
import re
from contextvars import ContextVar

_SANE = re.compile(r"[A-Za-z0-9._-]{8,64}")
_BYTES = 10
_current: ContextVar[str] = ContextVar("request_id", default="")


def begin(sent: str | None) -> str:
    """The id of the request that begins in this thread: what the caller sent when it is sane, else a new one."""
    request_id = sent if sent and _SANE.fullmatch(sent) else os.urandom(_BYTES).hex()
    _current.set(request_id)
    return request_id


def current() -> str:
    """The id of the request or task that this thread works for; empty when it works for none."""
    return _current.get()


def end() -> None:
    """What this thread does from now on belongs to no request."""
    _current.set("")
