"""Counting requests in Redis, in one atomic step, so that a burst of parallel requests cannot pass."""

import logging
import time
from collections import OrderedDict
from threading import Lock

import redis
from django.conf import settings
from django.utils.translation import gettext as _

from eventify.lib.errors import DomainError

logger = logging.getLogger(__name__)

# Counts one hit in a fixed window and returns (hits, milliseconds until the window ends).
_SCRIPT = """
local hits = redis.call('INCR', KEYS[1])
if hits == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return {hits, redis.call('PTTL', KEYS[1])}
"""
# Takes one hit back, while its window lasts.
_BACK = "if redis.call('EXISTS', KEYS[1]) == 1 then redis.call('DECR', KEYS[1]) end"
_client = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=0.5, socket_connect_timeout=0.5)
_count, _uncount = _client.register_script(_SCRIPT), _client.register_script(_BACK)
_local: OrderedDict[str, tuple[int, float]] = OrderedDict()
_local_lock = Lock()
_LOCAL_KEYS = 10_000


class TooManyRequests(DomainError):
    """The caller has used up a limit (429). `retry_after` is in whole seconds, at least 1."""

    status = 429
    code = "too_many_requests"
    kind = "limit"

    def __init__(self, retry_after: int):
        sentence = _("Too many requests. Try again in %(seconds)s s.") % {"seconds": retry_after}
        super().__init__(sentence, retry_after=retry_after)
        self.retry_after = retry_after


def hit(name: str, *who: str) -> None:
    """Count one request of `who` against settings.RATE_LIMITS[name]; TooManyRequests when it is one too many."""
    if not settings.EVENTIFY_RATE_LIMITS:
        return
    allowed, seconds = settings.RATE_LIMITS[name]
    hits, milliseconds = _hits(":".join(("limit", name, *who)), seconds)
    if hits > allowed:
        raise TooManyRequests(max(1, -(-milliseconds // 1000)))


def count(name: str, seconds: int) -> int:
    """How many this one is, in all processes, in a window of so many seconds that begins with the first."""
    return _hits(f"count:{name}", seconds)[0]


def take_back(name: str, *who: str) -> None:
    """Uncount one request that `hit` has counted: it was none of those that the limit is for."""
    if settings.EVENTIFY_RATE_LIMITS:
        try:
            _uncount(keys=[":".join(("limit", name, *who))])
        except redis.RedisError:
            logger.warning("redis unreachable, %s stays counted", name)


def _hits(key: str, seconds: int) -> tuple[int, int]:
    try:
        return _count(keys=[key], args=[seconds * 1000])
    except redis.RedisError as error:
        # Without Redis each process counts for itself: the limits still hold, times the number of processes.
        logger.warning("redis unreachable, counting in process: %s", error)
        return _local_hits(key, seconds)


def _local_hits(key: str, seconds: int) -> tuple[int, int]:
    now = time.monotonic()
    with _local_lock:
        hits, ends = _local.pop(key, (0, now + seconds))
        if ends <= now:
            hits, ends = 0, now + seconds
        _local[key] = (hits + 1, ends)
        while len(_local) > _LOCAL_KEYS:
            _local.popitem(last=False)
    return hits + 1, int((ends - now) * 1000)


def client_address(request) -> str:
    """The address to count: the peer's, or the one that the trusted proxies (settings) wrote last.

    X-Forwarded-For is read from the right and only as far as our own proxies reach: what a client puts into
    it does not count.
    """
    hops = settings.EVENTIFY_TRUSTED_PROXIES
    chain = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if part.strip()]
    return chain[-hops] if hops and len(chain) >= hops else request.META.get("REMOTE_ADDR", "")
