"""Failed log-ins are counted before anything is checked, in PostgreSQL, so that parallel attempts cannot pass.

Two counters: one name from one address, and one name from anywhere. An attempt that is refused by the first does not
count for the second, so that one address alone cannot keep the owner out everywhere.
"""

import hashlib
import logging
import math
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Greatest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import audit, mail
from accounts.models import LoginLock, User
from accounts.notify import in_language_of, notify
from accounts.phones import to_e164
from eventify.lib.errors import Invalid
from eventify.lib.ratelimit import TooManyRequests

logger = logging.getLogger(__name__)


class Limit(NamedTuple):
    """So many failures in the window are borne; the next attempts wait until it has passed since the last failure."""

    failures: int
    window: timedelta


HERE = Limit(10, timedelta(minutes=15))  # one name from one address
ANYWHERE = Limit(30, timedelta(minutes=15))  # one name from all addresses together

# Counts one attempt; the one that reaches the limit starts the lock. An attempt during the lock changes nothing but
# the count, which stays one above the limit.
_COUNT = """
INSERT INTO accounts_loginlock AS lock (key_hash, failures, window_ends_at)
VALUES (%(key)s, 1, %(ends)s)
ON CONFLICT (key_hash) DO UPDATE SET
    failures = CASE WHEN lock.window_ends_at <= %(now)s THEN 1 ELSE least(lock.failures + 1, %(limit)s + 1) END,
    locked_until = CASE WHEN lock.window_ends_at <= %(now)s THEN NULL
                        WHEN lock.failures + 1 = %(limit)s THEN %(ends)s::timestamptz
                        ELSE lock.locked_until END,
    window_ends_at = CASE WHEN lock.window_ends_at <= %(now)s OR lock.failures + 1 = %(limit)s
                          THEN %(ends)s::timestamptz ELSE lock.window_ends_at END
RETURNING failures, window_ends_at
"""


class LockedOut(TooManyRequests):
    """Too many failed log-ins with this name, whether or not it is anybody's (429). `retry_after` in seconds."""

    code = "locked_out"

    def __init__(self, retry_after: int):
        super().__init__(retry_after)
        minutes = math.ceil(retry_after / 60)
        sentence = ngettext(
            "Too many failed log-ins. Try again in %(minutes)s minute.",
            "Too many failed log-ins. Try again in %(minutes)s minutes.",
            minutes,
        )
        self.message = sentence % {"minutes": minutes}
        self.args = (self.message,)


class Attempt(NamedTuple):
    """One log-in attempt that has been counted; `is_last` when its failure locks the name."""

    here: str
    anywhere: str
    is_last: bool
    until: datetime


@transaction.atomic(durable=True)
def _count(key: str, limit: Limit) -> tuple[int, datetime]:
    now = timezone.now()
    values = {"key": key, "limit": limit.failures, "now": now, "ends": now + limit.window}
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, values)
        return cursor.fetchone()


def begin(name: str, address: str) -> Attempt:
    """Count one attempt of `name` from `address` as failed, before it is checked; LockedOut when it is one too many.

    It commits on its own, whatever becomes of the attempt: never call it inside a transaction.
    """
    name = _plain(name)
    here, anywhere = _key(name, address), _key(name)
    pair = _counted(here, HERE)
    total = _counted(anywhere, ANYWHERE)
    last = [until for (failures, until), limit in ((pair, HERE), (total, ANYWHERE)) if failures == limit.failures]
    return Attempt(here, anywhere, bool(last), max(last, default=pair[1]))


def _counted(key: str, limit: Limit) -> tuple[int, datetime]:
    failures, until = _count(key, limit)
    if failures > limit.failures:
        raise LockedOut(max(1, math.ceil((until - timezone.now()).total_seconds())))
    return failures, until


def succeeded(attempt: Attempt) -> None:
    """The attempt was good: the name is free again from this address, and one less anywhere."""
    LoginLock.objects.filter(key_hash=attempt.here).delete()
    _take_back(attempt.anywhere)


def neither(attempt: Attempt) -> None:
    """The attempt neither failed nor succeeded (the password was right, the code is still missing): not counted."""
    _take_back(attempt.here)
    _take_back(attempt.anywhere)


def _take_back(key: str) -> None:
    less = Greatest(F("failures") - 1, 0)
    LoginLock.objects.filter(key_hash=key).update(failures=less, locked_until=None)


def failed(attempt: Attempt, users: list[User], address: str) -> None:
    """The attempt failed: when that locks the name, its owners are told once, by mail and in their inbox."""
    whose = ", ".join(str(user.uid) for user in users) or "nobody's name"
    logger.info("log-in failed: %s%s", whose, ", which locks it" if attempt.is_last else "")
    if attempt.is_last:
        for user in users:
            _tell(user, address, attempt.until)


@transaction.atomic
def _tell(user: User, address: str, until: datetime) -> None:
    minutes = math.ceil((until - timezone.now()).total_seconds() / 60)
    mail.queue("locked_out", user.email, name=user.first_name, address=address, minutes=minutes)
    with in_language_of(user):  # the request is spoken in that of whoever tries
        sentence = _(
            "There were too many failed log-ins to your account, the last one from %(address)s, so it is locked for"
            " %(minutes)s minutes. If this was not you, change your password."
        )
        words = {"address": address or _("an unknown address"), "minutes": minutes}
        notify(user, _("Your account was locked for a while"), sentence % words, level="critical")
    audit.record("LOCKED_OUT", user, by=None, address=address, until=until.isoformat())


def forget_old() -> int:
    """Delete the counters whose window is over; returns how many."""
    return LoginLock.objects.filter(window_ends_at__lte=timezone.now()).delete()[0]


def _plain(name: str) -> str:
    """One spelling for all spellings of a name that find the same account."""
    try:
        return to_e164(name)
    except Invalid:
        return name.lower()


def _key(*parts: str) -> str:
    return hashlib.sha256("\x00".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
