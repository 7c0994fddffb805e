"""What the tests of partners share: documents go into a folder of the test's own."""

import pytest
from django.core.files.storage import storages

from eventify.settings import private_storage
from partners.models import Document


@pytest.fixture
def private(monkeypatch, tmp_path):
    """The private storage as settings make it, in an empty folder, which it is."""
    made = private_storage()
    made["OPTIONS"]["location"] = tmp_path
    monkeypatch.setattr(Document._meta.get_field("file"), "storage", storages.create_storage(made))
    return tmp_path
