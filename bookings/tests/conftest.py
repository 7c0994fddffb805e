"""What the tests of the pages share."""

import pytest

from accounts.factories import UserFactory


@pytest.fixture
def me(client):
    """The person whose browser the client is."""
    user = UserFactory()
    client.force_login(user)
    return user
