"""The world of the tests that walk every page."""

import pytest

from eventify.tests.lent import lent
from eventify.tests.page_world import World


@pytest.fixture(scope="module")
def whole_world(django_db_setup, django_db_blocker, tmp_path_factory):
    """The world, while the tests of a module run."""
    with lent(World, django_db_blocker, tmp_path_factory.mktemp("documents")) as world:
        yield world


@pytest.fixture
def world(whole_world, db):
    """The world; what a test changes in it is taken back."""
    return whole_world
