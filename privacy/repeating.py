"""Erasures that a restored backup has undone, done again."""

from typing import NamedTuple
from uuid import UUID

from accounts.models import User
from privacy import erasing
from privacy.erasures import Marks


class Repeated(NamedTuple):
    """What became of the erasures that were to be repeated; `open` has the sentences of those that must wait."""

    erased: list[UUID]
    already: int
    unknown: int  # of accounts that the database does not have
    open: dict[UUID, list[str]]


def repeat(found: Marks) -> Repeated:
    """Erase again who is marked and stands in the database as if nothing had been. Nobody is told twice.

    Each is a transaction of its own. Who has something open in this older state waits, with the sentences that
    say what; do that, and repeat.
    """
    done, waiting, already = [], {}, 0
    users = User.objects.filter(uid__in=found)
    for user in users.order_by("pk"):
        try:
            is_new = erasing.erase_again(user, reason=f"Erased on {found[user.uid]:%F}; a backup brought it back.")
        except erasing.InTheWay as refusal:
            waiting[user.uid] = refusal.details["sentences"]
            continue
        already += not is_new
        done += [user.uid] if is_new else []
    return Repeated(done, already, len(found) - len(done) - len(waiting) - already, waiting)
