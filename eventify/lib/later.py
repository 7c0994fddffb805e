"""The one way in which an effect leaves: after the commit, and never at the cost of the request."""

import logging
import time

from amqp.exceptions import AMQPError
from django.db import transaction
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from eventify.celery import app
from eventify.lib import request_ids

logger = logging.getLogger(__name__)
PAUSE = 1.0  # seconds
_nudged: dict[str, float] = {}  # task -> when this process last sent it


def later(task: str, *args, queue: str | None = None) -> None:
    """Queue the Celery task named `task` (JSON arguments) once the transaction has committed.

    Without `queue` it goes to that of its kind (`QUEUES` of the settings).

    The message is only a nudge: what must happen is a row already, and a periodic sweep finds it when the
    broker is down or the message is lost. So a broker that cannot be reached is logged, never raised.
    """
    transaction.on_commit(lambda: _send(task, args, queue=queue), robust=True)


def nudge(task: str) -> None:
    """As `later`, for a task that finds its own work: at most one message a second from each process.

    The message is good from a second later, when all the commits that it stands for are done.
    """
    transaction.on_commit(lambda: _nudge(task), robust=True)


def _nudge(task: str) -> None:
    now = time.monotonic()
    if now - _nudged.get(task, -PAUSE) >= PAUSE:
        _nudged[task] = now
        _send(task, (), countdown=PAUSE)


def _send(task: str, args: tuple, **options) -> None:
    try:
        headers = {"request_id": request_ids.current()}  # the task goes on under it
        app.send_task(task, args=args, headers=headers, retry=False, **options)
    except (OperationalError, RedisError, AMQPError, OSError) as error:
        logger.warning("broker unreachable, the sweep will find %s%s: %s", task, args, error)
