"""Files of these tests lie in folders of their own."""

import pytest
from django.core.files.storage import storages

from eventify.settings import private_storage
from partners.models import Document
from privacy.models import Copy


@pytest.fixture(autouse=True)
def storage(tmp_path, monkeypatch):
    """The private storage of one test."""
    made = private_storage()
    made["OPTIONS"]["location"] = tmp_path
    for model in (Copy, Document):
        monkeypatch.setattr(model._meta.get_field("file"), "storage", storages.create_storage(made))
