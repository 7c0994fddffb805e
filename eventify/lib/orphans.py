"""Files that no row knows: what a killed process or an erasure left in the storage."""

from datetime import timedelta

from django.db.models import FileField, Model
from django.utils import timezone

AGE = timedelta(days=1)  # a younger one may belong to a row that is not committed yet


def remove_orphans(model: type[Model], folder: str) -> int:
    """Remove what lies in the folder of the model's `file` for longer than a day and is no row's; how many."""
    field: FileField = model._meta.get_field("file")
    storage, long_ago = field.storage, timezone.now() - AGE
    try:
        names = [f"{folder}/{name}" for name in storage.listdir(folder)[1]]
    except FileNotFoundError:  # nothing was ever kept there
        return 0
    known = set(model._default_manager.exclude(file="").values_list("file", flat=True))
    lost = [name for name in names if name not in known and storage.get_modified_time(name) < long_ago]
    for name in lost:
        storage.delete(name)
    return len(lost)
