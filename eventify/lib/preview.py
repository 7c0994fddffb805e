"""Seeing what a change would do before doing it, computed by the change itself.

A change is a function without arguments that does the real thing and returns its facts: JSON data with what was, what
is now, and how many people, places, mails and how much money that touches, read after the verb has taken its locks.
"""

import hashlib
import json
from collections.abc import Callable
from typing import NamedTuple

from django.db import OperationalError, connection, transaction
from django.utils.translation import gettext_lazy as _
from psycopg.errors import LockNotAvailable, QueryCanceled

from eventify.lib.errors import Conflict, DomainError

LOCK_WAIT, STATEMENT_MOST = "250ms", "2s"  # of a question: it waits for nobody's lock for long, and holds none for long


class Moved(Conflict):
    """What was previewed is not what would happen now (409). Nothing has changed; `details` holds the new facts."""

    code = "moved"
    message = _("Something has changed since you looked. Read the preview again, then decide.")


class Busy(Conflict):
    """Somebody is changing it at this moment, so the question was not decided (409). Ask again."""

    code = "busy"
    message = _("Somebody is changing this at this very moment. Ask again in a second.")


class Preview(NamedTuple):
    """What a change would do, and the digest that `apply` wants back."""

    facts: dict
    digest: str


def dry_run(change: Callable[[], dict]) -> Preview:
    """Run the change in a transaction and take it back. Raises what the change raises."""
    with transaction.atomic():
        facts = change()
        transaction.set_rollback(True)
    return Preview(facts, digest_of(facts))


def refusal_of(change: Callable[[], object]) -> DomainError | None:
    """What refuses the change now, or None; it is run and taken back in any case. Busy when that would take too long.

    What the change locks is held until it is taken back; LOCK_WAIT and STATEMENT_MOST bound each of its statements.
    """
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                limits = "SELECT set_config('lock_timeout', %s, true), set_config('statement_timeout', %s, true)"
                cursor.execute(limits, [LOCK_WAIT, STATEMENT_MOST])
            change()
            transaction.set_rollback(True)
    except DomainError as refusal:
        return refusal
    except OperationalError as error:
        if isinstance(error.__cause__, LockNotAvailable | QueryCanceled):
            raise Busy from None
        raise
    return None


def apply(change: Callable[[], dict], digest: str) -> dict:
    """Do the change if it still does what the preview with this digest said; Moved, and nothing done, otherwise."""
    with transaction.atomic():
        facts = change()
        if digest_of(facts) != digest:
            raise Moved(facts=facts)
    return facts


def digest_of(facts: dict) -> str:
    """SHA-256 (hex) of the facts, whatever the order of their keys."""
    return hashlib.sha256(json.dumps(facts, sort_keys=True, default=str).encode()).hexdigest()
