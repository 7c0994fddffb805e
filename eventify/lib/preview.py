"""Seeing what a change would do before doing it, computed by the change itself.

A change is a function without arguments that does the real thing and returns its facts: JSON data with what was, what
is now, and how many people, places, mails and how much money that touches, read after the verb has taken its locks.
"""

import hashlib
import json
from collections.abc import Callable
from typing import NamedTuple

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from eventify.lib.errors import Conflict


class Moved(Conflict):
    """What was previewed is not what would happen now (409). Nothing has changed; `details` holds the new facts."""

    code = "moved"
    message = _("Something has changed since you looked. Read the preview again, then decide.")


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
