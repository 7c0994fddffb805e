"""The world of the suite of foreign ids."""

import pytest

from eventify.contracts.tests.foreign_world import ForeignWorld
from eventify.tests.lent import lent


@pytest.fixture(scope="module")
def whole_foreign_world(django_db_setup, django_db_blocker, tmp_path_factory):
    """The world, while the tests of a module run."""
    with lent(ForeignWorld, django_db_blocker, tmp_path_factory.mktemp("documents")) as world:
        yield world


@pytest.fixture
def foreign_world(whole_foreign_world, db, settings):
    """The world; what a test changes in it is taken back. Nothing is refused for being asked often."""
    settings.EVENTIFY_RATE_LIMITS = False
    return whole_foreign_world
