"""Signs of life of the processes that answer nobody (worker, beat): each leaves one in Redis as it goes.

How old one is tells Redis, by how long it still keeps it: the clocks of two machines need not agree.
"""

import logging
from functools import cache

import redis
from django.conf import settings

logger = logging.getLogger(__name__)
EVERY = 10.0  # seconds between two signs
LATE = 60.0  # seconds; a process whose last sign is older is in trouble
_KEPT = 7 * 24 * 60 * 60 * 1000  # milliseconds
_KEY = "eventify:heartbeat:"


@cache
def _client() -> redis.Redis:
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=0.3, socket_connect_timeout=0.3)


def beat(name: str) -> None:
    """Leave a sign of `name`; without Redis none is left, and nobody waits."""
    try:
        _client().set(f"{_KEY}{name}", "1", px=_KEPT)
    except redis.RedisError as error:
        logger.warning("redis unreachable, no sign of life of %s: %s", name, error)


def ages(*names: str) -> list[float | None]:
    """Seconds since the last sign of each, None where there is none. RedisError when Redis does not answer."""
    pipeline = _client().pipeline(transaction=False)
    for name in names:
        pipeline.pttl(f"{_KEY}{name}")
    return [(_KEPT - left) / 1000 if left >= 0 else None for left in pipeline.execute()]


def forget(name: str) -> None:
    """As if there had never been a sign of it."""
    _client().delete(f"{_KEY}{name}")
