"""The world of the tests that walk every page: made once for a module, in a transaction that is taken back."""

import pytest
from django.core.files.storage import storages
from django.db import transaction

from eventify.settings import private_storage
from eventify.tests.page_world import World
from partners.models import Document


@pytest.fixture(scope="module")
def whole_world(django_db_setup, django_db_blocker, tmp_path_factory):
    """The world, while the tests of a module run."""
    made = private_storage()
    made["OPTIONS"]["location"] = tmp_path_factory.mktemp("documents")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Document._meta.get_field("file"), "storage", storages.create_storage(made))
        with django_db_blocker.unblock(), transaction.atomic():
            yield World()
            transaction.set_rollback(True)


@pytest.fixture
def world(whole_world, db):
    """The world; what a test changes in it is taken back."""
    return whole_world
