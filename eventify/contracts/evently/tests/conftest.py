"""Who calls."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from accounts.factories import SuperAdminFactory, UserFactory
from eventify.contracts.evently.tests.calling import Caller


@pytest.fixture
def anyone(db):
    return Caller()


@pytest.fixture
def buyer(db):
    return Caller(UserFactory(full_name="Asha Rao", email="asha@example.com"))


@pytest.fixture
def admin(db):
    return Caller(SuperAdminFactory(full_name="Admin", email="boss@example.com"))


@pytest.fixture
def in_parallel():
    """Run a function of 0, 1, 2 ... in so many threads that start together; returns the results in order."""

    def run(function, threads):
        barrier = Barrier(threads)

        def one(number):
            try:
                barrier.wait(timeout=30)
                return function(number)
            finally:
                connection.close()

        with ThreadPoolExecutor(threads) as pool:
            return list(pool.map(one, range(threads)))

    return run
