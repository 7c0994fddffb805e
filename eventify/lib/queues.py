"""How much waits in the queues, on whichever broker they are: for those who watch."""

from contextlib import suppress

from amqp.exceptions import AMQPError
from django.conf import settings
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from eventify.celery import app

UNKNOWN = float("nan")


def lengths() -> dict[str, float]:
    """Queue -> messages that no worker has taken yet; UNKNOWN while the broker does not answer."""
    try:
        with app.connection_for_write() as connection, connection.ensure_connection(max_retries=0).channel() as channel:
            return {queue: _length(channel, queue) for queue in settings.QUEUES}
    except (OperationalError, RedisError, AMQPError, OSError):
        return dict.fromkeys(settings.QUEUES, UNKNOWN)


def _length(channel, queue: str) -> int:
    with suppress(channel.connection.client.channel_errors):  # there is none until somebody uses it
        return channel.queue_declare(queue, passive=True).message_count
    return 0
