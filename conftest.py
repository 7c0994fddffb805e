"""What every test shares."""

import pytest
from django.conf import settings
from django.core.cache import cache


def pytest_configure():
    """Cheap passwords and plain static files: neither is what the tests are about."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.STORAGES["staticfiles"] = {"BACKEND": settings.PLAIN_STATIC}


@pytest.fixture(autouse=True)
def _empty_cache():
    """No test sees what another one cached or counted in Redis."""
    cache.clear()
