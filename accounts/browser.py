"""A person in a browser: the log-in, its second step, and the one row that stands for it in the list of sessions."""

import time

from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY, get_user, login, logout
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare

from accounts import sessions, step_up
from accounts.models import Session, User
from eventify.lib.ratelimit import client_address

SECOND_STEP_LIFE = 10 * 60  # seconds between the password and the code
_SID = "session"  # the uid of our row
_PENDING = "second_step"


def log_in(request: HttpRequest, user: User) -> None:
    """Log the user in. WrongCredentials when the password changed, or they were banned, since they were read."""
    agent = request.META.get("HTTP_USER_AGENT", "")
    session, _token = sessions.start(user, address=client_address(request), user_agent=agent)
    login(request, user, backend="accounts.backends.EventifyBackend")
    request.session.pop(_PENDING, None)
    request.session[_SID] = str(session.uid)
    request.own_session = session
    step_up.note(request)


def log_out(request: HttpRequest) -> None:
    """End the browser's session, and our row of it."""
    session = own_session(request)
    logout(request)
    if session:
        sessions.end(session)


def own_session(request: HttpRequest) -> Session | None:
    """Our row of the session that this request belongs to, or None."""
    bool(request.user.is_authenticated)  # which reads it
    return getattr(request, "own_session", None)


def user_of(request: HttpRequest) -> User | AnonymousUser:
    """Who the request's cookie stands for: nobody once our row has ended. One query."""
    sid = request.session.get(_SID)
    if sid is None:
        return get_user(request)
    session = sessions.find_by_uid(sid)
    if session and _is_same(request, session.user):
        request.own_session = session
        return session.user
    request.session.flush()
    return AnonymousUser()


def _is_same(request: HttpRequest, user: User) -> bool:
    """Whether the cookie is this user's, and the password is still the one of the log-in."""
    kept = request.session.get(HASH_SESSION_KEY, "")
    hashes = (user.get_session_auth_hash(), *user.get_session_auth_fallback_hash())
    fits = any(constant_time_compare(kept, one) for one in hashes)
    return fits and request.session.get(SESSION_KEY) == str(user.pk)


# --- Between the password and the code ------------------------------------------------------------------


def await_code(request: HttpRequest, user: User) -> None:
    """Remember that this browser has given the user's password; it is nobody until the code has come, too."""
    request.session.cycle_key()
    request.session[_PENDING] = {"user": user.pk, "password": user.get_session_auth_hash(), "at": time.time()}


def awaited(request: HttpRequest) -> User | None:
    """The user whose code is awaited from this browser, or None: nobody, or too long ago, or the password changed."""
    pending = request.session.get(_PENDING)
    if not pending or time.time() - pending["at"] > SECOND_STEP_LIFE:
        return None
    user = User.objects.filter(pk=pending["user"], is_active=True, banned_at=None).first()
    return user if user and constant_time_compare(pending["password"], user.get_session_auth_hash()) else None


def forget_awaited(request: HttpRequest) -> None:
    """Begin again with the password."""
    request.session.pop(_PENDING, None)
