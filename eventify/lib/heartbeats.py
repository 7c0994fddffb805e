"""Signs of life of the processes that answer nobody (workers, beat): each leaves one in Redis as it goes.

A worker leaves one for each queue that it serves, so that a queue without a worker is found, too.

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


def of_queue(queue: str) -> str:
    """The name under which whoever serves this queue leaves its signs."""
    return f"worker:{queue}"


def beat(*names: str) -> None:
    """Leave a sign of each; without Redis none is left, and nobody waits."""
    pipeline = _client().pipeline(transaction=False)
    for name in names:
        pipeline.set(f"{_KEY}{name}", "1", px=_KEPT)
    try:
        pipeline.execute()
    except redis.RedisError as error:
        logger.warning("redis unreachable, no sign of life of %s: %s", ", ".join(names), error)


def ages(*names: str) -> list[float | None]:
    """Seconds since the last sign of each, None where there is none. RedisError when Redis does not answer."""
    pipeline = _client().pipeline(transaction=False)
    for name in names:
        pipeline.pttl(f"{_KEY}{name}")
    return [(_KEPT - left) / 1000 if left >= 0 else None for left in pipeline.execute()]


def forget(*names: str) -> None:
    """As if there had never been a sign of them."""
    _client().delete(*(f"{_KEY}{name}" for name in names))
