"""The world of reports (`reported.py`), made once for each module that asks for `world`."""

import pytest

from analytics.tests.reported import World
from eventify.tests.lent import for_the_module

whole_world = for_the_module(World)


@pytest.fixture
def world(whole_world, db):
    return whole_world
