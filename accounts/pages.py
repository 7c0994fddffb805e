"""What several public pages need: who may come back where, which limit holds, how a refusal looks."""

from functools import wraps

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language, ngettext

from accounts.permissions import IDS
from eventify.lib.ratelimit import TooManyRequests, client_address, hit


def members_only(view):
    """A page of everybody who has logged in; others are sent there first."""
    checked = login_required(login_url="/login/")(view)
    checked.is_for_members = True  # who asks why a page does not open is told so (partners/explaining_pages.py)
    return checked


def to_log_in(request, reason):
    """To the log-in, which says `reason` (what one logs in for) and leads back here.

    Who is nobody reads the same of what is there and of what is not.
    """
    messages.info(request, reason)
    return redirect_to_login(request.get_full_path(), "/login/")


def safe_next(request, default: str = "/") -> str:
    """The `next` of the query or form when it is a path of this site, else `default`."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    is_ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if is_ours and wanted.startswith("/") and wanted.isprintable() else default


def home_of(user) -> str:
    """Where somebody who just came in wants to be: at work, or on the site.

    Who only scans starts at the doors when the command center does not speak their language.
    """
    if user.is_staff:
        is_spoken = get_language() in settings.STAFF_LANGUAGES
        return "/command-center/" if is_spoken or not _only_scans(user) else "/door/mine/"
    return "/partner/" if user.can_anywhere("manage_partners") else "/"


def _only_scans(user) -> bool:
    return user.can("check_in") and not any(user.can(one) for one in IDS if one not in ("view_events", "check_in"))


def own_path(url: str) -> str:
    """An address of this site without its scheme and host, so that it works under whichever name the visitor uses."""
    return url.removeprefix(settings.SITE_URL) if url.startswith(f"{settings.SITE_URL}/") else url


def limited(name: str):
    """Count each POST of a page against settings.RATE_LIMITS[name]; past it a page says when to try again (429).

    The page may count more itself, with `hit`: what that refuses is answered in the same way.
    """

    def decorate(view):
        @wraps(view)
        def counted(request, *args, **kwargs):
            try:
                if request.method == "POST":
                    hit(name, client_address(request), request.path)
                return view(request, *args, **kwargs)
            except TooManyRequests as refusal:
                return too_many(request, refusal)

        return counted

    return decorate


def too_many(request, refusal: TooManyRequests):
    """The friendly page for one request too many."""
    sentence = ngettext(
        "That was a lot of tries in a short time. Please try again in %(wait)s second.",
        "That was a lot of tries in a short time. Please try again in %(wait)s seconds.",
        refusal.retry_after,
    ) % {"wait": refusal.retry_after}
    context = {"status": 429, "sentence": sentence, "back": request.path}
    response = render(request, "errors/error.html", context, status=429)
    response["Retry-After"] = str(refusal.retry_after)
    return response
