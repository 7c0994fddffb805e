"""Step-up: who is about to touch money, papers or roles has proved not long ago that it is still them."""

import time
from datetime import timedelta
from functools import wraps
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import codes, lockout
from accounts.backends import is_text
from accounts.models import Session, User
from eventify.lib.errors import DomainError, Forbidden, Invalid
from eventify.lib.ratelimit import client_address

CONFIRM_URL = "/account/confirm/"
MOMENT = "confirmed_at"  # in a browser's session: seconds since 1970
_FIELDS = ("step_up_password", "step_up_otp")
_NEVER_KEPT = {*_FIELDS, "csrfmiddlewaretoken", "password"}


class StepUpRequired(Forbidden):
    """The last proof of identity is older than settings.EVENTIFY_STEP_UP_MINUTES (403)."""

    code = "step_up_required"
    kind = "sign-in"
    message = gettext_lazy("Confirm that it is you, with your password or code, then try again.")


def is_fresh(proof: Session | HttpRequest) -> bool:
    """Whether the person behind a bearer session, or behind a request, proved itself not long ago. No query."""
    life = timedelta(minutes=settings.EVENTIFY_STEP_UP_MINUTES)
    session = proof if isinstance(proof, Session) else getattr(proof, "auth", None)
    if isinstance(session, Session):
        return session.confirmed_at is not None and timezone.now() - session.confirmed_at < life
    moment = proof.session.get(MOMENT)
    return moment is not None and time.time() - moment < life.total_seconds()


def check(proof: Session | HttpRequest) -> None:
    """StepUpRequired unless `is_fresh`."""
    if not is_fresh(proof):
        raise StepUpRequired


def confirm(session: Session, *, password: str = "", otp: str = "", address: str = "") -> None:
    """Prove it for a bearer session. Invalid (at the field) when it is wrong; the lock-out counts it: LockedOut."""
    prove(session.user, password=password, otp=otp, address=address)
    session.confirmed_at = timezone.now()
    Session.objects.filter(pk=session.pk, ended_at=None).update(confirmed_at=session.confirmed_at)


def confirm_browser(request: HttpRequest, *, password: str = "", otp: str = "") -> None:
    """As `confirm`, for the browser's session."""
    prove(request.user, password=password, otp=otp, address=client_address(request))
    note(request)


def note(request: HttpRequest) -> None:
    """Remember in the browser's session that the person proved itself now."""
    request.session[MOMENT] = time.time()


def prove(user: User, *, password: str, otp: str, address: str) -> None:
    """Check the code of somebody with two-factor, the password of anybody else."""
    attempt = lockout.begin(user.email, address)
    wants_code = codes.is_on(user)
    if codes.use(user, otp) if wants_code else is_text(password) and user.check_password(password):
        lockout.succeeded(attempt)
        return
    lockout.failed(attempt, [user], address)
    if wants_code:
        raise Invalid.field("otp", _("This code is not right, or was used before. Enter the one that the app shows."))
    raise Invalid.field("password", _("This is not your password. Try again."))


# --- Pages ----------------------------------------------------------------------------------------------


def required(view):
    """Let a page be opened, and its forms be sent, only with a fresh proof: see `detour`.

    For pages of the command center there is `Proved`, which judges the permission first.
    """

    @wraps(view)
    def checked(request, *args, **kwargs):
        return detour(request) or view(request, *args, **kwargs)

    return checked


class Proved:
    """Put before a page's base class: whoever may open it must have proved themselves lately, too."""

    def allowed(self) -> bool:
        if not super().allowed():
            return False
        self.asked = detour(self.request)
        if self.asked:
            raise StepUpRequired
        return True

    def refused(self, refusal: DomainError) -> HttpResponse:
        return getattr(self, "asked", None) or super().refused(refusal)


def detour(request: HttpRequest) -> HttpResponse | None:
    """None with a fresh proof; else the answer that asks for one.

    Opening a page leads to the question and back. A form that is sent too late gets a page that asks and then sends
    the same fields again, so that nothing typed is lost (but files, which it names).
    """
    if not request.user.is_authenticated or is_fresh(request):
        return None
    if "HX-Request" in request.headers:
        return HttpResponse(status=403, headers={"HX-Redirect": _confirm_url(request)})
    if request.method != "POST":
        return redirect(_confirm_url(request))
    refusal = _proof_in(request)
    return _asked_again(request, refusal) if refusal else None


def _confirm_url(request: HttpRequest) -> str:
    return f"{CONFIRM_URL}?{urlencode({'next': request.get_full_path()})}"


def _proof_in(request: HttpRequest) -> DomainError | None:
    """None once the form that is sent again has brought a good proof; else why not."""
    password, otp = (request.POST.get(name, "") for name in _FIELDS)
    if not (password or otp):
        return StepUpRequired()
    try:
        confirm_browser(request, password=password, otp=otp)
    except DomainError as refusal:
        return refusal
    return None


def _asked_again(request: HttpRequest, refusal: DomainError) -> HttpResponse:
    kept = [(name, value) for name, values in request.POST.lists() if name not in _NEVER_KEPT for value in values]
    context = {
        "kept": kept,
        "lost": [file.name for file in request.FILES.values()],
        "refusal": None if isinstance(refusal, StepUpRequired) else str(refusal.message),
        "wants_code": codes.is_on(request.user),
        "action": request.get_full_path(),
    }
    response = render(request, "accounts/confirm_again.html", context, status=refusal.status)
    if hasattr(refusal, "retry_after"):
        response["Retry-After"] = str(refusal.retry_after)
    return response
