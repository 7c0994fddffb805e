"""Where somebody is logged in: browsers and apps, and logging them out one by one."""

import re
import uuid
from datetime import datetime
from typing import NamedTuple

from django.conf import settings
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import sessions
from accounts.models import Session, User
from eventify.lib.errors import Missing

_MOST = 50  # of each kind that are listed
_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("Linux", "Linux"),
)


class LogIn(NamedTuple):
    """One place where the person is logged in; `which` names it to `end`."""

    which: str
    name: str
    address: str
    since: datetime
    used_at: datetime
    is_own: bool


def log_ins(user: User, *, own: Session | None = None) -> list[LogIn]:
    """The person's live log-ins, this one first, then the newest. Two queries."""
    oldest = timezone.now() - settings.SIMPLE_JWT["REFRESH_TOKEN_LIFETIME"]
    live = user.sessions.filter(ended_at=None).annotate(used_at=Coalesce("refreshed_at", "created_at"))
    tokens = user.device_tokens.filter(last_used_at__gt=timezone.now() - sessions.DEVICE_TOKEN_LIFE)
    found = [_of_session(one, own) for one in live.filter(used_at__gt=oldest).order_by("-used_at")[:_MOST]]
    found += [
        LogIn(f"app-{token.pk}", _("An app"), "", token.created_at, token.last_used_at, False)
        for token in tokens.order_by("-last_used_at")[:_MOST]
    ]
    return sorted(found, key=lambda one: (not one.is_own, -one.used_at.timestamp()))


def _of_session(one: Session, own: Session | None) -> LogIn:
    is_own = own is not None and one.pk == own.pk
    return LogIn(str(one.uid), name_of(one.user_agent), one.address, one.created_at, one.used_at, is_own)


def name_of(user_agent: str) -> str:
    """What people call the browser and machine that sent this header, as far as it can be told."""
    browser = next((name for word, name in _BROWSERS if word in user_agent), "")
    system = next((name for word, name in _SYSTEMS if word in user_agent), "")
    if browser and system:
        return _("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    return browser or system or _("An app")


def end(user: User, which: str) -> None:
    """Log one of the user's devices out. Missing when it is none of theirs, or was ended already."""
    if found := re.fullmatch(r"app-([0-9]{1,18})", which):
        ended = user.device_tokens.filter(pk=int(found[1])).delete()[0]
    else:
        ended = sessions.end_one(user, _uid(which))
    if not ended:
        raise Missing


def _uid(which: str) -> uuid.UUID:
    try:
        return uuid.UUID(which)
    except ValueError:
        raise Missing from None


def end_others(user: User, *, own: Session | None) -> None:
    """Log every device out but this one."""
    sessions.end_all(user, keep=own)
