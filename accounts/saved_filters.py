"""The lists that a person wants to find again."""

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import SavedFilter, User
from eventify.lib.errors import Conflict

MOST = 30  # for one page


@transaction.atomic
def save(user: User, *, page: str, name: str, query: str) -> SavedFilter:
    """Keep the query of a page by this name; one of the same name is replaced. Conflict past MOST. Locks the user."""
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    kept = user.saved_filters.filter(page=page)
    if not kept.filter(name=name).exists() and kept.count() >= MOST:
        raise Conflict(_("You have saved many views of this list. Forget one first."))
    saved, _created = SavedFilter.objects.update_or_create(user=user, page=page, name=name, defaults={"query": query})
    return saved


def forget(user: User, pk: int) -> None:
    """Delete one of the user's own saved filters; nothing happens when they have none of this id."""
    user.saved_filters.filter(pk=pk).delete()
