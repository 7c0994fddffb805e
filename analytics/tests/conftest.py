"""The world of reports (`reported.py`), made once for each module that asks for `world`."""

import pytest

from analytics.tests.reported import World
from eventify.tests.lent import lent


@pytest.fixture(scope="module")
def whole_world(django_db_setup, django_db_blocker, tmp_path_factory):
    with lent(World, django_db_blocker, tmp_path_factory.mktemp("documents")) as world:
        yield world


@pytest.fixture
def world(whole_world, db):
    return whole_world
