"""What the tests of the crew share."""

import pytest

from accounts.factories import UserFactory
from partners import members
from partners.models import Member, Partner


@pytest.fixture
def planner(db):
    """Somebody who plans the crew of the house's events."""
    user = UserFactory()
    members.add(Partner.objects.get(is_house=True), user, Member.Role.CREW_COORDINATOR, by=None)
    return user
