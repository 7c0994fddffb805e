"""Worlds that all tests of a module share: made once, in a transaction that is taken back.

`whole_world = for_the_module(World)` makes one; a fixture `world` of each test that needs `db`, too, hands it on.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import pytest
from django.core.files.storage import storages
from django.db import transaction

from analytics.models import Export
from eventify.settings.files import private_storage
from partners.models import Document

W = TypeVar("W")


@contextmanager
def lent(make: Callable[[], W], django_db_blocker, folder: Path) -> Iterator[W]:
    """The world that `make` makes, while the tests of a module run; papers that are handed in lie in the folder."""
    made = private_storage()
    made["OPTIONS"]["location"] = folder
    with pytest.MonkeyPatch.context() as patch:
        for model in (Document, Export):
            patch.setattr(model._meta.get_field("file"), "storage", storages.create_storage(made))
        with django_db_blocker.unblock(), transaction.atomic():
            yield make()
            transaction.set_rollback(True)


def for_the_module(make: Callable[[], W]):
    """A fixture: what `make` makes, while the tests of a module run."""

    @pytest.fixture(scope="module")
    def whole(django_db_setup, django_db_blocker, tmp_path_factory) -> Iterator[W]:
        with lent(make, django_db_blocker, tmp_path_factory.mktemp("papers")) as made:
            yield made

    return whole
