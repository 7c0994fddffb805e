"""Requests that were refused (401, 403), in the log: the route, not the address, and the account's id, no name.

A 404 for what is somebody else's looks like any other 404 and is not among them. So that nobody fills the log, each
process writes a hundred lines in a minute at most, and then how many it left out.
"""

import logging
from threading import Lock
from time import monotonic

from django.http import HttpRequest, HttpResponse

logger = logging.getLogger(__name__)
STATUSES = frozenset((401, 403))
MOST, WINDOW = 100, 60  # lines, seconds


class Brake:
    """Lets `MOST` things pass in each `WINDOW`, for all threads together, and counts the others."""

    def __init__(self):
        self.lock, self.began, self.passed, self.held = Lock(), float("-inf"), 0, 0

    def passes(self) -> tuple[bool, int]:
        """Whether this one passes, and how many were held back in the window before, which is said once."""
        with self.lock:
            held, now = 0, monotonic()
            if now - self.began >= WINDOW:
                held, self.began, self.passed, self.held = self.held, now, 0, 0
            is_good = self.passed < MOST
            self.passed += is_good
            self.held += not is_good
            return is_good, held


_brake = Brake()


def note(request: HttpRequest, response: HttpResponse) -> None:
    """Write one line about a request that was refused."""
    is_good, held = _brake.passes()
    if held:
        logger.info("refused: %s more, which were not written", held)
    if is_good:
        route = request.resolver_match.route if request.resolver_match else "before any route"
        logger.info("refused: %s %s %s, %s", response.status_code, request.method, route, _who(request))


def _who(request: HttpRequest) -> str:
    """The account that the request was known to be of; nothing is read for it."""
    user = request.__dict__.get("user")
    known = object.__getattribute__(user, "__dict__").get("_wrapped", user) if user is not None else None
    uid = getattr(known, "uid", None) if hasattr(known, "pk") else None
    return f"user {uid}" if uid else "nobody"
