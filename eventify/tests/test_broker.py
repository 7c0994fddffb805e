"""Redis stands still while the worker tells it what is done."""

import os
import signal
import subprocess
import sys
from contextlib import contextmanager, suppress

import pytest
import redis
from kombu import Connection, Consumer, Producer, Queue
from kombu.transport import redis as of_kombu
from redis.exceptions import TimeoutError as NoAnswer

from eventify.embedded import Home, Services, wait_until
from eventify.environment import broker, broker_options
from eventify.lib.broker import Forgiving

DONE = {"acknowledged": lambda message: message.ack(), "refused": lambda message: message.reject(requeue=True)}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    home = Home(tmp_path_factory.mktemp("home") / "eventify")
    with Services(home, durable=False, postgres=False) as services:
        yield services.servers[0]
    home.remove()


@contextmanager
def standing_still(server):
    os.kill(server.process.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(server.process.pid, signal.SIGCONT)


def taken_after_an_outage(server, done) -> list[str]:
    """What a consumer of one message at a time is given when Redis did not hear what became of the first."""
    address, taken = broker(server.home.redis_url), []
    with Connection(address, transport_options=broker_options(address)) as connection:
        channel = connection.channel()
        channel.basic_qos(0, 1, False)
        queue = Queue("work", channel=channel)
        queue.declare()
        queue.purge()
        for name in ("first", "second"):
            Producer(channel).publish(name, routing_key="work")
        with Consumer(channel, queue, callbacks=[lambda body, message: taken.append((body, message))]):
            connection.drain_events(timeout=2)
            with standing_still(server), pytest.raises(NoAnswer):
                done(taken[0][1])
            with suppress(TimeoutError):
                connection.drain_events(timeout=2)
        channel.qos._delivered.clear()  # as if it died: nothing goes back at the end
    return [body for body, _message in taken]


@pytest.mark.parametrize("done", DONE.values(), ids=DONE)
def test_the_next_message_is_taken_all_the_same(server, done, monkeypatch):
    monkeypatch.setattr(of_kombu.Channel, "QoS", Forgiving)
    assert taken_after_an_outage(server, done) == ["first", "second"]


def test_without_that_nothing_is_taken_any_more(server):
    assert taken_after_an_outage(server, DONE["acknowledged"]) == ["first"]


def test_workers_are_of_this_kind(server):
    """A real one, which is told to stop as soon as it is there."""
    program = "from eventify.worker import main, redis; main(['1']); print(redis.Channel.QoS.__name__)"
    settings = {**os.environ, "REDIS_URL": server.home.redis_url}
    with subprocess.Popen([sys.executable, "-c", program], env=settings, stdout=subprocess.PIPE, text=True) as worker:
        assert wait_until(lambda: redis.Redis.from_url(server.home.redis_url).keys("*heartbeat*"), 60)
        worker.terminate()
        assert worker.stdout.read().split()[-1] == "Forgiving"
