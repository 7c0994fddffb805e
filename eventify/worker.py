"""The Celery worker: `python -m eventify.worker 2` with two processes for tasks.

`--most 8` lets it start up to eight while much is waiting; EVENTIFY_QUEUES says which kinds of work it does. Celery's
own command line would load a shell that nobody uses here: 10 MB. Chatter with other workers is of no use.
"""

import argparse
import sys

from celery import bootsteps
from django.conf import settings
from kombu.transport import redis

from eventify.celery import app
from eventify.lib import heartbeats
from eventify.lib.broker import Forgiving


class SignsOfLife(bootsteps.StartStopStep):
    """A sign of life every few seconds for each queue, from the process that takes the messages."""

    requires = {"celery.worker.components:Timer"}

    def start(self, parent):
        names = [heartbeats.of_queue(queue) for queue in settings.EVENTIFY_QUEUES]
        heartbeats.beat(*names)
        parent.timer.call_repeatedly(heartbeats.EVERY, heartbeats.beat, names)


def main(arguments: list[str]) -> int:
    """Work until a signal says stop; returns the exit status."""
    wanted = _parser().parse_args(arguments)
    options = {"without_gossip": True, "without_mingle": True, "without_heartbeat": True}
    if wanted.most > wanted.processes:
        options["autoscale"] = (wanted.most, wanted.processes)
    app.steps["worker"].add(SignsOfLife)
    redis.Channel.QoS = Forgiving
    worker = app.Worker(loglevel="INFO", concurrency=wanted.processes, queues=settings.EVENTIFY_QUEUES, **options)
    worker.start()
    return worker.exitcode or 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="eventify.worker", description="Does what the queues hold.")
    parser.add_argument("processes", type=int, help="how many tasks at once")
    parser.add_argument("--most", type=int, default=0, help="as many while much is waiting (default: no more)")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
