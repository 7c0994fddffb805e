"""The world of the suite of foreign ids."""

import pytest

from eventify.contracts.tests.foreign_world import ForeignWorld
from eventify.tests.lent import for_the_module

whole_foreign_world = for_the_module(ForeignWorld)


@pytest.fixture
def foreign_world(whole_foreign_world, db, settings):
    """The world; what a test changes in it is taken back. Nothing is refused for being asked often."""
    settings.EVENTIFY_RATE_LIMITS = False
    return whole_foreign_world
