"""What the tests of the crew share."""

import pytest

from accounts.factories import UserFactory
from accounts.tests.coming_in import log_in
from crew.tests.portal import Scene
from partners import members
from partners.models import Member, Partner


@pytest.fixture
def planner(db):
    """Somebody who plans the crew of the house's events."""
    user = UserFactory()
    members.add(Partner.objects.get(is_house=True), user, Member.Role.CREW_COORDINATOR, by=None)
    return user


@pytest.fixture
def scene(db):
    """The event whose portal is looked at."""
    return Scene(name="Lowlands", slug="lowlands")


@pytest.fixture
def asha(scene):
    return scene.person("Asha Patel")


@pytest.fixture
def me(client, asha):
    """A browser in which Asha is logged in."""
    log_in(client, asha.user)
    return client
