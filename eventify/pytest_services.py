"""An early pytest plugin: a throw-away PostgreSQL and Redis, started before pytest-django reads the settings.

With pytest-xdist only the controller starts them; every worker gets its own Redis database here and its
own PostgreSQL database from pytest-django. A DATABASE_URL in the environment is used instead.
"""

import os
import tempfile
from pathlib import Path

import pytest

from eventify.embedded import EmbeddedError, Home, Postgres, Redis, Services

PREFIX = f"eventify-test-{os.geteuid()}-"
TEST_ENVIRONMENT = {
    "DEMO": "on",
    "EVENTIFY_ENV_FILE": os.devnull,  # a developer's .env must not change what is tested
    "EVENTIFY_RATE_LIMITS": "off",
    "EVENTIFY_MAILS_PER_SECOND": "0",
    "LOG_LEVEL": "warning",
}


class TestServices:
    """The services of one test run and the folder they live in."""

    __test__ = False

    def __init__(self):
        self.home = Home(tempfile.mkdtemp(prefix=PREFIX)).make()
        os.chmod(self.home.path, 0o711 if os.geteuid() == 0 else 0o700)
        self.lock = self.home.lock()
        external = {name: bool(os.environ.get(name)) for name in ("DATABASE_URL", "REDIS_URL")}
        self.services = Services(
            self.home, durable=False, postgres=not external["DATABASE_URL"], redis=not external["REDIS_URL"]
        )

    def start(self):
        """Start the services and tell the settings through the environment."""
        self.services.start()
        os.environ["EVENTIFY_HOME"] = str(self.home.path)
        os.environ.setdefault("DATABASE_URL", self.home.database_url)
        os.environ.setdefault("REDIS_URL", self.home.redis_url)

    def stop(self):
        """Stop the services and delete their folder."""
        self.services.stop()
        self.home.remove()
        self.lock.close()


def remove_abandoned():
    """Delete the folders that killed test runs left behind: nobody holds their lock any more."""
    for path in Path(tempfile.gettempdir()).glob(PREFIX + "*"):
        home = Home(path)
        try:
            lock = home.lock()
        except (EmbeddedError, OSError):
            continue
        for server in (Redis(home), Postgres(home)):
            server.end_leftovers()
        home.remove()
        lock.close()


def use_own_redis_database(worker):
    """gw0 takes database 1, gw1 database 2, ...: 0 belongs to a run without workers."""
    number = int(worker.removeprefix("gw")) + 1
    address = os.environ["REDIS_URL"]
    if "db=0" in address:
        os.environ["REDIS_URL"] = address.replace("db=0", f"db={number}")
    else:
        os.environ["REDIS_URL"] = f"{address.rpartition('/')[0]}/{number}"


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config):
    """A wrapper, because pytest-django reads the settings in the first plain implementation."""
    os.environ.update(TEST_ENVIRONMENT)
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if worker:
        use_own_redis_database(worker)
    else:
        remove_abandoned()
        services = TestServices()
        early_config.add_cleanup(services.stop)
        services.start()
    return (yield)
