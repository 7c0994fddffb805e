"""Coming in and going out: bearer tokens (000, 001, 002, 004) and device tokens (003)."""

import hashlib
import secrets
from datetime import timedelta

from django.contrib.auth import authenticate
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.tokens import AccessToken

from accounts.models import DeviceToken, Session, User
from eventify.lib.errors import DomainError

DEVICE_TOKEN_LIFE = timedelta(days=180)  # without use
SESSION_LIFE = timedelta(days=90)  # far beyond what any token of it lives
_USE_NOTED_EVERY = timedelta(hours=1)  # so that reading does not write


class WrongCredentials(DomainError):
    """No such account, wrong password, closed or banned: one answer for all (401)."""

    status = 401
    code = "wrong_credentials"
    message = _("Invalid credentials.")


def check_credentials(identifier: str, password: str) -> User:
    """The user with this e-mail, username or phone and this password; WrongCredentials otherwise."""
    user = authenticate(username=identifier, password=password)
    if user is None:
        raise WrongCredentials
    User.objects.filter(pk=user.pk).update(last_active_at=timezone.now())
    return user


@transaction.atomic
def start(user: User) -> tuple[Session, str]:
    """Open a session; returns it and its access token (JWT; `sub` the user's uid, `sid` the session's).

    WrongCredentials when the password was changed, or the user banned, since the user was read.
    """
    _check_unchanged(user)
    session = Session.objects.create(user=user)
    return session, access_token(session)


def _check_unchanged(user: User) -> None:
    """Under the lock of the user's row, so that a log-in either fails here or is seen by `end_all`."""
    same = User.objects.filter(pk=user.pk, password=user.password, is_active=True, banned_at=None)
    if same.select_for_update(no_key=True).first() is None:
        raise WrongCredentials


def access_token(session: Session) -> str:
    """A fresh access token of the session, good for settings.ACCESS_TOKEN_EXPIRE_MINUTES."""
    token = AccessToken()
    token["sub"] = str(session.user.uid)
    token["sid"] = str(session.uid)
    return str(token)


def find(token: str) -> Session | None:
    """The live session (with its user) that the access token belongs to, or None. One query."""
    try:
        claims = AccessToken(token)
        sid, sub = claims["sid"], claims["sub"]
    except (TokenError, KeyError):
        return None
    live = Session.objects.select_related("user").filter(ended_at=None, user__is_active=True, user__banned_at=None)
    return live.filter(uid=sid, user__uid=sub).first()


def end(session: Session) -> None:
    """Log out: the session's tokens are unusable from now on."""
    Session.objects.filter(pk=session.pk, ended_at=None).update(ended_at=timezone.now())


def end_all(user: User) -> None:
    """End every session and device token of the user (ban, password change)."""
    user.sessions.filter(ended_at=None).update(ended_at=timezone.now())
    user.device_tokens.all().delete()


@transaction.atomic
def new_device_token(user: User) -> str:
    """A token of contract 003: 40 hex characters, shown once and kept as a hash. WrongCredentials as in `start`."""
    _check_unchanged(user)
    token = secrets.token_hex(20)
    DeviceToken.objects.create(key_hash=_hash(token), user=user, last_used_at=timezone.now())
    return token


def find_device_token(token: str) -> DeviceToken | None:
    """The live device token (with its user), or None; notes the use at most once an hour."""
    now = timezone.now()
    live = DeviceToken.objects.select_related("user").filter(user__is_active=True, user__banned_at=None)
    found = live.filter(key_hash=_hash(token), last_used_at__gt=now - DEVICE_TOKEN_LIFE).first()
    if found and found.last_used_at < now - _USE_NOTED_EVERY:
        DeviceToken.objects.filter(pk=found.pk).update(last_used_at=now)
    return found


def forget_old_sessions() -> int:
    """Delete the sessions whose last token has expired long ago; returns how many."""
    return Session.objects.filter(created_at__lte=timezone.now() - SESSION_LIFE).delete()[0]


def forget_expired_device_tokens() -> int:
    """Delete the device tokens that nobody used for 180 days; returns how many."""
    return DeviceToken.objects.filter(last_used_at__lte=timezone.now() - DEVICE_TOKEN_LIFE).delete()[0]


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
