"""What every test shares."""

import fcntl
import gc
import os
from pathlib import Path

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.test import override_settings, signals
from django.test import utils as test_utils
from django.utils import translation

from eventify import pytest_emptying
from eventify.lib import brief

WORLDS = (  # modules whose tests share what takes seconds to make
    "eventify/contracts/tests/test_foreign_ids.py",
    "eventify/tests/test_hot_plans.py",
    "eventify/tests/test_page_routes.py",
    "eventify/tests/test_page_shows.py",
    "events/tests/test_plans.py",
    "crew/tests/test_scale.py",
    "crew/tests/test_seed.py",
    "crew/tests/test_seed_festival.py",
)
MIGRATED = "test_eventify_migrated"  # the database that the workers of a run copy


def pytest_configure():
    """Cheap passwords and plain static files: neither is what the tests are about."""
    override_settings(
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
        STORAGES={**settings.STORAGES, "staticfiles": {"BACKEND": settings.PLAIN_STATIC}},
    ).enable()
    pytest_emptying.install()
    test_utils.instrumented_test_render = _tell_of_pages


def _tell_of_pages(template, context):
    """Django's test client keeps the context of each template: of the page is enough, not of each part in it as well.

    An included part is rendered hundreds of times (each choice of a select is one), and keeping all cost half the time.
    """
    if context.template is template:
        signals.template_rendered.send(sender=template, template=template, context=context)
    return template.nodelist.render(context)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    """WORLDS come first: workers take over from each other's ends, and if a module were parted between two of them, its
    world would be made twice. It also is the longest work.
    """
    places = {module: place for place, module in enumerate(WORLDS)}
    items.sort(key=lambda item: places.get(item.nodeid.partition("::")[0], len(WORLDS)))


def pytest_collection_finish():
    """What was loaded stays to the end: the garbage collector need not walk it again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


def pytest_make_parametrize_id(val, argname):
    """Bytes are named by their place: a file made at import (a ZIP holds its second) differs per worker."""
    return argname if isinstance(val, bytes) else None


@pytest.fixture(scope="session")
def django_db_modify_db_settings(request, django_db_modify_db_settings_parallel_suffix, django_db_blocker):
    """Between two tests the tables are emptied, which the ledger and the audit log refuse otherwise."""
    connection.settings_dict["OPTIONS"]["options"] = "-c eventify.may_truncate=on"
    if hasattr(request.config, "workerinput"):
        with django_db_blocker.unblock():
            _copy_of_one_that_is_migrated()


def _copy_of_one_that_is_migrated():
    """Migrations take ten seconds: the worker that comes first makes a database, and all begin with a copy of it."""
    values = connection.settings_dict
    name, test = values["NAME"], values["TEST"]
    with open(Path(os.environ["EVENTIFY_HOME"]) / "migrated", "a+") as made:
        fcntl.flock(made, fcntl.LOCK_EX)
        if not made.seek(0, os.SEEK_END):
            values["TEST"] = {**test, "NAME": MIGRATED}
            connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
            connection.close()
            made.write("done")
    values["NAME"], values["TEST"] = name, {**test, "TEMPLATE": MIGRATED}


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
