"""Each kind of work has a queue of its own, and a worker does the kinds that it is told."""

import os
import re
import secrets
import subprocess
import sys

import pytest
from celery import Celery

from eventify.celery import app
from eventify.embedded import wait_until
from eventify.environment import broker
from eventify.lib import heartbeats
from eventify.supervisor import ROOT

SECONDS = 60  # on a busy machine a worker needs a while to start


@pytest.mark.parametrize(
    "task, queue",
    [
        ("bookings.tasks.expire_holds", "sales"),
        ("bookings.tasks.promote_waitlists", "sales"),
        ("bookings.tasks.send_refunds", "money"),
        ("partners.tasks.send_payouts", "money"),
        ("accounts.tasks.send_pending_mail", "mail"),
        ("accounts.tasks.forget_expired_tokens", "bulk"),
        ("analytics.tasks.check_everything", "bulk"),
    ],
)
def test_a_task_goes_to_the_queue_of_its_kind(task, queue):
    assert app.amqp.router.route({}, task)["queue"].name == queue


def test_every_queue_is_served_by_a_worker_that_is_told_nothing(settings):
    assert settings.EVENTIFY_QUEUES == list(settings.QUEUES) == list(app.amqp.queues)
    routed = {app.amqp.router.route({}, task)["queue"].name for task in settings.PERIODIC_TASKS}
    assert routed == set(settings.QUEUES)


@pytest.fixture
def address(settings):
    """A broker that no other worker listens to: a database of its own."""
    address, ours = re.subn(r"(?<=db=)\d+$|(?<=/)\d+$", "63", settings.REDIS_URL)
    assert ours == 1
    return address


@pytest.fixture
def work(address):
    """Starts a worker for some queues; it is stopped at the end."""
    started = []

    def start(queues: str) -> subprocess.Popen:
        environment = {**os.environ, "CELERY_BROKER_URL": address, "EVENTIFY_QUEUES": queues}
        started.append(subprocess.Popen([sys.executable, "-m", "eventify.worker", "1"], cwd=ROOT, env=environment))
        return started[-1]

    yield start
    for worker in started:
        worker.kill()
        worker.wait()


def test_a_worker_leaves_alone_what_is_not_its_kind(address, work):
    sender, names = Celery(broker=broker(address), set_as_current=False), {}
    for queue in ("bulk", "mail"):  # what it must not do comes first
        names[queue] = f"queues-{secrets.token_hex(8)}"
        sender.send_task("analytics.tasks.answer_doctor", (names[queue],), queue=queue)
    first = work("mail,sales")
    assert wait_until(lambda: heartbeats.ages(names["mail"]) != [None], SECONDS)
    assert heartbeats.ages(names["bulk"]) == [None]
    first.terminate()
    first.wait(SECONDS)
    work("bulk")
    assert wait_until(lambda: heartbeats.ages(names["bulk"]) != [None], SECONDS)


def test_a_kind_that_does_not_exist_is_refused(work):
    assert work("sales,unknown").wait(SECONDS) == 1
