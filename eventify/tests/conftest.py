"""The world of the tests that walk every page."""

import pytest

from eventify.tests.lent import for_the_module
from eventify.tests.page_world import World

whole_world = for_the_module(World)


@pytest.fixture
def world(whole_world, db):
    """The world; what a test changes in it is taken back."""
    return whole_world
