"""The one way in which an effect leaves: after the commit, and never at the cost of the request."""

import logging

from django.db import transaction
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from eventify.celery import app

logger = logging.getLogger(__name__)


def later(task: str, *args) -> None:
    """Queue the Celery task named `task` (JSON arguments) once the transaction has committed.

    The message is only a nudge: what must happen is a row already, and a periodic sweep finds it when the
    broker is down or the message is lost. So a broker that cannot be reached is logged, never raised.
    """
    transaction.on_commit(lambda: _send(task, args), robust=True)


def _send(task: str, args: tuple) -> None:
    try:
        app.send_task(task, args=args, retry=False)
    except (OperationalError, RedisError, OSError) as error:
        logger.warning("broker unreachable, the sweep will find %s%s: %s", task, args, error)
