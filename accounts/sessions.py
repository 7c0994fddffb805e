"""Coming in and going out: bearer tokens (000, 001, 002, 004) and device tokens (003)."""

import hashlib
import logging
import secrets
import time
from datetime import datetime, timedelta
from functools import lru_cache
from uuid import UUID

from django.conf import settings
from django.contrib.auth import authenticate
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from guardian.models import UserObjectPermission
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken, Token

from accounts import audit, codes, lockout
from accounts.backends import find_users, is_text
from accounts.models import DeviceToken, Session, User, lacking_two_factor
from accounts.notify import in_language_of, notify
from eventify.lib.errors import DomainError
from eventify.lib.prepared import Param, Prepared

logger = logging.getLogger(__name__)
DEVICE_TOKEN_LIFE = timedelta(days=180)  # without use
DEVICE_TOKEN_LONGEST = timedelta(days=365)  # however much it is used
REPEAT_GRACE = timedelta(seconds=30)  # in which a refresh token that comes again is a repeated request
_REMEMBERED = 2_000  # tokens in a process whose signature was found good
_USE_NOTED_EVERY = timedelta(hours=1)  # so that reading does not write


class WrongCredentials(DomainError):
    """No such account, wrong password, closed or banned: one answer for all (401)."""

    status = 401
    code = "wrong_credentials"
    message = _("Invalid credentials.")


class WrongOtp(WrongCredentials):
    """The password was right, the code of the second step was not, or was used before (401)."""

    code = "wrong_otp"
    message = _("This code is not right, or was used before.")


class OtpRequired(DomainError):
    """The password was right and the account has two-factor: send the code, too (401). `user` is whose it is."""

    status = 401
    code = "otp_required"
    message = _("Enter the code of your authenticator app, or a recovery code.")

    def __init__(self, user: User):
        super().__init__()
        self.user = user


class TokenRefused(DomainError):
    """A refresh token that is none, has expired, was used before or whose session has ended (401)."""

    status = 401
    code = "token_refused"
    message = _("The token is invalid or has expired. Log in again.")


# --- Proving who one is -------------------------------------------------------------------------------


def check_credentials(identifier: str, password: str, *, otp: str = "", address: str = "") -> User:
    """The user with this e-mail, username or phone and this password; with two-factor on also with this code.

    Every attempt is counted first (accounts/lockout.py), so never call it inside a transaction. LockedOut after too
    many, WrongCredentials, OtpRequired (no code was sent; this counts as nothing) or WrongOtp.
    """
    if not (is_text(identifier) and is_text(password)):
        raise WrongCredentials
    attempt = lockout.begin(identifier, address)
    user = authenticate(username=identifier, password=password)
    if user is None:
        lockout.failed(attempt, find_users(identifier), address)
        raise WrongCredentials
    if codes.is_on(user):
        _check_code(user, otp, attempt, address)
    return _came_in(user, attempt)


def check_second_step(user: User, otp: str, *, address: str = "") -> User:
    """The user, whose password was right a moment ago, if the code is, too. Raises as `check_credentials`."""
    attempt = lockout.begin(user.email, address)
    _check_code(user, otp, attempt, address)
    return _came_in(user, attempt)


def _check_code(user: User, otp: str, attempt: lockout.Attempt, address: str) -> None:
    if not otp:
        lockout.neither(attempt)
        raise OtpRequired(user)
    if not codes.use(user, otp):
        lockout.failed(attempt, [user], address)
        raise WrongOtp


def _came_in(user: User, attempt: lockout.Attempt) -> User:
    lockout.succeeded(attempt)
    logger.info("log-in proved: user %s", user.uid)
    User.objects.filter(pk=user.pk).update(last_active_at=timezone.now())
    return user


# --- Bearer sessions ----------------------------------------------------------------------------------


@transaction.atomic
def start(user: User, *, address: str = "", user_agent: str = "") -> tuple[Session, str]:
    """Open a session; returns it and its access token (JWT; `sub` the user's uid, `sid` the session's).

    WrongCredentials when the password was changed, or the user banned, since the user was read.
    """
    _check_unchanged(user)
    session = Session.objects.create(
        user=user,
        refresh_jti=secrets.token_hex(16),
        refreshed_at=timezone.now(),
        confirmed_at=timezone.now(),  # who has just logged in has proved it
        address=_short(address, 45),
        user_agent=_short(user_agent, 200),
    )
    return session, access_token(session)


def _short(text: str, most: int) -> str:
    """The text as PostgreSQL takes it, cut."""
    return text.replace("\x00", "")[:most].encode("utf-8", "replace").decode()


def _check_unchanged(user: User) -> None:
    """Under the lock of the user's row, so that a log-in either fails here or is seen by `end_all`."""
    same = User.objects.filter(pk=user.pk, password=user.password, is_active=True, banned_at=None)
    if same.select_for_update(no_key=True).first() is None:
        raise WrongCredentials


def access_token(session: Session) -> str:
    """A fresh access token of the session, good for settings.ACCESS_TOKEN_EXPIRE_MINUTES."""
    return _token(AccessToken(), session)


def refresh_token(session: Session) -> str:
    """The one refresh token of the session that is good now, for settings.REFRESH_TOKEN_EXPIRE_DAYS from now."""
    token = RefreshToken()
    token["jti"] = session.refresh_jti
    return _token(token, session)


def _token(token: Token, session: Session) -> str:
    token["sub"] = str(session.user.uid)
    token["sid"] = str(session.uid)
    return str(token)


def _claims(kind: type[Token], token) -> dict | None:
    """What the token says, when it is one of this kind, ours, and not expired."""
    if not is_text(token):
        return None
    try:
        claims = _signed(kind, token)
    except (TokenError, KeyError):
        return None
    return claims if claims["exp"] > time.time() else None


@lru_cache(maxsize=_REMEMBERED)
def _signed(kind: type[Token], token: str) -> dict:
    """What we have signed: it never changes, so a token that comes with each request is judged once in a process."""
    claims = kind(token)
    return {name: claims[name] for name in ("sid", "sub", "jti", "exp")}


def find(token: str) -> Session | None:
    """The live session (with its user) that the access token belongs to, or None. One query.

    It also brings whether the user lacks two-factor, which is asked wherever staff are asked about a permission.
    """
    claims = _claims(AccessToken, token)
    session = claims and _find(uid=claims["sid"], user=claims["sub"])
    if session:
        session.user.lacks_two_factor = session.lacks_two_factor
    return session


def find_by_uid(uid: str) -> Session | None:
    """The live session (with its user) that a browser's cookie stands for, or None. One query.

    Its user has `sees_a_partner`: whether there are partners' own pages for them, so that the menu can say so.
    """
    held = UserObjectPermission.objects.filter(user=OuterRef("user"), permission__codename="view_partners")
    session = _live().annotate(sees_a_partner=Exists(held)).filter(uid=uid, created_at__gt=_oldest()).first()
    if session:
        session.user.sees_a_partner = session.sees_a_partner
    return session


def _oldest() -> datetime:
    """A session that was opened before that is over."""
    return timezone.now() - timedelta(days=settings.EVENTIFY_SESSION_DAYS)


def _live():
    return Session.objects.select_related("user").filter(ended_at=None, user__is_active=True, user__banned_at=None)


_find = Prepared(
    lambda: _live()
    .annotate(lacks_two_factor=lacking_two_factor("user__"))
    .filter(uid=Param("uid"), user__uid=Param("user"))
).first


def refresh(token: str) -> tuple[Session, str, str]:
    """Exchange a refresh token for a new pair, once: (session, access token, refresh token).

    TokenRefused otherwise, also when the log-in is older than settings.EVENTIFY_SESSION_DAYS. When a token comes again
    later than the moment that a repeated request may take, two people have it: the session ends, and the owner is told.
    """
    claims = _claims(RefreshToken, token)
    session = claims and _live().filter(uid=claims["sid"], user__uid=claims["sub"], created_at__gt=_oldest()).first()
    if not session:
        raise TokenRefused
    now, jti = timezone.now(), secrets.token_hex(16)
    # One conditional statement about this row alone: of parallel exchanges it lets one through.
    same = Session.objects.filter(pk=session.pk, ended_at=None, refresh_jti=claims["jti"])
    if not _rotate(same, jti, now):
        _note_reuse(session, now)
        raise TokenRefused
    session.refresh_jti, session.refreshed_at = jti, now
    return session, access_token(session), refresh_token(session)


def _rotate(rows, jti: str, now) -> bool:
    return rows.update(refresh_jti=jti, refreshed_at=now) == 1


@transaction.atomic
def _note_reuse(session: Session, now) -> None:
    old = Session.objects.filter(pk=session.pk, ended_at=None, refreshed_at__lt=now - REPEAT_GRACE)
    if old.update(ended_at=now):
        audit.record("REUSED_REFRESH_TOKEN", session.user, by=None, session=str(session.uid), address=session.address)
        with in_language_of(session.user):
            sentence = _(
                "A log-in of yours was used from two places, so we ended it. If this was not you, change your password."
            )
            notify(session.user, str(_("We ended one of your log-ins")), str(sentence), level="critical")


def end(session: Session) -> None:
    """Log out: the session's tokens are unusable from now on."""
    Session.objects.filter(pk=session.pk, ended_at=None).update(ended_at=timezone.now())


def end_one(user: User, uid: UUID) -> int:
    """End the user's session of this uid; how many that were (one or none)."""
    return user.sessions.filter(uid=uid, ended_at=None).update(ended_at=timezone.now())


def end_all(user: User, *, keep: Session | None = None) -> None:
    """End every session and device token of the user (ban, password change) but the one to keep."""
    live = user.sessions.filter(ended_at=None)
    (live.exclude(pk=keep.pk) if keep else live).update(ended_at=timezone.now())
    user.device_tokens.all().delete()


# --- Device tokens ------------------------------------------------------------------------------------


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
    young = {"last_used_at__gt": now - DEVICE_TOKEN_LIFE, "created_at__gt": now - DEVICE_TOKEN_LONGEST}
    found = live.filter(key_hash=_hash(token), **young).first()
    if found and found.last_used_at < now - _USE_NOTED_EVERY:
        DeviceToken.objects.filter(pk=found.pk).update(last_used_at=now)
    return found


def forget_old_sessions() -> int:
    """Delete the sessions that are over by their age; returns how many."""
    return Session.objects.filter(created_at__lte=_oldest()).delete()[0]


def forget_expired_device_tokens() -> int:
    """Delete the device tokens that nobody used for 180 days; returns how many. One that is too old is used no more."""
    return DeviceToken.objects.filter(last_used_at__lte=timezone.now() - DEVICE_TOKEN_LIFE).delete()[0]


def unguessable() -> str:
    """A password that nobody knows."""
    return secrets.token_urlsafe(32)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
