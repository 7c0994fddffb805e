"""Files that no row knows: what a killed process, an erasure or a deletion left in the storage."""

from collections.abc import Callable
from datetime import timedelta

from django.db.models import Model
from django.utils import timezone

AGE = timedelta(days=1)  # a younger one may belong to a row that is not committed yet


def remove_orphans(
    model: type[Model], folder: str, *fields: str, unless: Callable[[str], bool] = lambda name: False
) -> int:
    """Remove what lies in the folder of these fields (`file`) for longer than a day and is no row's; how many.

    Nothing but files of this site may lie there. `unless` says of a name whether something else shows that file.
    """
    fields = fields or ("file",)
    storage, long_ago = model._meta.get_field(fields[0]).storage, timezone.now() - AGE
    try:
        names = [f"{folder}/{name}" for name in storage.listdir(folder)[1]]
    except FileNotFoundError:  # nothing was ever kept there
        return 0
    # Read after the folder: who copies a row while it is deleted has committed before the deletion is seen here.
    known = {name for field in fields for name in model._default_manager.values_list(field, flat=True)}
    lost = [name for name in names if name not in known and storage.get_modified_time(name) < long_ago]
    lost = [name for name in lost if not unless(name)]
    for name in lost:
        storage.delete(name)
    return len(lost)
