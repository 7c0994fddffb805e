"""Of Redis that is away."""

import redis
from django.conf import settings

from accounts import lockout
from eventify.lib import ratelimit


def trusting_redis() -> None:
    """Redis is thought to be always there: what it cannot answer is an error of the request."""
    ratelimit._hits = lambda key, seconds: ratelimit._count(keys=[key], args=[seconds * 1000])


def limits_only_in_redis() -> None:
    """Attempts are counted in Redis alone: when it is away there is no limit."""
    ratelimit._local_hits = lambda _key, seconds: (1, seconds * 1000)
    lockout._counted = lambda _key, limit: (1, lockout.timezone.now() + limit.window)


def patient_requests() -> None:
    """Whoever asks Redis waits until it answers."""
    ratelimit._count = redis.Redis.from_url(settings.REDIS_URL).register_script(ratelimit._SCRIPT)


WRONGS = (trusting_redis, limits_only_in_redis, patient_requests)
