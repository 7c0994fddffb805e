"""Keys with which an organisation's own systems act for it. A key is shown once; what is kept is a hash of it."""

import hashlib
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from eventify.lib import ratelimit
from eventify.lib.errors import Because, Conflict, Forbidden, Invalid
from integrations import listening, trail
from integrations.models import ApiKey
from partners.models import Partner

PERMISSION = "manage_integrations"
START = "evk_"
SCOPES = {
    listening.READS_FEED: gettext_lazy("Read the feed"),
    "webhooks:manage": gettext_lazy("Manage webhook endpoints"),
    "orders:read": gettext_lazy("Read orders with their buyers and tickets"),
}
MOST = 20  # live keys of one organisation
NAME_MAX = ApiKey._meta.get_field("name").max_length
_RANDOM = 32  # bytes
_SHOWN = 12  # characters that tell keys apart
_USED_AGAIN = timedelta(minutes=1)  # how exact `last_used_at` is


class Made(NamedTuple):
    """A new key: the row, and the key itself, which nobody can read again."""

    row: ApiKey
    key: str


@transaction.atomic
def make(partner: Partner, *, name: str, scopes: Iterable[str], expires_at: datetime | None = None, by: User) -> Made:
    """A key for an organisation, by a person who may manage its integrations. Locks its listener.

    Forbidden, Invalid for a name, scopes or an end that will not do, Conflict when it has MOST live ones.
    """
    if not by.can(PERMISSION, on=partner):
        raise Forbidden
    chosen = _check_scopes(list(scopes))
    if not name.strip():
        raise Invalid.field("name", _("Say what the key is for."))
    if expires_at and expires_at <= timezone.now():
        raise Invalid.field("expires_at", _("Choose a moment in the future."))
    if live().filter(partner=partner).count() >= MOST:
        sentence = _("There are %(most)s keys already. Revoke one first.") % {"most": MOST}
        raise Conflict(Because("keys_full", sentence, limit=MOST))
    key = f"{START}{secrets.token_urlsafe(_RANDOM)}"
    row = ApiKey.objects.create(
        partner=partner, name=name.strip()[:NAME_MAX], prefix=key[:_SHOWN], key_hash=_hashed(key), scopes=chosen,
        expires_at=expires_at, created_by=by,
    )  # fmt: skip
    trail.note("MADE_API_KEY", row, by=by, scopes=chosen)
    listening.settle(partner)
    return Made(row, key)


def _check_scopes(scopes: list[str]) -> list[str]:
    chosen = [scope for scope in SCOPES if scope in scopes]
    if not chosen or len(chosen) != len(set(scopes)):
        raise Invalid.field("scopes", _("Choose one or more of: %(scopes)s.") % {"scopes": ", ".join(SCOPES)})
    return chosen


@transaction.atomic
def revoke(key: ApiKey, *, by: User) -> None:
    """End a key; the next request with it is refused. Revoking it again changes nothing. Locks the key's row."""
    if not by.can(PERMISSION, on=key.partner):
        raise Forbidden
    if ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=timezone.now()):
        trail.note("REVOKED_API_KEY", key, by=by)
        listening.settle(key.partner)


def live():
    """The keys that open something now."""
    return ApiKey.objects.filter(Q(expires_at=None) | Q(expires_at__gt=timezone.now()), revoked_at=None)


def find(text: str) -> ApiKey | None:
    """The live key that this text is, with its partner; counts its use (to the minute). TooManyRequests past the limit.

    One query, and one more in a minute.
    """
    if not text.startswith(START):
        return None
    found = live().filter(key_hash=_hashed(text)).select_related("partner").first()
    if found:
        ratelimit.hit("api_key", str(found.pk))
        _note_use(found)
    return found


def _note_use(key: ApiKey) -> None:
    now = timezone.now()
    if key.last_used_at is None or now - key.last_used_at >= _USED_AGAIN:
        ApiKey.objects.filter(pk=key.pk).update(last_used_at=now)


def _hashed(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
