"""Finding the row that a path names."""

from eventify.contracts.fields import uid_of
from eventify.lib.errors import Missing


def one(queryset, text: str):
    """The row with this uid; Missing for none, or for what is no uid."""
    uid = uid_of(text)
    row = queryset.filter(uid=uid).first() if uid else None
    if row is None:
        raise Missing
    return row
