"""The world of the suite of foreign ids: made once for a module, in a transaction that is taken back."""

import pytest
from django.core.files.storage import storages
from django.db import transaction

from eventify.contracts.tests.foreign_world import ForeignWorld
from eventify.settings import private_storage
from partners.models import Document


@pytest.fixture(scope="module")
def whole_foreign_world(django_db_setup, django_db_blocker, tmp_path_factory):
    """The world, while the tests of a module run."""
    made = private_storage()
    made["OPTIONS"]["location"] = tmp_path_factory.mktemp("documents")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Document._meta.get_field("file"), "storage", storages.create_storage(made))
        with django_db_blocker.unblock(), transaction.atomic():
            yield ForeignWorld()
            transaction.set_rollback(True)


@pytest.fixture
def foreign_world(whole_foreign_world, db, settings):
    """The world; what a test changes in it is taken back. Nothing is refused for being asked often."""
    settings.EVENTIFY_RATE_LIMITS = False
    return whole_foreign_world
