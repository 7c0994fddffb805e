"""The Celery worker: `python -m eventify.worker 2` with two processes for tasks.

Celery's own command line would load a shell that nobody uses here: 10 MB. Chatter with other workers is of no use to
one worker.
"""

import sys

from celery import bootsteps

from eventify.celery import app
from eventify.lib import heartbeats


class SignsOfLife(bootsteps.StartStopStep):
    """A sign of life every few seconds, from the process that takes the messages."""

    requires = {"celery.worker.components:Timer"}

    def start(self, parent):
        heartbeats.beat("worker")
        parent.timer.call_repeatedly(heartbeats.EVERY, heartbeats.beat, ("worker",))


def main(concurrency: int) -> int:
    """Work until a signal says stop; returns the exit status."""
    quiet = {"without_gossip": True, "without_mingle": True, "without_heartbeat": True}
    app.steps["worker"].add(SignsOfLife)
    worker = app.Worker(loglevel="INFO", concurrency=concurrency, **quiet)
    worker.start()
    return worker.exitcode or 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
