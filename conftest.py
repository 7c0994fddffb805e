"""What every test shares."""

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.test import override_settings
from django.utils import translation

from eventify import pytest_emptying
from eventify.lib import brief


def pytest_configure():
    """Cheap passwords and plain static files: neither is what the tests are about."""
    override_settings(
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
        STORAGES={**settings.STORAGES, "staticfiles": {"BACKEND": settings.PLAIN_STATIC}},
    ).enable()
    pytest_emptying.install()


def pytest_make_parametrize_id(val, argname):
    """Bytes are named by their place: a file made at import (a ZIP holds its second) differs per worker."""
    return argname if isinstance(val, bytes) else None


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix):
    """Between two tests the tables are emptied, which the ledger and the audit log refuse otherwise."""
    connection.settings_dict["OPTIONS"]["options"] = "-c eventify.may_truncate=on"


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """The database, and a copy of what it begins with."""
    with django_db_blocker.unblock():
        pytest_emptying.remember()


@pytest.fixture(autouse=True)
def _fresh():
    """No test sees what another one cached or counted in Redis, or speaks the language that another one chose."""
    cache.clear()
    brief.forget_all()
    translation.activate(settings.LANGUAGE_CODE)
